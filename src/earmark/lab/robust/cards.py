"""What the bench found, on a tagger's card: a copy of the tagger, its scores as they were.

A row a disturbance, in the card's own form, so that every Earmark reads and shows it. Rows of an
earlier bench are replaced; nothing that a tagger does depends on its card.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from earmark.errors import SettingsError
from earmark.tagger import format as tagger_format
from earmark.tagger.format import SUFFIX, Contents, Score
from earmark.tagger.tagger import Tagger

_MARK = "robustness bench"
_LEVEL = 0.95


def write(tagger: Tagger, values: Mapping[str, Any], path: Path) -> None:
    """Write a copy of the tagger whose card holds what ``robustness`` found of it.

    Raises:
        SettingsError: the path exists, is no tagger's name, or the bench was of another tagger.
    """
    refuse(path)
    tagger_format.write(with_scores(tagger.contents, tagger.identity, values), path)


def refuse(path: Path) -> None:
    """Refuse a path at which no copy may be written, before anything is heard.

    Raises:
        SettingsError: it exists, or does not end as a tagger's name.
    """
    if path.suffix != SUFFIX:
        raise SettingsError(f"--write-card {path}: expected a name that ends in {SUFFIX}.")
    if path.exists():
        raise SettingsError(f"{path} exists; a tagger is never written over: give another name.")


def with_scores(contents: Contents, identity: str, values: Mapping[str, Any]) -> Contents:
    """Return the tagger with the bench's rows on its card."""
    mine = [its for its in values["taggers"] if its["identity"] == identity]
    if not mine:
        raise SettingsError(f"this bench has not judged {identity}.")
    card = contents.manifest.card
    others = [score for score in card.results if not score.protocol.startswith(_MARK)]
    card = dataclasses.replace(card, results=(*others, *_scores(mine[0], values)))
    manifest = dataclasses.replace(contents.manifest, card=card)
    return dataclasses.replace(contents, manifest=manifest, digest="")


def _scores(its: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Score]:
    """Yield agreement under each disturbance and, where no track was learnt from, the metric."""
    of = f"{values['music']} ({values['variant']})" if values["variant"] else values["music"]
    heard = f"of {of}, first {values['seconds']:g} s"
    seen = f", {its['seen']} of them learnt from" if its["seen"] else ""
    for line in its["disturbances"]:
        if line["agreement"] is not None:
            yield _score(line, "agreement", line["agreement"], line["agreement_interval"],
                         f"{_MARK}: same best label as undisturbed, {line['tracks']} tracks "
                         f"{heard}{seen}", values["seed"])
        for name, metric in list(line["metrics"].items())[:1]:
            if metric["value"] is not None and not its["seen_known"]:
                yield _score(line, name, metric["value"], None, f"{_MARK}: {metric['change']:+.3f} "
                             f"by the disturbance, {its['known']} tracks {heard}", values["seed"])


def _score(line: Mapping[str, Any], metric: str, value: float, interval: list[float] | None,
           protocol: str, seed: int) -> Score:
    wide = {"low": interval[0], "high": interval[1], "level": _LEVEL} if interval else {}
    return Score(f"under {line['name']}", metric, value, protocol, "none", "track", seed, wide)
