"""Small charts: where the marks are, by hand."""

import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earmark.judging.report.multiples import threshold_panel
from earmark.judging.report.several import Panel
from earmark.judging.threshold_curves import threshold_curves


def of_class(svg, kind):
    return [e for e in ET.fromstring(svg).iter() if kind in e.get("class", "").split()]


def test_the_chosen_threshold_and_one_half_are_marked():
    # The axes run from 34 to 232 and from 166 up to 40: 0.25 lies at 83.5, an F1 of 0.8 at 65.2.
    found = threshold_curves([[0.1], [0.3], [0.6], [0.9]], [[0], [1], [0], [1]], steps=4)
    svg = threshold_panel("x", Panel("a & b", "commonest", found.labels[0], 0.25, 0.8),
                          found.thresholds)
    (chosen,), (half,), (dot,) = (of_class(svg, k) for k in ("baseline", "ideal", "mark"))
    assert (float(chosen.get("x1")), float(chosen.get("x2"))) == (83.5, 83.5)
    assert float(half.get("x1")) == 133
    assert (float(dot.get("cx")), float(dot.get("cy"))) == (83.5, 65.2)
    assert "F1 0.80 at 0.25; best 0.80 at 0.25" in "".join(ET.fromstring(svg).itertext())
    (recall,) = of_class(svg, "dotted")
    assert recall.get("d") == "M34 40 L83.5 40 L133 103 L182.5 103 L232 166"


def test_thresholds_of_their_own_are_a_level_line():
    found = threshold_curves([[0.1], [0.9]], [[0], [1]], steps=2)
    svg = threshold_panel("x", Panel("all", "all labels", found.micro, None, 0.5),
                          found.thresholds)
    (level,) = of_class(svg, "baseline")
    assert (level.get("y1"), level.get("y2")) == ("103", "103")
    assert of_class(svg, "mark") == []
    assert "F1 0.50, each its own; best 1.00 at 0.50" in "".join(ET.fromstring(svg).itertext())


@given(st.integers(0, 2**32 - 1), st.none() | st.floats(0, 1))
def test_any_curve_is_well_formed_and_inside(seed, chosen):
    rng = np.random.default_rng(seed)
    scores = rng.random((6, 2))
    found = threshold_curves(scores, rng.integers(0, 2, (6, 2)) * [1, 0], steps=20)
    for k, curve in enumerate((*found.labels, found.micro, found.macro)):
        svg = threshold_panel(str(k), Panel("n", "w", curve, chosen, None), found.thresholds)
        for drawn in of_class(svg, "curve"):
            numbers = [float(v) for v in drawn.get("d").replace("M", "").replace("L", "").split()]
            assert all(34 <= x <= 232 for x in numbers[::2])
            assert all(40 <= y <= 166 for y in numbers[1::2])
