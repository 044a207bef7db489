import numpy as np
import pytest

from earmark.audio.segments import Segments
from earmark.errors import SettingsError
from earmark.features import base
from earmark.tagger.importers import _fronts, musicnn
from earmark.tagger.importers._fronts import PRESETS, front_for


def settings(name):
    return base.describe(base.build(PRESETS[name].front_end))


def test_musicnn_is_as_its_importer_has_it():
    branch = musicnn._branch("drop")
    assert settings("musicnn") == branch.front_end
    assert PRESETS["musicnn"].segments == branch.segments


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_gives_rows_of_one_shape(name):
    from earmark.tagger.importers._rehearsal import rehearsal_rows

    rows = rehearsal_rows(*front_for(name))
    expected = {"musicnn": (187, 96), "discogs-effnet": (128, 96), "vggish": (96, 64),
                "ast": (1024, 128), "clap": (64, 1001)}  # fmt: skip
    assert rows.shape == (3, *expected[name])
    assert np.isfinite(rows).all()


@pytest.mark.filterwarnings("ignore")  # transformers warns of empty bands in its other filters
def test_ast_and_clap_are_as_transformers_has_them():
    transformers = pytest.importorskip("transformers")
    ast = transformers.ASTFeatureExtractor()
    found = settings("ast")
    assert (found["subtract"], found["n_mels"]) == (ast.mean, ast.num_mel_bins)
    assert found["divide"] == pytest.approx(2 * ast.std)
    assert PRESETS["ast"].segments == Segments(frames=ast.max_length, hop_frames=ast.max_length)
    clap, found = transformers.ClapFeatureExtractor(), settings("clap")
    assert (found["sample_rate"], found["n_fft"], found["hop_length"], found["n_mels"]) == (
        clap.sampling_rate, clap.fft_window_size, clap.hop_length, clap.feature_size)  # fmt: skip
    assert (found["fmax_hz"], PRESETS["clap"].segments.seconds) == (
        clap.frequency_max, clap.max_length_s)  # fmt: skip


def test_a_length_may_be_given_for_a_preset():
    assert front_for("vggish", frames=50)[1] == Segments(frames=50, hop_frames=50)
    assert front_for("vggish", frames=50, hop_frames=10)[1] == Segments(frames=50, hop_frames=10)
    assert front_for("vggish", hop_frames=48)[1] == Segments(frames=96, hop_frames=48, tail="drop")
    assert front_for("vggish")[1] == Segments(frames=96, hop_frames=96, tail="drop")


@pytest.mark.parametrize(("given", "message"), [
    ({"hop_frames": 0}, "'hop_frames' is 0; expected between"),
    ({"frames": 50, "hop_frames": 0}, "'hop_frames' is 0; expected between"),
    ({"hop_frames": 97}, "'hop_frames' is 97; expected at most 'frames', which is 96"),
    ({"seconds": 1.0, "hop_frames": 9}, "goes with segments cut in frames"),
])  # fmt: skip
def test_steps_between_segments_are_not_passed_over(given, message):
    with pytest.raises(SettingsError, match=message):
        front_for("vggish", **given)


@pytest.mark.parametrize(("text", "value"), [
    ("512", 512), ("0.5", 0.5), ("true", True), ("none", "none"), ("htk", "htk"), ("", ""),
])  # fmt: skip
def test_values_are_numbers_truths_or_texts(text, value):
    found = _fronts._value(text)
    assert (found, type(found)) == (value, type(value))


def test_a_family_without_frames_is_not_cut_in_frames():
    from earmark.tagger.importers._rehearsal import rehearsal_rows

    with pytest.raises(SettingsError, match="gives no frames one after another"):
        rehearsal_rows(*front_for("gtzan57:", frames=10))
