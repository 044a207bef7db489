"""What a network is taught before it is shown labels, as settings; see ``_deep.pretraining``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from earmark.models._network import Network, as_rows, require_deep

Method = Literal["masked", "contrastive"]


@dataclass(frozen=True)
class Pretext:
    """Learning from rows alone.

    Attributes:
        method: ``masked``: patches of a row are hidden, and a small decoder behind the trunk has to
            tell what stood there, by the mean squared error of the hidden cells. ``contrastive``:
            two views of a row have to be more alike than views of different rows (NT-Xent: Chen
            et al. 2020, SimCLR; on music, Saeed et al. 2021, COLA). A view is half of the row's
            time, begun anew to its whole length, with a run of bands hidden and a little noise.
        epochs: passes over the rows. batch_size: rows that are compared with one another.
        learning_rate: the highest of one cycle of AdamW.
        share: of a row's patches that are hidden; of its bands in a view, at most.
        patch_bands, patch_steps: size of a patch; columns alone where rows have no time.
        temperature: by which likenesses of views are divided.
    """

    method: Method = "masked"
    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 0.001
    share: float = 0.5
    patch_bands: int = 16
    patch_steps: int = 2
    temperature: float = 0.1

    def __post_init__(self) -> None:
        for name in ("epochs", "patch_bands", "patch_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 1 or more.")
        if self.batch_size < 2:
            raise ValueError(f"'batch_size' is {self.batch_size}; expected 2 or more.")
        for name in ("learning_rate", "temperature"):
            if not getattr(self, name) > 0:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected above 0.")
        if not 0 < self.share < 1:
            raise ValueError(f"'share' is {self.share}; expected between 0 and 1.")


def pretrain(
    network: Network, rows: Any, pretext: Pretext, path: Path, rng: np.random.Generator,
    tell: Any = lambda _: None,
) -> list[float]:
    """Teach a network's trunk, all of it, write it to a file, and return each epoch's loss.

    Args:
        rows: [shape=(rows, ...)], of the shape that the network will learn from.
        path: the safetensors file that a network's ``start`` may name.

    Raises:
        DataError: rows that are no numbers, too few of them, or not for this network; a network
            whose last layer is not dense.
        MissingExtraError: PyTorch is not installed.
    """
    require_deep()
    from earmark.models._deep import pretraining, trunks

    rows = as_rows(rows)
    network._check_rows(rows)
    inner, losses = pretraining.taught(network, rows, pretext, int(rng.integers(2**31)), tell)
    trunks.save(network, inner, tuple(rows.shape[1:]), path)
    return losses
