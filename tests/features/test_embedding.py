"""Embeddings: pooled by hand, held in bounded memory, and the graphs that they name."""

import dataclasses
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from earmark.audio.segments import Segments, is_silent, windows
from earmark.errors import SettingsError, TaggerError
from earmark.features import _backbones, base
from earmark.features.embedding import About, Embedding
from tests.features.backbones import ABOUT, MELS, WIDTH, WINDOWS, mixing, tiny, tiny_graph


def song(rng, seconds=7.3):
    samples = 0.1 * rng.standard_normal(int(8000 * seconds))
    samples[8000:24_000] = 0  # windows in which nothing is heard
    return samples.astype(np.float32)


def by_hand(samples):
    """Return the embedding of each audible window [shape=(windows, 5)], without a graph."""
    cut = windows([samples], WINDOWS, 8000)
    return np.stack([MELS(w.samples).mean(axis=1, dtype=np.float64) @ mixing()
                     for w in cut if not is_silent(w.samples)])


@pytest.mark.parametrize("batch", [1, 3, 256])
def test_it_is_the_mean_over_audible_windows(rng, batch):
    samples = song(rng)
    rows = by_hand(samples)
    assert 5 < len(rows) < 12
    np.testing.assert_allclose(tiny(batch=batch)(samples), rows.mean(axis=0), atol=1e-5)


def test_deviations_stand_behind_the_means(rng):
    samples = song(rng)
    front_end, rows = tiny(pooling="mean_std"), by_hand(samples)
    expected = np.concatenate([rows.mean(axis=0), rows.std(axis=0)])
    np.testing.assert_allclose(front_end(samples), expected, atol=1e-5)
    assert front_end.columns == tuple(f"{kind}{k}" for kind in "es" for k in range(1, WIDTH + 1))


def test_another_output_of_the_graph_may_be_taken(rng):
    samples = song(rng)
    np.testing.assert_allclose(tiny(output="doubled")(samples), 2 * tiny()(samples), rtol=1e-5)


def test_silence_is_zeros():
    assert not tiny(pooling="mean_std")(np.zeros(30_000, np.float32)).any()


def test_names_do_not_change_the_fingerprint_and_what_changes_values_does():
    first = tiny()
    for same in ({"backbone": "renamed"}, {"about": About()}, {"batch": 7}):
        assert tiny(**same).fingerprint == first.fingerprint
    other = _backbones.provide(tiny_graph(seed=9))
    for changed in ({"graph": other}, {"output": "doubled"}, {"pooling": "mean_std"},
                    {"windows": Segments(seconds=2.0)}):
        assert tiny(**changed).fingerprint != first.fingerprint


def test_a_new_version_of_the_inner_family_changes_the_fingerprint(monkeypatch):
    before = tiny().fingerprint
    monkeypatch.setattr(type(MELS), "version", 99)
    assert tiny().fingerprint != before


def test_settings_say_whose_it_is_and_come_back_whole():
    described = base.describe(tiny())
    assert described["about"]["seen"] == list(ABOUT.seen)
    assert base.build(described) == tiny()
    assert base.build(described).backbones == {tiny().graph: "tiny"}


@pytest.mark.parametrize(("changes", "message"), [
    ({"sample_rate": 16_000}, "'sample_rate' is 16000 and that of 'front_end' 8000"),
    ({"graph": "abc"}, "'graph' is 'abc'; expected a SHA-256"),
    ({"batch": 0}, "'batch' is 0; expected 1 to 256"),
    ({"dimensions": 70_000}, "'dimensions' is 70000"),
    ({"front_end": {"name": "table"}, "sample_rate": 22_050}, "cannot listen through 'table'"),
    ({"front_end": {"name": "embedding"}}, "cannot listen through 'embedding'"),
])
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        tiny(**changes)


def test_without_a_backbone_it_says_how_to_name_one():
    with pytest.raises(SettingsError, match=r"^an embedding needs a backbone; [^\n]+musicnn\.$"):
        Embedding()(np.ones(9, np.float32))


def test_a_graph_that_is_not_at_hand_is_one_line():
    absent = tiny(graph="0" * 64, backbone="musicnn")
    with pytest.raises(SettingsError, match=r"'musicnn' .* earmark tagger import musicnn$"):
        absent(np.ones(9000, np.float32))


