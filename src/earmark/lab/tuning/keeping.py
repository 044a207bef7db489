"""Where trials are kept: one SQLite file in a folder, opened by one process at a time.

Other processes are told what to fit and tell the scores; they never touch the file.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from earmark.errors import DataError, EarmarkError, SettingsError, require

STUDY = "study.db"
_NAME, _IDENTITY = "earmark tune", "earmark"
_FIRST_UNPRUNED = 5  # trials that are judged to the end, for others to be compared with
_WAIT_SECONDS = 60.0


@contextlib.contextmanager
def opened(folder: Path, identity: Mapping[str, str], *, prune: bool) -> Iterator[Any]:
    """Open the Optuna study in a folder that nobody else is at work in; a new one if there is none.

    Trials that a killed process was at are given up.

    Args:
        identity: what makes it this search and no other.
        prune: whether trials that lag behind are stopped.

    Raises:
        SettingsError: the folder holds another search, or things that are no search.
        DataError: its file is damaged or of another program.
        EarmarkError: it cannot be written.
    """
    path, library = folder / STUDY, optuna()
    new = _is_new(folder)
    with _named_errors(path), contextlib.closing(_Storage(path)) as storage:
        names = [its.study_name for its in storage.made.get_all_studies()]
        if names and _NAME not in names:
            raise DataError(f"{path} holds a study that is none of Earmark's; give another folder "
                            "with --out.")
        pruner = (library.pruners.MedianPruner(_FIRST_UNPRUNED, n_warmup_steps=1) if prune
                  else library.pruners.NopPruner())
        study = library.create_study(storage=storage.made, study_name=_NAME, pruner=pruner,
                                     direction="maximize", load_if_exists=True)
        _check_identity(study, folder, identity, new)
        for trial in study.get_trials(deepcopy=False):
            if trial.state == state_of("RUNNING"):
                storage.made.set_trial_state_values(trial._trial_id, state_of("FAIL"))
        yield study


class _Storage:
    """Optuna's storage in a file of any name, closed when it is done with."""

    def __init__(self, path: Path) -> None:
        from sqlalchemy.pool import StaticPool

        # A URL would take signs of the folder's name for its own.
        self.made = optuna().storages.RDBStorage(
            "sqlite://", engine_kwargs={"creator": partial(_connected, path),
                                        "poolclass": StaticPool})

    def close(self) -> None:
        self.made.remove_session()
        self.made.engine.dispose()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS)
    # Safe against kills and power cuts, at one wait for the disk where there were ten.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _is_new(folder: Path) -> bool:
    """Tell whether a folder holds no search yet.

    Raises:
        SettingsError, DataError: it holds something else.
    """
    path = folder / STUDY
    if not path.exists() or not path.stat().st_size:
        if any(not p.name.startswith(".") and p != path for p in folder.iterdir()):
            raise SettingsError(f"{folder} is not empty and holds no search; give another folder "
                                "with --out.")
        return True
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            tables = {name for name, in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.OperationalError as error:
        raise _unusable(path, str(error)) from error
    except sqlite3.Error as error:
        raise _damaged(path, str(error)) from error
    if not sound:
        raise _damaged(path, "its pages do not fit together")
    if tables and not {"studies", "trials", "version_info"} <= tables:
        raise DataError(f"{path} is a database of another program; give another folder with "
                        "--out.")
    return not tables


def _check_identity(
    study: Any, folder: Path, identity: Mapping[str, str], new: bool
) -> None:
    begun = study.user_attrs.get(_IDENTITY)
    if new or (begun is None and not study.get_trials(deepcopy=False)):
        study.set_user_attr(_IDENTITY, dict(identity))
        return
    if not isinstance(begun, Mapping):
        raise _damaged(folder / STUDY, "it does not say what search it is")
    if other := ", ".join(k for k in identity if begun.get(k) != identity[k]):
        raise SettingsError(f"{folder} holds a search with another {other}; give another folder "
                            "with --out, or remove it to search anew.")


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    from sqlalchemy.exc import OperationalError, SQLAlchemyError

    storage_error = optuna().exceptions.StorageInternalError
    try:
        yield
    except (SQLAlchemyError, storage_error) as error:
        first = str(error.__cause__ or error).splitlines()[0]
        if isinstance(error, OperationalError) or isinstance(error.__cause__, OperationalError):
            raise _unusable(path, first) from error
        raise _damaged(path, first) from error
    except RuntimeError as error:
        if "schema" not in str(error):
            raise
        raise DataError(f"{path} was made by another version of Optuna: {error}") from error


def _unusable(path: Path, why: str) -> EarmarkError:
    return EarmarkError(f"{path} cannot be used: {why}; is the disk full, or another program at "
                        "work in it?")


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} is damaged: {why}; remove the folder to search anew.")


def state_of(name: str) -> Any:
    """Return Optuna's state of a trial by its name."""
    return optuna().trial.TrialState[name]


def optuna() -> Any:
    """Return Optuna, which says nothing itself.

    Raises:
        MissingExtraError: it is not installed.
    """
    found = require("optuna", extra="tune", purpose="earmark tune")
    found.logging.set_verbosity(found.logging.ERROR)
    return found
