"""Speech-like sound is suspected; composed music of every style is not."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.audio.speech import Manner, SpeechMeter, manner
from earmark.audio.synth import STYLES, compose
from tests.audio.babble import babble

RATE = 22_050


def spoken(samples: np.ndarray, rate: int = RATE, blocks: int = 1) -> list[bool]:
    meter = SpeechMeter(rate)
    for block in np.array_split(samples.astype(np.float32), blocks):
        meter.add(block)
    return meter.end().tolist()


@pytest.mark.parametrize("seed", range(4))
def test_speech_is_suspected(seed):
    """Also with the noise of a room, over music 20 dB softer, and at another rate."""
    rng = np.random.default_rng(seed)
    voice = babble(15, RATE, rng)
    assert all(spoken(voice))
    noisy = voice + 0.03 * voice.std() * rng.standard_normal(len(voice))
    assert all(spoken(noisy))
    bed = compose("jazz", rng=rng, seconds=15).samples
    assert sum(spoken(voice + 0.1 * voice.std() / bed.std() * bed)) >= 2
    assert all(spoken(babble(15, 44_100, rng), 44_100))


def test_louder_speech_is_the_same_speech():
    voice = babble(10, RATE, np.random.default_rng(1))
    powers = np.square(voice[: 441 * 250].reshape(-1, 441), dtype=np.float64).mean(axis=1)
    ours, theirs = manner(powers), manner(100 * powers)
    assert vars(ours) == pytest.approx(vars(theirs))


def test_composed_music_is_not_suspected():
    windows = [
        heard for style in STYLES for seed in (1, 2)
        for heard in spoken(compose(style, rng=np.random.default_rng(seed), seconds=10).samples)
    ]  # fmt: skip
    assert len(windows) == 2 * 2 * len(STYLES)
    assert sum(windows) == 0


@pytest.mark.parametrize("kind", ["silence", "faint noise", "noise", "tone", "clicks"])
def test_other_sounds_are_not_suspected(kind, rng):
    count = 10 * RATE
    samples = {
        "silence": np.zeros(count),
        "faint noise": 1e-5 * rng.standard_normal(count),
        "noise": 0.2 * rng.standard_normal(count),
        "tone": np.sin(np.arange(count) / 8),
        "clicks": np.arange(count) % 11_025 == 7,
    }[kind]
    assert spoken(samples) == [False, False]


def test_windows_are_five_seconds_and_half_of_one_counts():
    assert len(spoken(np.zeros(round(12.4 * RATE)))) == 2
    assert len(spoken(np.zeros(round(12.6 * RATE)))) == 3
    assert spoken(np.zeros(RATE)) == []
    assert spoken(np.zeros(0)) == []


def test_blocks_do_not_matter():
    voice = np.concatenate([babble(8, RATE, np.random.default_rng(2)), np.zeros(5 * RATE)])
    assert spoken(voice, blocks=97) == spoken(voice)


def test_every_limit_must_be_reached():
    speech = Manner(spread_db=10, pauses=0.1, soft=0.4, syllables=0.5, beat=0.2)
    assert speech.is_spoken
    for name, value in (("spread_db", 6.9), ("pauses", 0.03), ("soft", 0.2), ("syllables", 0.2),
                        ("beat", 0.4)):  # fmt: skip
        assert not Manner(**{**vars(speech), name: value}).is_spoken
