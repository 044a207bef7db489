"""What the page and the Markdown both say: the headline, the table of scores, the mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from earmark.judging.intervals import Interval
from earmark.judging.references import Reference
from earmark.judging.report.charts import Bar
from earmark.judging.report.metric_names import TITLES
from earmark.judging.report.predictions import Mistake, worst_mistakes
from earmark.judging.report.read import RunFolder
from earmark.judging.report.scores import Scores

_MOST_MISTAKES = 15
_MOST_PUBLISHED = 10
MOST_MISTAGS = 15


@dataclass(frozen=True)
class Row:
    """One row of the table of scores."""

    title: str
    scores: Scores
    remark: str


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes and where they were made."""

    part: str
    tracks: int
    worst: list[Mistake]


def number(value: float | None) -> str:
    """Return three decimals, or a dash where there is no number."""
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def fine(value: float | None) -> str:
    """Return four decimals, for errors of many labels, or a dash where there is no number."""
    return f"{value:.4f}" if isinstance(value, int | float) else "–"


def percent(share: float | None) -> str:
    """Return a share in per cents, ``0.0%`` only where it is none, or a dash.

    >>> percent(0.0002), percent(0.0), percent(0.614)
    ('<0.1%', '0.0%', '61.4%')
    """
    if share is None:
        return "–"
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def bracket(interval: Interval | None) -> str:
    """Return ``[0.418, 0.646]``, or a dash."""
    return "–" if interval is None else f"[{interval.low:.3f}, {interval.high:.3f}]"


def metric(name: str) -> str:
    """Return a metric's name for people."""
    return TITLES.get(name, name)


def shown(published: Sequence[Reference]) -> list[Reference]:
    """Return the best published scores of each metric, as many as a page can take."""
    kept: Counter[str] = Counter()
    found = []
    for reference in published:
        kept[reference.metric] += 1
        if kept[reference.metric] <= _MOST_PUBLISHED:
            found.append(reference)
    return found


def times(count: int) -> str:
    """Return ``once``, ``twice`` or ``5 times``."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def honest(run: RunFolder) -> Scores | None:
    """Return the scores that stand for the run: those of test, else cross-validated, else of a
    part not learnt from."""
    others = [s for s in run.parts.values() if s.name != "test"]
    for scores in (run.test, run.validated, *others):
        if scores is not None and not scores.learnt_from and scores.value is not None:
            return scores
    return None


def headline(run: RunFolder) -> str:
    """Return the honest number with its interval and protocol in a sentence."""
    scores = honest(run)
    if scores is None or scores.value is None:
        return "This run was judged on no track that it had not learnt from: it has no score."
    interval, unit = (scores.by_artist, "artist") if scores.by_artist else (scores.by_track,
                                                                           "track")
    sure = f", {interval.level:.0%} interval {bracket(interval)} by {unit}" if interval else ""
    leaky = "contaminated " if run.contaminated else ""
    leaky += "leaky " if run.leaky else ""
    where = "the test part" if scores.name == "test" else f"cross-validation ({scores.how})" \
        if scores.name == "cross-validated" else f"the {scores.name} part"
    text = (f"{leaky}{scores.metric} {number(scores.value)}{sure}, on {scores.rows} tracks of "
            f"{where} of {run.dataset}, split {run.split}{reading_note(run, scores)}")
    return text[0].upper() + text[1:] + "."


def reading_note(run: RunFolder, scores: Scores) -> str:
    """Return what must stand beside a score: ``leaky``, ``contaminated``, and how often the test
    part was read."""
    said = _marks(run)
    if scores.name == "test":
        said.append(f"test part read {times(run.reading_count)}")
    return "".join(f"; {s}" for s in said)


def baseline_name(run: RunFolder) -> str:
    """Return what the scores' baseline is called."""
    return "prevalence baseline" if run.several else "majority baseline"


