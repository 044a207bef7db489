"""What a report tells of how networks learnt."""

import re

import pytest

from earmark.errors import DataError
from earmark.judging.report.plain import Node
from earmark.judging.report.trained import losses, rates, read_training, sentence

EPOCHS = [{"epoch": 1, "train_loss": 2.0, "valid_loss": 1.5, "seconds": 3.0, "waiting": 0.5},
          {"epoch": 2, "train_loss": 1.0, "valid_loss": None, "seconds": 1.0, "waiting": 0.1}]
FINDER = {"rates": [1e-6, 1e-4, 1e-2], "losses": [2.0, 1.0, 9.0], "rate": 1e-5}
PLAIN = {"model": "cnn:<b>", "parameters": 12345, "history": EPOCHS, "rate_finder": FINDER}


def read(**changes):
    (found,) = read_training(Node([{**PLAIN, **changes}], "results.json: training"))
    return found


def test_a_training_is_a_sentence():
    # 3 s of which half and 1 s of which a tenth were waited: 1.6 of 4 s.
    assert sentence(read()) == ("cnn:<b>: 12,345 weights, 2 epochs in 4 s, 40% of them waiting for "
                                "data")


def test_a_loss_that_rose_is_said():
    risen = [EPOCHS[1], {**EPOCHS[0], "epoch": 2}]
    assert sentence(read(history=risen)).endswith("ended higher than it began: it has diverged")


def points(drawn, kind):
    """Return the places of a chart's line."""
    found = re.search(f'<path d="M([^"]*)" class="{kind}"/>', drawn)[1]
    return [tuple(map(float, place.split())) for place in found.split(" L")]


def test_losses_are_drawn_to_scale():
    (x1, y1), (x2, y2) = points(losses("l", read()), "curve")
    assert (x1, x2) == (52, 384)  # the first and the last epoch are the chart's borders
    assert (y1, y2) == (12, (12 + 236) / 2)  # 2 is the top, 1 halfway, 0 the floor at 236
    assert points(losses("l", read()), "curve other dashed") == [(52, 236 - 0.75 * 224)]
    assert "cnn:&lt;b&gt;" in losses("l", read())


def test_rates_are_drawn_by_their_logarithms():
    # Four powers of ten across; 3.2 is the top, as 1.5 times the first loss is 3.
    (x1, _), (x2, y2), (x3, y3) = points(rates("r", read()), "curve")
    assert (x1, x2, x3) == (52, (52 + 384) / 2, 384)
    assert y2 == pytest.approx(236 - 224 / 3.2)
    assert y3 == 12  # what shoots up ends at the top
    assert "1e-05 chosen" in rates("r", read())


def test_runs_without_networks_tell_nothing():
    assert read_training(None) == ()
    assert read(rate_finder=None).rates == ()


@pytest.mark.parametrize(("finder", "told"), [
    ({**FINDER, "rates": [0.0, 1e-4, 1e-2]}, "training[0].rate_finder.rates[0] is 0; expected "
                                            "above 0"),
    ({**FINDER, "rate": -1}, "training[0].rate_finder.rate is -1; expected above 0"),
    ({**FINDER, "losses": ["low"]}, "losses[0] is 'low'; expected a number"),
    ({"rates": []}, "rate_finder lacks 'losses'"),
])  # fmt: skip
def test_what_is_damaged_is_named(finder, told):
    with pytest.raises(DataError, match=re.escape(told)):
        read(rate_finder=finder)
