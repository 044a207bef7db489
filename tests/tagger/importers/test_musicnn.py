import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.tagger.importers import made_up

from earmark.audio.synth import compose
from earmark.errors import TaggerError
from earmark.features import base as features
from earmark.graphs.session import Session
from earmark.tagger import format as tagger_format
from earmark.tagger.importers.musicnn import fetch_musicnn, import_musicnn
from earmark.tagger.tagger import Tagger

PLACE = "musicnn/MTT_musicnn"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return made_up.wheel(tmp_path_factory.mktemp("wheel"), made_up.files())


@pytest.fixture(scope="module")
def contents(wheel):
    return import_musicnn(wheel)


@pytest.fixture
def song(tmp_path):
    """Ten seconds of our own music at another rate."""
    piece = compose("rock", rng=np.random.default_rng(3), seconds=10, sample_rate=22_050)
    soundfile.write(tmp_path / "song.wav", piece.samples, 22_050)
    return tmp_path / "song.wav"


def test_the_manifest_says_all_that_listening_needs(contents):
    manifest = contents.manifest
    assert (manifest.name, manifest.task) == ("musicnn", "multi")
    assert manifest.labels == tuple(made_up.LABELS)
    assert [manifest.groups[label] for label in ("techno", "guitar", "woman", "slow", "quiet")] == [
        "genre", "instrument", "vocals", "tempo", "mood"]  # fmt: skip
    (branch,) = manifest.branches
    assert (branch.segments.frames, branch.segments.hop_frames) == (187, 187)
    assert (branch.segments.tail, branch.embedding) == ("drop", "embedding")
    given = branch.front_end
    assert [given[k] for k in ("name", "sample_rate", "n_fft", "hop_length", "n_mels")] == [
        "logmel", 16_000, 512, 256, 96]  # fmt: skip
    assert set(manifest.decisions.thresholds) == {0.12}


def test_the_card_says_where_it_is_from(contents):
    card = contents.manifest.card
    data = made_up.files()[f"{PLACE}/.data-00000-of-00001"]
    assert card.source == ("musicnn 0.1.0, MTT_musicnn/.data-00000-of-00001, sha256 "
                           + hashlib.sha256(data).hexdigest())
    assert (card.licence, card.notice) == ("ISC", made_up.LICENCE)
    assert card.seen == (
        "MagnaTagATune: train part of its authors' split (index/train.tsv)",
        "MagnaTagATune: valid part of its authors' split (index/val.tsv)",
    )
    assert [(s.metric, s.value, s.seed) for s in card.results] == [
        ("roc_auc", 0.9067, None), ("pr_auc", 0.3831, None)]  # fmt: skip
    assert all("not measured by Earmark" in score.protocol for score in card.results)
    assert "Pons" in card.citation
    assert "0.12" in card.limits


def test_the_file_says_the_same(contents, tmp_path):
    tagger_format.write(contents, tmp_path / "a.earmark")
    assert tagger_format.read(tmp_path / "a.earmark").manifest == contents.manifest


def test_from_the_wheel_to_tags(contents, song, tmp_path):
    tagger_format.write(contents, tmp_path / "a.earmark")
    tagger = Tagger.load(tmp_path / "a.earmark")
    assert tagger.check() < 1e-6
    tags = tagger.tag(song, timeline=True)
    # 160000 samples at 16 kHz: 626 frames, three whole windows.
    assert tags.timeline.starts_seconds == pytest.approx((0, 187 * 0.016, 374 * 0.016))
    assert list(tags.scores) == made_up.LABELS
    assert len(set(tags.scores.values())) > 40


