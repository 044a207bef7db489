"""A bench whose scores are known beforehand, in a module that other processes can import."""

import os
import signal
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.lab.choose import Bench
from earmark.labels.vocabulary import Vocabulary

TRACKS = 12
DEADLY, HEAVY = 7, 9


@dataclass
class Counted(Bench):
    """Of 12 tracks of as many artists, the first ``n_neighbors`` are told right.

    So the accuracy of 3 neighbours is 3 / 12, and that of 27, too. 7 end the process they are tried
    in, unless it is this one, and neither 9 nor a thousand and more can be fitted.
    """

    home: int = field(default_factory=os.getpid)
    fitted: list = field(default_factory=list)

    @classmethod
    def of(cls, task="single"):
        labels = ("jazz", "rock")
        tracks = {f"t{i:02}": Track(f"t{i:02}", (labels[i % 2],), artist=f"a{i}")
                  for i in range(TRACKS)}
        dataset = SimpleNamespace(tracks=tracks, vocabulary=Vocabulary(labels, task))
        return cls(dataset, sorted(tracks), lambda _: None)

    def folds(self, ids, count, seed):
        return [([i for i in ids if i not in ids[k::count]], ids[k::count]) for k in range(count)]

    def fold(self, recipe, learn, held, seed):
        right = recipe.branches[0].model["n_neighbors"]
        self.fitted.append((right, seed))
        if right == DEADLY and os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        if right == HEAVY or right >= 1000:
            raise DataError(f"{right} neighbours are too heavy")
        rows = self.truth(held).astype(np.float32)
        told = right if right <= TRACKS else right % TRACKS
        return {i: row if self.ids.index(i) < told else 1 - row
                for i, row in zip(held, rows, strict=True)}
