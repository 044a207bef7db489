"""From a judged run to a tagger: what it holds and its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.features import base as features
from earmark.features.embedding import About
from earmark.judging.decisions import Decisions
from earmark.judging.splits import Split
from earmark.lab.backbones import abouts
from earmark.lab.recipe import Recipe
from earmark.lab.shipping import in_eight_bits
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest, Score


def pack(
    recipe: Recipe,
    dataset: Dataset,
    split: Split,
    exported: Mapping[str, bytes],
    results: Mapping[str, Any],
    decisions: Decisions,
    columns: Sequence[int],
    weights: Sequence[float],
    told: Sequence[Mapping[str, Any]] = (),
) -> Contents:
    """Return the tagger of a run.

    Args:
        columns: of the vocabulary, the labels that the models give scores for, rising.
        weights: of the branches.
        told: of each branch's graph, see ``shipping.Exported``.
    """
    vocabulary = dataset.vocabulary
    labels = tuple(vocabulary.labels[k] for k in columns)
    manifest = Manifest(
        format=FORMAT,
        name=recipe.tagger.name,
        task=vocabulary.task,
        labels=labels,
        groups={label: vocabulary.group(label) for label in labels},
        branches=_branches(recipe, weights),
        decisions=decisions if len(labels) == len(vocabulary) else decisions.of(columns),
        card=_card(recipe, dataset, split, results, told),
    )
    return with_check(manifest, exported)


def _branches(recipe: Recipe, weights: Sequence[float]) -> tuple[Branch, ...]:
    return tuple(
        Branch(
            front_end=features.describe(features.build(branch.front_end)),
            segments=branch.segments,
            model=f"branch{k}.onnx",
            weight=weight,
        )
        for k, (branch, weight) in enumerate(zip(recipe.branches, weights, strict=True))
    )


def _card(
    recipe: Recipe, dataset: Dataset, split: Split, results: Mapping[str, Any],
    told: Sequence[Mapping[str, Any]],
) -> Card:
    listens = abouts(recipe.branches)
    return Card(
        title=recipe.tagger.title,
        licence="; ".join(filter(None, [recipe.tagger.licence, _of_each(listens, "licence")])),
        limits=recipe.tagger.limits,
        seen=(*_seen(recipe, dataset, split, results), *(
            f"through its backbone {name}: {line}"
            for name, about in listens.items() for line in about.seen)),
        results=tuple(_scores(recipe, split, results)),
        dataset={"name": dataset.name, "fingerprint": dataset.fingerprint},
        split={"name": split.name, "fingerprint": split.fingerprint},
        recipe={"name": recipe.name, "fingerprint": recipe.fingerprint},
        made_with={"earmark": __version__, **in_eight_bits(told)},
        source=_of_each(listens, "source"),
        citation=_of_each(listens, "citation"),
        notice=_of_each(listens, "notice", "\n\n"),
    )


def _of_each(listens: Mapping[str, About], fact: str, between: str = "; ") -> str:
    """Return what is to be kept with the weights of others, backbone by backbone."""
    return between.join(f"backbone {name}: {said}" for name, about in listens.items()
                        if (said := getattr(about, fact)))


def _seen(
    recipe: Recipe, dataset: Dataset, split: Split, results: Mapping[str, Any]
) -> tuple[str, ...]:
    if recipe.ship == "all":
        failed = {line.partition(": ")[0] for line in results["failed"]}.intersection(split.parts)
        less = f" but {len(failed)} without features" if failed else ""
        test = (", its test part among them: the scores are those of the same recipe without it"
                if split.ids("test") else "")
        return (f"{dataset.name}: all {len(split.parts)} tracks of split {split.name}{less}{test}",)
    return tuple(f"{dataset.name}: {part} part of split {split.name}"
                 for part in recipe.split.learn_from)


def _scores(recipe: Recipe, split: Split, results: Mapping[str, Any]) -> list[Score]:
    """The cross-validated score and the one reading of the test part, each with its protocol."""
    why, may = (results["protocol"][key] for key in ("contaminated", "may_have_heard"))
    mark = f"contaminated ({why}): " if why else ""
    doubt = f"; {may}" if may else ""
    readings = results["ledger"]["readings_of_this_test_part"]
    found = []
    if validated := results["cross_validated"]:
        inside = " + ".join(validated["inside"])
        leaky = "leaky: " if validated["leaky"] else ""
        protocol = (f"{leaky}{validated['folds']} {validated['grouped_by']}-grouped folds inside "
                    f"{inside}")
        found.append(("cross-validated", validated, protocol))
    if test := results["parts"].get("test"):
        leaky = "leaky: " if results["protocol"]["leaky"] else ""
        found.append(("test part", test, f"{leaky}test part read {readings} time(s)"))
    return [
        Score(
            what=what,
            metric=metric,
            value=round(float(values[metric]), 4),
            interval_by_artist={k: round(v, 4) for k, v in
                                values.get(f"{metric}_interval_by_artist", {}).items()},
            protocol=mark + protocol + doubt,
            split=split.name,
            unit="track",
            seed=recipe.seed,
        )
        for what, values, protocol in found
        for metric in ("accuracy", "f1_macro", "pr_auc_macro", "roc_auc_macro")
        if values.get(metric) is not None
    ]