def meaning(run: RunFolder) -> str:
    """Return what the headline means in plain words."""
    scores = honest(run)
    if scores is None or scores.value is None:
        return ""
    if scores.main != "accuracy":
        return _meaning_of_several(scores)
    base = run.majority_baseline if scores.name == "test" else None
    base = scores.baseline if base is None else base
    known = "tracks of artists it may have heard" if run.leaky else "tracks it had not heard"
    known = "tracks that its backbone may have heard" if run.contaminated else known
    text = f"It names the right label for {scores.value:.1%} of {known}"
    if base is not None:
        text += f"; always answering the commonest label would be right for {base:.1%}"
    return text + "."


def _meaning_of_several(scores: Scores) -> str:
    """Return what the two areas mean; empty where they are not defined."""
    said = []
    if scores.main == "pr_auc_macro" and scores.baseline is not None:
        said.append("Knowing only how frequent each label is would score "
                    f"{number(scores.baseline)}.")
    if (auc := scores.numbers.get("roc_auc_macro")) is not None:
        said.append(f"Of a track that bears a label and one that does not, the right one gets the "
                    f"higher score {auc:.1%} of the time, averaged over labels; chance is 50%.")
    return " ".join(said)


def score_rows(run: RunFolder) -> list[Row]:
    """Return train, valid, test and the cross-validated scores, in this order."""
    known = [run.parts[name] for name in ("train", "valid", "test") if name in run.parts]
    others = [s for name, s in run.parts.items() if name not in ("train", "valid", "test")]
    every = [*known, *others, *([run.validated] if run.validated else [])]
    return [Row(scores.name, scores, _remark(run, scores)) for scores in every]


def _remark(run: RunFolder, scores: Scores) -> str:
    said = _marks(run)
    if scores.learnt_from:
        said.append("learnt from: no estimate")
    elif scores.name == "test":
        said.append(f"not learnt from; read {times(run.reading_count)}")
    elif scores.name == "cross-validated":
        said.append(scores.how)
    else:
        said.append("not learnt from")
    said.append(scores.of_labels)
    return "; ".join(s for s in said if s)


def _marks(run: RunFolder) -> list[str]:
    return [*(["leaky"] if run.leaky else []), *(["contaminated"] if run.contaminated else [])]


def score_bars(run: RunFolder) -> list[Bar]:
    """Return the rows of the table of scores for the chart."""
    return [
        Bar(row.title, row.scores.value, row.scores.by_track, row.scores.by_artist,
            row.scores.baseline, bool(_marks(run)) or row.scores.learnt_from)
        for row in score_rows(run) if row.scores.value is not None
    ]


def detailed(run: RunFolder) -> list[Scores]:
    """Return the scores shown in detail: cross-validated and test, else what is not learnt from."""
    found = [s for s in (run.validated, run.test) if s is not None]
    return found or [s for s in run.parts.values() if not s.learnt_from]


def mistags_note(run: RunFolder) -> str:
    """Return what the list of likely mistags is, in a sentence or two."""
    count = len(run.mistags)
    return (f"{count} {'track' if count == 1 else 'tracks'} whose own label gets a low score from "
            "models that did not hear them or their artists, and another a high one. Listen: the "
            "label may be wrong, or the models. Nothing was left out for it.")


def mistakes(run: RunFolder) -> Mistakes | None:
    """Return the mistakes the model was surest of; None for multi-label work, see ``several``.

    The cross-validated ones where they are kept: who mends what went wrong on test, fits to it.
    """
    if run.predictions is None or run.several:
        return None
    learnt = {name for name, scores in run.parts.items() if scores.learnt_from}
    for part in ("cross-validated", "test", "valid"):
        chosen = run.predictions.of(part)
        if chosen.tracks and part not in learnt:
            worst = worst_mistakes(chosen, most=_MOST_MISTAKES)
            return Mistakes(part, len(chosen.tracks), worst)
    return None
