import numpy as np
import pytest

from earmark.errors import SettingsError
from earmark.lab.explain.gradients import integrated_gradients, logit

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 3))


@pytest.fixture
def bent():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Conv1d(3, 5, 3, padding=1), torch.nn.BatchNorm1d(5), torch.nn.ReLU(),
        torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(20, 8), torch.nn.Tanh(),
        torch.nn.Linear(8, 2))  # fmt: skip


def rows(rng):
    return (rng.standard_normal((3, 4)).astype(np.float32),
            rng.standard_normal((3, 4)).astype(np.float32))


def test_a_linear_network_is_taken_apart_exactly(linear, rng):
    row, baseline = rows(rng)
    found = integrated_gradients(linear, row, 2, baseline, steps=3)
    weights = linear[1].weight[2].detach().numpy().reshape(3, 4)
    assert found == pytest.approx(weights * (row - baseline), abs=1e-6)


def test_attributions_add_up_to_what_the_row_says_beyond_the_baseline(bent, rng):
    row, baseline = (10 * a for a in rows(rng))
    for label in (0, 1):
        found = integrated_gradients(bent, row, label, baseline, steps=400)
        whole = logit(bent, row, label) - logit(bent, baseline, label)
        assert abs(whole) > 0.1
        assert found.sum() == pytest.approx(whole, abs=2e-3)


def test_what_does_not_differ_from_the_baseline_has_no_part(bent, rng):
    row, baseline = rows(rng)
    row[1] = baseline[1]
    assert integrated_gradients(bent, row, 0, baseline, steps=8)[1].tolist() == [0.0] * 4


def test_the_network_is_left_as_it_was(bent, rng):
    bent.train()
    row, baseline = rows(rng)
    before = {name: value.clone() for name, value in bent.state_dict().items()}
    once = integrated_gradients(bent, row, 0, baseline, steps=5)
    assert once.tolist() == integrated_gradients(bent, row, 0, baseline, steps=5).tolist()
    assert bent.training
    assert all(torch.equal(before[name], value) for name, value in bent.state_dict().items())
    assert all(p.grad is None for p in bent.parameters())


def test_no_steps_and_shapes_that_differ_are_refused(linear, rng):
    row, baseline = rows(rng)
    with pytest.raises(SettingsError, match="'steps' is 0; expected 1 or more"):
        integrated_gradients(linear, row, 0, baseline, steps=0)
    with pytest.raises(SettingsError, match=r"shape \(3, 4\) and a baseline of shape \(3,\)"):
        integrated_gradients(linear, row, 0, baseline[:, 0], steps=2)
