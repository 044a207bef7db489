"""Whole runs on tracks of several labels: a small copy of AudioSet's arrays, made up."""

import json

import numpy as np
import pytest
from tests.cli.conftest import earmark  # noqa: F401 - a fixture

from earmark.errors import SettingsError
from earmark.judging.decisions import Decisions, answers, calibrate
from earmark.lab import choose, experiment
from earmark.lab.recipe import Recipe
from earmark.labels.vocabulary import Vocabulary
from earmark.settings import from_mapping

LABELS = {0: ("Happy music", 276), 1: ("Sad music", 278), 2: ("Tender music", 279),
          3: ("Scary music", 282)}
RECIPE = {
    "name": "moods", "seed": 3, "folds": 3, "decide": True,
    "dataset": {"name": "audioset", "options": {"labels": "mood"}},
    "split": {"partition": "official"},
    "branches": [{"front_end": {"name": "table", "kind": "vggish", "pooling": "mean"},
                  "model": {"name": "classical:logistic", "inverse_penalty": 0.1}}],
    "tagger": {"name": "moods", "title": "moods", "licence": "CC BY 4.0", "limits": "made up"},
}


def truth_of(rng, count):
    """One or two moods a clip, the last one rare."""
    truth = np.zeros((count, 4), np.uint8)
    truth[np.arange(count), np.arange(count) % 3] = 1
    truth[rng.random(count) < 0.3, 1] = 1
    truth[::20, 3] = 1
    return truth


def write_clips(folder, part, truth, rng):
    count = len(truth)
    levels = rng.integers(60, 160, (count, 2, 128)).astype(float)
    for k in range(4):
        levels[truth[:, k] == 1, :, 8 * k:8 * k + 8] += 40
    np.savez(folder / f"music_{part}.npz", frames=np.full(count, 2),
             clip=np.array([f"{part}{k:04}" for k in range(count)]), labels=truth,
             embeddings=levels.clip(0, 255).astype(np.uint8))


@pytest.fixture
def moods(tmp_path, rng):
    folder = tmp_path / "moods"
    folder.mkdir()
    lines = "".join(f"{k},{number},{name},x\n" for k, (name, number) in LABELS.items())
    (folder / "labels.csv").write_text("column,audioset_index,label,group\n" + lines)
    write_clips(folder, "bal_train", truth_of(rng, 240), rng)
    write_clips(folder, "eval", truth_of(rng, 120), rng)
    return folder


def results_of(folder, tmp_path, **changes):
    recipe = from_mapping(Recipe, {**RECIPE, **changes})
    done = experiment.run(recipe, folder, tmp_path / "runs" / "one")
    assert json.loads((done.folder / "results.json").read_text()) == done.results
    return done.results


def scores_and_truth(tmp_path, part):
    import pyarrow.parquet

    path = tmp_path / "runs" / "one" / "predictions.parquet"
    rows = [row for row in pyarrow.parquet.read_table(path).to_pylist() if row["part"] == part]
    names = [name for name, _ in LABELS.values()]
    return (np.array([[row[f"score: {name}"] for name in names] for row in rows]),
            np.array([[name in row["labels"] for name in names] for row in rows]).astype(int),
            Vocabulary(tuple(names), "multi"))


def test_decisions_come_of_folds_and_the_test_part_is_judged_by_them(moods, tmp_path):
    from sklearn.metrics import average_precision_score, f1_score

    found = results_of(moods, tmp_path)
    scores, truth, vocabulary = scores_and_truth(tmp_path, "test")
    decisions = from_mapping(Decisions, found["decisions"])
    chances = calibrate(scores, decisions, vocabulary)
    given = answers(chances, vocabulary, decisions)
    test = found["parts"]["test"]
    assert test["f1_micro"] == pytest.approx(f1_score(truth, given, average="micro"))
    assert test["pr_auc_macro"] == pytest.approx(
        average_precision_score(truth, chances, average="macro"), abs=1e-4)
    assert test["f1_micro_minus_constant"]["low"] > 0
    assert found["cross_validated"]["folds"] == 3
    assert found["cross_validated"]["f1_micro"] == pytest.approx(
        found["thresholds"]["cross_fitted"]["f1_micro"])
    assert found["label_sets"]["times"] == 20
    assert {"before", "after"} == set(found["on_test"]["calibration"])
    assert found["on_test"]["label_sets"]["coverage"] == pytest.approx(0.9, abs=0.09)
    assert set(found["shift"]["corrections"]) == {"as_learnt", "by_label", "jointly", "oracle"}
    assert found["ledger"]["readings_of_this_test_part"] == 1
    assert (tmp_path / "runs" / "one" / "report.html").is_file()


def test_the_labels_of_the_test_part_change_no_decision(moods, tmp_path, rng):
    first = results_of(moods, tmp_path)["decisions"]
    other = truth_of(rng, 120)[:, [1, 2, 0, 3]]
    with np.load(moods / "music_eval.npz") as clips:
        arrays = dict(clips)
    np.savez(moods / "music_eval.npz", **{**arrays, "labels": other})
    recipe = from_mapping(Recipe, RECIPE)
    second = experiment.run(recipe, moods, tmp_path / "runs" / "two").results["decisions"]
    assert second == first


