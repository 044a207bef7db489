"""How networks learnt: their losses epoch by epoch, and the learning rates that were tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from earmark.errors import DataError
from earmark.judging.report.plain import Node
from earmark.judging.report.svg import WIDTH, Scale, chart, line, path, text

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, WIDTH - 16, 12.0, 236.0


@dataclass(frozen=True)
class Epoch:
    """One pass: losses on what is learnt from and, where there are any, on valid rows."""

    number: int
    train_loss: float
    valid_loss: float | None
    seconds: float
    waiting: float


@dataclass(frozen=True)
class Trained:
    """What a network's training has to tell.

    Attributes:
        parameters: how many weights it has.
        rates: learning rate and loss of each step that looked for one; empty where none did.
        rate: the one chosen.
    """

    model: str
    parameters: int
    epochs: tuple[Epoch, ...]
    rates: tuple[tuple[float, float], ...]
    rate: float | None

    @property
    def seconds(self) -> float:
        """Of all epochs."""
        return sum(epoch.seconds for epoch in self.epochs)

    @property
    def waiting(self) -> float:
        """Share of the time in which the network waited for its data."""
        waited = sum(epoch.seconds * epoch.waiting for epoch in self.epochs)
        return waited / self.seconds if self.seconds else 0.0

    @property
    def diverged(self) -> bool:
        """Whether training ended with a higher loss than it began with."""
        return bool(self.epochs) and self.epochs[-1].train_loss > self.epochs[0].train_loss


def read_training(node: Node | None) -> tuple[Trained, ...]:
    """Read what networks tell of their training; runs of other models have none."""
    return tuple(_trained(e) for e in node.elements()) if node else ()


def _trained(node: Node) -> Trained:
    finder, history = node.get("rate_finder"), node.get("history")
    rates, losses = ([*map(read, finder.need(key).elements())] if finder else []
                     for key, read in (("rates", _above_zero), ("losses", Node.number)))
    chosen = finder.get("rate") if finder else None
    return Trained(
        node.need("model").text(), node.need("parameters").whole(),
        tuple(
            Epoch(e.need("epoch").whole(), e.need("train_loss").number(), e.maybe("valid_loss"),
                  e.need("seconds").number(), e.need("waiting").number())
            for e in (history.elements() if history else ())
        ),
        tuple(zip(rates, losses, strict=False)), _above_zero(chosen) if chosen else None,
    )


def _above_zero(node: Node) -> float:
    """Return a rate, which has a logarithm."""
    rate = node.number()
    if not rate > 0:
        raise DataError(f"{node.where} is {rate:g}; expected above 0. The run folder is damaged: "
                        "run it again.")
    return rate


def losses(name: str, trained: Trained) -> str:
    """Return the losses over epochs: on what is learnt from, and on valid rows dashed."""
    epochs = trained.epochs
    curves = [("learnt from", "curve", [(e.number, e.train_loss) for e in epochs])]
    if valid := [(e.number, e.valid_loss) for e in epochs if e.valid_loss is not None]:
        curves.append(("valid", "curve other dashed", valid))
    highest = max((loss for _, _, points in curves for _, loss in points), default=1.0)
    x = Scale(1, max(2, epochs[-1].number if epochs else 2), _LEFT, _RIGHT)
    y = Scale(0, _rounded_up(highest), _BOTTOM, _TOP)
    drawn = [path([(x(n), y(loss)) for n, loss in points], kind) for _, kind, points in curves]
    named = [part for k, (what, kind, _) in enumerate(curves)
             for part in (line(_RIGHT - 120, _TOP + 8 + 16 * k, _RIGHT - 96, _TOP + 8 + 16 * k,
                               kind), text(what, _RIGHT - 90, _TOP + 12 + 16 * k, "tick"))]
    told = "; ".join(f"{what}: {points[0][1]:.3f} at first, {points[-1][1]:.3f} at last"
                     for what, _, points in curves if points)
    return chart(name, f"Loss of {trained.model} by epoch", told, _BOTTOM + 40, _axes(y), *drawn,
                 *named, *_ticks([x(n) for n in _epochs(x)], [str(n) for n in _epochs(x)]),
                 text("epoch", (_LEFT + _RIGHT) / 2, _BOTTOM + 34, "tick", "middle"))


def rates(name: str, trained: Trained) -> str:
    """Return the loss over the learning rates that were tried, and the one chosen."""
    tried = trained.rates
    low, high = math.log10(tried[0][0]), math.log10(tried[-1][0])
    x = Scale(low, high, _LEFT, _RIGHT)
    # What comes after the lowest point shoots up and would press all else to the floor.
    top = _rounded_up(1.5 * tried[0][1])
    y = Scale(0, top, _BOTTOM, _TOP)
    powers = list(range(math.ceil(low), math.floor(high) + 1))
    chosen = trained.rate
    mark = [] if chosen is None else [
        line(x(math.log10(chosen)), _TOP, x(math.log10(chosen)), _BOTTOM, "baseline"),
        text(f"{chosen:.2g} chosen", x(math.log10(chosen)) - 6, _TOP + 12, "tick", "end")]
    told = f"{len(tried)} steps" + ("" if chosen is None else f"; {chosen:.2g} chosen")
    return chart(name, "Loss by learning rate", told, _BOTTOM + 40, _axes(y),
                 path([(x(math.log10(rate)), y(loss)) for rate, loss in tried], "curve"), *mark,
                 *_ticks([x(p) for p in powers], [f"1e{p}" for p in powers]),
                 text("learning rate", (_LEFT + _RIGHT) / 2, _BOTTOM + 34, "tick", "middle"))


def sentence(trained: Trained) -> str:
    """Return in a line what a training was."""
    count = len(trained.epochs)
    end = "; its loss ended higher than it began: it has diverged" if trained.diverged else ""
    return (f"{trained.model}: {trained.parameters:,} weights, {count} "
            f"epoch{'s' if count != 1 else ''} in {trained.seconds:.0f} s, "
            f"{trained.waiting:.0%} of them waiting for data{end}")


def _axes(y: Scale) -> str:
    values = [y.low + k * (y.high - y.low) / 4 for k in range(5)]
    marks = [line(_LEFT, y(v), _RIGHT, y(v), "grid") for v in values]
    return "".join([*marks, *(text(f"{v:.3g}", _LEFT - 6, y(v) + 4, "tick", "end")
                              for v in values)])


def _ticks(places: Sequence[float], names: Sequence[str]) -> list[str]:
    return [text(name, place, _BOTTOM + 16, "tick", "middle")
            for place, name in zip(places, names, strict=True)]


def _epochs(x: Scale) -> list[int]:
    last = int(x.high)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, last) if last / s <= 10)
    return [1, *(n for n in range(step, last + 1, step) if n > 1)]


def _rounded_up(value: float) -> float:
    """Return the next of 1, 2, 4, 6, 8 times a power of ten: its quarters are short."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(k * power for k in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if k * power >= value)
