"""What a model learnt by others makes of music, as features for one's own labels.

The backbone of an installed tagger, short of its last step, turns each of its windows into a row
of numbers; their mean over a segment is what a small model then learns on. The settings say all of
it but the weights, which are named by their hash (see ``_backbones``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.audio.chunks import Passes
from earmark.audio.segments import Segments
from earmark.errors import SettingsError, TaggerError
from earmark.features import _backbones
from earmark.features.base import FrontEnd, build, describe
from earmark.features.cutting import pieces

_MOST_DIMENSIONS = 65_536
_LARGEST_BATCH = 256
_WITHOUT_EFFECT = frozenset({"backbone", "about", "batch"})  # on the values


@dataclass(frozen=True)
class About:
    """Where a backbone is from; changes no value and travels with whatever is learnt on it.

    Attributes:
        seen: what it learnt from, a line each.
        licence, source, citation, notice: as on the card of its tagger.
    """

    seen: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    citation: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Embedding(FrontEnd):
    """What the network of an installed tagger makes of a sound, written ``embedding:NAME``.

    It is the mean over the windows that the network hears; silent ones do not count, and a sound
    with nothing to be heard is all zeros. All settings follow from the tagger.

    Attributes:
        sample_rate: in Hz, that of ``front_end``.
        backbone: what people call it.
        graph: SHA-256 in hex of its ONNX bytes; empty for none, and no sound is then taken.
        output: the graph's output that is the embedding [shape=(windows, dimensions)].
        front_end: name and settings of the family that the backbone listens through.
        windows: how a sound is cut for it.
        batch: windows given to it at once.
        pooling: ``mean`` over windows, or ``mean_std``: standard deviations behind the means.
        dimensions: of the embedding.
        about: what it has seen and whose it is; no part of the fingerprint, and nor are
            ``backbone`` and ``batch``.

    Source: Alonso-Jiménez et al., "Tensorflow audio models in Essentia", 2020, and Choi et al.,
    "Transfer learning for music classification and regression tasks", 2017, for the practice.
    """

    name: ClassVar[str] = "embedding"
    axes: ClassVar[int] = 1
    any_length: ClassVar[bool] = True
    sample_rate: int = 16_000
    backbone: str = ""
    graph: str = ""
    output: str = "embedding"
    front_end: Mapping[str, Any] = field(default_factory=dict)
    windows: Segments = field(default_factory=lambda: Segments(seconds=3.0))
    batch: int = 16
    pooling: Literal["mean", "mean_std"] = "mean"
    dimensions: int = 1
    about: About = field(default_factory=About)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([0-9a-f]{64})?", self.graph):
            raise ValueError(f"'graph' is {self.graph!r}; expected a SHA-256 in hex.")
        for name, most in (("batch", _LARGEST_BATCH), ("dimensions", _MOST_DIMENSIONS)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 1 to {most}.")
        if self.graph:
            self._check_inner()

    def _check_inner(self) -> None:
        inner = self._inner
        if inner.name == self.name or not inner.takes_audio:
            raise ValueError(f"a backbone cannot listen through '{inner.name}'; expected a family "
                             "that takes sound.")
        if inner.sample_rate != self.sample_rate:
            raise ValueError(f"'sample_rate' is {self.sample_rate} and that of 'front_end' "
                             f"{inner.sample_rate}; expected the same.")

    @property
    def columns(self) -> tuple[str, ...]:
        """``e1``, ``e2`` ... and, with ``mean_std``, ``s1``, ``s2`` ..."""
        kinds = "es" if self.pooling == "mean_std" else "e"
        return tuple(f"{kind}{k}" for kind in kinds for k in range(1, self.dimensions + 1))

    @property
    def backbones(self) -> Mapping[str, str]:
        return {self.graph: self.backbone} if self.graph else {}

    @property
    def fingerprint(self) -> str:
        counts = {k: v for k, v in describe(self).items() if k not in _WITHOUT_EFFECT}
        inner = self._inner.fingerprint if self.graph else ""  # its version is not in its settings
        return settings.fingerprint([counts, self.version, inner])

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the pooled embedding of a sound of any length [shape=(columns,)], in one pass.

        Raises:
            SettingsError: no backbone is named, or its graph is not at hand.
            TaggerError: the graph may not be run, or gives something else than was said.
        """
        if not self.graph:
            raise SettingsError("an embedding needs a backbone; name an installed tagger that has "
                                "one, such as embedding:musicnn.")
        session = _backbones.session(self.graph, self.backbone)
        moments = _Moments(self.dimensions)
        rows = self._rows(passes)
        while batch := list(islice(rows, self.batch)):
            (given,) = session.run(np.stack(batch), (self.output,))
            self._refuse_odd(given, len(batch))
            moments.add(given)
        return moments.pooled(deviations=self.pooling == "mean_std")

    def _rows(self, passes: Passes) -> Iterator[NDArray[np.float32]]:
        """Yield the inner front end's values of the windows in which something is to be heard."""
        if self.windows.seconds is None and self.windows.frames is None:
            yield self._inner.whole(passes)
            return
        for piece in pieces(self._inner, passes(), self.windows):
            if piece.values is not None:
                yield piece.values

    def _refuse_odd(self, given: NDArray[np.float32], count: int) -> None:
        if given.shape != (count, self.dimensions):
            raise TaggerError(f"the output '{self.output}' of backbone {self.backbone} has shape "
                              f"{given.shape}; expected {(count, self.dimensions)}.")
        if not np.isfinite(given).all():
            raise TaggerError(f"the output '{self.output}' of backbone {self.backbone} holds "
                              "values that are no finite numbers; it cannot be learnt on.")

    @cached_property
    def _inner(self) -> FrontEnd:
        return build(self.front_end, where="'front_end' of the embedding")

    def __getstate__(self) -> dict[str, Any]:
        # Another process may be without a cache to find the graph in.
        kept = {k: v for k, v in vars(self).items() if k != "_inner"}
        return {"settings": kept, "content": _backbones.travels(self.graph)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state["settings"])
        if state["content"] is not None:
            _backbones.provide(state["content"], keep=False)


class _Moments:
    """Mean and standard deviation of rows that come a few at a time."""

    def __init__(self, width: int) -> None:
        self._count = 0
        self._mean = np.zeros(width)
        self._squares = np.zeros(width)  # of differences from the mean

    def add(self, rows: NDArray[np.float32]) -> None:
        # Chan, Golub & LeVeque 1979: exact also where the spread is small beside the mean.
        mean = rows.mean(axis=0, dtype=np.float64)
        total, apart = self._count + len(rows), mean - self._mean
        self._squares += np.square(rows - mean).sum(axis=0)
        self._squares += np.square(apart) * self._count * len(rows) / total
        self._mean += apart * len(rows) / total
        self._count = total

    def pooled(self, *, deviations: bool) -> NDArray[np.float32]:
        spread = np.sqrt(self._squares / max(self._count, 1))
        found = np.concatenate([self._mean, spread]) if deviations else self._mean
        return found.astype(np.float32)
