"""How many near duplicates are found, and how many pairs are taken for one that are none.

    python -m benchmarks.near_duplicates [--audio FOLDER] [--jobs 2]

writes ``benchmarks/results/near_duplicates.json``. A collection is made of

* composed pieces, each with three hard negatives: another tune over the same backing, to the
  sample, where it is to be heard in half of the seconds or more; another take of the same notes; a
  later passage of the same piece;
* with --audio real recordings, cut into excerpts: those of one song are hard negatives.

For each transformation a copy of each piece and excerpt is added and the doctor looks for pairs.
Right is a piece and its copy; wrong is any other pair. Nothing is chosen here: the doctor's limit
was set on other seeds, other lengths, and other cuts of the real recordings (there are no others).
Intervals are of 95 %, by bootstrap over pieces and, for one transformation, Wilson's.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import near_material as material
from earmark.audio.fingerprint import Fingerprint
from earmark.audio.levels import Levels
from earmark.audio.load import find_audio, load
from earmark.audio.synth import STYLES
from earmark.errors import AudioError
from earmark.lab.doctor.duplicates import pairs_among
from earmark.lab.doctor.ears import Sound
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "near_duplicates.json"
SEEDS = range(5100, 5105)
LENGTHS = (9, 12, 16, 25)  # seconds
CUT_SECONDS, CUT_EVERY, CUT_FROM = 12, 15, 3
REPLICATES = 2000


class Print(NamedTuple):
    """A recording's name, ``family/what``, its fingerprint, and how long making it took."""

    name: str
    print: Fingerprint
    seconds: float


def main() -> None:
    """Make the collection, look for pairs, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    jobs = [partial(composed, style, seed) for style in STYLES for seed in SEEDS]
    if given.audio:
        jobs += [partial(excerpts, path, f"song{number:03d}")
                 for number, path in enumerate(find_audio([given.audio]))]
    with ProcessPoolExecutor(given.jobs) as pool:
        made = [one for some in pool.map(_call, jobs, chunksize=4) for one in some]
    found = judge(made)
    print(json.dumps(found, indent=1))
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def judge(made: list[Print]) -> dict[str, Any]:
    """Return the scores of each transformation and of those required together."""
    plain = [one for one in made if "+" not in one.name]
    outcomes: dict[str, Counter[tuple[str, str]]] = {}
    searched = 0.0
    for way in material.WAYS:
        copies = [one for one in made if one.name.endswith(f"+{way}")]
        start = time.perf_counter()
        pairs = {(p.a, p.b) for p in pairs_among(_sounds([*plain, *copies]))}
        searched += (time.perf_counter() - start) / len([*plain, *copies])
        outcomes[way] = _outcome(pairs, {(one.name.partition("+")[0], one.name) for one in copies})
    required = sum((outcomes[way] for way in material.REQUIRED), Counter[tuple[str, str]]())
    kinds = Counter(one.name.rpartition("/")[2].rstrip("0123456789") for one in plain)
    return {
        "tracks": len(plain), "of them": dict(kinds),
        "required": _scores(required), "required, interval over pieces": _bootstrap(required),
        "by transformation": {way: _scores(outcome) for way, outcome in outcomes.items()},
        "wrong pairs among the tracks": _wrong(plain),
        "ms a track": {
            "fingerprint": round(1000 * float(np.mean([one.seconds for one in made])), 1),
            "search": round(1000 * searched / len(material.WAYS), 1),
        },
    }  # fmt: skip


def composed(style: str, seed: int) -> Iterator[Print]:
    """Yield a piece, its hard negatives and its copies."""
    seconds = LENGTHS[seed % len(LENGTHS)]
    count, family = seconds * material.RATE, f"{style}{seed}"
    piece = material.song(style, seed, 2 * seconds + 4.0)
    yield _print(f"{family}/piece", piece[:count])
    yield _print(f"{family}/later", piece[count + 2 * material.RATE :][:count])
    take = material.song(style, seed, 2 * seconds + 4.0, take=1)
    yield _print(f"{family}/take", take[:count])
    if (tune := _other_tune(style, seed, piece, count)) is not None:
        yield _print(f"{family}/tune", tune)
    yield from _copies(f"{family}/piece", piece, 0, count, seed)


def excerpts(path: Path, family: str) -> Iterator[Print]:
    """Yield the excerpts of a recording that do not overlap, and their copies."""
    try:
        samples = load(path, sample_rate=material.RATE).samples
    except AudioError:
        return
    count, step = CUT_SECONDS * material.RATE, CUT_EVERY * material.RATE
    first = CUT_FROM * material.RATE
    last = len(samples) - count - material.LATER - material.RATE
    for number, start in enumerate(range(first, max(first, last), step)):
        name = f"{family}/excerpt{number}"
        yield _print(name, samples[start : start + count])
        yield from _copies(name, samples, start, count, number)


def _call(job: partial[Iterator[Print]]) -> list[Print]:
    return list(job())


def _other_tune(style: str, seed: int, piece: Any, count: int) -> Any:
    """Return the piece with another tune that is to be heard in at least half of its seconds, so
    that it is another piece; None where there is none."""
    for tune in range(1, 5):
        other = material.song(style, seed, len(piece) / material.RATE, tune=tune)[:count]
        changes = (other - piece[:count]).reshape(-1, material.RATE).std(axis=1)
        levels = piece[:count].reshape(-1, material.RATE).std(axis=1)
        if (20 * np.log10(changes / levels + 1e-9) > material.HEARD_DB).mean() >= 0.5:
            return other
    return None


def _copies(name: str, samples: Any, start: int, count: int, seed: int) -> Iterator[Print]:
    rng = np.random.default_rng((seed, start))
    for way in material.WAYS:
        yield _print(f"{name}+{way}", material.changed(samples, start, count, way, rng))


def _print(name: str, samples: Any) -> Print:
    from earmark.audio.fingerprint import fingerprint

    start = time.perf_counter()
    made = fingerprint(samples.astype(np.float32), material.RATE)
    return Print(name, made, time.perf_counter() - start)


def _sounds(made: list[Print]) -> dict[str, Sound]:
    levels, nothing = Levels(1, -1.0, 1.0, 0.1, 0.0, 0.0), np.empty(0, np.bool_)
    return {one.name: Sound(1.0, levels, False, nothing, one.name, one.print) for one in made}


def _outcome(
    found: set[tuple[str, str]], truth: set[tuple[str, str]]
) -> Counter[tuple[str, str]]:
    """Count (family, right, wrong or missed); a wrong pair counts for its first one's family."""
    told = {"right": found & truth, "wrong": found - truth, "missed": truth - found}
    return Counter((a.partition("/")[0], what) for what, pairs in told.items() for a, _ in pairs)


