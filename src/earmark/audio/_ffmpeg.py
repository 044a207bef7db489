"""Decoding through the ``ffmpeg`` program, for what libsndfile does not read: m4a, aac, wma.

The program writes an AU stream to a pipe: its header of 24 bytes gives rate and channels, so that
nothing need be parsed from messages, and samples arrive while the file is still being decoded.

A file is not trusted: only the protocol ``file`` and the demuxers below are allowed, so that
neither a name such as ``concat:a|b`` nor a playlist in disguise makes ffmpeg open other files.
"""

from __future__ import annotations

import collections
import contextlib
import os
import shutil
import struct
import subprocess
import threading
from pathlib import Path
from typing import IO

import numpy as np

from earmark.audio._decoder import STEP_FRAMES, DecoderError, Samples

_DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,mov,mp3,mpc,mpc8,"
    "mpeg,mpegts,ogg,oma,rm,shn,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
_AU_HEADER = struct.Struct(">4s5I")  # magic, offset of the data, size, encoding, rate, channels
_HEAD_BYTES = 16


class FfmpegDecoder:
    """Reads a file's first audio stream through ``ffmpeg``.

    Attributes:
        seconds: duration by the file's header, where that is known.

    Raises:
        DecoderError: ffmpeg is not installed, or finds no audio in the file.
    """

    name = "ffmpeg"

    def __init__(self, path: Path) -> None:
        program = shutil.which("ffmpeg")
        if program is None:
            raise DecoderError("ffmpeg is not installed (it reads m4a, aac and wma)")
        self.format = path.suffix.lstrip(".").upper() or "unknown"
        self.seconds = _promised_seconds(path)
        self._url = f"file:{path}"
        self._process = _start(program, self._url)
        self._said: collections.deque[bytes] = collections.deque(maxlen=8)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            self.sample_rate, self.channels = self._read_header()
        except BaseException:
            self.close()
            raise

    def read(self) -> Samples:
        frame = 4 * self.channels
        content = self._pipe.read(STEP_FRAMES * frame)
        whole = content[: len(content) // frame * frame]
        if not whole and self._process.wait() != 0:
            raise self._error()
        return np.frombuffer(whole, ">f4").reshape(-1, self.channels).astype(np.float32)

    def close(self) -> None:
        """End the program, if it still runs, and wait for it."""
        with contextlib.suppress(OSError):  # it may have ended by itself meanwhile
            self._process.kill()
        self._process.wait()
        self._listener.join()
        self._pipe.close()

    @property
    def _pipe(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _read_header(self) -> tuple[int, int]:
        header = self._pipe.read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            raise self._error()
        magic, offset, _, _, sample_rate, channels = _AU_HEADER.unpack(header)
        if magic != b".snd" or offset < _AU_HEADER.size or not channels:
            raise DecoderError("ffmpeg gave something other than the AU stream asked for")
        self._pipe.read(offset - _AU_HEADER.size)  # a comment, if any
        return sample_rate, channels

    def _listen(self) -> None:
        """Empty the pipe of messages, which would else fill and block the program."""
        assert self._process.stderr is not None
        with self._process.stderr as messages:
            self._said.extend(line.strip() for line in messages)

    def _error(self) -> DecoderError:
        self._process.wait()
        self._listener.join()
        said = next((line for line in reversed(self._said) if line), b"nothing")
        text = os.fsdecode(said).replace(f"{self._url}: ", "")  # the file has been named already
        return DecoderError(f"ffmpeg says '{text}'")


def _start(program: str, url: str) -> subprocess.Popen[bytes]:
    arguments = [
        program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", _DEMUXERS, "-i", url,
        "-map", "0:a:0", "-vn", "-map_metadata", "-1", "-f", "au", "-c:a", "pcm_f32be", "pipe:1",
    ]  # fmt: skip
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no black box
        )
    except OSError as error:
        raise DecoderError(f"ffmpeg cannot be started: {error.strerror or error}") from error


def _promised_seconds(path: Path) -> float | None:
    """Return the duration by the header of an MP4 or ASF file (m4a, wma).

    Only those: for a bare AAC stream tinytag takes the first frames for an mp3's and is far off.
    """
    from tinytag import TinyTag

    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if head[4:8] != b"ftyp" and head[:4] != b"\x30\x26\xb2\x75":
            return None
        duration = TinyTag.get(path, tags=False).duration
    except Exception:  # a damaged header may raise anything, and the file may still be decoded
        return None
    return float(duration) if duration else None
