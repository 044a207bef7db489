"""The tagger file ``name.earmark``: one zip, stored uncompressed.

The same content gives the same bytes. It holds ``tagger.json`` (the manifest below), one
``.onnx`` a branch, ``backbone-<hash>.onnx`` for each graph of others that branches listen through,
and ``check.npz`` (a short sound and the scores expected of it). The last 64
bytes, which are the zip's comment, are the SHA-256 in hex of everything before them: any changed
byte is found. Nothing is compressed, so no member is larger than the file, and nothing in it is
code. A graph may still ask for much memory or time: take taggers from people you trust.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.audio.segments import Segments
from earmark.errors import EarmarkError, SettingsError, TaggerError
from earmark.judging.decisions import Decisions
from earmark.labels.vocabulary import Task, Vocabulary
from earmark.store import write_bytes
from earmark.tagger import rules

FORMAT = 3  # the newest that is read; what is written is the oldest that can say it
SUFFIX = ".earmark"
_MANIFEST, _CHECK = "tagger.json", "check.npz"
_DIGEST = 64
_MOST_BYTES = 2 * 1024**3
_MOST_MANIFEST_BYTES = 8 * 1024**2  # 500 labels with stairs need a quarter of it
_MOST_BRANCHES = 16
_LONGEST_SEGMENT_SECONDS = 600.0
_LARGEST_BATCH = 256
_CHECK_RATES_HZ = (1000, 192_000)


@dataclass(frozen=True)
class Branch:
    """One listener: a front end, how tracks are cut for it, and the model it feeds.

    Attributes:
        front_end: name and settings of the feature family.
        segments: how a track is cut when tagged.
        model: file name of the ONNX graph in the tagger.
        weight: share in the average over branches, above 0.
        batch: segments scored at once: more need more memory, and not always less time.
        embedding: name of the graph's output that others may learn on, [shape=(rows, values)];
            empty where there is none.
    """

    front_end: Mapping[str, Any]
    segments: Segments
    model: str
    weight: float = 1.0
    batch: int = 16
    embedding: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise ValueError(f"'weight' is {self.weight}; expected above 0.")
        if not 1 <= self.batch <= _LARGEST_BATCH:
            raise ValueError(f"'batch' is {self.batch}; expected 1 to {_LARGEST_BATCH}.")
        if (self.segments.seconds or 1) > _LONGEST_SEGMENT_SECONDS:
            raise ValueError(f"segments of {self.segments.seconds:g} s; expected at most "
                             f"{_LONGEST_SEGMENT_SECONDS:g}.")
        if not self.model.endswith(".onnx") or not self.model.replace(".", "").isalnum():
            raise ValueError(f"'model' is {self.model!r}; expected a plain name such as "
                             "'branch0.onnx'.")


@dataclass(frozen=True)
class Score:
    """One result with its protocol.

    Attributes:
        what: was judged: ``cross-validated``, ``test part``.
        seed: None where whoever measured it did not say.
        interval_by_artist: low, high and level; empty where none was measured.
    """

    what: str
    metric: str
    value: float
    protocol: str
    split: str
    unit: str
    seed: int | None
    interval_by_artist: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {"low", "high", "level"}
        if self.interval_by_artist and (
            set(self.interval_by_artist) != known
            or not all(isinstance(v, int | float) for v in self.interval_by_artist.values())
        ):
            raise ValueError("'interval_by_artist' needs the numbers low, high and level.")


@dataclass(frozen=True)
class Card:
    """What a person should know before trusting the tagger.

    Attributes:
        title: one line.
        licence: of the tagger file.
        limits: one line on what it cannot know; shown whenever it tags.
        seen: the datasets and parts whose tracks it learnt from.
        results: each with its protocol.
        dataset: name and fingerprint. split: likewise. recipe: likewise.
        made_with: versions of what made it.
        source: where weights made by others are from: package, version, hash.
        citation: of who trained them.
        notice: the text that their licence asks to be kept with them.
    """

    title: str
    licence: str
    limits: str
    seen: tuple[str, ...] = ()
    results: tuple[Score, ...] = ()
    dataset: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)
    recipe: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    citation: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Manifest:
    """The content of ``tagger.json``.

    Attributes:
        format: of the file it was read from, or ``FORMAT``. It makes no two manifests differ:
            ``pack`` writes the oldest that can hold the decisions.
        labels: in the order of the scores; empty for a backbone alone, which names nothing and
            has one branch with an embedding that others learn on.
        backbones: SHA-256 of each graph that front ends listen through to its file in the tagger.
    """

    format: int = field(compare=False)
    name: str
    task: Task
    labels: tuple[str, ...]
    groups: Mapping[str, str]
    branches: tuple[Branch, ...]
    decisions: Decisions
    card: Card
    backbones: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.branches) <= _MOST_BRANCHES:
            raise ValueError(f"{len(self.branches)} branches; a tagger needs at least one branch "
                             f"and at most {_MOST_BRANCHES}.")
        if self.format < 1:
            raise ValueError(f"'format' is {self.format}; expected 1 or more.")
        for text in (self.name, self.card.title, self.card.limits, *self.labels,
                     *self.groups.values()):
            if not text.isprintable():
                raise ValueError(f"{text!r} holds characters that cannot be printed.")
        if not self.labels and [bool(b.embedding) for b in self.branches] != [True]:
            raise ValueError("no labels; expected some, or one branch with an embedding to learn "
                             "on.")
        for graph, member in self.backbones.items():
            if len(graph) != _DIGEST or member != backbone_member(graph):
                raise ValueError(f"the backbone '{graph}' is in {member!r}; expected "
                                 f"{backbone_member(graph)!r}.")
        if fault := rules.fault(self.decisions, self.task, self.labels):
            raise ValueError(fault)

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels in the order of the scores."""
        return Vocabulary(self.labels, self.task, self.groups)


