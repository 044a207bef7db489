"""Classic models on feature rows, from scikit-learn, each with its scaler inside.

Scaling is learnt in ``fit`` on the rows given and nowhere else, and goes into the same ONNX graph
as the model, so that the two cannot part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require
from earmark.models.base import Model, Scores, check_fit, class_vector

_GRID = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_CHOICE_FOLDS = 5
_OPSETS = {"": 21, "ai.onnx.ml": 3}


@dataclass
class Logistic(Model):
    """Logistic regression on standardised rows: one softmax, or one sigmoid a label.

    Attributes:
        inverse_penalty: scikit-learn's ``C``; None to choose it by the log loss of folds that
            keep each group (artist) on one side, inside the rows given to ``fit``.
        max_iterations: of the solver.
        inverse_penalty_: what was chosen.
    """

    name: ClassVar[str] = "classical:logistic"
    inverse_penalty: float | None = None
    max_iterations: int = 2000
    inverse_penalty_: float = field(default=0.0, init=False)
    pipeline_: Any = field(default=None, init=False, repr=False)

    def fit(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int8],
        *,
        valid: tuple[NDArray[np.float32], NDArray[np.int8]] | None = None,
        groups: NDArray[Any] | None = None,
        rng: np.random.Generator,
    ) -> Logistic:
        """Learn; see ``Model.fit``. ``valid`` is not used: nothing stops early."""
        x, y = check_fit(rows, labels, self.task)
        target = class_vector(y) if self.task == "single" else y
        self.inverse_penalty_ = self.inverse_penalty or self._choose(x, y, target, groups, rng)
        self.pipeline_ = self._pipeline(self.inverse_penalty_).fit(x, target)
        return self

    def scores(self, rows: NDArray[np.float32]) -> Scores:
        """Return scores in [0, 1] [shape=(rows, labels)]."""
        scores: Scores = self.pipeline_.predict_proba(np.asarray(rows, np.float32)).astype(
            np.float32
        )
        return scores

    def to_onnx(self) -> bytes:
        """Return scaler and model as one graph: ``rows`` to ``scores``."""
        return pipeline_to_onnx(self.pipeline_, self.pipeline_.n_features_in_)

    def _pipeline(self, inverse_penalty: float) -> Any:
        require("sklearn", extra="train", purpose="training a classic model")
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model: Any = LogisticRegression(C=inverse_penalty, max_iter=self.max_iterations)
        if self.task == "multi":
            model = OneVsRestClassifier(model)
        return make_pipeline(StandardScaler(), model)

    def _choose(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.int8],
        target: NDArray[Any],
        groups: NDArray[Any] | None,
        rng: np.random.Generator,
    ) -> float:
        """Return the penalty whose out-of-fold scores have the least log loss."""
        folds = _group_folds(y, groups, rng)
        losses = []
        for candidate in _GRID:
            out_of_fold = np.full(y.shape, np.nan)
            for train, held in folds:
                fitted = self._pipeline(candidate).fit(x[train], target[train])
                columns = _seen_columns(fitted, y.shape[1], self.task)
                out_of_fold[held] = 0
                out_of_fold[np.ix_(held, columns)] = fitted.predict_proba(x[held])
            clipped = np.clip(out_of_fold, 1e-9, 1 - 1e-9)
            loss = y * np.log(clipped)
            if self.task == "multi":
                loss = loss + (1 - y) * np.log(1 - clipped)
            losses.append(-np.nanmean(loss))
        return _GRID[int(np.argmin(losses))]


def _seen_columns(fitted: Any, labels: int, task: str) -> NDArray[np.int64]:
    """Return the label columns the fitted model gives: a fold may lack a rare label."""
    if task == "multi":
        return np.arange(labels)
    columns: NDArray[np.int64] = fitted.classes_
    return columns


def _group_folds(
    y: NDArray[np.int8], groups: NDArray[Any] | None, rng: np.random.Generator
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    groups = np.arange(len(y)) if groups is None else np.asarray(groups)
    count = min(_CHOICE_FOLDS, len(np.unique(groups)))
    if count < 2:
        raise DataError(
            f"all {len(y)} rows are of one group; choosing a penalty needs two groups (artists): "
            "add tracks of another artist or set 'inverse_penalty'."
        )
    # Stratify by each row's first label: for one label a row that is the label. With fewer rows of
    # a label than folds there is nothing to stratify.
    kind = StratifiedGroupKFold if y.sum(axis=0).min() >= count else GroupKFold
    splitter = kind(count, shuffle=True, random_state=int(rng.integers(2**31)))
    return list(splitter.split(np.zeros(len(y)), y.argmax(axis=1), groups))


def pipeline_to_onnx(pipeline: Any, features: int) -> bytes:
    """Return a fitted scikit-learn pipeline as ONNX: float rows in, one score matrix out.

    Everything but the scores is cut from the graph, so that no label map or class vector of the
    training library travels along.
    """
    require("skl2onnx", extra="train", purpose="writing a tagger")
    import onnx
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    graph = convert_sklearn(
        pipeline,
        initial_types=[("rows", FloatTensorType([None, features]))],
        options={id(pipeline): {"zipmap": False}},
        target_opset=_OPSETS,
    )
    extracted = onnx.utils.Extractor(graph).extract_model(["rows"], ["probabilities"])
    _rename_output(extracted, "probabilities", "scores")
    extracted.graph.name = "model"  # the extractor's own names are drawn at random
    del extracted.opset_import[:]
    extracted.opset_import.extend(onnx.helper.make_opsetid(d, v) for d, v in _OPSETS.items())
    content: bytes = extracted.SerializeToString(deterministic=True)
    return content


def _rename_output(model: Any, old: str, new: str) -> None:
    for node in model.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
        node.input[:] = [new if name == old else name for name in node.input]
    model.graph.output[0].name = new
