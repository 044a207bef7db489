"""Published scores of the very protocol of one's own, from ``references.toml``.

A published number says something about one's own only where dataset, labels, partition, unit and
metric are the same; of all others nothing is shown, however near they look: one network has PR AUC
.383 on one split of MagnaTagATune and .449 on the other.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from earmark import registry, settings
from earmark.datasets.opening import options_of
from earmark.errors import SettingsError
from earmark.judging.protocol import METRICS, Protocol

How = Literal["verified", "recalled", "measured"]
HOW: Mapping[How, str] = {
    "verified": "read in the authors' files",
    "recalled": "recalled, not read again",
    "measured": "measured by this project",
}


@dataclass(frozen=True)
class Reference:
    """A published score.

    Attributes:
        options: of the dataset, those that matter to the protocol, by name.
        how: the number is known.
        note: what else to know before setting it beside one's own; may be empty.
    """

    system: str
    value: float
    metric: str
    dataset: str
    options: Mapping[str, str]
    partition: str
    unit: str
    source: str
    year: int
    how: How
    note: str

    @property
    def known(self) -> str:
        """How the number is known, in words."""
        return HOW[self.how]


@dataclass(frozen=True)
class _Sheet:
    """Scores of one protocol and source, as they stand in the file."""

    dataset: str
    partition: str
    unit: Literal["track", "segment"]
    metric: str
    how: How
    year: int
    source: str
    scores: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@cache
def references() -> tuple[Reference, ...]:
    """Return all published scores, in the order of the file."""
    file = importlib.resources.files("earmark.judging") / "references.toml"
    sheets = [settings.from_mapping(_Sheet, values, where="references.toml")
              for values in tomllib.loads(file.read_text("utf-8"))["sheets"]]  # fmt: skip
    return tuple(
        Reference(system, value, s.metric, s.dataset, {k: str(v) for k, v in s.options.items()},
                  s.partition, s.unit, s.source, s.year, s.how, s.note)
        for s in sheets for system, value in s.scores
    )


def same_protocol(protocol: Protocol) -> tuple[Reference, ...]:
    """Return the published scores of a protocol, best first, of each of its metrics in turn.

    None for a part of a dataset, whose split bears another name, for other options, and for
    scores that are contaminated.
    """
    if protocol.contaminated:
        return ()
    task = next((m for m in METRICS.values() if m[0] == protocol.metric), (protocol.metric,))
    options, asked = _options(protocol), (protocol.dataset, protocol.split, protocol.unit)
    found = [r for r in references()
             if (r.dataset, r.partition, r.unit) == asked
             and r.metric in task and options == {**_defaults(protocol.dataset), **r.options}]
    return tuple(sorted(found, key=lambda r: (task.index(r.metric), -r.value)))


def _options(protocol: Protocol) -> dict[str, str]:
    """Return all options of the protocol's dataset, those as by default among them."""
    pairs = (part.partition("=") for part in protocol.variant.split(", ") if part)
    return {**_defaults(protocol.dataset), **{name: value for name, _, value in pairs}}


def _defaults(dataset: str) -> dict[str, str]:
    try:
        known = options_of(registry.load("datasets", dataset))
    except SettingsError:  # a dataset of a package that is not installed here
        return {}
    return {name: str(default) for name, (_, default) in known.items()}
