"""Every feature family keeps this contract; a new file in ``features/`` is in it by itself."""

import dataclasses

import numpy as np
import pytest

from earmark import registry
from earmark.audio.segments import Segments
from earmark.errors import SettingsError
from earmark.features import base


@pytest.fixture(params=registry.names("features"))
def front_end(request):
    return base.build({"name": request.param})


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


def test_its_settings_cannot_change(front_end):
    with pytest.raises(dataclasses.FrozenInstanceError):
        front_end.sample_rate = 1


def test_values_are_finite_float32_with_a_name_each(front_end, segment):
    values = front_end(segment)
    assert values.dtype == np.float32
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


def test_ready_made_features_say_that_no_sound_is_taken(front_end):
    if front_end.takes_audio:
        pytest.skip("takes audio")
    assert front_end.columns
    for listen in (front_end, lambda samples: front_end.whole(lambda: (samples,))):
        with pytest.raises(SettingsError, match="ready-made"):
            listen(np.zeros(9, np.float32))


def test_a_changed_setting_changes_the_fingerprint(front_end):
    other = dataclasses.replace(front_end, sample_rate=front_end.sample_rate * 2)
    assert other.fingerprint != front_end.fingerprint


def test_it_says_how_tracks_are_cut(front_end):
    assert isinstance(front_end.segments(3.0), Segments)
    assert front_end.segments(None).seconds is None


def test_aliases_lead_to_columns(front_end):
    assert set(front_end.column_aliases().values()) <= set(front_end.columns)
