"""ONNX files as taggers: a network that takes a front end's values and gives a score a label."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark import __version__
from earmark.audio.segments import Segments
from earmark.errors import TaggerError
from earmark.features import base as features
from earmark.features.base import FrontEnd
from earmark.graphs.session import Session
from earmark.graphs.wrapping import Activation, Wrapping
from earmark.judging.decisions import Decisions
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest
from earmark.tagger.importers import _foreign
from earmark.tagger.importers._fronts import front_for
from earmark.tagger.importers._label_lists import LabelList, read_labels
from earmark.tagger.importers._rehearsal import noise_like, rehearsal_rows

_MOST_BYTES = 2 * 1024**3
_BATCH, _LARGEST_BATCH = 16, 256
UNKNOWN_LICENCE = "not stated; ask whoever published the model"
UNKNOWN_TRAINING = "unknown music: trained by others; anything published may be among it"


@dataclass(frozen=True)
class Options:
    """What a person may say of an ONNX file that it does not say itself.

    Attributes:
        frames, hop_frames, seconds: of a segment; None for the front end's usual.
        layout: whether the graph takes time or bands first, where both fit.
        activation: what turns its output into scores.
        input, output, embedding: names in the graph; empty to find them out.
        single: a track bears one label; also where the activation is softmax.
        name: of the tagger; empty for the file's. title, licence: for its card.
    """

    frames: int | None = None
    hop_frames: int | None = None
    seconds: float | None = None
    layout: _foreign.Layout = ""
    activation: Activation = "none"
    input: str = ""
    output: str = ""
    embedding: str = ""
    single: bool = False
    name: str = ""
    title: str = ""
    licence: str = ""


def import_onnx(
    file: Path, labels: str, front_end: str, options: Options | None = None
) -> Contents:
    """Return an ONNX file as a tagger.

    Args:
        labels: a file of them, or labels with commas between; see ``read_labels``.
        front_end: a preset or settings; see ``front_for``.

    Raises:
        TaggerError: the file is no ONNX graph or may not be run, does not take what the front end
            gives or not give a score a label, or gives other values in its wrapping.
        DataError: of the labels. SettingsError: of the front end.
        MissingExtraError: onnx is not installed.
    """
    options = options or Options()
    content, known = _content(file), read_labels(labels)
    graph = Session(content, str(file))
    front, segments = front_for(front_end, frames=options.frames, hop_frames=options.hop_frames,
                                seconds=options.seconds)
    _refuse_rate(known, front, front_end)
    rows = rehearsal_rows(front, segments)
    wrapping = _wrapping(graph, known, options, rows, segments)
    _refuse_odd(graph, wrapping, rows, known)
    wrapped, batch = _foreign.wrapped(graph, content, wrapping, rows)
    branch = Branch(front_end=features.describe(front), segments=segments, model="branch0.onnx",
                    batch=min(batch or _BATCH, _LARGEST_BATCH),
                    embedding="embedding" if wrapping.others else "")
    return with_check(_manifest(file, content, known, options, branch), {branch.model: wrapped})


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TaggerError(f"{file} is over 2 GiB, more than a tagger may be.")
        return file.read_bytes()
    except OSError as error:
        raise TaggerError(f"{file} cannot be read: {error.strerror or error}.") from error


def _refuse_rate(known: LabelList, front_end: FrontEnd, given: str) -> None:
    if known.sample_rate not in (None, front_end.sample_rate):
        raise TaggerError(f"the labels' file says that the model takes {known.sample_rate} Hz and "
                          f"the front end '{given}' gives {front_end.sample_rate} Hz; choose the "
                          "one it was trained on.")


def _wrapping(
    graph: Session, known: LabelList, options: Options, rows: NDArray[np.float32],
    segments: Segments,
) -> Wrapping:  # fmt: skip
    """Find out what is to be put around the graph. Names that a person gives must be there; those
    that the labels' file gives may be of another form of the model."""
    name = _foreign.the_input(graph, options.input or _there(known.input, graph.inputs))
    said = options.output or _there(known.scores, graph.outputs)
    scores = _foreign.the_output(graph, said, len(known.labels))
    embedding = options.embedding or _there(known.embedding, graph.outputs)
    if embedding:
        _foreign.the_output(graph, embedding, 0)
    fit = _foreign.fit_for(graph, name, rows.shape[1:], layout=options.layout,
                           time_axis=1 if segments.frames is None else 0)
    others = {"embedding": embedding} if embedding else {}
    return Wrapping(name, rows.shape[1:], fit, scores, others, options.activation)


def _there(name: str, names: dict[str, list[object]]) -> str:
    return name if name in names else ""


def _refuse_odd(
    graph: Session, wrapping: Wrapping, rows: NDArray[np.float32], known: LabelList
) -> None:
    fixed = graph.inputs[wrapping.input][0]
    batch = fixed if isinstance(fixed, int) else 0
    squashed = wrapping.activation != "none"
    for given in (rows, noise_like(rows)):
        (scores,) = _foreign.run_foreign(graph, wrapping, given, [wrapping.scores], batch)
        _foreign.refuse_scores(f"{graph.where}: its output '{wrapping.scores}'",
                               _squeezed(scores), len(known.labels), wrapping.activation)
        squashed = squashed and bool(((scores >= 0) & (scores <= 1)).all())
    if squashed:
        raise TaggerError(f"{graph.where}: its output '{wrapping.scores}' lies between 0 and 1 by "
                          f"itself; leave out --activation {wrapping.activation}.")


def _squeezed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leave out axes of size 1 behind the batch; one remains."""
    sizes = [size for size in values.shape[1:] if size != 1] or [1]
    return values.reshape(values.shape[0], *sizes)


def _manifest(
    file: Path, content: bytes, known: LabelList, options: Options, branch: Branch
) -> Manifest:
    single = options.single or options.activation == "softmax"
    vocabulary = Vocabulary(known.labels, "single" if single else "multi")
    try:
        return Manifest(
            format=FORMAT, name=options.name or file.stem, task=vocabulary.task,
            labels=known.labels, groups=crosswalk.of(known.labels).groups(known.labels),
            branches=(branch,), decisions=Decisions.usual(vocabulary),
            card=_card(file, content, known, options, single=single),
        )  # fmt: skip
    except ValueError as error:
        raise TaggerError(f"{file}: {error}") from error


def _card(file: Path, content: bytes, known: LabelList, options: Options, *, single: bool) -> Card:
    said = "the best label is given" if single else "a label is given from a score of 0.5 up"
    return Card(
        title=options.title or known.title or f"{file.name}: {len(known.labels)} labels",
        licence=options.licence or known.licence or UNKNOWN_LICENCE,
        limits=f"{said}, tuned on no labelled music; scores are no chances",
        seen=(known.seen or UNKNOWN_TRAINING,),
        made_with={"earmark": __version__},
        source=f"{file.name}, sha256 {hashlib.sha256(content).hexdigest()}",
        citation=known.citation,
    )
