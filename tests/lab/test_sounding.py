"""Rows made of sound anew whenever they are learnt from."""

import pickle

import numpy as np
import pytest
import soundfile

from earmark.audio.augment import Draw, Waves
from earmark.features.logmel import LogMel
from earmark.features.waveform import Waveform
from earmark.lab.sounding import Sounding

RATE, SECONDS = 8000, 2.0
OFF = Draw(0.0, 1.0, 1.0)


@pytest.fixture
def path(tmp_path):
    # A ramp: every sample tells where in the track it is.
    soundfile.write(tmp_path / "a.wav", np.linspace(0, 0.5, 10 * RATE), RATE, subtype="FLOAT")
    return tmp_path / "a.wav"


def sounding(path, *, seconds=SECONDS, waves=None, length=10.0, front_end=None):
    rows = np.zeros((3, 1, int(SECONDS * RATE)), np.float32)
    return Sounding(rows, [path] * 3, front_end or Waveform(RATE), seconds, [length] * 3, waves)


def test_an_excerpt_is_a_part_of_the_track_from_anywhere_in_it(path):
    rows, starts = sounding(path), []
    for seed in range(40):
        (row,) = rows.drawn(0, np.random.default_rng(seed))
        assert row.shape == (16_000,)
        step = np.diff(row)
        np.testing.assert_allclose(step, 0.5 / (10 * RATE - 1), atol=1e-7)
        starts.append(row[0] / 0.5 * 10)
    assert min(starts) < 1
    assert 7 < max(starts) <= 8 + 1e-3


def test_the_same_generator_draws_the_same(path):
    waves = Waves(OFF, Draw(0.0, 0.0, 0.0), Draw(1.0, 10.0, 20.0), Draw(1.0, -6.0, 6.0))
    rows = sounding(path, waves=waves)
    one, again = (rows.drawn(1, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, rows.drawn(1, np.random.default_rng(4)))
    assert not np.array_equal(one, sounding(path).drawn(1, np.random.default_rng(3)))


def test_whole_tracks_and_short_ones(path):
    assert sounding(path, seconds=None).drawn(0, np.random.default_rng(0)).shape == (1, 80_000)
    short = sounding(path, seconds=20.0).drawn(0, np.random.default_rng(0))
    np.testing.assert_array_equal(short[0, :80_000], short[0, 80_000:])


def test_else_it_is_the_rows_that_were_gathered(path):
    rows = sounding(path)
    rows.rows[1] = 7
    some = rows.picked(np.array([False, True, True]))
    assert some.shape == (2, 1, 16_000)
    assert (np.asarray(some)[0] == 7).all()
    assert (some[0] == 7).all()
    assert some.paths == (path, path)


def test_a_file_that_is_gone_serves_as_it_was_gathered(path):
    rows = sounding(path)
    rows.rows[0] = 5
    path.unlink()
    assert (rows.drawn(0, np.random.default_rng(0)) == 5).all()


def test_workers_get_it_without_the_rows_of_a_mapped_file(path, tmp_path):
    mapped = np.memmap(tmp_path / "rows", np.float32, "w+", shape=(3, 4, 100_000))
    mapped[2] = 9
    mapped.flush()
    rows = Sounding(np.memmap(tmp_path / "rows", np.float32, "r", shape=mapped.shape),
                    [path] * 3, LogMel(RATE), 2.0, [10.0] * 3, None)
    sent = pickle.dumps(rows)
    assert len(sent) < 5000
    again = pickle.loads(sent)
    assert (again[2] == 9).all()
    np.testing.assert_array_equal(again.drawn(0, np.random.default_rng(1)),
                                  rows.drawn(0, np.random.default_rng(1)))
