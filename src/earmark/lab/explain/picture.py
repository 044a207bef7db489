"""Occlusion on a front end's own pictures: finer and much cheaper than on the sound.

Where all branches of a tagger look at the same spectrograms, a part is dimmed there, an eighth of
the way to what is darkest in the segment, and many such pictures go through the network at once. A
window is dimmed in all segments that it is part of; those that it is not part of keep their scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.features.base import FrontEnd, describe
from earmark.features.cutting import Piece, pieces, segment_seconds
from earmark.graphs.session import Session
from earmark.lab.explain.evidence import Listener, log_odds
from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.layout import Layout, layout
from earmark.lab.explain.occlusion import Parts, Shares, shares
from earmark.lab.explain.sound import Sound

_BATCH = 32
DIMMED = 0.125
"""How far a part goes to darkness. Of parts painted over altogether almost any speaks for the label
of a noisy clip, for no music has such holes, and what spoke for it scores lower alone
(docs/explain.md)."""
_DARKEST = 0.01  # of the places of a picture


@dataclass(frozen=True)
class Segment:
    """What a network is shown of one segment.

    Attributes:
        picture: [shape=(..., rows, columns)].
        moments: of each column, in seconds from the sound's start [shape=(columns,)].
        dark: what nothing looks like, one value a channel [shape=(..., 1, 1)].
    """

    picture: NDArray[np.float32]
    moments: Doubles
    dark: NDArray[np.float32]

    def masks(self, grid: Grid, hz: Doubles) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which window each column is in, and which band each row
        [shape=(columns, windows), shape=(rows, bands)]."""
        return grid.time_masks(self.moments), grid.band_masks(hz)


def segments(front_end: FrontEnd, sound: Sound, listener: Listener, branch: int = 0
             ) -> list[Segment]:  # fmt: skip
    """Return the segments of a sound that a branch is shown, those where something is heard."""
    samples = sound.samples
    if front_end.sample_rate != sound.sample_rate:
        import soxr

        samples = soxr.resample(samples, sound.sample_rate, front_end.sample_rate)
    how = listener.tagger.manifest.branches[branch].segments
    length = segment_seconds(front_end, how)
    found = pieces(front_end, [samples], how) if length else [Piece(0.0, front_end(samples), False)]
    return [_segment(piece.start_seconds, piece.values, length or sound.seconds, sound.seconds)
            for piece in found if piece.values is not None]


def _segment(start: float, picture: NDArray[np.float32], length: float, whole: float) -> Segment:
    columns = picture.shape[-1]
    moments = start + (np.arange(columns) + 0.5) * (length / columns)
    # A sound shorter than a segment was repeated to fill it.
    return Segment(picture, np.where(moments < whole, moments, moments % whole), dark(picture))


def dark(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median of the darkest hundredth of a picture's places, one value a channel, those
    of one place together: a colour that the picture has [shape=(..., 1, 1)]."""
    channels = picture.reshape(-1, picture.shape[-2] * picture.shape[-1])
    light = channels.mean(axis=0)
    few = np.argsort(light, kind="stable")[: max(1, round(_DARKEST * light.size))]
    found: NDArray[np.float32] = np.median(channels[:, few], axis=1).astype(np.float32)
    return found.reshape(*picture.shape[:-2], 1, 1)


@dataclass(frozen=True)
class Pictures:
    """A tagger that looks at pictures, and what it is shown of a sound."""

    listener: Listener
    segments: list[Segment]
    layout: Layout

    @classmethod
    def of(cls, listener: Listener, sound: Sound) -> Pictures | None:
        """Return the tagger's pictures of a sound; None where it, or a branch of it, looks at
        something else, or its branches at different things."""
        shared = {settings.fingerprint([describe(front_end), settings.to_mapping(branch.segments)])
                  for front_end, branch in zip(listener.front_ends,
                                               listener.tagger.manifest.branches, strict=True)}
        front_end = listener.front_ends[0]
        where = layout(front_end)
        if len(shared) > 1 or where is None:
            return None
        return cls(listener, segments(front_end, sound, listener), where)

    def occlude(
        self, column: int, grid: Grid, *, cells: bool = True,
        step: Callable[[int, int], None] = lambda done, of: None,
    ) -> Shares:
        """Return the shares of windows, bands and cells for a label, by its number."""
        score = self._scorer(column)
        base = score([segment.picture for segment in self.segments])
        taken = Parts(grid, cells)
        scores = np.tile(base, (len(taken), 1))  # (parts, segments)
        masks = [segment.masks(grid, self.layout.hz) for segment in self.segments]
        jobs = [(number, place) for place, its in enumerate(masks)
                for number, part in enumerate(taken) if _mask(part, *its).any()]
        for first in range(0, len(jobs), _BATCH):
            some = jobs[first : first + _BATCH]
            heard = score([_dim(self.segments[place], _mask(taken[number], *masks[place]))
                           for number, place in some])
            for (number, place), value in zip(some, heard, strict=True):
                scores[number, place] = value
            step(first + len(some), len(jobs))
        whole = log_odds(base.mean())
        drops = np.asarray([whole - log_odds(row.mean()) for row in scores])
        return shares("picture", drops, grid, len(jobs), self._unseen(grid))

    def _unseen(self, grid: Grid) -> tuple[str, ...]:
        empty = int((~grid.band_masks(self.layout.hz).any(axis=0)).sum())
        return (f"{empty} bands hold no row of the tagger's pictures and count for nothing",
                ) if empty else ()  # fmt: skip

    def _scorer(self, column: int) -> Callable[[list[NDArray[np.float32]]], Doubles]:
        contents = self.listener.tagger.contents
        branches = contents.manifest.branches
        sessions = [Session(contents.models[b.model], b.model) for b in branches]
        weights = [b.weight for b in branches]

        def score(pictures: list[NDArray[np.float32]]) -> Doubles:
            rows = np.stack(pictures)
            heard = [session.run(rows)[0][:, column] for session in sessions]
            averaged: Doubles = np.average(np.stack(heard), axis=0, weights=weights)
            return averaged

        return score


def _mask(
    part: NDArray[np.int8], columns: NDArray[np.bool_], rows: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where in a segment's picture a part is [shape=(rows, columns)]; a part is some windows
    in some bands."""
    seen = columns @ np.asarray(part.any(axis=1))
    held = rows @ np.asarray(part.any(axis=0))
    found: NDArray[np.bool_] = np.logical_and.outer(held, seen)
    return found


def _dim(segment: Segment, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    dimmed = segment.picture + np.float32(DIMMED) * (segment.dark - segment.picture)
    return np.where(mask, dimmed, segment.picture)
