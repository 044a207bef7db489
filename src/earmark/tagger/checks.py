"""The check that travels with a tagger, made when the tagger is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from earmark.audio.synth import compose
from earmark.features import base as features
from earmark.tagger import backbones
from earmark.tagger.format import Check, Contents, Manifest
from earmark.tagger.tagger import Tagger

_SECONDS = 4.0


def with_check(manifest: Manifest, models: Mapping[str, bytes]) -> Contents:
    """Return the contents with a check: a few seconds of our own music and their scores.

    The backbones that its branches listen through are put in.
    """
    names, graphs = backbones.gather(manifest.branches)
    manifest, models = dataclasses.replace(manifest, backbones=names), {**models, **graphs}
    rate = features.build(manifest.branches[0].front_end).sample_rate
    piece = compose("rock", rng=np.random.default_rng(0), seconds=_SECONDS, sample_rate=rate)
    samples = np.round(piece.samples * 32767).astype(np.int16)
    unknown = Check(samples, rate, np.zeros(len(manifest.labels), np.float32))
    scores = Tagger(Contents(manifest, models, unknown)).replay(
        (samples / 32768).astype(np.float32), rate
    )
    return Contents(manifest, models, Check(samples, rate, scores))
