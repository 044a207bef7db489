"""How evenly labels are dealt to parts, on real tables, by four ways of dealing.

``python -m benchmarks.stratification --data PATH`` (a folder with ``jamendo``, ``mtat`` and
``audioset``) deals tracks, albums and artists to parts of 70, 10 and 20 % and to five folds:

largest first
    as ``deal_largest_first`` does, which is for rows of one label each;
iterative
    as ``deal_groups`` does for rows of several labels;
iterative, pairs too
    the same with every pair of labels as a label of its own (second-order stratification, Szymański
    and Kajdanowicz, 'A network perspective on stratification of multi-label data', 2017);
library
    the package iterative-stratification (``pip install iterative-stratification``), single rows
    only; its ten folds put together are the parts of 70, 10 and 20 %.

Results are the means over three seeds, in ``benchmarks/results/stratification.json``: how often a
label that has the groups is missing from a part, how far labels' shares are from the part's (1 is
nothing or twice as much), the same of pairs and of the parts' sizes, and the processor's seconds.
Of AudioSet the train part alone is read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.datasets.mumu import MuMu
from earmark.datasets.opening import open_dataset
from earmark.judging.groups import By, group_names
from earmark.labels.dealing import deal_groups, deal_largest_first, numbered
from earmark.labels.stratify import Load
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "stratification.json"
SHARES = {"70/10/20": np.array([0.7, 0.1, 0.2]), "5 folds": np.full(5, 0.2)}
SEEDS = 3
_PAIRED = 2_000_000  # values of a table, up to which pairs are dealt for
_LEAST = 10  # rows that bear both of a pair

Numbers = NDArray[np.intp]
Deal = Callable[[Numbers, NDArray[np.int8], NDArray[np.float64], np.random.Generator], Numbers]


class Table(NamedTuple):
    """Rows to be dealt.

    Attributes:
        member: the number of each row's group.
        labels: 0/1 [shape=(rows, labels)].
    """

    name: str
    member: Numbers
    labels: NDArray[np.int8]


def main() -> None:
    """Deal, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    found: dict[str, Any] = {}
    for table in tables(parser.parse_args().data):
        for name, shares in SHARES.items():
            row = {way: measured(deal, table, shares) for way, deal in ways(table)}
            found[f"{table.name}, {name}"] = row
            print(table.name, name, json.dumps(row, indent=1), flush=True)
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def tables(data: Path) -> Iterator[Table]:
    """Yield the tables."""
    groupings: dict[str, tuple[By, ...]] = {"top50tags": ("artist", "track"),
                                            "all": ("artist", "album", "track")}  # fmt: skip
    for task, groups in groupings.items():
        jamendo = open_dataset("jamendo", data / "jamendo", {"task": task})
        for by in groups:
            yield table_of(f"MTG-Jamendo {task} by {by}", jamendo, by)
    tagged = open_dataset("magnatagatune", data / "mtat", {"labels": "top50"})
    yield table_of("MagnaTagATune's 20 tags known of all by artist", tagged, "artist")
    with np.load(data / "audioset" / "music_bal_train.npz") as held:
        labels = held["labels"].astype(np.int8)
    yield Table("AudioSet's balanced train part by track", np.arange(len(labels)), labels)
    with tempfile.TemporaryDirectory() as folder:
        MuMu.sample(Path(folder))
        yield table_of("MuMu's sample by album", MuMu(Path(folder)), "album")


def table_of(name: str, dataset: Dataset, by: By) -> Table:
    """Return a dataset's rows, grouped."""
    ids = sorted(dataset.tracks)
    labels = dataset.vocabulary.matrix([dataset.tracks[track].labels for track in ids])
    return Table(name, numbered(group_names(dataset, ids, by)), labels.astype(np.int8))


def ways(table: Table) -> Iterator[tuple[str, Deal]]:
    """Yield the ways of dealing that can deal the table."""
    yield "largest first", deal_largest_first
    yield "iterative", deal_groups
    if table.labels.size <= _PAIRED:
        yield "iterative, pairs too", with_pairs
    if len(set(table.member.tolist())) == len(table.member):
        yield "library", by_library


def with_pairs(
    member: Numbers, labels: NDArray[np.int8], shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> Numbers:
    """Return the part of each row, every pair of labels being dealt as if it were a label."""
    return deal_groups(member, np.column_stack([labels, paired(labels)]), shares, rng)


def paired(labels: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return which rows bear both labels of each pair that is borne together often enough."""
    wide = labels.astype(np.float32)
    first, second = np.nonzero(np.triu(wide.T @ wide, 1) >= _LEAST)
    return labels[:, first] & labels[:, second]


def by_library(
    member: Numbers, labels: NDArray[np.int8], shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> Numbers:
    """Return the part of each row by the package iterative-stratification."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    folds = 5 if len(shares) == 5 else 10
    part_of = np.repeat(np.arange(len(shares)), np.rint(shares * folds).astype(int))
    dealer = MultilabelStratifiedKFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    dealt = np.empty(len(labels), dtype=np.intp)
    for fold, (_, held) in enumerate(dealer.split(labels, labels)):
        dealt[held] = part_of[fold]
    return dealt


def measured(deal: Deal, table: Table, shares: NDArray[np.float64]) -> dict[str, float]:
    """Return the means over the seeds."""
    runs = []
    for seed in range(SEEDS):
        start = time.process_time()
        dealt = deal(table.member, table.labels, shares, np.random.default_rng(seed))
        seconds = time.process_time() - start
        runs.append({**evenness(table, dealt, shares), "seconds": seconds})
    return {what: float(f"{np.mean([run[what] for run in runs]):.3g}") for what in runs[0]}


def evenness(table: Table, dealt: Numbers, shares: NDArray[np.float64]) -> dict[str, float]:
    """Return how often labels are missing, and how far shares of labels and sizes are off."""
    borne = table.labels[:, table.labels.any(axis=0)]
    held = counted(borne, dealt, len(shares))
    groups = np.bincount(Load.of(table.member, borne).label)[:-1]
    away = off(borne, dealt, shares)
    pairs = off(paired(borne), dealt, shares) if borne.size <= _PAIRED else np.zeros(1)
    sizes = np.bincount(dealt, minlength=len(shares)) / len(dealt)
    return {
        "missing": float((held[:, groups >= len(shares)] == 0).sum()),
        "worst label": float(away.max()), "mean label": float(away.mean()),
        **({"mean pair": float(pairs.mean())} if pairs.any() else {}),
        "worst size": float(abs(sizes / shares - 1).max()),
    }  # fmt: skip


def off(labels: NDArray[np.int8], dealt: Numbers, shares: NDArray[np.float64]) -> Any:
    """Return how far each part's share of each label is from its own [shape=(parts, labels)]."""
    return abs(counted(labels, dealt, len(shares)) / labels.sum(axis=0) / shares[:, None] - 1)


def counted(labels: NDArray[np.int8], dealt: Numbers, parts: int) -> NDArray[np.intp]:
    """Return the rows of each label in each part [shape=(parts, labels)]."""
    return np.array([labels[dealt == part].sum(axis=0) for part in range(parts)])


if __name__ == "__main__":
    main()
