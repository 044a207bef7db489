import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import dsp, mel
from tests.features.picture_oracle import SOUNDS, sound


@pytest.mark.parametrize("kind", SOUNDS)
@pytest.mark.parametrize(("n_fft", "hop", "bands"), [(2048, 512, 128), (512, 250, 40)])
def test_bands_are_those_of_a_whole_spectrum(kind, n_fft, hop, bands):
    samples = sound(kind)
    spectrum = dsp.power(dsp.stft(samples, n_fft, hop))
    expected = spectrum @ dsp.mel_filters(22_050, n_fft, bands).T
    ours = mel.powers(dsp.pad(samples, n_fft // 2, "reflect"), 22_050, n_fft, hop, bands)
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6 * (expected.max() + 1e-9))


@given(st.integers(8, 512), st.sampled_from([8000, 22_050, 192_000]),
       st.sampled_from([256, 2048]))
def test_groups_hold_every_weight_once(bands, rate, n_fft):
    put_together = np.zeros((bands, 1 + n_fft // 2), np.float32)
    for group in mel.groups(rate, n_fft, bands):
        put_together[group.bands, group.bins] += group.weights.T
    assert np.array_equal(put_together, dsp.mel_filters(rate, n_fft, bands))


@given(st.integers(1, 300))
def test_blocks_are_all_frames_in_order(frames):
    padded = np.arange(256 + 64 * (frames - 1), dtype=np.float32)
    seen = [number for block, powers in mel.power_blocks(padded, 256, 64)
            for number in range(block.start, block.start + len(powers))]
    assert seen == list(range(frames))


def test_decibels_by_hand_and_in_place():
    powers = np.array([[1.0, 100.0, 0.0, 1e-12, 0.5]], np.float32)
    found = mel.to_decibels(powers)
    assert found is powers
    np.testing.assert_allclose(found, [[0, 20, -100, -100, -3.0103]], atol=1e-5)


def test_far_from_a_tone_nothing_leaks():
    # A window rounded to single precision would leave -150 dB of it in all bands.
    time = np.arange(22_050) / 22_050
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    bands = mel.powers(tone, 22_050, 2048, 512, 128)
    assert bands[:, 60].max() < 1e-9 < 1e3 < bands.max()
