"""Teaching a network's trunk from rows without labels: what is hidden, or which views belong
together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from earmark.errors import DataError
from earmark.models._deep.devices import device_of
from earmark.models._deep.stages import Tuned
from earmark.models._deep.statistics import moments
from earmark.models._deep.trunks import without_head
from earmark.models.pretext import Pretext

if TYPE_CHECKING:
    from earmark.models._network import Network

_LABELS = 97  # stands for any number: the layer of so many values is taken off
_HIDDEN = 128  # units between a trunk and what is asked of it
_PROJECTED = 64
_NOISE = 0.1  # in standard deviations of a band
_FURTHEST = 100.0


class Masked(nn.Module):
    """Hides patches of rows; the loss is the mean squared error of what was hidden."""

    def __init__(self, trunk: nn.Module, width: int, shape: tuple[int, ...], pretext: Pretext):
        """Take a trunk that gives ``width`` values a row of a shape."""
        super().__init__()
        self.trunk, self.pretext = trunk, pretext
        self.decoder = nn.Sequential(nn.Linear(width, _HIDDEN), nn.GELU(),
                                     nn.Linear(_HIDDEN, math.prod(shape)))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the loss of a batch of standardised rows."""
        pretext = self.pretext
        hidden = masks(rows, pretext.share, pretext.patch_bands, pretext.patch_steps)
        told = self.decoder(self.trunk(rows.masked_fill(hidden, 0.0))).reshape(rows.shape)
        lost: Tensor = ((told - rows).square() * hidden).sum() / hidden.sum().clamp_min(1)
        return lost


class Contrastive(nn.Module):
    """Two views of each row; the loss is NT-Xent."""

    def __init__(self, trunk: nn.Module, width: int, shape: tuple[int, ...], pretext: Pretext):
        """Take a trunk that gives ``width`` values a row of a shape."""
        super().__init__()
        self.trunk, self.pretext = trunk, pretext
        self.projector = nn.Sequential(nn.Linear(width, _HIDDEN), nn.ReLU(),
                                       nn.Linear(_HIDDEN, _PROJECTED))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the loss of a batch of standardised rows."""
        views = torch.cat([view(rows, self.pretext.share) for _ in range(2)])
        return nt_xent(self.projector(self.trunk(views)), self.pretext.temperature)


def masks(rows: Tensor, share: float, bands: int, steps: int) -> Tensor:
    """Return True where rows are hidden [shape=(rows, ...)], patch by patch, drawn by PyTorch's
    generator; of rows without time, column by column."""
    if rows.ndim == 2:
        return torch.rand(rows.shape, device=rows.device) < share
    high, wide = rows.shape[-2:]
    patches = torch.rand(len(rows), -(-high // bands), -(-wide // steps), device=rows.device)
    hidden = (patches < share).repeat_interleave(bands, 1).repeat_interleave(steps, 2)
    hidden = hidden[:, :high, :wide]
    return hidden if rows.ndim == 3 else hidden[:, None].expand(rows.shape)


def view(rows: Tensor, share: float) -> Tensor:
    """Return another look at each row: half its time from somewhere, begun anew to its length, a
    run of bands hidden, a little noise; of rows without time, columns are hidden instead."""
    noisy = rows + _NOISE * torch.randn_like(rows)
    if rows.ndim == 2:
        return noisy.masked_fill(masks(rows, share, 1, 1), 0.0)
    high, wide = rows.shape[-2:]
    half = max(1, wide // 2)
    begin = torch.randint(wide - half + 1, (len(rows), 1), device=rows.device)
    places = begin + torch.arange(wide, device=rows.device) % half
    around = (len(rows), *(1 for _ in rows.shape[1:-1]), wide)
    seen = noisy.gather(-1, places.reshape(around).expand(rows.shape))
    run = (torch.rand(len(rows), 1, device=rows.device) * share * high).long()
    first = (torch.rand(len(rows), 1, device=rows.device) * (high - run + 1)).long()
    band = torch.arange(high, device=rows.device)
    hidden = (band >= first) & (band < first + run)
    return seen.masked_fill(hidden.reshape(len(rows), *(1 for _ in rows.shape[1:-2]), high, 1), 0.0)


def nt_xent(projected: Tensor, temperature: float) -> Tensor:
    """Return the normalised, temperature-scaled cross-entropy of views [shape=(2 n, values)], of
    which k and k + n are of one row (Chen et al. 2020, eq. 1)."""
    unit = functional.normalize(projected.float(), dim=1)
    alike = unit @ unit.T / temperature
    alike = alike.masked_fill(torch.eye(len(unit), dtype=torch.bool, device=unit.device),
                              -math.inf)
    partner = torch.arange(len(unit), device=unit.device).roll(len(unit) // 2)
    return functional.cross_entropy(alike, partner)


def taught(
    network: Network, rows: Any, pretext: Pretext, seed: int, tell: Callable[[str], None]
) -> tuple[nn.Module, list[float]]:
    """Return the trunk, on the processor, and each epoch's mean loss; see ``pretext.pretrain``."""
    if len(rows) < 2:
        raise DataError(f"{len(rows)} rows to learn from without labels; expected 2 or more.")
    shape = tuple(rows.shape[1:])
    if network.crop is not None and network.crop < shape[-1]:
        shape = (*shape[:-1], network.crop)
    mean, spread = moments(rows)
    around = (-1, *(1 for _ in shape[1:]))
    feed = _Feed(rows, mean.reshape(around), spread.reshape(around), shape[-1],
                 network.scaling == "standard")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        task = _task(network, shape, pretext).to(device_of(network.training)).train()
        losses = _descend(task, feed, pretext, np.random.default_rng(seed), tell)
    return task.trunk.to("cpu").eval(), losses


