"""The end of the chain: the room, the tone of the record, compression, level and limiter.

Real recordings are dense: a room answers, tape hisses, and someone has mastered them towards what
the style's records sound like. Room, tone and noise floor are applied in one pass over the
spectrum of the whole piece.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.synth.style import BAND_EDGES_HZ, Tone

Samples = NDArray[np.float64]

PEAK = 0.9
_KNEE = 0.6
_MOST_EQ_DB = 14.0
_BLOCK_SECONDS = 0.02
_DARK_ROOM_HZ = 4500.0


@dataclass(frozen=True)
class Desk:
    """One piece's mastering: the style's tone with the artist's habits worked in."""

    tone: Tone
    mix_db: tuple[float, ...]
    rms: float


def master(dry: Samples, send: Samples, desk: Desk, rate: int, rng: np.random.Generator) -> Samples:
    """Finish a mix.

    Args:
        dry: what the microphones heard [shape=(n,)].
        send: what goes to the room [shape=(n,)].

    Returns:
        The piece [shape=(n,)], no mean, no sample beyond ``PEAK``.
    """
    tone, count = desk.tone, len(dry)
    room = _room(tone.reverb_seconds, rate, rng)
    size = _fast_size(count + len(room))
    floor = _rms(dry) * 10 ** (tone.floor_db / 20) * rng.standard_normal(count)
    spectrum = np.fft.rfft(dry + floor, size)
    spectrum += tone.reverb * np.fft.rfft(send, size) * np.fft.rfft(room, size)
    spectrum *= _equaliser(spectrum, desk, size, rate)
    mixed = np.fft.irfft(spectrum, size)[:count]
    return _limit(_squeeze(mixed, tone.squeeze, rate), desk.rms)


def _room(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Return a room's answer: noise that dies by 60 dB in ``seconds``, its highs sooner."""
    t = np.arange(max(16, round(seconds * rate))) / rate
    noise = rng.standard_normal(len(t)) * np.exp(-6.9 * t / seconds) * (t > 0.012)
    spectrum = np.fft.rfft(noise)
    spectrum /= 1 + (np.fft.rfftfreq(len(t), 1 / rate) / _DARK_ROOM_HZ) ** 2
    answer = np.fft.irfft(spectrum, len(t))
    unit: Samples = answer / np.sqrt(np.sum(answer**2))
    return unit


def _equaliser(spectrum: NDArray[np.complex128], desk: Desk, size: int, rate: int) -> Samples:
    """Return the gain of every bin that draws the mix towards the style's curve, in part."""
    frequency = np.fft.rfftfreq(size, 1 / rate)
    edges = np.searchsorted(frequency, [e for e in BAND_EDGES_HZ[:-1] if e < frequency[-1]])
    power = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, edges)
    have_db = 10 * np.log10(power / max(power.sum(), 1e-30) + 1e-9)
    bands = len(edges)
    wanted = desk.tone.match * (np.array(desk.tone.curve_db[:bands]) - have_db)
    wanted = np.clip(wanted, -_MOST_EQ_DB, _MOST_EQ_DB) + np.array(desk.mix_db[:bands])
    centres = np.sqrt(np.maximum(BAND_EDGES_HZ[:bands], 22) * np.array(BAND_EDGES_HZ[1:])[:bands])
    # Log frequency at a coarse grid is enough for so smooth a curve, and ten times cheaper.
    grid = np.geomspace(20, frequency[-1], 256)
    gain = 10 ** (np.interp(np.log(grid), np.log(centres), wanted) / 20)
    gains: Samples = np.interp(frequency, grid, gain)
    gains /= 1 + (28 / np.maximum(frequency, 1e-3)) ** 4  # rumble and DC go
    return gains


def _squeeze(samples: Samples, amount: float, rate: int) -> Samples:
    """Bring loud and soft passages nearer to each other, over about 0.1 s."""
    if amount == 0:
        return samples
    block = max(1, round(_BLOCK_SECONDS * rate))
    count = -(-len(samples) // block)
    padded = np.pad(samples, (0, count * block - len(samples)))
    power = np.mean(padded.reshape(count, block) ** 2, axis=1)
    loud = np.sqrt(np.convolve(np.pad(power, 2, mode="edge"), np.full(5, 0.2), mode="valid"))
    middle = max(float(np.median(loud)), 1e-9)
    gain = np.clip(loud / middle, 0.1, 10) ** (-0.6 * amount)
    places = (np.arange(count) + 0.5) * block
    return samples * np.interp(np.arange(len(samples)), places, gain)


def _limit(samples: Samples, rms: float) -> Samples:
    """Set the level, and bend whatever passes the knee back under ``PEAK``."""
    samples = samples - samples.mean()
    samples *= rms / max(_rms(samples), 1e-9)
    over = np.abs(samples) > _KNEE
    beyond = (np.abs(samples[over]) - _KNEE) / (PEAK - _KNEE)
    samples[over] = np.sign(samples[over]) * (_KNEE + (PEAK - _KNEE) * np.tanh(beyond))
    samples -= samples.mean()
    return samples * min(1.0, PEAK / max(float(np.abs(samples).max()), 1e-9))


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def _fast_size(least: int) -> int:
    """Return the next length made of twos, threes and fives only, where the FFT is quick."""
    best = 1 << (least - 1).bit_length()
    five = 1
    while five < best:
        odd = five
        while odd < best:
            best = min(best, odd << max(0, (-(-least // odd) - 1).bit_length()))
            odd *= 3
        five *= 5
    return best
