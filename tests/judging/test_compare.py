import dataclasses
import json

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.judging.compare import Predictions, compare, read
from earmark.judging.decisions import Decisions
from earmark.labels.vocabulary import Vocabulary

PROTOCOL = {"dataset": "d1", "split": "s1", "unit": "track"}
ONE = Vocabulary(("a", "b"))


def predictions(run, right, **changes):
    """A run that is right where ``right`` is True; all tracks bear label a."""
    right = np.asarray(right, bool)
    scores = np.where(right[:, None], [0.9, 0.1], [0.2, 0.8])
    truth = np.tile([1, 0], (len(right), 1))
    values = {"run": run, "tracks": tuple(f"t{i:02d}" for i in range(len(right))),
              "scores": scores, "truth": truth, "vocabulary": ONE, "protocol": PROTOCOL}
    return Predictions(**{**values, **changes})


GOOD, POOR = [True] * 18 + [False] * 2, [True] * 8 + [False] * 12


def test_differences_by_hand(rng):
    found = compare(predictions("good", GOOD), predictions("poor", POOR), rng=rng)
    accuracy, f1 = found.differences
    assert (accuracy.metric, accuracy.a, accuracy.b) == ("accuracy", 0.9, 0.4)
    assert accuracy.difference == pytest.approx(0.5)
    assert accuracy.by_track.low > 0.2
    assert accuracy.by_track.high < 0.8
    assert accuracy.by_artist is None
    # F1 of a is 2 * 18 / (18 + 20), of b 0, though never true but answered: the mean halves it
    assert f1.a == pytest.approx(18 / 38 * 2 / 2)
    assert json.loads(json.dumps(found.to_json()))["runs"] == ["good", "poor"]


def test_a_run_does_not_differ_from_itself(rng):
    one = predictions("one", GOOD)
    artists = {track: i // 4 for i, track in enumerate(one.tracks)}
    for difference in compare(one, one, rng=rng, artists=artists).differences:
        assert difference.difference == 0
        assert difference.by_track[:2] == difference.by_artist[:2] == (0, 0)


def test_turning_runs_round_turns_the_sign(rng):
    a, b = predictions("a", GOOD), predictions("b", POOR)
    forth = compare(a, b, rng=np.random.default_rng(1)).differences[0]
    back = compare(b, a, rng=np.random.default_rng(1)).differences[0]
    assert forth.difference == -back.difference
    assert forth.by_track.low == pytest.approx(-back.by_track.high)


def test_whole_artists_give_wider_intervals(rng):
    a, b = predictions("a", GOOD), predictions("b", POOR)
    artists = {track: i // 5 for i, track in enumerate(a.tracks)}
    accuracy = compare(a, b, rng=rng, artists=artists).differences[0]
    assert np.ptp(accuracy.by_artist[:2]) > np.ptp(accuracy.by_track[:2])


def test_tracks_of_one_run_alone_are_left_out_and_named(rng):
    a = predictions("a", GOOD)
    b = predictions("b", POOR[:15][::-1], tracks=tuple(reversed(a.tracks[:15])))
    found = compare(a, b, rng=rng)
    assert found.tracks == 15
    assert found.left_out == a.tracks[15:]
    assert found.differences[0].b == pytest.approx(8 / 15)
    far = predictions("far", [True, False], tracks=("x", "y"))
    with pytest.raises(DataError, match="no track in common"):
        compare(a, far, rng=rng)


def test_multi_label_runs_are_compared_by_areas_and_f1(rng):
    vocabulary = Vocabulary(("a", "b"), "multi")
    truth = (rng.random((40, 2)) < 0.5).astype(int)
    good = predictions("good", [True] * 40, scores=(truth + rng.random((40, 2))) / 2, truth=truth,
                       vocabulary=vocabulary, decisions=Decisions((0.4, 0.6)))
    poor = dataclasses.replace(good, run="poor", scores=rng.random((40, 2)))
    names = [d.metric for d in compare(good, poor, rng=rng).differences]
    assert names == ["pr_auc_macro", "roc_auc_macro", "f1_macro"]
    assert all(d.difference > 0 for d in compare(good, poor, rng=rng).differences)


@pytest.mark.parametrize("name", ["dataset", "split", "unit"])
def test_unlike_protocols_are_refused(rng, name):
    other = predictions("b", POOR, protocol={**PROTOCOL, name: "other"})
    with pytest.raises(DataError, match=f"a and b were judged on another {name}") as caught:
        compare(predictions("a", GOOD), other, rng=rng)
    assert "\n" not in str(caught.value)


def test_unlike_labels_truth_and_artists_are_refused(rng):
    a = predictions("a", GOOD)
    with pytest.raises(DataError, match="other labels; only runs of one vocabulary"):
        compare(a, predictions("b", POOR, vocabulary=Vocabulary(("a", "c"))), rng=rng)
    with pytest.raises(DataError, match="other labels for track 't00'"):
        compare(a, predictions("b", POOR, truth=np.tile([0, 1], (20, 1))), rng=rng)
    with pytest.raises(DataError, match="no artist is given for track 't01'"):
        compare(a, a, rng=rng, artists={"t00": "x"})


@pytest.mark.parametrize(("changes", "message"), [
    ({"tracks": ("t1",)}, "for 1 tracks"),
    ({"tracks": ("t",) * 20}, "listed twice"),
    ({"protocol": {"dataset": "d", "unit": "track"}}, "lacks the split"),
    ({"scores": np.full((20, 2), np.nan)}, "not logits"),
])
def test_predictions_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        predictions("a", GOOD, **changes)


def write_run(folder, **changes):
    import pyarrow
    import pyarrow.parquet

    folder.mkdir()
    columns = {"track": ["t1", "t2", "t3"], "part": ["valid", "valid", "train"],
               "labels": [["b"], ["a"], ["a"]],
               "score: a": np.float32([0.3, 0.9, 0.8]), "score: b": np.float32([0.7, 0.1, 0.2])}
    pyarrow.parquet.write_table(pyarrow.table({**columns, **changes}),
                                folder / "predictions.parquet")
    results = {"identity": {"dataset": "d", "split": "s"}, "protocol": {"unit": "track"}}
    (folder / "results.json").write_text(json.dumps(results))


def test_a_run_folder_is_read(tmp_path):
    write_run(tmp_path / "run")
    found = read(tmp_path / "run", "valid")
    assert (found.run, found.tracks, found.vocabulary) == ("run", ("t1", "t2"), ONE)
    assert found.truth.tolist() == [[0, 1], [1, 0]]
    np.testing.assert_allclose(found.scores, [[0.3, 0.7], [0.9, 0.1]])
    assert found.protocol == {"dataset": "d", "split": "s", "unit": "track"}


def test_folders_that_hold_no_run_are_refused(tmp_path):
    write_run(tmp_path / "run")
    with pytest.raises(DataError, match=r"no predictions of 'test'\. Known: train, valid"):
        read(tmp_path / "run", "test")
    with pytest.raises(DataError, match="holds no finished run"):
        read(tmp_path / "gone", "valid")
    (tmp_path / "run/results.json").write_text('{"identity": 1}')
    with pytest.raises(DataError, match="holds no finished run"):
        read(tmp_path / "run", "valid")
    (tmp_path / "run/predictions.parquet").write_text("half")
    with pytest.raises(DataError, match="holds no finished run"):
        read(tmp_path / "run", "valid")
