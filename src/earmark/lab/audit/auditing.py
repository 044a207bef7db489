"""Auditing a recipe: the same model under leaky and honest protocols, equally much learnt from.

Published test parts are read through the ledger, as by a run. Drawn splits need no entry: nothing
is kept of them to be chosen by, and each is dealt anew. That holds as long as an audit is used to
judge protocols; who chooses among models by its numbers uses up the published test part, too,
whose tracks the drawn splits deal out again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset, variant
from earmark.errors import require
from earmark.judging.ledger import Ledger, read_test
from earmark.judging.protocol import METRICS, protocol_of
from earmark.judging.references import same_protocol
from earmark.judging.report import audited
from earmark.judging.splits import Split
from earmark.lab import backbones, runfolder
from earmark.lab.audit import measure, protocols
from earmark.lab.audit.groups import infer
from earmark.lab.audit.measure import Bench, Figures, Judged
from earmark.lab.audit.protocols import Dealt, Draw, Sizes
from earmark.lab.audit.segments import cut
from earmark.lab.batches import Log, gather
from earmark.lab.building import refuse_slips
from earmark.lab.learner import Learner
from earmark.lab.recipe import Recipe
from earmark.store import write_text

VALUES, PAGE = "audit.json", "audit.html"
SEGMENTS = "random segments"


@dataclass(frozen=True)
class Settings:
    """How an audit is made.

    Attributes:
        seeds: how often protocols that are drawn are dealt.
        tracks: to learn from under each; None for as many as the recipe's own split has.
    """

    seeds: int = 5
    tracks: int | None = None


def audit(
    recipe: Recipe, root: Path, folder: Path, settings: Settings, log: Log = lambda _: None
) -> Mapping[str, Any]:
    """Judge the recipe's model under each protocol; leave ``audit.json`` and a page in ``folder``.

    A folder that holds this very audit, finished, is shown and nothing is read again.

    Returns:
        The content of ``audit.json``.

    Raises:
        SettingsError: the folder holds something else, or more tracks are asked for than there
            are. DataError: the dataset is not as published, or is too small to divide.
    """
    require("sklearn", extra="train", purpose="an audit")
    recipe = backbones.completed(recipe)
    dataset = open_dataset(recipe.dataset.name, root, recipe.dataset.options)
    for branch in recipe.branches:  # a slip in a model's settings is found before anything is done
        refuse_slips(branch, dataset.vocabulary.task)
    folder = folder.resolve()
    identity = {"audit": "1", "recipe": recipe.fingerprint, "dataset": dataset.fingerprint,
                "settings": f"{settings.seeds} seeds, {settings.tracks or 'all'} tracks",
                "earmark": __version__, **runfolder.starts(recipe, dataset.vocabulary.task)}
    with runfolder.held(folder):
        if done := runfolder.told(folder / VALUES, identity, audited.lines, "audit"):
            if not (folder / PAGE).is_file():  # the process was killed between the two
                write_text(folder / PAGE, audited.page(done))
            return done
        values = {"identity": identity, **_Audit(recipe, dataset, folder, settings, log).values()}
        write_text(folder / VALUES, json.dumps(values, indent=1, allow_nan=False))
        write_text(folder / PAGE, audited.page(values))
    return values


class _Audit:
    """The steps of one audit, top to bottom."""

    def __init__(
        self, recipe: Recipe, dataset: Dataset, folder: Path, settings: Settings, log: Log
    ) -> None:
        self.recipe, self.dataset, self.folder = recipe, dataset, folder
        self.settings, self.log = settings, log
        self.hearsay = backbones.hearsay(recipe, dataset)
        self.readings: list[str] = []

    def values(self) -> dict[str, Any]:
        learner = self._learner()
        features = learner.gathered[0].features
        groups = infer(self.dataset, sorted(learner.known), features, self.log)
        self.bench = Bench(learner, cut(learner), groups)
        dealt, left_out = self._protocols(learner)
        judged = {d.name: self._judge(d) for d in dealt}
        if self.bench.tells_segments:
            judged = {SEGMENTS: self._judge_segments(dealt[0]), **judged}
        else:
            left_out = [f"{SEGMENTS}: {self._no_segments()}", *left_out]
        return self._told(dealt, judged, left_out)

    def _learner(self) -> Learner:
        gathered = tuple(gather(self.dataset, self._wanted(), branch, self.log)
                         for branch in self.recipe.branches)
        return Learner(self.dataset, self.recipe.branches, gathered)

    def _wanted(self) -> list[str]:
        """Return the tracks that some protocol deals with: features may be dear."""
        if self.recipe.split.partition is None:
            return sorted(self.dataset.tracks)
        published = self.dataset.partitions().values()
        return sorted(self.dataset.tracks.keys() & set().union(*published))

    def _protocols(self, learner: Learner) -> tuple[list[Dealt], list[str]]:
        """Return the protocols that tracks are dealt by, that of single tracks first, and why
        others are left out."""
        choice = self.recipe.split
        wanted = protocols.sizes(self.dataset, choice, learner.known, self.settings.tracks)
        drawn, missing = self._drawn(wanted)
        found, refused = protocols.published(self.dataset, choice, learner.known, choice.partition)
        learn = min(wanted.learn, *(len(draw.learn) for d in drawn for draw in d.draws))
        kept, short = protocols.levelled(self.dataset, [*drawn, *found], learn, self._rngs(9))
        return kept, [*missing, *short, *refused]

    def _drawn(self, wanted: Sizes) -> tuple[list[Dealt], list[str]]:
        groups = self.bench.groups
        kinds: list[tuple[str, str, Mapping[str, str] | None]] = [
            ("by track", "tracks dealt by chance", None)]
        missing = []
        if groups.songs_repeat:
            kinds.append(("by song", "songs and copies kept whole", groups.song))
        else:
            missing.append("by song: no song is known to have several tracks")
        if groups.artists_suffice:
            kinds.append(("by artist", "artists kept whole", groups.artist))
        else:
            missing.append("by artist: the artists of too few tracks are known")
        return [Dealt(name, how, protocols.by_groups(self.dataset, wanted, group, self._rngs(k)))
                for k, (name, how, group) in enumerate(kinds)], missing

    def _rngs(self, number: int) -> list[np.random.Generator]:
        return [np.random.default_rng([self.recipe.seed, number, seed])
                for seed in range(self.settings.seeds)]  # fmt: skip

    def _judge(self, dealt: Dealt) -> list[Judged]:
        if dealt.published is None:
            return [self._fit(dealt.name, k, draw) for k, draw in enumerate(dealt.draws)]
        parts = {draw.split.name: draw.split for draw in dealt.draws if draw.split}
        return [judged for split in parts.values()
                for judged in self._read(split, [d for d in dealt.draws if d.split is split])]

    def _fit(self, name: str, number: int, draw: Draw) -> Judged:
        self.log(f"{name}, draw {number + 1}")
        return self.bench.judge(draw, [self.recipe.seed, number])

    def _judge_segments(self, by_track: Dealt) -> list[Judged]:
        """Deal the segments of the tracks that ``by track`` dealt, as many to either side."""
        found = []
        for number, draw in enumerate(by_track.draws):
            self.log(f"{SEGMENTS}, draw {number + 1}")
            found.append(self.bench.judge_leaky(draw, [self.recipe.seed, number]))
        return found

    def _read(self, split: Split, draws: Sequence[Draw]) -> list[Judged]:
        """Read a published test part, once for all draws of what was learnt from, and enter it."""

        def judge(_: tuple[str, ...]) -> tuple[dict[str, Any], list[Judged]]:
            found = [self._fit(split.name, k, d) for k, d in enumerate(draws)]
            samples = {"": [judged.by_track for judged in found]}
            figured = measure.figures(samples, self.dataset.vocabulary.task, self.recipe.seed)[""]
            return {name: its.value for name, its in figured.items()}, found

        reading, _, found = read_test(
            Ledger(self.folder.parent / "ledger.jsonl"), split, self.dataset,
            run=self.folder.name, recipe=self.recipe.fingerprint, judge=judge)
        self.readings.append(f"{reading.time} {split.name}")
        return found

    def _no_segments(self) -> str:
        if self.bench.cut is None:
            return "the recipe's branches cut tracks differently"
        return "the recipe learns from whole tracks, one row a track"

    def _told(
        self, dealt: Sequence[Dealt], judged: Mapping[str, Sequence[Judged]],
        left_out: Sequence[str],
    ) -> dict[str, Any]:
        by_unit = self._figured(judged)
        how = {SEGMENTS: Dealt(SEGMENTS, "rows dealt by chance", ()), **{d.name: d for d in dealt}}
        lines = [self._line(how[name], its, {unit: by_unit[unit][name] for unit in by_unit})
                 for name, its in judged.items()]  # fmt: skip
        chosen = audited.choose(lines, self.recipe.split.partition)
        metric = METRICS[self.dataset.vocabulary.task][0]
        for line in lines:
            line["gap"] = _gap(line, chosen, by_unit, metric)
        values = {**self._facts(), "metric": metric, "tracks_learnt": lines[-1]["learnt"]["tracks"],
                  "protocols": lines, **chosen, "left_out": list(left_out)}
        return {"sentence": audited.sentence(values), **values}

    def _figured(
        self, judged: Mapping[str, Sequence[Judged]]
    ) -> dict[str, dict[str, dict[str, Figures]]]:
        """Return unit, protocol and metric to figures."""
        task, seed = self.dataset.vocabulary.task, self.recipe.seed
        tracks = {name: [j.by_track for j in its] for name, its in judged.items()}
        found = {"track": measure.figures(tracks, task, seed)}
        if self.bench.tells_segments:
            parts = {name: [j.by_segment for j in its if j.by_segment]
                     for name, its in judged.items()}  # fmt: skip
            found["segment"] = measure.figures(parts, task, seed)
        return found

    def _facts(self) -> dict[str, Any]:
        """Return what is so under every protocol."""
        gathered, groups = self.bench.learner.gathered, self.bench.groups
        return {
            "recipe": self.recipe.name, "dataset": self.dataset.name,
            "variant": variant(self.dataset),
            "models": [branch.model.get("name") for branch in self.recipe.branches],
            "contaminated": self.hearsay.contaminated,
            "seeds": self.settings.seeds, "seed": self.recipe.seed,
            "artists_known": groups.artists_suffice, "inferred": list(groups.said),
            "readings": self.readings,
            "notes": list(dict.fromkeys(note for g in gathered for note in g.notes)),
            "failed": sorted({line for g in gathered for line in g.failed}),
        }

    def _line(
        self, dealt: Dealt, judged: Sequence[Judged], by_unit: Mapping[str, Mapping[str, Figures]]
    ) -> dict[str, Any]:
        def mean(name: str) -> float:
            return float(np.mean([getattr(j, name) for j in judged]))

        segmented = dealt.name == SEGMENTS
        return {
            "name": dealt.name, "how": dealt.how, "published": dealt.published,
            "cut_from": dealt.cut or None, "draws": len(judged),
            "leaky": segmented or mean("heard") > 0 or mean("copied") > 0,
            "heard": mean("heard") if self.bench.groups.artists_suffice else None,
            "copied": mean("copied"),
            # A track whose segments stand on both sides is not learnt whole.
            "learnt": {"tracks": None if segmented else judged[0].learnt,
                       "segments": round(mean("learnt_segments")) or None},
            "judged": {"tracks": mean("judged"), "segments": mean("judged_segments") or None},
            "scores": {unit: {name: _plain(its) for name, its in figured.items()}
                       for unit, figured in by_unit.items()},
            "references": self._references(dealt),
        }

    def _references(self, dealt: Dealt) -> list[dict[str, Any]]:
        """Return the published scores of a partition, of folds all together, judged by track."""
        split = dealt.draws[0].split if dealt.draws else None
        if split is None or dealt.cut:
            return []
        named = Split(dealt.name, split.parts)
        protocol = protocol_of(self.dataset, named, leaky=False,
                               contaminated=bool(self.hearsay.contaminated))
        return [asdict(reference) for reference in same_protocol(protocol)]


def _gap(
    line: Mapping[str, Any], chosen: Mapping[str, Any],
    by_unit: Mapping[str, Mapping[str, Mapping[str, Figures]]], metric: str,
) -> dict[str, Any] | None:
    """Return a protocol's score less that of the honest one, by the unit that the sentence is of.
    """
    honest = chosen["honest"]
    if honest is None or line["name"] == honest:
        return None
    of = by_unit[chosen["unit"]]
    value, interval = of[line["name"]][metric].less(of[honest][metric])
    return {"value": value, "interval": interval}


def _plain(found: Figures) -> dict[str, Any]:
    return {"value": found.value, "interval": found.interval, "each": found.each}
