"""A body that others trained and a head of one's own: which of its stages stand still, and how
fast the others learn.

Stages are counted from the rows upwards. What stands still gets no gradients, and its batch
normalisation and dropout are as they are outside training: its running means do not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Tuned(nn.Module):
    """Rows to logits through a body in stages and a head.

    Attributes:
        body: rows to embeddings [shape=(rows, values)].
        head: embeddings to logits [shape=(rows, labels)].
        still: how many stages, from the lowest, stand still.
    """

    def __init__(self, body: nn.Module, head: nn.Module, ends: Sequence[str]) -> None:
        """Take a body whose stages end with the modules of these names, from the lowest up."""
        super().__init__()
        self.body, self.head, self.still = body, head, 0
        self._parts = parted(body, ends)

    def forward(self, rows: Tensor) -> Tensor:
        """Return logits [shape=(rows, labels)]."""
        logits: Tensor = self.head(self.body(rows))
        return logits

    def train(self, mode: bool = True) -> Tuned:
        """Go into training or out of it, but for stages that stand still."""
        super().train(mode)
        for part in self._parts[: self.still]:
            for module in part:
                module.training = False
        return self

    @property
    def stages(self) -> list[list[nn.Parameter]]:
        """Parameters of each stage, from the lowest up."""
        return [[p for module in part for p in module.parameters(recurse=False)]
                for part in self._parts]

    def hold(self, still: int) -> None:
        """Let so many stages stand still, from the lowest up; the others learn."""
        self.still = still
        for number, parameters in enumerate(self.stages):
            for parameter in parameters:
                parameter.requires_grad_(number >= still)
        self.train(self.training)

    def groups(self, decay: float) -> list[dict[str, Any]]:
        """Return parameters with their share of the learning rate: the head's is 1, and each
        stage's ``decay`` of that above it."""
        stages = self.stages
        lower = [{"params": parameters, "lr_share": decay ** (len(stages) - number)}
                 for number, parameters in enumerate(stages)]
        return [{"params": list(self.head.parameters()), "lr_share": 1.0}, *lower]


def thawed(epoch: int, every: int, most: int | None = None) -> int | None:
    """Return how many stages learn in an epoch, counted from 0; None for all.

    Args:
        every: epochs until the next stage learns too; 0 for all from the first.
        most: stages that ever learn; None for all.

    >>> [thawed(epoch, 2) for epoch in range(5)]
    [0, 0, 1, 1, 2]
    >>> thawed(9, 2, most=3), thawed(0, 0), thawed(0, 0, most=3)
    (3, None, 3)
    """
    if not every:
        return most
    count = epoch // every
    return count if most is None else min(count, most)


def parted(body: nn.Module, ends: Sequence[str]) -> list[list[nn.Module]]:
    """Return the modules of each stage, in the order in which they were made; a stage takes in
    what follows the one before it, up to all inside the module that ends it."""
    parts: list[list[nn.Module]] = [[]]
    reached = False
    for name, module in body.named_modules():
        number = len(parts) - 1
        inside = number < len(ends) and f"{name}.".startswith(f"{ends[number]}.")
        if reached and not inside and number + 1 < len(ends):
            parts.append([])
            inside = f"{name}.".startswith(f"{ends[number + 1]}.")
            reached = inside
        reached = reached or inside
        parts[-1].append(module)
    return _with_weights(parts)


def _with_weights(parts: list[list[nn.Module]]) -> list[list[nn.Module]]:
    """Put parts without parameters to those before them."""
    found: list[list[nn.Module]] = []
    for part in parts:
        bare = not any(True for m in part for _ in m.parameters(recurse=False))
        if found and bare:
            found[-1].extend(part)
        else:
            found.append(part)
    return found


def head(width: int, hidden: Sequence[int], dropout: float, labels: int) -> nn.Module:
    """Return layers from embeddings to logits, with a rectifier and dropout behind each but the
    last, and dropout before the first."""
    layers: list[nn.Module] = [nn.Dropout(dropout)]
    for units in hidden:
        layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(dropout)]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, labels))


def width_of(body: nn.Module, shape: Sequence[int]) -> int:
    """Return how many values a body gives of a row."""
    with torch.no_grad():
        return int(body.eval()(torch.zeros(2, *shape)).shape[1])
