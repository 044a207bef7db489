"""Batches, statistics, crops, schedules and states: what stands around the descent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from torch import nn  # noqa: E402

from earmark import settings  # noqa: E402
from earmark.errors import DataError, SettingsError  # noqa: E402
from earmark.models._deep import schedule  # noqa: E402
from earmark.models._deep.feeding import Dealer, Examples, training_loader  # noqa: E402
from earmark.models._deep.mixing import Changes  # noqa: E402
from earmark.models._deep.shell import Shell, crop_starts  # noqa: E402
from earmark.models._deep.states import State  # noqa: E402
from earmark.models._deep.statistics import moments  # noqa: E402
from earmark.models._training import Augment, Training  # noqa: E402
from earmark.picked import Picked  # noqa: E402


def dealt(count, size, epoch=0, seed=1):
    dealer = Dealer(np.ones((count, 1), np.int8), "multi", Training(batch_size=size), seed)
    dealer.epoch = epoch
    batches = list(dealer)
    assert len(batches) == len(dealer)
    return batches


@given(count=st.integers(1, 70), size=st.integers(1, 20), epoch=st.integers(0, 3))
def test_every_row_is_dealt_once_an_epoch_and_none_alone(count, size, epoch):
    batches = dealt(count, size, epoch)
    assert sorted(n for batch in batches for _, n, _ in batch) == list(range(count))
    assert {e for batch in batches for e, *_ in batch} == {epoch}
    assert all(len(batch) in (size, size + 1) for batch in batches[:-1])
    if count > 1 and size > 1:
        assert min(map(len, batches)) > 1


def test_epochs_and_seeds_deal_in_other_orders():
    assert dealt(50, 10) == dealt(50, 10)
    numbers = [[n for b in dealt(50, 10, epoch, seed) for _, n, _ in b]
               for epoch, seed in ((0, 1), (1, 1), (0, 2))]
    assert numbers[0] != numbers[1] != numbers[2] != numbers[0]


@pytest.mark.parametrize("task", ["single", "multi"])
def test_balanced_sampling_evens_labels(task):
    labels = np.repeat(np.eye(3, dtype=np.int8), [900, 90, 10], axis=0)
    dealer = Dealer(labels, task, Training(sampling="balanced", batch_size=100), 0)
    places = [place for batch in dealer for place in batch]
    seen = labels[[n for _, n, _ in places]]
    assert len(seen) == len(set(places)) == 1000
    np.testing.assert_allclose(seen.mean(axis=0), 1 / 3, atol=0.05)


def test_balanced_sampling_draws_rows_without_labels_as_often_as_any():
    labels = np.array([[1, 0]] * 4 + [[0, 0]] * 4, np.int8)
    chances = Dealer(labels, "multi", Training(sampling="balanced"), 0).chances
    np.testing.assert_allclose(chances, [1 / 4 / 1.5] * 4 + [1 / 8 / 1.5] * 4)


def examples(rows, **wanted):
    changes = Changes(Augment(**wanted), np.zeros(rows.shape[1], np.float32),
                      np.ones(rows.shape[1], np.float32))
    labels = np.eye(2, dtype=np.int8)[np.arange(rows.shape[0]) % 2]
    return Examples(rows, labels, changes, 5, 7), labels


def test_what_is_drawn_is_the_same_with_workers(rng):
    rows = rng.standard_normal((12, 3, 8)).astype(np.float32)
    found = []
    for workers in (0, 1):
        made, labels = examples(rows, mixup=0.3, noise=0.5, time_masks=1)
        dealer = Dealer(labels, "single", Training(batch_size=4), 3)
        found.append(list(training_loader(made, dealer, workers)))
    assert len(found[0]) == 3
    for one, other in zip(*found, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


def test_an_example_is_a_crop_of_its_row_and_another_one_each_epoch(rng):
    rows = rng.standard_normal((4, 3, 8)).astype(np.float32)
    made, _ = examples(rows)
    begun = set()
    for epoch in range(40):
        crop = made[(epoch, 2, 0)][0][0].numpy()
        begun |= {k for k in range(4) if np.array_equal(crop, rows[2, :, k : k + 5])}
    assert begun == {0, 1, 2, 3}


def test_a_row_that_is_dealt_again_in_an_epoch_is_cropped_anew(rng):
    made, _ = examples(rng.standard_normal((4, 3, 64)).astype(np.float32))
    crops = {made[(0, 2, again)][0].numpy().tobytes() for again in range(6)}
    assert len(crops) > 1


def test_rows_that_make_themselves_anew_are_asked_for_each_draw():
    class Sounds:
        shape, ndim = (4, 3, 8), 3

        def drawn(self, number, rng):
            return np.full((3, 8), number + rng.random(), np.float32)

    made, _ = examples(Sounds())
    values = [float(made[(epoch, 2, 0)][0][0, 0, 0]) for epoch in range(3)]
    assert all(2 <= v < 3 for v in values)
    assert len(set(values)) == 3


@given(shape=st.sampled_from([(40, 3), (30, 4, 5), (20, 2, 3, 4)]),
       offset=st.sampled_from([0.0, 1e4]), seed=st.integers(0, 20))
def test_moments_are_numpys(shape, offset, seed):
    rows = (offset + np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)
    mean, spread = moments(rows)
    others = (0, *range(2, len(shape)))
    exact = rows.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=others), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(spread, exact.std(axis=others), rtol=1e-5)


def test_moments_are_the_same_block_by_block(rng, monkeypatch):
    rows = (rng.standard_normal((50, 3)) * [1, 100, 1e-3] + [5, 0, 9]).astype(np.float32)
    whole = moments(rows)
    monkeypatch.setattr("earmark.picked._BLOCK_VALUES", 12)
    for part, all_at_once in zip(moments(rows), whole, strict=True):
        np.testing.assert_allclose(part, all_at_once, rtol=1e-5)
    holed = rows.copy()
    holed[33, 1] = -np.inf
    with pytest.raises(DataError, match="feature 1 of row 33 is -inf"):
        moments(holed)


def test_columns_that_never_vary_have_a_spread_of_one():
    rows = np.tile(np.array([0.0, 7.1, -1e6], np.float32), (9, 1))
    mean, spread = moments(rows)
    assert spread.tolist() == [1, 1, 1]
    np.testing.assert_allclose(mean, rows[0], rtol=1e-6)


def test_moments_of_rows_that_were_picked(rng):
    base = rng.standard_normal((30, 2, 4)).astype(np.float32)
    numbers = np.array([3, 9, 4, 20])
    for part, wanted in zip(moments(Picked(base, numbers)), moments(base[numbers]), strict=True):
        assert np.array_equal(part, wanted)


@given(length=st.integers(1, 300), crop=st.integers(1, 300))
def test_crops_lie_at_equal_distances_from_end_to_end(length, crop):
    starts = crop_starts(length, crop)
    assert starts[0] == 0
    if crop >= length:
        assert starts == [0]
        return
    assert starts[-1] == length - crop
    steps = np.diff(starts)
    assert steps.max() - steps.min() <= 1
    assert steps.max() <= crop  # nothing is left out


class Sums(nn.Module):
    """Logits are sums over each band of what is seen."""

    def forward(self, rows):
        return rows.sum(dim=2)


def test_the_score_of_a_row_is_the_mean_of_its_crops_scores():
    shell = Shell(Sums(), (2, 5), "multi", crop=2).eval()
    shell.mean.copy_(torch.tensor([[1.0], [0.0]]))
    shell.spread.copy_(torch.tensor([[2.0], [1.0]]))
    row = torch.tensor([[[1.0, 3, 5, 1, 1], [0, 0, 1, 2, -1]]])
    assert shell.starts == [0, 2, 3]  # 1.5 rounds to the even 2
    # band 0: (row - 1) / 2 is 0 1 2 0 0, crops sum to 1, 2, 0; band 1: 0, 3, 1
    by_hand = 1 / (1 + np.exp(-np.array([[1.0, 2, 0], [0, 3, 1]])))
    np.testing.assert_allclose(shell.scores(row)[0], by_hand.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(shell(row).sigmoid()[0], by_hand.mean(axis=1), rtol=1e-5)
    assert torch.equal(shell.train()(row[..., :2]), Sums()((row[..., :2] - shell.mean)
                                                           / shell.spread))


@pytest.mark.parametrize("task", ["single", "multi"])
def test_logits_of_crops_in_few_bits_are_numbers(task):
    """Scores of a sure network are 1 in bf16, and the logit of 1 is infinite."""
    shell = Shell(Sums(), (2, 4), task, crop=2).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rows = torch.tensor([[[9.0] * 4, [-9.0] * 4]]).bfloat16()
        logits = shell(rows)
    assert torch.isfinite(logits).all()
    assert logits[0, 0] > logits[0, 1]


def test_a_hostile_row_is_held_within_a_hundred_deviations():
    shell = Shell(Sums(), (2, 1), "multi").eval()
    assert shell(torch.tensor([[[1e30], [-1e30]]])).tolist() == [[100.0, -100.0]]


def rates(kind, steps=50, shares=(1.0, 0.1), **given):
    training = Training(schedule=kind, epochs=10, **given)
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr_share": s} for s in shares]
    made = schedule.optimiser(training, "cpu")(groups, lr=0.5)
    wanted = schedule.schedule(made, training, steps // 10)
    seen = []
    for _ in range(steps):
        seen.append([group["lr"] for group in made.param_groups])
        made.step()
        wanted.step()
    return np.array(seen)


@pytest.mark.parametrize("kind", ["one_cycle", "cosine", "constant"])
@pytest.mark.parametrize("optimiser", ["adamw", "adam", "sgd"])
def test_each_group_has_its_share_of_the_rate(kind, optimiser):
    seen = rates(kind, optimiser=optimiser)
    np.testing.assert_allclose(seen[:, 1], 0.1 * seen[:, 0], rtol=1e-6)


def test_one_cycle_rises_for_three_tenths_and_falls_to_almost_nothing():
    seen = rates("one_cycle")[:, 0]
    assert seen[0] == pytest.approx(0.5 / 25)
    assert seen.max() == pytest.approx(0.5, rel=0.01)
    assert 13 <= seen.argmax() <= 16
    assert (np.diff(seen[:15]) > 0).all()
    assert (np.diff(seen[15:]) < 0).all()
    assert seen[-1] < 0.5 / 100


def test_cosine_falls_to_nothing_and_constant_stays():
    seen = rates("cosine")[:, 0]
    np.testing.assert_allclose(seen, 0.25 * (1 + np.cos(np.pi * np.arange(50) / 50)), rtol=1e-5)
    assert (rates("constant")[:, 0] == 0.5).all()


VALUES = {"weights": {"w": torch.arange(3.0)}, "history": [{"epoch": 1, "train_loss": 0.5}],
          "best": None, "ended": False}


def test_a_state_is_read_as_it_was_written(tmp_path):
    state = State(tmp_path / "one.state")
    assert state.read() is None
    state.write(VALUES)
    kept = state.read()
    assert kept["history"] == VALUES["history"]
    assert torch.equal(kept["weights"]["w"], VALUES["weights"]["w"])
    assert [p.name for p in tmp_path.iterdir()] == ["one.state"]


def test_a_state_that_was_torn_is_none(tmp_path):
    state = State(tmp_path / "one.state")
    state.write(VALUES)
    whole = state.path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"other"):
        state.path.write_bytes(content)
        assert state.read() is None


def test_nothing_is_kept_without_a_place():
    state = State(None)
    state.write(VALUES)
    assert state.read() is None


def test_a_setting_that_is_a_number_or_a_word_says_so():
    with pytest.raises(SettingsError, match="'learning_rate' is 'search'; expected a number, or "
                                            "'find'"):
        settings.from_mapping(Training, {"learning_rate": "search"})
    assert settings.from_mapping(Training, {"learning_rate": "find"}).learning_rate == "find"
    assert settings.from_mapping(Training, {"learning_rate": 1}).learning_rate == 1.0
