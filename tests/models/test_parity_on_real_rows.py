"""Faults of conversion hide in real rows: features there span ten orders of magnitude."""

import numpy as np
import pytest

from earmark import registry, settings
from earmark.datasets.gtzan import Gtzan
from earmark.features import base as features
from earmark.features.table import read_table
from earmark.tagger.export import TOLERANCE, export

SMALL = {"classical:forest": {"n_estimators": 30}, "classical:extra_trees": {"n_estimators": 30},
         "classical:boosting": {"n_estimators": 10}, "classical:mlp": {"max_iterations": 10},
         "classical:logistic": {"inverse_penalty": 0.1},
         "classical:chain": {"inverse_penalty": 0.1, "chains": 2},
         "classical:svm": {"inverse_penalty": 3.0}}  # fmt: skip
CLASSIC = [n for n in registry.names("models") if n.startswith("classical:")]


@pytest.fixture(scope="module")
def real(realdata):
    """Every fourth row of the 30-second table outside the filtered test part, and its labels."""
    dataset = Gtzan(realdata / "gtzan")
    (table,) = [t for t in dataset.feature_tables() if t.path.name == "features_30_sec.csv"]
    columns = features.build(table.front_end).columns
    read = read_table(table.path, columns)
    ids = [dataset.segment_of(name)[0] for name in read.names]
    parts = dataset.partitions()["filtered"]
    kept = [k for k, i in enumerate(ids) if parts.get(i) in ("train", "valid")][::4]
    labels = dataset.vocabulary.matrix([dataset.tracks[ids[k]].labels for k in kept])
    return read.rows[kept].astype(np.float32), labels


WAYS = [
    ("single", {"scaling": "none"}),
    ("single", {"scaling": "standard", "pca": 0.95}),
    ("single", {"scaling": "quantile", "pruning": "twice", "pruning_threshold": 0.7}),
    ("multi", {"scaling": "power", "pruning": "pairwise", "pca": 12}),
    ("multi", {"scaling": "none"}),
]


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "task", "given"), [
    (name, task, given) for name in CLASSIC for task, given in WAYS
    if task in registry.load("models", name).tasks
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")  # on rows that are not scaled
def test_the_graph_gives_the_models_scores(name, task, given, real):
    rows, labels = real
    values = {"task": task, **given, **SMALL.get(name, {})}
    if name == "classical:logistic" and given["scaling"] == "none":
        values["max_iterations"] = 50
    model = settings.from_mapping(registry.load("models", name), values)
    model.fit(rows, labels, rng=np.random.default_rng(0))
    content, worst = export(model, rows)
    assert worst <= TOLERANCE
    assert content == model.to_onnx()
