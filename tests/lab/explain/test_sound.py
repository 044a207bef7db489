import numpy as np
import pytest
import soundfile

from earmark.errors import AudioError
from earmark.lab.explain.grid import Grid
from earmark.lab.explain.sound import Sound, excerpt

RATE = 8000


def tone(hz, seconds=4.0, level=0.5):
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype("f4")


def rms(samples, start, stop):
    return float(np.sqrt(np.mean(samples[int(start * RATE) : int(stop * RATE)] ** 2)))


def test_nothing_taken_away_changes_nothing():
    sound = Sound(tone(440), RATE)
    grid = Grid.over(4.0, RATE, window=1.0, bands=4)
    assert sound.without(np.zeros((4, 4)), grid) == pytest.approx(sound.samples, abs=1e-5)


def test_a_window_is_turned_down_by_the_depth_and_no_other():
    sound = Sound(tone(440), RATE)
    grid = Grid.over(4.0, RATE, window=1.0, bands=4)
    cells = np.zeros((4, 4))
    cells[1] = 1
    left = sound.without(cells, grid, 20.0)
    whole = 0.5 / np.sqrt(2)
    assert rms(left, 1.2, 1.8) == pytest.approx(whole / 10, rel=0.01)
    for start in (0.0, 2.2, 3.0):
        assert rms(left, start, start + 0.8) == pytest.approx(whole, rel=0.01)


def test_a_band_is_turned_down_and_no_other():
    sound = Sound(tone(300) + tone(3000, level=0.1), RATE)
    grid = Grid(np.array([0.0, 2, 4]), np.array([0.0, 1000, 4000]))
    left = sound.without(np.array([[1.0, 0], [1, 0]]), grid, 40.0)
    assert rms(left, 0.5, 3.5) == pytest.approx(
        np.hypot(0.005, 0.1) / np.sqrt(2), rel=0.01)  # fmt: skip


def test_a_stretch_is_read_from_where_it_is_asked(tmp_path):
    samples = np.concatenate([np.full(RATE, level) for level in (0.1, 0.2, 0.3, 0.4)])
    samples *= np.tile([1, -1], 2 * RATE)
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    sound = excerpt(tmp_path / "a.wav", RATE, start=1.5, seconds=2.0)
    assert sound.start_seconds == 1.5
    assert sound.samples == pytest.approx(samples[12_000:28_000], abs=1e-4)
    assert excerpt(tmp_path / "a.wav", RATE, start=3.0).seconds == 1.0


@pytest.mark.parametrize(("start", "told"), [
    (3.5, r"a\.wav: holds 0.5 s from 3.5 s on; expected 1 s at least"),
    (9.0, r"a\.wav: holds 0 s from 9 s on"),
    (2.0, r"a\.wav: silent from 2 s to 4 s; give a --start where"),
])  # fmt: skip
def test_what_cannot_be_taken_apart_is_refused(tmp_path, start, told):
    samples = np.concatenate([tone(440, 2.0), np.zeros(2 * RATE)])
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    with pytest.raises(AudioError, match=told):
        excerpt(tmp_path / "a.wav", RATE, start=start)
