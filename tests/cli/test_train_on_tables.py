"""Training on features that come ready-made, from a recipe of one's own."""

import numpy as np

RECIPE = """
name = "moods"
folds = 0
dataset = { name = "audioset", options = { labels = "mood" } }
split = { partition = "official" }
tagger = { name = "moods", title = "moods", licence = "CC BY 4.0", limits = "made up" }

[[branches]]
front_end = { name = "table", kind = "vggish" }
model = { name = "classical:logistic" }
training_seconds = 1.0
"""


def test_it_is_judged_and_makes_no_tagger(earmark, tmp_path, rng):
    (tmp_path / "moods.toml").write_text(RECIPE)
    (tmp_path / "labels.csv").write_text(
        "column,audioset_index,label,group\n0,276,Happy music,x\n1,278,Sad music,x\n")
    for part, count in (("bal_train", 12), ("eval", 6)):
        sad = np.arange(count) % 2
        np.savez(tmp_path / f"music_{part}.npz", frames=np.full(count, 2),
                 clip=np.array([f"{part}{k}" for k in range(count)]),
                 labels=np.eye(2, dtype=np.uint8)[sad],
                 embeddings=rng.integers(0, 100, (count, 2, 128), np.uint8)
                 + (100 * sad).astype(np.uint8)[:, None, None])
    env = {"EARMARK_CACHE": str(tmp_path / "cache"), "EARMARK_DATA": str(tmp_path / "data")}
    done = earmark("train", "moods.toml", "--data", ".", "--out", "runs/moods", env=env)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert "tagger: none, the features come ready-made and not from sound" in done.stdout
    made = {path.name for path in (tmp_path / "runs" / "moods").iterdir()}
    assert {"results.json", "report.html", "predictions.parquet"} <= made
    assert "tagger.earmark" not in made


def test_several_labels_are_summed_up_beside_what_knows_nothing():
    from earmark.cli.train import summary

    interval = {"low": 0.3, "high": 0.5, "level": 0.95}
    part = {"learnt_from": False, "pr_auc_macro": 0.4, "pr_auc_macro_interval_by_artist": interval,
            "f1_micro": 0.35, "f1_macro": None,
            "baselines": {"prevalence": {"pr_auc_macro": 0.1}, "constant": {"f1_micro": 0.2}}}
    lines = summary({
        "protocol": {"dataset": "x", "split": "s", "seed": 1, "leaky": False},
        "cross_validated": None, "parts": {"test": part}, "majority_baseline": None, "leaks": [],
        "notes": [], "failed": [], "ledger": {"readings_of_this_test_part": 1}})
    assert lines[1].split(maxsplit=1) == [
        "test", "PR AUC macro 0.400 [0.300, 0.500] by artist; f1 micro 0.350; f1 macro undefined"]
    some = {**part, "labels_without_curve": ["b"], "per_label": {"a": {}, "b": {}}}
    lines_of_some = summary({
        "protocol": {"dataset": "x", "split": "s", "seed": 1, "leaky": False},
        "cross_validated": None, "parts": {"test": some}, "majority_baseline": None, "leaks": [],
        "notes": [], "failed": [], "ledger": {"readings_of_this_test_part": 1}})
    assert "by artist of 1 of 2 labels;" in lines_of_some[1]
    assert lines[2].split("  ")[-1].strip() == (
        "PR AUC macro 0.100; f1 micro 0.200 by the best answer that is the same for all")
