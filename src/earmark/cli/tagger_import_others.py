"""``earmark tagger import`` for models whose files the user brings: one small function an importer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from earmark.tagger.format import Contents

_FILE = click.Path(path_type=Path, dir_okay=False)


def _finish(contents: Contents, out: Path | None) -> None:
    from earmark.cli.tagger_import import finish

    finish(contents, out)


def _usual(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that all have."""
    for option in (
        click.option("--out", type=_FILE, default=None,
                     help="Write the tagger to this file, ending in .earmark, rather than install "
                          "it."),
        click.option("--name", default="", help="What the tagger is called."),
    ):  # fmt: skip
        function = option(function)
    return function


@click.command("onnx")
@click.argument("file", type=_FILE)
@click.option("--labels", required=True, metavar="LABELS",
              help="A text file with a label a line, a JSON file (a list, or essentia's metadata), "
                   "or labels with commas between.")
@click.option("--front-end", required=True, metavar="SPEC",
              help="What the model was trained on: musicnn, discogs-effnet, vggish, ast, clap; or "
                   "FAMILY:SETTING=VALUE,...; or a TOML file with 'name' and settings.")
@click.option("--frames", type=int, help="Frames of a segment.  [default: the front end's]")
@click.option("--hop-frames", type=int, help="From one segment to the next.  [default: --frames]")
@click.option("--seconds", type=float, help="Length of a segment, where it is cut in seconds.")
@click.option("--layout", type=click.Choice(("time-first", "bands-first")), default=None,
              help="Which the model takes, where its shape does not tell.")
@click.option("--activation", type=click.Choice(("none", "sigmoid", "softmax")), default="none",
              show_default=True, help="What turns its output into scores, where it has none.")
@click.option("--input", default="", help="Name of its input.  [default: the only one]")
@click.option("--output", default="", help="Name of the output with a score a label.")
@click.option("--embedding", default="", help="Name of an output that others may learn on.")
@click.option("--single", is_flag=True, help="A track bears one label, the best.")
@click.option("--title", default="", help="One line for its card.")
@click.option("--licence", default="", help="The model's licence, for its card.")
@_usual
def import_onnx(file: Path, labels: str, front_end: str, layout: str | None, out: Path | None,
                **rest: Any) -> None:  # fmt: skip
    """Open an ONNX file: a network that takes a front end's values and gives a score a label.

    The file's graph is kept as it is; what is put around it is compared with it before anything
    is written.
    """
    from earmark.tagger.importers import onnx_file

    options = onnx_file.Options(layout=layout or "", **rest)  # type: ignore[arg-type]
    _finish(onnx_file.import_onnx(file, labels, front_end, options), out)


@click.command("vggish")
@click.argument("file", type=_FILE)
@click.option("--pca", "pca_file", type=_FILE, default=None,
              help="The published projection, which gives AudioSet's own form.")
@_usual
def import_vggish(file: Path, pca_file: Path | None, name: str, out: Path | None) -> None:
    """Open VGGish as a backbone: it names nothing, and labels are learnt on what it gives.

    FILE holds its weights: vggish-10086976.pth (which PyTorch reads), or .npz or .safetensors with
    the same tensors by the same names or by TensorFlow's.
    """
    from earmark.tagger.importers import vggish

    _finish(vggish.import_vggish(file, pca_file, name=name or "vggish"), out)


@click.command("transformers")
@click.argument("model", metavar="NAME|FOLDER")
@click.option("--labels", default="", metavar="LABELS",
              help="For CLAP: the labels that it is to tell apart. Else other names for the "
                   "model's own. A file, or words with commas between.")
@click.option("--activation", type=click.Choice(("none", "sigmoid", "softmax")), default="none",
              help="What turns its output into scores.  [default: as its configuration says]")
@click.option("--seconds", type=float, help="Length of a segment, for models that take any.")
@click.option("--prompt", default="This is a sound of {label}.", show_default=True,
              help="The sentence that stands for a label, for CLAP.")
@_usual
def import_transformers(model: str, out: Path | None, **rest: Any) -> None:
    """Open an audio model of the transformers library: AST, wav2vec 2.0 and its kin, or CLAP.

    FOLDER holds its config.json, preprocessor_config.json and weights; NAME is OWNER/MODEL on the
    hub, which is asked where the model is not on this machine.
    """
    from earmark.tagger.importers import transformers_model

    options = transformers_model.Options(**rest)
    _finish(transformers_model.import_transformers(model, options), out)


COMMANDS = (import_onnx, import_transformers, import_vggish)
"""What the group takes up."""
