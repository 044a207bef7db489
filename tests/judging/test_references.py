"""Published scores stand beside one's own only where the protocol is the same."""

import dataclasses
from collections import Counter

import pytest

from earmark import registry
from earmark.datasets.opening import options_of
from earmark.judging.protocol import AVERAGING, METRICS, Protocol
from earmark.judging.references import HOW, references, same_protocol

GTZAN = Protocol("gtzan", "", "d", "filtered", "s", "track", "accuracy", AVERAGING["accuracy"],
                 leaky=False, contaminated=False)


def test_every_number_is_a_score_and_says_where_it_is_from():
    found = references()
    assert len(found) > 100
    for r in found:
        assert 0 < r.value < 1
        assert r.metric in {m for metrics in METRICS.values() for m in metrics}
        assert r.how in HOW
        assert r.known == HOW[r.how]
        assert r.source
        assert 2010 < r.year < 2030
        assert r.system
        assert r.partition
    keys = Counter((r.system, r.metric, r.dataset, tuple(r.options.items()), r.partition, r.source)
                   for r in found)
    assert max(keys.values()) == 1


@pytest.mark.parametrize("dataset", sorted({r.dataset for r in references()}))
def test_options_and_partitions_are_those_of_the_reader(dataset, tmp_path):
    if dataset not in registry.names("datasets"):
        pytest.skip(f"there is no reader of {dataset} yet")
    known = options_of(registry.load("datasets", dataset))
    for r in references():
        if r.dataset == dataset:
            assert set(r.options) <= set(known), (r.system, known)


def test_those_of_the_filtered_split_of_gtzan():
    found = same_protocol(GTZAN)
    scores = {r.system: r.value for r in found}
    assert scores["SVM, radial kernel, C = 10"] == 0.486
    assert scores["MERT-330M, paper"] == 0.793
    assert [r.value for r in found] == sorted(scores.values(), reverse=True)
    assert 0.721 not in scores.values()


def test_the_random_redealing_is_another_protocol():
    redealt = dataclasses.replace(GTZAN, split="filtered, redrawn by track", leaky=True)
    assert {r.system: r.value for r in same_protocol(redealt)}["SVM, radial kernel, C = 10"] == .721


@pytest.mark.parametrize("change", [
    {"split": "filtered (30 of 930 tracks)"}, {"unit": "segment"}, {"metric": "f1_macro"},
    {"contaminated": True}, {"dataset": "folder"}, {"variant": "labels=other"},
])
def test_nothing_is_shown_beside_another_protocol(change):
    assert same_protocol(dataclasses.replace(GTZAN, **change)) == ()


@pytest.fixture
def tagging(monkeypatch):
    """MagnaTagATune with default options as they may be, whether its reader is there or not."""

    def protocol(split, variant=""):
        monkeypatch.setattr("earmark.judging.references._defaults",
                            lambda name: {"labels": "top50"})
        return Protocol("magnatagatune", variant, "d", split, "s", "track", "pr_auc_macro",
                        AVERAGING["pr_auc_macro"], leaky=True, contaminated=False)

    return protocol


def test_clean_and_folder_splits_are_never_mixed(tagging):
    clean, folder = same_protocol(tagging("clean")), same_protocol(tagging("folder"))
    assert {r.value for r in clean if r.system == "Musicnn"} == {0.449, 0.911}
    assert {(r.metric, r.value) for r in folder if r.system == "MTT_musicnn"} == {
        ("pr_auc_macro", 0.3831), ("roc_auc_macro", 0.9067)}
    assert not {r.system for r in clean} & {r.system for r in folder}
    assert [r.metric for r in folder] == sorted(r.metric for r in folder)


def test_an_option_as_by_default_may_be_named_or_not(tagging):
    assert same_protocol(tagging("clean", "labels=top50")) == same_protocol(tagging("clean"))
    assert same_protocol(tagging("clean", "labels=merged")) == ()
