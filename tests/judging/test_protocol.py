"""The type of a protocol: each of its parts keeps unlike scores apart, and says so."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.gtzan import Gtzan
from earmark.datasets.synthetic import Synthetic
from earmark.errors import DataError
from earmark.judging import splits
from earmark.judging.protocol import AVERAGING, METRICS, Protocol, protocol_of, recorded

BASE = Protocol("gtzan", "", "d1", "filtered", "s1", "track", "accuracy",
                AVERAGING["accuracy"], leaky=False, contaminated=False)
OTHERS = {"dataset": "fma", "variant": "subset=medium", "dataset_fingerprint": "d2",
          "split_fingerprint": "s2", "unit": "segment", "metric": "f1_macro",
          "averaging": "over labels", "leaky": True, "contaminated": True}


@pytest.mark.parametrize("part", OTHERS)
def test_every_part_tells_protocols_apart_and_is_named(part):
    other = dataclasses.replace(BASE, **{part: OTHERS[part]})
    assert other.key != BASE.key
    (why,) = BASE.unlike(other)
    assert why
    if isinstance(OTHERS[part], str) and "fingerprint" not in part:
        assert OTHERS[part] in why


def test_the_name_of_a_split_alone_divides_nothing():
    other = dataclasses.replace(BASE, split="my copy of filtered")
    assert other.key == BASE.key
    assert BASE.unlike(other) == ()


def test_splits_of_one_name_and_other_tracks_are_told_apart():
    other = dataclasses.replace(BASE, split_fingerprint="s2")
    assert BASE.unlike(other) == (
        "the splits (filtered, both called so, with other tracks in their parts)",)


@given(st.fixed_dictionaries({p: st.sampled_from([getattr(BASE, p), OTHERS[p]]) for p in OTHERS}))
def test_unlike_says_nothing_exactly_where_keys_are_equal(parts):
    other = dataclasses.replace(BASE, **parts)
    assert (BASE.unlike(other) == ()) == (BASE.key == other.key)
    assert len(BASE.unlike(other)) == len(other.unlike(BASE))


def test_the_title_says_all_that_is_marked():
    other = dataclasses.replace(BASE, variant="labels=merged", unit="segment", leaky=True,
                                contaminated=True)
    assert BASE.title == "gtzan, split filtered"
    assert other.title == ("gtzan (labels=merged), split filtered, by segment – leaky "
                           "– contaminated")


def test_it_is_made_from_dataset_and_split(tmp_path):
    Gtzan.sample(tmp_path)
    dataset = Gtzan(tmp_path)
    split = splits.official(dataset, "filtered")
    made = protocol_of(dataset, split, leaky=False, contaminated=False)
    assert (made.dataset, made.variant, made.metric) == ("gtzan", "", "accuracy")
    assert made.dataset_fingerprint == dataset.fingerprint
    again = splits.redrawn(split, dataset, "track", np.random.default_rng(1))
    assert protocol_of(dataset, again, leaky=True, contaminated=False).key != made.key


def test_options_are_part_of_the_name(tmp_path):
    Synthetic.sample(tmp_path)
    dataset = Synthetic(tmp_path, labels="all")
    made = protocol_of(dataset, splits.official(dataset, "artist"), leaky=False,
                       contaminated=False)
    assert made.dataset_title == "synthetic (labels=all)"
    assert (made.metric, made.averaging) == ("pr_auc_macro", AVERAGING["pr_auc_macro"])


def test_what_is_written_is_read_again():
    values = {**dataclasses.asdict(BASE), "unit": "track: mean of the scores of its segments"}
    assert recorded(values, {"dataset": "d1", "split": "s1"}, "accuracy") == BASE


def test_older_run_folders_give_the_same_type():
    old = {"dataset": "gtzan", "split": "filtered", "leaky": False,
           "unit": "track: mean of the scores of its segments",
           "averaging": "accuracy over tracks; f1 macro over labels", "contaminated": ""}
    identity = {"dataset": "d1", "split": "s1"}
    assert recorded(old, identity, "accuracy") == BASE
    multi = recorded(old, identity, "pr_auc_macro")
    assert multi.averaging == AVERAGING["pr_auc_macro"]


def test_a_protocol_of_another_run_is_refused():
    with pytest.raises(DataError, match="protocol's split is s1 and the run's s9"):
        recorded(dataclasses.asdict(BASE), {"dataset": "d1", "split": "s9"}, "accuracy")


def test_each_task_has_a_metric_that_says_how_it_is_averaged():
    assert {metrics[0] for metrics in METRICS.values()} == set(AVERAGING)
