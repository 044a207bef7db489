"""Batches: from rows on the disk, in memory or made of sound, to what a network is shown.

Every example is drawn with a generator of its own, made of the seed, the epoch, the row's number
and how often the row was there before in that epoch, so that neither workers nor a run that was cut
off and taken up change what is shown.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from earmark.labels.vocabulary import Task
from earmark.models._deep.mixing import Changes
from earmark.models._training import Training

Place = tuple[int, int, int]  # epoch, number of a row, how often it was dealt before in it
Batch = tuple[torch.Tensor, torch.Tensor]


class Examples(Dataset[Batch]):
    """Rows to learn from, cropped and changed by chance, a batch at a time."""

    def __init__(
        self, rows: Any, labels: NDArray[np.int8], changes: Changes, crop: int | None, seed: int
    ) -> None:
        """Take rows: an array, or something like one that may make a row anew for each draw
        (``drawn``)."""
        self.rows, self.labels, self.changes = rows, labels, changes
        self.crop, self.seed = crop, seed

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: Place) -> Batch:
        return self.__getitems__([place])

    def __getitems__(self, places: list[Place]) -> Batch:
        rows = np.stack([self._row(*place) for place in places])
        labels = self.labels[[number for _, number, _ in places]].astype(np.float32)
        epoch, first, again = places[0]
        rng = np.random.default_rng([self.seed, epoch, first, len(self.labels), *_told(again)])
        rows, labels = self.changes.batch(rows, labels, rng)
        return torch.from_numpy(rows), torch.from_numpy(labels)

    def _row(self, epoch: int, number: int, again: int) -> NDArray[np.float32]:
        rng = np.random.default_rng([self.seed, epoch, number, *_told(again)])
        drawn = getattr(self.rows, "drawn", None)
        row = self.rows[number] if drawn is None else drawn(number, rng)
        if self.crop is not None:
            begin = int(rng.integers(0, row.shape[-1] - self.crop + 1))
            row = row[..., begin : begin + self.crop]
        return self.changes.one(row, rng)


class Whole(Dataset[Batch]):
    """Rows to judge on, as they are."""

    def __init__(self, rows: Any, labels: NDArray[np.int8]) -> None:
        """Take rows and their truth."""
        self.rows, self.labels = rows, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> Batch:
        return self.__getitems__([number])

    def __getitems__(self, numbers: list[int]) -> Batch:
        rows = np.asarray(self.rows[np.asarray(numbers)], dtype=np.float32)
        return torch.from_numpy(rows), torch.from_numpy(self.labels[numbers].astype(np.float32))


class Dealer(Sampler[list[Place]]):
    """Deals the rows of an epoch to batches.

    Attributes:
        epoch: the one that is dealt next.
    """

    def __init__(self, labels: NDArray[np.int8], task: Task, training: Training, seed: int) -> None:
        """Take all labels; how rows are drawn is in ``training``."""
        self.count, self.size, self.seed, self.epoch = len(labels), training.batch_size, seed, 0
        self.chances = _chances(labels, task) if training.sampling == "balanced" else None

    def __len__(self) -> int:
        # A batch of one has no variance to normalise by: it goes with the one before.
        return max(1, self.count // self.size + (self.count % self.size > 1))

    def __iter__(self) -> Iterator[list[Place]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.chances is None:
            order = rng.permutation(self.count)
        else:
            order = rng.choice(self.count, self.count, p=self.chances)
        dealt: Counter[int] = Counter()
        places = []
        for number in order.tolist():
            places.append((self.epoch, number, dealt[number]))
            dealt[number] += 1
        for k in range(len(self)):
            last = k == len(self) - 1
            yield places[k * self.size : None if last else (k + 1) * self.size]


@dataclass
class Waiting:
    """Seconds that training waited for its batches, and seconds in all, of one epoch."""

    seconds: float = 0.0
    since: float = 0.0

    def begin(self) -> None:
        """Start an epoch."""
        self.seconds, self.since = 0.0, time.perf_counter()

    @property
    def all_seconds(self) -> float:
        """Since the epoch began."""
        return time.perf_counter() - self.since


class Timed:
    """A loader that notes how long its batches are waited for."""

    def __init__(self, loader: Any, waiting: Waiting) -> None:
        """Wrap a loader."""
        self.loader, self.waiting = loader, waiting

    def __iter__(self) -> Iterator[Batch]:
        batches = iter(self.loader)
        while True:
            begun = time.perf_counter()
            batch = next(batches, None)
            self.waiting.seconds += time.perf_counter() - begun
            if batch is None:
                return
            yield batch


def training_loader(examples: Examples, dealer: Dealer, workers: int) -> DataLoader[Batch]:
    """Return the loader of batches to learn from."""
    # Spawned, as everywhere: what runs on Windows and beside threads.
    more: dict[str, Any] = ({"multiprocessing_context": "spawn", "persistent_workers": True}
                            if workers else {})
    # A generator of its own, so that PyTorch's is where it would be without workers.
    return DataLoader(examples, batch_sampler=dealer, num_workers=workers, collate_fn=as_it_is,
                      generator=torch.Generator(), **more)


def judging_loader(rows: Any, labels: NDArray[np.int8], size: int) -> DataLoader[Batch]:
    """Return the loader of rows to judge on, in order."""
    return DataLoader(Whole(rows, labels), batch_size=size, collate_fn=as_it_is)


def as_it_is(batch: Any) -> Any:
    """Return a batch that came as one."""
    return batch


def _told(again: int) -> tuple[int, ...]:
    """Only what is dealt again in an epoch needs more to be drawn by."""
    return (again,) if again else ()


def _chances(labels: NDArray[np.int8], task: Task) -> NDArray[np.float64]:
    """Return how likely each row is drawn: by the rarest label that it bears."""
    count = np.maximum(labels.sum(axis=0, dtype=np.float64), 1)
    rarity = (labels / count).max(axis=1)
    if task == "multi":
        rarity[rarity == 0] = 1 / len(labels)
    found: NDArray[np.float64] = rarity / rarity.sum()
    return found
