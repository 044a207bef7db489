"""From rows to a trained shell, and from a shell to scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from earmark import settings
from earmark.errors import DataError
from earmark.models._deep import descent, devices, finder, schedule, trunks
from earmark.models._deep.feeding import Dealer, Examples, judging_loader, training_loader
from earmark.models._deep.losses import Loss, label_weights
from earmark.models._deep.mixing import Changes
from earmark.models._deep.shell import Shell
from earmark.models._deep.states import State
from earmark.models._deep.statistics import Moments, moments, refuse_odd
from earmark.models.watch import Watch
from earmark.picked import row_blocks

if TYPE_CHECKING:
    from earmark.models._network import Network

_MOST_AT_ONCE, _VALUES_AT_ONCE = 64, 1 << 22  # waveforms take a thousandfold inside an encoder


def learn(
    network: Network, rows: Any, labels: NDArray[np.int8], valid: Any, watch: Watch
) -> None:
    """Train a network on checked labels and leave it, on the processor, in ``shell_``."""
    from earmark.models._network import identity_of

    training, seed = network.training, network.seed_
    network.shape_, network.labels_ = tuple(rows.shape[1:]), labels.shape[1]
    mean, spread = moments(rows)
    if valid is not None:
        for begin, block in row_blocks(valid[0]):
            refuse_odd(block, begin)
    shell = begun(network, Moments(mean, spread))
    network.parameters_ = sum(p.numel() for p in shell.inner.parameters())
    examples = Examples(rows, labels, Changes(network.augment, mean, spread), shell.crop, seed)
    loss = Loss(network.task, training, label_weights(labels, network.task, training))
    groups = network.parameter_groups(shell.inner)
    if training.learning_rate == "find":
        found = finder.find(shell, loss, examples, training, groups, seed,
                            devices.device_of(training))
        network.found_rate_ = found._asdict()
        groups = [dict(g, lr_share=g.get("lr_share", 1.0) * found.rate
                       / schedule.first_rate(training)) for g in groups]
    name = f"{network.fingerprint}-{seed:08x}-{identity_of(rows, labels)}"
    if valid is not None:  # which epoch is the best hangs on it
        name += f"-{identity_of(*valid)}"
    dealer = Dealer(labels, network.task, training, seed)
    told = _Telling(watch, name, network.name, training.epochs)
    job = descent.Job(
        shell, training, loss,
        (training_loader(examples, dealer, training.workers),
         None if valid is None else judging_loader(
             valid[0], valid[1], at_once(valid[0].shape[1:]))),
        dealer, groups, seed, network.on_epoch,
        State(None if watch.folder is None else watch.folder / f"{name}.state", watch.keeps),
        told,
    )  # fmt: skip
    network.history_ = descent.run(job)
    told.end()
    network.shell_ = shell.to("cpu").eval()
    watch.curves.append(network.told())


def begun(network: Network, found: Moments) -> Shell:
    """Return the network of a shape, a number of labels and a seed as training begins with it."""
    with torch.random.fork_rng():
        torch.manual_seed(network.seed_)
        shell = built(network)
        network.begin(shell.inner)
        if network.start is not None:
            trunks.start(shell.inner, network.labels_, Path(network.start))
    if network.scaling == "standard":
        shell.mean.copy_(torch.from_numpy(found.mean).reshape(shell.mean.shape))
        shell.spread.copy_(torch.from_numpy(found.spread).reshape(shell.spread.shape))
    return shell


def built(network: Network) -> Shell:
    """Return the network of a shape and a number of labels in its shell, not trained."""
    shape, crop = network.shape_, network.crop
    seen = shape if crop is None or crop >= shape[-1] else (*shape[:-1], crop)
    inner = network.build(seen, network.labels_)
    shell = Shell(inner, shape, network.task, crop, network.furthest)
    with torch.no_grad():
        made = inner.eval()(torch.zeros(2, *seen))
    if made.shape != (2, network.labels_):
        raise DataError(f"{network.name} gives values of shape {tuple(made.shape)} for two rows; "
                        f"expected (2, {network.labels_}).")
    return shell


def at_once(shape: Sequence[int]) -> int:
    """Return how many rows of a shape go through a network together where nothing is learnt.

    >>> at_once((128, 10)), at_once((1, 720_000))
    (64, 5)
    """
    return max(1, min(_MOST_AT_ONCE, _VALUES_AT_ONCE // math.prod(shape)))


def scores(shell: Shell, rows: Any, labels: int) -> NDArray[np.float32]:
    """Return scores [shape=(rows, labels)], some rows at a time."""
    found, size = np.zeros((len(rows), labels), np.float32), at_once(rows.shape[1:])
    with torch.inference_mode():
        for begin in range(0, len(rows), size):
            part = np.arange(begin, min(begin + size, len(rows)))
            block = np.asarray(rows[part], np.float32)
            refuse_odd(block, begin)
            found[part] = shell.scores(torch.from_numpy(block)).numpy()
    if not np.isfinite(found).all():
        raise DataError("the network gives scores that are no numbers: its training has diverged; "
                        "lower 'learning_rate' or set 'clip'.")
    clipped: NDArray[np.float32] = np.clip(found, 0, 1)
    return clipped


class _Telling:
    """Tells of every epoch: in a line, and to TensorBoard."""

    def __init__(self, watch: Watch, name: str, model: str, epochs: int) -> None:
        self.watch, self.model, self.epochs = watch, model, epochs
        self.board: Any = None
        if watch.tensorboard is not None:
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(str(watch.tensorboard / name))

    def __call__(self, line: Mapping[str, Any]) -> None:
        epoch, rest = line["epoch"], {k: v for k, v in line.items() if k != "epoch"}
        losses = ", ".join(f"{k.removesuffix('_loss')} {v:.4f}" for k, v in rest.items()
                           if k.endswith("_loss"))
        self.watch.tell(f"{self.model}, epoch {epoch} of {self.epochs}: loss {losses}; "
                        f"{line['seconds']:.1f} s, {line['waiting']:.0%} of it waiting for data")
        if self.board is not None:
            for name, value in rest.items():
                self.board.add_scalar(name, value, epoch)

    def end(self) -> None:
        if self.board is not None:
            self.board.close()


def describe(network: Network) -> dict[str, Any]:
    """Return all that makes the network again, but for its weights."""
    return {"name": network.name, "settings": settings.to_mapping(network),
            "shape": list(network.shape_), "labels": network.labels_, "seed": network.seed_,
            "parameters": network.parameters_, "history": network.history_,
            "about": dict(network.about_)}
