"""Audio files in: mono float32 samples at any rate, in bounded memory, or an error of one line.

Two decoders are tried in turn and an error says what each of them said: soundfile (libsndfile:
wav, flac, mp3, ogg, opus, au, aiff), then the ``ffmpeg`` program where it is installed (m4a, aac,
wma and the rest; see ``_ffmpeg``).

A file that can be read in part is read in part, and a note says so: dropping half a song is the
caller's decision. Samples that are no numbers are an error: they would make every score one.

Mono is the plain average of the channels, not ffmpeg's downmix (which is 3 dB louder for stereo
that is nearly mono, and leaves the bass channel out).

On a damaged mp3, and on a few sound ones, the mpg123 inside libsndfile writes lines such as
``[src/libmpg123/layer3.c ...] error: part2_3_length`` to stderr. libsndfile gives no way to turn
that off, and redirecting the process's stderr would take other threads' messages with it, so they
stay; what matters of them is in the notes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.audio._decoder import Decoder, DecoderError, Samples
from earmark.audio._ffmpeg import FfmpegDecoder
from earmark.audio._refusals import refuse_unreadable, text_instead
from earmark.audio._soundfile import SoundfileDecoder
from earmark.errors import AudioError, EmptyAudioError, SettingsError

AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".w64", ".rf64", ".bwf", ".flac", ".mp3", ".mp2", ".ogg", ".oga", ".opus",
    ".au", ".snd", ".aif", ".aiff", ".aifc", ".caf",
    ".m4a", ".m4b", ".aac", ".mp4", ".wma", ".ape", ".wv", ".mka",
})  # fmt: skip

_RATES_HZ = (1000, 768_000)
_LOUDEST = 1e10  # beyond 32-bit integers taken for floats; their squares still fit a float32
_BLOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Audio:
    """A whole recording.

    Attributes:
        samples: mono [shape=(n,)], full scale is 1 but louder is allowed.
        sample_rate: in Hz.
        notes: what the listener should know, such as that the file is truncated.
    """

    samples: Samples
    sample_rate: int
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The duration."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True)
class Probe:
    """What a file's header says.

    Attributes:
        seconds: None where only decoding would tell (an mp3 without a count of its frames).
        sample_rate: in Hz.
        format: container, as the decoder calls it.
        decoder: ``soundfile`` or ``ffmpeg``.
    """

    seconds: float | None
    sample_rate: int
    channels: int
    format: str
    decoder: str


class _Source(NamedTuple):
    path: Path
    decoder: Decoder
    first: Samples  # [shape=(frames, channels)]; decoded already, to know that it can be

    def close(self) -> None:
        self.decoder.close()


def probe(path: Path | str) -> Probe:
    """Return what the header says; decodes no more than the beginning.

    Raises:
        AudioError: as for ``stream``.
    """
    with contextlib.closing(_open(Path(path))) as source:
        d = source.decoder
        return Probe(d.seconds, d.sample_rate, d.channels, d.format, d.name)


def stream(
    path: Path | str,
    *,
    sample_rate: int | None = None,
    block_seconds: float = _BLOCK_SECONDS,
    notes: list[str] | None = None,
    decoded: Callable[[Samples], None] | None = None,
) -> Iterator[Samples]:
    """Yield the file's sound, mono, in blocks [shape=(n,)] of about ``block_seconds``.

    The blocks together do not depend on their size. The file is opened at the first block.

    Args:
        sample_rate: in Hz, 1000 to 768000; None for the file's own.
        notes: gets a sentence when the file is truncated or breaks off.
        decoded: called with each piece [shape=(frames, channels)] at the file's own rate, before
            its channels are averaged.

    Raises:
        AudioError: the file is missing, cannot be read or decoded, holds no samples
            (``EmptyAudioError``), or some that are no numbers (which may be found after blocks have
            been yielded).
        SettingsError: ``sample_rate`` out of range.
    """
    with contextlib.closing(_open(Path(path))) as source:
        yield from _blocks(source, sample_rate, block_seconds, [] if notes is None else notes,
                           decoded)


def load(path: Path | str, *, sample_rate: int | None = None) -> Audio:
    """Read a whole file; see ``stream`` for arguments and errors."""
    notes: list[str] = []
    with contextlib.closing(_open(Path(path))) as source:
        rate = source.decoder.sample_rate if sample_rate is None else sample_rate
        kept_as_it_is = rate == source.decoder.sample_rate
        blocks = [*_blocks(source, rate, np.inf if kept_as_it_is else _BLOCK_SECONDS, notes)]
    samples = blocks[0] if len(blocks) == 1 else np.concatenate([np.empty(0, np.float32), *blocks])
    return Audio(samples, rate, tuple(notes))


def find_audio(paths: Iterable[Path | str]) -> list[Path]:
    """Return the audio files among files and folders, sorted, each once.

    Folders are searched through and through, links to folders too, by ``AUDIO_SUFFIXES`` and
    without hidden files (``._song.mp3`` of macOS among them). A file that is named is kept
    whatever its suffix, and even where it does not exist: reading it then says why not. So is a
    folder that may not be read.
    """
    found: dict[str, Path] = {}
    seen: set[str] = set()
    for given in map(Path, paths):
        for path in _search(given, seen) if _is_folder(given) else [given]:
            found.setdefault(os.path.abspath(path), path)  # noqa: PTH100 (links stay links)
    return sorted(found.values())


def _search(folder: Path, seen: set[str]) -> Iterator[Path]:
    """Search a folder; a link waits until all real folders are known, so that loops end."""
    folders, refused = [folder], list[Path]()
    for top in folders:  # grows while it is walked
        for root, names, files in os.walk(top, onerror=lambda e: refused.append(Path(e.filename))):
            names[:] = sorted(name for name in names if not name.startswith("."))
            folders += [link for name in names if (link := Path(root, name)).is_symlink()]
            if (real := os.path.realpath(root)) in seen:
                names.clear()
                continue
            seen.add(real)
            yield from (Path(root, name) for name in files if _is_audio(name))
    yield from refused


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises where it has no permission)


def _is_audio(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES


def _open(path: Path) -> _Source:
    refuse_unreadable(path)
    said: list[str] = []
    for kind in (SoundfileDecoder, FfmpegDecoder):
        try:
            decoder: Decoder = kind(path)
            source = _Source(path, decoder, _first(decoder))
        except DecoderError as error:
            said.append(str(error))
            continue
        _refuse_useless(source)
        return source
    raise AudioError(
        f"{path}: cannot be decoded{text_instead(path)}: {'; '.join(said)}. Convert it to wav, "
        "flac or mp3, or get it again if it is damaged."
    )


def _first(decoder: Decoder) -> Samples:
    try:
        return decoder.read()
    except BaseException:
        decoder.close()
        raise


def _refuse_useless(source: _Source) -> None:
    rate, (low, high) = source.decoder.sample_rate, _RATES_HZ
    if len(source.first) and low <= rate <= high:
        return
    source.close()
    if not len(source.first):
        raise EmptyAudioError(f"{source.path}: holds no audio samples; expected music: get it "
                              "again.")
    raise AudioError(f"{source.path}: its header says {rate} Hz; expected {low} to {high} Hz: "
                     "convert or mend it.")


def _blocks(
    source: _Source,
    sample_rate: int | None,
    block_seconds: float,
    notes: list[str],
    decoded: Callable[[Samples], None] | None = None,
) -> Iterator[Samples]:
    low, high = _RATES_HZ
    own = source.decoder.sample_rate
    if sample_rate is None:
        sample_rate = own
    if not low <= sample_rate <= high:
        raise SettingsError(f"sample_rate is {sample_rate}; expected {low} to {high} Hz.")
    gathered = _gathered(_mono(source, notes, decoded), max(1.0, block_seconds * own))
    return _resampled(gathered, own, sample_rate)


def _mono(
    source: _Source, notes: list[str], decoded: Callable[[Samples], None] | None
) -> Iterator[Samples]:
    decoder, block, frames = source.decoder, source.first, 0
    # A product with weights takes a tenth of the time of a mean over the short axis.
    weights = np.full(decoder.channels, 1 / decoder.channels, np.float32)
    while len(block):
        with np.errstate(all="ignore"):  # samples that are no numbers are named below
            mono = block[:, 0] if decoder.channels == 1 else block @ weights
        _refuse_damaged(mono, source.path, frames / decoder.sample_rate)
        frames += len(mono)
        if decoded is not None:
            decoded(block)
        yield mono
        try:
            block = decoder.read()
        except DecoderError as error:
            notes.append(_broken_off(frames / decoder.sample_rate, decoder.seconds, error))
            return
    notes.extend(_cut_short(frames / decoder.sample_rate, decoder.seconds))


def _refuse_damaged(mono: Samples, path: Path, start_seconds: float) -> None:
    with np.errstate(all="ignore"):
        if np.dot(mono, mono) < _LOUDEST**2:
            return  # none can be that loud
    bad = int(np.count_nonzero(~(np.abs(mono) < _LOUDEST)))
    if bad:
        raise AudioError(
            f"{path}: {bad} of {len(mono)} samples from {start_seconds:.2f} s on are not finite "
            "numbers of a sensible size; the file is damaged: export it again."
        )


def _broken_off(seconds: float, promised: float | None, error: DecoderError) -> str:
    of = "" if promised is None else f" of {promised:.1f} s"
    return f"decoding broke off at {seconds:.1f} s{of} ({error}): only what comes before is used"


def _cut_short(seconds: float, promised: float | None) -> list[str]:
    missing = (promised or 0.0) - seconds
    if promised is None or missing <= 1.0 or missing <= 0.02 * promised:
        return []
    return [f"truncated or damaged: {seconds:.1f} s of the {promised:.1f} s that its header "
            "promises could be decoded; they are used"]  # fmt: skip


def _gathered(blocks: Iterable[Samples], length: float) -> Iterator[Samples]:
    held: list[Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= length:
            yield np.concatenate(held)
            held, count = [], 0
    if held:
        yield np.concatenate(held)


def _resampled(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    if from_hz == to_hz:
        yield from blocks
        return
    import soxr

    resampler = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
    for block in blocks:
        if len(out := resampler.resample_chunk(block)):
            yield out
    if len(out := resampler.resample_chunk(np.empty(0, np.float32), last=True)):
        yield out
