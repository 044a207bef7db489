"""A tagger's graphs for use without Earmark: each with all that one needs to know beside it.

``branch0.onnx`` and so on, ``branch0.json`` (what goes in, what comes out, what it means),
``branch0-int8.onnx`` where eight bits are asked for, the graphs of backbones, and ``README.txt``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.audio.hearing import Hearing
from earmark.audio.load import stream
from earmark.errors import AudioError, DataError, SettingsError, TaggerError
from earmark.features import base as features
from earmark.features.base import FrontEnd
from earmark.features.cutting import pieces, segment_seconds
from earmark.graphs.session import Session
from earmark.lab.making.published import refuse_taken
from earmark.lab.shapes import sizes
from earmark.store import whole_folder
from earmark.tagger import quantising, rules
from earmark.tagger.format import Branch
from earmark.tagger.tagger import Tagger

_PER_FILE = 16  # segments, from first to last
_MOST_ROWS = 1024  # of all files together, as long as they are not more: fewer of each then


@dataclass(frozen=True)
class Small:
    """A branch in eight bits.

    Attributes:
        told: ``file``, ``bytes``, ``faster`` (times it is, a row at a time with one thread),
            ``same_top_label`` (share of the rows), ``largest_difference`` of a score, ``rows``.
    """

    content: bytes
    told: dict[str, Any]

    @property
    def slower(self) -> str:
        """Why it is no gain; empty where it is one."""
        if self.told["faster"] > 1:
            return ""
        return (f"{self.told['file']} is {self.told['faster']:.2f} times as fast as the graph in "
                "32 bits: no gain on this machine")


def write(
    tagger: Tagger, folder: Path, audio: Sequence[Path] = (), *, anyway: bool = False,
    failed: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Write a tagger's graphs into a new folder and return what is in the JSON files.

    Args:
        audio: files to see the ranges of values on, and to compare on, for graphs in eight bits;
            none for no such graphs. Where one cannot be made, or is slower, ``int8`` has but
            ``left_out``, which says why.
        anyway: write them where they are slower, too.
        failed: told of each file that cannot be read.

    Raises:
        EarmarkError: the folder holds something, or cannot be written.
        TaggerError: no graph can be made in eight bits, or all are slower in them.
        DataError: none of the files can be heard.
    """
    refuse_taken(folder)
    tried = in_eight_bits(tagger, audio, failed) if audio else []
    small = {k: its for k, its in enumerate(tried)
             if isinstance(its, Small) and (anyway or not its.slower)}
    left = {k: its.slower if isinstance(its, Small) else its
            for k, its in enumerate(tried) if k not in small}
    if left and not small:
        slow = any(isinstance(its, Small) for its in tried)
        raise TaggerError(f"{'; '.join(left.values())}; leave out --int8"
                          f"{', or take what is slower with --anyway' if slow else ''}.")
    every = list(described(tagger))
    for k, about in enumerate(every):
        if tried:
            about["int8"] = small[k].told if k in small else {"left_out": left[k]}
    with whole_folder(folder) as building:
        for name, content in tagger.contents.models.items():
            (building / name).write_bytes(content)
        for its in small.values():
            (building / its.told["file"]).write_bytes(its.content)
        for about in every:
            path = (building / about["graph"]).with_suffix(".json")
            path.write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (building / "README.txt").write_text(_readme(tagger, every), encoding="utf-8")
    return every


def described(tagger: Tagger) -> Iterator[dict[str, Any]]:
    """Yield what one needs to know of each branch, as plain values."""
    manifest = tagger.manifest
    whole = sum(branch.weight for branch in manifest.branches)
    for branch in manifest.branches:
        session = Session(tagger.contents.models[branch.model], branch.model)
        front_end = features.build(branch.front_end)
        yield {
            "tagger": tagger.identity, "graph": branch.model,
            "sha256": hashlib.sha256(tagger.contents.models[branch.model]).hexdigest(),
            "sample_rate_hz": front_end.sample_rate,
            "front_end": settings.to_mapping(branch)["front_end"],
            "columns": list(front_end.columns),
            "segments": settings.to_mapping(branch.segments),
            "inputs": _shapes(session.inputs), "outputs": _shapes(session.outputs),
            "output": branch.embedding if not manifest.labels else "scores",
            "task": manifest.task, "labels": list(manifest.labels),
            "groups": dict(manifest.groups), "weight": branch.weight / whole,
            "decisions": rules.told(manifest.decisions), "backbones": dict(manifest.backbones),
            "licence": manifest.card.licence, "citation": manifest.card.citation,
            "notice": manifest.card.notice, "limits": manifest.card.limits,
        }  # fmt: skip


