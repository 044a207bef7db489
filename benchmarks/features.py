"""Feature extraction beside plain librosa, and beside its floor: decoding and one transform.

``make bench`` runs it and writes ``benchmarks/results/features.json`` and ``features.svg``. By
default the clips are composed by Earmark, so nothing need be downloaded; ``--audio FOLDER`` takes
real ones: mono wav at 22 050 Hz for the rows that begin with wav, mp3 for those with mp3.

CPU time of one thread, in milliseconds for 30 seconds of audio: medians over clips of medians over
rounds; each round runs all contestants on one clip, one after the other. Ratios are medians over
clips of the ratio on each clip. Times differ between machines and hours: quote the ratios.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported

import argparse
import contextlib
import importlib
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from benchmarks import at_scale, features_plot, plain_librosa
from earmark.audio import dsp, kernels
from earmark.audio.load import find_audio, load, probe
from earmark.audio.synth import STYLES, compose
from earmark.features import base
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "features.json"
LEAST_SECONDS, MOST_SECONDS = 29.0, 32.0
LIBROSA, BASE, FAST, FLOOR = "librosa", "earmark", "earmark[fast]", "floor"


class Race(NamedTuple):
    """One row of the table.

    Attributes:
        title: what is made of what.
        clips: the files.
        prepare: what of a file is at hand before the clock starts.
        contestants: work by name; the floor among them.
        floor: what the floor is.
    """

    title: str
    clips: list[Path]
    prepare: Callable[[Path], Any]
    contestants: dict[str, Callable[[Any], object]]
    floor: str


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path, help="a folder of real clips")
    parser.add_argument("--clips", type=int, default=5, help="of each kind  [default: 5]")
    parser.add_argument("--rounds", type=int, default=5, help="[default: 5]")
    parser.add_argument("--skip-scale", action="store_true",
                        help="leave out all cores and the hour's memory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wav, mp3 = _clips(given.audio, given.clips, Path(folder))
        found: dict[str, Any] = {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
                       f"Python {platform.python_version()}, numpy {np.__version__}",
            "audio": "real clips" if given.audio else "composed clips",
            "clips": {"wav": len(wav), "mp3": len(mp3)},
            "rounds": given.rounds,
            "unit": "CPU ms for 30 s of audio, one thread; medians",
            "races": [_run(race, given.rounds) for race in _races(wav, mp3)],
        }
        if not given.skip_scale:
            found["start of the fast kernels, CPU s"] = at_scale.starts()
            found["all cores"] = at_scale.cores(wav, Path(folder))
            found["one hour of mp3, MB at most"] = at_scale.hour(Path(folder))
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    write_text(RESULTS.with_suffix(".svg"), features_plot.draw(found))
    print(_table(found))


def _clips(folder: Path | None, count: int, made: Path) -> tuple[list[Path], list[Path]]:
    if folder is None:
        return _composed(count, made)
    wav, mp3 = list[Path](), list[Path]()
    for path in find_audio([folder]):
        with contextlib.suppress(Exception):  # some of the clips at hand are broken on purpose
            about = probe(path)
            if not LEAST_SECONDS < (about.seconds or 0) < MOST_SECONDS:
                continue
            if about.format == "WAV" and (about.sample_rate, about.channels) == (22_050, 1):
                wav.append(path)
            elif about.format == "MP3" and about.sample_rate == 44_100:
                mp3.append(path)
    # Spread over the folder, which is sorted by genre more often than not.
    return wav[:: max(1, len(wav) // count)][:count], mp3[:count]


def _composed(count: int, made: Path) -> tuple[list[Path], list[Path]]:
    wav, mp3 = list[Path](), list[Path]()
    for i, style in enumerate(list(STYLES)[:count]):
        piece = compose(style, rng=np.random.default_rng(i), seconds=30, sample_rate=44_100)
        mp3.append(made / f"{style}.mp3")
        soundfile.write(mp3[-1], np.stack([piece.samples] * 2, axis=1), 44_100, format="MP3")
        wav.append(made / f"{style}.wav")
        soundfile.write(wav[-1], load(mp3[-1], sample_rate=22_050).samples, 22_050)
    return wav, mp3


def _races(wav: list[Path], mp3: list[Path]) -> Iterator[Race]:
    def decoded(path: Path) -> Any:
        return load(path, sample_rate=22_050).samples

    def itself(path: Path) -> Any:
        return path

    gtzan, fma, fma_rate = base.build({"name": "gtzan57"}), base.build({"name": "fma518"}), 44_100
    logmel, stacked = base.build({"name": "logmel"}), base.build({"name": "stacked"})
    for kind, clips in (("wav", wav), ("mp3", mp3)):
        yield Race(f"{kind} to gtzan57", clips, itself, {
            LIBROSA: plain_librosa.gtzan57,
            **_ours(lambda path: gtzan(decoded(path))),
            FLOOR: _by_fast_kernels(lambda path: dsp.stft(decoded(path))),
        }, "decode, resample, STFT" if kind == "mp3" else "decode, STFT")  # fmt: skip
    yield Race("mp3 to fma518", mp3, itself, {
        LIBROSA: plain_librosa.fma518,
        **_ours(lambda path: fma(load(path, sample_rate=fma_rate).samples)),
        FLOOR: _by_fast_kernels(lambda path: dsp.stft(load(path, sample_rate=fma_rate).samples)),
    }, "decode, STFT")  # fmt: skip
    yield Race("logmel 128", wav, decoded, {
        LIBROSA: plain_librosa.logmel, **_torchaudio(), **_ours(logmel),
        FLOOR: _by_fast_kernels(dsp.stft),
    }, "STFT")  # fmt: skip
    yield Race("stacked", wav, decoded, {
        LIBROSA: plain_librosa.stacked, **_ours(stacked), FLOOR: _by_fast_kernels(dsp.stft),
    }, "STFT")  # fmt: skip


def _ours(work: Callable[[Any], object]) -> dict[str, Callable[[Any], object]]:
    def plain(given: Any) -> object:
        with kernels.using("plain"):
            return work(given)

    return {BASE: plain, FAST: _by_fast_kernels(work)}


def _by_fast_kernels(work: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return the work with the fast kernels; the floor has them too, or it would be no floor."""

    def fast(given: Any) -> object:
        with kernels.using("fast"):
            return work(given)

    return fast


