"""Copies are told from pieces that are nearly the same: a small case of the benchmark."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from benchmarks import near_material as material

from earmark.audio.fingerprint import fingerprint
from earmark.audio.levels import Levels
from earmark.lab.doctor.duplicates import pairs_among
from earmark.lab.doctor.ears import Sound

SECONDS = 10
STYLES = ("classical", "disco", "hiphop", "pop")


def sound(samples: np.ndarray, digest: str) -> Sound:
    return Sound(SECONDS, Levels(1, -1.0, 1.0, 0.1, 0.0, 0.0), False, np.zeros(0, np.bool_),
                 digest, fingerprint(samples.astype(np.float32), material.RATE))  # fmt: skip


@pytest.fixture(scope="module")
def pieces() -> dict[str, np.ndarray]:
    return {style: material.song(style, 31, 2 * SECONDS + 4.0) for style in STYLES}


@pytest.fixture(scope="module")
def tracks(pieces: dict[str, np.ndarray]) -> dict[str, Sound]:
    """Each piece with another tune over its backing, another take, a later passage."""
    count, made = SECONDS * material.RATE, {}
    for style, piece in pieces.items():
        long = len(piece) / material.RATE
        made[f"{style}/piece"] = piece[:count]
        made[f"{style}/later"] = piece[-count:]
        made[f"{style}/take"] = material.song(style, 31, long, take=1)[:count]
        made[f"{style}/tune"] = material.song(style, 31, long, tune=1)[:count]
    return {name: sound(samples, name) for name, samples in made.items()}


def test_the_tunes_are_others_to_the_ear(pieces: dict[str, np.ndarray]) -> None:
    for style in STYLES:
        piece = pieces[style][: SECONDS * material.RATE]
        other = material.song(style, 31, 2 * SECONDS + 4.0, tune=1)[: len(piece)]
        assert 20 * np.log10((other - piece).std() / piece.std()) > material.HEARD_DB


def test_pieces_that_are_nearly_the_same_are_no_pairs(tracks: dict[str, Sound]) -> None:
    assert pairs_among(tracks) == []


@pytest.mark.parametrize("way", material.REQUIRED)
def test_each_copy_is_found_and_nothing_else(pieces, tracks, way) -> None:
    rng, count = np.random.default_rng(0), SECONDS * material.RATE
    copies = {
        f"{style}/piece+{way}": sound(material.changed(piece, 0, count, way, rng), f"{style}+")
        for style, piece in pieces.items()
    }  # fmt: skip
    found = pairs_among({**tracks, **copies})
    assert [(p.a, p.b, p.kind) for p in found] == [
        (f"{style}/piece", f"{style}/piece+{way}", "near") for style in STYLES]  # fmt: skip


def test_two_copies_are_copies_of_each_other(pieces) -> None:
    rng, count, piece = np.random.default_rng(0), SECONDS * material.RATE, pieces["pop"]
    ways = ("mp3 64", "6 dB louder", "2 s later")
    copies = {way: sound(material.changed(piece, 0, count, way, rng), way) for way in ways}
    found = {(p.a, p.b) for p in pairs_among(copies)}
    assert found == set(itertools.combinations(sorted(ways), 2))
