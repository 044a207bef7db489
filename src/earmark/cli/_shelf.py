"""What ``earmark tagger list`` shows: taggers at hand, and published ones not yet imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from earmark.cli.output import printable

State = Literal["bundled", "added", "not installed", "to be brought", "damaged"]


@dataclass(frozen=True)
class Row:
    """One tagger.

    Attributes:
        state: comes with Earmark, was added, or could be imported: one that can be fetched, or
            others' models that the user brings.
        line: what is printed after the name.
        plain: the same for JSON.
    """

    name: str
    state: State
    line: str
    facts: dict[str, Any]

    @property
    def plain(self) -> dict[str, Any]:
        """Return plain values."""
        return {"name": self.name, "state": self.state, **self.facts}


def shelf() -> list[Row]:
    """Return all taggers at hand, then the published ones that are not."""
    from earmark.tagger import installed
    from earmark.tagger.importers import CATALOGUE

    own = installed.bundled()
    at_hand = [*own, *installed.added()]
    return [*(_at_hand(name, name in own) for name in at_hand),
            *(_published(name, found.gives) for name, found in CATALOGUE.items()
              if name not in at_hand)]


def import_command(name: str) -> str:
    """Return the command that imports a published tagger: in full where it can be fetched."""
    from earmark.tagger.importers import CATALOGUE

    fetched = "--download" in CATALOGUE[name].needs
    return f"earmark tagger import {name} " + ("--download" if fetched else "--help")


def _at_hand(name: str, bundled: bool) -> Row:
    from earmark.errors import TaggerError
    from earmark.tagger import format as tagger_format
    from earmark.tagger.installed import find

    try:
        manifest = tagger_format.read(find(name)).manifest
    except TaggerError as error:  # one damaged file hides no other
        said = printable(str(error))
        return Row(name, "damaged", said, {"error": said})
    size = f"{len(manifest.labels)} labels" if manifest.labels else "a backbone"
    return Row(name, "bundled" if bundled else "added",
               f"{size}  {manifest.card.title}",
               {"title": manifest.card.title, "labels": manifest.labels})


def _published(name: str, gives: str) -> Row:
    command = import_command(name)
    state: State = "not installed" if "--download" in command else "to be brought"
    said = "not installed" if state == "not installed" else "models that you bring"
    return Row(name, state, f"{said}; {gives}: {command}", {"gives": gives, "import": command})
