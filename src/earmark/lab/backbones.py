"""Backbones for one's own labels: from ``embedding:NAME`` to a front end with all its settings.

A backbone is an installed tagger, or a tagger's file, whose graph gives an embedding. What it
learnt from is said wherever a score stands: it may have heard what it is now judged on.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from earmark import registry, settings
from earmark.datasets._own import OwnMusic
from earmark.datasets.base import Dataset
from earmark.datasets.synthetic import Synthetic
from earmark.errors import SettingsError, TaggerError, suggestion
from earmark.features import _backbones
from earmark.features import base as features
from earmark.features.embedding import About, Embedding
from earmark.graphs.session import Session
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.tagger import format as tagger_format
from earmark.tagger.format import Branch, Contents
from earmark.tagger.tagger import find

_PREFIX = f"{Embedding.name}:"


class Hearsay(NamedTuple):
    """What a run's backbones may know of the music that it is judged on.

    Attributes:
        contaminated: why scores on a published dataset prove little; empty where they stand.
        may_have_heard: the same of music that nobody has published; empty where there is nothing
            to say.
    """

    contaminated: str = ""
    may_have_heard: str = ""


def front_end_for(given: str) -> dict[str, Any]:
    """Return the front end for a word of the command line, with all its settings.

    Args:
        given: a family's name, or ``embedding:NAME`` or ``embedding:NAME:OUTPUT``, NAME being an
            installed tagger or the path of one.

    Raises:
        SettingsError: no such family, or no such output. TaggerError: no such tagger.
    """
    if not given.startswith(_PREFIX):
        return features.describe(features.build({"name": given}))
    name, output = _parted(given.removeprefix(_PREFIX))
    if not name:
        raise SettingsError("'embedding:' names no backbone; expected an installed tagger, such as "
                            "embedding:musicnn.")
    chosen = {"output": output} if output else {}
    return complete({"name": Embedding.name, "backbone": name, **chosen})


def complete(front_end: Mapping[str, Any]) -> dict[str, Any]:
    """Return a front end with what a backbone's tagger says filled in, its graph being at hand.

    What is given stays; any family but an embedding is returned as it is.

    Raises:
        TaggerError: no such tagger, or a damaged one.
        SettingsError: it gives no embedding, or not the graph that the settings name.
    """
    values = dict(front_end)
    if values.get("name") != Embedding.name or not values.get("backbone"):
        return values
    if graph := values.get("graph"):
        _find_again(str(graph), str(values["backbone"]))
        return values
    return features.describe(features.build(_filled_in(values)))


def completed(recipe: Recipe) -> Recipe:
    """Return the recipe with every front end complete."""
    branches = tuple(dataclasses.replace(branch, front_end=complete(branch.front_end))
                     for branch in recipe.branches)
    return dataclasses.replace(recipe, branches=branches)


def with_features(recipe: Recipe, given: str) -> Recipe:
    """Return the recipe with another front end in every branch; see ``front_end_for``.

    The features are made from audio where no table has them, whatever the recipe's own were from.
    """
    front_end = front_end_for(given)
    branches = tuple(dataclasses.replace(branch, front_end=front_end, source="auto")
                     for branch in recipe.branches)
    return dataclasses.replace(recipe, branches=branches)


def slug(given: str) -> str:
    """Return what a run folder is called after its features.

    >>> slug("embedding:taggers/musicnn.earmark:pooled")
    'musicnn-pooled'
    """
    last = given.removeprefix(_PREFIX).replace("\\", "/").rpartition("/")[2]
    return re.sub(r"\W+", "-", last.replace(tagger_format.SUFFIX, "")).strip("-")


def abouts(branches: Iterable[BranchChoice | Branch]) -> dict[str, About]:
    """Return each backbone that branches listen through, or whose weights their models begin
    with, by what it is called."""
    branches = list(branches)
    front_ends = [features.build(branch.front_end) for branch in branches]
    found = {f.backbone: f.about for f in front_ends if isinstance(f, Embedding) and f.graph}
    for branch in branches:
        if isinstance(branch, BranchChoice):
            found |= {name: About(seen=heard) for name, heard in _heard(branch.model) if heard}
    return found


def _heard(model: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a model, or each member of an ensemble, has learnt from before it is fitted."""
    values = dict(model)
    name = str(values.pop("name", ""))
    made = settings.from_mapping(registry.load("models", name), values, where="model")
    if members := getattr(made, "members", ()):
        for member in members:
            yield from _heard(member)
    else:
        yield name, made.heard


