import re

import pytest

from earmark.lab.tuning import drawing


def trial(number, score, value, state="complete", given=False):
    return {"number": number, "score": score, "state": state, "given": given,
            "values": {"a.0.b.alpha": value}}


def search(its, *trials):
    return {"trials": trials, "best": {"trial": 1}, "space": {"a.0.b.alpha": its},
            "names": {"a.0.b.alpha": "alpha"}}


def test_levels_are_round_and_within():
    assert drawing.levels(0.52, 0.61) == [0.52, 0.54, 0.56, 0.58, 0.6]
    assert drawing.levels(0, 20) == [0, 5, 10, 15, 20]
    for low, high in ((0.1, 0.9), (0.333, 0.334), (3, 1000)):
        found = drawing.levels(low, high)
        assert 3 <= len(found) <= 6
        assert low <= found[0] <= found[-1] <= high


def test_the_line_is_the_best_so_far():
    found = search({"low": 0, "high": 1, "log": False}, trial(0, 0.5, 0.2, given=True),
                   trial(1, 0.7, 0.4), trial(2, 0.6, 0.5), trial(3, 0.9, 0.5, state="pruned"))
    svg = drawing.history(found, "accuracy")
    curve = re.search(r'd="([^"]+)" class="curve"', svg)[1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", curve)]
    assert len(heights) == 4  # up and over at trial 1, level at trial 2; what was stopped is not in
    assert heights[0] == heights[1] > heights[2] == heights[3]
    assert "the best, trial 1: 0.700" in svg
    assert [svg.count(f'class="{kind}"') for kind in ("known", "mark", "dot", "mark-open")] \
        == [1, 1, 1, 1]


def test_a_slice_puts_orders_of_magnitude_at_equal_steps():
    found = search({"low": 0.01, "high": 1, "log": True}, trial(0, 0.5, 0.01, given=True),
                   trial(1, 0.7, 0.1), trial(2, 0.6, 1.0), trial(3, 0.4, 5.0))
    svg = drawing.sliced(found, "a.0.b.alpha", "accuracy")
    square = float(re.search(r'<rect x="([\d.]+)"', svg)[1]) + 5
    middle, right = sorted(float(x) for x in re.findall(r'cx="([\d.]+)"', svg))
    assert middle - square == pytest.approx(right - middle, abs=0.02)
    assert svg.count("<circle") == 2  # outside its range a value has no place


def test_a_slice_of_choices_names_them():
    found = search({"choices": [[64], [128, 64]]}, trial(0, 0.5, [64], given=True),
                   trial(1, 0.7, [128, 64]), trial(2, 0.5, "none"))
    svg = drawing.sliced(found, "a.0.b.alpha", "accuracy")
    assert ">[64]<" in svg
    assert ">[128, 64]<" in svg
    assert svg.count("<circle") == 1


@pytest.mark.parametrize("low_high", [(1, 50), (0.0003, 0.01), (2, 3), (1e-5, 10)])
def test_ticks_of_magnitudes_are_within(low_high):
    low, high = low_high
    svg = drawing.sliced(search({"low": low, "high": high, "log": True},
                                trial(0, 0.5, low, given=True), trial(1, 0.6, high)),
                         "a.0.b.alpha", "accuracy")
    ticks = [float(t) for t in re.findall(r'text-anchor="middle">([^<]+)<', svg)]
    assert 2 <= len(ticks) <= 10
    assert all(low <= t <= high for t in ticks)


def test_one_trial_alone_is_drawn():
    found = {**search({"low": 0, "high": 1, "log": False}, trial(0, 0.5, 0.2, given=True)),
             "best": {"trial": 0}}
    assert "nan" not in drawing.history(found, "accuracy")


@pytest.mark.parametrize("span", [(0, 1e9), (0, 1e12), (-1e300, 1e300), (-1.7e308, 1.7e308)])
def test_levels_of_large_ranges_are_few(span):
    """Else the page of a finished search would take all memory."""
    assert 2 <= len(drawing.levels(*span)) <= 6
