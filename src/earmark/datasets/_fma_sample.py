"""A made-up copy of FMA, small and in the layout of the published one.

All names of tables, columns and folders, and of genres with their ids, are FMA's; the tracks,
artists and numbers are not.
"""

from __future__ import annotations

import csv
import hashlib
import io
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.store import write_bytes, write_text

_SAMPLE_RATE = 44_100
# id: (parent, title); 178 is one of the two that no track bears
GENRES = {
    2: (0, "International"), 3: (0, "Blues"), 4: (0, "Jazz"), 5: (0, "Classical"), 6: (38,
    "Novelty"), 8: (0, "Old-Time / Historic"), 9: (0, "Country"), 10: (0, "Pop"), 12: (0, "Rock"),
    13: (0, "Easy Listening"), 14: (0, "Soul-RnB"), 15: (0, "Electronic"), 16: (6,
    "Sound Effects"), 17: (0, "Folk"), 20: (0, "Spoken"), 21: (0, "Hip-Hop"), 25: (12, "Punk"),
    38: (0, "Experimental"), 42: (15, "Ambient Electronic"), 178: (4, "Be-Bop"),
    1235: (0, "Instrumental"),
}  # fmt: skip
SMALL = (2, 10, 12, 15, 17, 21, 38, 1235)
SPLITS = ("training", "validation", "test")
_COLUMNS = {
    "album": ("comments date_created date_released engineer favorites id information listens "
              "producer tags title tracks type"),
    "artist": ("active_year_begin active_year_end associated_labels bio comments date_created "
               "favorites id latitude location longitude members name related_projects tags "
               "website wikipedia_page"),
    "set": "split subset",
    "track": ("bit_rate comments composer date_created date_recorded duration favorites genre_top "
              "genres genres_all information interest language_code license listens lyricist "
              "number publisher tags title"),
}  # fmt: skip
_FEATURES = {
    "chroma_cens": 12, "chroma_cqt": 12, "chroma_stft": 12, "mfcc": 20, "rmse": 1,
    "spectral_bandwidth": 1, "spectral_centroid": 1, "spectral_contrast": 7,
    "spectral_rolloff": 1, "tonnetz": 6, "zcr": 1,
}  # fmt: skip
_STATISTICS = ("kurtosis", "max", "mean", "median", "min", "skew", "std")
_ECHONEST = {
    "audio_features": ("acousticness", "danceability", "energy", "instrumentalness", "liveness",
                       "speechiness", "tempo", "valence"),
    "metadata": ("album_date", "album_name", "artist_latitude", "artist_location",
                 "artist_longitude", "artist_name", "release"),
    "ranks": ("artist_discovery_rank", "artist_familiarity_rank", "artist_hotttnesss_rank",
              "song_currency_rank", "song_hotttnesss_rank"),
    "social_features": ("artist_discovery", "artist_familiarity", "artist_hotttnesss",
                        "song_currency", "song_hotttnesss"),
    "temporal_features": tuple(f"{number:03d}" for number in range(224)),
}  # fmt: skip
_BIOGRAPHY = '<p>Plays alone, or "with friends",\nin the café.</p>\n'


class SampleTrack(NamedTuple):
    """A made-up track; its genres are ids."""

    id: int
    subset: str
    split: str
    genres: tuple[int, ...]
    artist: int

    @property
    def roots(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(_lineage(genre)[-1] for genre in self.genres))


def write_sample(root: Path) -> None:
    """Write metadata, features and the clips of the small subset."""
    rng = np.random.default_rng(518)
    tracks = _tracks()
    tables = {
        "README.txt": "A made-up copy of FMA's metadata.\n",
        "echonest.csv": _echonest(tracks[::2], rng), "features.csv": _features(tracks, rng),
        "genres.csv": genres_table(tracks),
        "tracks.csv": _text(tracks_table(tracks, repeat(_BIOGRAPHY))),
        **{f"raw_{kind}.csv": f"{kind[:-1]}_id\n"
           for kind in ("albums", "artists", "genres", "tracks")},
        "raw_echonest.csv": "track_id\n",
    }  # fmt: skip
    for name, text in tables.items():
        write_text(root / "fma_metadata" / name, text)
    # Published so; nothing here ever opens it.
    write_bytes(root / "fma_metadata" / "not_found.pickle", pickle.dumps({}))
    write_text(root / "fma_metadata" / "checksums", _checksums(tables))
    for track in tracks:
        if track.subset == "small":
            name = f"{track.id:06d}"
            write_bytes(root / "fma_small" / name[:3] / f"{name}.mp3", _clip(track, rng))


def _tracks() -> list[SampleTrack]:
    """Return a track for each part of the split and genre of the small subset, and some others:
    of one root outside of it, of several roots, and of none."""
    listed: list[tuple[str, str, tuple[int, ...]]]
    listed = [("small", split, (genre,)) for genre in SMALL for split in SPLITS]
    # Below a root stands a genre of its own, for some at the second level below.
    finer = {12: (25,), 38: (16,), 15: (42, 15)}
    listed = [(subset, split, finer.get(of[0], of) if split != "test" else of)
              for subset, split, of in listed]
    listed += [("medium", split, (genre,)) for genre in (3, 4, 5) for split in SPLITS]
    listed += [("large", split, genres) for split in SPLITS for genres in ((25, 16), (21, 14))]
    listed.append(("large", "training", ()))
    ids = [2, *range(98_565, 98_565 + 1500 * (len(listed) - 1), 1500)]
    return [SampleTrack(i, *of, artist=100 + n) for n, (i, of) in enumerate(zip(ids, listed,
                                                                          strict=True))]