def hearsay(recipe: Recipe, dataset: Dataset) -> Hearsay:
    """Return what is to be said of the recipe's backbones where it is judged on the dataset.

    Music that Earmark composed cannot have been heard. Elsewhere nobody can rule it out: sources
    share recordings, and the cards of backbones name collections, not recordings.
    """
    known = abouts(recipe.branches)
    if not known or isinstance(dataset, Synthetic):
        return Hearsay()
    learnt = "; ".join(f"{name} {_learnt(about)}" for name, about in known.items())
    if isinstance(dataset, OwnMusic):
        return Hearsay(may_have_heard=f"{learnt}, and may have heard some of this music")
    return Hearsay(contaminated=f"{learnt}, which may hold the same recordings as {dataset.name}")


def _learnt(about: About) -> str:
    # A card's lines begin with the collection: 'MagnaTagATune: train part of ...'
    named = dict.fromkeys(line.partition(":")[0] for line in about.seen)
    return f"learnt from {' and '.join(named) or 'music that its card does not name'}"


def _parted(given: str) -> tuple[str, str]:
    """Part a name or path from an output; a drive's colon in a path is no mark."""
    name, _, output = given.rpartition(":")
    if not name or given.endswith(tagger_format.SUFFIX) or Path(given).is_file():
        return given, ""
    return name, output


def _filled_in(values: Mapping[str, Any]) -> dict[str, Any]:
    contents = tagger_format.read(find(str(values["backbone"])))
    branch = _giving(contents)
    output = str(values.get("output") or branch.embedding)
    content = contents.models[branch.model]
    inner = features.build(branch.front_end)
    return {
        "sample_rate": inner.sample_rate, "front_end": features.describe(inner),
        "windows": branch.segments, "batch": branch.batch, **values,
        "backbone": contents.manifest.name, "output": output,
        "graph": _backbones.provide(content), "about": _about(contents),
        "dimensions": _width(content, output, contents.manifest.name),
    }  # fmt: skip


def _giving(contents: Contents) -> Branch:
    for branch in contents.manifest.branches:
        if branch.embedding:
            return branch
    raise SettingsError(f"tagger {contents.manifest.name} gives no embedding to learn on; choose "
                        "a model that was imported with one: earmark tagger import musicnn")


def _width(content: bytes, output: str, name: str) -> int:
    shapes = Session(content, f"backbone {name}").outputs
    rows = {k: shape[1] for k, shape in shapes.items()
            if len(shape) == 2 and isinstance(shape[1], int)}
    if output not in rows:
        raise SettingsError(f"backbone {name} has no output '{output}' with a row of values a "
                            f"window.{suggestion(output, rows)}")
    return int(rows[output])


def _about(contents: Contents) -> About:
    card = contents.manifest.card
    return About(card.seen, card.licence, card.source, card.citation, card.notice)


def _find_again(graph: str, backbone: str) -> None:
    """Make the graph that a resolved recipe names known, from the tagger where it is not kept."""
    try:
        _backbones.content(graph, backbone)
        return
    except SettingsError as error:
        absent = error
    try:
        contents = tagger_format.read(find(backbone))
    except TaggerError:
        raise absent from None
    if graph not in {_backbones.provide(content) for content in contents.models.values()}:
        raise SettingsError(f"the backbone '{backbone}' that is installed is another than the "
                            f"recipe's (graph {graph[:12]}): leave 'graph' out of the recipe to "
                            "learn on the one at hand.")
