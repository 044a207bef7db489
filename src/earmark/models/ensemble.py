"""Several models on the same rows as one: their mean, their mean by learnt shares, or a small
regression on top (stacking; Wolpert 1992).

What is learnt of the members is learnt from scores of rows that they had not seen: by folds that
keep each group (artist) on one side, inside the rows given to ``fit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from earmark import registry, settings
from earmark.errors import SettingsError
from earmark.graphs.writer import Graph, row_shape
from earmark.models import _choice, combining
from earmark.models.base import Model, Scores, check_labels
from earmark.models.threads import its_threads
from earmark.picked import pick

Doubles = NDArray[np.float64]
Valid = tuple[NDArray[np.float32], NDArray[np.int8]] | None


@dataclass
class Mean(Model):
    """The mean of the members' scores.

    Attributes:
        members: each a model's name and settings, as a recipe's ``model``; all take the same rows.
        copies: of each member, fitted with other seeds, whose mean stands for it. More than one
            changes nothing of members without chance, such as ``classical:lda``.
        fitted_: the copies of each member.
    """

    name: ClassVar[str] = "ensemble:mean"
    many_threads: ClassVar[bool] = True  # each member is held to its own
    members: tuple[Mapping[str, Any], ...] = (
        {"name": "classical:logistic"}, {"name": "classical:lda"})  # fmt: skip
    copies: int = 1
    labels_: int = field(default=0, init=False, repr=False, compare=False)
    fitted_: list[list[Model]] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.task not in self.tasks:
            raise ValueError(f"'task' is '{self.task}', but {self.name} is made for "
                             f"{' and '.join(self.tasks)}.")
        if not self.members:
            raise ValueError("'members' is empty; expected at least one table with the 'name' of a "
                             "model.")
        if self.copies < 1:
            raise ValueError(f"'copies' is {self.copies}; expected 1 or more.")
        self._check_settings()
        self._made()  # a slip in a member's settings is found before anything is done

    def _check_settings(self) -> None:
        """Raise ValueError for settings that cannot be."""

    def fit(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int8],
        *,
        valid: Valid = None,
        groups: NDArray[Any] | None = None,
        rng: np.random.Generator,
    ) -> Self:
        """Learn; see ``Model.fit``. ``valid`` goes to the members."""
        self.fitted_ = self._fit_members(rows, labels, valid, groups, rng)  # which check them
        labels = check_labels(labels, len(rows), self.task)
        self.labels_ = labels.shape[1]
        self._combine(rows, labels, valid, groups, rng)
        return self

    def scores(self, rows: NDArray[np.float32]) -> Scores:
        """Return scores in [0, 1] [shape=(rows, labels)].

        Raises:
            DataError: the model is not fitted, or rows that a member was not fitted for.
        """
        if not self.fitted_:
            raise SettingsError(f"this {self.name} has not been fitted; call fit first.")
        scores = self._combined(_of_members(self.fitted_, rows))
        return np.clip(scores, 0, 1).astype(np.float32)

    def to_onnx(self) -> bytes:
        """Return the members' graphs and their combination as one: ``rows`` to ``scores``."""
        if not self.fitted_:
            raise SettingsError(f"this {self.name} has not been fitted; call fit first.")
        contents = [[model.to_onnx() for model in copies] for copies in self.fitted_]
        graph = Graph(row_shape(contents[0][0]))
        names = [
            _add_mean(graph, [
                graph.cast(graph.graft(content, f"member{k}_{copy}/"), np.float64)
                for copy, content in enumerate(copies)])
            for k, copies in enumerate(contents)
        ]  # fmt: skip
        return graph.content(self._add_combined(graph, names), self.labels_)

    @property
    def heard(self) -> tuple[str, ...]:
        """What the members' weights have learnt from before any fit."""
        return tuple(dict.fromkeys(line for model in self._made() for line in model.heard))

    def axes(self) -> tuple[int, ...]:
        """Return how many axes a row may have that all members take."""
        every = [model.axes() for model in self._made()]
        return tuple(k for k in every[0] if all(k in taken for taken in every))

    def files(self) -> dict[str, str]:
        """Return the files that the members' settings name."""
        return {f"members[{k}].{name}": path for k, model in enumerate(self._made())
                for name, path in model.files().items()}

    def told(self) -> dict[str, Any]:
        """Return the members with what each has to tell, and how much each counts."""
        return {"model": self.name, "members": [
            {"name": copies[0].name, **how, "told": [t for m in copies if (t := m.told())]}
            for copies, how in zip(self.fitted_, self._counts(), strict=True)]}  # fmt: skip

    def _counts(self) -> list[dict[str, Any]]:
        return [{"weight": 1 / len(self.members)} for _ in self.members]

    def _combine(
        self, rows: Any, labels: NDArray[np.int8], valid: Valid, groups: Any,
        rng: np.random.Generator,
    ) -> None:
        """Learn how the members' scores become one."""

    def _combined(self, members: Doubles) -> Doubles:
        """Return scores from those of the members [shape=(members, rows, labels)]."""
        found: Doubles = members.mean(axis=0)
        return found

    def _add_combined(self, graph: Graph, members: list[str]) -> str:
        return _add_mean(graph, members)

    def _made(self) -> list[Model]:
        return [self._member(k, given) for k, given in enumerate(self.members)]

    def _member(self, number: int, given: Mapping[str, Any]) -> Model:
        where = f"members[{number}]"
        values = dict(given)
        name = values.pop("name", None)
        if not isinstance(name, str):
            raise SettingsError(f"{where}: missing setting 'name'; expected that of a model, such "
                                "as 'classical:logistic'.")
        if values.pop("task", self.task) != self.task:
            raise SettingsError(f"{where}: 'task' is '{given['task']}', but the ensemble's is "
                                f"'{self.task}'; leave it out.")
        family = registry.load("models", name)
        made: Model = settings.from_mapping(family, {**values, "task": self.task}, where=where)
        return made

    def _fit_members(
        self, rows: Any, labels: NDArray[np.int8], valid: Valid, groups: Any,
        rng: np.random.Generator,
    ) -> list[list[Model]]:
        found: list[list[Model]] = [[] for _ in self.members]
        for _ in range(self.copies):
            for copies, model in zip(found, self._made(), strict=True):
                with its_threads(model):
                    copies.append(model.fit(rows, labels, valid=valid, groups=groups, rng=rng))
        return found

    def _out_of_fold(
        self, rows: Any, labels: NDArray[np.int8], groups: Any, rng: np.random.Generator
    ) -> Doubles:
        """Return the members' scores of rows that they had not seen, nor their groups.

        A label that none of a fold's rows bears scores 0 there.
        """
        folds = _choice.group_folds(labels, groups, rng, f"an {self.name}")
        every = np.zeros((len(self.members), *labels.shape))
        number = np.arange(len(every))
        for train, held in folds:
            columns = np.flatnonzero(labels[train].any(axis=0))
            if self.task == "single" and len(columns) < 2:
                every[np.ix_(number, held, columns)] = 1
                continue
            if not len(columns):
                continue
            fitted = self._fit_members(pick(rows, train), labels[train][:, columns], None,
                                       None if groups is None else np.asarray(groups)[train],
                                       rng)
            every[np.ix_(number, held, columns)] = _of_members(fitted, pick(rows, held))
        return every


