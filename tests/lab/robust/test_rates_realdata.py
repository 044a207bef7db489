"""The same recording at another sample rate gets the same tags, on real clips."""

import numpy as np
import pytest
import soundfile

from earmark.tagger.tagger import Tagger

CLIPS = ("blues/blues.00000", "country/country.00000", "disco/disco.00000", "hiphop/hiphop.00000",
         "jazz/jazz.00000", "metal/metal.00000", "rock/rock.00000")  # fmt: skip
RATE = 22_050
# Resamplers, ours among them, let the last tenth below half the lower rate fade out, and a tagger
# that listens there hears that (docs/robustness.md): below it nothing may differ.
FADING_HZ = 10_000


def at_rate(samples, rate):
    """The very sound at a rate, by its spectrum: nothing fades, unlike by any filter."""
    count = round(len(samples) * rate / RATE)
    spectrum = np.fft.rfft(samples)
    padded = np.zeros(count // 2 + 1, complex)
    padded[: len(spectrum)] = spectrum
    return (np.fft.irfft(padded, count) * count / len(samples)).astype(np.float32)


def without_top(samples):
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / RATE) > FADING_HZ] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


@pytest.fixture(scope="module")
def tagger():
    return Tagger.load("gtzan10")


@pytest.mark.realdata
@pytest.mark.parametrize("clip", CLIPS)
def test_the_same_tags_at_any_rate(realdata, tagger, clip, tmp_path):
    path = realdata / "gtzan/Data/genres_original" / f"{clip}.wav"
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    samples = samples[: 10 * RATE]
    samples = without_top(samples[: 10 * RATE])
    versions = {}
    for hz in (RATE, 44_100, 48_000):
        file = tmp_path / f"{hz}.wav"
        soundfile.write(file, at_rate(samples, hz), hz, subtype="FLOAT")
        versions[hz] = tagger.tag(file)
    plain = versions.pop(RATE)
    for hz, tags in versions.items():
        assert (tags.tags, tags.unknown) == (plain.tags, plain.unknown), hz
        assert tags.seconds == pytest.approx(plain.seconds, abs=1e-3)
        differences = [abs(tags.scores[label] - plain.scores[label]) for label in plain.scores]
        assert max(differences) < 0.005, hz
