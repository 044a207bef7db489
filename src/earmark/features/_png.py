"""Pictures as PNG files, the same bytes for the same picture wherever it is written."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_COLOUR_TYPES = {1: 0, 3: 2}  # channels to PNG's code for grey and for red, green, blue


def png(picture: NDArray[np.float32]) -> bytes:
    """Return an 8-bit PNG file of a picture [shape=(1 or 3, height, width)] in [0, 1].

    Raises:
        ValueError: another shape, or values outside [0, 1].

    Source: W3C, "Portable Network Graphics (PNG) Specification".
    """
    if picture.ndim != 3 or len(picture) not in _COLOUR_TYPES or not picture.size:
        raise ValueError(f"a picture of shape {picture.shape}; expected (1 or 3, height, width).")
    if not (picture.min() >= 0 and picture.max() <= 1):
        raise ValueError(f"values from {picture.min():g} to {picture.max():g}; expected 0 to 1.")
    channels, height, width = picture.shape
    pixels = np.rint(np.moveaxis(picture, 0, -1) * 255).astype(np.uint8)
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with its filter, 0
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header)
            + _part(b"IDAT", zlib.compress(lines.tobytes(), 9)) + _part(b"IEND", b""))


def _part(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
