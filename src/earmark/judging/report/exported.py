"""The graphs a run's models became: how true to the models, how large, how fast, in how many bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from earmark.judging.report.plain import Node

HEADS = ("graph", "model", "bytes", "differs by", "faster than the model", "eight bits")


@dataclass(frozen=True)
class Exported:
    """One branch's graph.

    Attributes:
        size: in bytes, in 32 bits. parity: its largest difference from the model on real rows.
        faster: times it is than the model. small: what came of eight bits; empty where they were
            not tried.
    """

    branch: str
    model: str
    size: int
    parity: float
    faster: float
    small: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Under ``HEADS``."""
        parity = f"{self.parity:.1e}" if self.parity else "0"
        return (self.branch, self.model, f"{self.size:,}", parity, f"{self.faster:.1f} times",
                self.small or "not tried")


def read_exported(node: Node | None) -> tuple[Exported, ...]:
    """Read what a run tells of its graphs; older ones tell nothing."""
    return tuple(
        Exported(e.need("branch").text(), e.need("model").text(), e.need("bytes").whole(),
                 e.need("parity").number(), e.need("faster").number(), _small(e.get("int8")))
        for e in (node.elements() if node else ())
    )


def cells(exported: Sequence[Exported]) -> list[list[str]]:
    """Return the rows of the table under ``HEADS``."""
    return [list(its.cells) for its in exported]


def _small(node: Node | None) -> str:
    if node is None:
        return ""
    if why := node.get("refused"):
        return why.text()
    lost = node.maybe("lost")
    told = "is not defined"
    if lost is not None:
        told = f"{abs(lost):.3f} {'less' if lost > 0 else 'more'}"
    return (f"{'taken' if node.need('taken').flag() else 'left'}: "
            f"{node.need('faster').number():.2f} times as fast as in 32, "
            f"{node.need('bytes').whole():,} bytes, {node.need('metric').text()} {told} on "
            f"{node.need('judged_on').text()} tracks")
