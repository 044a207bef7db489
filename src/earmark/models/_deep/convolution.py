"""What convolutional networks share: blocks, pooling over all places, and Keras's first weights."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Pooling = Literal["mean", "max", "both", "attention"]


class Pictured(nn.Module):
    """Gives pictures of bands their channel: (rows, bands, frames) to (rows, 1, bands, frames)."""

    def forward(self, rows: Tensor) -> Tensor:
        """Return pictures [shape=(rows, channels, height, width)]."""
        return rows.unsqueeze(1) if rows.ndim == 3 else rows


def normalised(given: int, wanted: int, *, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    """Return a convolution that keeps the size, its batch normalisation and a rectifier.

    The convolution has no bias, which the normalisation would take out again.
    """
    return [*linear_normalised(given, wanted, kernel=kernel, stride=stride), nn.ReLU()]


def linear_normalised(
    given: int, wanted: int, *, kernel: int = 3, stride: int = 1
) -> list[nn.Module]:
    """Return the same without the rectifier."""
    return [nn.Conv2d(given, wanted, kernel, stride=stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(wanted)]


class Pooled(nn.Module):
    """Brings all places together: (rows, channels, ...) to (rows, channels), or twice as many.

    Attributes:
        width: of what comes out.
    """

    def __init__(self, kind: Pooling, channels: int) -> None:
        """Pool by ``mean``, ``max``, ``both`` side by side, or ``attention``: a mean whose weights
        are learnt from each place."""
        super().__init__()
        self.kind = kind
        self.width = 2 * channels if kind == "both" else channels
        self.weigh = nn.Conv1d(channels, 1, 1) if kind == "attention" else None

    def forward(self, places: Tensor) -> Tensor:
        """Return what is left of the places [shape=(rows, width)]."""
        flat = places.flatten(2)
        if self.weigh is not None:
            attended: Tensor = (flat * self.weigh(flat).softmax(dim=2)).sum(dim=2)
            return attended
        if self.kind == "mean":
            return flat.mean(dim=2)
        if self.kind == "max":
            return flat.amax(dim=2)
        return torch.cat([flat.mean(dim=2), flat.amax(dim=2)], dim=1)


class Resized(nn.Module):
    """Resizes pictures: bilinear, over as many places as fall on one where they become smaller.

    Both axes are matrix products, so that every runtime gives the same picture.
    """

    down: Tensor
    across: Tensor

    def __init__(self, given: tuple[int, int], wanted: tuple[int, int]) -> None:
        """Turn pictures of one height and width into those of another."""
        super().__init__()
        # Made anew from the settings, so not kept with the weights.
        self.register_buffer("down", _weights(given[0], wanted[0]), persistent=False)
        self.register_buffer("across", _weights(given[1], wanted[1]).T, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures [shape=(rows, channels, *wanted)]."""
        return self.down @ pictures @ self.across


def _weights(given: int, wanted: int) -> Tensor:
    """Return how much each given place says for each wanted one [shape=(wanted, given)]."""
    scale = given / wanted
    centres = (torch.arange(wanted, dtype=torch.float64) + 0.5) * scale
    apart = (torch.arange(given, dtype=torch.float64) + 0.5)[None] - centres[:, None]
    weights = (1 - apart.abs() / max(scale, 1.0)).clamp_min(0)
    return (weights / weights.sum(dim=1, keepdim=True)).float()


# Of van der Walt & Smith's map "viridis" (2015) the colours of 0, 1/4, 1/2, 3/4 and 1.
_VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_BENDS = len(_VIRIDIS) - 1


class Coloured(nn.Module):
    """Makes grey pictures, with one channel or none, into ones of three: equal channels, or the
    colours of a map, between five of which lie straight lines. Coloured ones stay as they are."""

    first: Tensor
    bends: Tensor

    def __init__(self, colours: str = "grey") -> None:
        """Take ``grey`` or ``viridis``, which is of pictures in [0, 1]."""
        super().__init__()
        self.mapped = colours == "viridis"
        if self.mapped:
            points = torch.tensor(_VIRIDIS)[:, :, None, None] / 255
            slopes = points.diff(dim=0) * _BENDS
            self.register_buffer("first", points[:1], persistent=False)
            self.register_buffer("bends", torch.cat([slopes[:1], slopes.diff(dim=0)])[:, None],
                                 persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Return pictures [shape=(rows, 3, height, width)]."""
        pictures = rows.unsqueeze(1) if rows.ndim == 3 else rows
        if not self.mapped or pictures.shape[1] == 3:
            return pictures.expand(-1, 3, -1, -1)
        grey, coloured = pictures.clamp(0, 1), self.first
        for k in range(_BENDS):  # each from its place on
            coloured = coloured + self.bends[k] * (grey - k / _BENDS).clamp(min=0)
        return coloured


class Padded(nn.Module):
    """Pads time so that a kernel of any length keeps it; for kernels of an even length, which
    PyTorch pads with a warning. The end gets the odd one, as in TensorFlow."""

    def __init__(self, kernel: int) -> None:
        """Take the kernel's length in frames."""
        super().__init__()
        self.sides = ((kernel - 1) // 2, kernel // 2)

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows, longer by the kernel less one."""
        return functional.pad(rows, self.sides)
