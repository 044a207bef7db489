"""Composing a made-up collection into a folder: in several processes, atomically, resumably.

Finished tracks are entered in ``tracks.csv.part``, a row each with the hash of its file; when all
are there it becomes ``tracks.csv``. Whatever is found in either table and lies whole in its place
is kept, so that composing again mends a damaged collection and costs little for a sound one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import settings as plain
from earmark.audio.synth import Piece, compose, make_artist
from earmark.datasets._collection import CollectionSettings, Planned, plan
from earmark.errors import DataError
from earmark.store import content_key, write_bytes, write_text

COLUMNS = ("id", "path", "style", "label", "artist", "part", "instruments", "mood", "tempo",
           "fault", "other", "way", "sha256")  # fmt: skip
SEPARATOR = ";"
TABLE, UNFINISHED, SETTINGS = "tracks.csv", "tracks.csv.part", "synthetic.toml"
_VERSION = 1

Samples = NDArray[np.float32]
Row = dict[str, str]
Progress = Callable[[int, int], None]


def compose_collection(
    root: Path,
    settings: CollectionSettings | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    workers: int = 1,
) -> None:
    """Compose a collection into ``root``; files of it that are already there and whole are kept.

    Equal settings and seeds give equal files, save for the lossy near duplicates, which depend
    on the version of the encoder.

    Args:
        settings: None for ten styles, four artists each, four pieces each, of 20 s.
        progress: called with the number of tracks that are done and of all.
        workers: processes; more than one needs a main module that can be imported
            (``if __name__ == "__main__":``), as Windows and macOS start them afresh.

    Raises:
        SettingsError: more faults than tracks to plant them in.
        DataError: ``root`` holds another collection.
        EarmarkError: it cannot be written.
    """
    settings = settings or CollectionSettings()
    planned = plan(settings, seed)
    _claim(root, settings, seed)
    rows = _kept(root, planned)
    missing = [track for track in planned if track.id not in rows]
    report = progress or (lambda done, total: None)
    report(len(rows), len(planned))
    _write_table(root / UNFINISHED, [rows[t.id] for t in planned if t.id in rows])
    for row in _composed(root, missing, settings, workers):
        rows[row["id"]] = row
        _append(root / UNFINISHED, row)
        report(len(rows), len(planned))
    _write_table(root / TABLE, [rows[track.id] for track in planned])
    (root / UNFINISHED).unlink(missing_ok=True)


def compose_track(root: Path, track: Planned, settings: CollectionSettings) -> Row:
    """Compose one track, write its file and return its row of the table."""
    who, what = (np.random.default_rng(seeds) for seeds in track.seeds)
    artist = make_artist(track.artist, track.style, who, character=settings.character)
    piece = compose(track.style, rng=what, seconds=settings.seconds,
                    sample_rate=settings.sample_rate, artist=artist)  # fmt: skip
    samples = faulty(piece.samples, piece.sample_rate, track, what)
    content = _wav(samples, piece.sample_rate)
    if track.fault == "truncation":
        content = content[: len(content) // 3]
    path = f"audio/{track.id}.wav"
    write_bytes(root / path, content)
    return _row(track, piece, path, content_key(root / path))


def faulty(samples: Samples, rate: int, track: Planned, rng: np.random.Generator) -> Samples:
    """Return the samples with the track's fault, as far as it is one of sound."""
    if track.fault == "silence":
        return np.zeros_like(samples)
    if track.fault == "clipping":
        clipped: Samples = np.clip(8 * samples, -1, 1)
        return clipped
    if track.way == "6 dB softer":
        softer: Samples = np.float32(0.5) * samples
        return softer
    if track.way == "1 s later":
        return samples[rate:]
    if track.way == "lossy":
        return _through_codec(samples, rate)
    if track.way:
        noise = rng.standard_normal(len(samples), dtype=np.float32)
        hissing: Samples = samples + noise * samples.std() * np.float32(10 ** (-30 / 20))
        return hissing
    return samples


def _through_codec(samples: Samples, rate: int) -> Samples:
    """Encode at a low bitrate and decode: mp3 where libsndfile was built with it, else Vorbis."""
    import soundfile

    kind: dict[str, Any] = {"format": "OGG", "subtype": "VORBIS", "compression_level": 1.0}
    if "MPEG_LAYER_III" in soundfile.available_subtypes("MP3") and rate <= 48_000:
        kind = {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.65,
                "bitrate_mode": "CONSTANT"}  # 64 kbit/s at 22 050 Hz
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, **kind)
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer, dtype="float32")
    return np.asarray(decoded, np.float32)


def _wav(samples: Samples, rate: int) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _row(track: Planned, piece: Piece, path: str, sha256: str) -> Row:
    heard = () if track.fault == "silence" else piece.instruments
    return {
        "id": track.id, "path": path, "style": track.style, "label": track.label,
        "artist": track.artist, "part": track.part, "instruments": SEPARATOR.join(heard),
        "mood": piece.mood, "tempo": piece.tempo_word, "fault": track.fault,
        "other": track.other, "way": track.way, "sha256": sha256,
    }  # fmt: skip


def _composed(
    root: Path, tracks: Sequence[Planned], settings: CollectionSettings, workers: int
) -> Iterator[Row]:
    if workers <= 1 or len(tracks) <= 1:
        yield from (compose_track(root, track, settings) for track in tracks)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    spawn = multiprocessing.get_context("spawn")  # a fork copies the threads' locks, not threads
    with ProcessPoolExecutor(min(workers, len(tracks)), mp_context=spawn) as pool:
        futures = [pool.submit(compose_track, root, track, settings) for track in tracks]
        try:
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(cancel_futures=True)


def _claim(root: Path, settings: CollectionSettings, seed: int) -> None:
    """Write what the collection is made of, or check that it is what was written."""
    head = {"version": _VERSION, "seed": seed}
    made_of = plain.to_mapping(settings)
    path = root / SETTINGS
    if path.exists():
        wanted = plain.fingerprint({**head, "settings": made_of})
        if plain.fingerprint(plain.read_toml(path)) != wanted:
            raise DataError(f"{root}: holds a collection of other settings or another seed; give "
                            "another folder, or delete what it holds.")
        return
    faults = made_of.pop("faults")
    lines = [*_toml(head), "", "[settings]", *_toml(made_of), "", "[settings.faults]",
             *_toml(faults)]  # fmt: skip
    write_text(path, "\n".join(lines) + "\n")


def _toml(table: dict[str, Any]) -> list[str]:
    # Numbers, plain strings and lists of them are written alike in JSON and TOML.
    return [f"{name} = {json.dumps(value)}" for name, value in table.items()]


def _kept(root: Path, planned: Sequence[Planned]) -> dict[str, Row]:
    """Return the rows, of a finished or an interrupted composing, whose files are whole."""
    wanted, kept = {track.id for track in planned}, dict[str, Row]()
    for table in (root / TABLE, root / UNFINISHED):
        for row in _rows_so_far(table):
            path = root / "audio" / f"{row['id']}.wav"
            if row["id"] in wanted and path.is_file() and content_key(path) == row["sha256"]:
                kept[row["id"]] = row
    return kept


def _rows_so_far(table: Path) -> Iterator[Row]:
    """Yield the whole rows of a table that may have been cut at any byte, or be absent."""
    try:
        text = table.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) == COLUMNS:
        yield from (row for row in reader if None not in row and None not in row.values())


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, buffer.getvalue())


def _append(path: Path, row: Row) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(row)
