"""From ``embedding:NAME`` to a front end, a run and a tagger; what was heard before is said."""

import dataclasses
import json
import tomllib

import numpy as np
import pytest
from tests.cli.conftest import (  # noqa: F401 - fixtures
    clip,
    earmark,
    in_processes,
    one_line,
)
from tests.features.backbones import ABOUT, MELS, WIDTH, WINDOWS, tiny, tiny_graph
from tests.lab.test_teach import music  # noqa: F401 - fixture
from tests.tagger.conftest import manifest
from tests.tagger.importers import made_up

from earmark.datasets.folder import Folder
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.synthetic import Synthetic
from earmark.errors import SettingsError, TaggerError
from earmark.features import _backbones, base
from earmark.features.fma518 import Fma518
from earmark.features.gtzan57 import Gtzan57
from earmark.graphs.session import Session
from earmark.judging.decisions import Decisions
from earmark.lab import backbones, recipe
from earmark.lab.batches import gather
from earmark.lab.extraction import extract
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.format import Branch, Card
from earmark.tagger.importers.musicnn import import_musicnn


@pytest.fixture
def backbone(tmp_path):
    """The file of a tagger that gives an embedding."""
    branch = Branch(base.describe(MELS), WINDOWS, "branch0.onnx", batch=3, embedding="embedding")
    card = Card("A backbone", licence="CC0", limits="none", **{
        name: getattr(ABOUT, name) for name in ("seen", "source", "citation", "notice")})
    whole = manifest(name="tiny", task="multi", branches=(branch,), card=card,
                     decisions=Decisions((0.5,) * 3))
    path = tmp_path / "given.earmark"
    tagger_format.write(with_check(whole, {"branch0.onnx": tiny_graph()}), path)
    return path


def test_all_settings_follow_from_the_tagger(backbone):
    assert base.build(backbones.front_end_for(f"embedding:{backbone}")) == tiny()


def test_another_output_may_be_named(backbone):
    made = backbones.front_end_for(f"embedding:{backbone}:doubled")
    assert base.build(made) == tiny(output="doubled")


def test_a_table_of_a_recipe_may_set_what_is_free(backbone):
    made = backbones.complete({"name": "embedding", "backbone": str(backbone),
                               "pooling": "mean_std", "output": "scores"})
    assert base.build(made) == tiny(pooling="mean_std", output="scores", dimensions=3)


def test_families_are_spelt_out_too():
    assert base.build(backbones.front_end_for("gtzan57")) == Gtzan57()


@pytest.mark.parametrize(("given", "error", "message"), [
    ("embedding:nothing", TaggerError, "no tagger is called 'nothing'"),
    ("embedding:{}:hidden", SettingsError, "no output 'hidden'.*Known: doubled, embedding, scores"),
    ("gtzan75", SettingsError, "Did you mean 'gtzan57'"),
    ("embedding:gtzan10", SettingsError, "tagger gtzan10 gives no embedding"),
])
def test_what_cannot_be_had_is_one_line(backbone, given, error, message):
    with pytest.raises(error, match=message) as caught:
        backbones.front_end_for(given.format(backbone))
    assert "\n" not in str(caught.value)


def test_a_complete_front_end_stays_as_it_is(backbone):
    made = backbones.front_end_for(f"embedding:{backbone}")
    assert backbones.complete(made) == made
    assert backbones.complete({"name": "gtzan57"}) == {"name": "gtzan57"}


def test_a_resolved_front_end_finds_its_graph_in_the_tagger_again(backbone, monkeypatch, tmp_path):
    made = {**backbones.front_end_for(f"embedding:{backbone}"), "backbone": str(backbone)}
    monkeypatch.setattr(_backbones, "_held", {})
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "empty"))
    assert backbones.complete(made) == made
    assert _backbones.content(made["graph"], "tiny") == tiny_graph()
    with pytest.raises(SettingsError, match="is another than the recipe's"):
        backbones.complete({**made, "graph": "0" * 64})
    with pytest.raises(SettingsError, match="earmark tagger import gone"):
        backbones.complete({**made, "graph": "0" * 64, "backbone": "gone"})


def learning_on(front_end):
    found = recipe.read("personal")
    return dataclasses.replace(found, branches=(dataclasses.replace(
        found.branches[0], front_end=front_end),))


