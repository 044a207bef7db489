"""Errors that a user can mend, each one line: what was given, what was expected, what to do.

``EarmarkError``            base; the command line prints it and exits with ``exit_code``
    ``AudioError``          a file that cannot be read as music
        ``EmptyAudioError``     one that holds nothing at all
    ``DataError``           a dataset, table or label that is not as published
    ``SettingsError``       a recipe, setting or name with a typo
    ``TaggerError``         a tagger file that is damaged, foreign or of a newer format
    ``MissingExtraError``   an optional dependency is not installed

Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

_LONGEST = 2000
_MOST_KNOWN = 40


class EarmarkError(Exception):
    """Base of every error the user can do something about.

    The message is kept to one line, whatever is put in.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        # Line by line: runs of spaces inside a line may belong to a file's name.
        lines = (line.strip() for line in message.splitlines())
        said = " ".join(line for line in lines if line)
        if len(said) > _LONGEST:  # a field of a broken table can hold the rest of the file
            said = f"{said[:_LONGEST // 2]} ... {said[-_LONGEST // 2:]}"
        super().__init__(said)


class AudioError(EarmarkError):
    """A file that cannot be read as music."""


class EmptyAudioError(AudioError):
    """A file of music without a byte, or without a sample."""


class DataError(EarmarkError):
    """A dataset, table or label that is not as published."""


class SettingsError(EarmarkError):
    """A recipe, setting or name that is not known."""


class TaggerError(EarmarkError):
    """A tagger file that is damaged, foreign or of a newer format."""


class MissingExtraError(EarmarkError):
    """An optional dependency that is not installed."""


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module`` or say which extra brings it.

    Raises:
        MissingExtraError: with the exact install line.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs {module.partition('.')[0]}, which could not be imported ({error}): "
            f"in Earmark's folder, pip install '.[{extra}]'"
        ) from error


def suggestion(given: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known word, else the list of them.

    >>> suggestion("logistc", ["logistic", "forest"])
    " Did you mean 'logistic'?"
    >>> suggestion("zzz", ["logistic", "forest"])
    ' Known: forest, logistic.'
    """
    known = sorted(known)
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.6)
    if near:
        return f" Did you mean '{near[0]}'?"
    more = f" and {len(known) - _MOST_KNOWN} more" if len(known) > _MOST_KNOWN else ""
    return f" Known: {', '.join(known[:_MOST_KNOWN])}{more}." if known else ""
