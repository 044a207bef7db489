"""Cells: what is drawn where, and how full."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, strategies
from hypothesis.extra.numpy import arrays

from earmark.lab.explore.matrix import Group, cells, square


def area(svg: str) -> dict[tuple[str, str], float]:
    """Return the area that each class and shade covers."""
    found = {}
    for d, kind, shade in re.findall(r'd="([^"]*)" class="([^"]*)" fill-opacity="([^"]*)"', svg):
        sizes = re.findall(r"h([\d.]+)v([\d.]+)h", d)
        found[kind, shade] = sum(float(w) * float(h) for w, h in sizes)
    return found


def test_cells_by_hand() -> None:
    svg = cells(np.array([[1.0, 1.0], [-0.5, 0.0]]), 0, 0, 20, 20)
    # two full cells drawn as one, one half as full in the other colour, nothing for 0
    assert area(svg) == {("cell solid", "1"): 200.0, ("cell solid less", "0.5"): 100.0}
    assert svg.count("M") == 2


@given(arrays(np.float64, (4, 5), elements=strategies.sampled_from([-1.0, -0.3, 0, 0.6, 1.0])))
def test_each_shade_covers_its_cells(values: np.ndarray) -> None:
    found = area(cells(values, 3, 7, 50, 40))
    assert sum(found.values()) == 100 * np.count_nonzero(values)
    assert found.get(("cell solid", "0.6"), 0) == 100 * (values == 0.6).sum()


def test_rows_bear_their_names_where_there_is_room() -> None:
    few = square("x", "t", np.eye(2), [Group(0, 1, "both")], ["a<b", "c"])
    assert "a&lt;b</text>" in few
    many = square("x", "t", np.eye(60), [Group(0, 0.5, "f0, f1")], [f"f{i}" for i in range(60)])
    assert "f59</text>" not in many
    assert "1  f0, f1</text>" in many
