"""Taggers that others published, made into ours. Nothing of theirs is run.

An importer reads what was published where the user has it, writes the network as an ONNX graph,
and puts licence, citation, source and what was learnt from on the tagger's card. What each needs
stands in the catalogue below.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Models that can be imported.

    Attributes:
        gives: what the tagger then says.
        needs: what the user brings.
        where: they are published, and under which licence.
    """

    gives: str
    needs: str
    where: str


CATALOGUE = {
    "musicnn": Published(
        gives="50 tags: instruments, voices, moods, tempo and genres",
        needs="the package's wheel, its folder or the package installed; or --download",
        where="the Python package musicnn 0.1.0, ISC licence",
    ),
}
"""By the name of the subcommand of ``earmark tagger import``."""
