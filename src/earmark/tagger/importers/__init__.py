"""Taggers that others published, made into ours. Nothing of theirs is run.

An importer reads what was published where the user has it, makes an ONNX graph of the network,
and puts licence, citation, source and what was learnt from on the tagger's card. What each needs
stands in the catalogue below.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Models that can be imported.

    Attributes:
        gives: what the tagger then says.
        needs: what the user brings.
        where: they are published, and under which licence.
    """

    gives: str
    needs: str
    where: str


CATALOGUE = {
    "musicnn": Published(
        gives="50 tags: instruments, voices, moods, tempo and genres",
        needs="the package's wheel, its folder or the package installed; or --download",
        where="the Python package musicnn 0.1.0, ISC licence",
    ),
    "onnx": Published(
        gives="whatever labels the file was trained on",
        needs="an ONNX file, its labels, and the front end it was trained on",
        where="anywhere; essentia's models and their labels at https://essentia.upf.edu/models, "
              "CC BY-NC-SA 4.0",
    ),
    "transformers": Published(
        gives="a model's own labels (AST: AudioSet's 527), or with CLAP any that you write",
        needs="a model's folder or its name on the hub, such as "
              "MIT/ast-finetuned-audioset-10-10-0.4593 or laion/clap-htsat-unfused; "
              "pip install '.[hub]'",
        where="the Hugging Face hub; licences are the models' own",
    ),
    "vggish": Published(
        gives="no labels, but 128 numbers for each 0.96 s to learn labels on",
        needs="vggish-10086976.pth and, for AudioSet's own form, vggish_pca_params-970ea276.pth",
        where="the releases of https://github.com/harritaylor/torchvggish, from the AudioSet "
              "project's checkpoint, Apache-2.0",
    ),
}
"""By the name of the subcommand of ``earmark tagger import``."""