def test_the_scores_are_the_graphs_of_the_frames_of_the_whole(contents, song):
    (branch,) = contents.manifest.branches
    samples, rate = soundfile.read(song, dtype="float32")
    import soxr

    resampled = soxr.resample(samples, rate, 16_000)
    listened = features.build(branch.front_end).frames([resampled])
    rows = np.concatenate([frames.values for frames in listened])[: 3 * 187].reshape(3, 187, 96)
    session = Session(contents.models["branch0.onnx"], "it")
    scores, embedding = session.run(rows, ("scores", branch.embedding))
    assert embedding.shape == (3, 200)
    given = Tagger(contents).tag(song).scores
    np.testing.assert_allclose(list(given.values()), scores.mean(axis=0), atol=1e-5)


def test_the_rest_may_be_kept(wheel, song):
    kept = Tagger(import_musicnn(wheel, tail="keep")).tag(song, timeline=True)
    assert kept.timeline.starts_seconds[-1] == pytest.approx((626 - 187) * 0.016)
    assert len(kept.timeline.starts_seconds) == 4


def test_the_other_network_and_the_other_labels(tmp_path, song):
    variant = "MSD_vgg"
    found = import_musicnn(made_up.wheel(tmp_path, made_up.files(variant)), variant, name="mine")
    assert found.manifest.name == "mine"
    assert found.manifest.labels == tuple(made_up.LABELS[::-1])
    assert found.manifest.card.seen[0].startswith("Million Song Dataset: train part")
    assert len(Tagger(found).tag(song).scores) == 50


def test_all_places_give_one_tagger(contents, tmp_path, monkeypatch):
    root = made_up.unpacked(tmp_path, made_up.files())
    monkeypatch.syspath_prepend(root)
    for source in (root, root / "musicnn", None):
        assert import_musicnn(source).models == contents.models
    assert "musicnn" not in sys.modules


def test_it_is_fetched(contents, tmp_path, monkeypatch):
    pytest.importorskip("pip")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", made_up.wheel(tmp_path, made_up.files()).parent.as_uri())
    assert fetch_musicnn().manifest == contents.manifest


def without(*paths):
    return dict.fromkeys(paths)


def tensors(**changes):
    """The checkpoint with tensors changed, or left out for None."""
    kept = {**made_up.tensors("musicnn"), **{k.replace("__", "/"): v for k, v in changes.items()}}
    return made_up.checkpoint("MTT_musicnn", {k: v for k, v in kept.items() if v is not None})


CONFIGURATION = "musicnn/configuration.py"
FEWER = f"MTT_LABELS = {made_up.LABELS[1:]!r}\n".encode()
STRANGE = f"MTT_LABELS = {[*made_up.LABELS[1:], chr(27)]!r}\n".encode()
TWICE = f"MTT_LABELS = {[*made_up.LABELS[1:], 'woman']!r}\n".encode()


@pytest.mark.parametrize(("changes", "expected"), [
    (without(f"{PLACE}/.index"), r"lacks musicnn/MTT_musicnn/\.index; .* give its wheel"),
    (without(f"{PLACE}/.data-00000-of-00001"), r"lacks .*/\.data-00000-of-00001"),
    (without(f"{PLACE}/config.json"), r"lacks .*/config\.json"),
    (without(f"{made_up.DIST}/LICENSE.md"), "no licence text"),
    (without(CONFIGURATION), r"lacks musicnn/configuration\.py"),
    ({CONFIGURATION: b"MTT_LABELS = ["}, r"configuration\.py cannot be read as Python"),
    ({CONFIGURATION: b"MTT_LABELS = " + b"[" * 400}, "cannot be read as Python"),
    ({CONFIGURATION: b"MTT_LABELS = print('run')"}, "cannot be read as Python"),
    ({CONFIGURATION: b"MTT = ['a']"}, "no list of labels 'MTT_LABELS'"),
    ({CONFIGURATION: b"MTT_LABELS = [1, 2]"}, "no list of labels 'MTT_LABELS'"),
    ({CONFIGURATION: FEWER}, r"49 different labels in 'MTT_LABELS'; expected 50"),
    ({CONFIGURATION: TWICE}, r"49 different labels"),
    ({CONFIGURATION: STRANGE}, r"whl: '\\x1b' holds characters that cannot be printed"),
    ({f"{PLACE}/config.json": b"{}"}, r"does not say what the network learnt from"),
    ({f"{PLACE}/config.json": b"[]"}, r"does not say what the network learnt from"),
    ({f"{PLACE}/config.json": b'{"gt_train": "\\u001b[2J", "gt_val": ""}'}, "cannot be printed"),
    ({f"{PLACE}/experiment.result": b"AUC: nan\nAUC: 0.3"}, "two areas under a curve"),
    ({f"{PLACE}/experiment.result": b"AUC: good\nAUC: 0.3"}, "two areas under a curve"),
    ({f"{PLACE}/.index": b"no index"}, r"MTT_musicnn cannot be read as a TensorFlow checkpoint"),
])  # fmt: skip
def test_a_package_that_is_not_as_published_is_refused(tmp_path, changes, expected):
    files = {k: v for k, v in {**made_up.files(), **changes}.items() if v is not None}
    with pytest.raises(TaggerError, match=expected):
        import_musicnn(made_up.wheel(tmp_path, files))