def test_a_valid_part_held_out_is_measured_or_learnt_from(moods, tmp_path):
    split = {"partition": "official", "valid": 0.25}
    measured = results_of(moods, tmp_path, split=split)
    assert measured["held_out"]["tracks"] == measured["protocol"]["tracks"]["valid"]
    assert measured["protocol"]["tracks"]["test"] == 120
    recipe = from_mapping(Recipe, {**RECIPE, "split": split, "decisions": {"part": "valid"}})
    learnt = experiment.run(recipe, moods, tmp_path / "runs" / "valid").results
    assert learnt["calibration"]["tracks"] == learnt["protocol"]["tracks"]["valid"]
    assert "held_out" not in learnt
    assert learnt["parts"]["valid"]["learnt_from"] is True  # by the decisions
    assert measured["parts"]["valid"]["learnt_from"] is False
    assert learnt["cross_validated"]["f1_micro"] > 0.5  # decided on as learnt, not from 0.5 up
    assert learnt["decisions"] != measured["decisions"]


@pytest.mark.parametrize(("changes", "message"), [
    ({"decisions": {"part": "valid"}}, "has no valid part"),
    ({"decisions": {"part": "valid"},
      "split": {"partition": "official", "valid": 0.2, "learn_from": ["train", "valid"]}},
     "is learnt from"),
])
def test_a_valid_part_that_cannot_be_asked_is_told(moods, tmp_path, changes, message):
    with pytest.raises(SettingsError, match=message):
        results_of(moods, tmp_path, **changes)


def test_a_label_without_positives_in_the_test_part_is_undefined(moods, tmp_path, rng):
    truth = truth_of(rng, 120)
    truth[:, 3] = 0
    write_clips(moods, "eval", truth, rng)
    found = results_of(moods, tmp_path)
    test = found["parts"]["test"]
    assert test["labels_without_curve"] == ["Scary music"]
    assert test["per_label"]["Scary music"]["pr_auc"] is None
    assert any("Scary music" in note and "test part" in note for note in found["notes"])


def test_a_label_that_no_train_track_bears_is_told_and_never_answered(moods, tmp_path, rng):
    truth = truth_of(rng, 240)
    truth[:, 3] = 0
    write_clips(moods, "bal_train", truth, rng)
    found = results_of(moods, tmp_path)
    scores, _, _ = scores_and_truth(tmp_path, "test")
    assert not scores[:, 3].any()
    assert any("Scary music" in note and "cannot be learnt" in note for note in found["notes"])
    assert found["parts"]["test"]["per_label"]["Scary music"]["answered"] == 0


def test_genres_held_out_make_a_rule_for_unknown(moods, tmp_path):
    found = results_of(moods, tmp_path, decisions={"unknown": 2})
    # None of these is a genre, so that there is nothing to hold out.
    assert found["unknown"] is None
    assert any("no rule for unknown was learnt" in note for note in found["notes"])


def test_without_deciding_each_label_is_named_from_a_half(moods, tmp_path):
    found = results_of(moods, tmp_path, decide=False)
    assert found["decisions"]["thresholds"] == [0.5] * 4
    assert "calibration" not in found
    assert "shift" not in found


def test_recipes_are_compared_on_the_same_folds(moods):
    from sklearn.metrics import average_precision_score

    plain = from_mapping(Recipe, RECIPE)
    branch = {**RECIPE["branches"][0],
              "model": {"name": "classical:logistic", "inverse_penalty": 1e-9}}
    stifled = from_mapping(Recipe, {**RECIPE, "name": "stifled", "branches": [branch]})
    bench = choose.bench([plain, stifled], moods, lambda _: None)
    first, second = choose.judge(bench, [plain, stifled], folds=2, repeats=2)
    truth = bench.truth(bench.ids)
    expected = [average_precision_score(truth, bench.out_of_fold(plain, bench.ids, 2, seed),
                                        average="macro") for seed in (0, 1)]
    assert first.metric == "pr_auc_macro"
    assert first.repeats == pytest.approx(expected, abs=1e-4)
    assert first.value == pytest.approx(np.mean(expected), abs=1e-4)
    assert first.difference is None
    assert first.by_artist.low <= first.value <= first.by_artist.high
    assert second.mean_difference == pytest.approx(second.value - first.value)
    assert second.difference.low <= second.mean_difference <= second.difference.high
    whole = choose.nested(bench, [plain, stifled], folds=2)
    assert whole["metric"] == "pr_auc_macro"
    assert whole["by_artist"]["low"] <= whole["value"] <= whole["by_artist"]["high"]


def test_folds_without_artists_are_not_called_by_artist(moods, tmp_path, earmark):  # noqa: F811
    import tomli_w

    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(tomli_w.dumps({**RECIPE, "name": name}))
    done = earmark("evaluate", "one.toml", "two.toml", "--data", str(moods), "--folds", "2",
                   "--repeats", "1")
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert "1 x 2 folds by song, no artist being known" in head
    assert len(lines) == 2
    assert all("] by song" in line and "by artist" not in line for line in lines)
