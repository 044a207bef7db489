"""A foreign graph beside its wrapping: what it takes and gives is found out, and the two compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError, suggestion
from earmark.graphs.session import Session
from earmark.graphs.wrapping import Activation, Fit, Wrapping, activated, fits, wrap
from earmark.tagger.importers._rehearsal import noise_like, worst_difference

Layout = Literal["", "time-first", "bands-first"]
Rows = NDArray[np.float32]

_TOLERANCE = 1e-5


def the_input(graph: Session, named: str) -> str:
    """Return the input that takes the sound.

    Raises:
        TaggerError: none has that name, there are several and none is named, or it does not take
            32-bit numbers.
    """
    found = graph.inputs
    if named and named not in found:
        raise TaggerError(f"{graph.where} has no input '{named}'.{suggestion(named, found)}")
    if not named and len(found) != 1:
        raise TaggerError(f"{graph.where} has {len(found)} inputs ({', '.join(found)}); a tagger "
                          "gives it one: export the model with one input.")
    name = named or next(iter(found))
    if others := sorted(set(found) - {name}):
        raise TaggerError(f"{graph.where} needs the input '{others[0]}' besides '{name}'; a tagger "
                          "gives it one: export the model with one input.")
    if (kind := graph.input_types[name]) != "tensor(float)":
        raise TaggerError(f"{graph.where}: its input '{name}' is {kind}; expected tensor(float): "
                          "export the model in 32-bit numbers.")
    return name


def the_output(graph: Session, named: str, labels: int) -> str:
    """Return the output that gives the scores.

    Raises:
        TaggerError: none has that name, or which it is cannot be told.
    """
    found = graph.outputs
    if named:
        if named not in found:
            raise TaggerError(f"{graph.where} has no output '{named}'.{suggestion(named, found)}")
        return named
    fitting = [name for name, shape in found.items() if shape and shape[-1] == labels]
    if len(found) == 1 or len(fitting) == 1:
        return fitting[0] if len(fitting) == 1 else next(iter(found))
    listed = ", ".join(f"{name} {_shape(shape)}" for name, shape in found.items())
    raise TaggerError(f"{graph.where} has the outputs {listed}; say by --output which of them "
                      f"gives a score for each of the {labels} labels.")


def fit_for(
    graph: Session, name: str, row_shape: tuple[int, ...], *, time_axis: int, layout: Layout
) -> Fit:
    """Return how a row becomes what the input takes.

    Args:
        time_axis: which axis of a row is time; of pictures the other is bands.

    Raises:
        TaggerError: it takes another shape, or one that fits in two ways.
    """
    shape = graph.inputs[name]
    if len(shape) < 2:
        raise TaggerError(f"{graph.where}: its input '{name}' has shape {_shape(shape)}; expected "
                          "a batch of segments, (batch, ...).")
    wanted = [size if isinstance(size, int) else None for size in shape[1:]]
    found: dict[tuple[int, ...], Fit] = {}
    for fit in fits(row_shape, wanted):
        if layout and _layout(fit.order, row_shape, time_axis) not in ("", layout):
            continue
        found.setdefault(fit.order, fit)  # the first of them has its axes of size 1 in front
    if not found:
        raise TaggerError(_misfit(graph, name, row_shape, time_axis))
    if len(found) > 1:
        raise TaggerError(f"{graph.where}: its input '{name}' of shape {_shape(shape)} may have "
                          "time or bands first; say which by --layout.")
    return next(iter(found.values()))


def wrapped(
    graph: Session, content: bytes, wrapping: Wrapping, rows: Rows
) -> tuple[bytes, int]:
    """Return the graph in its wrapping and how many rows it takes at once, 0 for any number.

    A batch of fixed size is set free where that changes no value, and filled up elsewhere.

    Raises:
        TaggerError: the two give different values.
    """
    fixed = graph.inputs[wrapping.input][0]
    batch = fixed if isinstance(fixed, int) else 0
    expected = [(given, _expected(graph, wrapping, given, batch))
                for given in (rows, noise_like(rows))]  # fmt: skip
    widths = {name: values.shape[1] for name, values in expected[0][1].items()}
    for size in dict.fromkeys((0, batch)):
        made = wrap(content, dataclasses.replace(wrapping, batch=size, widths=widths))
        inside = Session(made, f"{graph.where} in its wrapping")
        worst = max(_differs(inside, wanted, given, size) for given, wanted in expected)
        if worst <= _TOLERANCE:
            return made, size
    raise TaggerError(f"{graph.where} gives other values once its input and output are renamed: "
                      f"they differ by {worst:.2g}, more than {_TOLERANCE:g}; it cannot be made a "
                      "tagger.")


def run_foreign(
    graph: Session, wrapping: Wrapping, rows: Rows, outputs: Sequence[str], batch: int = 0
) -> list[Rows]:
    """Return what the foreign graph gives [shape=(rows, ...)], rows repeated to fill a batch."""
    order = (0, *(axis + 1 for axis in wrapping.fit.order))
    taken = rows.transpose(order).reshape(len(rows), *wrapping.fit.shape)
    if not batch:
        return graph.run(taken, outputs, given=wrapping.input)
    found = [graph.run(np.repeat(row[None], batch, 0), outputs, given=wrapping.input)
             for row in taken]
    return [np.concatenate([each[k][:1] for each in found]) for k in range(len(outputs))]


def refuse_scores(where: str, scores: Rows, labels: int, activation: Activation) -> None:
    """Refuse what cannot be the scores of the labels.

    Raises:
        TaggerError: another number of them; not between 0 and 1.
    """
    if scores.ndim != 2 or scores.shape[1] != labels:
        raise TaggerError(f"{where} gives {scores[0].size} scores of a segment (shape "
                          f"{_shape(['batch', *scores.shape[1:]])}) and {labels} labels were "
                          "given; expected one label for each score.")
    if not np.isfinite(scores).all():
        raise TaggerError(f"{where} gives scores that are no finite numbers on composed music.")
    low, high = float(scores.min()), float(scores.max())
    if activation == "none" and not (low >= -1e-6 and high <= 1 + 1e-6):
        raise TaggerError(f"{where} gives {low:.3g} to {high:.3g} on composed music, which are no "
                          "scores between 0 and 1; give --activation sigmoid where a track may "
                          "bear several labels, or softmax where it bears one.")


def _expected(graph: Session, wrapping: Wrapping, rows: Rows, batch: int) -> dict[str, Rows]:
    theirs = {"scores": wrapping.scores, **wrapping.others}
    given = run_foreign(graph, wrapping, rows, list(theirs.values()), batch)
    flat = {name: value.reshape(len(rows), -1).astype(np.float32)
            for name, value in zip(theirs, given, strict=True)}  # fmt: skip
    return {**flat, "scores": activated(flat["scores"], wrapping.activation)}


def _differs(
    inside: Session, expected: Mapping[str, Rows], rows: Rows, size: int
) -> float:
    """Return the largest difference on all rows together or, of a fixed size, as many as go in."""
    worst, step = 0.0, size or len(rows)
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        try:
            found = inside.run(rows[part], list(expected))
        except TaggerError:
            return float("inf")
        worst = max(worst, *(worst_difference(f, wanted[part])
                             for f, wanted in zip(found, expected.values(), strict=True)))
    return worst


def _layout(order: Sequence[int], row_shape: Sequence[int], time_axis: int) -> Layout:
    turned = [axis for axis in order if row_shape[axis] > 1]
    if len(turned) < 2:
        return ""
    return "time-first" if turned[0] == time_axis else "bands-first"


def _misfit(graph: Session, name: str, row_shape: Sequence[int], time_axis: int) -> str:
    if len(row_shape) == 2 and min(row_shape) > 1:
        gives = f"{row_shape[1 - time_axis]} bands by {row_shape[time_axis]} frames a segment"
    else:
        gives = f"{_shape(row_shape)} a segment"
    return (f"{graph.where}: its input '{name}' takes {_shape(graph.inputs[name])} and the front "
            f"end gives {gives}; choose the front end, and --frames or --seconds, that the model "
            "was trained on.")


def _shape(sizes: Sequence[Any]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in sizes)})"
