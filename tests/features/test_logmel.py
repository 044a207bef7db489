"""librosa is the oracle; what follows from the definition is checked without it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import chunks
from earmark.audio.load import load
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features.logmel import LogMel
from tests.features import picture_oracle as oracle

QUIET = pytest.mark.filterwarnings("ignore:Empty filters detected", "ignore:n_fft=")
noises = st.builds(
    lambda seed, length: (0.1 * np.random.default_rng(seed).standard_normal(length)).astype("f4"),
    st.integers(0, 2**32), st.integers(1, 60_000),
)  # fmt: skip


@QUIET
@pytest.mark.parametrize("kind", oracle.SOUNDS)
@pytest.mark.parametrize("settings", [
    {}, {"padding": "reflect", "reference": "max"}, {"n_mels": 256, "top_db": None},
    {"n_mels": 96, "n_fft": 512, "hop_length": 256, "sample_rate": 16_000, "top_db": 30.0},
])  # fmt: skip
def test_values_are_librosas(kind, settings):
    front_end = LogMel(**settings)
    samples = oracle.sound(kind, front_end.sample_rate)
    ours = front_end(samples)
    assert ours.flags.c_contiguous
    np.testing.assert_allclose(ours, oracle.logmel(samples, front_end), atol=1e-3)


@QUIET
@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_any_rate(rate):
    front_end = LogMel(sample_rate=rate)
    samples = oracle.sound("noise", rate)
    np.testing.assert_allclose(front_end(samples), oracle.logmel(samples, front_end), atol=1e-3)


@pytest.mark.realdata
@pytest.mark.parametrize("n_mels", [96, 128, 256])
def test_real_clips_are_librosas(realdata, n_mels):
    front_end = LogMel(n_mels=n_mels)
    for path in oracle.clips(realdata)[::9]:
        samples = load(path, sample_rate=22_050).samples[: 22_050 * 10]
        error = np.abs(front_end(samples) - oracle.logmel(samples, front_end)).max()
        assert error < 1e-4, path.name


@given(noises, st.sampled_from(["zeros", "reflect"]), st.sampled_from(["one", "max"]))
def test_in_chunks_as_at_once(samples, padding, reference):
    front_end = LogMel(padding=padding, reference=reference, n_mels=32)
    expected = front_end(samples)
    blocks = np.split(samples, range(1000, len(samples), 1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", 9)
        streamed = front_end.whole(lambda: blocks)
    np.testing.assert_allclose(streamed, expected, atol=1e-4)


@given(st.floats(0.01, 10), st.integers(0, 1000))
def test_a_gain_is_an_offset_to_one_and_nothing_to_max(gain, seed):
    samples = np.random.default_rng(seed).standard_normal(8000).astype(np.float32)
    louder = samples * np.float32(gain)
    offset = LogMel(top_db=None)(louder) - LogMel(top_db=None)(samples)
    np.testing.assert_allclose(offset, 20 * np.log10(gain), atol=1e-3)
    to_max = LogMel(reference="max")
    np.testing.assert_allclose(to_max(louder), to_max(samples), atol=1e-3)


def test_range_and_reference_by_hand():
    quiet_then_loud = np.concatenate([np.zeros(22_050), np.sin(np.arange(22_050))]).astype("f4")
    cut = LogMel(reference="max", top_db=25.0)(quiet_then_loud)
    assert (cut.max(), cut.min()) == (0, -25)
    floor = LogMel(top_db=None)(quiet_then_loud).min()  # of 1e-10
    assert floor == pytest.approx(-100)
    assert (LogMel(reference="max")(np.zeros(9, np.float32)) == 0).all()


def test_shape_and_names():
    front_end = LogMel(n_mels=96, hop_length=441)
    assert front_end(np.zeros(44_100, np.float32)).shape == (96, 101)
    assert (front_end.columns[0], front_end.columns[-1]) == ("mel1", "mel96")


@pytest.mark.parametrize(("setting", "message"), [
    ({"n_mels": 7}, "'n_mels' is 7; expected 8 to 512"),
    ({"n_mels": 513}, "'n_mels' is 513"),
    ({"n_fft": 1023}, "'n_fft' is 1023; expected an even number"),
    ({"hop_length": 0}, "'hop_length' is 0; expected 1 to 'n_fft', which is 2048"),
    ({"hop_length": 4096}, "'hop_length' is 4096"),
    ({"sample_rate": 10}, "'sample_rate' is 10; expected 1000 to 192000 Hz"),
    ({"top_db": 0.0}, "'top_db' is 0; expected more than 0"),
    ({"reference": "loudest"}, "'reference' is 'loudest'. Known: max, one"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(setting, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "logmel", **setting})
