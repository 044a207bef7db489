"""Where the charts put things, worked out by hand, and that they never leave the frame."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from earmark.judging.intervals import Interval
from earmark.judging.report import charts
from earmark.judging.report.learnt import Bin, CurvePoint, Reliability
from earmark.judging.report.scores import LabelScore

SHARES = st.floats(0, 1)


def parsed(svg):
    return ET.fromstring(svg)


def of_class(svg, kind):
    return [e for e in parsed(svg).iter() if kind in e.get("class", "").split()]


def test_the_box_plot_is_at_the_quartiles():
    # 0, .25, .5, .75, 1 of the axis lie at 20, 110, 200, 290, 380 pixels.
    svg = charts.box("b", [0.0, 0.25, 0.5, 0.75, 1.0])
    (box,), (median,) = of_class(svg, "box"), of_class(svg, "median")
    assert (float(box.get("x")), float(box.get("width"))) == (110, 180)
    assert float(median.get("x1")) == 200
    assert [float(dot.get("cx")) for dot in of_class(svg, "dot")] == [20, 110, 200, 290, 380]
    assert "median 0.500, quartiles 0.250 and 0.750" in parsed(svg)[1].text


def test_intervals_are_drawn_where_they_are():
    # The axis runs from 120 to 350: 0.5 lies at 235, 0.4 at 212, 0.7 at 281, 0.1 at 143.
    bar = charts.Bar("a & b", 0.5, Interval(0.4, 0.7, 0.95), Interval(0.1, 1.0, 0.95), 0.1)
    svg = charts.intervals("i", "t", [bar])
    (narrow,), (mark,) = of_class(svg, "interval"), of_class(svg, "mark")
    assert (float(narrow.get("x1")), float(narrow.get("x2"))) == (212, 281)
    assert float(mark.get("cx")) == 235
    assert float(of_class(svg, "baseline")[0].get("x1")) == 143
    assert (float(of_class(svg, "whisker")[0].get("x2"))) == 350


def test_doubtful_scores_differ_in_shape_not_only_in_colour():
    svg = charts.intervals("i", "t", [charts.Bar("leaky", 0.5, doubtful=True)])
    assert of_class(svg, "mark") == []
    assert [e.tag for e in of_class(svg, "mark-open")] == ["path"]


def test_the_ideal_of_the_reliability_diagram_is_its_diagonal():
    points = (Bin(0.25, 0.25, 4), Bin(1.0, 0.5, 1))
    svg = charts.reliability("r", {"after": Reliability(0.1, 1.0, points)})
    (ideal,) = of_class(svg, "ideal")
    assert [float(ideal.get(k)) for k in ("x1", "y1", "x2", "y2")] == [40, 310, 380, 12]
    marks = [(float(m.get("cx")), float(m.get("cy"))) for m in of_class(svg, "mark")]
    assert marks == [(125, 235.5), (380, 161)]


@given(st.lists(st.tuples(st.text(max_size=40), SHARES, SHARES, st.none() | SHARES), max_size=6))
def test_bars_of_any_labels_are_well_formed_and_inside(rows):
    printable = [(re.sub(r"[^\w <>&\"'$|]", "", name), *rest) for name, *rest in rows]
    labels = [LabelScore(name, p, r, f1, 3) for name, p, r, f1 in printable]
    svg = charts.label_bars("x", labels)
    width = float(parsed(svg).get("viewBox").split()[2])
    for bar in of_class(svg, "bar"):
        assert 0 <= float(bar.get("x")) <= float(bar.get("x")) + float(bar.get("width")) <= width
    assert len(of_class(svg, "bar")) == sum(f1 is not None for *_, f1 in printable)


@given(st.lists(st.tuples(st.integers(0, 10**6), SHARES), min_size=1, max_size=9,
                unique_by=lambda p: p[0]))
def test_learning_curves_of_any_sizes_are_well_formed(points):
    made = [CurvePoint(n, a, None, None) for n, a in sorted(points)]
    svg = charts.learning_curve("l", made)
    assert len(of_class(svg, "mark")) == len(points)
    assert of_class(svg, "band") == []
    assert str(made[-1].tracks) in [e.text for e in of_class(svg, "tick")]
