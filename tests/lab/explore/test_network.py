"""The graph of labels: its edges, its communities, and where it is drawn."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.explore.test_tally import dataset

from earmark.lab.explore import layout, network
from earmark.lab.explore.tally import Tally


def cliques(sizes, bridge=0.05):
    """Return the weights of cliques, each tied to the next by one weak edge."""
    weights = np.zeros((sum(sizes), sum(sizes)))
    ends = np.cumsum([0, *sizes])
    for a, b in pairwise(ends):
        weights[a:b, a:b] = 1
        if a:
            weights[a - 1, a] = weights[a, a - 1] = bridge
    np.fill_diagonal(weights, 0)
    return weights


def modularity(weights, member):
    degree = weights.sum(axis=1)
    total = weights.sum()
    same = member[:, None] == member[None]
    return ((weights - np.outer(degree, degree) / total) * same).sum() / total


def test_cliques_are_communities_the_largest_first():
    found = network.communities(cliques([3, 5, 4]))
    assert found.tolist() == [2] * 3 + [0] * 5 + [1] * 4


@given(st.integers(2, 9), st.integers(0, 10_000))
def test_joining_never_lowers_modularity_and_no_union_raises_it(count, seed):
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((count, count)) * (rng.random((count, count)) < 0.5), 1)
    weights = weights + weights.T
    if not weights.any():
        return
    found = network.communities(weights)
    reached = modularity(weights, found)
    assert reached >= modularity(weights, np.arange(count)) - 1e-12
    for a in range(found.max() + 1):
        for b in range(a):
            joined = np.where(found == a, b, found)
            assert modularity(weights, joined) <= reached + 1e-9


def test_nothing_tied_is_nothing_drawn():
    tally = Tally.of(dataset(("a", "b"), ("a",), ("b",), ()))
    graph = network.graph(tally, tally.commonest)
    assert len(graph.nodes) == 0
    assert graph.alone.tolist() == tally.commonest.tolist()
    assert network.figures(tally, graph) == []


def test_edges_are_pairs_clearly_above_chance_on_enough_tracks():
    # a and b: always together. c and d: together on 2 tracks only. e: on all tracks.
    made = dataset(*[("a", "b", "e")] * 20, *[("c", "d", "e")] * 2, *[("e",)] * 78)
    tally = Tally.of(made)
    graph = network.graph(tally, tally.commonest)
    assert sorted(tally.names[k] for k in graph.nodes) == ["a", "b"]
    assert graph.weights.max() == pytest.approx(1)  # nothing could be tied closer
    plain = network.plain(tally, graph)
    assert plain["edges"] == [{"labels": ["a", "b"], "normalised_pmi": 1.0}]
    assert sorted(plain["without_an_edge"]) == ["c", "d", "e"]


def test_the_picture_names_every_node_and_what_is_tied_to_none():
    made = dataset(*[("a", "b")] * 10, *[("c", "<d>")] * 10, *[("alone",)] * 30)
    tally = Tally.of(made)
    (figure,) = network.figures(tally, network.graph(tally, tally.commonest))
    for name in ("a", "b", "c", "&lt;d&gt;"):
        assert f">{name}</text>" in figure.svg
    assert "<d>" not in figure.svg
    assert "Tied to none: alone." in figure.caption
    assert figure.svg == network.figures(tally, network.graph(tally, tally.commonest))[0].svg


def test_tied_nodes_are_nearer_than_others():
    weights = cliques([4, 4])
    places = layout.springs(weights)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert apart[weights == 1].max() < apart[:3, 5:].min()


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(0, 10_000))
def test_no_name_lies_on_another(count, seed):
    rng = np.random.default_rng(seed)
    half = rng.uniform([5, 8], [80, 30], (count, 2))
    places = layout.spread(rng.standard_normal((count, 2)) * rng.choice([0, 1]), half)
    lack = half[:, None] + half[None] - np.abs(places[:, None] - places[None])
    over = (lack > 1e-3).all(axis=2)
    assert not over[~np.eye(count, dtype=bool)].any()
    assert np.isfinite(places).all()
