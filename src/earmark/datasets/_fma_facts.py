"""What is known of FMA beside its tables: its archives, and the clips cut in the wrong place.

The clips are the middle thirty seconds by the archive's durations, some of which are far too long:
of 21 tracks the middle so found lies partly or wholly beyond the end.
"""

from __future__ import annotations

from typing import NamedTuple

from earmark.datasets.base import Fault, Source

_HOST = "https://os.unil.cloud.switch.ch/fma"
_SOURCE = "github.com/mdeff/fma/issues/8 and its wiki, 'excerpts shorter than 30s'"
_STILL_MUSIC_SECONDS = 15.0

SOURCES = tuple(
    Source(f"{_HOST}/fma_{part}.zip", f"fma_{part}.zip", f"sha1:{sha1}", size, "zip", part)
    for part, sha1, size in (
        ("metadata", "f0df49ffe5f2a6008d7dc83c6915b31835dfe733", 358_412_441),
        ("small", "ade154f733639d52e35e32f5593efe5be76c6d70", 7_679_594_875),
        ("medium", "c67b69ea232021025fca9231fc1c7c1a063ab50b", None),
        ("large", "497109f4dd721066b5ce5e5f250ec604dc78939e", 100_306_112_191),
        ("full", "0f0ace23fbe9ba30ecb7e95f763e435ea802b8ab", None),
    )
)
"""The archives as published in 2017; each part is called as its archive is."""


class Miscut(NamedTuple):
    """A clip cut in the wrong place.

    Attributes:
        track: its number.
        clip_seconds: what there is of the clip; 0 for a file that holds nothing.
        said_seconds: the duration that ``tracks.csv`` gives.
        real_seconds: that of the whole track.
    """

    track: int
    clip_seconds: float
    said_seconds: int
    real_seconds: float


MISCUT = (
    Miscut(1486, 0, 90, 14.39), Miscut(5574, 0, 563, 30.46), Miscut(65753, 0, 242, 9.74),
    Miscut(80391, 0, 600, 67.84), Miscut(98558, 0, 216, 87.67), Miscut(98559, 0, 193, 58.80),
    Miscut(98560, 0, 341, 86.13), Miscut(98565, 1.6, 158, 65.31), Miscut(98566, 6.2, 148, 63.63),
    Miscut(98567, 0.5, 191, 79.39), Miscut(98568, 6.6, 249, 114.55),
    Miscut(98569, 1.5, 184, 77.37), Miscut(98571, 0, 139, 50.81), Miscut(99134, 0, 308, 33.25),
    Miscut(105247, 0, 123, 18.91), Miscut(108924, 27.4, 187, 105.38),
    Miscut(108925, 0, 151, 7.44), Miscut(126981, 0, 216, 17.45), Miscut(127336, 0, 275, 13.27),
    Miscut(133297, 0, 600, 113.58), Miscut(143992, 0, 211, 26.23),
)  # fmt: skip


def miscut(clip: Miscut, *, whole: bool) -> Fault:
    """Return the fault of a clip, or, where the whole track is at hand, of its duration."""
    if whole or clip.clip_seconds > _STILL_MUSIC_SECONDS:
        kind = "wrong duration"
    else:
        kind = "truncated" if clip.clip_seconds else "unreadable"
    said = f"{clip.clip_seconds:g} s of clip, {clip.said_seconds} s said, {clip.real_seconds:g} s"
    return Fault(f"{clip.track:06d}", kind, None, f"{_SOURCE}: {said} in truth")
