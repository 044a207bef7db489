"""What all networks share: a row or a picture in, logits out, trained by gradient descent.

A network is a dataclass of settings with ``build``, which makes a PyTorch module; training,
augmentation, crops, states and export are the same for all and live in ``_deep``.
"""

from __future__ import annotations

import copy
import zlib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.errors import DataError, SettingsError, require
from earmark.models import watch
from earmark.models._choice import group_folds
from earmark.models._training import Augment, Training
from earmark.models.base import Model, Scores, as_numbers, check_labels, kinds_of_rows
from earmark.picked import pick
from earmark.store import file_digest

if TYPE_CHECKING:
    from torch import nn

    from earmark.models._deep.shell import Shell


@dataclass
class Network(Model):
    """A network. Subclasses are dataclasses with ``name``, ``takes`` and ``build``.

    Attributes:
        training: gradient descent. augment: what is done to examples.
        crop: steps of the last axis (time) that are seen at once: in training a crop by chance
            each epoch, afterwards as many as a row has, at equal distances, whose mean score
            counts; None for whole rows.
        scaling: ``standard``: each column, band or channel to mean 0 and variance 1 as learnt
            from; ``none`` for networks that know their own.
        start: file of a trunk that ``earmark pretrain`` wrote, whose weights a fit begins with in
            all layers but the last.
    """

    many_threads: ClassVar[bool] = True
    search: ClassVar[Mapping[str, str]] = {
        "training.learning_rate": "0.0003..0.01:log", "training.weight_decay": "0.001..0.2:log",
        "training.label_smoothing": "0..0.2", "training.epochs": "10..60",
    }  # fmt: skip
    takes: ClassVar[tuple[int, ...]] = ()  # how many axes a row may have
    furthest: ClassVar[float] = 100.0  # standard deviations: a hostile row must not end as NaN
    # For tries and tests: settings, as the constructor takes them, under which it trains in about
    # a second, and the shape of a row that it is tried on.
    small: ClassVar[Mapping[str, Any]] = {}
    tried_on: ClassVar[tuple[int, ...]] = (16, 24)
    training: Training = field(default_factory=Training)
    augment: Augment = field(default_factory=Augment)
    crop: int | None = None
    scaling: Literal["standard", "none"] = "standard"
    start: str | None = None
    shape_: tuple[int, ...] = field(default=(), init=False, repr=False, compare=False)
    labels_: int = field(default=0, init=False, repr=False, compare=False)
    seed_: int = field(default=0, init=False, repr=False, compare=False)
    parameters_: int = field(default=0, init=False, repr=False, compare=False)
    history_: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False,
                                           compare=False)
    found_rate_: Mapping[str, Any] | None = field(default=None, init=False, repr=False,
                                                  compare=False)
    shell_: Any = field(default=None, init=False, repr=False, compare=False)
    about_: Mapping[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.task not in self.tasks:
            raise ValueError(f"'task' is '{self.task}', but {self.name} is made for "
                             f"'{self.tasks[0]}' alone; choose another model.")
        if self.crop is not None and self.crop < 1:
            raise ValueError(f"'crop' is {self.crop}; expected 1 step or more.")
        self._check_settings()

    @abstractmethod
    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the network, its weights drawn by PyTorch's generator as it stands: rows
        [shape=(rows, *shape)], standardised, to logits [shape=(rows, labels)].

        Args:
            shape: of a row as it is seen at once.

        Raises:
            DataError: rows of this shape are not for it; says which are.
        """

    def _check_settings(self) -> None:
        """Raise ValueError for settings that cannot be."""

    def begin(self, inner: nn.Module) -> None:
        """Put weights from elsewhere into what ``build`` made, once before a fit; what is kept in
        ``about_`` is saved, and there again when a trained network is built to be loaded."""

    def look_up(self, shape: tuple[int, ...]) -> None:
        """Look for weights from elsewhere, for rows of a shape, before anything is computed."""

    @property
    def stands_still(self) -> bool:
        """Whether all but the head gives the same for a row in every epoch: rows then go through it
        once a fit, and ``build`` gives a ``body`` and a ``head``."""
        return False

    @property
    def rows_repeat(self) -> bool:
        """Whether rows are the same in every epoch."""
        return self.augment == Augment() and self.crop is None

    def axes(self) -> tuple[int, ...]:
        """Return how many axes a row may have."""
        return self.takes

    def files(self) -> dict[str, str]:
        """Return the trunk to start from, where there is one."""
        return {} if self.start is None else {"start": self.start}

    def refuse_device(self) -> None:
        """Refuse a device or an arithmetic that is named and is not to be had here, before features
        are made.

        Raises:
            SettingsError: says what there is.
            MissingExtraError: PyTorch is not installed.
        """
        if (self.training.device, self.training.precision) != ("auto", "auto"):
            require_deep()
            from earmark.models._deep import devices

            devices.precision_of(self.training)

    def parameter_groups(self, inner: nn.Module) -> list[dict[str, Any]]:
        """Return parameters with their share of the learning rate (``lr_share``)."""
        return [{"params": list(inner.parameters())}]

    def on_epoch(self, inner: nn.Module, epoch: int) -> None:
        """Change the network before an epoch, counted from 0; such as to thaw layers."""

    def fit(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int8],
        *,
        valid: tuple[NDArray[np.float32], NDArray[np.int8]] | None = None,
        groups: NDArray[Any] | None = None,
        rng: np.random.Generator,
    ) -> Self:
        """Learn; see ``Model.fit``.

        Args:
            rows: [shape=(rows, ...)]; an array, one on the disk, or anything indexed like one.
            valid: judged after each epoch; what early stopping goes by.
        """
        require_deep()
        labels = check_labels(labels, len(rows), self.task)
        rows = as_rows(rows)
        self._check_rows(rows)
        self.augment.refuse_idle(tuple(rows.shape[1:]))
        valid = None if valid is None else _as_valid(valid, rows, labels)
        self.look_up(tuple(rows.shape[1:]))
        if self.stands_still:
            from earmark.models._deep import frozen

            return frozen.fit(self, rows, labels, valid=valid, groups=groups, rng=rng)
        self.seed_ = int(rng.integers(2**31))
        if valid is None and self.training.patience is not None:
            rows, labels, valid = self._held_out(rows, labels, groups, rng)
        from earmark.models._deep import learning

        learning.learn(self, rows, labels, valid, watch.current())
        return self

    def scores(self, rows: NDArray[np.float32]) -> Scores:
        """Return scores in [0, 1] [shape=(rows, labels)].

        Raises:
            DataError: the network is not fitted, or rows of another shape than it was fitted on.
        """
        from earmark.models._deep import learning

        shell = self._shell
        rows = as_rows(rows)
        if rows.ndim == len(self.shape_) + 1 and rows.shape[1:] != self.shape_:
            wide = " x ".join(map(str, rows.shape[1:]))
            raise DataError(f"rows of {wide}; this {self.name} was fitted on "
                            f"{' x '.join(map(str, self.shape_))} features.")
        self._check_rows(rows)
        return learning.scores(shell, rows, self.labels_)

    def to_onnx(self) -> bytes:
        """Return standardisation, network, crops and scores as one graph: ``rows`` to ``scores``.
        """
        from earmark.models._deep import exporting

        return exporting.exported(self._shell, self.shape_, self.name)

    def module(self) -> Shell:
        """Return the trained PyTorch module, which gives logits: to look into."""
        return copy.deepcopy(self._shell)

    def told(self) -> dict[str, Any]:
        """Return what training has to tell: parameters, the history, the rate found."""
        return {"model": self.name, "parameters": self.parameters_, "history": self.history_,
                **({"rate_finder": dict(self.found_rate_)} if self.found_rate_ else {})}

    def save(self, path: Path) -> None:
        """Write settings and weights as one safetensors file, in which nothing can run."""
        from earmark.models._deep import weights

        weights.save(self, self._shell, path)

    def keep(self, path: Path) -> bool:
        """Write the trained network beside its graph; see ``save``."""
        self.save(path)
        return True

    @classmethod
    def load(cls, path: Path) -> Network:
        """Read what ``save`` wrote.

        Raises:
            DataError: the file is damaged, or its weights are not those of its settings.
        """
        require_deep()
        from earmark.models._deep import weights

        return weights.load(path)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any setting, and with what files that they name hold."""
        more = [file_digest(Path(name)) for name in self.files().values()]
        return settings.fingerprint([self.name, settings.to_mapping(self), *more])

    @property
    def _shell(self) -> Shell:
        if self.shell_ is None:
            raise SettingsError(f"this {self.name} has not been fitted; call fit first.")
        shell: Shell = self.shell_
        return shell

    def _check_rows(self, rows: Any) -> None:
        if rows.ndim - 1 not in self.takes:
            given = " x ".join(map(str, rows.shape[1:]))
            what = "pictures of " if rows.ndim > 2 else "rows of "
            raise DataError(f"the features are {what}{given}; this model takes "
                            f"{kinds_of_rows(self.takes)}: choose a family of features that gives "
                            "them, or another model.")
        if self.crop is not None and rows.ndim == 2:
            raise DataError(f"'crop' is {self.crop}, but the features are rows of numbers, which "
                            "have no time to crop; leave 'crop' out.")
        if self.crop is not None and self.crop > rows.shape[-1]:
            raise DataError(f"'crop' is {self.crop}, but a row has {rows.shape[-1]} steps of time; "
                            "expected as many or fewer, or leave 'crop' out for whole rows.")
        if not np.prod(rows.shape[1:]):
            raise DataError(f"rows of shape {rows.shape[1:]}; expected at least one value each.")

    def _held_out(
        self, rows: Any, labels: NDArray[np.int8], groups: Any, rng: np.random.Generator
    ) -> tuple[Any, NDArray[np.int8], tuple[Any, NDArray[np.int8]]]:
        """Hold out whole groups to stop by; labels that only they bear stay in what is learnt."""
        folds = group_folds(labels, groups, rng, "early stopping")
        count = max(1, round(self.training.holdout * len(folds)))
        held = np.concatenate([fold for _, fold in folds[:count]])
        kept = np.setdiff1d(np.arange(len(labels)), held)
        lost = np.flatnonzero(labels[kept].sum(axis=0) == 0)
        back = held[labels[held][:, lost].any(axis=1)]
        kept, held = np.union1d(kept, back), np.setdiff1d(held, back)
        if not len(held):
            raise DataError("no artist can be held out for 'patience': each is the only one of its "
                            "label. Leave 'patience' out, or add tracks of other artists.")
        valid = (pick(rows, held), labels[held])
        return pick(rows, kept), labels[kept], valid


def at_least_one(network: Network, *names: str) -> None:
    """Raise ValueError for a setting of these that is below 1."""
    for name in names:
        if getattr(network, name) < 1:
            raise ValueError(f"'{name}' is {getattr(network, name)}; expected 1 or more.")


def identity_of(rows: Any, labels: NDArray[np.int8]) -> str:
    """Return a hash of labels and of some rows from first to last: what a fit has learnt from."""
    some = np.linspace(0, len(rows) - 1, min(len(rows), 16)).astype(np.intp)
    content = np.ascontiguousarray(np.stack([np.asarray(rows[int(k)]) for k in some]))
    return f"{zlib.crc32(labels.tobytes()):08x}{zlib.crc32(content.tobytes()):08x}"


def _as_valid(
    valid: tuple[Any, NDArray[np.int8]], rows: Any, labels: NDArray[np.int8]
) -> tuple[Any, NDArray[np.int8]]:
    """Return rows to judge on, and their truth, after checking that they are like those learnt
    from.

    Raises:
        DataError: they are not, or there are none.
    """
    given, truth = as_rows(valid[0]), np.asarray(valid[1])
    wanted = (tuple(rows.shape[1:]), (len(given), labels.shape[1]))
    if not len(given) or (tuple(given.shape[1:]), truth.shape) != wanted:
        raise DataError(f"valid rows of shape {tuple(given.shape)} and labels of shape "
                        f"{truth.shape}; expected one row or more of {rows.shape[1:]}, and "
                        f"{labels.shape[1]} labels each, as those that are learnt from.")
    return given, truth


def as_rows(rows: Any) -> Any:
    """Return rows as they are where they can be indexed like an array of numbers, whose values may
    lie on the disk; else the array."""
    kind = getattr(getattr(rows, "dtype", None), "kind", "f")
    return rows if hasattr(rows, "ndim") and kind in "biuf" else as_numbers(rows)


def require_deep() -> None:
    """Raise MissingExtraError where networks cannot be trained or read."""
    for package in ("torch", "skorch"):
        require(package, extra="deep", purpose="training a network")
