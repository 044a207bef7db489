"""Gradient descent on one network: skorch's loop, and the callbacks that ours adds.

Everything that is drawn in an epoch follows from the seed and the epoch's number, so that a state
kept after an epoch is the weights, the optimiser, the schedule and the history, and nothing else.
"""

from __future__ import annotations

import copy
import math
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from skorch.callbacks import Callback
from torch import nn

from earmark.errors import DataError, SettingsError
from earmark.models import watch
from earmark.models._deep import schedule
from earmark.models._deep.devices import device_of, precision_of
from earmark.models._deep.feeding import Dealer, Timed, Waiting
from earmark.models._deep.losses import Loss
from earmark.models._deep.nets import Accelerated, Groups, Net
from earmark.models._deep.shell import Shell
from earmark.models._deep.states import State
from earmark.models._training import Training

OnEpoch = Callable[[nn.Module, int], None]


class Stopped(Exception):
    """Training has ended before its last epoch, as it was meant to."""


@dataclass
class Job:
    """One network to be trained.

    Attributes:
        loaders: of batches to learn from, and of rows to judge on or None.
        groups: parameters with their share of the learning rate, as ``lr_share``.
        on_epoch: called with the inner network before each epoch, such as to thaw layers.
        state: where it is kept and taken up from.
        tell: gets each epoch's line of the history.
    """

    shell: Shell
    training: Training
    loss: Loss
    loaders: tuple[Any, Any]
    dealer: Dealer
    groups: Groups
    seed: int
    on_epoch: OnEpoch
    state: State
    tell: Callable[[Mapping[str, Any]], None]
    history: list[dict[str, Any]] = field(default_factory=list)


def run(job: Job) -> list[dict[str, Any]]:
    """Train, and return the history: a line an epoch.

    Raises:
        DataError: the loss is no number any more, or a batch of one row cannot be normalised.
        SettingsError: a device, precision or compiler that there is not.
    """
    with torch.random.fork_rng(enabled=True), warnings.catch_warnings():
        # A schedule is stepped after the last step, too; skorch warns of callbacks of its own.
        warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
        net = _net(job)
        net.initialize()
        descent: _Descent = dict(net.callbacks_)["descent"]
        descent.take_up(net)
        done = len(job.history)
        net.notify("on_train_begin", X=None, y=None)
        try:
            if not descent.ended:
                net.fit_loop(None, epochs=job.training.epochs - done)
        except Stopped:
            pass
        except Exception as error:
            if job.training.compile and type(error).__module__.startswith("torch._"):
                said = str(error).strip().splitlines()[0]
                raise SettingsError("'compile' is true, but this PyTorch cannot compile here: "
                                    f"{said}; leave it out.") from error
            if "more than 1 value per channel" in str(error):
                raise DataError("a batch is of one row, from which batch normalisation learns "
                                "nothing: set 'batch_size' to 2 or more, and learn from as many "
                                "rows.") from error
            raise
        finally:
            net.notify("on_train_end", X=None, y=None)
        descent.finish()
    return job.history


def _net(job: Job) -> Any:
    training, device = job.training, device_of(job.training)
    precision, processes = precision_of(training), int(os.environ.get("WORLD_SIZE", "1"))
    waiting = Waiting()
    shell: nn.Module = job.shell
    if training.channels_last:
        shell = shell.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    given: dict[str, Any] = {
        "module": shell, "criterion": job.loss, "optimizer": schedule.optimiser(training, device),
        "lr": schedule.first_rate(training), "train_split": None, "max_epochs": training.epochs,
        "callbacks": [("descent", _Descent(job, waiting))], "compile": training.compile,
        "callbacks__epoch_timer": None,
        "callbacks__valid_loss": None, "callbacks__train_loss": None, "warm_start": True,
    }  # fmt: skip
    train, valid = job.loaders
    if precision != "fp32" or processes > 1:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState

        # It keeps the first one's precision for all, else, and refuses another.
        AcceleratorState._reset_state(reset_partial_state=processes == 1)
        accelerator = Accelerator(mixed_precision="no" if precision == "fp32" else precision,
                                  cpu=device == "cpu")
        net: Net = Accelerated(accelerator=accelerator,
                               callbacks__print_log__sink=_unsaid, **given)
        # Not the rows to judge on: dealt out, some would count twice. Each process takes all.
        train = accelerator.prepare(train)
    else:
        net = Net(device=device, callbacks__print_log=None, **given)
    net.accumulate, net.groups = training.accumulate, job.groups
    net.loaders = Timed(train, waiting), valid
    return net


