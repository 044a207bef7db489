"""Labels that parts lack, counted by hand; and that dealing leaves none out that need not be."""

import numpy as np
import pytest

from earmark.datasets.base import Track
from earmark.judging import splits
from earmark.judging.splits import Missing, Split

THIRDS = {"train": 0.6, "valid": 0.2, "test": 0.2}


def test_what_parts_lack(made_up):
    dataset = made_up([
        Track("a", ("rock", "sitar"), artist="x"), Track("b", ("rock", "sitar"), artist="x"),
        Track("c", ("rock", "oud"), artist="y"), Track("d", ("oud",), artist="z"),
        Track("e", ("oud",), song="s"), Track("f", ("rock", "oud"), song="s"),
    ], task="multi")  # fmt: skip
    split = Split("s", {"a": "train", "b": "train", "c": "train", "d": "train", "e": "test",
                        "f": "test", "gone": "test"})  # fmt: skip
    # no valid part: nothing is missing from it. Sitar: 2 tracks of artist x.
    assert splits.missing_labels(split, dataset) == (Missing("sitar", "test", 2, 1),)
    assert splits.missing_labels(split, dataset, "track") == (Missing("sitar", "test", 2, 2),)
    turned = Split("t", {"a": "test", "b": "test", "c": "valid", "d": "train", "e": "train"})
    assert splits.missing_labels(turned, dataset) == (
        Missing("oud", "test", 3, 3), Missing("rock", "train", 3, 2),
        Missing("sitar", "train", 2, 1), Missing("sitar", "valid", 2, 1))  # fmt: skip
    assert splits.missing_labels(Split("none", {}), dataset) == ()


def rare(made_up, artists):
    """90 tracks of 30 artists; the oud is borne by one track each of some of them."""
    return made_up([
        Track(f"t{i:02d}", ("common", *(["oud"] if i < 3 * artists and i % 3 == 0 else []),
                            *(["flute"] if i % 4 else [])), artist=f"artist {i // 3}")
        for i in range(90)
    ], task="multi")  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_label_of_as_many_artists_as_parts_is_in_each(made_up, seed):
    dataset = rare(made_up, 3)
    split = splits.grouped(dataset, "artist", THIRDS, np.random.default_rng(seed))
    assert splits.missing_labels(split, dataset) == ()
    assert not [leak for leak in splits.leaks(split, dataset) if leak.kind == "artist"]


def test_a_label_of_fewer_is_told(made_up, rng):
    dataset = rare(made_up, 2)
    split = splits.grouped(dataset, "artist", THIRDS, rng)
    (missing,) = splits.missing_labels(split, dataset)
    assert (missing.label, missing.tracks, missing.groups) == ("oud", 2, 2)
    assert missing.part != "train"


def test_folds_hold_every_label_that_has_the_artists(made_up, rng):
    dataset = rare(made_up, 5)
    for fold in splits.folds(dataset, 5, "artist", rng):
        assert splits.missing_labels(fold, dataset) == ()
    groups = splits.group_names(dataset, sorted(dataset.tracks), "artist")
    truth = dataset.vocabulary.matrix([t.labels for _, t in sorted(dataset.tracks.items())])
    for learn, held in splits.group_folds(groups, truth, 5, rng):
        assert truth[learn].any(axis=0).all()
        assert truth[held].any(axis=0).all()