@dataclass(frozen=True)
class Check:
    """A short sound and the scores it must give.

    Attributes:
        samples: int16 mono [shape=(n,)].
        sample_rate: in Hz.
        scores: expected track scores [shape=(labels,)]; of a backbone alone its embedding
            [shape=(values,)].
    """

    samples: NDArray[np.int16]
    sample_rate: int
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Contents:
    """All of a tagger file.

    Attributes:
        models: file name to ONNX bytes, one for each branch and each backbone.
        digest: SHA-256 in hex of the file, "" before it is written.
    """

    manifest: Manifest
    models: Mapping[str, bytes]
    check: Check
    digest: str = ""


def backbone_member(graph: str) -> str:
    """Return what a backbone is called in the file, by its SHA-256 in hex."""
    return f"backbone-{graph[:16]}.onnx"


def pack(contents: Contents) -> bytes:
    """Return the bytes of the tagger file.

    Raises:
        TaggerError: a manifest larger than is read again.
    """
    members = {_MANIFEST: _told(contents.manifest), **contents.models,
               _CHECK: _pack_check(contents.check)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(_plain_entry(name), content)
        archive.comment = b"0" * _DIGEST
    body = buffer.getvalue()[:-_DIGEST]
    return body + hashlib.sha256(body).hexdigest().encode()


def _told(manifest: Manifest) -> bytes:
    """Return ``tagger.json``."""
    decisions = rules.told(manifest.decisions)
    number = rules.format_of(manifest.decisions, manifest.task)
    plain = {**settings.to_mapping(manifest), "format": number, "decisions": decisions}
    content = json.dumps(plain, indent=1, allow_nan=False).encode()
    if len(content) > _MOST_MANIFEST_BYTES:
        raise TaggerError(f"tagger {manifest.name}: {_too_large(content)}")
    return content


def _too_large(content: bytes) -> str:
    return (f"its {_MANIFEST} has {len(content)} bytes; expected at most {_MOST_MANIFEST_BYTES}, "
            "which holds hundreds of labels with all their rules.")


def write(contents: Contents, path: Path) -> None:
    """Write the tagger file atomically."""
    write_bytes(path, pack(contents))


def read(path: Path) -> Contents:
    """Read and check a tagger file.

    Raises:
        TaggerError: not a tagger, a changed byte, a newer format, members that do not belong.
    """
    content = _bytes(path)
    _verify_digest(content, path)
    members = _members(content, path)
    manifest = _manifest(members.pop(_MANIFEST), path)
    check = _unpack_check(members.pop(_CHECK), path)
    expected = {branch.model for branch in manifest.branches} | {*manifest.backbones.values()}
    if expected != set(members):
        odd = ", ".join(sorted(expected ^ set(members)))
        raise TaggerError(f"{path}: its branches and its files differ in: {odd}.")
    expected_shape = (len(manifest.labels),) if manifest.labels else (check.scores.size or 1,)
    if check.scores.shape != expected_shape:
        raise TaggerError(f"{path}: its check has scores of shape {check.scores.shape} for "
                          f"{len(manifest.labels)} labels.")
    return Contents(manifest, members, check, hashlib.sha256(content).hexdigest())


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise TaggerError(f"{path} is a folder; expected a {SUFFIX} file.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TaggerError(f"{path} is over 2 GiB, more than a tagger may be.")
        return path.read_bytes()
    except OSError as error:
        raise TaggerError(f"{path} cannot be read: {error.strerror or error}.") from error


def _verify_digest(content: bytes, path: Path) -> None:
    if not content.startswith(b"PK"):
        raise TaggerError(f"{path} is not a tagger: expected a file written by Earmark, which ends "
                          f"in {SUFFIX}.")
    if hashlib.sha256(content[:-_DIGEST]).hexdigest().encode() != content[-_DIGEST:]:
        raise TaggerError(f"{path} is damaged, incomplete or not a tagger: its checksum does not "
                          "match; fetch it again.")


def _members(content: bytes, path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if any(e.compress_type != zipfile.ZIP_STORED for e in entries):
                raise TaggerError(f"{path}: its members are compressed; a tagger stores them.")
            members = {e.filename: archive.read(e) for e in entries}
    # zipfile raises the middle two for methods it does not know and for encrypted members.
    except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
        raise TaggerError(f"{path} is not a tagger: {error}.") from error
    if missing := {_MANIFEST, _CHECK} - set(members):
        raise TaggerError(f"{path} is not a tagger: it lacks {', '.join(sorted(missing))}.")
    if len(members) != len(entries):
        raise TaggerError(f"{path} is not a tagger: two members bear one name.")
    return members


def _manifest(content: bytes, path: Path) -> Manifest:
    if len(content) > _MOST_MANIFEST_BYTES:
        raise TaggerError(f"{path}: {_too_large(content)}")
    try:
        values = json.loads(content)
        given = values["format"]
        if isinstance(given, int) and given > FORMAT:
            raise TaggerError(f"{path} is of format {given}; this Earmark reads up to {FORMAT}: "
                              "pip install --upgrade earmark")
        manifest = settings.from_mapping(Manifest, values, where=str(path))
        if rules.format_of(manifest.decisions, manifest.task) > max(given, 2):
            raise TaggerError(f"{path}: is of format {given} and has rules that it does not know; "
                              "it is damaged: fetch it again.")
        _ = manifest.vocabulary
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TaggerError(f"{path}: its {_MANIFEST} cannot be understood: {error!r}.") from error
    except SettingsError as error:
        raise TaggerError(str(error)) from error
    except TaggerError:
        raise
    except EarmarkError as error:
        raise TaggerError(f"{path}: {error}") from error
    return manifest


def _pack_check(check: Check) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in (
            ("samples", check.samples.astype("<i2")),
            ("sample_rate", np.asarray(check.sample_rate, "<i4")),
            ("scores", check.scores.astype("<f4")),
        ):
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            archive.writestr(_plain_entry(f"{name}.npy"), member.getvalue())
    return buffer.getvalue()


def _unpack_check(content: bytes, path: Path) -> Check:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(e.compress_type != zipfile.ZIP_STORED for e in archive.infolist()):
                raise ValueError("its members are compressed")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            check = Check(arrays["samples"], int(arrays["sample_rate"]), arrays["scores"])
        low, high = _CHECK_RATES_HZ
        kind = f"{check.samples.dtype} {check.samples.ndim} {check.scores.dtype}"
        if kind != "int16 1 float32" or not low <= check.sample_rate <= high:
            raise ValueError(f"a sound of {kind} at {check.sample_rate} Hz")
        return check
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise TaggerError(f"{path}: its {_CHECK} cannot be read: {error}.") from error


def _plain_entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time, system or user that would make two equal taggers differ."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