def test_what_may_have_been_heard_depends_on_whose_music_it_is(tmp_path):
    on = learning_on(base.describe(tiny()))
    published = backbones.hearsay(on, Gtzan(tmp_path))
    assert published.contaminated == ("tiny learnt from Made-up tunes, which may hold "
                                      "the same recordings as gtzan")
    assert not published.may_have_heard
    own = backbones.hearsay(on, Folder(tmp_path))
    assert own.may_have_heard.endswith("and may have heard some of this music")
    assert not own.contaminated
    assert backbones.hearsay(on, Synthetic(tmp_path)) == ("", "")
    assert backbones.hearsay(learning_on({"name": "gtzan57"}), Gtzan(tmp_path)) == ("", "")


def test_a_card_that_names_no_music_does_not_clear_its_backbone(tmp_path):
    on = learning_on(base.describe(tiny(about=dataclasses.replace(ABOUT, seen=()))))
    found = backbones.hearsay(on, Gtzan(tmp_path))
    assert "music that its card does not name" in found.contaminated


def test_a_folder_becomes_one_portable_tagger(earmark, music, backbone, tmp_path):  # noqa: F811
    done = earmark("train", music, "--name", "tones", "--features", f"embedding:{backbone}")
    assert done.returncode == 0, done.stderr
    folder = next(tmp_path.glob("runs/tones-given-*"))
    results = json.loads((folder / "results.json").read_text())
    assert results["cross_validated"]["accuracy"] > 0.8
    assert any("may have heard some of this music" in note for note in results["notes"])
    resolved = tomllib.loads((folder / "recipe.toml").read_text())["branches"][0]["front_end"]
    assert base.build(resolved) == tiny()
    card = tagger_format.read(tmp_path / "tones.earmark").manifest.card
    assert "through its backbone tiny: Made-up tunes: all of them" in card.seen
    assert card.notice == "backbone tiny: keep this line"
    assert card.licence == "yours; backbone tiny: CC0"
    assert all(score.protocol.endswith("tiny learnt from Made-up tunes, and may have heard some of "
                                       "this music") for score in card.results)
    assert not any("contaminated" in score.protocol for score in card.results)
    backbone.unlink()
    elsewhere = {"EARMARK_CACHE": str(tmp_path / "another machine")}
    song = next((music / "dark").iterdir())
    tagged = earmark("tag", song, "--tagger", "tones.earmark", "--json", env=elsewhere)
    assert tagged.returncode == 0, tagged.stderr
    assert next(iter(json.loads(tagged.stdout)["files"]))["tags"] == ["dark"]
    assert earmark("tagger", "check", "tones.earmark", env=elsewhere).returncode == 0
    shown = earmark("tagger", "show", "tones.earmark")
    assert "embedding" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) < 400


def test_a_published_dataset_is_marked_wherever_its_score_stands(
    earmark, sample_root, backbone, tmp_path  # noqa: F811
):
    (tmp_path / "own.toml").write_text(f"""
name = "own"
folds = 2
[dataset]
name = "gtzan"
[split]
by = "track"
[[branches]]
front_end = {{ name = "embedding", backbone = "{backbone}", pooling = "mean_std" }}
model = {{ name = "classical:logistic" }}
[tagger]
name = "own"
title = "a test"
licence = "MIT"
limits = "none"
""")
    done = earmark("train", "own.toml", "--data", sample_root, "--out", "run")
    assert done.returncode == 0, done.stderr
    why = "tiny learnt from Made-up tunes, which may hold the same recordings as gtzan"
    assert f"contaminated: {why}" in done.stdout
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["protocol"]["contaminated"] == why
    card = tagger_format.read(tmp_path / "run/tagger.earmark").manifest.card
    assert card.results
    assert all(f"contaminated ({why})" in score.protocol for score in card.results)
    page = (tmp_path / "run/report.html").read_text()
    assert f"<strong>contaminated</strong> – {why}." in page
    assert "contaminated leaky accuracy" in page.lower() or "contaminated accuracy" in page.lower()
    again = earmark("train", "own.toml", "--data", sample_root, "--out", "run")
    assert "nothing was done" in again.stderr


