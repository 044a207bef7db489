"""The report of one run as Markdown: the same tables, for a terminal, a diff or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from earmark import __version__
from earmark.judging.references import Reference
from earmark.judging.report import facts, several
from earmark.judging.report import markdown_several as shown
from earmark.judging.report.exported import HEADS, cells
from earmark.judging.report.markdown_text import escaped, table
from earmark.judging.report.read import RunFolder
from earmark.judging.report.scores import Scores
from earmark.judging.report.several import Examined
from earmark.judging.report.trained import sentence

PUBLISHED = "Published under the same protocol"


def markdown(run: RunFolder, examined: Examined | None = None) -> str:
    """Return the report; every text from the run is escaped.

    Args:
        examined: what ``several.examine`` makes of the run, where that is at hand.

    Raises:
        DataError: its decisions are of another vocabulary.
    """
    return "\n".join([*_lines(run, examined or several.examine(run)), ""])


def _lines(run: RunFolder, found: Examined | None) -> Iterator[str]:
    yield f"# {escaped(run.name)}"
    yield f"\n**{escaped(facts.headline(run))}**"
    if said := facts.meaning(run):
        yield f"\n{escaped(said)}"
    if run.leaky:
        yield ("\n> **leaky**: the same artist, album or recording may stand in what was learnt "
               "from and in what was judged. These scores are too high.")
    if run.contaminated:
        yield f"\n> **contaminated**: {escaped(run.contaminated)}. These scores may be too high."
    yield "\n## Scores\n"
    yield from _score_table(run)
    if run.majority_baseline is not None:
        yield ("\nAlways answering the label that was commonest in what was learnt from scores "
               f"{facts.number(run.majority_baseline)}{' on test' if run.test else ''}.")
    if run.published:
        yield f"\n## {PUBLISHED}\n"
        yield from published_table(run.published)
    if run.validated and run.validated.fold_accuracy:
        folds = ", ".join(facts.number(v) for v in run.validated.fold_accuracy)
        yield f"\nAccuracy of the folds: {folds}."
    for scores in facts.detailed(run):
        if run.several:
            yield from shown.metrics_of(run, scores)
            yield from shown.labels_of(run, scores) if scores.labels else ()
        else:
            yield from _detail(scores, facts.reading_note(run, scores))
    if found:
        yield from shown.looked_at(run, found)
    if run.several and (run.calibration or found):
        yield from shown.calibration_of(run, found)
    for given in run.given:
        yield from shown.given_of(given)
    yield from _decisions(run)
    if found:
        yield from shown.surprises_of(run, found)
    yield from _mistakes(run)
    yield from _mistags(run)
    yield "\n## Leaks\n"
    yield from [f"- {escaped(leak)}" for leak in run.leaks] or ["None is known."]
    yield from _making(run)


def published_table(published: Sequence[Reference]) -> list[str]:
    """Return the best of the published scores, and how many more there are."""
    rows = [[r.system, facts.metric(r.metric), facts.number(r.value), r.known,
             f"{r.source} ({r.year})" + (f"; {r.note}" if r.note else "")]
            for r in facts.shown(published)]  # fmt: skip
    more = len(published) - len(rows)
    return [*table(["system", "metric", "score", "known how", "source"], rows, "--n--"),
            *([f"\nAnd {more} lower ones."] if more else [])]


def _score_table(run: RunFolder) -> list[str]:
    rows = [
        [row.title, str(s.rows), facts.number(s.value), facts.bracket(s.by_track),
         facts.bracket(s.by_artist), facts.number(s.numbers.get("f1_macro")),
         facts.number(s.baseline), row.remark]
        for row in facts.score_rows(run) if (s := row.scores)
    ]
    header = ["part", "tracks", "score", "by track", "by artist", "F1 macro",
              facts.baseline_name(run), "remark"]
    return table(header, rows, "-nnnnnn-")


def _detail(scores: Scores, note: str) -> Iterator[str]:
    if not scores.labels:
        return
    title = f"{scores.name}, {scores.rows} tracks{note}"
    yield f"\n## Label by label: {escaped(title)}\n"
    figure = facts.number
    if scores.groups:
        yield from table(["group", "labels", "F1", "ROC AUC", "PR AUC"], [
            [g.name, str(g.labels), figure(g.f1), figure(g.roc_auc), figure(g.pr_auc)]
            for g in scores.groups], "-nnnn")
        yield ""
    rows = [[s.name, figure(s.precision), figure(s.recall), figure(s.f1), str(s.support)]
            for s in scores.by_need]
    header, kinds = ["label", "precision", "recall", "F1", "support"], "-nnnn"
    if scores.groups:
        rows = [[*row, s.group] for row, s in zip(rows, scores.by_need, strict=True)]
        header, kinds = [*header, "group"], kinds + "-"
    yield from table(header, rows, kinds)
    if scores.confusion:
        names = [label.name for label in scores.labels]
        yield "\nRows: the true label; columns: the answer.\n"
        counts = [[name, *map(str, row)] for name, row in
                  zip(names, scores.confusion, strict=True)]
        yield from table(["", *names], counts, "-" + "n" * len(names))


def _decisions(run: RunFolder) -> Iterator[str]:
    figure = facts.number
    if run.calibration and not run.several:
        yield "\n## Calibration\n"
        yield from table(["calibration", "expected error", "log loss"],
                         [[when, figure(its.ece), figure(its.log_loss)]
                          for when, its in run.calibration.items()], "-nn")
    if run.training:
        yield "\n## Training\n"
        yield from (f"- {escaped(sentence(trained))}" for trained in run.training)
    if run.exported:
        yield "\n## Graphs\n"
        yield from table(HEADS, cells(run.exported), "--nnn-")
    if run.curve:
        yield "\n## Learning curve\n"
        yield from table(["tracks", "accuracy", "low", "high"],
                         [[str(p.tracks), figure(p.accuracy), figure(p.low), figure(p.high)]
                          for p in run.curve], "nnnn")
    for advice in run.advice:
        yield (f"\n- {advice.tracks} more tracks of {escaped(advice.label)} may bring "
               f"{advice.gain:+.3f}.")
    if unknown := run.unknown:
        yield "\n## Unknown\n"
        yield (f"ROC AUC {figure(unknown.auroc)} {facts.bracket(unknown.interval)}, threshold "
               f"{figure(unknown.threshold)}, known tracks kept {figure(unknown.kept_known)}, "
               f"strange tracks caught {figure(unknown.caught_strange)}.\n")
        yield from table(["genre held out", "caught"],
                         [[genre, figure(share)] for genre, share in unknown.by_genre], "-n")


def _mistakes(run: RunFolder) -> Iterator[str]:
    found = facts.mistakes(run)
    if found is None:
        return
    yield f"\n## The worst mistakes among {found.tracks} {escaped(found.part)} tracks\n"
    rows = [
        [m.track, ", ".join(m.borne) or "none", m.answer,
         facts.number(m.score), facts.number(m.true_score)]
        for m in found.worst
    ]
    yield from table(["track", "true label", "answer", "its score", "true label's score"], rows,
                     "---nn")


def _mistags(run: RunFolder) -> Iterator[str]:
    if not run.mistags:
        return
    yield f"\n## Likely mistags\n\n{facts.mistags_note(run)}\n"
    rows = [[m.track, m.says, facts.number(m.own_score), m.sounds_like, facts.number(m.score)]
            for m in run.mistags[:facts.MOST_MISTAGS]]
    yield from table(["track", "says", "its score", "sounds like", "its score"], rows, "--n-n")


def _making(run: RunFolder) -> Iterator[str]:
    yield "\n## How it was made\n"
    for model in run.models:
        yield "- model: " + ", ".join(f"{escaped(k)} {escaped(v)}" for k, v in model)
    yield from (f"- {escaped(note)}" for note in run.notes)
    yield from (f"- skipped: {escaped(line)}" for line in run.failed)
    prints = " · ".join(f"{k} {v}" for k, v in run.identity.items())
    yield f"- {escaped(prints)}"
    yield "- " + " · ".join(f"{escaped(k)} {escaped(v)}" for k, v in run.environment)
    if run.recipe_text:
        fence = "~" * (3 + max((len(s) for s in re.findall("~+", run.recipe_text)), default=0))
        yield f"\n{fence}toml\n{run.recipe_text}\n{fence}"
    yield (f"\n## Ledger\n\nThe test part of this split has been read "
           f"{facts.times(run.reading_count)} from here.\n")
    lines = [f"{r.time} {r.run}" for r in run.readings] or run.recorded
    yield from (f"- {escaped(line)}" for line in lines)
    yield f"\nMade by Earmark {__version__}."