def _task(network: Network, shape: tuple[int, ...], pretext: Pretext) -> Masked | Contrastive:
    inner = network.build(shape, _LABELS)
    network.begin(inner)
    if isinstance(inner, Tuned):
        inner.hold(0)  # what is to stand still afterwards is taught here
    trunk = without_head(inner, _LABELS)
    with torch.no_grad():
        width = trunk.eval()(torch.zeros(2, *shape)).shape[1]
    kind = Masked if pretext.method == "masked" else Contrastive
    return kind(trunk, width, shape, pretext)


class _Feed:
    """Standardised rows, cropped by chance."""

    def __init__(self, rows: Any, mean: NDArray[np.float32], spread: NDArray[np.float32],
                 length: int, standard: bool) -> None:
        self.rows, self.mean, self.spread = rows, mean, spread
        self.length, self.standard = length, standard

    def batch(self, numbers: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        rows = np.asarray(self.rows[numbers], np.float32)
        most = rows.shape[-1] - self.length
        if most > 0:
            begins = rng.integers(0, most + 1, len(rows))
            rows = np.stack([row[..., b : b + self.length]
                             for row, b in zip(rows, begins, strict=True)])
        if self.standard:
            rows = np.clip((rows - self.mean) / self.spread, -_FURTHEST, _FURTHEST)
        return torch.from_numpy(np.ascontiguousarray(rows))


def _descend(
    task: Masked | Contrastive, feed: _Feed, pretext: Pretext, rng: np.random.Generator,
    tell: Callable[[str], None],
) -> list[float]:
    device = next(task.parameters()).device
    count = len(feed.rows)
    batches = max(1, count // pretext.batch_size)  # what is left over comes in another epoch
    size = min(count, pretext.batch_size)
    optimiser = torch.optim.AdamW(task.parameters(), pretext.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, pretext.learning_rate, total_steps=pretext.epochs * batches + 1)
    losses = []
    for epoch in range(1, pretext.epochs + 1):
        order, total = rng.permutation(count), 0.0
        for k in range(batches):
            rows = feed.batch(order[k * size : (k + 1) * size], rng).to(device)
            loss = task(rows)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        losses.append(total / batches)
        if not math.isfinite(losses[-1]):
            raise DataError(f"the loss of epoch {epoch} is {losses[-1]}; lower 'learning_rate'.")
        tell(f"{pretext.method}, epoch {epoch} of {pretext.epochs}: loss {losses[-1]:.4f}")
    return losses
