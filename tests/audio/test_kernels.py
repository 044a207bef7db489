"""The two kinds of kernels give equal values, on sounds of every sort and on hostile ones."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import dsp, kernels, mel
from earmark.audio.kernels import _compiled, memory, network, plain
from earmark.features.gtzan57 import COLUMNS, Gtzan57

SOUNDS = ("music", "noise", "silence", "offset", "impulse", "square", "faint", "short")


def sound(kind, rng):
    time = np.arange(40_000) / 22_050
    made = {
        "music": 0.3 * np.sin(2 * np.pi * 220 * time) * (time % 0.5 < 0.3)
        + 0.1 * rng.standard_normal(40_000) * np.exp(-20 * (time % 0.25)),
        "noise": rng.standard_normal(40_000), "silence": np.zeros(40_000),
        "offset": np.full(40_000, 0.5), "impulse": np.eye(1, 40_000, 12_345)[0],
        "square": np.sign(np.sin(2 * np.pi * 100 * time)),
        "faint": 1e-12 * rng.standard_normal(40_000), "short": rng.standard_normal(1500),
    }
    return made[kind].astype(np.float32)


@pytest.fixture(scope="module")
def fast():
    if why := kernels.start("fast"):
        pytest.skip(why)
    module = kernels.active()
    kernels.start("plain")
    return module


def test_both_kinds_have_every_kernel_with_one_signature(fast):
    for name in kernels.NAMES:
        assert inspect.signature(getattr(fast, name)) == inspect.signature(getattr(plain, name))


def arguments(kind):
    """Return arguments of every kernel, made from one sound, the same one each time."""
    samples = sound(kind, np.random.default_rng(5))
    window = dsp.hann(2048)
    padded = dsp.pad(samples, 1024, "reflect")
    frames = dsp.frame(padded, 2048, 512)
    spectrum, power, magnitude = plain.spectra(frames, window)
    levels = dsp.power_to_db(mel.bands(power, 22_050, 2048))
    onsets = plain.median_rise(levels).astype(np.float64)
    mirrored = np.pad(magnitude, ((15, 15), (0, 0)), mode="symmetric")
    return {
        "rfft": (frames, window),
        "spectra": (frames, window),
        "powers": (frames, window.astype(np.float64), np.zeros_like(power), False),
        "magnitudes": (frames, window.astype(np.float64), np.zeros_like(power)),
        "overlap_add": (spectrum, plain.harmonic_mask(magnitude, 31), window, 512),
        "moments": (magnitude,),
        "mean_and_squares": (samples,),
        "rolloff_bins": (magnitude, 0.85),
        "peaks": (power, 14, 372, 0.1),
        "running_median": (mirrored, 31),
        "harmonic_mask": (magnitude, 31),
        "median_rise": (levels,),
        "frame_energies": (padded, 2048, 512),
        "sign_changes": (padded, 2048, 512, 1e-10, 1024, 1024 + len(samples)),
        "mean_autocorrelation": (np.pad(onsets, 172)[: len(onsets) + 343], np.hanning(344), 720),
        "beat_links": (np.abs(onsets), 43, 100.0),
    }


def test_arguments_are_made_for_every_kernel():
    assert set(arguments("music")) == set(kernels.NAMES)


def outcome(module, name, given_):
    """Return what a kernel returns, or what it has filled, as a tuple."""
    returned = getattr(module, name)(*given_)
    returned = given_[2] if returned is None else returned
    return returned if isinstance(returned, tuple) else (returned,)


@pytest.mark.parametrize("kind", SOUNDS)
@pytest.mark.parametrize("name", kernels.NAMES)
def test_both_kinds_give_equal_values(fast, name, kind):
    expected = outcome(plain, name, arguments(kind)[name])
    found = outcome(fast, name, arguments(kind)[name])
    for ours, theirs in zip(found, expected, strict=True):
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        if name in ("running_median", "sign_changes", "rolloff_bins", "peaks"):
            assert np.array_equal(ours, theirs)
        else:
            scale = float(np.abs(theirs).max(initial=0.0))
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6 * scale)


@pytest.mark.parametrize("kind", SOUNDS)
def test_features_are_equal_by_either_kind(fast, rng, kind):
    samples = sound(kind, rng)
    with kernels.using("plain"):
        expected = Gtzan57()(samples)
    with kernels.using("fast"):
        found = Gtzan57()(samples)
    # An mfcc is a sum of 128 decibels of either sign, and near zero their rounding.
    least = np.array([1 if column.startswith("mfcc") else 0.05 for column in COLUMNS])
    worst = np.abs(found - expected) / np.maximum(np.abs(expected), least)
    if kind == "offset":  # beside its one peak the spectrum of a constant is rounding
        worst[[i for i, column in enumerate(COLUMNS) if column.startswith("spectral_")]] = 0
    if kind == "impulse":  # of its flat spectrum the tuning is rounding
        worst[[i for i, column in enumerate(COLUMNS) if column.startswith("chroma")]] = 0
    assert worst.max() < 2e-5, COLUMNS[worst.argmax()]


@given(
    st.sampled_from([3, 7, 15, 31]), st.integers(1, 100), st.integers(1, 40), st.integers(0, 99)
)
def test_running_medians_are_medians(width, rows, columns, seed):
    values = np.random.default_rng(seed).integers(0, 9, (rows + width - 1, columns))
    values = values.astype(np.float32)
    expected = np.median(np.stack([values[i : i + rows] for i in range(width)]), axis=0)
    assert np.array_equal(plain.running_median(values, width), expected)


@given(st.integers(1, 100), st.integers(1, 70), st.integers(0, 99))
def test_fast_running_medians_are_medians(fast, rows, columns, seed):
    values = np.random.default_rng(seed).standard_normal((rows + 30, columns)).astype(np.float32)
    expected = np.median(np.stack([values[i : i + rows] for i in range(31)]), axis=0)
    assert np.array_equal(fast.running_median(values, 31), expected)


def test_networks_of_other_widths_are_refused():
    with pytest.raises(ValueError, match="power of two less 1"):
        network.median_network(9, 1)


def test_medians_share_their_sorting():
    alone = len(network.median_network(31, 1).steps) / 16
    assert len(network.median_network(31, 4).steps) / 64 < alone < 40


class TestChoice:
    def test_little_audio_stays_plain(self):
        kernels.expect(kernels.REPAID_SECONDS - 1)
        assert kernels.active() is plain

    @pytest.mark.parametrize(("compiled", "seconds"), [
        (True, kernels.REPAID_SECONDS), (False, kernels.REPAID_COMPILING_SECONDS),
    ])
    def test_audio_that_repays_their_start_takes_the_fast_ones(
        self, fast, monkeypatch, tmp_path, compiled, seconds
    ):
        monkeypatch.setattr(kernels, "compiled_folder", lambda: tmp_path)
        if compiled:
            (tmp_path / "some.nbc").touch()
        try:
            kernels.expect(seconds - 1)
            assert kernels.active() is plain
            kernels.expect(seconds)
            assert kernels.active() is fast
        finally:
            kernels.start("plain")

    def test_a_choice_holds_whatever_is_expected(self, fast):
        with kernels.using("plain"):
            kernels.expect(1e9)
            assert kernels.active() is plain

    def test_without_the_extra_it_says_so(self, monkeypatch):
        monkeypatch.setattr(kernels, "available", lambda: False)
        monkeypatch.setattr(kernels, "_fast_module", None)
        monkeypatch.setattr(kernels, "_why_not", None)
        assert "earmark[fast]" in kernels.start("fast")
        assert kernels.active() is plain

    def test_where_nothing_can_be_kept_it_goes_on_plain(self, fast, tmp_path):
        code = (
            "import numba.core.caching as caching\n"
            "caching.CacheImpl._locator_classes = []  # as where no folder can be written\n"
            "from earmark.audio import kernels\n"
            "print(kernels.start('fast'))\n"
            "print(kernels.active().__name__)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "EARMARK_CACHE": str(tmp_path)},
        )  # fmt: skip
        assert "cannot be started" in done.stdout
        assert done.stdout.endswith("kernels.plain\n")
        assert not done.stderr


class TestCompiled:
    def test_a_changed_byte_empties_the_folder(self, tmp_path):
        code = tmp_path / "kernels_1" / "fast.1.nbc"
        code.parent.mkdir()
        code.write_bytes(b"machine code")
        _compiled.check(tmp_path)
        assert code.exists(), "nothing was sealed yet"
        _compiled.seal(tmp_path)
        _compiled.check(tmp_path)
        assert code.exists()
        code.write_bytes(b"machine c0de")
        _compiled.check(tmp_path)
        assert not tmp_path.exists()

    @pytest.mark.parametrize("note", ["{", "[]", '{"gone.nbc": "00"}'])
    def test_a_damaged_note_empties_it_too(self, tmp_path, note):
        (tmp_path / "hashes.json").write_text(note)
        _compiled.check(tmp_path)
        assert not tmp_path.exists()

    def test_damaged_code_is_compiled_anew(self, fast, tmp_path):
        code = "from earmark.audio import kernels; print(kernels.start('fast'))"
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True,
                env={**os.environ, "EARMARK_CACHE": str(tmp_path)},
            )  # fmt: skip
            assert done.stdout == "None\n"
            for path in tmp_path.rglob("*.nbc"):
                content = bytearray(path.read_bytes())
                content[len(content) // 2 :: 50] = b"?" * len(content[len(content) // 2 :: 50])
                path.write_bytes(content)


class TestMemory:
    def test_it_is_used_again_only_when_nobody_looks(self):
        first = memory.empty((1000, 1000))
        place, view = first.ctypes.data, first[3:5]
        del first
        second = memory.empty((1000, 1000))
        assert second.ctypes.data != place
        del view
        assert memory.empty((1000, 1000)).ctypes.data == place

    @pytest.mark.parametrize("shape", [(0,), (1,), (3, 0), (1 << 15,), (1 << 16, 3)])
    def test_arrays_are_as_asked_for(self, shape):
        for dtype in (np.float32, np.complex64):
            array = memory.empty(shape, dtype)
            assert array.shape == shape
            assert array.dtype == dtype
            array[...] = 1
            assert array.sum() == np.prod(shape)
