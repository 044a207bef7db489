"""The learning rate, looked for before training.

Source: Smith, "Cyclical learning rates for training neural networks", 2017.
"""

from __future__ import annotations

import copy
import math
from typing import Any, NamedTuple

import torch

from earmark.models._deep import schedule
from earmark.models._deep.feeding import Examples
from earmark.models._deep.losses import Loss
from earmark.models._deep.shell import Shell
from earmark.models._training import Training

_LOWEST, _HIGHEST, _STEPS = 1e-6, 1.0, 100
_SMOOTHING = 0.9
_TOO_HIGH = 4.0  # times the lowest loss
_BELOW = 10.0  # the rate at which the loss is lowest is too high by about this


class Found(NamedTuple):
    """What was tried and what was chosen.

    Attributes:
        rate: a tenth of the one with the lowest smoothed loss.
        rates, losses: of each step, the losses smoothed.
    """

    rate: float
    rates: list[float]
    losses: list[float]


def find(
    shell: Shell, loss: Loss, examples: Examples, training: Training, groups: list[dict[str, Any]],
    seed: int, device: str,
) -> Found:
    """Train a copy for up to a hundred batches with a rate that rises from 1e-6 to 1."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        tried = copy.deepcopy(shell).to(device).train()
        loss = loss.to(device)
        shares = [dict(g, params=[_same(shell, tried, p) for p in g["params"]]) for g in groups]
        made = schedule.optimiser(training, device)(shares, lr=1.0)
        factors = [group["lr"] for group in made.param_groups]
        rates, losses, smooth = [], [], 0.0
        generator = torch.Generator().manual_seed(seed)
        for step in range(_STEPS):
            rate = _LOWEST * (_HIGHEST / _LOWEST) ** (step / (_STEPS - 1))
            for group, factor in zip(made.param_groups, factors, strict=True):
                group["lr"] = rate * factor
            numbers = torch.randint(len(examples), (training.batch_size,), generator=generator)
            rows, truth = examples.__getitems__([(step, int(n), 0) for n in numbers])
            made.zero_grad()
            value = loss(tried(rows.to(device)), truth.to(device))
            height = float(value.detach())
            if not math.isfinite(height):
                break
            value.backward()
            made.step()
            smooth = _SMOOTHING * smooth + (1 - _SMOOTHING) * height
            rates.append(rate)
            losses.append(smooth / (1 - _SMOOTHING ** (step + 1)))
            if losses[-1] > _TOO_HIGH * min(losses):
                break
    if not losses:
        return Found(schedule.first_rate(training), [], [])
    best = rates[min(range(len(losses)), key=losses.__getitem__)]
    return Found(best / _BELOW, rates, losses)


def _same(of: torch.nn.Module, in_: torch.nn.Module, wanted: Any) -> Any:
    """Return a copy's parameter that is a copy of the one given."""
    for mine, its in zip(of.parameters(), in_.parameters(), strict=True):
        if mine is wanted:
            return its
    raise ValueError("the parameter is not of this network")
