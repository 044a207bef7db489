"""A head learnt on embeddings that stand still: each row goes through the body once a fit.

The head is a network like any other, on rows that are embeddings; what it has learnt is put above
the body, so that scores, files and exports are of both.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earmark.models import watch
from earmark.models._deep import learning
from earmark.models._deep.devices import device_of
from earmark.models._deep.shell import Shell
from earmark.models._deep.statistics import moments, refuse_odd
from earmark.models._network import Network

N = TypeVar("N", bound=Network)
_MOST_AT_ONCE = 16


@dataclass
class Head(Network):
    """What is learnt on embeddings.

    Attributes:
        of: what the whole is called, and its settings' fingerprint: a fit's name depends on it.
        layers: the head itself, as it begins.
    """

    name: ClassVar[str] = "head"
    takes: ClassVar[tuple[int, ...]] = (1,)
    furthest: ClassVar[float] = math.inf  # nothing cuts off what it gets from the body afterwards
    of: str = ""
    layers: Any = field(default=None, repr=False, compare=False)

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the head that was given."""
        layers: nn.Module = self.layers
        return layers

    @property
    def fingerprint(self) -> str:
        """That of the whole."""
        return self.of


def fit(
    network: N, rows: Any, labels: NDArray[np.int8], *, valid: Any, groups: Any,
    rng: np.random.Generator,
) -> N:
    """Learn the head of a network whose ``build`` gives a ``body`` and a ``head``, from rows and
    labels that were checked; ``augment`` changes embeddings. For the rest see ``Network.fit``."""
    network.shape_, network.labels_ = tuple(rows.shape[1:]), labels.shape[1]
    network.seed_ = int(copy.deepcopy(rng).integers(2**31))  # what the head draws, too
    shell: Any = learning.begun(network, moments(rows))
    device = torch.device(device_of(network.training))
    embedded = embeddings(shell, rows, device)
    judged = None if valid is None else (embeddings(shell, valid[0], device), valid[1])
    head = Head(task=network.task, training=network.training, augment=network.augment,
                scaling="none", of=network.fingerprint, layers=shell.inner.head)
    with watch.watched(dataclasses.replace(watch.current(), curves=[])):
        head.fit(embedded, labels, valid=judged, groups=groups, rng=rng)
    assert head.shell_ is not None
    shell.inner.head = head.shell_.inner
    network.history_, network.found_rate_ = head.history_, head.found_rate_
    network.parameters_ = sum(p.numel() for p in shell.inner.parameters())
    network.shell_ = shell.eval()
    watch.current().curves.append(network.told())
    return network


def embeddings(shell: Shell, rows: Any, device: torch.device) -> NDArray[np.float32]:
    """Return what the body makes of rows [shape=(rows, values)], some at a time.

    Raises:
        DataError: a value is no finite number.
    """
    body: Any = shell.inner.body
    body.to(device)
    found, size = [], min(_MOST_AT_ONCE, learning.at_once(rows.shape[1:]))
    shell.eval()
    with torch.inference_mode():
        for begin in range(0, len(rows), size):
            part = np.arange(begin, min(begin + size, len(rows)))
            block = np.asarray(rows[part], np.float32)
            refuse_odd(block, begin)
            given = shell._standardised(torch.from_numpy(block))
            found.append(body(given.to(device)).float().cpu().numpy())
    body.to("cpu")
    made: NDArray[np.float32] = np.concatenate(found)
    return made

