import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.audio import cqt
from earmark.errors import SettingsError
from tests.audio.sounds import KINDS, sound

MODES = {"zeros": "constant", "reflect": "reflect"}


def librosas(samples, rate, tuning=0.0, padding="zeros", hop=512):
    return np.abs(librosa.cqt(samples, sr=rate, hop_length=hop, n_bins=84, tuning=tuning,
                              pad_mode=MODES[padding])).T  # fmt: skip


def assert_close(ours, expected):
    assert ours.dtype == np.float32
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=2e-6 * expected.max())


@pytest.mark.parametrize("kind", KINDS)
def test_magnitudes_are_librosas(rng, kind):
    samples = sound(kind, rng, 44_100)
    assert_close(cqt.cqt(samples, 44_100), librosas(samples, 44_100))


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize("rate", [8_500, 11_025, 16_000, 22_050, 32_000, 48_000, 96_000, 192_000])
def test_rates_and_tunings_are_librosas(rng, rate, padding):
    samples = sound("noise", rng, rate, 1.03)
    for tuning in (-0.5, 0.13, 0.49):
        ours = cqt.cqt(samples, rate, tuning, padding=padding)
        assert_close(ours, librosas(samples, rate, tuning, padding))


@pytest.mark.parametrize("hop", [64, 192, 1024])
def test_hops_are_librosas(rng, hop):
    samples = sound("noise", rng, 22_050)
    assert_close(cqt.cqt(samples, 22_050, hop_length=hop), librosas(samples, 22_050, hop=hop))


def test_a_tone_stands_in_its_bin():
    time = np.arange(44_100) / 44_100
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    assert (cqt.cqt(tone, 44_100)[20:60].argmax(axis=1) == 45).all()  # A4, 45 semitones above C1


@given(
    length=st.integers(1, 40_000), cuts=st.lists(st.integers(0, 40_000), max_size=6),
    rate=st.sampled_from([16_000, 44_100, 96_000]), padding=st.sampled_from(sorted(MODES)),
)
@settings(max_examples=40)
def test_blocks_of_any_size_give_the_same(length, cuts, rate, padding):
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    whole = cqt.cqt(samples, rate, padding=padding)
    transform = cqt.ConstantQ(rate, padding=padding)
    parts = [transform.push(block) for block in np.split(samples, sorted(cuts))]
    streamed = np.concatenate([*parts, transform.finish()])
    assert streamed.shape == whole.shape
    np.testing.assert_allclose(streamed, whole, rtol=1e-5, atol=1e-6 * whole.max())


def test_what_waits_is_bounded(rng):
    """Frames come out as the sound goes in: soxr holds back some seconds at the lowest rates."""
    transform = cqt.ConstantQ(44_100)
    samples = sound("noise", rng, 44_100, 20)
    given_out = sum(len(transform.push(block)) for block in np.split(samples, 200))
    assert given_out > (20 - 4) * 44_100 / 512


@pytest.mark.parametrize("samples", [np.ones(1), np.ones(7), np.zeros(700)])
@pytest.mark.parametrize("padding", MODES)
def test_the_shortest_sounds_have_frames(samples, padding):
    found = cqt.cqt(samples.astype(np.float32), 192_000, padding=padding)
    assert found.shape == (1 + len(samples) // 512, 84)
    assert np.isfinite(found).all()


def test_a_rate_too_low_is_refused():
    with pytest.raises(SettingsError, match=r"8000 Hz; .* reaches to 4122 Hz"):
        cqt.cqt(np.ones(8000, np.float32), 8000)


def test_a_hop_that_cannot_be_halved_is_refused():
    with pytest.raises(SettingsError, match="multiple of 64"):
        cqt.ConstantQ(44_100, hop_length=100)
