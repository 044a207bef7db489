"""The plan of a made-up collection: who plays what, in which part, and which faults are planted.

A plan follows from settings and seed alone, so that an interrupted composing can be taken up, and
the same collection can be made anywhere. Every track has a generator of its own, seeded by what
it is, and can be composed alone.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from earmark.audio.synth import STYLES
from earmark.audio.synth.artists import invent_name
from earmark.audio.synth.styles import style_named
from earmark.errors import SettingsError

NEAR_WAYS = ("6 dB softer", "lossy", "1 s later", "noise at -30 dB")
_GTZANS = tuple(style for style in STYLES if style not in ("ambient", "techno"))


@dataclass(frozen=True)
class PlantedFaults:
    """How many faults of each kind are planted.

    Duplicates are tracks of their own, added to the others; the rest befalls tracks of the
    collection. All are planted in the train part: valid and test stay sound.

    Attributes:
        exact_duplicates: the same samples under another id.
        near_duplicates: softer, through a lossy codec, a second later, with noise, in turn.
        mislabels: the label names another style.
        silences: no sound at all.
        truncations: the file ends after a third of what its header promises.
        clippings: 18 dB too loud and cut off.
    """

    exact_duplicates: int = 2
    near_duplicates: int = 4
    mislabels: int = 1
    silences: int = 1
    truncations: int = 1
    clippings: int = 1

    def __post_init__(self) -> None:
        for name, count in vars(self).items():
            if count < 0:
                raise ValueError(f"'{name}' is {count}; expected 0 or more.")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each fault, one by one."""
        names = {
            "exact duplicate": self.exact_duplicates, "near duplicate": self.near_duplicates,
            "mislabel": self.mislabels, "silence": self.silences,
            "truncation": self.truncations, "clipping": self.clippings,
        }  # fmt: skip
        return tuple(name for name, count in names.items() for _ in range(count))


@dataclass(frozen=True)
class CollectionSettings:
    """What a collection is made of.

    Attributes:
        styles: of ``earmark.audio.synth.STYLES``; each at most once.
        artists_per_style: with 2 the last of a style is its test part, with 3 or more the last
            but one is its valid part.
        tracks_per_artist: the planted duplicates come on top.
        seconds: of each piece, 2 to 600.
        sample_rate: in Hz, 8000 to 96 000.
        character: how far artists stray from their style, 0 to 4 (see ``make_artist``).
    """

    styles: tuple[str, ...] = _GTZANS
    artists_per_style: int = 4
    tracks_per_artist: int = 4
    seconds: float = 20.0
    sample_rate: int = 22_050
    character: float = 1.6
    faults: PlantedFaults = field(default_factory=PlantedFaults)

    def __post_init__(self) -> None:
        for style in self.styles:
            style_named(style)  # suggests the nearest
        if not self.styles or len(set(self.styles)) < len(self.styles):
            raise ValueError("'styles' is empty or names a style twice; expected each once.")
        if self.faults.mislabels and len(self.styles) == 1:
            raise ValueError("a mislabel needs two styles; add one or set 'mislabels' to 0.")
        for name, low, high in (
            ("artists_per_style", 1, 500), ("tracks_per_artist", 1, 500), ("seconds", 2, 600),
            ("sample_rate", 8000, 96_000), ("character", 0, 4),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected {low} to {high}.")


@dataclass(frozen=True)
class Planned:
    """One track to be composed.

    Attributes:
        id: such as ``jazz.00003``.
        style: what is played; ``label`` is what the collection says.
        seeds: of the artist and of the piece.
        part: train, valid or test.
        fault: its kind, or empty.
        other: the track that a duplicate repeats.
        way: in which a near duplicate differs.
    """

    id: str
    style: str
    label: str
    artist: str
    seeds: tuple[tuple[int, ...], tuple[int, ...]]
    part: str
    fault: str = ""
    other: str = ""
    way: str = ""


def plan(settings: CollectionSettings, seed: int) -> list[Planned]:
    """Return all tracks in order of id.

    Raises:
        SettingsError: more faults than tracks to plant them in.
    """
    sound = _sound(settings, seed)
    return sorted(_plant(sound, settings, np.random.default_rng((seed, 1))), key=lambda t: t.id)


def _sound(settings: CollectionSettings, seed: int) -> list[Planned]:
    artists, tracks = settings.artists_per_style, settings.tracks_per_artist
    names = _names(len(settings.styles) * artists, np.random.default_rng((seed, 0)))
    planned = []
    for name, (style, artist) in zip(
        names, product(settings.styles, range(artists)), strict=True
    ):
        who = (seed, 2, zlib.crc32(style.encode()), artist)
        planned += [
            Planned(f"{style}.{artist * tracks + k:05d}", style, style, name,
                    (who, (*who, k)), _part(artist, artists))
            for k in range(tracks)
        ]  # fmt: skip
    return planned


def _part(artist: int, artists: int) -> str:
    if artists >= 2 and artist == artists - 1:
        return "test"
    return "valid" if artists >= 3 and artist == artists - 2 else "train"


def _names(count: int, rng: np.random.Generator) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names[invent_name(rng)] = None
    return list(names)


def _plant(
    sound: list[Planned], settings: CollectionSettings, rng: np.random.Generator
) -> list[Planned]:
    kinds = settings.faults.kinds
    train = [track for track in sound if track.part == "train"]
    if len(kinds) > len(train):
        raise SettingsError(f"{len(kinds)} faults for {len(train)} tracks of the train part; "
                            "expected one a track at most: plant fewer or add tracks.")
    chosen = [train[i] for i in rng.permutation(len(train))[: len(kinds)]]
    tracks = {track.id: track for track in sound}
    for number, (kind, track) in enumerate(zip(kinds, chosen, strict=True)):
        if kind.endswith("duplicate"):
            copy = _copy(track, kind, sum(t.style == track.style for t in tracks.values()), number)
            tracks[copy.id] = copy
        elif kind == "mislabel":
            wrong = [style for style in settings.styles if style != track.style]
            label = wrong[rng.integers(len(wrong))]
            tracks[track.id] = replace(track, fault=kind, label=label)
        else:
            tracks[track.id] = replace(track, fault=kind)
    return list(tracks.values())


def _copy(track: Planned, kind: str, number: int, turn: int) -> Planned:
    way = NEAR_WAYS[turn % len(NEAR_WAYS)] if kind == "near duplicate" else ""
    return replace(track, id=f"{track.style}.{number:05d}", fault=kind, other=track.id, way=way)
