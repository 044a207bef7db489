import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import votes
from earmark.audio.votes import Votes


def peaks(rng, count, cents):
    hz = 440 * 2 ** (rng.integers(-12, 24, count) / 12 + cents / 1200)
    hz = hz * 2 ** (rng.normal(0, 4, count) / 1200)
    return hz.astype(np.float32), rng.lognormal(0, 6, count).astype(np.float32)


def test_nobody_votes():
    assert Votes().semitones() == 0


@given(st.integers(-49, 48), st.integers(1, 60))
def test_the_stronger_half_decides(cents, count):
    hz = np.full(count, 440 * 2 ** ((cents + 0.5) / 1200), np.float32)
    weaker = np.full(count - 1, 440 * 2 ** (0.255), np.float32)
    found = Votes()
    found.add(hz, np.full(count, 2, np.float32))
    found.add(weaker, np.full(count - 1, 1, np.float32))
    assert found.semitones() == pytest.approx(cents / 100, abs=1e-9)


@pytest.mark.parametrize("cents", [-30, 12])
def test_many_peaks_are_counted_in_bounded_memory_with_the_same_outcome(
    rng, monkeypatch, cents
):
    hz, heights = peaks(rng, 30_000, cents)
    exact = Votes()
    exact.add(hz, heights)
    monkeypatch.setattr(votes, "_MOST_PEAKS", 1000)
    counted = Votes()
    for part in np.array_split(np.arange(len(hz)), 40):
        counted.add(hz[part], heights[part])
    assert counted._held <= 1000
    assert counted.semitones() == exact.semitones()
