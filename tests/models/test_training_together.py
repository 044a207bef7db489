"""Two processes train one network: each takes every second batch, and one writes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from earmark.models import watch
from earmark.models._training import Training

pytest.importorskip("torch")
pytest.importorskip("skorch")
pytest.importorskip("accelerate")

from earmark.models._deep.states import State
from earmark.models.dense import Dense

EPOCHS, SIZE = 3, 8
FIT = """
import json, sys
from pathlib import Path
from earmark.models import watch
from tests.models.test_training_together import fitted
folder = Path(sys.argv[1])
seen = watch.Watch(folder / "states", keeps=watch.rank() == 0)
with watch.watched(seen):
    network = fitted(accumulate=1, patience=EPOCHS)
(folder / f"{watch.rank()}.json").write_text(json.dumps(
    [network.history_, *(p.tolist() for p in network.module().inner.parameters())]))
""".replace("EPOCHS", str(EPOCHS))


def fitted(**training):
    """Return a network that learnt from four batches an epoch."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((4 * SIZE, 5)).astype(np.float32)
    labels = np.eye(2, dtype=np.int8)[(rows[:, 0] > 0).astype(int)]
    network = Dense(hidden=(6,), dropout=(0.0,), training=Training(
        epochs=EPOCHS, batch_size=SIZE, optimiser="sgd", learning_rate=0.1, device="cpu",
        **training))
    valid = (rows[:10], labels[:10])
    return network.fit(rows, labels, valid=valid, rng=np.random.default_rng(1))


def test_two_processes_learn_what_one_does_that_sums_the_gradients_of_two_batches(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node",
         "2", "--no-python", sys.executable, "-c", FIT, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    (history, *first), (other, *second) = (
        json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    alone = fitted(accumulate=2, patience=EPOCHS)
    for a, b, c in zip(first, second, alone.module().inner.parameters(), strict=True):
        np.testing.assert_allclose(a, c.detach(), atol=1e-6)
        np.testing.assert_allclose(b, c.detach(), atol=1e-6)
    for its in (history, other):
        for name in ("train_loss", "learning_rate", "valid_loss"):
            np.testing.assert_allclose([line[name] for line in its],
                                       [line[name] for line in alone.history_], atol=1e-6)
    assert len(list((tmp_path / "states").iterdir())) == 1


def test_a_state_that_is_another_process_s_is_read_and_not_written(tmp_path):
    whole = {"history": [{"epoch": 1}], "ended": True}
    State(tmp_path / "a").write(whole)
    State(tmp_path / "a", writes=False).write({"history": []})
    assert State(tmp_path / "a", writes=False).read() == whole
    State(tmp_path / "b", writes=False).write(whole)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(("given", "rank"), [(None, 0), ("", 0), ("0", 0), ("3", 3), ("x", 0)])
def test_the_rank_is_the_launcher_s(monkeypatch, given, rank):
    if given is None:
        monkeypatch.delenv("RANK", raising=False)
    else:
        monkeypatch.setenv("RANK", given)
    assert watch.rank() == rank
