"""The transforms of many frames at once, against numpy's in double precision."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import dsp, kernels
from earmark.audio.kernels import plain

LENGTHS = [64 << i for i in range(11)]


@pytest.fixture(scope="module")
def fast():
    if why := kernels.start("fast"):
        pytest.skip(why)
    module = kernels.active()
    kernels.start("plain")
    return module


def exact_hann(length):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def noise(frames, n_fft, hop, seed=0):
    samples = np.random.default_rng(seed).standard_normal((frames - 1) * hop + n_fft)
    return dsp.frame(samples.astype(np.float32), n_fft, hop)


def truth(frames, window):
    return np.fft.rfft(frames.astype(np.float64) * window.astype(np.float64), axis=1)


def off(found, expected):
    """Return the root mean square of the error, relative to that of the values."""
    return np.sqrt(np.mean(np.abs(found - expected) ** 2) / np.mean(np.abs(expected) ** 2))


@pytest.mark.parametrize("count", [1, 15, 16, 33])
@pytest.mark.parametrize("n_fft", LENGTHS)
def test_forward_is_as_exact_as_scipy(fast, n_fft, count):
    frames, window = noise(count, n_fft, n_fft // 4), dsp.hann(n_fft)
    expected = truth(frames, window)
    allowed = 1.5 * off(scipy.fft.rfft(frames * window, axis=1), expected)
    spectrum, power, magnitude = fast.spectra(frames, window)
    assert off(spectrum, expected) < allowed
    assert np.array_equal(fast.rfft(frames, window), spectrum)
    assert off(power, np.abs(expected) ** 2) < 2 * allowed
    assert off(magnitude, np.abs(expected)) < allowed
    assert not spectrum.imag[:, [0, -1]].any()


@pytest.mark.parametrize("count", [1, 7, 8, 17])
@pytest.mark.parametrize("n_fft", LENGTHS)
def test_powers(fast, n_fft, count):
    frames, window = noise(count, n_fft, n_fft // 4), exact_hann(n_fft)
    expected = np.square(np.abs(truth(frames, window)))
    found = np.full(expected.shape, np.nan, np.float32)
    fast.powers(frames, window, found, True)
    # Nothing but the rounding to float32 at the end is seen.
    np.testing.assert_allclose(found, expected, rtol=1.3e-7)
    fast.powers(frames, window, found, False)
    peak = expected.max(axis=1, keepdims=True)
    assert np.abs(found - expected).max() < 1e-5 * peak.min()


@pytest.mark.parametrize("n_fft", LENGTHS)
def test_exact_powers_are_exact_far_below_the_peak(fast, n_fft):
    # A constant under a window that holds a tone whose power is 1e-24 of the constant's.
    window = 1 + 1e-12 * np.cos(2 * np.pi * 12 * np.arange(n_fft) / n_fft)
    expected = np.fft.rfft(np.ones(n_fft) * window)
    frames = np.ones((3, n_fft), np.float32)
    found = np.empty((3, 1 + n_fft // 2), np.float32)
    fast.powers(frames, window, found, True)
    highest = float(np.abs(expected).max())
    assert np.abs(np.sqrt(found.astype(np.float64))[:, 1:] - np.abs(expected[1:])).max() < (
        1e-12 * highest
    )
    assert found[:, 12] == pytest.approx((0.5e-12 * n_fft) ** 2, rel=0.05)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("count", [1, 16, 21])
@pytest.mark.parametrize("n_fft", LENGTHS)
def test_overlap_add_is_as_exact_as_scipy(fast, n_fft, count, masked):
    rng = np.random.default_rng(3)
    shape, hop, window = (count, 1 + n_fft // 2), n_fft // 4, dsp.hann(n_fft)
    parts = rng.standard_normal((2, *shape))
    spectrum = (parts[0] + 1j * parts[1]).astype(np.complex64)  # ends that are not real, too
    mask = rng.random(shape).astype(np.float32) if masked else None
    factors = 1 if mask is None else mask

    def added(frames):
        total = np.zeros((count - 1) * hop + n_fft)
        for t, frame in enumerate(frames):
            total[t * hop : t * hop + n_fft] += frame.astype(np.float64) * window
        return total

    expected = added(np.fft.irfft(spectrum.astype(np.complex128) * factors, n=n_fft, axis=1))
    theirs = added(scipy.fft.irfft(spectrum * np.float32(factors), n=n_fft, axis=1))
    found = fast.overlap_add(spectrum, mask, window, hop)
    assert found.dtype == np.float32
    # Adding up is rounded, too, which is left out of theirs.
    assert off(found, expected) < 1.5 * off(theirs, expected) + 3e-8


@given(
    st.sampled_from(LENGTHS[:5]), st.integers(1, 60), st.integers(1, 700), st.integers(0, 99)
)
def test_any_number_of_frames_at_any_hop(fast, n_fft, count, hop, seed):
    frames, window = noise(count, n_fft, hop, seed), dsp.hann(n_fft)
    expected = truth(frames, window)
    spectrum, power, magnitude = fast.spectra(frames, window)
    peak = np.abs(expected).max()
    np.testing.assert_allclose(spectrum, expected, atol=2e-6 * peak)
    np.testing.assert_allclose(power, np.abs(expected) ** 2, atol=4e-6 * peak**2)
    np.testing.assert_allclose(magnitude, np.abs(expected), atol=2e-6 * peak)


@given(st.sampled_from([64, 256, 2048]), st.integers(1, 40), st.sampled_from([1, 2, 8, 16]))
def test_there_and_back(fast, n_fft, count, overlap):
    hop, window = n_fft // overlap, dsp.hann(n_fft)
    frames = noise(count, n_fft, hop)
    found = fast.overlap_add(fast.rfft(frames, np.ones_like(window)), None, window, hop)
    expected = np.zeros(len(found))
    for t, frame in enumerate(frames):
        expected[t * hop : t * hop + n_fft] += frame.astype(np.float64) * window
    np.testing.assert_allclose(found, expected, atol=3e-6 * np.abs(expected).max())


@pytest.mark.parametrize("n_fft", LENGTHS)
def test_an_impulse_turns_once_a_sample(fast, n_fft):
    places = np.array([0, 1, 2, n_fft // 2, n_fft - 1])
    frames = np.zeros((len(places), n_fft), np.float32)
    frames[np.arange(len(places)), places] = 1
    spectrum, power, magnitude = fast.spectra(frames, np.ones(n_fft, np.float32))
    turns = np.outer(places, np.arange(1 + n_fft // 2)) % n_fft / n_fft
    np.testing.assert_allclose(spectrum, np.exp(-2j * np.pi * turns), atol=5e-7)
    np.testing.assert_allclose(power, 1, rtol=1e-6)
    np.testing.assert_allclose(magnitude, 1, rtol=1e-6)


@pytest.mark.parametrize("n_fft", LENGTHS)
def test_silence_is_silent(fast, n_fft):
    frames = np.zeros((19, n_fft), np.float32)
    spectrum, power, magnitude = fast.spectra(frames, dsp.hann(n_fft))
    for made in (spectrum, power, magnitude):
        assert not made.any()
    assert not fast.overlap_add(spectrum, magnitude, dsp.hann(n_fft), n_fft // 2).any()


@given(st.sampled_from(LENGTHS[:6]), st.integers(-100, 100), st.integers(1, 20))
def test_powers_of_two_scale_exactly(fast, n_fft, exponent, count):
    frames, window = noise(count, n_fft, n_fft // 2), dsp.hann(n_fft)
    scaled = frames * np.float32(2.0**exponent)
    expected = fast.rfft(frames, window) * np.float32(2.0**exponent)
    np.testing.assert_array_equal(fast.rfft(scaled, window), expected)


@given(st.sampled_from(LENGTHS[:6]), st.integers(1, 20), st.integers(0, 99))
def test_parseval(fast, n_fft, count, seed):
    frames, window = noise(count, n_fft, n_fft // 4, seed), dsp.hann(n_fft)
    _, power, _ = fast.spectra(frames, window)
    twice = np.full(power.shape[1], 2.0)
    twice[[0, -1]] = 1
    energy = np.square(frames.astype(np.float64) * window).sum(axis=1)
    np.testing.assert_allclose(power.astype(np.float64) @ twice / n_fft, energy, rtol=2e-6)


@given(st.sampled_from(LENGTHS[:6]), st.integers(0, 99), st.floats(-4, 4, width=32))
def test_sums_transform_to_sums(fast, n_fft, seed, factor):
    window = dsp.hann(n_fft)
    one, other = noise(18, n_fft, 16, seed), noise(18, n_fft, 16, seed + 100)
    expected = fast.rfft(one, window) + np.float32(factor) * fast.rfft(other, window)
    found = fast.rfft(one + np.float32(factor) * other, window)
    np.testing.assert_allclose(found, expected, atol=5e-6 * np.abs(expected).max())


def test_a_frame_is_the_same_whatever_stands_beside_it(fast):
    frames, window = noise(40, 2048, 512), dsp.hann(2048)
    together = fast.rfft(frames, window)
    for t in (0, 15, 16, 39):
        assert np.array_equal(fast.rfft(frames[t : t + 1], window)[0], together[t])


def test_what_is_no_number_stays_in_its_frame(fast):
    frames, window = noise(20, 256, 256).copy(), dsp.hann(256)
    expected = fast.rfft(frames, window)
    frames[3, 100], frames[18, 7] = np.nan, np.inf
    found = fast.rfft(frames, window)
    whole = np.isfinite(found).all(axis=1)
    assert np.flatnonzero(~whole).tolist() == [3, 18]
    assert np.array_equal(found[whole], expected[whole])


def test_no_frames_have_no_bins(fast):
    for made in fast.spectra(noise(5, 256, 64)[:0], dsp.hann(256)):
        assert made.shape == (0, 129)


def test_nothing_is_written_past_the_end(fast):
    frames, window = noise(21, 256, 64), exact_hann(256)
    for exact in (False, True):
        around = np.full((40, 129), -1, np.float32)
        fast.powers(frames, window, around[5:26], exact)
        assert (around[:5] == -1).all()
        assert (around[26:] == -1).all()
        assert (around[5:26] >= 0).all()


@pytest.mark.parametrize("n_fft", [32, 62, 96, 1000, 131_072])
def test_other_lengths_go_the_usual_way(fast, n_fft):
    frames, window = noise(18, n_fft, n_fft // 2), dsp.hann(n_fft)
    spectrum, power, _ = fast.spectra(frames, window)
    assert off(spectrum, truth(frames, window)) < 1e-6
    assert np.array_equal(fast.rfft(frames, window), spectrum)
    found = np.empty_like(power)
    fast.powers(frames, exact_hann(n_fft), found, False)
    assert off(found, power) < 1e-6
    ours = fast.overlap_add(spectrum, power, window, n_fft // 2)
    assert off(ours, plain.overlap_add(spectrum, power, window, n_fft // 2)) < 1e-6


def test_tables_that_lie_otherwise_in_memory(fast):
    frames, window = noise(20, 256, 64), dsp.hann(256)
    expected, power, _ = fast.spectra(frames, window)
    for same in (np.asfortranarray(frames), np.repeat(frames, 2, axis=1)[:, ::2]):
        np.testing.assert_allclose(fast.rfft(same, window), expected, atol=1e-5)
    backwards = fast.rfft(frames[::-1], window)
    assert np.array_equal(backwards[::-1], expected)
    out = np.zeros((20, 258), np.float32)[:, ::2]
    fast.powers(frames, window.astype(np.float64), out, False)
    assert off(out, power) < 1e-6
    signal = fast.overlap_add(expected, None, window, 64)
    columns = np.asfortranarray(expected)
    assert np.array_equal(fast.overlap_add(columns, None, window, 64), signal)
    wide = expected.astype(np.complex128)
    assert off(fast.overlap_add(wide, None, window, 64), signal) < 1e-6


def test_frames_of_another_length_than_the_window_are_refused(fast):
    with pytest.raises(ValueError, match="broadcast"):
        fast.rfft(np.zeros((3, 64), np.float32), dsp.hann(128))
