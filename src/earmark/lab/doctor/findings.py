"""What the doctor can find, how grave each kind is, and what is to be done about it.

Every check yields findings; what becomes of them (a page, an exclude list, an exit code) is decided
here, by kind, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from earmark.errors import SettingsError, suggestion

Subject = Literal["track", "file", "label", "column", "dataset"]
Severity = Literal["grave", "warning", "note"]


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        severity: ``grave`` makes scores wrong or training fail; a ``warning`` is to be looked at;
            a ``note`` is to be known.
        excludes: whether a track with it is put on the exclude list.
        advice: what to do, in a sentence.
    """

    severity: Severity
    excludes: bool
    advice: str


KINDS: dict[str, Kind] = {
    # of files and their sound
    "unreadable": Kind("grave", True, "Get the file again, or leave it out."),
    "empty": Kind("grave", True, "Get the file again, or leave it out."),
    "silent": Kind("grave", True, "Leave it out: there is nothing to learn from."),
    "truncated": Kind("grave", True, "Get the file again, or leave it out."),
    # Not on the exclude list: what learns from audio passes it over anyway, and a ready-made table
    # may have its features.
    "missing audio": Kind("warning", False, "Get the file, or leave the track out."),
    "wrong duration": Kind("warning", False, "Listen to it: it is not as long as the others, or "
                           "as is said of it."),
    "clipped": Kind("warning", False, "Get it from a better source, or know that it is distorted."),
    "dc offset": Kind("note", False, "Features that hear the mean are shifted by it."),
    "wrong extension": Kind("note", False, "Rename it to what it is."),
    "speech": Kind("warning", False, "Listen to it: this may be a spoken intro or a skit."),
    "system file": Kind("note", False, "Delete it: it is no music (macOS writes such files)."),
    # of tracks beside others
    "exact duplicate": Kind("grave", True, "Keep one of each."),
    "near duplicate": Kind("grave", True, "Keep one of each, or keep them on one side of a split."),
    "cross-label duplicate": Kind("grave", True, "One of the labels is wrong: keep the right one."),
    "divided duplicate": Kind("grave", False, "Keep both in one part: a model that has learnt one "
                              "is judged on the other."),
    "same title": Kind("note", False, "Another version or excerpt of one song: keep them on one "
                       "side of a split."),
    "likely mislabel": Kind("warning", False, "Listen to it and decide; never take it out of a "
                            "test part on the strength of a model."),
    "known fault": Kind("warning", False, "See the source."),
    "like rows": Kind("warning", False, "Listen to both: their features are almost equal, and they "
                      "may be one recording."),
    # of labels and splits
    "printed list": Kind("grave", False, "Read the lists as lists: otherwise their characters or "
                         "words become labels."),
    "words of labels": Kind("grave", False, "Read the list by its own separator: cut at spaces, "
                            "'no vocals' becomes a label 'no' and a label 'vocals'."),
    "on every track": Kind("grave", False, "Leave the label out: there is nothing to tell apart."),
    "on no track": Kind("warning", False, "Leave the label out: it can be neither learnt nor "
                        "judged."),
    "rare label": Kind("warning", False, "Gather more, or merge it into its parent genre."),
    "missing from a part": Kind("grave", False, "Divide anew, or leave the label out of the "
                                "scores."),
    "spelt in several ways": Kind("warning", False, "Take them together."),
    "synonyms": Kind("warning", False, "Take them together, or know that each is judged wrong "
                     "where the other is meant."),
    "one artist": Kind("warning", False, "Gather other artists: this label cannot be judged with "
                       "artists kept whole."),
    "unknown label": Kind("warning", False, "Do not take what is not said for absent."),
    "listed twice": Kind("warning", False, "Give each track one row: what is in two may be learnt "
                         "from and judged on."),
    "no label": Kind("warning", False, "Label it, or leave it out."),
    "partial copy": Kind("warning", False, "Get the rest: scores on part of a test part are not "
                         "those of the published one."),
    "shared across parts": Kind("grave", False, "Divide by artist (or album, or song)."),
    "prevalence": Kind("note", False, "Scores are to be read beside it."),
    # of feature tables
    "constant column": Kind("warning", False, "Leave the column out: it says nothing."),
    "copied column": Kind("grave", False, "One of them is not what it is called: make the table "
                          "anew."),
    "not finite": Kind("grave", False, "Make the table anew: models cannot take it."),
    "broken table": Kind("grave", False, "Get the table again, or make it anew."),
    "repeated rows": Kind("grave", False, "The table has one track's rows under the name of "
                          "another: make it anew."),
    "row without track": Kind("note", False, "These rows are not used."),
    "track without row": Kind("warning", False, "These tracks are left out where this table is "
                              "learnt from."),
}
"""Kind to what it means; every finding is of one of them."""


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        kind: one of ``KINDS``.
        name: of what it concerns: a track's id, a file, a label, a column.
        detail: one line, with the numbers it was judged by.
        other: the second of a pair.
        subject: what ``name`` names.
        source: where the fact is from: a check, or a publication.
    """

    kind: str
    name: str
    detail: str
    other: str | None = None
    subject: Subject = "track"
    source: str = "measured"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"no kind of fault is called '{self.kind}'."
                                f"{suggestion(self.kind, KINDS)}")

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return KINDS[self.kind].severity

    @property
    def excludes(self) -> bool:
        """Whether the track is put on the exclude list."""
        return self.subject == "track" and KINDS[self.kind].excludes


def excluded(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the tracks to leave out, by id, each with the first reason.

    Of a pair of duplicates the track named first goes; of a pair under two labels both do,
    since it is not known which of them is wrong.

    >>> excluded([Finding("exact duplicate", "b", "", "a"), Finding("clipped", "c", "")])
    {'b': 'exact duplicate of a'}
    """
    reasons: dict[str, str] = {}
    for found in findings:
        if not found.excludes:
            continue
        reasons.setdefault(found.name, found.kind + (f" of {found.other}" if found.other else ""))
        if found.kind == "cross-label duplicate" and found.other:
            reasons.setdefault(found.other, f"{found.kind} of {found.name}")
    return dict(sorted(reasons.items()))
