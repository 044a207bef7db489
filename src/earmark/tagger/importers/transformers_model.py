"""Audio models of the transformers library as taggers: AST, wav2vec 2.0's kin, CLAP.

Weights are read as tensors only, and code that comes with a model is never run.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark import __version__
from earmark.errors import EarmarkError, TaggerError, suggestion
from earmark.features import base as features
from earmark.graphs.torchvision import require_mended
from earmark.graphs.wrapping import Activation
from earmark.hub import model_folder, quiet, weights_in
from earmark.judging.decisions import Decisions
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest
from earmark.tagger.importers._label_lists import read_labels
from earmark.tagger.importers._rehearsal import rehearsal_rows
from earmark.tagger.importers._torch_export import exported
from earmark.tagger.importers._transformers_kinds import KINDS, Given, Opened
from earmark.tagger.importers._weights import sha256

_BATCH = 4
_GENERIC = re.compile(r"LABEL_\d+")
_LICENCE = re.compile(r"^license:\s*([\w.+-]+)\s*$", re.MULTILINE)
_MOST_FRONT_MATTER = 20_000
_SEEN = "unknown music: trained by others, see the model's card; assume AudioSet among it"


@dataclass(frozen=True)
class Options:
    """What a person may say of a model.

    Attributes:
        labels: a file of them or words with commas between; empty for the model's own.
        activation: ``none`` for what the model's configuration says.
        seconds: of a segment, where the model takes any length.
        prompt: of CLAP: the sentence that stands for a label; of several, with ``|`` between, the
            mean stands for it.
        name: of the tagger; empty for the model's.
    """

    labels: str = ""
    activation: Activation = "none"
    seconds: float | None = None
    prompt: str = "This is a sound of {label}."
    name: str = ""

    def __post_init__(self) -> None:
        if not all("{label}" in prompt for prompt in self.prompt.split("|")):
            raise TaggerError(f"the prompt is '{self.prompt}'; expected a sentence with {{label}} "
                              "in it, or several such with | between.")


def import_transformers(name_or_folder: str, options: Options | None = None) -> Contents:
    """Return an audio model of the transformers library as a tagger.

    Args:
        name_or_folder: a folder with its files, or its name on the hub, which is asked where the
            model is not on this machine.

    Raises:
        TaggerError: it is not there, is of a kind that cannot be opened, lacks weights, or gives
            other values as ONNX. DataError: of the labels.
        MissingExtraError: transformers, PyTorch or its exporter is not installed.
    """
    options = options or Options()
    library: Any = require_mended("transformers", extra="hub",
                                  purpose="opening a transformers model")
    folder = model_folder(name_or_folder)
    with quiet(library), _one_line(folder):
        given = _given(library, folder, options)
        opened = KINDS[given.model.config.model_type](given)
    front_end = features.build(opened.front_end, where=f"front end of {folder.name}")
    content = exported(opened.module, rehearsal_rows(front_end, opened.segments), given.where)
    branch = Branch(features.describe(front_end), opened.segments, "branch0.onnx", batch=_BATCH,
                    embedding="embedding")
    return with_check(_manifest(name_or_folder, folder, given, opened, branch, options),
                      {branch.model: content})


def _given(library: Any, folder: Path, options: Options) -> Given:
    local = {"local_files_only": True, "trust_remote_code": False}
    config = library.AutoConfig.from_pretrained(folder, **local)
    if config.model_type not in KINDS:
        raise TaggerError(f"{folder} is of the kind '{config.model_type}', which cannot be opened."
                          f"{suggestion(config.model_type, KINDS)}")
    clap = config.model_type == "clap"
    kind = library.ClapModel if clap else library.AutoModelForAudioClassification
    model, loaded = kind.from_pretrained(folder, output_loading_info=True, **local)
    if absent := sorted(loaded["missing_keys"]):
        raise TaggerError(f"{folder} lacks {len(absent)} tensors of its model, '{absent[0]}' among "
                          "them; expected one that was trained to classify.")
    return Given(
        model=model.float().eval(), where=str(folder), prompt=options.prompt,
        extractor=library.AutoFeatureExtractor.from_pretrained(folder, **local),
        tokenize=_tokenizer(library, folder, local) if clap else _no_text,
        labels=_labels(config, options.labels, folder, free=clap),
        activation=options.activation, seconds=options.seconds,
    )  # fmt: skip


def _tokenizer(library: Any, folder: Path, local: dict[str, bool]) -> Any:
    tokenizer = library.AutoTokenizer.from_pretrained(folder, **local)

    def tokenize(texts: list[str]) -> Any:
        tokens = tokenizer(texts, padding=True, return_tensors="pt")
        return {name: tokens[name] for name in ("input_ids", "attention_mask")}

    return tokenize


def _no_text(texts: list[str]) -> Any:
    raise TaggerError(f"a classifier takes no text, such as {texts[:1]}.")


def _labels(config: Any, given: str, folder: Path, *, free: bool) -> tuple[str, ...]:
    if free:
        if not given:
            raise TaggerError(f"{folder} names any label it is given and none by itself; give "
                              "--labels.")
        return read_labels(given).labels
    own = tuple(config.id2label[number] for number in sorted(config.id2label))
    if not given:
        if all(_GENERIC.fullmatch(label) for label in own):
            raise TaggerError(f"{folder} does not name its {len(own)} labels; give --labels, in "
                              "the order of its scores.")
        return own
    labels = read_labels(given).labels
    if len(labels) != len(own):
        raise TaggerError(f"{folder} gives {len(own)} scores and {len(labels)} labels were given; "
                          "expected one label for each score.")
    return labels


def _manifest(
    given_name: str, folder: Path, given: Given, opened: Opened, branch: Branch, options: Options
) -> Manifest:
    vocabulary = Vocabulary(given.labels, "single" if opened.activation == "softmax" else "multi")
    name = given_name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    try:
        return Manifest(
            format=FORMAT, name=options.name or name, task=vocabulary.task, labels=given.labels,
            groups=crosswalk.of(given.labels).groups(given.labels), branches=(branch,),
            decisions=Decisions.usual(vocabulary), card=_card(name, folder, given, opened),
        )  # fmt: skip
    except ValueError as error:
        raise TaggerError(f"{folder}: {error}") from error


def _card(name: str, folder: Path, given: Given, opened: Opened) -> Card:
    kind = given.model.config.model_type
    files = [f"{path.name}, sha256 {sha256(path)}" for path in weights_in(folder)]
    return Card(
        title=f"{name}: {len(given.labels)} labels by {kind}",
        licence=_licence(folder),
        limits=_limits(kind, opened),
        seen=(_SEEN,),
        made_with={"earmark": __version__},
        source="; ".join([f"transformers model {name}", *files]),
    )


def _limits(kind: str, opened: Opened) -> str:
    said = ("one label a track, by softmax" if opened.activation == "softmax"
            else "a label is given from a score of 0.5 up, by sigmoid")
    if kind == "clap":
        said += "; scores say which of the given labels fits best, not whether one does"
    return f"{said}; tuned on no labelled music, scores are no chances"


def _licence(folder: Path) -> str:
    """Return what the model's card says at its head."""
    try:
        with (folder / "README.md").open(encoding="utf-8") as file:
            head = file.read(_MOST_FRONT_MATTER)
    except (OSError, UnicodeDecodeError):
        head = ""
    said = _LICENCE.search(head.split("\n---")[0])
    return said[1] if said else "not stated here; see the model's card"


@contextlib.contextmanager
def _one_line(folder: Path) -> Iterator[None]:
    """Say in one line what transformers says in many, of damaged or absent files."""
    try:
        yield
    except EarmarkError:
        raise
    except Exception as error:  # its own kinds, and those of every library that it reads with
        said = str(error).strip().splitlines() or [repr(error)]
        raise TaggerError(f"{folder} cannot be opened as a transformers model: {said[0]}"
                          ) from error
