"""Filters at the harmonics of every pitch, whose bandwidth is learnt (Won et al. 2020)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

Values = Literal["levels", "magnitudes", "decibels"]
_ALPHA, _BETA_HZ = 0.1079, 24.7  # a hearing's bandwidth (Glasberg & Moore 1990) over frequency
_LEAST_Q = 0.01
_LEAST_POWER = 1e-10  # -100 dB
_A4_HZ, _A4_MIDI = 440.0, 69


def pitches(half_rate_hz: float, harmonics: int, lowest_midi: int, per_semitone: int) -> Tensor:
    """Return the pitches' frequencies in Hz, at equal steps from the lowest to that whose highest
    harmonic is at about half the sample rate, which is left out [shape=(pitches,)].

    >>> len(pitches(8000, 6, 24, 2))  # C1 to E6, by quarter tones
    128
    """
    highest = round(_A4_MIDI + 12 * math.log2(half_rate_hz / harmonics / _A4_HZ))
    steps = torch.arange(max(0, highest - lowest_midi) * per_semitone, dtype=torch.float64)
    hertz: Tensor = _A4_HZ * 2 ** ((lowest_midi + steps / per_semitone - _A4_MIDI) / 12)
    return hertz


def triangles(rows_hz: Tensor, centres_hz: Tensor, q: Tensor | float) -> Tensor:
    """Return each filter's weight for each row [shape=(centres, rows)]: 1 at its centre, falling
    to 0 at half the bandwidth, which is (.1079 f + 24.7) / Q, to either side."""
    bandwidths = (_ALPHA * centres_hz + _BETA_HZ) / q
    apart = (rows_hz[None] - centres_hz[:, None]).abs()
    return (1 - 2 * apart / bandwidths[:, None]).clamp_min(0)


class HarmonicFilters(nn.Module):
    """Spectra in linear frequency to pitches, with a channel for each harmonic.

    Attributes:
        q: sharpness of all filters, learnt.
    """

    rows_hz: Tensor
    centres_hz: Tensor

    def __init__(
        self, rows: int, top_hz: float, pitches_hz: Tensor, harmonics: int, q: float, values: Values
    ) -> None:
        """Take spectra of ``rows`` at equal distances from 0 Hz to ``top_hz``."""
        super().__init__()
        self.harmonics, self.pitches, self.values = harmonics, len(pitches_hz), values
        centres = (torch.arange(1, harmonics + 1)[:, None] * pitches_hz[None]).flatten()
        # Both follow from the settings, so they are not kept with the weights.
        self.register_buffer("rows_hz", torch.linspace(0, top_hz, rows), persistent=False)
        self.register_buffer("centres_hz", centres.float(), persistent=False)
        self.q = nn.Parameter(torch.tensor(float(q)))

    def weights(self) -> Tensor:
        """Return the filters as they are now [shape=(harmonics * pitches, rows)]."""
        return triangles(self.rows_hz, self.centres_hz, self.q.clamp_min(_LEAST_Q))

    def forward(self, spectra: Tensor) -> Tensor:
        """Return pictures [shape=(rows, harmonics, pitches, frames)] from (rows, bins, frames)."""
        weights = self.weights()
        if self.values == "levels":
            total = weights.sum(dim=1, keepdim=True)
            found = (weights / total.clamp_min(1e-6)) @ spectra
        else:
            found = _decibels(weights @ _powers(spectra, self.values))
        return found.reshape(-1, self.harmonics, self.pitches, spectra.shape[2])


def _powers(spectra: Tensor, values: Values) -> Tensor:
    return spectra.square() if values == "magnitudes" else 10 ** (spectra / 10)


def _decibels(powers: Tensor) -> Tensor:
    return 10 * powers.clamp_min(_LEAST_POWER).log10()
