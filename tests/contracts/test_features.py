"""Every feature family keeps this contract; a new file in ``features/`` is in it by itself."""

import dataclasses

import numpy as np
import pytest
from tests.features.backbones import tiny

from earmark import registry
from earmark.audio import chunks, kernels
from earmark.audio.segments import Segments
from earmark.errors import AudioError, SettingsError
from earmark.features import base

WITH_A_BACKBONE = {"embedding": tiny}  # what takes no sound by its defaults alone


@pytest.fixture(params=registry.names("features"))
def front_end(request):
    make = WITH_A_BACKBONE.get(request.param, lambda: base.build({"name": request.param}))
    return make()


@pytest.fixture
def hears(front_end):
    if not front_end.takes_audio:
        pytest.skip("takes no audio: its features come ready-made")


@pytest.fixture
def segment(front_end, hears, rng):
    return (0.1 * rng.standard_normal(front_end.sample_rate * 3)).astype(np.float32)


def test_it_is_described_wholly_by_its_settings(front_end):
    again = base.build(base.describe(front_end))
    assert again == front_end
    assert again.fingerprint == front_end.fingerprint
    assert base.describe(front_end)["name"] == front_end.name
    assert type(front_end).__doc__


def test_what_needs_a_backbone_says_so_without_one():
    for name in WITH_A_BACKBONE:
        front_end = base.build({"name": name})
        assert front_end.columns
        assert not front_end.backbones
        with pytest.raises(SettingsError, match="backbone"):
            front_end(np.ones(9, np.float32))


def test_its_settings_cannot_change(front_end):
    with pytest.raises(dataclasses.FrozenInstanceError):
        front_end.sample_rate = 1


def test_values_are_finite_float32_with_a_name_each(front_end, segment):
    values = front_end(segment)
    assert values.dtype == np.float32
    assert front_end.axes == values.ndim
    assert values.shape[0] == len(front_end.columns) == len(set(front_end.columns))
    assert np.isfinite(values).all()


def test_the_same_sound_gives_the_same_values(front_end, segment):
    kept = segment.copy()
    first = front_end(segment)
    front_end((segment * 0.5)[::-1])  # whatever was heard in between
    assert np.array_equal(first, front_end(segment))
    assert np.array_equal(kept, segment), "the samples were changed"


@pytest.mark.parametrize("sound", ["silence", "offset", "impulse", "square"])
def test_hostile_sounds_give_numbers(front_end, hears, sound):
    length = front_end.sample_rate
    samples = {
        "silence": np.zeros(length), "offset": np.full(length, 0.7),
        "impulse": np.eye(1, length)[0], "square": np.sign(np.sin(np.arange(length) / 9)),
    }[sound]
    assert np.isfinite(front_end(samples.astype(np.float32))).all()


@pytest.mark.parametrize(("samples", "message"), [
    (np.zeros(0), "no audio samples"), (np.zeros((2, 900)), "one channel"),
    (np.r_[np.zeros(9), np.nan], "finite"), (np.r_[np.zeros(9), np.inf], "finite"),
], ids=["none", "two channels", "NaN", "infinity"])
def test_what_is_no_sound_is_refused(front_end, hears, samples, message):
    with pytest.raises(AudioError, match=message):
        front_end(samples.astype(np.float32))


@pytest.mark.parametrize("length", [1, 2, 700, 5000])
def test_very_short_sounds_give_numbers(front_end, hears, length):
    values = front_end(np.linspace(-0.5, 0.5, length, dtype=np.float32))
    assert values.shape[0] == len(front_end.columns)
    assert np.isfinite(values).all()


def beating(front_end, rng, seconds=6):
    """Return noise in bursts over a chord: a sound with pitches, onsets and a tempo."""
    time = np.arange(front_end.sample_rate * seconds) / front_end.sample_rate
    chord = sum(np.sin(2 * np.pi * hz * time) for hz in (220.0, 277.2, 329.6))
    bursts = rng.standard_normal(len(time)) * np.exp(-20 * (time % 0.5))
    return (0.1 * chord + 0.1 * bursts).astype(np.float32)


def apart(values, expected):
    """Return the largest difference, relative to the value or, near zero, to a hundredth of the
    row of values it stands in."""
    rows = expected.reshape(len(expected), -1)
    scale = np.maximum(np.abs(rows), 0.01 * np.abs(rows).max(axis=1, keepdims=True))
    scale = np.maximum(scale, 0.05)
    return float((np.abs(values.reshape(rows.shape) - rows) / scale).max())


def test_a_long_sound_in_pieces_is_that_at_once(front_end, hears, rng, monkeypatch):
    samples = beating(front_end, rng)
    expected = front_end(samples)
    monkeypatch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", 60)
    pieces = np.split(samples, np.sort(rng.integers(0, len(samples), 9)))
    assert apart(front_end.whole(lambda: iter(pieces)), expected) < 1e-3


def test_both_kinds_of_kernels_give_equal_values(front_end, hears, rng):
    if why := kernels.start("fast"):
        pytest.skip(why)
    if front_end.name == "image":  # in colour a shade may fall on either side of a step
        front_end = dataclasses.replace(front_end, colour="grey")
    samples = beating(front_end, rng)
    with kernels.using("plain"):
        expected = front_end(samples)
    with kernels.using("fast"):
        assert apart(front_end(samples), expected) < 1e-3
    kernels.start("plain")


def test_ready_made_features_say_that_no_sound_is_taken(front_end):
    if front_end.takes_audio:
        pytest.skip("takes audio")
    assert front_end.columns
    for listen in (front_end, lambda samples: front_end.whole(lambda: (samples,))):
        with pytest.raises(SettingsError, match="ready-made"):
            listen(np.zeros(9, np.float32))


def test_a_changed_setting_changes_the_fingerprint(front_end):
    change = {"sample_rate": front_end.sample_rate * 2}
    if front_end.backbones:  # its rate is not free: it is that of the graph's own front end
        change = {"pooling": "mean_std"}
    other = dataclasses.replace(front_end, **change)
    assert other.fingerprint != front_end.fingerprint


def test_it_says_how_tracks_are_cut(front_end):
    assert isinstance(front_end.segments(3.0), Segments)
    assert front_end.segments(None).seconds is None


def test_aliases_lead_to_columns(front_end):
    assert set(front_end.column_aliases().values()) <= set(front_end.columns)
