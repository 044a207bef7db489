"""Training as a whole: what it promises of seeds, stopping, precision and what it leaves alone."""

import importlib.util
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from earmark.errors import DataError, SettingsError  # noqa: E402
from earmark.models._deep import devices, finder  # noqa: E402
from earmark.models._deep.feeding import Examples  # noqa: E402
from earmark.models._deep.losses import Loss  # noqa: E402
from earmark.models._deep.mixing import Changes  # noqa: E402
from earmark.models._training import Augment, Training  # noqa: E402
from earmark.models.crnn import Tagger  # noqa: E402
from earmark.models.dense import Dense  # noqa: E402
from earmark.models.watch import Watch, watched  # noqa: E402

QUICK = Training(epochs=4, batch_size=8, learning_rate=0.01)


@pytest.fixture
def rows(rng):
    return rng.standard_normal((32, 5)).astype(np.float32)


@pytest.fixture
def labels(rows):
    return np.eye(2, dtype=np.int8)[(rows[:, 0] > 0).astype(int)]


def fit(rows, labels, training=QUICK, *, seed=1, valid=None, watch=None, **settings):
    network = Dense(training=training, **{"hidden": (8,), **settings})
    with watched(watch or Watch()):
        return network.fit(rows, labels, valid=valid, rng=np.random.default_rng(seed))


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.module().inner.parameters()])


@pytest.mark.parametrize("settings", [{}, {"augment": Augment(mixup=0.3, noise=0.2)}], ids=str)
def test_a_seed_repeats_a_run_bit_for_bit(rows, labels, settings):
    one, again, other = (fit(rows, labels, seed=s, **settings) for s in (1, 1, 2))
    assert torch.equal(weights(one), weights(again))
    losses = [[line["train_loss"] for line in m.history_] for m in (one, again)]
    assert losses[0] == losses[1]
    assert not torch.equal(weights(one), weights(other))


def test_training_leaves_chance_and_threads_as_they_were(rows, labels):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    threads, numpys = torch.get_num_threads(), np.random.get_state()[1].copy()  # noqa: NPY002
    fit(rows, labels, replace(QUICK, learning_rate="find", epochs=1)).scores(rows)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert np.array_equal(np.random.get_state()[1], numpys)  # noqa: NPY002
    assert torch.is_grad_enabled()


def killer(after):
    def tell(line):
        if f"epoch {after} " in line:
            raise KeyboardInterrupt
    return tell


@pytest.mark.parametrize("training", [
    QUICK,
    replace(QUICK, epochs=9, patience=2, learning_rate=0.05),
    replace(QUICK, optimiser="sgd", schedule="cosine", accumulate=2, sampling="balanced"),
    replace(QUICK, learning_rate="find"),
], ids=["plain", "patience", "sgd", "found rate"])  # fmt: skip
@pytest.mark.parametrize("after", [1, 3])
def test_a_run_that_was_killed_ends_as_if_it_had_not_been(rows, labels, training, after, tmp_path):
    valid = (rows[::-1].copy(), labels)  # labels at odds with the rows, so that patience ends
    given = {"valid": valid, "augment": Augment(mixup=0.3), "dropout": (0.4,)}
    whole = fit(rows, labels, training, **given)
    with pytest.raises(KeyboardInterrupt):
        fit(rows, labels, training, watch=Watch(tmp_path, tell=killer(after)), **given)
    lines = []
    again = fit(rows, labels, training, watch=Watch(tmp_path, tell=lines.append), **given)
    assert f"taken up after epoch {after - 1} of {training.epochs}" in lines or after == 1
    assert torch.equal(weights(again), weights(whole))
    for key in ("epoch", "train_loss", "valid_loss", "learning_rate"):
        assert [h[key] for h in again.history_] == [h[key] for h in whole.history_]
    assert fit(rows, labels, training, watch=Watch(tmp_path, tell=killer(1)),
               **given).history_ == again.history_, "an ended run is not trained again"


def test_a_torn_state_begins_anew(rows, labels, tmp_path):
    whole = fit(rows, labels, watch=Watch(tmp_path))
    (state,) = tmp_path.glob("*.state")
    state.write_bytes(state.read_bytes()[:500])
    lines = []
    again = fit(rows, labels, watch=Watch(tmp_path, tell=lines.append))
    assert "is damaged: its training begins anew" in lines[0]
    assert len(lines) == 1 + 4
    assert torch.equal(weights(again), weights(whole))


