"""Lossy codecs: written at a bit rate and read again.

libsndfile writes both where it is built to; else the ``ffmpeg`` program does, where it is
installed. Its setting of how much to compress, 0 to 1, stands for a span of bit rates, which for
mp3 depends on the sample rate (sndfile.h and libsndfile's mpeg_l3_encode.c and ogg_opus.c).
"""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from typing import Literal

import numpy as np

from earmark.audio.augment._change import Change, Floats, fitted, resampled, within
from earmark.errors import AudioError

Format = Literal["mp3", "opus"]
_RATES_HZ = {"mp3": (16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
             "opus": (8000, 12_000, 16_000, 24_000, 48_000)}  # fmt: skip
_FILES = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS")}
_PROGRAM = {"mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "ogg")}
_LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Codec(Change):
    """Through a codec and back; silence and length are kept.

    Attributes:
        format: ``mp3`` at a constant bit rate, or ``opus``, whose rate is an aim.
        kbit_s: of the one channel, 32 to 128.
    """

    format: Format = "mp3"
    kbit_s: int = 64

    def __post_init__(self) -> None:
        within(self.kbit_s, 32, 128, "kbit_s")
        if self.format not in _FILES:
            raise ValueError(f"'format' is {self.format!r}; expected mp3 or opus.")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return what is left; at a rate that the codec has not, through the next that it has."""
        rates = _RATES_HZ[self.format]
        rate = min((r for r in rates if r >= sample_rate), default=rates[-1])
        loud = max(float(np.abs(samples).max()), 1.0)  # codecs clip, which is another change
        given = resampled(samples / np.float32(loud), sample_rate, rate)
        if not len(given):
            given = np.zeros(1, np.float32)
        there = self._through(given, rate)
        return fitted(resampled(there, rate, sample_rate), len(samples)) * np.float32(loud)

    def written(self, samples: Floats, sample_rate: int) -> bytes:
        """Return the file that libsndfile makes; ``sample_rate`` must be one of the codec's.

        Raises:
            AudioError: it does not.
        """
        import soundfile

        kind, subtype = _FILES[self.format]
        mode = {"bitrate_mode": "CONSTANT"} if self.format == "mp3" else {}
        buffer = io.BytesIO()
        try:
            soundfile.write(buffer, samples, sample_rate, format=kind, subtype=subtype,
                            compression_level=self._compression(sample_rate), **mode)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"libsndfile cannot write {self.format}: {error}") from error
        return buffer.getvalue()

    def _through(self, samples: Floats, rate: int) -> Floats:
        if _libsndfile_writes(self.format):
            import soundfile

            found, back = soundfile.read(io.BytesIO(self.written(samples, rate)), dtype="float32")
            return fitted(resampled(found, back, rate), len(samples))
        return fitted(self._by_program(samples, rate), len(samples))

    def _compression(self, rate: int) -> float:
        low, high = (6, 256) if self.format == "opus" else (32, 320) if rate >= 32_000 else (8, 160)
        return 1 - (self.kbit_s - low) / (high - low)

    def _by_program(self, samples: Floats, rate: int) -> Floats:
        program = shutil.which("ffmpeg")
        if program is None:
            raise AudioError(f"{self.format} cannot be written: this libsndfile does not, and "
                             "ffmpeg is not installed; install it, or a newer soundfile.")
        encoder, container = _PROGRAM[self.format]
        plain = ["-f", "f32le", "-ar", str(rate), "-ac", "1"]
        packed = _piped([program, *plain, "-i", "pipe:0", "-c:a", encoder, "-b:a",
                         f"{self.kbit_s}k", "-f", container, "pipe:1"], samples.tobytes())
        return np.frombuffer(_piped([program, "-i", "pipe:0", *plain, "pipe:1"], packed), "<f4")


def _libsndfile_writes(name: Format) -> bool:
    import soundfile

    kind, subtype = _FILES[name]
    return kind in soundfile.available_formats() and subtype in soundfile.available_subtypes(kind)


def _piped(command: list[str], content: bytes) -> bytes:
    try:
        done = subprocess.run([command[0], "-v", "error", "-nostdin", *command[1:]], input=content,
                              capture_output=True, check=False, timeout=_LONGEST_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AudioError(f"ffmpeg cannot put sound through a codec: {error}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip()[:200] or "no reason given"
        raise AudioError(f"ffmpeg cannot put sound through a codec: {said}")
    return done.stdout
