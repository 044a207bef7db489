import json
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

import earmark
from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.judging import ledger as ledgers
from earmark.judging.ledger import Ledger, Reading, read_test
from earmark.judging.splits import Split

SPLIT = Split("mine", {"a": "train", "b": "test", "c": "test"})


@pytest.fixture
def dataset(made_up):
    return made_up([Track(t, ("x",)) for t in "abc"])


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "results" / "ledger.jsonl")


def enter(ledger, dataset, split=SPLIT, run="run", **metrics):
    return ledger.enter(split, dataset, run=run, recipe="r" * 16, metrics=metrics)


def test_an_entry_holds_what_was_read(ledger, dataset):
    before = datetime.now(UTC).replace(microsecond=0)
    reading = enter(ledger, dataset, accuracy=0.5)
    assert before <= datetime.fromisoformat(reading.time) <= datetime.now(UTC)
    assert reading == Reading(
        reading.time, "run", "r" * 16, "madeup", dataset.fingerprint, "mine", SPLIT.fingerprint,
        "test", "track", {"accuracy": 0.5}, earmark.__version__,
    )
    assert Ledger(ledger.path).readings() == [reading]


def test_a_ledger_not_yet_begun_is_empty(ledger):
    assert ledger.readings() == []
    assert ledger.count() == 0


def test_entries_are_added_and_never_changed(ledger, dataset):
    enter(ledger, dataset, run="first", accuracy=0.1)
    content = ledger.path.read_bytes()
    enter(ledger, dataset, run="zweiter é", accuracy=0.2)
    assert ledger.path.read_bytes().startswith(content)
    assert [r.run for r in ledger.readings()] == ["first", "zweiter é"]
    assert [json.loads(line)["run"] for line in ledger.path.read_text().splitlines()]


def test_readings_of_a_dataset_and_a_split(ledger, dataset, made_up):
    other = made_up([Track(t, ("y",)) for t in "abc"])
    halves = Split("halves", {"a": "train", "b": "test"})
    for data, split in ((dataset, SPLIT), (other, SPLIT), (dataset, halves)):
        enter(ledger, data, split, accuracy=0.5)
    assert ledger.count() == 3
    assert ledger.count(dataset.fingerprint) == 2
    assert ledger.count(split_fingerprint=SPLIT.fingerprint) == 2
    (one,) = ledger.readings(dataset.fingerprint, halves.fingerprint)
    assert one.split == "halves"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32(1), {1, 2}])
def test_metrics_that_are_no_plain_numbers_are_refused(ledger, dataset, bad):
    with pytest.raises(DataError, match="metrics of run 'run' are not plain finite numbers"):
        enter(ledger, dataset, accuracy=bad)
    assert ledger.count() == 0


@pytest.mark.parametrize(
    "bad",
    [b'{"time":', b"[]", b'{"time":"now"}', b'"text"', b"\xff\xfe", b'{"timee": 1}', b"null"],
)
def test_a_damaged_line_is_named(ledger, dataset, bad):
    enter(ledger, dataset, accuracy=0.1)
    ledger.path.write_bytes(ledger.path.read_bytes() + bad + b"\n")
    with pytest.raises(DataError, match=r"ledger\.jsonl, line 2 is damaged .*never passed over"):
        ledger.readings()


def test_a_torn_line_does_not_swallow_the_next(ledger, dataset):
    enter(ledger, dataset, run="one", accuracy=0.1)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + whole[:40])
    enter(ledger, dataset, run="three", accuracy=0.3)
    assert json.loads(ledger.path.read_bytes().splitlines()[2])["run"] == "three"
    with pytest.raises(DataError, match="line 2 is damaged"):
        ledger.count()


def test_a_line_that_does_not_fit_on_the_disk_leaves_no_trace(ledger, dataset, monkeypatch):
    enter(ledger, dataset, accuracy=0.1)
    whole, write = ledger.path.read_bytes(), ledgers.os.write
    monkeypatch.setattr(ledgers.os, "write", lambda d, line: write(d, line[:10]))
    with pytest.raises(DataError, match="cannot be written, so the test scores are withheld"):
        enter(ledger, dataset, accuracy=0.2)
    assert ledger.path.read_bytes() == whole


def test_a_folder_in_its_place_is_an_error(tmp_path, dataset):
    with pytest.raises(DataError, match="cannot be written"):
        enter(Ledger(tmp_path), dataset, accuracy=0.1)
    with pytest.raises(DataError, match="cannot be read"):
        Ledger(tmp_path).readings()


WRITER = """
import sys
from pathlib import Path
from earmark.judging.ledger import _append
for i in range(100):
    _append(Path(sys.argv[1]), f"{sys.argv[2]} {i} {'x' * 3000}\\n".encode())
"""


def test_processes_may_append_at_once(tmp_path):
    path = tmp_path / "ledger.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(n)]) for n in range(3)
    ]
    assert [w.wait(60) for w in writers] == [0, 0, 0]
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(f"{n} {i} {'x' * 3000}" for n in range(3) for i in range(100))


# --- the door


def test_the_door_gives_the_test_ids_and_enters(ledger, dataset):
    asked = []

    def judge(ids):
        asked.append(ids)
        return {"accuracy": np.float32(0.5), "rows": np.int64(2), "confusion": [[1]],
                "learnt_from": False}, "scores"

    reading, metrics, rest = read_test(
        ledger, SPLIT, dataset, run="run", recipe="abc", judge=judge, unit="segment"
    )
    assert asked == [("b", "c")]
    assert metrics["confusion"] == [[1]]
    assert rest == "scores"
    assert ledger.readings() == [reading]
    assert reading.metrics == {"accuracy": 0.5, "rows": 2}
    assert reading.unit == "segment"


def door(ledger, dataset, judge, split=SPLIT):
    return read_test(ledger, split, dataset, run="run", recipe="abc", judge=judge)


def never(ids):
    raise AssertionError("the test part was read")


def test_no_numbers_without_an_entry(tmp_path, dataset, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledgers.os, "fsync", full)
    with pytest.raises(DataError, match="withheld: No space left on device"):
        door(Ledger(tmp_path / "l"), dataset, lambda ids: ({"accuracy": 0.5}, None))


def test_a_damaged_ledger_is_found_before_the_test_part_is_read(ledger, dataset):
    ledger.path.parent.mkdir()
    ledger.path.write_text("what?\n")
    with pytest.raises(DataError, match="line 1 is damaged"):
        door(ledger, dataset, never)


def test_an_empty_test_part_is_refused(ledger, dataset):
    with pytest.raises(DataError, match="split 'none' has no test part"):
        door(ledger, dataset, never, Split("none", {"a": "train"}))


def test_a_judge_without_numbers_is_refused(ledger, dataset):
    with pytest.raises(DataError, match="without a single number"):
        door(ledger, dataset, lambda ids: ({"confusion": [[1]], "roc_auc_macro": None}, None))


def test_a_judge_that_fails_enters_nothing(ledger, dataset):
    with pytest.raises(AssertionError, match="was read"):
        door(ledger, dataset, never)
    assert ledger.count() == 0
