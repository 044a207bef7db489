"""Several runs side by side: like with like, paired on the same tracks, and the leaky-honest gap.

Scores earned under unlike protocols (other tracks, another split, another unit, leaky or not) are
no contest: each protocol has a table of its own. Runs are ranked by their cross-validated score
where all of them have the same kind of it, because whoever chooses by the test part uses it up.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.errors import DataError
from earmark.judging.references import Reference
from earmark.judging.report.charts import Bar, Gap
from earmark.judging.report.differences import Difference, alike, differences, scores_of
from earmark.judging.report.facts import honest
from earmark.judging.report.facts import metric as metric_title
from earmark.judging.report.facts import number as _three
from earmark.judging.report.metric_names import HEADLINE, TITLES
from earmark.judging.report.read import RunFolder, read
from earmark.judging.report.scores import Scores


@dataclass(frozen=True)
class Group:
    """Runs under one protocol, ranked.

    Attributes:
        ranked_by: ``cross-validated``, ``test`` ...; empty when the runs could not be ranked.
        runs: best first; by name when not ranked.
    """

    ranked_by: str
    runs: tuple[RunFolder, ...]
    differences: tuple[Difference, ...]

    @property
    def title(self) -> str:
        """The protocol in words."""
        return self.runs[0].protocol.title

    @property
    def published(self) -> tuple[Reference, ...]:
        """Published scores of the same protocol."""
        return next((run.published for run in self.runs if run.published), ())

    @property
    def metric(self) -> str:
        """What the runs are ranked by, for people: ``score`` where that is the accuracy."""
        return "score" if not self.runs[0].several else metric_title(self.runs[0].protocol.metric)

    @property
    def others(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """What else is known of multi-label runs: names of metrics, and a row a run.

        Of the part ranked by, or of what each run stands for.
        """
        found = [(run, scores_of(run, self.ranked_by) or honest(run)) for run in self.runs
                 if run.several]
        keys = [k for k in HEADLINE if any(s and k in s.numbers for _, s in found)]
        rows = [(run.name, s.name, *(_three(s.numbers.get(key)) for key in keys))
                for run, s in found if s]
        return tuple(TITLES[key] for key in keys), tuple(rows)

    @property
    def bars(self) -> list[Bar]:
        """The scores ranked by, or those each run stands for."""
        found = [(run, scores_of(run, self.ranked_by) or honest(run)) for run in self.runs]
        return [
            Bar(run.name, s.value, s.by_track, s.by_artist, s.baseline, run.leaky)
            for run, s in found if s is not None and s.value is not None
        ]


@dataclass(frozen=True)
class Comparison:
    """Groups of runs, and each model's leaky score beside its honest one.

    Attributes:
        mixed: all runs in one order, only when asked for; such an order proves nothing.
    """

    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    mixed: tuple[RunFolder, ...] = ()

    @property
    def unlike(self) -> tuple[str, ...]:
        """Why groups are not ranked together, a sentence for each beside the first."""
        first, *others = self.groups
        return tuple(
            f"Not ranked together: '{first.title}' and '{group.title}' differ in "
            f"{'; '.join(first.runs[0].protocol.unlike(group.runs[0].protocol))}."
            for group in others
        )

    @property
    def leaky(self) -> bool:
        """Whether any run is."""
        return any(group.runs[0].leaky for group in self.groups)


def compare(folders: Sequence[Path], *, mixed: bool = False) -> Comparison:
    """Read finished runs and set them side by side.

    Args:
        mixed: also put all runs in one table, whatever their protocols.

    Raises:
        DataError: fewer than two runs, one given twice, or one that cannot be read.
    """
    if len(folders) < 2:
        raise DataError(f"{len(folders)} run given; expected two or more run folders.")
    twice = [f for f, n in Counter(folder.resolve() for folder in folders).items() if n > 1]
    if twice:
        raise DataError(f"{twice[0]} is given twice; name each run once.")
    runs = _named(folders, [read(folder) for folder in folders])
    by_protocol: dict[tuple[str | bool, ...], list[RunFolder]] = {}
    for run in runs:
        by_protocol.setdefault(run.protocol.key, []).append(run)
    groups = sorted(by_protocol.values(), key=lambda g: (g[0].leaky, g[0].dataset, g[0].split))
    return Comparison(
        tuple(_group(members) for members in groups), tuple(_gaps(runs)),
        tuple(sorted(runs, key=lambda r: (-_value(honest(r)), r.name))) if mixed else (),
    )


def plain(found: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON-able values."""
    values: dict[str, Any] = {
        "groups": [_plain_group(group) for group in found.groups],
        "gaps": [{"model": g.model, "leaky": g.leaky.value, "honest": g.honest.value,
                  "leaky_score": g.leaky.name, "honest_score": g.honest.name}
                 for g in found.gaps],
        "unlike": list(found.unlike),
    }
    if found.mixed:
        values["mixed"] = {"comparable": len(found.groups) == 1,
                           "runs": [{"run": r.name, "leaky": r.leaky} for r in found.mixed]}
    return values


