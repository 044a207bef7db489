"""Fitted models become the graphs of a tagger: the same scores, how fast, and in how many bits.

A graph in eight bits is taken only where it is measured faster here and as good, by the tracks'
combined scores, on tracks that were not learnt from where there are any. The test part is not
looked at.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.features.base import FeatureSet
from earmark.graphs.session import Session, single_threads
from earmark.judging import metrics
from earmark.lab.learner import Fitted, combined
from earmark.lab.recipe import ExportChoice
from earmark.models.base import Model
from earmark.tagger import quantising
from earmark.tagger.export import export
from earmark.tagger.timing import milliseconds

_PARITY_ROWS, _FEWEST_ROWS = 2000, 16
_PARITY_VALUES = 2_000_000
_TIMED_ROWS = 16  # as many as a tagger takes at once


@dataclass(frozen=True)
class Exported:
    """The graphs of all branches.

    Attributes:
        graphs: by the file names they get in the tagger.
        told: of each branch plain values: ``branch``, ``model``, ``bytes``, ``parity`` (the largest
            difference from the fitted model on real rows, in 32 bits), ``faster`` (times ONNX
            Runtime is, one thread each) and, where it was tried, ``int8``: ``bytes``, ``faster``
            than in 32 bits, what of ``metric`` is ``lost`` on ``judged_on`` tracks, ``taken``; or
            why it is ``refused``.
    """

    graphs: Mapping[str, bytes]
    told: list[dict[str, Any]]


def export_all(
    fitted: Fitted, choice: ExportChoice, learnt: Sequence[str], unheard: Sequence[str],
    log: Callable[[str], None] = lambda _: None,
) -> Exported:  # fmt: skip
    """Return the models as ONNX.

    Args:
        learnt: tracks whose rows show in which ranges values lie.
        unheard: tracks that nothing was learnt from, to judge eight bits on; may be none.

    Raises:
        TaggerError: an exported model differs from the fitted one.
    """
    graphs: dict[str, bytes] = {}
    told = []
    for k, model in enumerate(fitted.models):
        name, rows = f"branch{k}.onnx", _some(fitted.learner.gathered[k].features.rows)
        graphs[name], parity = export(model, rows)
        found = {"branch": name, "model": model.name, "bytes": len(graphs[name]), "parity": parity,
                 "faster": _faster(model, graphs[name], rows[:_TIMED_ROWS])}
        if choice.int8 == "try":
            log(f"trying {name} in eight bits")
            content, found["int8"] = _tried(fitted, k, graphs[name], learnt, unheard)
            graphs[name] = content or graphs[name]
        told.append(found)
    return Exported(graphs, told)


def in_eight_bits(told: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what a tagger's card says of graphs in eight bits; nothing where there are none."""
    said = [f"{branch['branch']}: {its['faster']:.1f} times as fast as in 32 bits, "
            f"{its['metric']} {-its['lost']:+.4f} on {its['judged_on']} tracks"
            for branch in told if (its := branch.get("int8", {})).get("taken")]
    return {"int8": "; ".join(said)} if said else {}


def _some(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows that an export is compared on: fewer where they are large."""
    values = max(1, int(np.prod(rows.shape[1:])))
    most = max(_FEWEST_ROWS, min(_PARITY_ROWS, _PARITY_VALUES // values))
    return np.asarray(rows[:most])


def _faster(model: Model, content: bytes, rows: NDArray[np.float32]) -> float:
    """Return how many times faster the graph gives the rows' scores than the model itself."""
    session = Session(content, model.name)
    with _one_thread():
        taken = milliseconds({"model": lambda: model.scores(rows),
                              "graph": lambda: session.run(rows)})
    return taken["model"] / taken["graph"]


def _tried(
    fitted: Fitted, k: int, content: bytes, learnt: Sequence[str], unheard: Sequence[str]
) -> tuple[bytes | None, dict[str, Any]]:
    """Return branch ``k`` in eight bits, None where that is not worth it, and what to tell."""
    features, model = fitted.learner.gathered[k].features, fitted.models[k]
    part, judges = "unheard", features.of(unheard)
    if not len(judges.rows):
        part, judges = "learnt", features.of(learnt)
    name = "pr_auc_macro" if model.task == "multi" else "accuracy"
    try:
        found = quantising.judged(content, judges.rows, _metric(fitted, judges, name), model.name,
                                  features.of(learnt).rows)
    except TaggerError as error:
        return None, {"taken": False, "refused": str(error)}
    told = {**found.told(), "metric": name, "judged_on": part}
    return found.content if found.worth_it else None, told


def _metric(fitted: Fitted, rows: FeatureSet, name: str) -> quantising.Metric:
    """Return the metric of tracks' combined scores from those of their rows; it gives NaN where it
    is not defined on them."""
    ids = sorted(set(rows.track_ids.tolist()))
    truth = fitted.learner.truth(ids)[:, fitted.columns]
    metric = getattr(metrics, name)

    def of(scores: NDArray[np.float32]) -> float:
        value = metric.value(combined(scores, rows.track_ids, ids), truth)
        return math.nan if value is None else float(value)

    return of


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Give graphs that are first run in this block, PyTorch and numpy one thread each."""
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")  # where nobody has used it, nobody is to wait for it
    before = torch.get_num_threads() if torch else 0
    with single_threads(), threadpool_limits(1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)
