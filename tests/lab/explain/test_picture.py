import dataclasses

import numpy as np
import pytest
from tests.lab.explain import worked
from tests.lab.explain.worked import FRONT_END, LABELS, RATE, SHAPE

from earmark.audio.melbands import mel_frequencies
from earmark.audio.segments import Segments
from earmark.features.fbank import Fbank
from earmark.features.image import Image
from earmark.features.logmel import LogMel
from earmark.features.specgram import Specgram
from earmark.features.stacked import Stacked
from earmark.lab.explain.evidence import Listener
from earmark.lab.explain.grid import Grid
from earmark.lab.explain.layout import layout
from earmark.lab.explain.picture import DIMMED, Pictures, dark, segments
from earmark.lab.explain.sound import Sound

GRID = Grid(np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 700, 1500, 4000]))


@pytest.mark.parametrize("label", LABELS)
def test_shares_are_what_is_dimmed_times_its_weight(known, rng, label):
    sound = Sound(worked.noise(rng), RATE)
    column = LABELS.index(label)
    found = Pictures.of(Listener(known), sound).occlude(column, GRID)
    picture = FRONT_END(sound.samples)
    lost = DIMMED * worked.weights()[column] * (picture - dark(picture))
    windows = ((np.arange(SHAPE[1]) + 0.5) / SHAPE[1] * 4).astype(int)
    centres = mel_frequencies(18, 0, 4000)[1:-1]
    bands = np.searchsorted([700, 1500], centres, side="right")
    cells = [[lost[np.ix_(bands == b, windows == w)].sum() for b in range(3)] for w in range(4)]
    assert found.cells == pytest.approx(np.array(cells), abs=1e-4)
    assert found.windows == pytest.approx(np.sum(cells, axis=1), abs=1e-4)
    assert found.bands == pytest.approx(np.sum(cells, axis=0), abs=1e-4)
    assert (found.way, found.passes) == ("picture", 4 + 3 + 12)


def test_a_window_is_dimmed_only_in_the_segments_it_is_in(known, rng):
    sound = Sound(worked.noise(rng, 8), RATE)
    grid = Grid(np.array([0.0, 2, 4, 6, 8]), np.array([0.0, 1000, 4000]))
    found = Pictures.of(Listener(known), sound).occlude(1, grid, cells=False)
    # Two segments: each window in one of them, each band in both.
    assert found.passes == 4 + 2 * 2
    assert found.cells is None
    assert found.windows[[0, 2]].min() > 0.02  # 0 to 2 s of either holds its second second
    assert found.windows[[1, 3]] == pytest.approx([0, 0], abs=1e-6)


def test_a_sound_that_was_repeated_is_dimmed_wherever_it_sounds_again(known, rng):
    sound = Sound(worked.noise(rng, 2), RATE)
    (segment,) = segments(FRONT_END, sound, Listener(known))
    assert segment.moments.max() < 2
    assert np.flatnonzero(segment.moments < 1).size == pytest.approx(SHAPE[1] / 2, abs=2)


def test_the_darkest_places_give_one_colour():
    light = np.linspace(0, 1, 200).reshape(10, 20)
    picture = np.stack([light, 1 - light / 2]).astype(np.float32)  # (2, 10, 20)
    assert dark(picture).shape == (2, 1, 1)
    # The two places of the darkest hundredth are 0 and 1: their middle.
    assert dark(picture).ravel() == pytest.approx([0.5 / 199, 1 - 0.25 / 199])


def test_bands_without_rows_are_said(known, rng):
    grid = Grid(np.array([0.0, 2, 4]), np.array([0.0, 10, 20, 4000]))
    found = Pictures.of(Listener(known), Sound(worked.noise(rng), RATE)).occlude(0, grid)
    assert found.notes == ("2 bands hold no row of the tagger's pictures and count for nothing",)
    assert found.bands[:2].tolist() == [0, 0]


def test_branches_that_look_at_different_things_share_no_pictures(known, rng):
    sound = Sound(worked.noise(rng), RATE)
    manifest = known.manifest
    other = dataclasses.replace(manifest.branches[0], segments=Segments(4.0, 2.0))
    mixed = dataclasses.replace(manifest, branches=(*manifest.branches, other))
    tagger = type(known)(dataclasses.replace(known.contents, manifest=mixed))
    assert Pictures.of(Listener(tagger), sound) is None


def test_rows_are_where_their_sound_is():
    """A tone lights the row whose frequency is nearest to it, in every family."""
    for family in (LogMel(), Fbank(), Image(colour="grey"), Image(height=64, width=64),
                   Specgram(), Specgram(height=128, scale="mel"),
                   Specgram(height=48, width=496, scale="mel")):
        rate = family.sample_rate
        samples = 0.5 * np.sin(2 * np.pi * 1938 * np.arange(rate) / rate)
        picture = family(samples.astype(np.float32))
        rows = picture.reshape(-1, *picture.shape[-2:]).mean(axis=(0, 2))
        hz = layout(family).hz
        assert len(hz) == len(rows)
        lit = hz[np.argmax(rows)]
        assert lit == pytest.approx(1938, rel=0.03), family


def test_pictures_whose_rows_are_no_frequencies_have_no_layout():
    assert layout(Stacked()) is None
