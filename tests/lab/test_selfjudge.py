"""Self-judging, on tracks that are one number each and a model that can be worked out by hand."""

import json

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.judging.decisions import Decisions, calibrate, is_unknown
from earmark.lab.learner import Learner, fitter
from earmark.lab.outoffold import Rounds
from earmark.lab.selfjudge import judge_self
from earmark.labels.vocabulary import Vocabulary

LABELS = ("a", "b", "c", "d")
ONE = Vocabulary(LABELS)
CENTRES = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])


class World:
    """160 tracks around four centres, 20 artists, and a record of what was fitted on what."""

    def __init__(self, rng, spread=1.0, artists=20, per_artist=8, sure=1.0):
        self.truth = np.eye(4, dtype=np.int8)[np.arange(artists * per_artist) // per_artist % 4]
        self.groups = tuple(f"artist {i // per_artist}" for i in range(len(self.truth)))
        self.ids = tuple(f"t{i:03d}" for i in range(len(self.truth)))
        noise = spread * rng.standard_normal((len(self.truth), 2))
        self.points = CENTRES[self.truth.argmax(axis=1)] + noise
        self.sure, self.fits, self.scored = sure, [], []

    def fit(self, ids, labels):
        """Nearest centre, softly: exp(-sure * squared distance / 2)."""
        self.fits.append((tuple(ids), tuple(labels)))
        columns = [LABELS.index(label) for label in labels]
        rows = [self.ids.index(i) for i in ids]
        centres = np.stack([self.points[[r for r in rows if self.truth[r, c]]].mean(axis=0)
                            for c in columns])

        def scores_for(wanted):
            self.scored.append(tuple(wanted))
            points = self.points[[self.ids.index(i) for i in wanted]]
            far = ((points[:, None] - centres) ** 2).sum(axis=2)
            near = np.exp(-self.sure * (far - far.min(axis=1, keepdims=True)) / 2)
            return near / near.sum(axis=1, keepdims=True)

        return scores_for

    def judge(self, rng, vocabulary=ONE, **given):
        return judge_self(self.ids, self.truth, self.groups, vocabulary, self.fit, rng=rng, **given)


def test_no_model_hears_what_it_scores_nor_its_artist_nor_the_genre_held_out(rng):
    world = World(rng)
    world.judge(rng, folds=4)
    assert len(world.fits) == len(world.scored) == (4 + 1) * 4
    artist = dict(zip(world.ids, world.groups, strict=True))
    label = dict(zip(world.ids, np.array(LABELS)[world.truth.argmax(axis=1)], strict=True))
    for (learnt, labels), scored in zip(world.fits, world.scored, strict=True):
        assert not {artist[i] for i in learnt} & {artist[i] for i in scored}
        assert {label[i] for i in learnt} == set(labels)
        assert list(labels) == sorted(labels)
    assert sorted(world.scored[0] + world.scored[1] + world.scored[2] + world.scored[3]) \
        == list(world.ids)
    assert [labels for _, labels in world.fits[4:8]] == [("b", "c", "d")] * 4


def test_too_sure_scores_are_cooled_and_judged_better_across_folds(rng):
    world = World(rng, spread=2.0, sure=3.0)
    found = world.judge(rng)
    calibration = found.results["calibration"]
    assert found.decisions.calibration.temperature > 2
    assert calibration["after"]["ece"] < calibration["before"]["ece"] / 2
    assert calibration["after"]["log_loss"] < calibration["before"]["log_loss"]
    assert calibration["before"]["ece"] > 2 * calibration["before"]["ece_of_perfect"]
    assert sum(b["count"] for b in calibration["after"]["bins"]) == calibration["tracks"] == 160
    assert calibration["learnt"]["temperature"] == found.decisions.calibration.temperature


def test_results_are_plain_and_seeded():
    world = World(np.random.default_rng(5))
    one, two = (world.judge(np.random.default_rng(1)) for _ in range(2))
    assert json.loads(json.dumps(one.results, allow_nan=False)) == one.results == two.results
    assert one.decisions == two.decisions


def test_genres_between_the_others_are_caught(rng):
    """A track between the centres is near none: its best score is low."""
    world = World(rng, spread=0.8, sure=0.2)
    strange = world.truth[:, 3] == 1
    world.points[strange] += np.array([2.0, 2.0]) - CENTRES[3]
    world.points[~strange & (world.truth[:, 0] == 1)] -= 3.0  # the others lie further out
    found = world.judge(rng)
    unknown = found.results["unknown"]
    genre = unknown["genres"]["d"]
    assert genre["auroc"] > 0.8
    assert genre["caught"] > 0.4
    assert genre["tracks"] == 40
    assert unknown["kept_known"] == pytest.approx(0.9, abs=0.06)
    assert unknown["interval"]["low"] <= unknown["auroc"] <= unknown["interval"]["high"]
    mean = np.mean([g["auroc"] for g in unknown["genres"].values()])
    assert unknown["auroc"] == pytest.approx(mean)
    shares = [g["caught"] * g["tracks"] for g in unknown["genres"].values()]
    assert unknown["caught_strange"] == pytest.approx(sum(shares) / 160)
    rule = found.decisions.unknown
    assert (rule.threshold, rule.kept_known) == (unknown["threshold"], unknown["kept_known"])
    calibrated = calibrate(found.scores, found.decisions, ONE)
    assert 1 - is_unknown(calibrated, found.decisions).mean() == pytest.approx(0.9, abs=0.03)


def test_scores_that_say_nothing_are_said_to_say_nothing(rng):
    world = World(rng, spread=20.0)
    found = world.judge(rng)
    assert found.results["unknown"]["separates"] is False
    assert "unknown tells of doubt, not of new genres" in found.results["notes"][-1]


def test_without_holding_out_there_is_no_rule(rng):
    world = World(rng)
    found = world.judge(rng, hold_out_labels=False, folds=4)
    assert found.decisions.unknown is None
    assert "unknown" not in found.results
    assert len(world.fits) == 4


def test_a_label_of_one_artist_is_left_out_and_said(rng):
    world = World(rng)
    keep = [i for i, g in enumerate(world.groups)
            if not world.truth[i, 3] or g == "artist 3"]  # one artist plays d
    world.ids, world.truth = tuple(world.ids[i] for i in keep), world.truth[keep]
    world.groups, world.points = tuple(world.groups[i] for i in keep), world.points[keep]
    found = world.judge(rng)
    assert found.results["notes"][0] == \
        "8 tracks bear a label of one artist only and are left out of calibration"
    assert found.results["calibration"]["tracks"] == 120
    assert found.decisions.unknown is not None
    # A model of a, b and c has never heard d: its tracks are strange, and fairly judged.
    assert found.results["unknown"]["genres"]["d"]["tracks"] == 8


def test_two_labels_are_too_few_to_hold_one_out(rng):
    world = World(rng)
    keep = np.flatnonzero(world.truth[:, :2].any(axis=1))
    world.ids, world.points = tuple(world.ids[i] for i in keep), world.points[keep]
    groups, truth = tuple(world.groups[i] for i in keep), world.truth[keep]
    world.truth = truth
    found = judge_self(world.ids, truth[:, :2], groups, Vocabulary(("a", "b")), world.fit, rng=rng)
    assert found.decisions.unknown is None
    assert found.results["unknown"] is None
    assert "2 labels are too few to hold one out" in found.results["notes"][0]
    assert found.decisions.calibration is not None


def test_what_cannot_be_judged_is_refused(rng):
    world = World(rng)
    with pytest.raises(DataError, match="of one artist"):
        judge_self(world.ids, world.truth, ["x"] * 160, ONE, world.fit, rng=rng)
    with pytest.raises(DataError, match="160 tracks, 160 rows of truth and 3 groups"):
        judge_self(world.ids, world.truth, ["x"] * 3, ONE, world.fit, rng=rng)
    with pytest.raises(DataError, match="expected one row a track"):
        judge_self(world.ids, world.truth, world.groups, ONE,
                   lambda ids, labels: lambda wanted: np.zeros((2, 2)), rng=rng)
    alone = [f"artist {k}" for k in world.truth.argmax(axis=1)]  # one artist a label
    with pytest.raises(DataError, match="no label is borne by tracks of two artists"):
        judge_self(world.ids, world.truth, alone, ONE, world.fit, rng=rng)


@pytest.fixture(scope="module")
def gathered(sample_root):
    from earmark.datasets.gtzan import Gtzan
    from earmark.lab import recipe as recipes
    from earmark.lab.batches import gather

    dataset = Gtzan(sample_root)
    branch = recipes.BranchChoice(
        {"name": "gtzan57"}, {"name": "classical:logistic", "inverse_penalty": 0.1})
    return dataset, branch, gather(dataset, sorted(dataset.tracks), branch, lambda _: None)


def made(dataset, branches, gathered, rng):
    return fitter(Learner(dataset, tuple(branches), tuple(gathered)), rng)


def test_the_fitter_combines_segments_and_averages_branches(gathered):
    import dataclasses

    dataset, branch, found = gathered
    learn = [i for i in sorted(dataset.tracks) if i.startswith(("blues", "jazz", "rock"))]
    labels = ["blues", "jazz", "rock"]
    rng = np.random.default_rng(0)
    alone = made(dataset, [branch], [found], rng)(learn, labels)
    tracks = learn[::-1]
    whole = alone(tracks)
    assert whole.shape == (9, 3)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-6)
    # In the order asked for, and a track whose rows come twice scores as before.
    np.testing.assert_allclose(alone(learn), whole[::-1], atol=1e-7)
    twice = found._replace(features=dataclasses.replace(
        found.features, rows=np.repeat(found.features.rows, 2, axis=0),
        track_ids=np.repeat(found.features.track_ids, 2),
        starts=np.repeat(found.features.starts, 2)))
    heavy = dataclasses.replace(
        branch, model={"name": "classical:logistic", "inverse_penalty": 0.001}, weight=3.0)
    second = made(dataset, [heavy], [twice], rng)(learn, labels)(tracks)
    both = made(dataset, [branch, heavy], [found, twice], rng)(learn, labels)(tracks)
    np.testing.assert_allclose(both, (whole + 3 * second) / 4, atol=1e-6)