def _totals(outcome: Counter[tuple[str, str]]) -> dict[str, int]:
    return {what: sum(n for (_, told), n in outcome.items() if told == what)
            for what in ("right", "wrong", "missed")}  # fmt: skip


def _scores(outcome: Counter[tuple[str, str]]) -> dict[str, Any]:
    n = _totals(outcome)
    return {
        **n,
        "precision": _wilson(n["right"], n["right"] + n["wrong"]),
        "recall": _wilson(n["right"], n["right"] + n["missed"]),
    }


def _wilson(hits: int, of: int) -> list[float]:
    """Return a share and its interval of 95 %."""
    z, share = 1.959964, hits / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return [round(float(v), 4) for v in (share, middle - half, middle + half)]


def _bootstrap(outcome: Counter[tuple[str, str]]) -> dict[str, list[float]]:
    """Return the intervals when the families are drawn anew."""
    families = sorted({family for family, _ in outcome})
    counts = np.array([[outcome[family, what] for what in ("right", "wrong", "missed")]
                       for family in families])  # fmt: skip
    rng = np.random.default_rng(0)
    drawn = counts[rng.integers(len(families), size=(REPLICATES, len(families)))].sum(axis=1)
    right, wrong, missed = drawn.T
    shares = {"precision": right / (right + wrong), "recall": right / (right + missed)}
    return {name: [round(float(v), 4) for v in np.quantile(values, (0.025, 0.975))]
            for name, values in shares.items()}  # fmt: skip


def _wrong(plain: list[Print]) -> list[list[Any]]:
    return [[pair.a, pair.b, round(pair.similarity, 3)] for pair in pairs_among(_sounds(plain))]


if __name__ == "__main__":
    main()