def test_any_familys_name_replaces_a_recipes_features(earmark, sample_root, tmp_path):  # noqa: F811
    done = earmark("train", "gtzan57-logistic", "--data", sample_root, "--features", "fma518")
    folder = tmp_path / "runs/gtzan57-logistic-fma518"
    assert done.returncode == 0, done.stderr
    resolved = tomllib.loads((folder / "recipe.toml").read_text())["branches"][0]
    assert base.build(resolved["front_end"]) == Fma518()


def test_features_of_a_backbone_can_be_extracted(earmark, clip, backbone):  # noqa: F811
    path = clip("a.wav", 3.0)
    done = earmark("features", "extract", path, "--set", f"embedding:{backbone}", "--setting",
                   "pooling=mean_std", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    names = [f"{kind}{k}" for kind in "es" for k in range(1, WIDTH + 1)]
    expected = extract(path, tiny(pooling="mean_std"), None)[0][0]
    np.testing.assert_allclose([row[name] for name in names], expected, rtol=1e-5)


def test_processes_find_the_backbone(earmark, clip, backbone, in_processes):  # noqa: F811
    for number in range(4):
        clip(f"in/{number}.wav", 2.0)
    arguments = ("features", "extract", "in", "--set", f"embedding:{backbone}", "--jobs", 2)
    done = earmark(*arguments, start=in_processes, env={"EARMARK_CACHE": "/dev/null/nowhere"})
    assert done.returncode == 0, done.stderr
    assert done.stdout == earmark(*arguments, "--jobs", 1).stdout


def test_an_imported_network_is_a_backbone(tmp_path, rng):
    contents = import_musicnn(made_up.wheel(tmp_path, made_up.files()))
    tagger_format.write(contents, tmp_path / "net.earmark")
    samples = (0.1 * rng.standard_normal(16_000 * 7)).astype(np.float32)
    for output, width in (("", 200), (":pooled", 1506)):
        front_end = base.build(backbones.front_end_for(f"embedding:{tmp_path}/net.earmark{output}"))
        assert len(front_end.columns) == width
        assert front_end.about.notice == contents.manifest.card.notice
        bands = base.build(contents.manifest.branches[0].front_end)(samples).T  # (frames, bands)
        cut = np.stack([bands[k:k + 187] for k in range(0, len(bands) - 187, 187)])
        session = Session(contents.models["branch0.onnx"], "net")
        (expected,) = session.run(cut, (output[1:] or "embedding",))
        found = front_end(samples)
        np.testing.assert_allclose(found, expected.mean(axis=0), rtol=1e-3, atol=1e-4)


def test_rows_are_made_wherever_a_recipe_names_a_backbone(backbone, music):  # noqa: F811
    dataset = Folder(music)
    ids = sorted(dataset.tracks)[:2]
    branch = recipe.BranchChoice({"name": "embedding", "backbone": str(backbone)},
                                 {"name": "classical:logistic"}, training_seconds=5.0)
    rows = gather(dataset, ids, branch, lambda _: None).features
    expected = extract(music / dataset.tracks[ids[0]].path, tiny(), 5.0)[0]
    np.testing.assert_allclose(rows.of(ids[:1]).rows, expected, rtol=1e-5)


def test_weights_that_a_model_begins_with_are_hearsay_too(tmp_path):
    written = recipe.read("gtzan57-logistic")
    model = {"name": "pretrained:ast", "weights": "pretrained"}
    branch = recipe.BranchChoice({"name": "fbank"}, model)
    whole = dataclasses.replace(written, branches=(branch,))
    Gtzan.sample(tmp_path)
    found = backbones.hearsay(whole, Gtzan(tmp_path))
    assert "pretrained:ast learnt from AudioSet" in found.contaminated
    members = [{"name": "classical:lda"}, {"name": "ensemble:mean", "members": [model]}]
    mean = dataclasses.replace(branch, model={"name": "ensemble:mean", "members": members})
    assert backbones.hearsay(dataclasses.replace(whole, branches=(mean,)), Gtzan(tmp_path)) == found
    scratch = dataclasses.replace(branch, model={**model, "weights": "none"})
    assert not backbones.hearsay(dataclasses.replace(whole, branches=(scratch,)),
                                 Gtzan(tmp_path)).contaminated
