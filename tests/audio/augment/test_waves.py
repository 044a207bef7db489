"""Random changes: what is drawn, that lengths and the shared generators are kept."""

import random
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark import settings
from earmark.audio.augment import Draw, Waves
from earmark.audio.synth import compose
from earmark.errors import MissingExtraError

RATE = 22_050
NEVER = Draw(0, 0, 0)
QUIET = {"time_stretch": Draw(0, 1, 1), "pitch_shift": NEVER, "noise_snr_db": NEVER,
         "gain_db": NEVER}  # fmt: skip


@pytest.fixture(scope="module")
def music():
    return compose("jazz", rng=np.random.default_rng(3), seconds=2, sample_rate=RATE).samples


def only(**draws):
    return Waves(**{**QUIET, **draws})


def test_without_chances_nothing_changes(music, rng):
    np.testing.assert_array_equal(only()(music, RATE, rng), music)


def test_gain_lies_within_its_range(music):
    change = only(gain_db=Draw(1, -12, -6))
    factors = [change(music, RATE, np.random.default_rng(k))[100] / music[100] for k in range(40)]
    db = 20 * np.log10(factors)
    assert (db >= -12.001).all()
    assert (db <= -5.999).all()
    assert np.ptp(db) > 3


@given(st.floats(0, 1), st.integers(0, 99))
def test_as_often_as_asked(probability, seed):
    rng = np.random.default_rng(seed)
    draw = Draw(probability, 2.0, 3.0)
    values = [draw.value(rng) for _ in range(400)]
    drawn = [value for value in values if value is not None]
    assert abs(len(drawn) / 400 - probability) < 0.15
    assert all(2 <= value <= 3 for value in drawn)


@pytest.mark.parametrize("name", ["time_stretch", "pitch_shift"])
@pytest.mark.parametrize("seconds", [2.0, 0.3])
def test_time_and_pitch_keep_the_length(music, name, seconds):
    pytest.importorskip("audiomentations")
    samples = music[: int(seconds * RATE)]
    change = only(**{name: Draw(1, 1.5, 2.0)})
    found = change(samples, RATE, np.random.default_rng(1))
    assert len(found) == len(samples)
    assert not np.allclose(found, samples, atol=1e-3)
    again = change(samples, RATE, np.random.default_rng(1))
    np.testing.assert_array_equal(found, again)


def test_what_is_missing_is_filled_from_the_beginning(music):
    pytest.importorskip("audiomentations")
    found = only(time_stretch=Draw(1, 2, 2))(music, RATE, np.random.default_rng(1))
    half = len(music) // 2
    np.testing.assert_array_equal(found[half:], found[:half])
    assert np.abs(found[half:]).max() > 0.05


def test_shared_generators_are_left_as_they_were(music):
    pytest.importorskip("audiomentations")
    random.seed(5)
    np.random.seed(6)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(6)  # noqa: NPY002
    change = only(time_stretch=Draw(1, 1.1, 1.2), pitch_shift=Draw(1, 1, 2))
    change(music, RATE, np.random.default_rng(1))
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_the_extra_is_named_where_it_is_missing(music, rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "audiomentations", None)
    with pytest.raises(MissingExtraError, match=r"pip install '.\[deep\]'"):
        only(pitch_shift=Draw(1, 1, 2))(music, RATE, rng)
    only(gain_db=Draw(1, 1, 2))(music, RATE, rng)  # needs none


def test_written_and_read_as_settings():
    waves = Waves(pitch_shift=Draw(0.5, -2, 2))
    assert settings.from_mapping(Waves, settings.to_mapping(waves)) == waves


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Draw(1.5, 0, 1), "'probability' is 1.5"),
    (lambda: Draw(0.5, 2, 1), "expected the first not to be higher"),
    (lambda: Draw(0.5, float("nan"), 1), "'low' is nan"),
    (lambda: Waves(time_stretch=Draw(0.5, 0.0, 1)), "'time_stretch.low' is 0.0"),
    (lambda: Waves(gain_db=Draw(0.5, 0.0, 99)), "'gain_db.high' is 99"),
])
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()
