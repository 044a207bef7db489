"""Optimisers and how their learning rate goes up and down."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from earmark.models._training import Training

_SHARE = "lr_share"  # of the learning rate, a group of parameters
_RISING = 0.3  # of the steps of one cycle
_MOMENTUM = 0.9
_FALLBACK_RATE = 1e-3
_FUSED = ("cpu", "cuda")  # where all weights are stepped in one pass


def optimiser(training: Training, device: str) -> Any:
    """Return what makes the optimiser of groups of parameters on a device."""
    decay = training.weight_decay
    if training.optimiser == "sgd":
        return partial(_grouped, torch.optim.SGD, momentum=_MOMENTUM, nesterov=True,
                       weight_decay=decay)
    kind = torch.optim.AdamW if training.optimiser == "adamw" else torch.optim.Adam
    return partial(_grouped, kind, weight_decay=decay, fused=device.startswith(_FUSED))


def first_rate(training: Training) -> float:
    """Return the learning rate, one to begin with where it is still to be found."""
    return _FALLBACK_RATE if training.learning_rate == "find" else float(training.learning_rate)


def schedule(made: Any, training: Training, steps_per_epoch: int) -> Any:
    """Return the schedule over all steps of training; each group has its share of the rate."""
    rates = [group["lr"] for group in made.param_groups]
    steps = max(2, training.epochs * steps_per_epoch)
    plain = getattr(made, "optimizer", made)  # as accelerate wraps it
    if training.schedule == "one_cycle":
        # Momentum stays as it is: AdamW's own averages do that work.
        return torch.optim.lr_scheduler.OneCycleLR(
            plain, rates, total_steps=steps + 1, pct_start=_RISING, cycle_momentum=False,
            div_factor=25.0, final_div_factor=1e4,
        )  # fmt: skip
    if training.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(plain, steps)
    return torch.optim.lr_scheduler.LambdaLR(plain, _always)


def _always(_: int) -> float:
    return 1.0


def _grouped(kind: Any, parameters: Any, *, lr: float, **settings: Any) -> Any:
    groups = [dict(group, lr=lr * group.pop(_SHARE, 1.0)) if isinstance(group, dict) else group
              for group in parameters]
    return kind(groups, lr=lr, **settings)
