"""Procedural music: seeded pieces in a dozen styles by made-up artists, with their truth.

It serves where music is needed and none may be shipped: the demonstration, tests, and a synthetic
dataset on which a pipeline can be tried from end to end. Reading order: ``theory`` and
``notation`` (how music is written), ``style`` and the songbooks (what is written), ``form``,
``parts`` and ``melody`` (who plays what), ``voices``, ``instruments`` and ``drums`` (how it
sounds), ``mixing`` and ``mastering`` (how it is recorded), ``artists`` and ``piece``.

It is no model of real music: scores on it say that a pipeline works, not how well it tags.
"""

from earmark.audio.synth.artists import Artist, make_artist
from earmark.audio.synth.piece import INSTRUMENT_LABELS, MOODS, TEMPO_WORDS, Piece, compose
from earmark.audio.synth.styles import STYLES

__all__ = [
    "INSTRUMENT_LABELS",
    "MOODS",
    "STYLES",
    "TEMPO_WORDS",
    "Artist",
    "Piece",
    "compose",
    "make_artist",
]