@pytest.mark.parametrize(("changes", "message"), [
    ({"dimensions": 4}, r"has shape \(1, 5\); expected \(1, 4\)"),
    ({"output": "hidden"}, "backbone tiny does not fit its front end"),
])
def test_a_graph_that_gives_something_else_is_named(rng, changes, message):
    with pytest.raises(TaggerError, match=message):
        tiny(**changes)(rng.standard_normal(8000).astype(np.float32))


def test_a_graph_of_no_numbers_is_refused(rng):
    bad = _backbones.provide(tiny_graph(weights=np.full((8, WIDTH), np.inf)))
    with pytest.raises(TaggerError, match="no finite numbers"):
        tiny(graph=bad)(rng.standard_normal(8000).astype(np.float32))


def test_what_is_no_graph_is_refused_before_it_is_run(rng):
    with pytest.raises(TaggerError, match="backbone tiny is not an ONNX model"):
        tiny(graph=_backbones.provide(b"anything"))(np.ones(8000, np.float32))


@pytest.fixture
def empty_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(_backbones, "_held", {})
    monkeypatch.setattr(_backbones, "_sessions", {})
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "own"))
    return tmp_path / "own" / "backbones"


def test_the_cache_hands_graphs_on_and_is_checked(empty_memory, monkeypatch):
    content = tiny_graph()
    name = _backbones.provide(content)
    kept = empty_memory / f"{name}.onnx"
    assert kept.read_bytes() == content
    monkeypatch.setattr(_backbones, "_held", {})
    assert _backbones.content(name, "tiny") == content
    monkeypatch.setattr(_backbones, "_held", {})
    kept.write_bytes(content[:-1] + b"!")
    with pytest.raises(SettingsError, match="not at hand"):
        _backbones.content(name, "tiny")


def test_what_is_not_to_be_kept_is_not(empty_memory):
    _backbones.provide(tiny_graph(), keep=False)
    assert not empty_memory.exists()


def test_a_cache_that_cannot_be_written_is_no_error(empty_memory):
    empty_memory.parent.mkdir()
    empty_memory.write_text("a file where the folder should be")
    assert _backbones.content(_backbones.provide(tiny_graph()), "tiny") == tiny_graph()


@pytest.mark.parametrize("with_cache", [True, False])
def test_another_process_finds_the_graph(empty_memory, tmp_path, rng, with_cache):
    samples = song(rng, 2.0)
    (tmp_path / "front_end").write_bytes(b"")
    front_end = tiny()
    if not with_cache:
        (empty_memory / f"{front_end.graph}.onnx").unlink()
    (tmp_path / "front_end").write_bytes(pickle.dumps((front_end, samples)))
    code = ("import pickle, sys; f, s = pickle.load(open(sys.argv[1], 'rb'));"
            "print(f(s).tobytes().hex())")
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "front_end"], check=True,
                          capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == front_end(samples).tobytes().hex()


def test_threads_share_one_session(empty_memory, rng):
    from concurrent.futures import ThreadPoolExecutor

    front_end, samples = tiny(), song(rng)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: front_end(samples).tobytes(), range(16)))
    assert len(set(found)) == 1
    assert len(_backbones._sessions) == 1


def test_windows_may_be_cut_in_frames_of_the_whole_sound(rng):
    mels = dataclasses.replace(MELS, top_db=None)
    front_end = tiny(front_end=base.describe(mels), windows=Segments(frames=33, hop_frames=20))
    samples = song(rng)
    bands = mels(samples).T  # (frames, bands), those of the whole sound
    starts = [*range(0, len(bands) - 33, 20)]
    heard = [k for k in starts if not is_silent(samples[max(0, k * 250 - 128):(k + 32) * 250])]
    expected = np.mean([bands[k:k + 33].mean(axis=0) @ mixing() for k in heard], axis=0)
    assert 3 < len(heard) < len(starts)
    turned = _backbones.provide(tiny_graph(turned=True))  # it takes frames in rows
    found = dataclasses.replace(front_end, graph=turned)(samples)
    np.testing.assert_allclose(found, expected, atol=1e-5)
