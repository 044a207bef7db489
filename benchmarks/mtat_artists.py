"""How MagnaTagATune's artists were dealt out, and how even and how leaky its divisions are.

``python -m benchmarks.mtat_artists --data PATH`` (a folder with one of its tables) deals whole
groups of artists (``same_as`` and ``kin`` in ``magnatagatune_facts/artists.csv``) to parts of
73, 7 and 20 %, 400 times with other seeds, keeps the deal whose valid and test parts have the
evenest shares of the tags, compares it with what is committed and writes
``benchmarks/results/mtat_artists.json``. No model is trained: a division is chosen by its tags
alone, never by scores.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.datasets._magnatagatune_tables import Clip, Table, read_table
from earmark.datasets.magnatagatune import MagnaTagATune
from earmark.labels.dealing import deal_largest_first, numbered
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "mtat_artists.json"
SHARES = np.array([0.73, 0.07, 0.20])
SEEDS = 400
PARTS = ("train", "valid", "test")


def main() -> None:
    """Deal, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data
    table = read_table(root)
    assert table is not None, "no table of MagnaTagATune"
    clips = sorted(table.clips, key=lambda clip: int(clip.id))
    labels = _labels(clips, table)
    groups = _groups(clips)
    dealt, seed = _evenest(groups, labels)
    divisions = MagnaTagATune(root).partitions()
    found: dict[str, Any] = {"tags": labels.shape[1], "seed": seed}
    for name, parts in divisions.items():
        found[name] = _described(clips, labels, [parts.get(clip.id, "") for clip in clips])
    agree = [PARTS[part] == divisions["artist"].get(clip.id, PARTS[part])
             for clip, part in zip(clips, dealt, strict=True)]  # fmt: skip
    found["the deal is the committed one"] = all(agree)
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(RESULTS.read_text("utf-8"))


def _labels(clips: Sequence[Clip], table: Table) -> NDArray[np.int8]:
    """Return 0/1 [shape=(clips, tags)] of the tags known of all; a clip not known bears none."""
    known = MagnaTagATune(table.path.parent).vocabulary.labels
    return np.array([[tag in (clip.tags or ()) for tag in known] for clip in clips], np.int8)


def _groups(clips: Sequence[Clip]) -> list[str]:
    facts = resources.files("earmark.datasets").joinpath("magnatagatune_facts", "artists.csv")
    kin = {row["artist"]: row["kin"] for row in csv.DictReader(io.StringIO(facts.read_text()))}
    return [kin.get(clip.name.artist) or clip.name.artist for clip in clips]


def _evenest(groups: Sequence[str], labels: NDArray[np.int8]) -> tuple[NDArray[np.intp], int]:
    member = numbered(groups)
    # The dealer for rows of one label each: the committed deal is older than the other.
    deals = [deal_largest_first(member, labels, SHARES, np.random.default_rng(s))
             for s in range(SEEDS)]  # fmt: skip
    lacks = []
    for deal in deals:
        shares = np.array([labels[deal == part].sum(axis=0) for part in range(3)])  # (3, tags)
        away = abs(shares / labels.sum(axis=0) / SHARES[:, None] - 1)[1:]
        lacks.append(away.max() + away.mean())
    best = int(np.argmin(lacks))
    return deals[best], best


def _described(
    clips: Sequence[Clip], labels: NDArray[np.int8], parts: Sequence[str]
) -> dict[str, Any]:
    """Return sizes, how far tags' shares are from the part's, and what is heard in training."""
    into = np.array(parts)
    trained = {clip.name.artist for clip, part in zip(clips, parts, strict=True)
               if part == "train"}  # fmt: skip
    known = np.array([clip.name.artist in trained for clip in clips])
    found: dict[str, Any] = {"clips": [int((into == part).sum()) for part in PARTS]}
    for part in ("valid", "test"):
        share = labels[into == part].sum(axis=0) / labels[into != ""].sum(axis=0)
        away = abs(share / (into == part).sum() * (into != "").sum() - 1)
        found[part] = {"tags away from even, worst": round(float(away.max()), 3),
                       "on average": round(float(away.mean()), 3),
                       "by an artist heard in training": round(float(known[into == part].mean()),
                                                               3)}  # fmt: skip
    return found


if __name__ == "__main__":
    main()
