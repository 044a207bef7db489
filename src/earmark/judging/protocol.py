"""Under what conditions a score was earned: scores are ranked only where all of these are equal.

Seeds are no part of it: a seed that divides the tracks otherwise shows in the split's fingerprint,
and one that does not changes nothing about what is asked of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from earmark.datasets.base import Dataset
from earmark.datasets.opening import variant
from earmark.errors import DataError
from earmark.judging.splits import Split
from earmark.labels.vocabulary import Task

Unit = Literal["track", "segment"]
METRICS: Mapping[Task, tuple[str, ...]] = {
    "single": ("accuracy",),
    "multi": ("pr_auc_macro", "roc_auc_macro"),
}
"""What a task is judged by; the first stands for the whole."""
AVERAGING = {
    "accuracy": "accuracy over tracks; f1 macro over labels",
    "pr_auc_macro": "areas and f1 macro over labels",
}


@dataclass(frozen=True)
class Protocol:
    """What two scores must share to be ranked.

    Attributes:
        dataset: its registered name.
        variant: its options that are not as by default, such as ``labels=merged``.
        dataset_fingerprint: of its tracks, labels, artists and songs.
        split: its name; ``split_fingerprint`` tells which track is in which part.
        unit: what is right or wrong: a track, or each segment of it.
        metric: that stands for the whole.
        averaging: how numbers of tracks and labels become one.
        leaky: the same artist, album or recording may stand on both sides.
        contaminated: a backbone may have heard what is judged.
    """

    dataset: str
    variant: str
    dataset_fingerprint: str
    split: str
    split_fingerprint: str
    unit: str
    metric: str
    averaging: str
    leaky: bool
    contaminated: bool

    @property
    def dataset_title(self) -> str:
        """The dataset with its options, such as ``magnatagatune (labels=merged)``."""
        return f"{self.dataset} ({self.variant})" if self.variant else self.dataset

    @property
    def title(self) -> str:
        """The protocol in words, its marks among them."""
        unit = "" if self.unit == "track" else f", by {self.unit}"
        marks = "".join(f" – {mark}" for mark in ("leaky", "contaminated") if getattr(self, mark))
        return f"{self.dataset_title}, split {self.split}{unit}{marks}"

    @property
    def key(self) -> tuple[str | bool, ...]:
        """Equal for scores that may be ranked: all of it but the split's name, since the same
        parts under another name are the same."""
        return (self.dataset, self.variant, self.dataset_fingerprint, self.split_fingerprint,
                self.unit, self.metric, self.averaging, self.leaky, self.contaminated)

    def unlike(self, other: Protocol) -> tuple[str, ...]:
        """Return in plain words what keeps scores of the two from being ranked; none if nothing.
        """
        return tuple(_differences(self, other))


def protocol_of(
    dataset: Dataset, split: Split, *, leaky: bool, contaminated: bool, unit: Unit = "track"
) -> Protocol:
    """Return the protocol of scores on a split of a dataset."""
    metric = METRICS[dataset.vocabulary.task][0]
    return Protocol(dataset.name, variant(dataset), dataset.fingerprint, split.name,
                    split.fingerprint, unit, metric, AVERAGING[metric], leaky, contaminated)


def recorded(values: Mapping[str, Any], identity: Mapping[str, str], metric: str) -> Protocol:
    """Return the protocol that a run folder holds, also one from before it had all of its parts.

    Args:
        values: texts and flags of ``protocol`` in results.json.
        identity: fingerprints of the run, which older protocols leave out.
        metric: of the run's scores, likewise.

    Raises:
        DataError: a fingerprint that is not the run's.
    """
    for kind in ("dataset", "split"):
        given = values.get(f"{kind}_fingerprint", identity[kind])
        if given != identity[kind]:
            raise DataError(f"the protocol's {kind} is {given} and the run's {identity[kind]}; the "
                            "run folder is damaged: run it again.")
    metric = str(values.get("metric", metric))
    averaging = str(values.get("averaging", ""))
    if averaging == AVERAGING["accuracy"]:  # which older runs said of multi-label work, too
        averaging = AVERAGING.get(metric, averaging)
    return Protocol(
        str(values["dataset"]), str(values.get("variant", "")), identity["dataset"],
        str(values["split"]), identity["split"], str(values["unit"]).partition(":")[0], metric,
        averaging, bool(values["leaky"]), bool(values.get("contaminated")),
    )


def _differences(a: Protocol, b: Protocol) -> Iterator[str]:
    if a.dataset != b.dataset:
        yield f"the datasets ({a.dataset} and {b.dataset})"
    elif a.variant != b.variant:
        yield (f"the options of {a.dataset} ({a.variant or 'as by default'} and "
               f"{b.variant or 'as by default'})")
    elif a.dataset_fingerprint != b.dataset_fingerprint:
        yield f"the copies of {a.dataset} (other tracks, labels or artists)"
    if a.split_fingerprint != b.split_fingerprint:
        same = "both called so, with other tracks in their parts"
        yield f"the splits ({a.split}{f', {same}' if a.split == b.split else f' and {b.split}'})"
    for name, word in (("unit", "what is counted"), ("metric", "the metric"),
                       ("averaging", "how it is averaged")):  # fmt: skip
        if (x := getattr(a, name)) != (y := getattr(b, name)):
            yield f"{word} ({x} and {y})"
    if a.leaky != b.leaky:
        yield "leaks (one lets an artist, album or recording stand on both sides)"
    if a.contaminated != b.contaminated:
        yield "contamination (one listens through a network that may have heard the test music)"

