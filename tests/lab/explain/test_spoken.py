import numpy as np
import pytest
import soundfile

from earmark.errors import EarmarkError
from earmark.lab.explain.grid import Grid
from earmark.lab.explain.sound import Sound
from earmark.lab.explain.spoken import MUTED_DB, file_name, gains, spoken, write

RATE = 8000
GRID = Grid(np.array([0.0, 2, 4]), np.array([0.0, 1000, 4000]))


@pytest.fixture
def tones():
    """300 Hz for two seconds, then 3000 Hz."""
    at = np.arange(2 * RATE) / RATE
    return np.concatenate([np.sin(2 * np.pi * hz * at) for hz in (300, 3000)]).astype(np.float32)


def rms(samples, start, stop):
    return float(np.sqrt(np.mean(samples[int(start * RATE) : int(stop * RATE)] ** 2)))


def test_what_speaks_for_is_kept_and_the_rest_muted(tones):
    parted = spoken(Sound(0.5 * tones, RATE), np.array([[1.0, 0], [0, -2]]), GRID)
    whole, muted = 0.5 / np.sqrt(2), 0.5 / np.sqrt(2) * 10 ** (-MUTED_DB / 20)
    assert rms(parted.kept, 0.3, 1.7) == pytest.approx(whole, rel=0.01)
    assert rms(parted.kept, 2.3, 3.7) == pytest.approx(muted, rel=0.01)
    assert rms(parted.rest, 0.3, 1.7) == pytest.approx(muted, rel=0.01)
    assert rms(parted.rest, 2.3, 3.7) == pytest.approx(whole, rel=0.01)
    assert parted.share == pytest.approx(0.5, abs=0.02)
    assert len(parted.kept) == len(parted.rest) == len(tones)


def test_cells_are_kept_by_their_shares():
    assert gains(np.array([[2.0, 1], [0.5, -1]])).tolist() == [[1, 1], [0.5, 0]]


def test_where_nothing_speaks_for_it_there_is_nothing_to_hear(tones):
    assert spoken(Sound(tones, RATE), np.array([[0.0, -1], [0, -2]]), GRID) is None


def test_an_overdriven_sound_is_not_clipped(tones, tmp_path):
    parted = spoken(Sound(3 * tones, RATE), np.ones((2, 2)), GRID)
    assert np.abs(parted.kept).max() == pytest.approx(1.0)
    write(tmp_path / "a.wav", parted.kept, RATE)
    read, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert (rate, soundfile.info(tmp_path / "a.wav").subtype) == (RATE, "PCM_16")
    assert read == pytest.approx(parted.kept, abs=1e-4)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(EarmarkError, match=r"x\.wav cannot be written"):
        write(tmp_path / "a" / "x.wav", np.zeros(10, np.float32), RATE)


@pytest.mark.parametrize(("label", "name"), [
    ("jazz", "spoke-for-jazz.wav"), ("../../etc/x", "spoke-for-etc-x.wav"),
    ("日本", "spoke-for-label.wav"), ("a" * 300, f"spoke-for-{'a' * 60}.wav"),
])  # fmt: skip
def test_labels_make_names_that_are_safe(label, name):
    assert file_name(label) == name
