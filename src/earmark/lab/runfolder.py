"""The run folder: what it holds, whose it is, and whether it is finished.

``recipe.toml`` (resolved), ``split.csv``, ``environment.json``, ``log.jsonl``,
``predictions.parquet``, ``tagger.earmark`` and, last of all, ``results.json``: a folder with
results is finished, one without is taken up again. ``identity.json`` is written first and says
what run the folder is of, so that no run is written over another.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.judging.splits import Split
from earmark.lab import recipe as recipes
from earmark.lab.batches import Gathered, Log
from earmark.lab.building import build_model
from earmark.lab.learner import Learner, TrackScores
from earmark.lab.recipe import Recipe
from earmark.picked import row_blocks
from earmark.store import atomic_write, file_digest, lock, write_text

RUN_FORMAT = "1"
RESULTS, TAGGER, PREDICTIONS = "results.json", "tagger.earmark", "predictions.parquet"
STATES = "states"  # of networks in training, while the run is not finished
_IDENTITY = "identity.json"


def identify(recipe: Recipe, dataset: Dataset, split: Split, learner: Learner) -> dict[str, str]:
    """Return what tells one run from another: the numbers learnt from are part of it."""
    return {
        "run_format": RUN_FORMAT,
        "recipe": recipe.fingerprint,
        "dataset": dataset.fingerprint,
        "split": split.fingerprint,
        "features": digest(learner.gathered),
        "earmark": __version__,
        **starts(recipe, dataset.vocabulary.task),
    }


def starts(recipe: Recipe, task: str) -> dict[str, str]:
    """Return hashes of the files that the recipe's networks start from, where any does."""
    found = [file_digest(Path(path))[:16] for branch in recipe.branches
             for path in build_model(branch, task).files().values()]
    return {"starts": ", ".join(found)} if found else {}


def digest(gathered: Iterable[Gathered]) -> str:
    """Return 16 hex digits that change with any number that is learnt from."""
    found = hashlib.sha256()
    for each in gathered:
        for _, block in row_blocks(each.features.rows):
            found.update(np.ascontiguousarray(block).tobytes())
        found.update("\n".join(each.features.track_ids.tolist()).encode())
    return found.hexdigest()[:16]


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and hold it against other processes.

    Raises:
        SettingsError: it cannot be made or written, or another process is at work in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock(folder / ".lock"):
            yield
    except BlockingIOError:
        raise SettingsError(f"another process is at work in {folder}; wait for it, or give "
                            "another folder with --out.") from None
    except OSError as error:
        raise SettingsError(f"{folder} cannot be used as a run folder: "
                            f"{error.strerror or error}.") from error


def finished(folder: Path, identity: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the results of a finished run, None for a new or unfinished one.

    Raises:
        SettingsError: the folder holds another run, or things that are no run.
        DataError: it holds a damaged run.
    """
    try:
        begun = _read(folder / _IDENTITY)
    except FileNotFoundError:
        # A killed process may leave the temporary file of a write, and we hold a lock there.
        if any(not path.name.startswith(".") for path in folder.iterdir()):
            raise SettingsError(f"{folder} is not empty and holds no run; give another folder "
                                "with --out.") from None
        return None
    if begun != identity:
        other = ", ".join(k for k in identity if begun.get(k) != identity[k])
        raise SettingsError(f"{folder} holds a run with another {other}; give another folder "
                            "with --out, or remove it to run again.")
    try:
        results = _read(folder / RESULTS)
    except FileNotFoundError:
        return None
    # None where no tagger can be made; runs from before this was said have one.
    made = (PREDICTIONS, "split.csv", results.get("tagger", TAGGER))
    whole = all((folder / name).is_file() for name in made if name is not None)
    return results if whole else None


def told(
    path: Path, identity: Mapping[str, str], lines: Callable[[Mapping[str, Any]], Iterable[str]],
    word: str,
) -> dict[str, Any] | None:
    """Return the values that a finished audit left in its folder, None for a new or unfinished one.

    Args:
        path: of the values. lines: what is made of them, which must be possible. word: such as
            ``audit``.

    Raises:
        SettingsError: the folder holds another, or things that are none. DataError: it is damaged.
    """
    folder = path.parent
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        given, _ = dict(values["identity"]), "".join(lines(values))
    except FileNotFoundError:
        if any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise SettingsError(f"{folder} is not empty and holds no {word}; give another folder "
                                "with --out.") from None
        return None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path} is damaged; remove the folder to audit again.") from error
    if given != identity:
        other = ", ".join(k for k in identity if given.get(k) != identity[k])
        raise SettingsError(f"{folder} holds another {word}, which differs in {other}; give "
                            "another folder with --out, or remove it to audit again.")
    return dict(values)


def begin(folder: Path, recipe: Recipe, split: Split, identity: Mapping[str, str]) -> None:
    """Write what is known before anything is learnt."""
    write_text(folder / _IDENTITY, json.dumps(identity, indent=1))
    recipes.write(recipe, folder / "recipe.toml")
    split.save(folder / "split.csv")
    write_text(folder / "environment.json", json.dumps(environment(), indent=1))


def environment() -> dict[str, str]:
    """Return the versions of what a result may depend on."""
    packages = ("numpy", "bottleneck", "soundfile", "soxr", "onnxruntime", "scikit-learn",
                "scipy", "lightgbm", "onnx")
    return {
        "earmark": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: metadata.version(name) for name in packages},
        **{name: version for name in ("torch", "skorch") if (version := _version(name))},
    }


def _version(package: str) -> str:
    """Return the version of a package that may be absent; empty where it is."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def logger(folder: Path, log: Log) -> Log:
    """Return a log that also goes into ``log.jsonl``."""

    def both(message: str) -> None:
        line = json.dumps({"time": round(time.time(), 3), "message": message})
        with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        log(message)

    return both


def write_predictions(
    folder: Path, dataset: Dataset, scored: Mapping[str, TrackScores]
) -> None:
    """Write the scores of every track of every part: track, part, labels, artist, scores."""
    import pyarrow
    import pyarrow.parquet

    ids = [i for found in scored.values() for i in found.ids]
    scores: NDArray[np.float32] = np.concatenate([found.scores for found in scored.values()])
    columns: dict[str, Any] = {
        "track": ids,
        "part": [part for part, found in scored.items() for _ in found.ids],
        "labels": [list(dataset.tracks[i].labels) for i in ids],
        "artist": pyarrow.array([dataset.tracks[i].artist for i in ids], pyarrow.string()),
        **{f"score: {name}": scores[:, k] for k, name in enumerate(dataset.vocabulary.labels)},
    }
    with atomic_write(folder / PREDICTIONS) as file:
        pyarrow.parquet.write_table(pyarrow.table(columns), file)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("expected a table of values")
    except ValueError as error:
        raise DataError(f"{path} is damaged: {error}; remove the folder to run again.") from error
    return values