def test_a_state_is_of_its_rows_labels_settings_and_valid_rows(rows, labels, tmp_path):
    training = replace(QUICK, epochs=1, patience=1)
    valid = (rows[:8], labels[:8])
    fit(rows, labels, training, valid=valid, watch=Watch(tmp_path))
    fit(rows + 1, labels, training, valid=valid, watch=Watch(tmp_path))
    fit(rows, 1 - labels, training, valid=valid, watch=Watch(tmp_path))
    fit(rows, labels, training, valid=valid, watch=Watch(tmp_path), dropout=(0.1,))
    fit(rows, labels, training, valid=valid, seed=2, watch=Watch(tmp_path))
    fit(rows, labels, training, valid=(rows[8:16], labels[8:16]), watch=Watch(tmp_path))
    assert len(list(tmp_path.glob("*.state"))) == 6


def test_early_stopping_takes_the_best_epoch(rows, labels):
    wrong = (rows, 1 - labels)  # the better it learns, the worse it is judged
    training = replace(QUICK, epochs=30, patience=3, schedule="constant")
    network = fit(rows, labels, training, valid=wrong, dropout=(0.0,))
    losses = [line["valid_loss"] for line in network.history_]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 3
    found = network.scores(rows)[np.arange(32), wrong[1].argmax(axis=1)]
    assert -np.log(found).mean() == pytest.approx(losses[best], rel=1e-5)


