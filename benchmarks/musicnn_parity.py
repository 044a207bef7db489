"""How near the imported musicnn networks come to the published package, window by window.

    python -m benchmarks.musicnn_parity --package WHEEL --audio FOLDER --oracle FOLDER

The oracle's files are those of ``benchmarks.musicnn_oracle``. Decoding, resampling, mel spectra
and networks are all ours on one side and all the package's on the other. Writes
``benchmarks/results/musicnn_parity.json``; more than 1e-3 anywhere is a failure.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from earmark import __version__
from earmark.audio.load import find_audio
from earmark.store import write_text
from earmark.tagger.importers.musicnn import VARIANTS, import_musicnn
from earmark.tagger.tagger import Tagger

RESULTS = Path(__file__).parent / "results" / "musicnn_parity.json"
MOST = 1e-3
_BEST = 3


def compared(tagger: Tagger, song: Path, oracle: Path) -> dict[str, Any]:
    """Return how far our scores of a song are from the package's."""
    with np.load(oracle, allow_pickle=False) as arrays:
        theirs, labels = arrays["taggram"], tuple(map(str, arrays["labels"]))
    if labels != tagger.vocabulary.labels:
        raise SystemExit(f"{oracle} is of other labels than {tagger.identity}.")
    tags = tagger.tag(song, timeline=True)
    ours = tags.timeline.scores if tags.timeline else ()
    if len(ours) != len(theirs):
        raise SystemExit(f"{song}: {len(ours)} windows, the package's are {len(theirs)}.")
    heard = [k for k, row in enumerate(ours) if row is not None]  # silence has no scores here
    apart = np.abs(np.asarray([ours[k] for k in heard]) - theirs[heard])
    track = theirs[heard].mean(axis=0)
    order = np.argsort(-track, kind="stable")[:_BEST]
    return {
        "windows": len(heard),
        "silent": len(ours) - len(heard),
        "largest": float(apart.max()),
        "mean": float(apart.mean()),
        "largest_of_track": float(np.abs(np.asarray(list(tags.scores.values())) - track).max()),
        "best": [labels[i] for i in order],
        "best_are_ours": [labels[i] for i in order]
        == sorted(tags.scores, key=tags.scores.__getitem__, reverse=True)[:_BEST],
    }


def rows(package: Path, audio: Path, oracle: Path) -> Iterator[dict[str, Any]]:
    """Yield one comparison for each network and song that the oracle has."""
    for variant in VARIANTS:
        tagger = Tagger(import_musicnn(package, variant))
        for song in find_audio([audio]):
            theirs = oracle / f"{song.stem}.{variant}.npz"
            if theirs.exists():
                yield {"variant": variant, "song": song.name, **compared(tagger, song, theirs)}


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--package", "--audio", "--oracle"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    found = []
    for row in rows(given.package, given.audio, given.oracle):
        print(f"{row['variant']:12} {row['song'][:44]:44} {row['windows']:3} windows, largest "
              f"{row['largest']:.1e}, mean {row['mean']:.1e}, of the track "
              f"{row['largest_of_track']:.1e}", flush=True)  # fmt: skip
        found.append(row)
    worst = max((row["largest"] for row in found), default=np.inf)
    result = {"earmark": __version__, "most_allowed": MOST, "largest": worst, "songs": found}
    write_text(RESULTS, json.dumps(result, indent=1) + "\n")
    print(f"largest difference {worst:.1e} over {len(found)} comparisons; allowed {MOST:g}")
    sys.exit(worst > MOST)


if __name__ == "__main__":
    main()
