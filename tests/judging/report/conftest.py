"""Made-up run folders in format 1, with every section that a report knows and hostile names."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from earmark import settings
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, calibrate
from earmark.labels.vocabulary import Vocabulary

LABELS = ("<script>alert(1)</script>", 'R&B "soul" | \'x\'', "tech$no_", "jazz")
HOSTILE_TRACK = '<img src=x onerror="alert(2)"> & |a|'


def judged(rng, rows, task="single", skill=2.0):
    """Return truth, scores and what ``metrics.summary`` says of them, with intervals."""
    truth = np.eye(len(LABELS), dtype=np.int8)[np.arange(rows) % len(LABELS)]
    raw = np.exp(rng.standard_normal(truth.shape) + skill * truth)
    scores = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    summary = metrics.summary(scores, truth, Vocabulary(LABELS, task))
    if task == "single":
        a = summary["accuracy"]
        for unit, half in (("track", 0.05), ("artist", 0.09)):
            summary[f"accuracy_interval_by_{unit}"] = {
                "low": max(a - half, 0), "high": min(a + half, 1), "level": 0.95}
    return truth, scores, {"unit": "track", **summary}


class MadeRun(SimpleNamespace):
    def read(self):
        return json.loads((self.folder / "results.json").read_text(encoding="utf-8"))

    def change(self, edit):
        values = self.read()
        edit(values)
        (self.folder / "results.json").write_text(json.dumps(values), encoding="utf-8")


@pytest.fixture
def make_run(tmp_path):
    """Return a function that writes a run folder with every section."""

    def make(name="run", *, seed=1, skill=2.0, split="honest", leaky=False, task="single",
             artists=True, model="classical:svm", full=True, dataset="d" * 16):
        rng = np.random.default_rng(seed)
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        identity = {"run_format": "1", "recipe": f"{model}{split}", "dataset": dataset,
                    "split": f"split {split}", "earmark": "0.1.0"}
        sizes = {"train": 40, "valid": 20, "test": 24, "cross-validated": 60}
        found = {part: judged(rng, rows, task, skill) for part, rows in sizes.items()}
        parts = {part: {"learnt_from": part != "test", **found[part][2]}
                 for part in ("train", "valid", "test")}
        validated = {"folds": 5, "grouped_by": "artist", "inside": ["train", "valid"],
                     **found["cross-validated"][2]}
        results = {
            "identity": identity,
            "protocol": {
                "dataset": "made & up", "split": split, "tracks":
                {"train": 40, "valid": 20, "test": 24}, "unit": "track", "averaging": "none",
                "seed": seed, "leaky": leaky},
            "cross_validated": validated, "parts": parts,
            "majority_baseline": {"accuracy": 0.2511},
            "leaks": [f"artist <b>X</b>{i}: a in train, b in test" for i in range(23)],
            "models": [{"name": model, "penalty": 0.5, "gamma": "auto & on"}],
            "failed": ["broken <i>.wav: no audio"], "notes": ["a note & more"],
            "ledger": {"readings_of_this_test_part": 3, "this_reading": "2026-01-01T00:00:00",
                       "runs": ["2026-01-01T00:00:00 <run>"]},
        }
        if full:
            validated["fold_accuracy"] = [0.5125, 0.55, 0.6075, 0.48, 0.7]
            results |= EXTRA
        write(folder, "identity.json", identity)
        write(folder, "results.json", results)
        write(folder, "environment.json", {"earmark": "0.1.0", "numpy": "2 <&>"})
        branches = f'[[branches]]\nweight = 1.0\n[branches.model]\nname = "{model}"\n'
        (folder / "recipe.toml").write_text(f'name = "{name}"\n# a < b & c\n{branches}')
        write_predictions(folder, found, artists)
        return MadeRun(folder=folder, results=results, found=found, labels=LABELS,
                       hostile_track=HOSTILE_TRACK)

    return make


EXTRA = {
    "learning_curve": [{"tracks": n, "accuracy": a, "low": a - 0.0625, "high": a + 0.0625}
                       for n, a in ((15, 0.4011), (30, 0.4922), (45, 0.5333), (60, 0.5544))],
    "label_advice": [{"label": LABELS[2], "tracks": 12, "gain": 0.0213}],
    "calibration": {
        when: {"ece": ece, "log_loss": loss, "bins": [
            {"confidence": 0.3, "accuracy": 0.3 + ece, "count": 9},
            {"confidence": 0.6, "accuracy": 0.6 - ece, "count": 20},
            {"confidence": 0.9, "accuracy": 0.9 - ece, "count": 4},
            {"confidence": 0.0, "accuracy": 0.0, "count": 0}]}
        for when, ece, loss in (("before", 0.1567, 1.4321), ("after", 0.0456, 1.2345))},
    "unknown": {"auroc": 0.7654, "interval": {"low": 0.7012, "high": 0.8234}, "threshold": 0.3579,
                "kept_known": 0.9012, "caught_strange": 0.4321,
                "by_genre": dict(zip(LABELS, (0.6, 0.25, 0.31, 0.5), strict=True))},
}


SEVERAL = Vocabulary(
    ("<i>rock</i>", "metal | core", "flute", "sad & slow", "techno", "none bears it"), "multi",
    groups={"flute": "instrument", "sad & slow": "mood", "none bears it": "other"})
DECISIONS = {"thresholds": [0.5, 0.5, 0.3, 0.25, 0.5, 0.75],
             "calibration": {"slopes": [1.0] * 6, "offsets": [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]}}
BOTH = {"low": 0.1111, "high": 0.2222, "level": 0.95}


@pytest.fixture
def make_several(tmp_path):
    """Return a function that writes a multi-label run folder with every section."""

    def make(name="several", *, seed=1, skill=2.0, decisions=DECISIONS, given=None, leaky=False,
             vocabulary=SEVERAL, sizes=(40, 90, 60)):
        """``given``: (scores, truth) of the cross-validated tracks, else they are drawn."""
        rng = np.random.default_rng(seed)
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        identity = {"run_format": "1", "recipe": f"r{seed}", "dataset": "d" * 16, "split": "s",
                    "earmark": "0.1.0"}
        drawn = {part: several_judged(rng, rows, skill, vocabulary) for part, rows in
                 zip(("train", "cross-validated", "test"), sizes, strict=True)}
        if given is not None:
            drawn["cross-validated"] = given
        plain = settings.from_mapping(Decisions, decisions or {})
        if not plain.thresholds:
            plain = dataclasses.replace(plain, thresholds=(0.5,) * len(vocabulary))
        summaries = {}
        for part, (scores, truth) in drawn.items():
            calibrated = calibrate(scores, plain, vocabulary)
            summaries[part] = {
                "unit": "track", **metrics.summary(calibrated, truth, vocabulary, plain),
                "lrap": 0.6543, "f1_micro": 0.5432, "coverage_error": None,
                "pr_auc_macro_interval_by_track": BOTH, "lrap_interval_by_artist": BOTH,
                "baselines": {"prevalence": {"lrap": 0.3456, "roc_auc_macro": 0.5},
                              "constant": {"f1_micro": 0.4321, "coverage_error": None,
                                           "labels": list(vocabulary.labels[:1])}},
                "draws": 321, "f1_micro_minus_constant": {"value": 0.1357, "by": "track", **BOTH}}
        results = {
            "identity": identity,
            "protocol": {"dataset": "made & up", "split": "s", "unit": "track", "leaky": leaky,
                         "averaging": "areas over labels", "seed": 5, "metric": "pr_auc_macro",
                         "tracks": {"train": sizes[0], "test": sizes[2]}},
            "cross_validated": {"folds": 5, "grouped_by": "artist", "inside": ["train"],
                                **summaries["cross-validated"]},
            "parts": {part: {"learnt_from": part == "train", **summaries[part]}
                      for part in ("train", "test")},
            "calibration": {when: {"ece": ece, "by_label": dict.fromkeys(vocabulary.labels, ece)}
                            for when, ece in (("before", 0.0876), ("after", 0.0432))},
            "label_sets": {"promised": 0.9, "notes": ["one <note>"],
                           "here": {"coverage": 0.8912, "size": 3}},
            "ledger": {"readings_of_this_test_part": 1, "this_reading": "", "runs": []},
        }
        if decisions is not None:
            results["decisions"] = decisions
        write(folder, "identity.json", identity)
        write(folder, "results.json", results)
        write_several(folder, drawn, vocabulary)
        return MadeRun(folder=folder, results=results, found=drawn, labels=vocabulary.labels)

    return make


def several_judged(rng, rows, skill, vocabulary):
    """Return scores and truth; nothing bears the last label."""
    truth = (rng.random((rows, len(vocabulary))) < 0.3).astype(np.int8)
    truth[:, -1] = 0
    scores = 1 / (1 + np.exp(1 - skill * truth - rng.standard_normal(truth.shape)))
    return scores.astype(np.float32), truth


def write_several(folder, drawn, vocabulary):
    rows = [(f"{part[0]}{i:03d}" if i else HOSTILE_TRACK, part, s, t)
            for part, (scores, truth) in drawn.items()
            for i, (s, t) in enumerate(zip(scores, truth, strict=True))]
    columns = {
        "track": [r[0] for r in rows], "part": [r[1] for r in rows],
        "labels": [[vocabulary.labels[k] for k in np.flatnonzero(r[3])] for r in rows],
        "artist": [f"artist {i % 20}" for i in range(len(rows))],
        **{f"score: {label}": np.array([r[2][k] for r in rows], dtype=np.float32)
           for k, label in enumerate(vocabulary.labels)}}
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "predictions.parquet")


def write(folder, name, values):
    (folder / name).write_text(json.dumps(values), encoding="utf-8")


def write_predictions(folder, found, artists):
    ids = {"train": "a", "valid": "v", "test": "t", "cross-validated": "a"}
    # The first track of each part has a hostile id and is surely and wholly wrong.
    rows = [(f"{ids[part]}{i:03d}" if i else HOSTILE_TRACK, part, truth,
             scores if i else np.roll(truth, 1))
            for part, (matrix, table, _) in found.items()
            for i, (truth, scores) in enumerate(zip(matrix, table, strict=True))]
    columns = {
        "track": [r[0] for r in rows], "part": [r[1] for r in rows],
        "labels": [[LABELS[k] for k in np.flatnonzero(r[2])] for r in rows],
    }
    if artists:
        columns["artist"] = [None if i % 7 == 0 else f"artist {i % 12}" for i in range(len(rows))]
    columns |= {f"score: {label}": np.array([r[3][k] for r in rows], dtype=np.float32)
                for k, label in enumerate(LABELS)}
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "predictions.parquet")
