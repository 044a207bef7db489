"""Gradients of a run's own network: shares of cells that add up to what the sound says."""

import dataclasses
import shutil

import numpy as np
import pytest
import soundfile
from tests.lab.explain import worked
from tests.lab.explain.worked import FRONT_END, RATE

from earmark.errors import DataError
from earmark.lab import recipe as recipes
from earmark.lab.explain.evidence import Listener
from earmark.lab.explain.explaining import Settings, explain
from earmark.lab.explain.gradients import logit
from earmark.lab.explain.networks import members
from earmark.lab.explain.picture import segments
from earmark.lab.explain.sound import excerpt

torch = pytest.importorskip("torch")


def learnt(folder, labels):
    """Write a network that has looked at loud and soft low bands, and return its folder."""
    from earmark.models._training import Training
    from earmark.models.dense import Dense

    torch.set_num_threads(1)
    rng = np.random.default_rng(3)
    rows = rng.normal(-30, 3, (24, *worked.SHAPE)).astype(np.float32)
    truth = np.eye(labels, dtype=np.int8)[np.arange(24) % labels]
    rows[truth[:, 0] == 1, :8] += 10
    network = Dense(task="multi", hidden=(4,), training=Training(epochs=3))
    network.fit(rows, truth, rng=rng).save(folder / "branch0.network")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return learnt(tmp_path_factory.mktemp("run"), labels=3)


@pytest.fixture
def file(tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", worked.noise(rng, 8), RATE)
    return tmp_path / "a.wav"


def test_shares_add_up_to_what_the_sound_says_beyond_darkness(run, file, known):
    found = explain(file, known, Settings("low", run=run, steps=256))
    assert found.shares.way == "gradients"
    listener = Listener(known)
    (member,) = members(run, listener)
    its = segments(FRONT_END, excerpt(file, RATE), listener)
    assert len(its) == 2
    whole = np.mean([
        logit(member.module, s.picture, 0)
        - logit(member.module, np.broadcast_to(s.dark, s.picture.shape), 0) for s in its])
    assert found.shares.cells.sum() == pytest.approx(whole, rel=0.02, abs=0.02)
    assert found.shares.windows.sum() == pytest.approx(found.shares.cells.sum())
    assert found.shares.bands.sum() == pytest.approx(found.shares.cells.sum())
    assert found.shares.passes == 2 * 256


def test_what_the_run_shipped_instead_is_said(run, file, known, tmp_path):
    recipe = dataclasses.replace(recipes.read("gtzan57-logistic"), ship="all")
    recipes.write(recipe, tmp_path / "recipe.toml")
    shutil.copy(run / "branch0.network", tmp_path)
    found = explain(file, known, Settings("low", run=tmp_path, steps=256))
    assert found.notes[-1].startswith("gradients are of the networks that were judged; the tagger")


def test_too_few_steps_are_said(file, known, monkeypatch):
    """One step through the middle finds three quarters of a cube's rise from 0."""
    from earmark.lab.explain import networks

    (dark,) = {float(s.dark.squeeze()) for s in segments(FRONT_END, excerpt(
        file, RATE, seconds=4.0), Listener(known))}

    class Cube(torch.nn.Module):
        def forward(self, rows):
            return ((rows.mean(dim=(1, 2)) - dark) ** 3)[:, None]

    monkeypatch.setattr(networks, "members", lambda *_: [networks.Member(0, Cube(), 1.0)])
    few, many = (explain(file, known, Settings("low", seconds=4.0, run=file.parent, steps=steps))
                 for steps in (1, 256))
    assert not many.notes
    assert few.notes[0].startswith("attributions miss up to 25% of what there is to attribute")


def test_a_folder_without_a_network_is_named(tmp_path, file, known):
    with pytest.raises(DataError, match="keeps no network that looks at spectrograms"):
        explain(file, known, Settings(run=tmp_path))


def test_a_network_of_other_labels_is_refused(tmp_path, known):
    with pytest.raises(DataError, match="knows 2 labels and the tagger 3"):
        members(learnt(tmp_path, labels=2), Listener(known))
