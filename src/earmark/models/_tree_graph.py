"""Decision trees as one ONNX node.

A tree asks ``x <= threshold`` with a threshold in double precision, ONNX in single. Each threshold
is rounded down to single precision: no single-precision x lies between the two, so that no row
changes sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.labels.vocabulary import Task
from earmark.models.base import Fitted


class Tree(NamedTuple):
    """One tree; node 0 is the root.

    Attributes:
        feature: column asked [shape=(nodes,)].
        threshold: ``x <= threshold`` goes left.
        left: number of the left child; -1 in a leaf. ``right`` likewise.
        values: what a leaf adds [shape=(nodes, labels)], to as many labels from ``first`` on.
        first: number of the first label that the tree tells of.
    """

    feature: NDArray[Any]
    threshold: NDArray[np.float64]
    left: NDArray[Any]
    right: NDArray[Any]
    values: NDArray[np.float64]
    first: int = 0


def add(graph: Graph, x: str, trees: Sequence[Tree], labels: int) -> str:
    """Add the sum of what the trees give [shape=(rows, labels)], in single precision."""
    sizes = [len(tree.left) for tree in trees]
    ids = np.repeat(np.arange(len(trees)), sizes)
    nodes = np.concatenate([np.arange(size) for size in sizes])
    leaf = np.concatenate([tree.left for tree in trees]) < 0
    begins = np.cumsum([0, *sizes[:-1]])
    told = [_told(tree, begin) for tree, begin in zip(trees, begins, strict=True)]
    at, label, weights = (np.concatenate(each) for each in zip(*told, strict=True))
    return graph.add(
        "TreeEnsembleRegressor", x, domain="ai.onnx.ml", n_targets=labels,
        nodes_treeids=ids.tolist(), nodes_nodeids=nodes.tolist(),
        nodes_featureids=_joined(trees, "feature", leaf).tolist(),
        nodes_values=round_down(_joined(trees, "threshold", leaf)).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_truenodeids=_joined(trees, "left", leaf).tolist(),
        nodes_falsenodeids=_joined(trees, "right", leaf).tolist(),
        target_treeids=ids[at].tolist(), target_nodeids=nodes[at].tolist(),
        target_ids=label.tolist(), target_weights=weights.astype(np.float32).tolist(),
    )  # fmt: skip


def _told(tree: Tree, begin: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Return node, label and value of all that leaves add; nodes are numbered from ``begin``."""
    # Every leaf must be named once, also where it adds nothing.
    named = (tree.values != 0) & (tree.left < 0)[:, None]
    named[:, 0] |= tree.left < 0
    at, label = np.nonzero(named)
    return at + begin, label + tree.first, tree.values[at, label]


def round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest single-precision numbers that are not above the thresholds."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded.astype(np.float64) > thresholds, below, rounded)


def of_scikit_learn(fitted: Fitted) -> Iterator[Tree]:
    """Yield the trees of decision trees or forests, so scaled that they sum to their scores."""
    for first, estimator in enumerate(fitted.estimators):
        if isinstance(estimator, float):  # a label that no or every row bore
            leaf = np.array([-1])
            yield Tree(0 * leaf, np.zeros(1), leaf, leaf, np.array([[estimator]]), first)
            continue
        labels = fitted.labels if fitted.native or fitted.task == "single" else 1
        trees = getattr(estimator, "estimators_", [estimator])
        for tree in (each.tree_ for each in trees):
            values = _leaf_scores(tree.value, estimator, fitted.task, labels) / len(trees)
            yield Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right,
                       values, first)


def of_lightgbm(dumped: dict[str, Any], label: int) -> Tree:
    """Return one tree of ``Booster.dump_model()["tree_info"]`` that adds to one label."""
    flat: list[dict[str, Any]] = []
    children: list[tuple[int, int]] = []
    waiting = [(dumped["tree_structure"], -1, 0)]
    while waiting:
        node, parent, side = waiting.pop()
        if parent >= 0:
            pair = children[parent]
            children[parent] = (len(flat), pair[1]) if side == 0 else (pair[0], len(flat))
        if "split_feature" in node:
            waiting += [(node["left_child"], len(flat), 0), (node["right_child"], len(flat), 1)]
        children.append((-1, -1))
        flat.append(node)
    values = np.array([[node.get("leaf_value", 0.0)] for node in flat])
    left, right = np.array(children).T
    return Tree(np.array([node.get("split_feature", 0) for node in flat]),
                np.array([node.get("threshold", 0.0) for node in flat]), left, right, values, label)


def _leaf_scores(
    value: NDArray[Any], estimator: Any, task: Task, labels: int
) -> NDArray[np.float64]:
    """Return probabilities [shape=(nodes, labels)] from ``value`` (nodes, outputs, classes)."""
    value = value / value.sum(axis=2, keepdims=True)
    if task == "single":
        whole: NDArray[np.float64] = value[:, 0, :]
        return whole
    seen = estimator.classes_ if isinstance(estimator.classes_, list) else [estimator.classes_]
    scores = np.zeros((len(value), labels))
    for label, classes in enumerate(seen):
        if 1 in classes:
            scores[:, label] = value[:, label, list(classes).index(1)]
    return scores


def _joined(trees: Sequence[Tree], name: str, leaf: NDArray[np.bool_]) -> NDArray[Any]:
    """Return one array of all trees, 0 in leaves."""
    joined = np.concatenate([getattr(tree, name) for tree in trees])
    return np.where(leaf, 0, joined)
