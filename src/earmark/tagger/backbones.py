"""The backbones that a tagger listens through: they travel in its file, each under its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from earmark.errors import SettingsError, TaggerError
from earmark.features import _backbones
from earmark.features import base as features
from earmark.graphs import guard
from earmark.tagger.format import Branch, Contents, backbone_member


def gather(branches: Iterable[Branch]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return ``Manifest.backbones`` and the members with the graphs themselves.

    Raises:
        SettingsError: a graph is not at hand.
    """
    wanted = {graph: called for branch in branches
              for graph, called in features.build(branch.front_end).backbones.items()}
    names = {graph: backbone_member(graph) for graph in sorted(wanted)}
    return names, {names[graph]: _backbones.content(graph, wanted[graph]) for graph in names}


def provide(contents: Contents, where: str) -> None:
    """Check the backbones in a tagger and make them known to its front ends.

    Nothing is written anywhere: the tagger's file is where they are kept.

    Raises:
        TaggerError: one is absent, is another than it is said to be, or may not be run.
    """
    for graph, member in contents.manifest.backbones.items():
        content = contents.models[member]
        if hashlib.sha256(content).hexdigest() != graph:
            raise TaggerError(f"{where}{member} is not the graph that it is said to be; fetch the "
                              "tagger again.")
        guard.check(content, where + member)
        _backbones.provide(content, keep=False)
    for branch in contents.manifest.branches:
        _refuse_absent(branch, contents.manifest.backbones, where)


def _refuse_absent(branch: Branch, given: Mapping[str, str], where: str) -> None:
    try:
        needed = features.build(branch.front_end, where=branch.model).backbones
    except SettingsError as error:
        raise TaggerError(f"{where}{error}") from error
    if absent := sorted(set(needed) - set(given)):
        raise TaggerError(f"{where}{branch.model} listens through the backbone "
                          f"'{needed[absent[0]]}', which is not in the file; make it again.")
