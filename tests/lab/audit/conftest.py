"""Made-up feature tables whose leak is known, since it was put in."""

import csv
import dataclasses
from collections import Counter

import numpy as np
import pytest

from earmark.datasets.base import Dataset, FeatureTable, Track
from earmark.datasets.gtzan import _GENRES, _split_facts
from earmark.features.gtzan57 import COLUMNS
from earmark.lab import recipe as recipes
from earmark.labels.vocabulary import Vocabulary


def write_gtzan(root, *, artist=0.0, track=0.0, genre=0.0, segments=1, seed=1):
    """Write a table in GTZAN's layout: each value a genre's, an artist's and a track's own number,
    of these sizes, and noise of 0.1."""
    rng = np.random.default_rng(seed)
    of_genre = dict(zip(_GENRES, genre * rng.standard_normal((10, 57)), strict=True))
    of_artist = {}
    name = "features_30_sec.csv" if segments == 1 else "features_10_sec.csv"
    root.mkdir(parents=True, exist_ok=True)
    with (root / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", *COLUMNS, "label"])
        for identity, facts in _split_facts().items():
            label = identity.partition(".")[0]
            who = facts["artist"] or identity
            base = of_artist.setdefault(who, artist * rng.standard_normal(57))
            base = base + of_genre[label] + track * rng.standard_normal(57)
            for k in range(segments):
                values = (base + 0.1 * rng.standard_normal(57)).tolist()
                number = f".{k}" if segments > 1 else ""
                writer.writerow([f"{identity}{number}.wav", *values, label])
    return root


def recipe_of(model, *, segments=1, **changes):
    """Return a recipe on such a table."""
    whole = recipes.read("gtzan57-svm" if segments == 1 else "gtzan57-svm-10s")
    branch = dataclasses.replace(whole.branches[0], model=model)
    return dataclasses.replace(whole, branches=(branch,), **changes)


KNN = {"name": "classical:knn", "n_neighbors": 1}


class MadeUp(Dataset):
    """Tracks given as they are, with a table of numbers."""

    name, title, licence, citation, url = "made-up", "Made up", "MIT", "none", "none"
    layout = where = "made up"

    @classmethod
    def of(cls, root, tracks, names, task="single", faults=(), partitions=None):
        made = cls(root)  # whose arguments would be options
        made._given, made._names, made._task = tracks, names, task
        made._faults, made._partitions = list(faults), partitions or {}
        return made

    @property
    def vocabulary(self):
        labels = Counter(label for t in self._given for label in t.labels)
        return Vocabulary(tuple(sorted(labels)), self._task)

    def read_tracks(self):
        return sorted(self._given, key=lambda track: track.id)

    def partitions(self):
        return self._partitions

    def faults(self):
        return self._faults

    def feature_tables(self):
        front_end = {"name": "table", "kind": "other", "names": self._names}
        return (FeatureTable(self.root / "rows.csv", front_end, None),)

    @classmethod
    def sample(cls, root):
        pass


@pytest.fixture
def made_up(tmp_path):
    """Return a function that makes a dataset of tracks and rows [shape=(tracks, columns)]."""

    def make(tracks, rows=None, **others):
        rows = np.random.default_rng(3).standard_normal((len(tracks), 4)) if rows is None else rows
        names = tuple(f"c{k}" for k in range(rows.shape[1]))
        lines = [",".join(["track_id", *names])]
        lines += [",".join([t.id, *map(str, row)]) for t, row in zip(tracks, rows, strict=True)]
        (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
        return MadeUp.of(tmp_path, tracks, names, **others)

    return make


def tracks_of(count, *, artists=5, **fields):
    """Return tracks of two labels by so many artists, each of one label."""
    return [Track(f"t{k:03d}", ("ab"[k % artists % 2],), artist=f"artist {k % artists}", **fields)
            for k in range(count)]