def _torchaudio() -> dict[str, Callable[[Any], object]]:
    try:
        torch = importlib.import_module("torch")
        transforms = importlib.import_module("torchaudio.transforms")
    except (ImportError, OSError):  # OSError: its library does not fit the torch at hand
        return {}
    torch.set_num_threads(1)
    mel = transforms.MelSpectrogram(22_050, 2048, hop_length=512, n_mels=128, norm="slaney",
                                    mel_scale="slaney")  # fmt: skip
    to_db = transforms.AmplitudeToDB(top_db=80)
    return {"torchaudio": lambda samples: to_db(mel(torch.from_numpy(samples)))}


def _run(race: Race, rounds: int) -> dict[str, Any]:
    ratios: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {name: [] for name in race.contestants}
    walls: dict[str, list[float]] = {name: [] for name in race.contestants}
    for path in race.clips:
        given = race.prepare(path)
        scale = 30 / (probe(path).seconds or 30)
        for name, (cpu, wall) in _medians(race.contestants, given, rounds).items():
            times[name].append(cpu * scale)
            walls[name].append(wall * scale)
        for name in (BASE, FAST):
            for other in (LIBROSA, FLOOR):
                first, second = (other, name) if other == LIBROSA else (name, other)
                ratios.setdefault(f"{first} / {second}", []).append(
                    times[first][-1] / times[second][-1])
    return {
        "title": race.title, "floor is": race.floor,
        "cpu_ms": {name: round(statistics.median(t), 2) for name, t in times.items()},
        "wall_ms": {name: round(statistics.median(t), 2) for name, t in walls.items()},
        "ratios": {name: round(statistics.median(r), 2) for name, r in ratios.items()},
    }  # fmt: skip


def _medians(
    contestants: dict[str, Callable[[Any], object]], given: Any, rounds: int
) -> dict[str, tuple[float, float]]:
    """Return CPU and wall ms of each, all of them run once in every round."""
    for work in contestants.values():
        work(given)  # warm: caches, compilation
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work(given)
            taken[name].append((1000 * (time.process_time() - cpu),
                                1000 * (time.perf_counter() - wall)))
    return {name: (statistics.median(c for c, _ in t), statistics.median(w for _, w in t))
            for name, t in taken.items()}


def _table(found: dict[str, Any]) -> str:
    lines = [f"{found['unit']}; {found['audio']}; {found['machine']}", "",
             "| | librosa | earmark | earmark[fast] | floor | librosa / earmark | "
             "librosa / earmark[fast] | earmark[fast] / floor |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for race in found["races"]:
        ms, ratios = race["cpu_ms"], race["ratios"]
        cells = [f"{ms[name]:.0f}" if ms[name] >= 100 else f"{ms[name]:.1f}"
                 for name in (LIBROSA, BASE, FAST, FLOOR)]
        cells += [f"{ratios[name]:.1f}" for name in (
            f"{LIBROSA} / {BASE}", f"{LIBROSA} / {FAST}", f"{FAST} / {FLOOR}")]
        lines.append(f"| {race['title']} (floor: {race['floor is']}) | " + " | ".join(cells) + " |")
    rest = {k: v for k, v in found.items() if k not in ("races", "unit", "machine", "audio")}
    return "\n".join([*lines, "", json.dumps(rest, indent=1)])


if __name__ == "__main__":
    main()
