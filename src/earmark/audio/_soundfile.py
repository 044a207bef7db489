"""Decoding through libsndfile: wav, flac, mp3, ogg, opus, au, aiff.

Its promises are taken with care: libsndfile counts the frames of an mp3 without a Xing header by
guess (four times too many, where a song begins in silence), corrects the count of a truncated wav
in silence, and takes any bytes for sound when the file's name ends in .au, .snd, .vox or .gsm.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from earmark.audio._decoder import STEP_FRAMES, DecoderError, Samples

_UNKNOWN_FRAMES = 1 << 48  # a flac written to a pipe: 2^63 - 1
_UNKNOWN_BYTES = 0x7FFFF000  # a wav written to a pipe: this by sox, 2^32 - 1 by ffmpeg
_SIZES = re.compile(r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)")


class SoundfileDecoder:
    """Reads a file through libsndfile.

    Raises:
        DecoderError: libsndfile does not know the format, or finds it malformed.
    """

    name = "soundfile"

    def __init__(self, path: Path) -> None:
        import soundfile

        # Encoded here: soundfile fails on names that are not valid UTF-8. Absolute: libsndfile
        # takes the name "-" for its standard input.
        name = str(path) if sys.platform == "win32" else os.fsencode(path.absolute())
        try:
            self._file = soundfile.SoundFile(name)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: a name in .raw
            raise self._error(error) from error
        if self._file.format == "RAW":
            self._file.close()
            raise DecoderError("soundfile says 'no header'")
        # Else soundfile seeks to where it is after each read, which makes libFLAC lose samples at
        # a fault and stops at the count of frames, an estimate for some mp3.
        self._file.seekable = lambda: False
        self.format: str = self._file.format
        self.sample_rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.seconds = self._promised_seconds(path)

    def read(self) -> Samples:
        import soundfile

        try:
            block: Samples = self._file.read(STEP_FRAMES, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise self._error(error) from error
        return block

    def close(self) -> None:
        self._file.close()

    @staticmethod
    def _error(error: Exception) -> DecoderError:
        return DecoderError(f"soundfile says '{getattr(error, 'error_string', error)}'")

    def _promised_seconds(self, path: Path) -> float | None:
        frames: int = self._file.frames
        if frames > _UNKNOWN_FRAMES or (self.format == "MP3" and not _counts_frames(path)):
            return None
        seconds = frames / self.sample_rate
        log = _SIZES.search(self._file.extra_info)
        given, there = map(int, log.groups()) if log else (0, 0)
        return seconds * given / there if there < given < _UNKNOWN_BYTES and there else seconds


def _counts_frames(path: Path) -> bool:
    """Tell whether an mp3 has the header that counts its frames; else the count is a guess."""
    with path.open("rb") as file:
        head = file.read(10)
        file.seek(10 + _seven_bits(head[6:]) if head[:3] == b"ID3" else 0)
        beginning = file.read(4096)
    return any(mark in beginning for mark in (b"Xing", b"Info", b"VBRI"))


def _seven_bits(size: bytes) -> int:
    """Return the length in an ID3 tag's header: seven bits of each byte count."""
    value = 0
    for byte in size:
        value = value << 7 | byte & 0x7F
    return value
