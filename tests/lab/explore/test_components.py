"""How variance is spread, scaled and not."""

from __future__ import annotations

import numpy as np
from tests.lab.explore.given import explored

from earmark.lab.explore.components import section
from earmark.lab.explore.space import principal, standardised


def test_units_make_one_component_of_four(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(400, 4)) * [1, 1, 1, 1000]
    found = explored(rows, [["x"], ["y"]] * 200, columns=("a", "b", "c", "hertz"))
    made = section(found, principal(standardised(found.rows)))
    assert made.numbers["unscaled"]["needed"] == {"0.9": 1, "0.95": 1, "0.99": 1, "0.999": 1}
    assert made.numbers["scaled"]["needed"]["0.9"] == 4
    assert made.numbers["unscaled"]["heaviest"][0][0] == {"column": "hertz", "weight": 1.0}
    assert made.numbers["scaled"]["cumulated"][-1] == 1.0
    assert "takes 4 of 4 components" in made.figures[0].caption
    assert "100% of that direction is hertz" in made.notes[0]


def test_where_units_are_alike_nothing_is_made_of_them(rng: np.random.Generator) -> None:
    found = explored(rng.normal(size=(100, 4)), [["x"], ["y"]] * 50)
    made = section(found, principal(standardised(found.rows)))
    assert made.notes[0].startswith("Scaling matters little here")


def test_features_that_never_change_have_no_components() -> None:
    found = explored(np.ones((4, 2)), [["x"], ["y"]] * 2)
    made = section(found, principal(standardised(found.rows)))
    assert made.figures == ()
    assert made.numbers["scaled"]["needed"]["0.9"] == 0
    assert "No feature varies" in made.notes[0]
