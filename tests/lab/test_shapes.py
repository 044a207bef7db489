"""Rows that are learnt from and rows that tagging gives have to be of one shape."""

import pytest

from earmark.audio.segments import Segments
from earmark.errors import SettingsError
from earmark.features.base import build
from earmark.lab.building import refuse_slips
from earmark.lab.recipe import BranchChoice
from earmark.lab.shapes import refuse_other_shape, shape_of

MEL = {"name": "logmel", "n_mels": 8}  # of 22050 Hz in hops of 512: 1 + 22050 s // 512 frames
MODEL = {"name": "cnn:statistics"}


def branch(front_end=MEL, **more):
    return BranchChoice(front_end, MODEL, source="audio", **more)


@pytest.mark.parametrize(("segments", "shape"), [
    (Segments(2.0), (8, 1 + 2 * 22050 // 512)), (Segments(30.0), (8, 1 + 30 * 22050 // 512)),
    (Segments(None), (8, 1 + int(7.3 * 22050) // 512)), (Segments(frames=40), (40, 8)),
])  # fmt: skip
def test_the_shape_of_a_segments_features(segments, shape):
    assert shape_of(build({**MEL, "top_db": "none"}), segments) == shape


def test_another_cut_is_refused_before_features_are_made():
    with pytest.raises(SettingsError, match=r"training_seconds = 3.69 gives rows of 8 x 159, and "
                       r"tagging, 30 s at a time, would give 8 x 1292, .* set segments = "
                       r"\{ seconds = 3.69 \} in the branch"):
        refuse_slips(branch(training_seconds=3.69), "single")
    refuse_slips(branch(training_seconds=3.69, segments=Segments(3.69)), "single")


def test_whole_tracks_of_another_length_are_refused_once_their_rows_are_there():
    refuse_other_shape(branch())  # how long they are is not known yet
    with pytest.raises(SettingsError, match=r"whole tracks gives rows of 8 x 1293, and .* 8 x 1292"
                       r".* set training_seconds = 30 and segments = \{ seconds = 30 \}"):
        refuse_other_shape(branch(), (8, 1293))
    refuse_other_shape(branch(), (8, 1292))


def test_a_track_heard_whole_is_of_any_length():
    with pytest.raises(SettingsError, match="whole tracks at once"):
        refuse_other_shape(branch(segments=Segments(None)), (8, 1292))


@pytest.mark.parametrize("front_end", [
    {"name": "gtzan57"}, {"name": "specgram"}, {"name": "image", "width": 16, "height": 16}])
def test_features_whose_shape_no_length_changes_are_taken(front_end):
    plain = branch(front_end, training_seconds=3.0, segments=Segments(5.0))
    refuse_other_shape(plain)
    refuse_other_shape(plain, shape_of(build(front_end), Segments(2.0)))