def _named(folders: Sequence[Path], runs: Sequence[RunFolder]) -> list[RunFolder]:
    count = Counter(run.name for run in runs)
    return [dataclasses.replace(run, name=str(folder)) if count[run.name] > 1 else run
            for folder, run in zip(folders, runs, strict=True)]


def _group(members: Sequence[RunFolder]) -> Group:
    part = next((p for p in ("cross-validated", "test", "valid") if alike(members, p)), "")
    if part:
        ranked = sorted(members, key=lambda r: (-_value(scores_of(r, part)), r.name))
    else:
        ranked = sorted(members, key=lambda r: r.name)
    return Group(part, tuple(ranked), tuple(differences(ranked)))


def _value(scores: Scores | None) -> float:
    return -1.0 if scores is None or scores.value is None else scores.value


def _gaps(runs: Sequence[RunFolder]) -> Iterator[Gap]:
    for leaky, fair in itertools.product(runs, runs):
        same = (leaky.method, leaky.identity["dataset"]) == (fair.method, fair.identity["dataset"])
        if leaky.leaky and not fair.leaky and same and (pair := _like_scores(leaky, fair)):
            yield Gap(_title(leaky, fair), _gap_bar(leaky, pair[0]), _gap_bar(fair, pair[1]))


def _title(leaky: RunFolder, fair: RunFolder) -> str:
    names = f"{leaky.name} / {fair.name}"
    return f"{fair.model_names} ({names})"


def _gap_bar(run: RunFolder, scores: Scores) -> Bar:
    kind = "leaky" if run.leaky else "honest"
    return Bar(f"{kind}: split {run.split}, {scores.name}", _value(scores), scores.by_track,
               scores.by_artist, scores.baseline, run.leaky)


def _like_scores(a: RunFolder, b: RunFolder) -> tuple[Scores, Scores] | None:
    pairs = [(a.test, b.test), (a.validated, b.validated), (honest(a), honest(b))]
    for x, y in pairs:
        if x and y and x.value is not None and y.value is not None and x.main == y.main:
            return x, y
    return None


def _plain_group(group: Group) -> dict[str, Any]:
    return {
        **dataclasses.asdict(group.runs[0].protocol), "ranked_by": group.ranked_by or None,
        "published": [dataclasses.asdict(reference) for reference in group.published],
        "runs": [_plain_run(run) for run in group.runs],
        "differences": [
            {**dataclasses.asdict(d), "by_track": d.by_track._asdict(),
             "by_artist": d.by_artist._asdict() if d.by_artist else None}
            for d in group.differences
        ],
    }


def _plain_run(run: RunFolder) -> dict[str, Any]:
    return {
        "run": run.name, "folder": str(run.folder), "models": run.model_names,
        "leaky": run.leaky, "test_readings": run.reading_count,
        "test": _plain_scores(run.test), "cross_validated": _plain_scores(run.validated),
        "majority_baseline": run.majority_baseline,
    }


def _plain_scores(scores: Scores | None) -> dict[str, Any] | None:
    if scores is None:
        return None
    return {
        "metric": scores.main, "value": scores.value, "tracks": scores.rows,
        "how": scores.how or None,
        "by_track": scores.by_track._asdict() if scores.by_track else None,
        "by_artist": scores.by_artist._asdict() if scores.by_artist else None,
        "f1_macro": scores.numbers.get("f1_macro"),
        **({"metrics": dict(scores.numbers)} if scores.several else {}),
    }
