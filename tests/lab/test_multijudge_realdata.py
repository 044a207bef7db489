"""Self-judging on AudioSet's balanced train part, never on its eval part."""

import numpy as np
import pytest

from earmark.judging.how import HowDecided
from earmark.judging.shift import report
from earmark.lab.multijudge import judge_many
from earmark.labels.vocabulary import Vocabulary

pytestmark = pytest.mark.realdata
LABELS, TRACKS, FOLDS = 12, 4000, 4


@pytest.fixture(scope="module")
def scored(realdata):
    """Out-of-fold scores of the most frequent labels, and those of a quarter held out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    path = realdata / "audioset/music_bal_train.npz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with np.load(path, allow_pickle=False) as file:
        clips = np.random.default_rng(5).permutation(len(file["labels"]))[:TRACKS]
        rows = file["embeddings"][clips].astype(np.float32).mean(axis=1)
        truth = file["labels"][clips]
    truth = truth[:, np.argsort(-truth.sum(axis=0))[:LABELS]].astype(np.int8)
    part = np.arange(TRACKS) % (FOLDS + 1)  # the last one is held out
    scores = np.zeros(truth.shape)
    for number in range(FOLDS + 1):
        learn = (part != number) & (part != FOLDS)
        for k in range(LABELS):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
            model.fit(rows[learn], truth[learn, k])
            scores[part == number, k] = model.predict_proba(rows[part == number])[:, 1]
    return scores, truth, part


def test_what_is_promised_holds_on_clips_held_out(scored, rng):
    scores, truth, part = scored
    oof, held = part < FOLDS, part == FOLDS
    vocabulary = Vocabulary(tuple(f"l{k}" for k in range(LABELS)), "multi")
    _, results = judge_many(scores[oof], truth[oof], part[oof], np.flatnonzero(oof).tolist(),
                            vocabulary, HowDecided(parents=False), rng,
                            held_out=(scores[held], truth[held], range(int(held.sum()))))
    told, told_held = results["calibration"], results["held_out"]["calibration"]
    for of in (told, told_held):
        assert of["after"]["log_loss"] < of["before"]["log_loss"]
    assert told["after"]["ece"] < told["before"]["ece"]
    thresholds = results["held_out"]["thresholds"]
    assert thresholds["chosen"]["f1_micro"] > thresholds["fixed"]["f1_micro"]
    assert results["label_sets"]["holds"]
    assert results["held_out"]["label_sets"]["coverage"] == pytest.approx(0.9, abs=0.035)


def test_clips_of_more_labels_lose_coverage_and_weights_win_it_back(scored, rng):
    scores, truth, part = scored
    oof, held = part < FOLDS, part == FOLDS
    vocabulary = Vocabulary(tuple(f"l{k}" for k in range(LABELS)), "multi")
    decisions, _ = judge_many(scores[oof], truth[oof], part[oof], np.flatnonzero(oof).tolist(),
                              vocabulary, HowDecided(parents=False), rng)
    likely = 2.0 ** truth[held].sum(axis=1)
    rows = rng.choice(np.flatnonzero(held), 3000, p=likely / likely.sum())
    found = report((decisions.calibration(scores[oof]), truth[oof]),
                   decisions.calibration(scores[rows]), truth[rows], vocabulary, decisions)
    assert found["rates"]["jointly_off"] < found["rates"]["as_learnt_off"]
    ways = found["corrections"]
    assert ways["as_learnt"]["coverage"] < 0.88
    for way in ("jointly", "oracle"):
        assert ways[way]["coverage"] > ways["as_learnt"]["coverage"] + 0.01
