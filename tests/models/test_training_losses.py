"""Losses against PyTorch's and by hand."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from torch.nn import functional  # noqa: E402

from earmark.models._deep.losses import Loss, label_weights  # noqa: E402
from earmark.models._training import Training  # noqa: E402

ONES = np.ones(3)


@pytest.fixture
def logits(rng):
    return torch.from_numpy(rng.normal(0, 2, (8, 3)).astype(np.float32))


SINGLE = torch.eye(3)[[0, 1, 2, 2, 1, 0, 0, 2]]
SEVERAL = torch.tensor([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]] * 2).float()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_one_label_is_softmax_cross_entropy(logits, smoothing):
    ours = Loss("single", Training(label_smoothing=smoothing), ONES)(logits, SINGLE)
    theirs = functional.cross_entropy(logits, SINGLE.argmax(dim=1), label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs)


def test_class_weights_count_as_in_pytorch(logits):
    weight = np.array([0.5, 1.0, 3.0])
    ours = Loss("single", Training(), weight)(logits, SINGLE)
    theirs = functional.cross_entropy(logits, SINGLE.argmax(dim=1),
                                      weight=torch.tensor(weight, dtype=torch.float32))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("weight", [ONES, np.array([0.5, 1.0, 3.0])])
def test_several_labels_are_binary_cross_entropy_with_weighted_positives(logits, weight):
    ours = Loss("multi", Training(), weight)(logits, SEVERAL)
    theirs = functional.binary_cross_entropy_with_logits(
        logits, SEVERAL, pos_weight=torch.tensor(weight, dtype=torch.float32))
    torch.testing.assert_close(ours, theirs)


def test_smoothing_of_several_labels_moves_both_sides_towards_the_middle(logits):
    ours = Loss("multi", Training(label_smoothing=0.2), ONES)(logits, SEVERAL)
    theirs = functional.binary_cross_entropy_with_logits(logits, SEVERAL * 0.8 + 0.1)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("task", "truth"), [("single", SINGLE), ("multi", SEVERAL)])
def test_focal_without_focus_is_the_plain_loss(logits, task, truth):
    focal = Loss(task, Training(loss="focal", focal=0.0), ONES)(logits, truth)
    assert torch.equal(focal, Loss(task, Training(), ONES)(logits, truth))


@pytest.mark.parametrize("task", ["single", "multi"])
@pytest.mark.parametrize("focal", [0.5, 1.0, 2.0])
def test_focal_has_a_slope_where_all_is_right(task, focal):
    logits = torch.tensor([[60.0, -60.0], [1.0, 2.0]], requires_grad=True)
    loss = Loss(task, Training(loss="focal", focal=focal), np.ones(2))
    loss(logits, torch.tensor([[1.0, 0.0], [0.0, 1.0]])).backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].any()


def test_focal_by_hand():
    focal = Training(loss="focal", focal=2.0)
    # A chance of 3/4 for what is true: -log(3/4) (1/4)².
    single = Loss("single", focal, np.ones(2))(torch.tensor([[np.log(3.0), 0.0]]),
                                               torch.tensor([[1.0, 0.0]]))
    assert float(single) == pytest.approx(-np.log(0.75) / 16, rel=1e-5)
    # The same for a label that is false and gets 1/4.
    several = Loss("multi", focal, np.ones(1))(torch.tensor([[-np.log(3.0)]]),
                                               torch.tensor([[0.0]]))
    assert float(several) == pytest.approx(-np.log(0.75) / 16, rel=1e-5)


def test_mixed_truth_is_the_mixed_loss(logits):
    # Cross-entropy is linear in what is true.
    loss = Loss("single", Training(), ONES)
    mixed = loss(logits, 0.3 * SINGLE + 0.7 * SINGLE.flip(0))
    apart = 0.3 * loss(logits, SINGLE) + 0.7 * loss(logits, SINGLE.flip(0))
    torch.testing.assert_close(mixed, apart)


def test_half_precision_logits_are_judged_in_single_precision(logits):
    half = logits.half()
    loss = Loss("multi", Training(), ONES)
    assert loss(half, SEVERAL).dtype == torch.float32
    assert torch.equal(loss(half, SEVERAL), loss(half.float(), SEVERAL))


LABELS = np.array([[1, 0]] * 6 + [[0, 1]] * 2, np.int8)


def test_balanced_weights_by_hand():
    balanced = Training(weights="balanced")
    # 8 rows over 2 classes of 6 and 2: classes weigh 8 / (2 x 6) and 8 / (2 x 2).
    np.testing.assert_allclose(label_weights(LABELS, "single", balanced), [2 / 3, 2])
    # Positives against negatives: 2 to 6, and 6 to 2.
    np.testing.assert_allclose(label_weights(LABELS, "multi", balanced), [1 / 3, 3])
    assert (label_weights(LABELS, "multi", Training()) == 1).all()
    bounded = Training(weights="balanced", most_weight=2.0)
    np.testing.assert_allclose(label_weights(LABELS, "multi", bounded), [1 / 2, 2])
    every = np.ones((4, 1), np.int8)  # no negative: the weight is the smallest allowed, not 0
    np.testing.assert_allclose(label_weights(every, "multi", bounded), [1 / 2])