def _lineage(genre: int) -> list[int]:
    found = [genre]
    while parent := GENRES[found[-1]][0]:
        found.append(parent)
    return found


def _all_genres(track: SampleTrack) -> list[int]:
    return sorted({above for genre in track.genres for above in _lineage(genre)})


def tracks_table(
    tracks: Iterable[SampleTrack], biographies: Iterable[str]
) -> Iterator[Sequence[object]]:
    """Yield the lines of ``tracks.csv``, headers first."""
    columns = [(above, name) for above, names in _COLUMNS.items() for name in names.split()]
    yield ["", *(above for above, _ in columns)]
    yield ["", *(name for _, name in columns)]
    yield ["track_id", *[""] * len(columns)]
    for track, biography in zip(tracks, biographies, strict=False):
        values = _values(track) | {("artist", "bio"): biography}
        yield [track.id, *(values.get(column, "") for column in columns)]


def _values(track: SampleTrack) -> dict[tuple[str, str], object]:
    """Return what is known of a track; of the first, its album is not."""
    top = GENRES[track.roots[0]][1] if len(track.roots) == 1 else ""
    # Two artists, of two ids, have one name.
    name = "Nobody" if track.artist in (101, 105) else f"Nobody {track.artist}"
    return {
        ("album", "id"): -1 if track.id == 2 else track.artist + 1000,
        ("album", "comments"): -1 if track.id == 2 else 0, ("album", "tags"): "[]",
        ("album", "title"): f"Songs of {name}",
        ("artist", "id"): track.artist, ("artist", "name"): name,
        ("artist", "tags"): "['nobody', \"nobody's\"]", ("set", "split"): track.split,
        ("set", "subset"): track.subset, ("track", "bit_rate"): 256_000,
        ("track", "duration"): 20 if track.id == 2 else 168, ("track", "genre_top"): top,
        ("track", "genres"): list(track.genres), ("track", "genres_all"): _all_genres(track),
        ("track", "license"): "made up", ("track", "number"): 1, ("track", "tags"): "[]",
        ("track", "title"): f"No. {track.id}, and others",
    }  # fmt: skip


def genres_table(tracks: Sequence[SampleTrack]) -> str:
    """Return ``genres.csv``."""
    borne = [genre for track in tracks for genre in _all_genres(track)]
    rows = [[genre, borne.count(genre), parent, title, _lineage(genre)[-1]]
            for genre, (parent, title) in GENRES.items()]  # fmt: skip
    return _text([["genre_id", "#tracks", "parent", "title", "top_level"], *rows])


def _features(tracks: Sequence[SampleTrack], rng: np.random.Generator) -> str:
    columns = [(feature, statistic, f"{number:02d}") for feature, size in _FEATURES.items()
               for statistic in _STATISTICS for number in range(1, size + 1)]  # fmt: skip
    typical = {genre: rng.standard_normal(len(columns)) for genre in GENRES}
    rows = []
    for track in tracks:
        values = typical[track.roots[0] if track.roots else 12] + rng.normal(0, 0.2, len(columns))
        rows.append([track.id, *(f"{value:.10e}" for value in values)])
    head = [[name, *(column[k] for column in columns)]
            for k, name in enumerate(("feature", "statistics", "number"))]  # fmt: skip
    return _text([*head, ["track_id", *[""] * len(columns)], *rows])


def _echonest(tracks: Sequence[SampleTrack], rng: np.random.Generator) -> str:
    columns = [(group, name) for group, names in _ECHONEST.items() for name in names]
    words = _ECHONEST["metadata"]
    rows = [[track.id, *("" if name in words else f"{rng.uniform():.10f}" for _, name in columns)]
            for track in tracks]  # fmt: skip
    return _text([["", *["echonest"] * len(columns)], ["", *(group for group, _ in columns)],
                  ["", *(name for _, name in columns)], ["track_id", *[""] * len(columns)],
                  *rows])  # fmt: skip


def _checksums(tables: Mapping[str, str]) -> str:
    return "".join(f"{hashlib.sha1(text.encode()).hexdigest()}  {name}\n"
                   for name, text in tables.items())  # fmt: skip


def _text(rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _clip(track: SampleTrack, rng: np.random.Generator) -> bytes:
    """Return half a second of mp3: a tone of the genre's own pitch under noise."""
    import soundfile

    seconds = np.arange(_SAMPLE_RATE // 2) / _SAMPLE_RATE  # (samples,)
    tone = 0.3 * np.sin(2 * np.pi * 110 * 2 ** (SMALL.index(track.roots[0]) / 3) * seconds)
    samples = tone + 0.02 * rng.standard_normal(len(seconds))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([samples, samples], axis=1), _SAMPLE_RATE, format="MP3")
    return buffer.getvalue()
