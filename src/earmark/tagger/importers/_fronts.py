"""What a foreign model listens through: the front ends of published models by name, or settings.

Each preset is what its authors published of their own front end; sources stand beside them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from earmark.audio.segments import Segments
from earmark.errors import SettingsError, suggestion
from earmark.features import base as features
from earmark.features.base import FrontEnd

_MUSICNN = {"name": "logmel", "sample_rate": 16_000, "n_fft": 512, "hop_length": 256, "n_mels": 96,
            "padding": "zeros", "compression": "log10_1e4"}  # fmt: skip


class Front(NamedTuple):
    """A front end and how tracks are cut for it."""

    front_end: Mapping[str, Any]
    segments: Segments


PRESETS = {
    # Pons & Serra 2019: its extractor.py, bands rounded to 16 bits and all.
    "musicnn": Front({**_MUSICNN, "rounding": "float16"},
                     Segments(frames=187, hop_frames=187, tail="drop")),
    # Alonso-Jiménez et al. 2020 and 2022: essentia takes musicnn's bands without the rounding and
    # in patches of 128; its Hann window is symmetric, ours periodic.
    "discogs-effnet": Front(_MUSICNN, Segments(frames=128, hop_frames=62, tail="drop")),
    # Hershey et al. 2017, and the AudioSet project's description of its model's input.
    "vggish": Front({"name": "logmel", "sample_rate": 16_000, "n_fft": 512, "window_length": 400,
                     "hop_length": 160, "n_mels": 64, "padding": "none", "fmin_hz": 125.0,
                     "fmax_hz": 7500.0, "mel_scale": "kaldi", "norm": "none",
                     "spectrum": "magnitude", "compression": "log", "offset": 0.01},
                    Segments(frames=96, hop_frames=96, tail="drop")),
    # Gong, Chung & Glass 2021, with the mean and deviation of its training on AudioSet.
    "ast": Front({"name": "fbank", "subtract": -4.2677393, "divide": 9.1379948},
                 Segments(frames=1024, hop_frames=1024)),
    # Wu et al. 2023, the form without fusion as transformers configures it.
    "clap": Front({"name": "logmel", "sample_rate": 48_000, "n_fft": 1024, "hop_length": 480,
                   "n_mels": 64, "padding": "reflect", "top_db": "none", "fmin_hz": 50.0,
                   "fmax_hz": 14_000.0}, Segments(seconds=10.0)),
}  # fmt: skip
"""Front ends of published models, by what people call these."""


def front_for(
    given: str, *, frames: int | None = None, hop_frames: int | None = None,
    seconds: float | None = None,
) -> tuple[FrontEnd, Segments]:  # fmt: skip
    """Return the front end that a text names, and how tracks are cut for it.

    Args:
        given: a preset; ``family:setting=value,setting=value``; or the path of a TOML file with
            ``name`` and settings.
        frames, hop_frames, seconds: of a segment; None for the preset's.

    Raises:
        SettingsError: no such preset, family or setting; or no length of a segment is known.
    """
    preset = PRESETS.get(given)
    settings = preset.front_end if preset else _settings(given)
    front_end = features.build(settings, where=f"front end '{given}'")
    if frames is not None and seconds is not None:
        raise SettingsError("a segment's length is given in frames and in seconds; give one.")
    if frames is None and seconds is None and preset:
        frames = preset.segments.frames
        hop_frames = preset.segments.hop_frames if hop_frames is None else hop_frames
        segments = _cut(frames, hop_frames, preset.segments.seconds, preset.segments.tail)
    else:
        segments = _cut(frames, hop_frames, seconds)
    if segments is None:
        raise SettingsError(f"the length of a segment is not known of '{given}'; give --frames or "
                            "--seconds, whichever the model was trained on.")
    return front_end, segments


def _cut(
    frames: int | None, hop_frames: int | None, seconds: float | None,
    tail: Literal["keep", "drop"] = "keep",
) -> Segments | None:  # fmt: skip
    try:
        if frames is not None:
            hop = frames if hop_frames is None else hop_frames
            if hop > frames:
                raise ValueError(f"'hop_frames' is {hop}; expected at most 'frames', which is "
                                 f"{frames}: else parts of a track would not be heard.")
            return Segments(frames=frames, hop_frames=hop, tail=tail)
        if hop_frames is not None:
            raise ValueError("'hop_frames' goes with segments cut in frames; give --frames.")
        return None if seconds is None else Segments(seconds=seconds, tail=tail)
    except ValueError as error:
        raise SettingsError(f"segments: {error}") from error


def _settings(given: str) -> dict[str, Any]:
    if given.endswith(".toml"):
        return _toml(Path(given))
    family, colon, rest = given.partition(":")
    if not colon:
        raise SettingsError(f"no front end is called '{given}'.{suggestion(given, PRESETS)} Others "
                            "are given by their settings: logmel:sample_rate=16000,n_fft=512")
    pairs = [part.partition("=") for part in rest.split(",") if part.strip()]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise SettingsError(f"front end '{given}': '{wrong[0].strip()}' has no value; expected "
                            "setting=value.")
    return {"name": family.strip(), **{k.strip(): _value(v.strip()) for k, _, v in pairs}}


def _value(text: str) -> Any:
    """Return a number or a truth as TOML has them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}.") from error
