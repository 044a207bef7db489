"""How long an epoch of the short-chunk network takes, as ``earmark train`` would run it.

    python -m benchmarks.short_chunk_epoch [--threads N] [--precision fp32|bf16] [--rows N]

443 rows of 128 bands and 1292 frames (30 seconds; made up, as no network's speed depends on what it
hears) lie in a file that is mapped into memory; one chunk of 231 frames (3.69 seconds) is drawn of
each, 16 a batch. What is timed is one ``Network.fit`` of one epoch, at 128 channels as published
and at 32: the epoch's own seconds, those of them that training waited for batches, those of the
whole fit (mean and spread of all rows are learnt before the epoch), and the processor time that
the fit took on all cores, since other programs may be running. Writes
``benchmarks/results/short_chunk_epoch.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark.models.cnn_tagging import ShortChunk
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "short_chunk_epoch.json"
ROWS, BANDS, FRAMES, CROP, LABELS = 443, 128, 1292, 231, 10
CHANNELS = (32, 128)


def main() -> None:
    """Make rows up, train an epoch of each size, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--rows", type=int, default=ROWS, help="fewer for a try; then not written")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows, labels = made_up(Path(folder) / "rows.npy", given.rows)
        epoch(rows[:16], labels[:16], 4, given.precision)  # PyTorch is imported and warmed up
        found = [epoch(rows, labels, channels, given.precision) for channels in CHANNELS]
    report = {
        "threads": given.threads, "precision": given.precision, "rows": given.rows,
        "shape": [BANDS, CROP], "machine": platform.machine(), "cores": os.cpu_count(),
        "load_at_the_end": round(os.getloadavg()[0], 1), "torch": torch.__version__,
        "networks": found,
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    if given.rows == ROWS:
        write_text(RESULTS, json.dumps(report, indent=1) + "\n")


def made_up(path: Path, count: int) -> tuple[Any, Any]:
    """Return rows on the disk and their labels."""
    rng = np.random.default_rng(1)
    rows = np.lib.format.open_memmap(path, "w+", np.float32, (count, BANDS, FRAMES))
    for row in rows:
        row[:] = rng.standard_normal((BANDS, FRAMES), np.float32)
    rows.flush()
    labels = np.eye(LABELS, dtype=np.int8)[np.arange(count) % LABELS]
    return np.load(path, mmap_mode="r"), labels


def epoch(rows: Any, labels: Any, channels: int, precision: Any) -> dict[str, Any]:
    """Return what one epoch took."""
    network = ShortChunk(channels=channels, crop=CROP)
    network.training = replace(network.training, epochs=1, precision=precision, device="cpu")
    begun, busy = time.perf_counter(), time.process_time()
    network.fit(rows, labels, rng=np.random.default_rng(1))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
    line = network.history_[0]
    return {
        "channels": channels, "parameters": network.parameters_,
        "epoch_seconds": round(line["seconds"], 1),
        "waiting_seconds": round(line["waiting"] * line["seconds"], 2),
        "fit_seconds": round(seconds, 1), "fit_cpu_seconds": round(cpu, 1),
        "train_loss": round(line["train_loss"], 3),
    }  # fmt: skip


if __name__ == "__main__":
    main()