@pytest.mark.parametrize(("changes", "expected"), [
    ({"dense_1__bias": None}, r"MTT_musicnn lacks 'dense_1/bias'; expected the 64 tensors"),
    ({"dense_2__bias": np.zeros(3, np.float32)}, r"has besides 'dense_2/bias'"),
    ({"dense_1__bias": np.zeros(49, np.float32)},
     r"'dense_1/bias' is float32 of shape \(49,\); expected float32 of shape \(50,\)"),
    ({"dense_1__bias": np.zeros(50)}, r"'dense_1/bias' is float64 of shape \(50,\)"),
    ({"dense_1__bias": np.full(50, np.nan, np.float32)}, r"'dense_1/bias' holds values that are"),
    ({"batch_normalization__moving_variance": np.full(1, -1, np.float32)}, "a variance below 0"),
])  # fmt: skip
def test_tensors_that_are_not_the_networks_are_refused(tmp_path, changes, expected):
    files = {**made_up.files(), **tensors(**changes)}
    with pytest.raises(TaggerError, match=expected):
        import_musicnn(made_up.wheel(tmp_path, files))


def test_a_changed_byte_of_the_weights_is_found(tmp_path):
    files = made_up.files()
    data = bytearray(files[f"{PLACE}/.data-00000-of-00001"])
    data[1_000_000] ^= 1
    files[f"{PLACE}/.data-00000-of-00001"] = bytes(data)
    with pytest.raises(TaggerError, match=r"tensor '.*' cannot be read: its checksum does not mat"):
        import_musicnn(made_up.wheel(tmp_path, files))


def test_an_unknown_network_gets_its_neighbour(wheel):
    with pytest.raises(TaggerError, match=r"no network 'MTT_musicn'. Did you mean 'MTT_musicnn'"):
        import_musicnn(wheel, "MTT_musicn")


@pytest.fixture(scope="module")
def published():
    """The published package: a wheel in EARMARK_MUSICNN, or the one installed."""
    given = os.environ.get("EARMARK_MUSICNN")
    try:
        return import_musicnn(Path(given) if given else None)
    except TaggerError as error:
        pytest.skip(f"{error} (or name its wheel in EARMARK_MUSICNN)")


# The package's own documentation gives this song's ten best tags.
JORAM = ["techno", "electronic", "synth", "fast", "beat", "drums", "no vocals", "no vocal",
         "dance", "ambient"]  # fmt: skip


@pytest.mark.realdata
def test_a_song_gets_the_tags_that_the_package_documents(published, realdata):
    (song,) = (realdata / "songs").glob("joram-*.mp3")
    scores = Tagger(published).tag(song).scores
    assert sorted(scores, key=scores.__getitem__, reverse=True)[:10] == JORAM
