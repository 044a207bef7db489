"""What the labels of a set mean, where they lead, and what is left over: facts for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from earmark.labels import bridge, crosswalk
from earmark.labels.bridge import Passage
from earmark.labels.crosswalk import Meaning
from earmark.labels.taxonomy import Taxonomy


@dataclass(frozen=True)
class Overview:
    """A label set, understood.

    Attributes:
        about: what it is, in a line.
        meanings: of its labels, in their order.
        tracks: label to the number of tracks that bear it; empty where no dataset is at hand.
        to: the labels that were asked for; empty without.
        passages: label to where it leads among them; empty without.
        kept: how many tracks keep a label; None without tracks or labels to lead to.
    """

    about: str
    meanings: tuple[Meaning, ...]
    tracks: Mapping[str, int] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    passages: Mapping[str, Passage] = field(default_factory=dict)
    kept: int | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The labels that mean none of ours."""
        return tuple(m.label for m in self.meanings if not m.known)

    @property
    def nowhere(self) -> tuple[str, ...]:
        """The labels that lead to none of those that were asked for."""
        return tuple(label for label, passage in self.passages.items() if not passage.to)

    @property
    def unreached(self) -> tuple[str, ...]:
        """The labels asked for that none leads to."""
        return bridge.unreached(self.passages, self.to)

    @property
    def ways(self) -> dict[str, int]:
        """How many labels lead on in each way."""
        counted = Counter(passage.how for passage in self.passages.values())
        return {how: counted[how] for how in bridge.WAYS if counted[how]}


def overview(
    about: str,
    labels: Sequence[str],
    set_name: str | None,
    taxonomy: Taxonomy,
    *,
    bearing: Iterable[Sequence[str]] = (),
    to: Sequence[str] = (),
) -> Overview:
    """Return what the labels of a set mean, and where they lead.

    Args:
        set_name: as ``crosswalk.names`` has it; None for labels that mean what their names say.
        bearing: the labels of each track of a dataset.
        to: labels to lead to.
    """
    walk = crosswalk.read(set_name, taxonomy) if set_name else crosswalk.plain(taxonomy)
    bearing = list(bearing)
    tracks = Counter(label for borne in bearing for label in borne)
    passages = bridge.translate(labels, set_name, to, taxonomy) if to else {}
    kept = sum(any(passages[n].to for n in borne if n in passages) for borne in bearing)
    return Overview(about, tuple(walk.meaning(label) for label in labels), dict(tracks), tuple(to),
                    passages, kept if bearing and to else None)
