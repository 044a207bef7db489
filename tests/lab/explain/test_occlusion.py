"""Against a tagger whose logit is a mean of decibels, shares are known by hand."""

import numpy as np
import pytest
from tests.lab.explain import worked
from tests.lab.explain.worked import RATE

from earmark.lab.explain.evidence import Listener, log_odds
from earmark.lab.explain.grid import Grid
from earmark.lab.explain.occlusion import Parts, Shares, occlude
from earmark.lab.explain.sound import Sound

GRID = Grid(np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 900, 1700, 4000]))


@pytest.fixture
def sound(rng):
    return Sound(worked.noise(rng), RATE)


def evidence_of(tagger, label):
    listener = Listener(tagger)
    return lambda samples: log_odds(listener.scores(samples, RATE)[worked.LABELS.index(label)])


def test_a_band_that_holds_the_label_loses_its_decibels(known, sound):
    # The four lowest of 16 mel bands end at 572 Hz and weigh 0.1 a dB: 12 dB are 1.2.
    found = occlude(evidence_of(known, "low"), sound, GRID, depth_db=12.0)
    assert found.bands == pytest.approx([1.2, 0, 0], abs=0.02)
    assert found.windows == pytest.approx([0.3] * 4, abs=0.02)
    assert (found.way, found.passes, found.cells) == ("sound", 7, None)


def test_a_window_that_holds_the_label_loses_its_decibels(known, sound):
    found = occlude(evidence_of(known, "second"), sound, GRID, cells=True, depth_db=12.0)
    assert found.windows == pytest.approx([0, 1.2, 0, 0], abs=0.04)
    # Mel bands across two of ours fade with both, and their decibels fall by less than 12.
    assert found.bands.sum() == pytest.approx(1.2, abs=0.1)
    assert found.cells.sum(axis=1) == pytest.approx([0, 1.2, 0, 0], abs=0.15)
    assert found.passes == 4 + 3 + 12


def test_what_says_nothing_has_no_share(known, sound):
    found = occlude(evidence_of(known, "nothing"), sound, GRID)
    assert found.windows.tolist() == [0] * 4
    assert found.bands.tolist() == [0] * 3


def test_without_the_strongest_cells_more_is_lost_than_without_others(known, sound, rng):
    evidence = evidence_of(known, "second")
    found = occlude(evidence, sound, GRID, cells=True)
    order = np.argsort(-found.cells.ravel())

    def lost(chosen):
        taken = np.zeros(12)
        taken[chosen] = 1
        return evidence(sound.samples) - evidence(sound.without(taken.reshape(4, 3), GRID))

    best = lost(order[:3])
    assert best == pytest.approx(1.2, abs=0.04)  # all three bands of the second second
    for _ in range(10):
        assert lost(rng.choice(order[1:], 3, replace=False)) < best


def test_parts_are_windows_then_bands_then_cells():
    taken = Parts(Grid(np.arange(3.0), np.arange(3.0)), cells=True)
    assert len(taken) == 8
    assert [part.ravel().tolist() for part in taken] == [
        [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1],
        [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1],
    ]  # fmt: skip


def test_the_parts_of_a_fine_grid_are_not_held_together():
    """All of these would be 16 gigabytes."""
    taken = Parts(Grid(np.arange(2001.0), np.arange(65.0)), cells=True)
    assert len(taken) == 2000 + 64 + 2000 * 64
    assert np.flatnonzero(taken[len(taken) - 1]).tolist() == [2000 * 64 - 1]
    assert len(Parts(taken.grid, cells=False)) == 2064


def test_the_map_is_the_mean_of_windows_and_bands_where_no_cells_were_asked():
    shares = Shares("sound", np.array([2.0, -1]), np.array([0.5, 0]), None, 4)
    assert shares.map.tolist() == [[1, 0.5], [0.25, -0.25]]


def test_nothing_left_to_hear_counts_as_no_score(known):
    assert Listener(known).scores(np.zeros(RATE * 4, np.float32), RATE).tolist() == [0, 0, 0]
