"""Labels put wrong on purpose are found, and no track of a test part is dropped for it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.doctor.made import Made

from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.lab.doctor.bare import BareTable
from earmark.lab.doctor.mislabels import Scored, find_mislabels, rank

pytest.importorskip("cleanlab")
pytest.importorskip("sklearn")


def write(path, wrong, rng, multi=False):
    """Three labels in three clouds of eight columns, four artists each; some labels are wrong."""
    names = ["jazz", "rock", "techno"]
    lines = ["id,artist,label," + ",".join(f"c{i}" for i in range(8))]
    for number in range(120):
        cloud = number % 3
        label = names[(cloud + 1) % 3] if number in wrong else names[cloud]
        if multi and cloud == 0:
            label += ";live"
        values = rng.normal(0, 1, 8) + 7 * np.eye(3, 8)[cloud]
        lines.append(f"t{number:03},band {cloud}{number // 3 % 4},{label},"
                     + ",".join(f"{v:.4f}" for v in values))
    path.write_text("\n".join(lines))
    return BareTable(path)


WRONG = {5, 28, 61, 90}


@pytest.mark.parametrize("multi", [False, True])
def test_planted_mislabels_are_found(tmp_path, rng, multi):
    found = find_mislabels(write(tmp_path / "t.csv", WRONG, rng, multi))
    names = [f.name for f in found]
    planted = {f"t{number:03}" for number in WRONG}
    assert planted <= set(names)
    assert set(names[:4]) == planted  # the likeliest first
    assert len(found) <= 8


def test_what_is_found_is_told_with_its_scores(tmp_path, rng):
    first = find_mislabels(write(tmp_path / "t.csv", {5}, rng))[0]
    assert first.name == "t005"  # of techno's cloud, called jazz
    assert first.detail.startswith("says jazz (0.")
    assert "sounds like techno (" in first.detail
    assert first.source.startswith("cleanlab on t.csv, scores right for 9")
    assert not first.excludes


def test_the_same_seed_gives_the_same_list(tmp_path, rng):
    made = write(tmp_path / "t.csv", WRONG, rng)
    assert find_mislabels(made, seed=3) == find_mislabels(made, seed=3)


def test_ranking_by_hand():
    scores = np.full((40, 2), 0.1)
    truth = np.zeros((40, 2), np.int8)
    truth[:20, 0] = truth[20:, 1] = 1
    scores[:20, 0] = scores[20:, 1] = 0.9
    scores[7] = [0.02, 0.98]  # bears the first label
    (found,) = rank(Scored(tuple(f"t{i}" for i in range(40)), ("x", "y"), scores, truth, "z"),
                    "single")
    assert (found.name, found.detail) == ("t7", "says x (0.02), sounds like y (0.98)")


@pytest.mark.parametrize(("tracks", "says"), [
    ([Track(f"t{i}", ("rock",)) for i in range(20)], "no audio|no features|1 labels|ready-made"),
])
def test_without_features_it_is_one_line(tmp_path, tracks, says):
    with pytest.raises(DataError, match=says):
        find_mislabels(Made.of(tracks, root=tmp_path))


def test_one_artist_and_few_tracks_are_refused(tmp_path, rng):
    made = write(tmp_path / "t.csv", set(), rng)
    text = made.root.read_text()
    (tmp_path / "one.csv").write_text("\n".join(
        ",".join([*line.split(",")[:1], "band", *line.split(",")[2:]]) if i else line
        for i, line in enumerate(text.splitlines())))
    with pytest.raises(DataError, match="one artist"):
        find_mislabels(BareTable(tmp_path / "one.csv"))
    (tmp_path / "few.csv").write_text("\n".join(text.splitlines()[:10]))
    with pytest.raises(DataError, match="0 labels are on 5 tracks"):
        find_mislabels(BareTable(tmp_path / "few.csv"))


def test_labels_that_models_learnt_from_too_few_are_not_judged() -> None:
    from earmark.lab.doctor.mislabels import _learnt

    # Label 1 has six tracks in fold 0 and one in fold 1: those of fold 0 were scored by models
    # that had learnt from one; label 0 has six in either.
    fold = np.array([0] * 6 + [0] * 6 + [1] * 6 + [1])
    truth = np.zeros((19, 2), np.int8)
    truth[:6, 0] = truth[12:18, 0] = 1
    truth[6:12, 1] = truth[18, 1] = 1
    assert _learnt(truth, fold).tolist() == [True] * 6 + [False] * 6 + [True] * 7
