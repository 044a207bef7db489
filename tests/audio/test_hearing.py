"""Passes over a track: the same each time, decoded once where the track is short."""

import numpy as np
import pytest
import soundfile

from earmark.audio.hearing import Hearing
from earmark.audio.queued import guesses, likely_seconds
from earmark.errors import AudioError


class Recording:
    """Blocks of ones, twos ..., and how often they were decoded."""

    def __init__(self, *lengths):
        self.lengths, self.starts = lengths, 0

    def __call__(self):
        self.starts += 1
        for value, length in enumerate(self.lengths, 1):
            yield np.full(length, value, np.float32)


def joined(blocks):
    return np.concatenate(list(blocks)).tolist()


@pytest.mark.parametrize(("held", "starts"), [(100, 1), (5, 1), (4, 3), (0, 3)])
def test_passes_are_the_same_and_a_short_track_is_decoded_once(held, starts):
    recording = Recording(2, 0, 3)
    hearing = Hearing(recording, held_samples=held)
    assert [joined(hearing()) for _ in range(3)] == [[1, 1, 3, 3, 3]] * 3
    assert (recording.starts, hearing.samples, hearing.silent) == (starts, 5, False)


def test_a_pass_that_is_left_early_is_heard_to_its_end():
    heard = []
    hearing = Hearing(Recording(2, 3), each=lambda block: heard.append(len(block)))
    next(hearing())
    assert joined(hearing()) == [1, 1, 2, 2, 2]
    hearing.finish()
    assert heard == [2, 3]
    assert hearing.samples == 5


def test_who_never_listens_has_heard_it_after_all():
    hearing = Hearing(Recording(4))
    hearing.finish()
    assert hearing.samples == 4
    assert hearing.silent  # all samples are equal


def test_no_samples_are_an_error():
    with pytest.raises(AudioError, match="no audio samples"):
        list(Hearing(Recording(0, 0))())


def test_a_track_that_grows_between_two_passes_is_an_error():
    recording = Recording(2)
    hearing = Hearing(recording, held_samples=0)
    list(hearing())
    recording.lengths = (2, 1)
    with pytest.raises(AudioError, match="changed while it was read"):
        list(hearing())


def test_length_is_guessed_from_size(tmp_path):
    (tmp_path / "a.wav").write_bytes(bytes(176_400))
    (tmp_path / "b.MP3").write_bytes(bytes(80_000))
    (tmp_path / "c").write_bytes(bytes(40_000))
    found = [tmp_path / name for name in ("a.wav", "b.MP3", "c", "gone.flac", "no\0name")]
    assert likely_seconds(found) == pytest.approx(1 + 2 + 1)


def test_a_few_files_say_how_far_off_the_guess_is(tmp_path):
    found = [tmp_path / f"{n}.wav" for n in range(9)]
    for path in found:
        soundfile.write(path, np.zeros(8000 * 3, np.float32), 8000)
    assert likely_seconds(found) == pytest.approx(27, rel=0.01)
    assert guesses(found) == pytest.approx([3] * 9, rel=0.01)