def test_patience_without_valid_rows_holds_out_whole_groups(rows, labels):
    seen = []

    class Noting(Dense):
        def _held_out(self, *given):
            found = super()._held_out(*given)
            seen.append(found)
            return found

    network = Noting(training=replace(QUICK, patience=2, holdout=0.25), hidden=(4,))
    numbered = rows.copy()
    numbered[:, 4] = np.arange(32)
    network.fit(numbered, labels, groups=np.arange(32) // 4, rng=np.random.default_rng(0))
    ((kept, kept_labels, (held, held_labels)),) = seen
    artists = [{int(n) // 4 for n in np.asarray(part)[:, 4]} for part in (kept, held)]
    assert artists[0].isdisjoint(artists[1])
    assert len(kept) == len(kept_labels)
    assert 0 < len(held) == len(held_labels) < 16
    assert len(kept) + len(held) == 32
    assert "valid_loss" in network.history_[0]


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize("count", [32, 24])
def test_gradients_of_two_batches_are_those_of_one_twice_as_large(rows, labels, optimiser, count):
    rows, labels = rows[:count], labels[:count]
    whole = replace(QUICK, batch_size=16, optimiser=optimiser, schedule="constant", epochs=3)
    if count == 24:  # the last step has one batch of 8
        whole = replace(whole, epochs=1)
    halves = replace(whole, batch_size=8, accumulate=2)
    one, other = (weights(fit(rows, labels, t, dropout=(0.0,))) for t in (whole, halves))
    torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(one, weights(fit(rows, labels, replace(halves, accumulate=1),
                                               dropout=(0.0,))), atol=1e-4)


def test_clipping_bounds_the_step(rows, labels):
    training = replace(QUICK, optimiser="sgd", schedule="constant", learning_rate=1.0, epochs=1,
                       batch_size=32, weight_decay=0.0)
    settings = {"dropout": (0.0,)}
    still = weights(fit(rows, labels, replace(training, learning_rate=1e-12), **settings))
    step = weights(fit(rows, labels, training, **settings)) - still
    assert float(step.norm()) > 0.02
    clipped = weights(fit(rows, labels, replace(training, clip=0.01), **settings)) - still
    # Nesterov's first step is (1 + momentum) times the gradient.
    assert float(clipped.norm()) == pytest.approx(1.9 * 0.01, rel=1e-3)
    torch.testing.assert_close(clipped / clipped.norm(), step / step.norm(), atol=1e-4, rtol=1e-3)


def test_a_run_that_diverges_is_named(rows, labels):
    training = replace(QUICK, learning_rate=1e6, optimiser="sgd", epochs=30)
    with pytest.raises(DataError, match=r"loss of epoch \d+ is (nan|inf).*lower 'learning_rate'"):
        fit(rows, labels, training, hidden=(8, 8, 8))


def test_a_last_step_that_throws_all_off_is_named(rows, labels):
    # One step: its loss was measured before it.
    training = replace(QUICK, learning_rate=1e38, weight_decay=1e4, optimiser="sgd", epochs=1,
                       batch_size=len(rows), schedule="constant")
    with pytest.raises(DataError, match=r"no finite numbers after the last epoch.*diverged"):
        fit(rows, labels, training)


def test_bf16_is_close_to_single_precision_and_leaves_other_runs_alone(rows, labels):
    plain = fit(rows, labels)
    half = fit(rows, labels, replace(QUICK, precision="bf16"))
    assert weights(half).dtype == torch.float32
    assert not torch.equal(weights(half), weights(plain))
    np.testing.assert_allclose(half.scores(rows), plain.scores(rows), atol=0.05)
    assert torch.equal(weights(fit(rows, labels)), weights(plain))
    whole = fit(rows, labels, replace(QUICK, precision="bf16", accumulate=2, clip=1.0, patience=9),
                valid=(rows, labels))
    assert np.isfinite(whole.scores(rows)).all()
    assert devices.precision_of(Training(device="cpu")) == "fp32"


def test_precisions_may_follow_one_another(rows, labels):
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    fit(rows, labels, replace(QUICK, precision="bf16", epochs=1))
    AcceleratorState._reset_state(reset_partial_state=True)
    Accelerator(mixed_precision="no", cpu=True)  # as somebody else in this process may have
    assert np.isfinite(fit(rows, labels, replace(QUICK, precision="bf16", epochs=1)).scores(
        rows)).all()


@pytest.mark.parametrize(("given", "message"), [
    ({"device": "nonsense"}, "'device' is 'nonsense', which cannot be used here"),
    ({"device": "cuda:99"}, "'device' is 'cuda:99', which cannot be used here"),
    ({"device": "cpu", "precision": "fp16"}, "'fp16', which needs a GPU"),
])  # fmt: skip
def test_devices_that_there_are_not_are_named(rows, labels, given, message):
    with pytest.raises(SettingsError, match=message):
        fit(rows, labels, replace(QUICK, **given))


def pictures(rng):
    rows = rng.standard_normal((16, 8, 12)).astype(np.float32)
    return rows, np.eye(2, dtype=np.int8)[np.arange(16) % 2]


def test_channels_last_gives_nearly_the_same_scores(rng):
    rows, labels = pictures(rng)
    small = dict(Tagger.small, dropout=0.0, head_dropout=0.0)
    made = [Tagger(training=replace(QUICK, epochs=1, channels_last=last), **small).fit(
        rows, labels, rng=np.random.default_rng(0)) for last in (False, True)]
    np.testing.assert_allclose(made[1].scores(rows), made[0].scores(rows), atol=1e-3)


@pytest.mark.filterwarnings("ignore")  # PyTorch, as it compiles, warns of its own doings
def test_a_compiled_network_gives_nearly_the_same_scores(rows, labels):
    if not (shutil.which("g++") or shutil.which("clang++")):
        pytest.skip("torch.compile needs a C++ compiler")
    plain = fit(rows, labels, replace(QUICK, epochs=1), dropout=(0.0,))
    try:
        made = [plain, fit(rows, labels, replace(QUICK, epochs=1, compile=True), dropout=(0.0,))]
    except SettingsError as error:
        pytest.skip(f"PyTorch cannot compile here: {error}")
    np.testing.assert_allclose(made[1].scores(rows), made[0].scores(rows), atol=1e-3)
    assert made[1].module().state_dict().keys() == made[0].module().state_dict().keys()


def test_the_rate_finder_finds_a_rate_and_leaves_the_network_alone(rows, labels):
    network = fit(rows, labels, replace(QUICK, epochs=1))
    shell = network.module()
    before = {k: v.clone() for k, v in shell.state_dict().items()}
    training = replace(QUICK, optimiser="adamw")
    made = Examples(rows, labels, Changes(Augment(), np.zeros(5, "f4"), np.ones(5, "f4")), None, 0)
    found = finder.find(shell, Loss("single", training, np.ones(2)), made, training,
                        network.parameter_groups(shell.inner), 0, "cpu")
    assert 1e-4 < found.rate < 0.3
    assert found.rates[0] == pytest.approx(1e-6)
    assert found.rate == pytest.approx(found.rates[int(np.argmin(found.losses))] / 10)
    assert all(torch.equal(v, before[k]) for k, v in shell.state_dict().items())
    assert all(p.grad is None for p in shell.parameters())


def test_a_found_rate_is_what_is_trained_with(rows, labels):
    network = fit(rows, labels, replace(QUICK, learning_rate="find", schedule="constant"))
    found = network.told()["rate_finder"]
    assert network.history_[0]["learning_rate"] == pytest.approx(found["rate"])
    assert len(found["rates"]) == len(found["losses"])


def test_tensorboard_gets_a_value_an_epoch(rows, labels, tmp_path):
    if importlib.util.find_spec("tensorboard") is None:
        pytest.skip("tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    network = fit(rows, labels, watch=Watch(tensorboard=tmp_path), valid=(rows, labels))
    (folder,) = tmp_path.iterdir()
    board = EventAccumulator(str(folder)).Reload()
    for key in ("train_loss", "valid_loss", "learning_rate", "waiting"):
        values = [event.value for event in board.Scalars(key)]
        np.testing.assert_allclose(values, [h[key] for h in network.history_], rtol=1e-5)


def test_each_epoch_is_told_and_each_fit_leaves_its_curve(rows, labels):
    lines = []
    watch = Watch(tell=lines.append)
    network = fit(rows, labels, watch=watch)
    assert len(lines) == 4
    assert lines[0].startswith("dense:mlp, epoch 1 of 4: loss train 0.")
    assert lines[0].endswith("of it waiting for data")
    assert [c["history"] for c in watch.curves] == [network.history_]
    assert watch.curves[0]["parameters"] == 5 * 8 + 8 + 8 * 2 + 2


def test_a_network_that_was_not_fitted_says_so(rows):
    with pytest.raises(SettingsError, match=r"dense:mlp has not been fitted; call fit first"):
        Dense().scores(rows)


def test_rows_have_no_time_to_crop(rows, labels):
    with pytest.raises(DataError, match=r"'crop' is 3, but the features are rows of numbers"):
        fit(rows, labels, crop=3)


@pytest.mark.parametrize(("given", "message"), [
    ({"crop": 13}, "'crop' is 13, but a row has 12 steps of time; expected as many or fewer"),
    ({"augment": Augment(shift=8)}, "'shift' is 8, but a picture is 8 high"),
])  # fmt: skip
def test_what_is_larger_than_a_picture_is_refused(rng, given, message):
    rows, labels = pictures(rng)
    with pytest.raises(DataError, match=message):
        Tagger(training=QUICK, **Tagger.small, **given).fit(rows, labels, rng=rng)


def test_a_crop_as_long_as_a_row_is_the_whole_row(rng):
    rows, labels = pictures(rng)
    once = replace(QUICK, epochs=1)
    found = [Tagger(training=once, **Tagger.small, crop=crop).fit(
        rows, labels, rng=np.random.default_rng(0)).scores(rows) for crop in (12, None)]
    assert np.array_equal(*found)


@pytest.mark.parametrize("name", ["time_masks", "band_masks", "cutmix", "shift", "flip_time"])
def test_rows_of_numbers_have_no_time_or_bands_to_change(rows, labels, name):
    with pytest.raises(DataError, match=f"'{name}' is 1, but the features are rows of numbers"):
        fit(rows, labels, augment=Augment(**{name: 1}))


@pytest.mark.parametrize(("row", "label"), [
    (np.s_[:0, :], np.s_[:0, :]), (np.s_[:, :4], np.s_[:, :]), (np.s_[:, :], np.s_[:, :1]),
    (np.s_[:3, :], np.s_[:, :])], ids=["none", "narrow", "of a label", "fewer"])  # fmt: skip
def test_valid_rows_unlike_those_learnt_from_are_refused(rows, labels, row, label):
    with pytest.raises(DataError, match=r"valid rows of shape .*expected one row or more of \(5,"):
        fit(rows, labels, valid=(rows[row], labels[label]))


def test_a_row_alone_has_nothing_to_be_normalised_by(rows, labels):
    with pytest.raises(DataError, match=r"a batch is of one row.*'batch_size' to 2 or more"):
        fit(rows, labels, replace(QUICK, batch_size=1), normalise="before")
    assert fit(rows, labels, replace(QUICK, batch_size=1, epochs=1)).history_


def test_valid_rows_that_are_no_numbers_are_named(rows, labels):
    holed = rows.copy()
    holed[4, 1] = np.nan
    with pytest.raises(DataError, match="feature 1 of row 4 is nan"):
        fit(rows, labels, valid=(holed, labels))


def test_one_network_is_exported_to_the_same_bytes_each_time(rng):
    rows, labels = pictures(rng)
    model = Tagger(training=replace(QUICK, epochs=1), **Tagger.small).fit(rows, labels, rng=rng)
    assert model.to_onnx() == model.to_onnx()


def test_early_stopping_needs_an_artist_to_hold_out(rows):
    labels = np.eye(2, dtype=np.int8)[np.arange(len(rows)) % 2]
    network = Dense(task="single", training=replace(QUICK, patience=2))
    with pytest.raises(DataError, match="no artist can be held out for 'patience'"):
        network.fit(rows, labels, groups=labels[:, 0], rng=np.random.default_rng(0))
