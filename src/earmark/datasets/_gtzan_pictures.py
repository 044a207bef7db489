"""The spectrogram pictures of GTZAN's clips in one npz file: of which tracks they are.

``spectrograms/*.npz`` beside the audio; its array ``name`` holds names such as
``blues/blues.00000.png``. The pictures themselves are read by the feature family ``specgram``. Of
each two clips that are one recording, one has a picture; the other borrows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from earmark.datasets.base import FeatureTable
from earmark.errors import DataError
from earmark.store import read_npz

FOLDER = "spectrograms"
# What lies in the file: as the family 'specgram' describes it.
_FRONT_END = {"name": "specgram", "sample_rate": 22_050, "n_fft": 256, "hop_length": 224,
              "spectra": 496, "height": 128, "width": 496, "levels": "range"}  # fmt: skip


def find(bases: Iterable[Path]) -> Path | None:
    """Return the first file of pictures in a ``spectrograms`` folder of these folders."""
    found = (path for base in bases for path in sorted((base / FOLDER).glob("*.npz"))
             if not path.name.startswith("."))  # fmt: skip
    return next(found, None)


def names(path: Path) -> list[PurePosixPath]:
    """Return the names of the pictures, as written.

    Raises:
        DataError: the file cannot be read as npz, or its array 'name' is no list of texts.
    """
    given = read_npz(path, ("name",))["name"]
    if given.dtype.kind != "U" or given.ndim != 1:
        raise DataError(f"{path}: 'name' is {given.dtype} of shape {given.shape}; expected texts, "
                        "one a picture.")
    return [PurePosixPath(name) for name in given.tolist()]


def borrowers(pictured: Iterable[str], copies: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return each track without a picture whose exact copy has one, and that copy.

    >>> borrowers({"a", "c"}, [("a", "b"), ("c", "a"), ("d", "e")])
    {'b': 'a'}
    """
    there = set(pictured)
    both = [pair for one, other in copies for pair in ((one, other), (other, one))]
    return {track: copy for track, copy in both if track not in there and copy in there}


def table(path: Path, borrowed: Mapping[str, str]) -> FeatureTable:
    """Return the pictures as a table of features."""
    # Not comparable: some pictures were drawn so as to show other spectra of the clip, and all in
    # some 100 colours. The family's tests compare both ways of drawing with real clips.
    return FeatureTable(path, _FRONT_END, None, comparable=False, pictures=True,
                        borrowed=borrowed)
