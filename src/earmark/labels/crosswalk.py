"""From the labels of published sets to ours: what each means, and of which group it is.

A sheet in ``crosswalks`` lists a set's labels and only those of its names that ``taxonomy`` does
not understand by itself or would take for something else. Scores stay under the labels the
tagger was trained with; what is said here serves groups, merging and comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from earmark import settings
from earmark.errors import SettingsError, suggestion
from earmark.labels.taxonomy import Taxonomy

_SHEETS = Path(__file__).parent / "crosswalks"
_SEPARATOR = "---"
_HEADS = {"genre": "genre", "instrument": "instrument", "mood/theme": "mood"}
Form = Literal["plain", "described", "genre---style", "group---label"]


@dataclass(frozen=True)
class Sheet:
    """A published label set.

    Attributes:
        about: one line.
        form: how its labels are written: ``plain``; ``described`` ("Violin, fiddle", "Sad
            music": only those listed are looked up); ``genre---style``; ``group---label``.
        labels: its labels; empty where any may come.
        ours: label to one of ours where its name alone would mislead.
        covers: label to others of ours that lead to it: "Dance & Electronic" means electronic, and
            what is dance leads there as well.
        left: labels that are left as they are, whatever their names: they mean none of ours.
        dataset: name of the reader whose labels these are, whichever of them it is asked for.
        given: name of another set to its labels to labels of this one, as decided by hand; see
            ``bridge``.
    """

    about: str
    form: Form = "plain"
    labels: tuple[str, ...] = ()
    ours: Mapping[str, str] = field(default_factory=dict)
    covers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    dataset: str = ""
    given: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Meaning:
    """What a label of a set means.

    Attributes:
        label: as the set writes it.
        ours: our label; where we have none, the set's own without what only sorts it.
        group: one of ``vocabulary.GROUPS``.
        parents: what it is a kind of, among our labels.
        known: whether ``ours`` is in the taxonomy.
    """

    label: str
    ours: str
    group: str
    parents: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True)
class Crosswalk:
    """A sheet read by a taxonomy.

    >>> read("mtt50").meaning("woman").ours
    'female vocals'
    >>> read("discogs400").meaning("Electronic---Techno").parents
    ('electronic',)
    """

    sheet: Sheet
    taxonomy: Taxonomy

    def meaning(self, label: str) -> Meaning:
        """Return what a label means; one that is not known means itself."""
        head, separator, tail = label.partition(_SEPARATOR)
        given = self.sheet.ours.get(label)
        if label in self.sheet.left:
            return self._own(label, label, None)
        if self.sheet.form == "genre---style" and separator:
            return self._style(label, head, tail, given)
        if self.sheet.form == "group---label" and separator:
            return self._found(label, given or tail) or self._own(label, tail, _HEADS.get(head))
        if self.sheet.form == "described":
            return self._described(label, given)
        return self._found(label, given or label) or self._own(label, label, None)

    def groups(self, labels: Iterable[str]) -> dict[str, str]:
        """Return label to group."""
        return {label: self.meaning(label).group for label in labels}

    def _found(self, label: str, name: str) -> Meaning | None:
        if (ours := self.taxonomy.canonical(name)) is None:
            return None
        return Meaning(label, ours, self.taxonomy.group_of(ours), self.taxonomy.parents(ours))

    def _own(self, label: str, name: str, group: str | None) -> Meaning:
        return Meaning(label, name.lower(), group or "other", known=False)

    def _described(self, label: str, given: str | None) -> Meaning:
        if given is None and label not in self.sheet.labels:  # "Burst, pop" is no pop
            return self._own(label, label, None)
        plain = label.partition(" (")[0]
        for name in (given or label, plain, plain.partition(",")[0], plain.removesuffix(" music")):
            if (found := self._found(label, name)) is not None:
                return found
        return self._own(label, label, None)

    def _style(self, label: str, head: str, tail: str, given: str | None) -> Meaning:
        """A style is a genre, of its own parents and of the genre it stands under."""
        above = self.taxonomy.canonical(head)
        upper = () if above is None else (above,)
        found = self._found(label, given or tail)
        if found is None or found.group != "genre":
            return Meaning(label, tail.lower(), "genre", upper, known=False)
        if above in {found.ours, *self.taxonomy.ancestors(found.ours)}:
            upper = ()
        return Meaning(label, found.ours, "genre", (*found.parents, *upper))


def names() -> list[str]:
    """Return the names of the label sets."""
    return sorted(path.stem for path in _SHEETS.glob("*.toml"))


def read(name: str, taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Return the crosswalk of a label set.

    Args:
        taxonomy: to read it by; None for Earmark's.

    Raises:
        SettingsError: no set is called so.
    """
    if name not in names():
        raise SettingsError(f"no label set is called '{name}'.{suggestion(name, names())}")
    return Crosswalk(_sheet(name), taxonomy or Taxonomy.read())


def of(labels: Iterable[str], taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Return the crosswalk of the set that these labels are, or a plain one of their names.

    >>> of(["Rock---Surf", "Pop---Ballad"]).sheet == read("discogs400").sheet
    True
    """
    given = set(labels)
    found = next((name for name in names() if _is_of(_sheet(name), given)), None)
    return plain(taxonomy) if found is None else read(found, taxonomy)


def plain(taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Return the crosswalk of labels that mean what their names say."""
    return Crosswalk(Sheet("labels by their names"), taxonomy or Taxonomy.read())


def set_of(dataset: str, labels: Iterable[str]) -> str | None:
    """Return the name of the set that a reader's labels are of; None for one's own.

    The set that these labels are, to the last; else the one that belongs to the reader, which
    knows what its labels mean also where some of them, or others, are asked for.

    >>> set_of("mumu", ["Pop", "Memphis Soul"]), set_of("folder", ["Pop", "Memphis Soul"])
    ('mumu250', None)
    """
    if (found := name_of(of(labels))) is not None:
        return found
    return next((name for name in names() if _sheet(name).dataset == dataset), None)


def name_of(walk: Crosswalk) -> str | None:
    """Return the name of the set that a crosswalk is of; None for labels by their names."""
    return next((name for name in names() if _sheet(name) == walk.sheet), None)


def _is_of(sheet: Sheet, given: set[str]) -> bool:
    if sheet.form == "described":
        # Models leave out labels or add some; none but this set says so much of so many sounds.
        return 2 * len(given & set(sheet.labels)) > len(sheet.labels)
    if sheet.form == "plain":
        return given == set(sheet.labels)
    heads = {label.partition(_SEPARATOR)[0] for label in given if _SEPARATOR in label}
    if not heads or any(_SEPARATOR not in label for label in given):
        return False
    return (heads <= _HEADS.keys()) == (sheet.form == "group---label")


@cache
def _sheet(name: str) -> Sheet:
    path = _SHEETS / f"{name}.toml"
    return settings.from_mapping(Sheet, settings.read_toml(path), where=str(path))
