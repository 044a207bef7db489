"""What the Markdown says of multi-label work: the sections of the page, without its pictures."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.judging.report import facts, labelwise, measured, several
from earmark.judging.report.given import Given
from earmark.judging.report.markdown_text import escaped, table
from earmark.judging.report.read import RunFolder
from earmark.judging.report.scores import Scores
from earmark.judging.report.several import Examined


def metrics_of(run: RunFolder, scores: Scores) -> Iterator[str]:
    """Yield every metric of one part beside its baseline."""
    yield f"\n## Every metric: {escaped(_title(run, scores))}\n"
    averaging = f"; {run.protocol.averaging}" if run.protocol.averaging else ""
    leaky = ", leaky" if run.leaky else ""
    yield escaped(f"Dataset {run.dataset}, split {run.split}{leaky}; unit {run.unit}; seed "
                  f"{run.seed}{averaging}.") + "\n"
    yield from table(
        ["metric", "value", "by track", "by artist", "baseline"],
        [[m.title, m.value, m.by_track, m.by_artist, m.baseline]
         for m in measured.measured(scores)], "-nnnn")
    for line in (*measured.margins(scores), measured.undecided(scores, run.decisions),
                 measured.constant(scores), measured.drawn(scores)):
        if line:
            yield f"\n{escaped(line)}"


def labels_of(run: RunFolder, scores: Scores) -> Iterator[str]:
    """Yield the labels of one part, group by group, those in most need first."""
    rows = several.rows_of(run, scores)
    groups = labelwise.label_groups(rows, scores.groups)
    yield f"\n## Label by label: {escaped(_title(run, scores))}\n\n{labelwise.NEED}\n"
    number = facts.number
    if len(groups) > 1:
        yield from table(["group", "labels", "PR AUC", "ROC AUC", "F1"], [
            [g.name, str(len(g.rows)), number(g.pr_auc), number(g.roc_auc), number(g.f1)]
            for g in groups], "-nnnn")
        yield ""
    header = ["group", "label", "need", "tracks", "share", "PR AUC", "ROC AUC", "precision",
              "recall", "F1", "threshold"]
    cells = [[g.name, r.name, "–" if r.need is None else f"{r.need:.1f}", str(r.support),
              facts.percent(r.prevalence), number(r.pr_auc), number(r.roc_auc),
              number(r.precision), number(r.recall), number(r.f1), number(r.threshold)]
             for g in groups for r in g.rows]
    yield from table(header, cells, "--nnnnnnnnn")


def looked_at(run: RunFolder, found: Examined) -> Iterator[str]:
    """Yield thresholds and the labels wrongly answered beside others."""
    where = _where(run, found)
    yield (f"\n## Thresholds\n\nOn {where}. All of it is of these very tracks: no estimate for "
           "others.\n")
    at, number = found.curves.thresholds, facts.number
    yield from table(
        ["", "threshold", "F1", "best F1", "at"],
        [[p.name, "its own" if p.chosen is None else number(p.chosen), number(p.f1),
          number(_finite(p.curve.f1[p.curve.best])), number(at[p.curve.best])]
         for p in several.panels_of(run, found)], "-nnnn")
    yield f"\n## What is answered beside what\n\nOn {where}.\n"
    yield from table(
        ["borne", "wrongly answered", "tracks", "here", "elsewhere", "excess", "answers", "labels"],
        [[p.borne, p.answered, f"{p.false} of {p.tracks}", facts.percent(p.rate),
          facts.percent(p.elsewhere), f"{p.excess:.1f}", several.lift(p.lift, p.rate),
          several.lift(p.true_lift, p.together)] for p in found.pairs], "--nnnnnn")


def calibration_of(run: RunFolder, found: Examined | None) -> Iterator[str]:
    """Yield how far scores can be believed, and the labels of which least."""
    yield "\n## Calibration\n"
    shown = run.calibration or (found.reliability if found else {})
    yield from table(["calibration", "expected error", "of perfect scores", "log loss"],
                     [[when, *map(facts.fine, (its.ece, its.of_perfect, its.log_loss))]
                      for when, its in shown.items()], "-nnn")
    for place, elsewhere in run.elsewhere.items():
        yield f"\n### On {place}\n"
        yield from table(["calibration", "expected error", "of perfect scores", "log loss"],
                         [[when, *map(facts.fine, (its.ece, its.of_perfect, its.log_loss))]
                          for when, its in elsewhere.items()], "-nnn")
    if errors := several.worst_calibrated(run):
        yield ""
        yield from table(["label", "before", "after"], [
            [name, facts.fine(a), facts.fine(b)] for name, a, b in errors], "-nn")


def given_of(given: Given) -> Iterator[str]:
    """Yield measurements that are shown as they are."""
    yield f"\n## {escaped(given.title)}"
    yield from (f"\n{escaped(note)}" for note in given.notes)
    for its in given.tables:
        if its.title:
            yield f"\n### {escaped(its.title)}"
        if not its.header:
            values = " · ".join(f"{name} {value}" for name, value in its.rows)
            yield "\n" + escaped(its.text or values)
            continue
        yield ""
        yield from table(its.header, its.rows, "".join("n" if n else "-" for n in its.numbers))


def surprises_of(run: RunFolder, found: Examined) -> Iterator[str]:
    """Yield the most surprising answers."""
    its = found.surprising
    yield f"\n## Answers that surprise\n\nOn {_where(run, found)}.\n"
    yield f"Answered and not borne, the surest {len(its.false)} of {its.all_false}:\n"
    yield from table(
        ["track", "answered", "score", "surer than", "", "its own labels"],
        [[s.track, s.label, facts.number(s.score),
          "–" if s.surer is None else f"{s.surer:.0%}",
          "may well be a missing tag: listen" if s.maybe_missing else "",
          several.own_labels(found.borne[s.track])]
         for s in its.false], "--nn--")
    yield (f"\nBorne and not answered, the {len(its.missed)} of {its.all_missed} furthest below "
           "their label's rate:\n")
    yield from table(
        ["track", "missed", "score", "rate", "lower", "its own labels"],
        [[s.track, s.label, several.small(s.score), facts.percent(s.rate), f"×{s.factor:.1f}",
          several.own_labels(found.borne[s.track])] for s in its.missed], "--nnn-")


def _title(run: RunFolder, scores: Scores) -> str:
    return f"{scores.name}, {scores.rows} tracks{facts.reading_note(run, scores)}"


def _where(run: RunFolder, found: Examined) -> str:
    leaky = ", leaky" if run.leaky else ""
    return escaped(f"{len(found.tracks.tracks)} {found.part} tracks{leaky}")


def _finite(value: float) -> float | None:
    return float(value) if value == value else None
