"""The networks of a run, asked for gradients: torch and the run's own weights, not the tagger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from earmark.errors import DataError, SettingsError, require
from earmark.lab import recipe as recipes
from earmark.lab.explain.evidence import Listener
from earmark.lab.explain.gradients import integrated_gradients, logit
from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.layout import layout
from earmark.lab.explain.occlusion import Shares
from earmark.lab.explain.picture import Segment, segments
from earmark.lab.explain.sound import Sound

_NEARLY = 0.05  # of what there is to attribute: a larger rest is said


class Member(NamedTuple):
    """A branch of the run that is a network.

    Attributes:
        branch: its number.
        module: from rows [shape=(n, *shape)] to logits [shape=(n, labels)].
        weight: in the average over branches.
    """

    branch: int
    module: Any
    weight: float


def members(run: Path, listener: Listener) -> list[Member]:
    """Return the run's networks that look at spectrograms.

    Raises:
        DataError: it keeps none, or one that is damaged or not the tagger's.
        MissingExtraError: torch is not installed.
    """
    require("torch", extra="deep", purpose="integrated gradients")
    from earmark.models._network import Network

    found = []
    for number, branch in enumerate(listener.tagger.manifest.branches):
        path = run / f"branch{number}.network"
        if path.is_file() and layout(listener.front_ends[number]) is not None:
            network = Network.load(path)
            if network.labels_ != len(listener.tagger.manifest.labels):
                raise DataError(f"{path} knows {network.labels_} labels and the tagger "
                                f"{len(listener.tagger.manifest.labels)}; expected the network "
                                "that the run's tagger was made of.")
            found.append(Member(number, network.module(), branch.weight))
    if not found:
        raise DataError(f"{run} keeps no network that looks at spectrograms (branch0.network); "
                        "expected a run of one for --gradients: leave it out to take parts away "
                        "instead.")
    return found


def attribute(
    run: Path, listener: Listener, sound: Sound, column: int, grid: Grid, steps: int,
    log: Callable[[str], None] = lambda _: None,
) -> Shares:
    """Return what each cell adds to the label's logit, the mean over a run's networks and over the
    segments they look at.

    Raises:
        DataError: the run keeps no such network. MissingExtraError: torch is not installed.
    """
    found = members(run, listener)
    total, gaps, passes = np.zeros((grid.windows, grid.bands)), [], 0
    weights = sum(member.weight for member in found)
    for member in found:
        front_end = listener.front_ends[member.branch]
        its, where = segments(front_end, sound, listener, member.branch), layout(front_end)
        if where is None or not its:
            raise SettingsError(f"branch {member.branch} shows its network nothing of this sound; "
                                "give another --start.")
        log(f"branch {member.branch}: gradients of {len(its)} segments in {steps} steps")
        for segment in its:
            cells, gap = _cells(member.module, segment, column, grid, where.hz, steps)
            total += cells * (member.weight / weights / len(its))
            gaps.append(gap)
        passes += steps * len(its)
    return Shares("gradients", total.sum(axis=1), total.sum(axis=0), total, passes,
                  (*_notes(gaps, len(found), listener), *_about(run)))


def _cells(
    module: Any, segment: Segment, column: int, grid: Grid, hz: Doubles, steps: int
) -> tuple[Doubles, float]:
    """Return a segment's attributions by cell [shape=(windows, bands)], and how far they are from
    complete, in parts of what there is to attribute."""
    row = segment.picture
    baseline = np.broadcast_to(segment.dark, row.shape).astype(np.float32)
    found = integrated_gradients(module, row, column, baseline, steps)
    flat = found.reshape(-1, *row.shape[-2:]).sum(axis=0)  # channels together
    columns, rows = segment.masks(grid, hz)
    cells: Doubles = columns.T.astype(np.float64) @ flat.T @ rows.astype(np.float64)
    whole = logit(module, row, column) - logit(module, baseline, column)
    return cells, abs(found.sum() - whole) / max(abs(whole), 1.0)


def _about(run: Path) -> tuple[str, ...]:
    if not (run / "recipe.toml").is_file() or recipes.read(str(run / "recipe.toml")).ship != "all":
        return ()
    return ("gradients are of the networks that were judged; the tagger's were fitted anew, on all "
            "tracks",)


def _notes(gaps: list[float], networks: int, listener: Listener) -> tuple[str, ...]:
    notes = []
    if max(gaps) > _NEARLY:
        notes.append(f"attributions miss up to {max(gaps):.0%} of what there is to attribute; take "
                     "more --steps")
    if networks < len(listener.front_ends):
        notes.append(f"gradients are of {networks} of the tagger's {len(listener.front_ends)} "
                     "branches: the others are no networks on spectrograms")
    return tuple(notes)
