"""Which tracks belong together: those of one artist, album or song, and copies of one recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from earmark.datasets.base import Dataset, Track
from earmark.errors import SettingsError, suggestion

By = Literal["track", "song", "artist", "album"]


def group_names(dataset: Dataset, ids: Iterable[str], by: By) -> tuple[str, ...]:
    """Return a group for each track id.

    A track without artist (album) is grouped with its song, and one without song by itself.

    Raises:
        SettingsError: ``by`` is not track, song, artist or album.
    """
    if by not in get_args(By):
        raise SettingsError(f"tracks cannot be grouped by '{by}'.{suggestion(by, get_args(By))}")
    kinds = [] if by == "track" else list(dict.fromkeys([by, "song"]))
    return tuple(_group(dataset.tracks[track], kinds) for track in ids)


def joined_groups(dataset: Dataset, ids: Sequence[str], by: By) -> list[str]:
    """Return a group for each track id, as ``group_names``, joined with its song's and its copies'.
    """
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while (above := leader.setdefault(name, name)) != name:
            leader[name] = leader[above]
            name = leader[name]
        return name

    def join(a: str, b: str) -> None:
        leader[find(a)] = find(b)

    own = [f"track {track}" for track in ids]
    for kind in (by, "song"):
        for track, group in zip(own, group_names(dataset, ids, kind), strict=True):
            join(track, group)
    for fault in dataset.faults():
        if fault.is_copy:
            join(f"track {fault.track}", f"track {fault.other}")
    return [find(track) for track in own]


def kept_together(dataset: Dataset, ids: Sequence[str], by: By) -> list[str]:
    """Return ``joined_groups`` under the name that ``group_names`` has for the first track of each.
    """
    named: dict[str, str] = {}
    joined, names = joined_groups(dataset, ids, by), group_names(dataset, ids, by)
    return [named.setdefault(group, name) for group, name in zip(joined, names, strict=True)]


def _group(track: Track, kinds: Sequence[str]) -> str:
    known = ((kind, getattr(track, kind)) for kind in kinds)
    return next((f"{kind} {name}" for kind, name in known if name), f"track {track.id}")
