import json

import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.judging.strange import HeldOut, fit_unknown


def held(known, strange, genre="polka"):
    known, strange = np.asarray(known, float), np.asarray(strange, float)
    return HeldOut(genre, known, strange, [f"k{i}" for i in range(len(known))],
                   [f"s{i}" for i in range(len(strange))])


def test_strange_tracks_that_score_low_are_caught(rng):
    known, strange = rng.uniform(0.4, 1, 400), rng.uniform(0, 0.5, 100)
    scores = np.column_stack([rng.random(400), known])
    rule, found = fit_unknown(scores, [1], [held(known, strange)], 0.9, rng)
    assert rule.columns == (1,)
    assert rule.threshold == pytest.approx(0.46, abs=0.02)  # the tenth part of the known is below
    assert (known >= rule.threshold).mean() == pytest.approx(0.9, abs=0.01)
    assert found["kept_known"] == pytest.approx(0.9, abs=0.06)
    assert found["caught_strange"] == pytest.approx(0.92, abs=0.08)
    # the chance that a known one (.4 to 1) scores above a strange one (0 to .5): 1 - .01 / .6
    assert found["auroc"] == pytest.approx(1 - 0.1 * 0.1 / 2 / (0.6 * 0.5), abs=0.01)
    assert found["interval"]["low"] < found["auroc"] < found["interval"]["high"]
    assert found["separates"] is True
    json.dumps(found, allow_nan=False)


def test_what_cannot_be_told_apart_is_said(rng):
    genres = [held(rng.random(200), rng.random(50), name) for name in ("polka", "waltz")]
    _, found = fit_unknown(rng.random((200, 2)), [0, 1], genres, 0.9, rng)
    assert found["separates"] is False
    assert found["caught_strange"] == pytest.approx(0.1, abs=0.08)
    assert set(found["by_genre"]) == {"polka", "waltz"}


def test_ties_count_half(rng):
    _, found = fit_unknown(np.full((4, 1), 0.5), [0], [held([0.5] * 4, [0.5] * 4)], 0.5, rng)
    assert found["auroc"] == 0.5
    assert found["caught_strange"] == 0


def test_genres_without_strange_or_known_tracks_are_left_out(rng):
    genres = [held([0.9, 0.8], [0.1]), held([0.9], [], "none"), held([], [0.3], "alone")]
    _, found = fit_unknown(np.full((4, 1), 0.5), [0], genres, 0.5, rng)
    assert set(found["genres"]) == {"polka"}
    with pytest.raises(DataError, match="nothing tells whether"):
        fit_unknown(np.full((4, 1), 0.5), [0], genres[1:], 0.5, rng)


def test_one_track_of_each_has_no_interval_and_no_fault(rng):
    same = HeldOut("polka", np.array([0.9]), np.array([0.1]), ["artist"], ["artist"])
    _, found = fit_unknown(np.array([[0.9]]), [0], [same], 0.9, rng)
    assert found["interval"] is None
    assert found["separates"] is False


@pytest.mark.parametrize("keep", [0, 1])
def test_a_share_to_keep_out_of_range_is_refused(rng, keep):
    with pytest.raises(SettingsError, match="to keep is"):
        fit_unknown(np.array([[0.9]]), [0], [held([0.9, 0.8], [0.1])], keep, rng)
