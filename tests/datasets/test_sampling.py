"""Stratified samples: enough of every label, the rarest first, and who steps in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets.base import Dataset, Track
from earmark.datasets.sampling import Plan, Unit, rank
from earmark.errors import SettingsError
from earmark.labels.vocabulary import Vocabulary


class Listed(Dataset):
    """Tracks given as they are; no name, so that no registry finds it."""

    def __init__(self, tracks: list[Track], labels: tuple[str, ...]) -> None:
        super().__init__(Path("nowhere"))
        self._given, self._labels = tracks, labels

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self._labels, "multi")

    def read_tracks(self) -> list[Track]:
        return self._given

    @classmethod
    def sample(cls, root: Path) -> None:
        raise NotImplementedError


def _albums() -> list[Track]:
    """Ten rock albums of three tracks, two of them jazz as well; three jazz albums; all pop."""
    tracks = []
    for album in range(10):
        labels = ("pop", "rock", "jazz") if album < 2 else ("pop", "rock")
        tracks += [Track(f"r{album}{k}", labels, artist=f"band {album % 4}", album=f"r{album}")
                   for k in range(3)]  # fmt: skip
    for album in range(3):
        tracks += [Track(f"j{album}{k}", ("pop", "jazz"), artist=f"trio {album}", album=f"j{album}")
                   for k in range(3)]  # fmt: skip
    return tracks


def _rank(tracks: list[Track], n: int, unit: Unit = "album", seed: int = 0, most: int = 0) -> Plan:
    labels = tuple(sorted({label for track in tracks for label in track.labels}))
    return rank(Listed(tracks, labels), n, unit, np.random.default_rng(seed), tracks_per_album=most)


def _chosen_albums(plan: Plan, label: str) -> set[str]:
    return {track[:2] for track in plan.chosen[label]}


def test_every_label_has_its_number_and_common_ones_are_filled_by_the_rare() -> None:
    plan = _rank(_albums(), 3)
    assert {label: len(_chosen_albums(plan, label)) for label in plan.chosen} == plan.found
    assert plan.found["jazz"] == 3
    assert plan.found["rock"] == 3
    # Jazz chooses first and what is rock besides counts for rock: pop never has its turn.
    assert set(plan.picked_for.values()) == {"jazz", "rock"}
    assert plan.short == {}


def test_whole_albums_are_taken_or_so_many_tracks_of_each() -> None:
    whole, two = _rank(_albums(), 3), _rank(_albums(), 3, most=2)
    assert set(Counter(track[:2] for track in whole.tracks).values()) == {3}
    assert set(Counter(track[:2] for track in two.tracks).values()) == {2}
    assert set(two.tracks) < set(whole.tracks)
    # The third track of each chosen album is the first to step in.
    left = [track for track in whole.chosen["jazz"] if track not in two.chosen["jazz"]]
    assert set(two.substitutes("jazz")[: len(left)]) == set(left)


def test_an_artist_does_not_come_twice_before_others_have_come() -> None:
    plan = _rank(_albums(), 4)
    picked = [t for t in _albums() if plan.picked_for.get(t.id) == "rock"]
    assert len({t.artist for t in picked}) == len({t.album for t in picked})


def test_substitutes_bear_the_label_and_are_not_chosen() -> None:
    plan = _rank(_albums(), 2)
    labels = {track.id: track.labels for track in _albums()}
    for label in plan.chosen:
        waiting = plan.substitutes(label)
        assert not set(waiting) & set(plan.tracks)
        assert sorted({*waiting, *plan.chosen[label]}) == \
            sorted(i for i, names in labels.items() if label in names)  # fmt: skip
    assert plan.substitutes("polka") == ()


def test_too_few_is_said() -> None:
    plan = _rank(_albums(), 6)
    assert plan.short == {"jazz": 5}
    assert plan.substitutes("jazz") == ()


def test_tracks_as_units_and_tracks_without_album() -> None:
    assert len(_rank(_albums(), 4, unit="track").chosen["jazz"]) == 4
    loose = [Track(f"t{i}", ("rock",)) for i in range(9)]
    assert len(_rank(loose, 4).chosen["rock"]) == 4


def test_the_same_seed_gives_the_same_plan_whatever_the_order() -> None:
    assert _rank(_albums(), 3, seed=4) == _rank(_albums()[::-1], 3, seed=4)
    assert len({_rank(_albums(), 3, seed=seed).tracks for seed in range(8)}) > 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from("abcd"), min_size=1)),
                min_size=1, max_size=30), st.integers(1, 6))  # fmt: skip
def test_no_label_is_short_while_it_has_substitutes(
    rows: list[tuple[int, set[str]]], per_label: int
) -> None:
    tracks = [Track(f"{i:02}", tuple(sorted(labels)), artist=f"{artist}")
              for i, (artist, labels) in enumerate(rows)]  # fmt: skip
    plan = _rank(tracks, per_label, unit="track")
    bearing = Counter(label for track in tracks for label in track.labels)
    for label, count in bearing.items():
        assert plan.found[label] == len(plan.chosen[label]) >= min(per_label, count)
        assert plan.found[label] + len(plan.substitutes(label)) == count
    assert plan.picked_for.keys() == {i for ids in plan.chosen.values() for i in ids}


@pytest.mark.parametrize(("n", "unit", "most"), [(0, "album", 0), (3, "song", 0), (3, "album", -1)])
def test_nonsense_is_refused(n: int, unit: Unit, most: int) -> None:
    with pytest.raises(SettingsError, match="expected"):
        _rank(_albums(), n, unit, most=most)