@dataclass
class Weighted(Mean):
    """The mean of the members' scores by shares that sum to 1, none below 0, with the least log
    loss on ``valid`` where ``fit`` is given one, and else on out-of-fold scores.

    Members that stop early stop by ``valid``, too: their share is then slightly too high.

    Attributes:
        weights_: the shares, one a member. log_loss_: theirs, and each member's alone.
    """

    name: ClassVar[str] = "ensemble:weighted"
    weights_: Doubles = field(default_factory=lambda: np.zeros(0), init=False, repr=False,
                              compare=False)
    log_loss_: list[float] = field(default_factory=list, init=False, repr=False, compare=False)

    def _combine(
        self, rows: Any, labels: NDArray[np.int8], valid: Valid, groups: Any,
        rng: np.random.Generator,
    ) -> None:
        if valid is None:
            given, truth = self._out_of_fold(rows, labels, groups, rng), labels
        else:
            given, truth = _of_members(self.fitted_, valid[0]), valid[1]
        self.weights_ = combining.shares(given, truth, self.task)
        self.log_loss_ = [_choice.log_loss(truth, combining.mean(given, share), self.task)
                          for share in (self.weights_, *np.eye(len(given)))]

    def _counts(self) -> list[dict[str, Any]]:
        return [{"weight": float(weight), "log_loss_alone": loss}
                for weight, loss in zip(self.weights_, self.log_loss_[1:], strict=True)]

    def _combined(self, members: Doubles) -> Doubles:
        return combining.mean(members, self.weights_)

    def _add_combined(self, graph: Graph, members: list[str]) -> str:
        terms = [graph.add("Mul", name, graph.constant(weight))
                 for name, weight in zip(members, self.weights_ / self.weights_.sum(), strict=True)]
        return graph.add("Sum", *terms)


@dataclass
class Stacking(Mean):
    """A logistic regression on the members' logits, learnt from out-of-fold scores: each label has
    a weight for each member and an offset of its own (softmax, or one sigmoid a label).

    Attributes:
        penalty: on the squared distance of those numbers from a plain mean of logits; with few
            rows that is what comes out.
        stack_: the regression.
    """

    name: ClassVar[str] = "ensemble:stacking"
    search: ClassVar = {"penalty": "0.1..100:log"}
    penalty: float = 1.0
    stack_: Any = field(default=None, init=False, repr=False, compare=False)

    def _check_settings(self) -> None:
        if not self.penalty > 0:
            raise ValueError(f"'penalty' is {self.penalty}; expected above 0.")

    def _combine(
        self, rows: Any, labels: NDArray[np.int8], valid: Valid, groups: Any,
        rng: np.random.Generator,
    ) -> None:
        given = self._out_of_fold(rows, labels, groups, rng)
        self.stack_ = combining.stack(given, labels, self.task, self.penalty)

    def _counts(self) -> list[dict[str, Any]]:
        return [{"weight_by_label": weights.tolist()} for weights in self.stack_.weights]

    def _combined(self, members: Doubles) -> Doubles:
        found: Doubles = self.stack_.scores(members, self.task)
        return found

    def _add_combined(self, graph: Graph, members: list[str]) -> str:
        added: str = self.stack_.add_to(graph, members, self.task)
        return added


def _of_members(fitted: list[list[Model]], rows: Any) -> Doubles:
    """Return each member's scores, the mean of its copies [shape=(members, rows, labels)]."""
    return np.stack([np.mean([model.scores(rows) for model in copies], axis=0, dtype=np.float64)
                     for copies in fitted])


def _add_mean(graph: Graph, names: list[str]) -> str:
    total = names[0] if len(names) == 1 else graph.add("Sum", *names)
    return graph.add("Div", total, graph.constant(float(len(names))))
