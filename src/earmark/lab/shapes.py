"""A network is given rows of one shape: those it learns from and those its tagger makes have to
agree, which is found before anything is learnt and before the test part is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from earmark.audio.segments import Segments
from earmark.errors import SettingsError
from earmark.features.base import FrontEnd, build
from earmark.features.cutting import pieces, segment_seconds
from earmark.lab.backbones import complete
from earmark.lab.recipe import BranchChoice

Shape = tuple[int, ...]
_WHOLE_SECONDS = 7.3  # of a track that is heard whole: unlike any that was learnt from


def refuse_other_shape(branch: BranchChoice, learnt: Shape | None = None) -> None:
    """Refuse a branch whose tagger would make rows of another shape than are learnt from.

    Rows of numbers are of one shape however long the sound; of features that come ready-made no
    tagger makes any.

    Args:
        learnt: of a row learnt from; None for what ``training_seconds`` will give, where it is set.

    Raises:
        SettingsError: names both shapes, and what to set.
    """
    front_end = build(complete(branch.front_end))
    if not front_end.takes_audio or front_end.axes == 1 or (learnt and len(learnt) == 1):
        return
    if learnt is None:
        if branch.training_seconds is None:
            return
        learnt = shape_of(front_end, front_end.segments(branch.training_seconds))
    served = shape_of(front_end, branch.segments)
    if served != learnt:
        raise SettingsError(f"{_learns(branch)} gives rows of {sizes(learnt)}, and tagging, "
                            f"{_tags(front_end, branch.segments)}, would give {sizes(served)}, "
                            f"which the network would not take: {_advice(branch)}")


def shape_of(front_end: FrontEnd, segments: Segments) -> Shape:
    """Return the shape of one segment's features; of a track that is heard whole, one of 7.3 s.

    Raises:
        SettingsError: frames are to be cut and the family gives none.
    """
    seconds = segment_seconds(front_end, segments) or _WHOLE_SECONDS
    samples = np.random.default_rng(0).uniform(
        -0.1, 0.1, max(1, round(seconds * front_end.sample_rate))).astype(np.float32)
    if segments.seconds is None and segments.frames is None:
        return front_end(samples).shape
    values = next(pieces(front_end, [samples], segments)).values
    assert values is not None  # noise is no silence
    return values.shape


def _learns(branch: BranchChoice) -> str:
    if branch.training_seconds is None:
        return "learning from whole tracks"
    return f"training_seconds = {branch.training_seconds:g}"


def _tags(front_end: FrontEnd, segments: Segments) -> str:
    seconds = segment_seconds(front_end, segments)
    return "whole tracks at once" if seconds is None else f"{seconds:g} s at a time"


def _advice(branch: BranchChoice) -> str:
    seconds = branch.training_seconds
    if seconds is not None:
        return f"set segments = {{ seconds = {seconds:g} }} in the branch."
    seconds = branch.segments.seconds or 30.0
    return (f"set training_seconds = {seconds:g} and segments = {{ seconds = {seconds:g} }} in the "
            "branch.")


def sizes(shape: Sequence[Any]) -> str:
    """Return a shape in words.

    >>> sizes(["n", 128, 231])
    'n x 128 x 231'
    """
    return " x ".join(map(str, shape))
