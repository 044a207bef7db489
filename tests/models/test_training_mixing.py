"""What is done to examples, and what is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import SettingsError
from earmark.models._training import Augment
from earmark.settings import from_mapping

pytest.importorskip("torch")

from earmark.models._deep.mixing import Changes

SHAPES = st.sampled_from([(5,), (6, 9), (2, 5, 7)])


def changes(shape, **wanted):
    """Means and spreads that no example has."""
    first = shape[0]
    return Changes(Augment(**wanted), 100 + np.arange(first, dtype=np.float32),
                   np.arange(1, first + 1, dtype=np.float32))


def row_of(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@given(shape=SHAPES, seed=st.integers(0, 99))
def test_nothing_changes_where_nothing_is_asked_for(shape, seed):
    row = row_of(shape, seed)
    assert np.array_equal(changes(shape).one(row, np.random.default_rng(seed)), row)
    rows, labels = np.stack([row, row + 1]), np.eye(2, dtype=np.float32)
    mixed, truth = changes(shape).batch(rows, labels, np.random.default_rng(seed))
    assert mixed is rows
    assert truth is labels


ALL = {"time_masks": 2, "time_share": 0.4, "band_masks": 2, "band_share": 0.4, "noise": 0.3,
       "shift": 2, "flip_time": 0.5}


@given(shape=SHAPES, seed=st.integers(0, 99))
def test_rows_given_stay_as_they_are_and_a_seed_repeats(shape, seed):
    row = row_of(shape, seed)
    kept, does = row.copy(), changes(shape, **ALL, mixup=0.4, cutmix=0.4)
    once = does.one(row, np.random.default_rng(seed))
    assert np.array_equal(row, kept)
    assert once.shape == row.shape
    assert once.dtype == np.float32
    assert np.array_equal(does.one(row, np.random.default_rng(seed)), once)
    rows, labels = np.stack([row, row + 1, row + 2]), np.eye(3, dtype=np.float32)
    before = rows.copy()
    does.batch(rows, labels, np.random.default_rng(seed))
    assert np.array_equal(rows, before)
    assert np.array_equal(labels, np.eye(3))


@given(shape=st.sampled_from([(8, 20), (2, 8, 20)]), seed=st.integers(0, 200))
def test_time_masks_are_stretches_that_take_the_means(shape, seed):
    row = row_of(shape, seed)
    masked = changes(shape, time_masks=1, time_share=0.25).one(row, np.random.default_rng(seed))
    changed = (masked != row).any(axis=tuple(range(len(shape) - 1)))
    at = np.flatnonzero(changed)
    assert len(at) <= 5  # a quarter of 20
    assert len(at) == 0 or at[-1] - at[0] == len(at) - 1
    mean = (100 + np.arange(shape[0])).reshape(-1, *(1 for _ in shape[1:]))
    assert (masked[..., at] == np.broadcast_to(mean, shape)[..., at]).all()


@given(shape=st.sampled_from([(8, 20), (2, 8, 20)]), seed=st.integers(0, 200))
def test_band_masks_are_runs_of_bands_in_all_channels(shape, seed):
    row = row_of(shape, seed)
    masked = changes(shape, band_masks=1, band_share=0.25).one(row, np.random.default_rng(seed))
    bands = np.flatnonzero((masked != row).any(axis=(0, 2) if len(shape) == 3 else 1))
    assert len(bands) <= 2
    assert (masked[..., bands, :] >= 100).all()
    assert np.array_equal(np.delete(masked, bands, axis=-2), np.delete(row, bands, axis=-2))


def test_all_lengths_and_places_of_a_mask_come_about():
    does, row = changes((4, 10), time_masks=1, time_share=0.3), row_of((4, 10))
    seen = [frozenset(np.flatnonzero((does.one(row, np.random.default_rng(k)) != row).any(axis=0)))
            for k in range(600)]
    assert {len(s) for s in seen} == {0, 1, 2, 3}
    assert set().union(*seen) == set(range(10))


def test_masks_come_with_their_probability():
    row, does = row_of((4, 40)), changes((4, 40), time_masks=3, mask_probability=0.5)
    changed = [not np.array_equal(does.one(row, np.random.default_rng(k)), row)
               for k in range(400)]
    assert 0.4 < np.mean(changed) < 0.6
    never = changes((4, 40), time_masks=3, mask_probability=0.0)
    assert np.array_equal(never.one(row, np.random.default_rng(0)), row)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_shifted_bands_move_by_whole_bands_and_bring_in_the_mean(shape):
    row, does = row_of(shape), changes(shape, shift=1)
    means = np.broadcast_to(does.mean.reshape(-1, *(1 for _ in shape[1:])), shape)
    up = np.concatenate([means[..., :1, :], row[..., :-1, :]], axis=-2)
    down = np.concatenate([row[..., 1:, :], means[..., -1:, :]], axis=-2)
    seen = [next(k for k, w in enumerate((down, row, up)) if np.array_equal(
        does.one(row, np.random.default_rng(seed)), w)) for seed in range(60)]
    assert set(seen) == {0, 1, 2}


def test_a_flip_is_the_row_backwards():
    row = row_of((3, 4))
    flipped = changes((3, 4), flip_time=1.0).one(row, np.random.default_rng(0))
    assert np.array_equal(flipped, row[:, ::-1])


def test_noise_has_the_spread_of_its_band():
    quiet = np.zeros((3, 40_000), np.float32)
    noisy = changes((3, 40_000), noise=0.5).one(quiet, np.random.default_rng(0))
    np.testing.assert_allclose(noisy.std(axis=1), [0.5, 1.0, 1.5], rtol=0.02)


@given(shape=SHAPES, seed=st.integers(0, 99), alpha=st.sampled_from([0.2, 1.0]))
def test_mixup_shares_rows_and_labels_alike(shape, seed, alpha):
    # Each row is its own label, so that rows tell what their truth must be.
    labels = np.eye(6, dtype=np.float32)
    rows = np.tile(labels.reshape(6, 6, *(1 for _ in shape)), (1, 1, *shape))
    mixed, truth = changes((6, *shape), mixup=alpha).batch(rows, labels,
                                                           np.random.default_rng(seed))
    np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-6)
    assert ((truth > 0).sum(axis=1) <= 2).all()
    wide = truth.reshape(6, 6, *(1 for _ in shape))
    np.testing.assert_allclose(mixed, np.broadcast_to(wide, mixed.shape), atol=1e-6)


@given(seed=st.integers(0, 200))
def test_cutmix_gives_labels_the_share_of_time_that_they_have(seed):
    labels = np.eye(5, dtype=np.float32)
    rows = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((5, 3, 20), np.float32)
    mixed, truth = changes((3, 20), cutmix=1.0).batch(rows, labels, np.random.default_rng(seed))
    for k in range(5):
        line = mixed[k, 0]
        assert (mixed[k] == line).all()
        np.testing.assert_allclose(truth[k], [(line == n).mean() for n in range(5)], atol=1e-6)
        foreign = np.flatnonzero(line != k)
        assert len(foreign) == 0 or foreign[-1] - foreign[0] == len(foreign) - 1


def test_cutmix_needs_time_and_a_batch_of_one_stays():
    rows, labels = row_of((4, 6)), np.eye(4, dtype=np.float32)
    rng = np.random.default_rng(0)
    assert changes((6,), cutmix=1.0).batch(rows, labels, rng)[0] is rows
    assert changes((6,), mixup=1.0).batch(rows[:1], labels[:1], rng)[0].shape == (1, 6)


@pytest.mark.parametrize(("wanted", "message"), [
    ({"mixup": -0.1}, "'mixup' is -0.1; expected 0 or above"),
    ({"shift": -1}, "'shift' is -1"), ({"time_share": 1.5}, "'time_share' is 1.5; expected 0 to 1"),
    ({"flip_time": 2}, "'flip_time' is 2"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(wanted, message):
    with pytest.raises(SettingsError, match=message):
        from_mapping(Augment, wanted)