def test_rounds_on_a_recipes_branches(gathered):
    dataset, branch, found = gathered
    ids = sorted(dataset.tracks)
    truth = dataset.vocabulary.matrix([dataset.tracks[i].labels for i in ids])
    rng = np.random.default_rng(0)
    rounds = Rounds.deal(ids, truth, list(ids), dataset.vocabulary,
                         made(dataset, [branch], [found], rng), folds=3, rng=rng)
    done = rounds.score("without jazz", without=dataset.vocabulary.index("jazz"))
    assert not done.learnt[:, dataset.vocabulary.index("jazz")].any()
    np.testing.assert_allclose(done.scores.sum(axis=1), 1, atol=1e-5)
    assert "jazz" not in {ids[i].split(".")[0] for i in done.judgeable(truth)}
    assert len(done.judgeable(truth)) == 27


@pytest.mark.realdata
def test_real_gtzan_is_calibrated_and_knows_how_little_it_knows(realdata):
    from earmark.datasets.gtzan import Gtzan
    from earmark.judging import splits
    from earmark.lab import recipe as recipes
    from earmark.lab.batches import gather

    dataset = Gtzan(realdata / "gtzan")
    split = splits.official(dataset, "filtered")
    ids = sorted([*split.ids("train"), *split.ids("valid")])
    model = {"name": "classical:logistic", "inverse_penalty": 0.1}
    branch = recipes.BranchChoice({"name": "gtzan57", "padding": "reflect"}, model)
    found = gather(dataset, ids, branch, lambda _: None)
    truth = dataset.vocabulary.matrix([dataset.tracks[i].labels for i in ids])
    rng = np.random.default_rng(0)
    judged = judge_self(ids, truth, splits.group_names(dataset, ids, "artist"),
                        dataset.vocabulary, made(dataset, [branch], [found], rng), rng=rng)
    calibration, unknown = judged.results["calibration"], judged.results["unknown"]
    assert 1.0 < judged.decisions.calibration.temperature < 1.3
    assert calibration["after"]["ece"] < 0.08
    assert abs(calibration["after"]["log_loss"] - 1.27) < 0.03
    assert 0.48 < unknown["auroc"] < 0.60
    assert unknown["genres"]["classical"]["taken_for"] == "jazz"
    assert unknown["accuracy_of_turned_away"] < unknown["accuracy_of_kept"] - 0.15
    assert judged.decisions != Decisions()
