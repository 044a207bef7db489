"""Answers as text: a line for a single-label tagger, a line a group for a multi-label one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from earmark.cli.batch import Outcome
from earmark.cli.output import printable
from earmark.labels.tags import Tags

if TYPE_CHECKING:
    from rich.text import Text

    from earmark.labels.grouped import Shown

_LEAST_SHOWN = 0.05  # of what no threshold lets through


class TextPrinter:
    """Prints each file's answers as they come, in colour on a terminal.

    Args:
        top: how many labels to show of a file, or of each group.
        names: of the taggers, in the order of the answers.
        sets: show label sets, too.
    """

    def __init__(self, top: int, names: Sequence[str], *, sets: bool = False) -> None:
        from rich.console import Console

        self.top = top
        self.names = names
        self.sets = sets
        self.console = Console(highlight=False, soft_wrap=True)

    def show(self, outcome: Outcome[tuple[Tags, ...]]) -> None:
        """Print one file's answers; nothing for a file that failed."""
        if outcome.value is None:
            return
        from rich.text import Text

        answers = outcome.value
        minutes, seconds = divmod(round(answers[0].seconds), 60)
        name = Text(printable(answers[0].file), "bold")
        self.console.print(Text.assemble(name, f"  {minutes}:{seconds:02d}"))
        for who, tags in zip(self.names, answers, strict=True):
            self._show_answer(tags, who if len(answers) > 1 else "")
        for note in self._notes(answers):
            self.console.print(Text(f"  note: {note}", "yellow"))
        for who, tags in zip(self.names, answers, strict=True):
            if tags.timeline is not None and len(tags.timeline.scores) > 1:
                self._show_timeline(tags, who if len(answers) > 1 else "")

    def _notes(self, answers: Sequence[Tags]) -> list[str]:
        """Each note once, with the tagger's name where not all taggers have it."""
        everyone = [note for note in notes(answers) if all(note in t.notes for t in answers)]
        own = [f"{who}: {note}" for who, tags in zip(self.names, answers, strict=True)
               for note in tags.notes if note not in everyone]
        return [*everyone, *own]

    def _show_answer(self, tags: Tags, who: str) -> None:
        from rich.text import Text

        said = f"  {who}: " if who else "  "
        if tags.groups:
            if who:
                self.console.print(Text(said.rstrip()))
            for line in _group_lines(tags, self.top):
                self.console.print(Text.assemble("  " if who else "", line))
        else:
            self.console.print(Text.assemble(said, _line(tags, self.top)))
        if self.sets and tags.label_set is not None:
            self.console.print(Text(f"{'    ' if who else '  '}{_set_words(tags)}"))

    def _show_timeline(self, tags: Tags, who: str) -> None:
        from rich.text import Text

        from earmark.cli.heatmap import draw

        if who:
            self.console.print(Text(f"  {who} along time:", "dim"))
        draw(tags, self.top, self.console)


def notes(answers: Sequence[Tags]) -> list[str]:
    """Return the notes of all answers, each once."""
    return list(dict.fromkeys(note for tags in answers for note in tags.notes))


def _set_words(tags: Tags) -> str:
    """Say a label set to a listener."""
    from earmark.cli._decisions import percent
    from earmark.labels.grouped import grouped, in_set

    assert tags.label_set is not None
    names = in_set(tags)
    every = sum(map(len, grouped(tags).values())) if tags.groups else len(tags.scores)
    sure, these = percent(1 - tags.label_set.error), f"{len(names)} of {every} labels"
    if len(names) == every:
        return f"{sure} sure of nothing less than all {every} labels"
    if tags.label_set.promise == "share":
        words = f"about {sure} of what fits is among these {these}"
    elif tags.groups:
        words = f"{sure} sure that nothing is missing from these {these}"
    else:
        words = f"{sure} sure that it is among these {these}"
    return printable(f"{words}: {'; '.join(names)}")


def _line(tags: Tags, top: int) -> Text:
    from rich.text import Text

    best = [(label, f"{label} {score:.2f}") for label, score in tags.top(top)]
    nearest = "  ".join(text for _, text in best)
    if tags.parents:
        return _above(tags, f"; nearest: {nearest}")
    if tags.unknown:
        return _unknown(nearest)
    line = Text()
    for label, text in best:
        line.append(text, "green" if label in tags.tags else "dim").append("  ")
    return line


def _unknown(nearest: str) -> Text:
    from rich.text import Text

    return Text.assemble(("unknown", "yellow"), (f" (nearest: {nearest})" if nearest else "",
                                                 "dim"))


def _above(tags: Tags, more: str = "") -> Text:
    """The genres above those of which none is sure."""
    from rich.text import Text

    found = tags.parents or ()
    names = printable("  ".join(f"{name} {chance:.2f}" for name, chance in found))
    whose = "its" if len(found) == 1 else "their"
    return Text.assemble((names, "green"), (f" (none of {whose} kinds is sure{more})", "dim"))


def _group_lines(tags: Tags, top: int) -> list[Text]:
    from rich.text import Text

    from earmark.labels.grouped import best, grouped

    groups = {**({"genre": ()} if tags.parents else {}), **grouped(tags)}
    said = {group: _group_text(tags, group, shown, top) for group, shown in groups.items()}
    if not any(said.values()):
        nearest = _nearest(best(tags, top))
        if tags.unknown:
            return [Text.assemble("  ", _unknown(nearest))]
        return [Text.assemble("  ", ("no tag", "yellow"), (f" (nearest: {nearest})", "dim"))]
    width = max(len(group) for group, text in said.items() if text) + 1
    return [Text.assemble(f"  {printable(group) + ':':<{width}} ", text)
            for group, text in said.items() if text]


def _group_text(tags: Tags, group: str, shown: Sequence[Shown], top: int) -> Text | None:
    """What is said of a group; None for nothing."""
    from rich.text import Text

    above = _above(tags) if tags.parents and group == "genre" else None
    chosen = _chosen(group, shown, top)
    if chosen and chosen[0].decided:
        return Text("  ").join(filter(None, [_names(chosen), above]))
    if above:
        return above
    if tags.unknown and group in tags.unknown_groups:
        return _unknown(_nearest(chosen))
    all_unknown = tags.unknown and not tags.unknown_among
    return _names(chosen) if chosen and not all_unknown else None


def _nearest(shown: Sequence[Shown]) -> str:
    return "  ".join(f"{s.name} {s.score:.2f}" for s in shown)


def _chosen(group: str, shown: Sequence[Shown], top: int) -> list[Shown]:
    """What was decided on; else the best that are not next to nothing, but not of anything else
    that may be heard."""
    if decided := [s for s in shown if s.decided]:
        return decided[:top]
    return [s for s in shown if s.score >= _LEAST_SHOWN and group != "other"][:top]


def _names(shown: Sequence[Shown]) -> Text:
    from rich.text import Text

    text = _nearest(shown)
    # Brackets as well as dim: meaning never lies in colour alone.
    return Text(text, "green") if shown[0].decided else Text(f"({text})", "dim")
