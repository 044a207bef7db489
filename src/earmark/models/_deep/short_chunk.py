"""The trunk of the short-chunk networks and of the harmonic one: blocks that halve a picture."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from earmark.models._deep.convolution import Pooled, linear_normalised, normalised

Form = Literal["plain", "strided", "mixed"]
_WIDTHS = (1, 1, 2, 2, 2, 2, 4)  # of a block's channels, in those of the first
MOST_BLOCKS = len(_WIDTHS)


def widths(channels: int, blocks: int) -> tuple[int, ...]:
    """Return the channels of each block; of fewer than seven, the last is still the widest.

    >>> widths(128, 7)
    (128, 128, 256, 256, 256, 256, 512)
    >>> widths(8, 3)
    (8, 8, 32)
    """
    return tuple(channels * wide for wide in (*_WIDTHS[: blocks - 1], _WIDTHS[-1]))


def trunk(given: int, channels: int, blocks: int, form: Form, shortcut: int = 3) -> nn.Sequential:
    """Return the blocks, each of which halves height and width.

    Args:
        given: channels that come in.
        form: ``plain`` convolutions with pooling; ``strided`` residual blocks; or ``mixed``: a
            residual block with pooling wherever the channels stay as many, else a plain one.
        shortcut: kernel of the shortcut of strided blocks.
    """
    made: list[nn.Module] = []
    for one, two in pairwise((given, *widths(channels, blocks))):
        if form == "strided":
            made.append(Residual(one, two, stride=2, shortcut=shortcut))
        elif form == "mixed" and one == two:
            made += [Residual(one, two), nn.MaxPool2d(2)]
        else:
            made += [*normalised(one, two), nn.MaxPool2d(2)]
    return nn.Sequential(*made)


def head(width: int, dropout: float, labels: int) -> nn.Sequential:
    """Return what turns the trunk's places into logits: their maximum and two dense layers."""
    return nn.Sequential(
        Pooled("max", width), nn.Linear(width, width, bias=False), nn.BatchNorm1d(width),
        nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, labels),
    )  # fmt: skip


class Residual(nn.Module):
    """Two convolutions and a way past them."""

    def __init__(self, given: int, wanted: int, *, stride: int = 1, shortcut: int = 3) -> None:
        """Make it; where the shape changes, the way past is a convolution, too."""
        super().__init__()
        self.main = nn.Sequential(*normalised(given, wanted, stride=stride),
                                  *linear_normalised(wanted, wanted))
        same = stride == 1 and given == wanted
        self.past = nn.Sequential(
            *([] if same else linear_normalised(given, wanted, kernel=shortcut, stride=stride)))
        self.rectified = nn.ReLU()

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures of as many places, or a quarter where the stride is 2."""
        found: Tensor = self.rectified(self.main(pictures) + self.past(pictures))
        return found
