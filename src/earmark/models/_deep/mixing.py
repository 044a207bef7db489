"""What is done to examples in training; everything is drawn from the generator given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.models._training import Augment

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Changes:
    """Augmentation of rows of one shape.

    Attributes:
        mean: of each band, column or channel, what masked places take [shape=(first axis,)].
        spread: their standard deviations.
    """

    augment: Augment
    mean: Floats
    spread: Floats

    def one(self, row: Floats, rng: np.random.Generator) -> Floats:
        """Return one example, changed; the row given stays as it is."""
        wanted, row = self.augment, np.array(row, np.float32)
        if row.ndim >= 2:
            if wanted.flip_time and rng.random() < wanted.flip_time:
                row = row[..., ::-1].copy()
            if wanted.shift:
                row = self._shifted(row, int(rng.integers(-wanted.shift, wanted.shift + 1)))
            if (wanted.time_masks or wanted.band_masks) and rng.random() < wanted.mask_probability:
                self._mask(row, rng)
        if wanted.noise:
            around = (-1, *(1 for _ in row.shape[1:]))
            row += rng.standard_normal(row.shape, np.float32) * (
                np.float32(wanted.noise) * self.spread.reshape(around))
        return row

    def batch(
        self, rows: Floats, labels: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Return a batch in which each example is mixed with another one, and its truth."""
        wanted = self.augment
        if not wanted.mixes or len(rows) < 2:
            return rows, labels
        cuts = wanted.cutmix and rows.ndim >= 3 and (not wanted.mixup or rng.random() < 0.5)
        if not cuts and not wanted.mixup:
            return rows, labels
        alpha = wanted.cutmix if cuts else wanted.mixup
        kept = rng.beta(alpha, alpha, len(rows)).astype(np.float32)
        other = rng.permutation(len(rows))
        if cuts:
            mixed, kept = _cut(rows, other, kept, rng)
        else:
            share = kept.reshape(-1, *(1 for _ in rows.shape[1:]))
            mixed = share * rows + (1 - share) * rows[other]
        return mixed, kept[:, None] * labels + (1 - kept[:, None]) * labels[other]

    def _shifted(self, row: Floats, by: int) -> Floats:
        """Move bands up or down; those that come in have their mean."""
        bands = -2 if row.ndim == 3 else 0
        moved = np.roll(row, by, axis=bands)
        filled = slice(None, by) if by > 0 else slice(by, None)
        if by:
            at = (slice(None), filled) if row.ndim == 3 else (filled,)
            moved[at] = self._means(row)[at]
        return moved

    def _mask(self, row: Floats, rng: np.random.Generator) -> None:
        means = self._means(row)
        for _ in range(self.augment.time_masks):
            at = _stretch(row.shape[-1], self.augment.time_share, rng)
            row[..., at] = means[..., at]
        bands = row.shape[-2]
        for _ in range(self.augment.band_masks):
            at = _stretch(bands, self.augment.band_share, rng)
            row[..., at, :] = means[..., at, :]

    def _means(self, row: Floats) -> Floats:
        return np.broadcast_to(self.mean.reshape(-1, *(1 for _ in row.shape[1:])), row.shape)


def _stretch(length: int, share: float, rng: np.random.Generator) -> slice:
    wide = int(rng.integers(0, max(1, round(length * share)) + 1))
    begin = int(rng.integers(0, length - wide + 1))
    return slice(begin, begin + wide)


def _cut(
    rows: Floats, other: NDArray[np.intp], kept: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Put a stretch of another example's time into each; return with the shares that stayed."""
    mixed, length = rows.copy(), rows.shape[-1]
    for k, share in enumerate(kept):
        wide = round(length * (1 - float(share)))
        begin = int(rng.integers(0, length - wide + 1))
        mixed[k, ..., begin : begin + wide] = rows[other[k], ..., begin : begin + wide]
        kept[k] = 1 - wide / length
    return mixed, kept
