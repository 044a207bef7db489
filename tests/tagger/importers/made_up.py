"""A made-up musicnn package: its files in their places, with tensors drawn by chance."""

import json
import zipfile
from functools import cache

import numpy as np
from tests.tagger.importers import bundle_writer

from earmark.tagger.importers._musicnn_tensors import shapes

# The labels of the published lists, in another order.
LABELS = [
    "ambient", "beat", "beats", "cello", "choir", "choral", "classic", "classical", "country",
    "dance", "drums", "electronic", "fast", "female", "flute", "guitar", "harp", "harpsichord",
    "indian", "loud", "male", "man", "metal", "opera", "piano", "pop", "quiet", "rock", "singing",
    "sitar", "slow", "soft", "solo", "strings", "synth", "techno", "violin", "vocal", "vocals",
    "voice", "weird", "woman", "female vocal", "female voice", "male vocal", "male voice",
    "new age", "no vocal", "no vocals", "no voice",
]  # fmt: skip
LICENCE = "Permission to use this made-up package is granted.\n"
DIST = "musicnn-0.1.0.dist-info"


def tensors(network, seed=0):
    """Tensors of the network's names and shapes, of a size that keeps scores off 0 and 1."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, shape in shapes(network).items():
        part = name.rpartition("/")[2]
        width = np.sqrt(np.prod(shape[:-1])) if part == "kernel" else 5
        values = rng.standard_normal(shape) / width
        made[name] = (values + (part in ("gamma", "moving_variance"))).astype(np.float32)
        if part == "moving_variance":
            made[name] = np.abs(made[name])
    return made


@cache
def _bundle(network):
    slots = {"beta1_power": np.float32(0.5), "dense/bias/Adam": np.zeros(50, np.float32),
             "dense/bias/Adam_1": np.zeros(50, np.float32), "global_step": np.int64(3)}  # fmt: skip
    return bundle_writer.bundle({**tensors(network), **slots})


def checkpoint(variant, tensors=None):
    """The files of a variant's checkpoint."""
    index, data = (_bundle("vgg" if "vgg" in variant else "musicnn") if tensors is None
                   else bundle_writer.bundle(tensors))  # fmt: skip
    return {f"musicnn/{variant}/.index": index, f"musicnn/{variant}/.data-00000-of-00001": data}


def files(variant="MTT_musicnn"):
    """All files by their path from the folder above the package; importing it fails."""
    config = {"gt_train": "index/train.tsv", "gt_val": "index/val.tsv"}
    lists = f"SR = 16000\nMTT_LABELS = {LABELS!r}\n\nMSD_LABELS = {LABELS[::-1]!r}\n"
    texts = {
        "musicnn/__init__.py": "raise RuntimeError('the package was imported')\n",
        "musicnn/configuration.py": lists,
        f"musicnn/{variant}/config.json": json.dumps(config),
        f"musicnn/{variant}/experiment.result": "Results\nROC-AUC: 0.9066769\nPR-AUC: 0.38310571",
        f"{DIST}/METADATA": "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n",
        f"{DIST}/LICENSE.md": LICENCE,
        f"{DIST}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{DIST}/RECORD": "",
    }
    return {**{path: text.encode() for path, text in texts.items()}, **checkpoint(variant)}


def wheel(folder, contents, name="musicnn-0.1.0-py3-none-any.whl", prefix=""):
    """Write the files as a wheel or another zip and return its path."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in contents.items():
            archive.writestr(prefix + member, content)
    return path


def unpacked(folder, contents):
    """Write the files into a folder and return it."""
    for member, content in contents.items():
        (folder / member).parent.mkdir(parents=True, exist_ok=True)
        (folder / member).write_bytes(content)
    return folder
