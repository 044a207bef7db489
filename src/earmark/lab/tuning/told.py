"""What came of a search, as plain values and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earmark import __version__
from earmark.datasets._files import counted
from earmark.datasets.opening import variant
from earmark.judging.intervals import Interval
from earmark.judging.report import facts
from earmark.lab.choose import Bench, Judged
from earmark.lab.tuning.ranges import word
from earmark.lab.tuning.trials import Trials

Values = Mapping[str, Any]


def best_of(trials: Sequence[Values]) -> int:
    """Return the number of the best trial; of equal ones the recipe as given, then the first."""
    whole = [t for t in trials if t["state"] == "complete"]
    return int(max(whole, key=lambda t: (t["score"], t["given"], -t["number"]))["number"])


def values(
    trials: Trials, bench: Bench, number: int, judged: Sequence[Judged], fresh: Sequence[Judged]
) -> dict[str, Any]:
    """Return the content of ``tune.json`` that does not depend on how the search was called.

    Args:
        number: of the best trial.
        judged: the recipe as given and, unless that is the best, the best one.
        fresh: the same on folds that no trial saw.
    """
    found = trials.told()
    states = [t["state"] for t in found]
    by = "artist" if any(bench.dataset.tracks[i].artist for i in bench.ids) else "song"
    importance = trials.importance()
    return {
        "earmark": __version__, "recipe": trials.space.recipe.name, "dataset": bench.dataset.name,
        "variant": variant(bench.dataset), "tracks": len(bench.ids), "grouped_by": by,
        "unit": "track", "test_part": "not read", "metric": judged[0].metric,
        "space": trials.space.plain, "names": trials.space.short,
        "counts": {state: states.count(state) for state in ("complete", "pruned", "refused")},
        "best": {"trial": number, "is_as_given": len(judged) == 1,
                 "values": found[number]["values"]},
        "searched": _pair(judged), "confirmed": _pair(fresh), "importance": importance,
        "notes": list(_notes(found, importance, by)), "trials": found,
    }  # fmt: skip


def sentence(found: Values) -> str:
    """Return the search in a sentence, worded from its numbers."""
    tried, metric = counted(len(found["trials"]), "setting"), facts.metric(found["metric"])
    given = found["confirmed"]["given"]["value"]
    if found["best"]["is_as_given"]:
        return (f"None of {tried} did better than the recipe as given: {metric} {given:.3f} on "
                "fresh folds.")
    its = found["confirmed"]["best"]
    gain, low, high = (its["difference"][key] for key in ("value", "low", "high"))
    said = (f"The best of {tried} gets {metric} {its['value']:.3f} on fresh folds, the recipe as "
            f"given {given:.3f}: {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
    if low > 0:
        return f"{said}."
    if high < 0:
        return f"{said}. What won the search is worse: keep the recipe as given."
    return f"{said}, which may be chance."


def lines(found: Values) -> Iterator[str]:
    """Yield the search for a terminal."""
    its, counts = found["settings"], found["counts"]
    yield (f"{found['dataset']}, {found['tracks']} tracks, {its['repeats']} x {its['folds']} folds "
           f"by {found['grouped_by']}, unit track, seed {its['seed']}; the test part was not read")
    yield (f"  {counted(len(found['trials']), 'trial')}: {counts['complete']} judged to the end, "
           f"{counts['pruned']} stopped early, {counts['refused']} that cannot be")
    for where, name in (("searched", "in the search"), ("confirmed", "on fresh folds")):
        for which, words in (("given", "as given"), ("best", "best")):
            if line := found[where].get(which):
                yield f"  {words:8} {name:14}  {_score(line, found)}"
    if not found["best"]["is_as_given"]:
        setting = ", ".join(f"{found['names'][path]} = {word(value)}"
                            for path, value in found["best"]["values"].items())
        yield f"  best, trial {found['best']['trial']}: {setting}"
    if found["importance"]:
        shares = sorted(found["importance"].items(), key=lambda pair: -pair[1])
        yield "  importance: " + ", ".join(f"{found['names'][p]} {v:.0%}" for p, v in shares)
    yield from (f"  note: {note}" for note in found["notes"])
    yield sentence(found)


def _score(line: Values, found: Values) -> str:
    said = (f"{facts.metric(found['metric'])} {line['value']:.3f} [{line['low']:.3f}, "
            f"{line['high']:.3f}] by {found['grouped_by']}")
    if more := line["difference"]:
        said += f"  {more['value']:+.3f} [{more['low']:+.3f}, {more['high']:+.3f}]"
    return said


def _pair(judged: Sequence[Judged]) -> dict[str, Any]:
    return {name: _plain(its) for name, its in zip(("given", "best"), judged, strict=False)}


def _plain(its: Judged) -> dict[str, Any]:
    gap: Interval | None = its.difference
    return {"value": its.value, "repeats": list(its.repeats), "low": its.by_artist.low,
            "high": its.by_artist.high, "log_loss": its.log_loss,
            "difference": None if gap is None else
            {"value": its.mean_difference, "low": gap.low, "high": gap.high}}  # fmt: skip


def _notes(trials: Sequence[Values], importance: Values | None, by: str) -> Iterator[str]:
    if by == "song":
        yield "no artist is known: folds keep songs whole, so scores may be too high"
    if again := sum(t["repeats_a_trial"] for t in trials):
        yield (f"{counted(again, 'trial')} drew a setting again that was tried before, and cost "
               "nothing")
    for why in dict.fromkeys(t["why"] for t in trials if t["why"]):
        count = sum(t["why"] == why for t in trials)
        yield f"{counted(count, 'setting')} cannot be: {why}"
    if importance is None:
        yield "too few trials judged to the end, or too equal scores, to tell what matters"