class _Descent(Callback):  # type: ignore[misc]
    """The schedule, seeds, the best epoch, states and the history."""

    def __init__(self, job: Job, waiting: Waiting) -> None:
        self.job, self.waiting = job, waiting
        self.best: dict[str, Any] | None = None
        self.best_loss, self.since_best = math.inf, 0
        self.ended = False

    def take_up(self, net: Any) -> None:
        """Set up the schedule; go on from a state kept before, where there is one."""
        job = self.job
        self.optimiser = net.optimizer_
        batches = math.ceil(len(net.loaders[0].loader) / job.training.accumulate)
        self.schedule = schedule.schedule(self.optimiser, job.training, batches)
        if kept := job.state.read():
            job.shell.load_state_dict(kept["weights"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.schedule.load_state_dict(kept["schedule"])
            job.history[:] = kept["history"]
            self.best, self.best_loss = kept["best"], kept["best_loss"]
            self.since_best, self.ended = kept["since_best"], kept["ended"]
            watch.current().tell(f"taken up after epoch {len(job.history)} of "
                                 f"{job.training.epochs}")

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        epoch = len(self.job.history)
        torch.manual_seed(self.job.seed * 1_000_003 + epoch)
        self.job.dealer.epoch = epoch
        self.job.on_epoch(self.job.shell.inner, epoch)
        self.waiting.begin()

    def on_grad_computed(self, net: Any, **_: Any) -> None:
        if (most := self.job.training.clip) is not None:
            clip = getattr(getattr(net, "accelerator", None), "clip_grad_norm_", None)
            (clip or nn.utils.clip_grad_norm_)(net.module_.parameters(), most)
        self._due = True

    def on_batch_end(self, net: Any, training: bool = False, **given: Any) -> None:
        if training and not math.isfinite(float(given["loss"])):
            raise DataError(f"the loss of epoch {len(self.job.history) + 1} is {given['loss']}: "
                            "training has diverged; lower 'learning_rate' or set 'clip'.")
        if training and getattr(self, "_due", False):
            self._due = False
            self.schedule.step()

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        job, batches = self.job, net.history[-1]["batches"]
        line: dict[str, Any] = {
            "epoch": len(job.history) + 1, "train_loss": _mean(batches, "train"),
            "learning_rate": max(g["lr"] for g in self.optimiser.param_groups),
            "seconds": self.waiting.all_seconds,
            "waiting": self.waiting.seconds / max(self.waiting.all_seconds, 1e-9),
        }
        if net.loaders[1] is not None:
            line["valid_loss"] = _mean(batches, "valid")
        job.history.append(line)
        job.tell(line)
        if net.loaders[1] is not None and job.training.patience is not None:
            self._note_best(line["valid_loss"])
        self._keep()
        if self.ended:
            raise Stopped

    def finish(self) -> None:
        """Take the best epoch's weights, where one was looked for."""
        self.ended = True
        if self.best is not None:
            self.job.shell.load_state_dict(self.best)
        # The loss is measured before a step: the last one may have thrown everything off.
        if any(w.is_floating_point() and not w.isfinite().all()
               for w in _weights(self.job.shell).values()):
            raise DataError("weights are no finite numbers after the last epoch: training has "
                            "diverged; lower 'learning_rate' or set 'clip'.")
        self._keep()

    def _note_best(self, loss: float) -> None:
        self.since_best += 1
        if loss < self.best_loss:
            self.best_loss, self.since_best = loss, 0
            self.best = copy.deepcopy(_weights(self.job.shell))
        self.ended = self.since_best >= (self.job.training.patience or math.inf)

    def _keep(self) -> None:
        self.job.state.write({
            "weights": _weights(self.job.shell), "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(), "history": self.job.history,
            "best": self.best, "best_loss": self.best_loss, "since_best": self.since_best,
            "ended": self.ended,
        })


def _unsaid(_: str) -> None:
    """Take skorch's own lines, which ours stand in for."""


def _weights(shell: Shell) -> dict[str, Any]:
    return dict(shell.state_dict())


def _mean(batches: list[dict[str, Any]], part: str) -> float:
    """Return the mean loss a row; of several processes' rows together, so that all of them stop
    after the same epoch."""
    sizes = [b[f"{part}_batch_size"] for b in batches if f"{part}_loss" in b]
    losses = [b[f"{part}_loss"] for b in batches if f"{part}_loss" in b]
    whole, count = sum(a * b for a, b in zip(sizes, losses, strict=True)), sum(sizes)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        both: list[Any] = [None] * torch.distributed.get_world_size()
        torch.distributed.all_gather_object(both, (float(whole), count))
        whole, count = (sum(its) for its in zip(*both, strict=True))
    return float(whole / max(1, count))