def _shapes(given: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Say ``n`` for sizes that may be any, as the number of rows."""
    return {name: [size if isinstance(size, int) else "n" for size in shape]
            for name, shape in given.items()}


def in_eight_bits(
    tagger: Tagger, audio: Sequence[Path], failed: Callable[[str], None] = lambda _: None
) -> list[Small | str]:
    """Return each branch in eight bits, compared with itself in 32 on what it hears of the files,
    or why it cannot be made.

    Raises:
        TaggerError: the tagger is a backbone.
        DataError: none of the files can be heard.
    """
    manifest = tagger.manifest
    if not manifest.labels:
        raise TaggerError(f"tagger {manifest.name} is a backbone, whose values others have learnt "
                          "from: in eight bits they would be others; leave out --int8.")
    found: list[Small | str] = []
    for k, branch in enumerate(manifest.branches):
        rows = heard(branch, audio, failed if not k else lambda _: None)
        try:
            found.append(_small(tagger.contents.models[branch.model], rows, branch.model))
        except TaggerError as error:
            found.append(str(error).rstrip("."))
    return found


def _small(content: bytes, rows: NDArray[np.float32], name: str) -> Small:
    before = quantising.scores_of(Session(content, name), rows)

    def agreement(scores: NDArray[np.float32]) -> float:
        return float((scores.argmax(axis=1) == before.argmax(axis=1)).mean())

    made = quantising.judged(content, rows, agreement, name)
    after = quantising.scores_of(Session(made.content, name), rows)
    return Small(made.content, {
        "file": f"{name.removesuffix('.onnx')}-int8.onnx", "bytes": len(made.content),
        "faster": made.faster, "same_top_label": 1 - made.lost,
        "largest_difference": float(np.abs(after - before).max()), "rows": len(rows),
    })  # fmt: skip


def heard(
    branch: Branch, audio: Sequence[Path], failed: Callable[[str], None] = lambda _: None
) -> NDArray[np.float32]:
    """Return what a branch's graph is given of the files [shape=(rows, ...)]: of each at most 16
    segments, from its first to its last, and fewer where files are many.

    Raises:
        DataError: nothing is to be heard in any.
    """
    front_end, found, first = features.build(branch.front_end), [], ""
    most = max(1, min(_PER_FILE, _MOST_ROWS // max(len(audio), 1)))
    for path in audio:
        try:
            rows = _rows(front_end, branch, path)
        except (AudioError, SettingsError) as error:
            said = str(error) if str(path) in str(error) else f"{path}: {error}"
            first = first or f" (first: {said.rstrip('.')})"
            failed(said)
            continue
        some = np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int)
        found += [rows[k] for k in some]
    if not found:
        raise DataError(f"nothing is to be heard in {len(audio)} files{first}; eight bits need "
                        "music to see ranges on: give a folder of it with --data.")
    return np.stack(found)


def _rows(front_end: FrontEnd, branch: Branch, path: Path) -> list[NDArray[np.float32]]:
    def blocks() -> Iterator[NDArray[np.float32]]:
        return stream(path, sample_rate=front_end.sample_rate, notes=[])

    if segment_seconds(front_end, branch.segments) is None:
        hearing = Hearing(blocks)
        values = front_end.whole(hearing)
        hearing.finish()
        return [] if hearing.silent else [values]
    found = (piece.values for piece in pieces(front_end, blocks(), branch.segments))
    return [values for values in found if values is not None]


def _readme(tagger: Tagger, every: Sequence[dict[str, Any]]) -> str:
    card = tagger.manifest.card
    rates = sorted({about["sample_rate_hz"] for about in every})
    each = ", once for each rate that a JSON file names" if len(rates) > 1 else ""
    title = f"Graphs of the tagger {tagger.manifest.name}"
    files = [f"  {about['graph']}: "
             + "; ".join(f"{name} {sizes(shape)} in" for name, shape in about["inputs"].items())
             + f", {about['output']} {sizes(about['outputs'][about['output']])} out, weight "
             f"{about['weight']:.3g}" for about in every]
    files += [f"  {about['int8']['file']}: the same in eight bits, "
              f"{about['int8']['faster']:.1f} times as fast where it was made; the same top label "
              f"for {about['int8']['same_top_label']:.1%} of {about['int8']['rows']} segments"
              for about in every if "file" in about.get("int8", {})]
    combined = ("Its scores are from 0 to 1, one a label, in the order of 'labels'. The mean over "
                "a track's segments that are not silent is the track's.")
    steps = [
        f"Decode the sound to one channel at {' and '.join(map(str, rates))} Hz, samples from -1 "
        f"to 1{each}.",
        "Cut it as 'segments' in the JSON file says; seconds 'none' is the whole track.",
        "Turn each segment into features as 'front_end' says. In Python, "
        "earmark.features.base.build(front_end)(samples) does it; elsewhere the settings name "
        "window, hop, bands and logarithm.",
        "Give the graph any number of segments at once as 32-bit floats.",
        *([combined] if tagger.manifest.labels else ["Its output is an embedding to learn on."]),
        *(["Average the branches by 'weight'."] if len(every) > 1 else []),
        "'decisions' says how scores are calibrated and from where on a label is named.",
    ]  # fmt: skip
    numbered = [f"  {k}. {step}" for k, step in enumerate(steps, 1)]
    about = [f"Made of {tagger.identity}: {card.title}", f"Licence: {card.licence}",
             f"Limits: {card.limits}", *([f"To cite: {card.citation}"] if card.citation else [])]
    paragraphs = itertools.chain([title, "=" * len(title), ""], about,
                                 ["", "Files, each with a .json beside it:"], files,
                                 ["", "How to use them:"], numbered,
                                 *([["", card.notice]] if card.notice else []))
    return "\n".join(paragraphs) + "\n"
