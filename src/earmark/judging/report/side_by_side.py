"""A comparison of runs as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.judging.report import facts
from earmark.judging.report.comparison import Comparison, Group
from earmark.judging.report.markdown import PUBLISHED, published_table
from earmark.judging.report.markdown_text import escaped, table
from earmark.judging.report.page import render
from earmark.judging.report.read import RunFolder

UNLIKE = ("These runs were judged under unlike protocols: the order says nothing about which model "
          "is better.")


def page(found: Comparison) -> str:
    """Return the HTML of the comparison.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    runs = [run for group in found.groups for run in group.runs]
    return render("compare.html.jinja", title=f"Comparison of {len(runs)} runs", found=found,
                  count=len(runs), headline=headline(found), unlike=UNLIKE,
                  ranking=ranking, baseline=baseline)


def headline(found: Comparison) -> str:
    """Return what the comparison says, in a sentence or two."""
    runs = sum(len(group.runs) for group in found.groups)
    said = []
    if len(found.groups) == 1 and found.groups[0].ranked_by:
        said.append(f"{runs} runs under one protocol; the best by {found.groups[0].ranked_by} "
                    f"{found.groups[0].metric} is {found.groups[0].runs[0].name}.")
    elif len(found.groups) == 1:
        said.append(f"{runs} runs under one protocol.")
    else:
        said.append(f"{runs} runs under {len(found.groups)} protocols, each in a table of its "
                    "own.")
    if found.gaps:
        gap = max(found.gaps, key=lambda g: g.leaky.value - g.honest.value)
        said.append(f"The same model scores {gap.leaky.value:.3f} on a leaky split and "
                    f"{gap.honest.value:.3f} on an honest one.")
    return " ".join(said)


def ranking(group: Group) -> str:
    """Return how the runs of a group are ordered."""
    if len(group.runs) == 1:
        return "One run only: nothing to rank it against."
    if not group.ranked_by:
        return "Not ranked: the runs have no score of the same kind; in order of name."
    return f"Ranked by the {group.ranked_by} {group.metric}, best first."


def baseline(run: RunFolder) -> float | None:
    """Return what knowing only how frequent labels are would score."""
    scores = facts.honest(run) if run.several else None
    return run.majority_baseline if scores is None else scores.baseline


def markdown(found: Comparison) -> str:
    """Return the comparison as Markdown that also reads well in a terminal."""
    return "\n".join([*_lines(found), ""])


def _lines(found: Comparison) -> Iterator[str]:
    yield escaped(headline(found))
    yield from (f"\n{escaped(line)}" for line in found.unlike)
    for group in found.groups:
        yield f"\n## {escaped(group.title)}\n"
        yield from _run_table(group.runs)
        yield f"\n{ranking(group)}"
        names, rows = group.others
        if rows:
            yield "\nOther metrics:\n"
            yield from table(["run", "part", *names], rows, "--" + "n" * len(names))
        if group.published:
            yield f"\n{PUBLISHED}:\n"
            yield from published_table(group.published)
        if group.differences:
            yield "\nDifferences on the same tracks:\n"
            yield from _difference_table(group)
    if found.gaps:
        yield "\n## The leaky-honest gap\n"
        yield from table(
            ["model", "leaky score", "", "honest score", "", "gap"],
            [[g.model, g.leaky.name, facts.number(g.leaky.value), g.honest.name,
              facts.number(g.honest.value), f"{g.leaky.value - g.honest.value:+.3f}"]
             for g in found.gaps], "--n-nn")
    if found.mixed:
        yield f"\n## All runs, mixed\n\n{UNLIKE if len(found.groups) > 1 else ''}\n"
        yield from _mixed_table(found.mixed)


def _run_table(runs: tuple[RunFolder, ...]) -> list[str]:
    rows = []
    for run in runs:
        cells = [run.name, run.model_names]
        for scores in (run.validated, run.test):
            cells += [facts.number(scores.value if scores else None),
                      facts.bracket(scores.by_track if scores else None),
                      facts.bracket(scores.by_artist if scores else None)]
        base = baseline(run)
        rows.append([*cells, facts.number(base), str(run.reading_count) if run.test else "–"])
    word = " (leaky)" if runs[0].leaky else ""
    return table(
        ["run", "models", f"cross-validated{word}", "by track", "by artist", f"test{word}",
         "by track", "by artist", "baseline", "test read"], rows, "--nnnnnnnn")


def _difference_table(group: Group) -> list[str]:
    rows = [
        [f"{d.a} - {d.b}", d.part, str(d.tracks), f"{d.value:+.3f}", facts.bracket(d.by_track),
         facts.bracket(d.by_artist), d.verdict]
        for d in group.differences
    ]
    return table(["runs", "part", "tracks", "difference", "by track", "by artist", ""], rows,
                 "--nnnn-")


def _mixed_table(runs: tuple[RunFolder, ...]) -> list[str]:
    rows = []
    for run in runs:
        scores = facts.honest(run)
        rows.append([
            run.name, f"{run.dataset}, {run.split}", "leaky" if run.leaky else "honest",
            scores.name if scores else "–", scores.metric if scores else "–",
            facts.number(scores.value if scores else None),
            facts.bracket(scores.by_artist if scores else None),
        ])
    return table(["run", "dataset, split", "protocol", "part", "metric", "score", "by artist"],
                 rows, "-----nn")
