"""A file explained: which parts of it spoke for a label, and whether that holds when heard alone.

The parts that spoke for the label are kept and the rest muted, and the other way round; the
tagger's scores of both say whether the explanation is worth anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earmark import __version__
from earmark.errors import AudioError, SettingsError, require
from earmark.lab.explain.evidence import Listener, Scores, log_odds
from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.occlusion import Shares, occlude
from earmark.lab.explain.picture import Pictures
from earmark.lab.explain.sound import DEPTH_DB, Sound, excerpt
from earmark.lab.explain.spoken import Spoken, file_name, spoken, write
from earmark.store import write_text
from earmark.tagger.tagger import Tagger

PAGE, NUMBERS = "explain.html", "explain.json"
Log = Callable[[str], None]
_SOUND_BANDS, _PICTURE_BANDS = 8, 16
_SOUND_WINDOW, _PICTURE_WINDOW = 1.0, 0.5
_MOST_BANDS = 64


@dataclass(frozen=True)
class Settings:
    """How to explain.

    Attributes:
        label: the label to explain; None for the best scored.
        start: of the stretch listened to, in seconds.
        seconds: its length, at most.
        window: of time, in seconds; None for 1 s of sound, half a second of pictures.
        bands: of frequency; None for 8 of sound, 16 of pictures.
        cells: ask each window in each band, too; of pictures that is always done.
        sound: take parts from the sound even where the tagger looks at pictures.
        depth: how far parts are turned down in the sound, in dB.
        run: a run's folder whose networks are asked for gradients instead; None for occlusion.
        steps: of the gradients.
    """

    label: str | None = None
    start: float = 0.0
    seconds: float = 30.0
    window: float | None = None
    bands: int | None = None
    cells: bool = False
    sound: bool = False
    depth: float = DEPTH_DB
    run: Path | None = None
    steps: int = 64

    def __post_init__(self) -> None:
        for name, least, most in (("start", 0, 1e6), ("seconds", 1, 600), ("window", 0.1, 60),
                                  ("bands", 2, _MOST_BANDS), ("depth", 1, 120),
                                  ("steps", 1, 4096)):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise SettingsError(f"'{name}' is {value:g}; expected {least:g} to {most:g}.")


@dataclass(frozen=True)
class Explanation:
    """What spoke for a label in a sound.

    Attributes:
        file: its name. tagger: its name and fingerprint.
        column: of the label.
        scores: of the whole, before calibration [shape=(labels,)].
        parted: the sound in two; None where nothing speaks for the label.
        alone: scores before calibration of what spoke for the label, and of the rest.
        listener: who was asked. how: it was asked.
    """

    file: str
    tagger: str
    label: str
    column: int
    listener: Listener
    how: Settings
    sound: Sound
    grid: Grid
    shares: Shares
    scores: Scores
    parted: Spoken | None
    alone: tuple[Scores, Scores] | None

    def shown(self, scores: Scores) -> float:
        """Return the label's score as the tagger shows it."""
        return float(self.listener.calibrated(scores)[self.column])

    @property
    def best(self) -> dict[str, float]:
        """The three best labels of the whole and their scores as shown."""
        shown = self.listener.calibrated(self.scores)
        labels = self.listener.tagger.manifest.labels
        return {labels[k]: float(shown[k]) for k in np.argsort(-shown, kind="stable")[:3]}

    @property
    def wav(self) -> str | None:
        """What the sound of what spoke for the label is called; None where nothing did."""
        return file_name(self.label) if self.parted else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the sound, the shares and what was heard alone."""
        nothing = () if self.parted else (f"nothing speaks for '{self.label}' by itself: no sound "
                                          "was written",)
        return (*self.sound.notes, *self.shares.notes, *nothing)

    def plain(self) -> dict[str, Any]:
        """Return everything but the sound, for JSON."""
        grid, shares, start = self.grid, self.shares, self.sound.start_seconds
        odds = log_odds(self.scores[self.column])
        return {
            "earmark": __version__, "file": self.file, "tagger": self.tagger, "label": self.label,
            "start_seconds": start, "seconds": self.sound.seconds, "way": shares.way,
            "unit": shares.unit, "passes": shares.passes,
            "depth_db": self.how.depth if shares.way == "sound" else None,
            "score": self.shown(self.scores),
            "uncalibrated": float(self.scores[self.column]), "log_odds": odds, "best": self.best,
            "windows": [{"start_seconds": start + float(a), "end_seconds": start + float(b),
                         "share": float(share)}
                        for a, b, share in zip(grid.times, grid.times[1:], shares.windows,
                                               strict=False)],
            "bands": [{"low_hz": float(a), "high_hz": float(b), "share": float(share)}
                      for a, b, share in zip(grid.hz, grid.hz[1:], shares.bands, strict=False)],
            "cells": None if shares.cells is None else shares.cells.tolist(),
            "check": self._check(), "notes": list(self.notes),
        }  # fmt: skip

    def _check(self) -> dict[str, float | str] | None:
        if self.parted is None or self.alone is None:
            return None
        kept, rest = self.alone
        return {"wav": self.wav or "", "energy_share": self.parted.share,
                "score_of_kept": self.shown(kept), "score_of_rest": self.shown(rest),
                "uncalibrated_of_kept": float(kept[self.column]),
                "uncalibrated_of_rest": float(rest[self.column])}


def explain(
    path: Path, tagger: Tagger, how: Settings | None = None, *, log: Log = lambda _: None
) -> Explanation:
    """Return what spoke for a label in a file.

    Raises:
        AudioError: the file cannot be read, is silent or too short.
        SettingsError: an unknown label, or windows that do not fit.
        TaggerError: the tagger hears no sound.
    """
    how, listener = how or Settings(), Listener(tagger)
    listener.refuse_deaf()
    sound = excerpt(path, listener.sample_rate, start=how.start, seconds=how.seconds)
    scores = _whole(path, listener, sound)
    column = listener.column(how.label, scores)
    grid, shares = _shares(listener, sound, column, how, log)
    parted = spoken(sound, shares.map, grid)
    alone = None if parted is None else (listener.scores(parted.kept, sound.sample_rate),
                                         listener.scores(parted.rest, sound.sample_rate))
    return Explanation(str(path), tagger.identity, tagger.manifest.labels[column], column, listener,
                       how, sound, grid, shares, scores, parted, alone)


def _whole(path: Path, listener: Listener, sound: Sound) -> Scores:
    """Return the scores before calibration of the whole sound; that all the tagger listens to of it
    is silent, as where only a rest shorter than a segment is not, is no score."""
    try:
        return listener.tagger.uncalibrated(sound.samples, sound.sample_rate)
    except AudioError as error:
        raise AudioError(f"{path}: the tagger hears nothing in the {sound.seconds:.3g} s from "
                         f"{sound.start_seconds:g} s on; give another --start or --seconds."
                         ) from error


def _shares(
    listener: Listener, sound: Sound, column: int, how: Settings, log: Log
) -> tuple[Grid, Shares]:
    pictures = None if how.sound else Pictures.of(listener, sound)
    seen = pictures is not None or how.run is not None
    grid = Grid.over(sound.seconds, sound.sample_rate,
                     window=how.window or (_PICTURE_WINDOW if seen else _SOUND_WINDOW),
                     bands=how.bands or (_PICTURE_BANDS if seen else _SOUND_BANDS))
    if how.run is not None:
        from earmark.lab.explain.networks import attribute

        return grid, attribute(how.run, listener, sound, column, grid, how.steps, log)
    many = grid.windows * grid.bands
    if pictures is not None:
        log(f"{grid.windows} windows, {grid.bands} bands and {many} cells dimmed in the tagger's "
            "pictures, one at a time")
        return grid, pictures.occlude(column, grid, step=_told(log))
    passes = grid.windows + grid.bands + (many if how.cells else 0)
    log(f"{grid.windows} windows and {grid.bands} bands{f' and {many} cells' * how.cells} taken "
        f"from the sound, one at a time: {passes} passes over {sound.seconds:.0f} s")

    def evidence(samples: np.ndarray[Any, np.dtype[np.float32]]) -> float:
        return log_odds(listener.scores(samples, sound.sample_rate)[column])

    return grid, occlude(evidence, sound, grid, cells=how.cells, depth_db=how.depth,
                         step=_told(log))


def _told(log: Log) -> Callable[[int, int], None]:
    """Say now and then how far the passes are: at each quarter."""
    said = 0

    def step(done: int, of: int) -> None:
        nonlocal said
        if 4 * done // of > said:
            said = 4 * done // of
            log(f"  {done} of {of} passes")

    return step


def save(found: Explanation, folder: Path) -> Mapping[str, Any]:
    """Write ``explain.json``, ``explain.html`` and the sound of what spoke for the label into a
    folder; return the first's values.

    Raises:
        EarmarkError: the folder cannot be written. MissingExtraError: Jinja2 is not installed.
    """
    from earmark.lab.explain.page import page

    values, html = found.plain(), page(found)  # before anything is written
    if found.parted and found.wav:
        write(folder / found.wav, found.parted.kept, found.sound.sample_rate)
    write_text(folder / NUMBERS, json.dumps(values, indent=1, allow_nan=False))
    write_text(folder / PAGE, html.encode("utf-8", "replace").decode())
    return values


def refuse_without_pages() -> None:
    """Refuse before the work is done where no page can be made.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    require("jinja2", extra="train", purpose="making a report")


def strongest(edges: Doubles, shares: Doubles, most: int = 3) -> list[tuple[float, float, float]]:
    """Return the parts that speak most for the label: from, to and share."""
    order = np.argsort(-shares, kind="stable")[:most]
    return [(float(edges[k]), float(edges[k + 1]), float(shares[k])) for k in order
            if shares[k] > 0]
