"""Which label a track is drawn with, and which tracks have one genre."""

from __future__ import annotations

import numpy as np

from earmark.lab.explore.shown import genres, one_genre, shown
from earmark.labels.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("music", "rock", "guitar", "jazz"), task="multi",
                        groups={"guitar": "instrument"})
TRUTH = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]], dtype=np.int8)


def test_the_rarest_label_of_a_track_wins() -> None:
    drawn = shown(TRUTH, VOCABULARY)
    # music is on all tracks and guitar is no genre; the second track is rock and jazz
    assert drawn.columns == (1, 3)
    assert drawn.of_track.tolist() == [0, 1, 0, -1]


def test_the_commonest_are_kept() -> None:
    assert shown(TRUTH, VOCABULARY, most=1).columns == (1,)


def test_one_label_on_all_tracks_is_shown_all_the_same() -> None:
    drawn = shown(np.ones((2, 1), dtype=np.int8), Vocabulary(("music",)))
    assert (drawn.columns, drawn.of_track.tolist()) == ((0,), [0, 0])


def test_no_label_at_all() -> None:
    drawn = shown(np.zeros((2, 4), dtype=np.int8), VOCABULARY)
    assert (drawn.columns, drawn.of_track.tolist()) == ((), [-1, -1])


def test_only_tracks_of_one_genre_are_a_partition() -> None:
    tracks, genre = one_genre(TRUTH[:, 1:], Vocabulary(
        ("rock", "guitar", "jazz"), task="multi", groups={"guitar": "instrument"}))
    assert (tracks.tolist(), genre.tolist()) == ([0, 2], [0, 0])


def test_where_no_label_is_a_genre_all_count() -> None:
    moods = Vocabulary(("calm", "wild"), task="multi", groups={"calm": "mood", "wild": "mood"})
    assert genres(moods).tolist() == [0, 1]
