"""Made-up sounds, plain and hostile, for comparisons with an oracle."""

import numpy as np

KINDS = ("noise", "tones", "clicks", "clipped", "offset", "quiet", "impulse", "silence")


def sound(kind, rng, rate, seconds=2.0):
    """Return mono samples [shape=(rate * seconds,)]; ``tones`` are 20 cents sharp, with noise 80
    dB below, since peaks of bare rounding have a tuning of their own on every machine."""
    length = int(rate * seconds)
    time = np.arange(length) / rate
    noise = rng.standard_normal(length)
    made = {
        "noise": 0.3 * noise,
        "tones": 3e-5 * noise + sum(
            0.2 * np.sin(2 * np.pi * hz * 2 ** (20 / 1200) * time) for hz in (220, 330, 554.4)
        ),
        "clicks": 1e-4 * noise + (np.arange(length) % 11_025 == 7),
        "clipped": np.clip(5 * noise, -1, 1),
        "offset": 0.5 + 0.01 * noise,
        "quiet": 1e-12 * noise,
        "impulse": np.eye(1, length, length // 2)[0],
        "silence": np.zeros(length),
    }
    return made[kind].astype(np.float32)
