"""The bench's list: names, repeatable whatever the order, rates that are really others."""

import numpy as np
import pytest

from earmark.lab.robust.disturbances import Disturbance, Sound, standard

RATE = 22_050
FAMILIES = {"codec", "gain", "clipping", "noise", "time-stretch", "pitch-shift", "band limit",
            "excerpt", "sample rate"}  # fmt: skip


@pytest.fixture(scope="module")
def sound():
    time = np.arange(12 * RATE) / RATE
    tones = sum(0.2 * np.sin(2 * np.pi * hz * time) for hz in (220, 660, 2500))
    return Sound(tones.astype(np.float32), RATE)


def test_every_family_is_there_under_names_that_fit_the_page():
    found = standard()
    assert {d.family for d in found} == FAMILIES
    assert len({d.name for d in found}) == len(found)
    assert max(len(d.name) for d in found) <= 18  # what a chart shows of a name


@pytest.mark.parametrize("disturbance", standard(), ids=lambda d: d.name)
def test_the_same_for_the_same_track_and_seed(disturbance, sound):
    found = disturbance(sound, "a", 1)
    again = disturbance(sound, "a", 1)
    np.testing.assert_array_equal(found.samples, again.samples)
    assert np.isfinite(found.samples).all()
    seconds = len(found.samples) / found.sample_rate
    expected = {"first 10 s": 10, "middle 10 s": 10, "last 10 s": 10, "middle 3 s": 3,
                "tempo x0.9": 12 / 0.9, "tempo x1.1": 12 / 1.1}.get(disturbance.name, 12)
    assert seconds == pytest.approx(expected, abs=0.001)
    if disturbance.change is not None:
        assert not np.array_equal(found.samples, sound.samples)


def test_noise_is_another_for_another_track_or_seed(sound):
    noise = next(d for d in standard() if d.family == "noise")
    first = noise(sound, "a", 1).samples
    assert not np.array_equal(first, noise(sound, "b", 1).samples)
    assert not np.array_equal(first, noise(sound, "a", 2).samples)
    noise(Sound(sound.samples, RATE), "\udcff", 1)  # a name that is no UTF-8


def test_a_rate_hands_over_the_same_sound_at_it(sound):
    found = Disturbance("rate", "sample rate", "", rate_hz=44_100)(sound, "a", 0)
    assert found.sample_rate == 44_100
    np.testing.assert_allclose(found.samples[2000:-2000:2], sound.samples[1000:-1000], atol=1e-3)
