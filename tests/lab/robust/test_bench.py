"""The bench on taggers whose answers are known: by loudness alone, and always the same."""

import json
import shutil
import sys

import numpy as np
import pytest
import soundfile
from tests.judging.report.page_parser import Page
from tests.lab.robust.conftest import RATE, taught

from earmark.audio.augment import codecs
from earmark.datasets.folder import Folder
from earmark.errors import AudioError, DataError, MissingExtraError, SettingsError, TaggerError
from earmark.judging.report import robust as told
from earmark.lab.robust import Settings, bench, cards, disturbances, robustness
from earmark.lab.robust import music as musics
from earmark.lab.robust.hearing import beginning
from earmark.tagger import format as tagger_format
from earmark.tagger.tagger import Tagger

FEW = {"gain -20 dB", "gain +6 dB", "low-pass 4 kHz", "rate 44.1 kHz", "middle 3 s"}


@pytest.fixture(scope="module", autouse=True)
def _few(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        few = tuple(d for d in disturbances.standard() if d.name in FEW)
        patch.setattr(bench, "standard", lambda: few)
        yield


@pytest.fixture(scope="module")
def found(loudness, several, music, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "robust"
    said = []
    values = robustness([loudness, several], musics.of_dataset(Folder(music)), folder, Settings(),
                        log=said.append)
    assert said[-1] == "10 of 10 tracks"
    return folder, values


def line(values, name, tagger=0):
    return next(d for d in values["taggers"][tagger]["disturbances"] if d["name"] == name)


def test_a_tagger_by_loudness_is_moved_by_gain_and_by_little_else(found):
    """Four calm, four loud and two strangers, as loud: a tenth as loud, all are calm."""
    _, values = found
    its = values["taggers"][0]
    assert (its["known"], its["strange"], its["seen"]) == (8, 2, 0)
    assert its["undisturbed"]["metrics"]["accuracy"] == 1.0
    softer = line(values, "gain -20 dB")
    assert softer["agreement"] == 0.4
    assert softer["metrics"]["accuracy"] == {"value": 0.5, "change": -0.5,
                                             "interval": [-0.5, -0.5]}  # each artist has both
    for name in FEW - {"gain -20 dB"}:
        assert line(values, name)["agreement"] == 1.0
        assert line(values, name)["tracks"] == 10


def test_one_that_always_says_the_same_never_changes(found):
    _, values = found
    its = values["taggers"][1]
    assert its["metrics"] == ["pr_auc_macro", "roc_auc_macro"]
    assert its["known"] == 4  # loud; of "calm" and "polka" it knows nothing
    assert all(d["agreement"] == 1.0 for d in its["disturbances"])
    assert all(d["mean_change"] == 0.0 for d in its["disturbances"])
    assert its["undisturbed"]["strangers"]["unknown"] is None


def test_the_values_are_on_disk_with_a_page(found):
    folder, values = found
    assert json.loads((folder / "robust.json").read_text(encoding="utf-8")) == values
    page = Page((folder / "robust.html").read_text(encoding="utf-8"))
    assert {"tagger-1", "tagger-2"} <= set(page.sections)
    assert "gain -20 dB" in page.sections["tagger-1"]
    assert len(page.svgs) == 2


def test_no_other_bench_is_written_over_it(found, loudness, several, music):
    folder, _ = found
    listener = musics.of_dataset(Folder(music))
    with pytest.raises(SettingsError, match="which differs in taggers"):
        robustness([loudness], listener, folder, Settings())
    with pytest.raises(SettingsError, match="which differs in settings"):
        robustness([loudness, several], listener, folder, Settings(seconds=2))


def test_the_same_bench_is_shown_and_damage_named(found, loudness, several, music, tmp_path):
    folder, values = found
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    said = []
    again = robustness([loudness, several], musics.of_dataset(Folder(music)), copy, Settings(),
                       log=said.append)
    assert again == values
    assert not said
    page = (copy / "robust.html").read_text()
    (copy / "robust.html").unlink()  # as where the process was killed before it was written
    robustness([loudness, several], musics.of_dataset(Folder(music)), copy, Settings())
    assert (copy / "robust.html").read_text() == page
    (copy / "robust.json").write_text('{"identity": {}}')
    with pytest.raises(DataError, match=r"robust\.json is damaged"):
        robustness([loudness, several], musics.of_dataset(Folder(music)), copy, Settings())
    (copy / "robust.json").unlink()
    with pytest.raises(SettingsError, match="holds no robustness bench"):
        robustness([loudness, several], musics.of_dataset(Folder(music)), copy, Settings())


def test_files_that_cannot_be_heard_are_named_and_left_out(loudness, music, tmp_path):
    root = tmp_path / "with faults"
    shutil.copytree(music, root)
    (root / "calm" / "text.wav").write_text("no music")
    soundfile.write(root / "loud" / "silence.wav", np.zeros(4 * RATE), RATE)
    half = np.zeros(8 * RATE, np.float32)  # whose middle 3 s are silent
    half[6 * RATE:] = 0.3
    half[6 * RATE::7] = -0.3
    soundfile.write(root / "loud" / "half.wav", half, RATE)
    values = robustness([loudness], musics.of_dataset(Folder(root)), tmp_path / "out", Settings())
    assert values["tracks"] == 11
    assert sorted("text" in text for text in values["failed"]) == [False, True]
    assert any("silence.wav" in text and "silent" in text for text in values["failed"])
    middle = line(values, "middle 3 s")  # of half a silence, nothing
    assert (middle["tracks"], middle["unanswered"]) == (10, 1)
    assert any(text.startswith("skipped: ") for text in told.lines(values))


def test_where_nothing_can_be_heard_that_is_an_error(loudness, tmp_path):
    (tmp_path / "a.wav").write_text("no music")
    with pytest.raises(AudioError, match="none of 1 tracks can be heard"):
        robustness([loudness], musics.of_files(tmp_path / "a.wav"), tmp_path / "out", Settings())
    with pytest.raises(TaggerError, match="no tagger to judge"):
        robustness([], musics.of_files(tmp_path / "a.wav"), tmp_path / "out", Settings())


def test_only_the_beginning_is_decoded(tmp_path):
    path = tmp_path / "long.wav"
    samples = np.linspace(-0.5, 0.5, 40 * RATE, dtype=np.float32)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    heard = beginning(path, 12.5)
    assert heard.sample_rate == RATE
    np.testing.assert_array_equal(heard.samples, samples[: int(12.5 * RATE)])
    assert len(beginning(path, 600).samples) == len(samples)


def test_what_was_found_is_written_on_a_copy_of_the_tagger(found, loudness, tmp_path):
    _, values = found
    path = tmp_path / "copy.earmark"
    cards.write(loudness, values, path)
    again = Tagger.load(path)
    rows = {(s.what, s.metric): s for s in again.manifest.card.results}
    assert len(rows) == 2 * len(FEW)
    row = rows["under gain -20 dB", "agreement"]
    assert (row.value, row.unit, row.seed) == (0.4, "track", 0)
    assert row.protocol == ("robustness bench: same best label as undisturbed, 10 tracks of "
                            "folder, first 60 s")
    assert rows["under gain -20 dB", "accuracy"].value == 0.5
    assert again.check() < 1e-4
    assert again.contents.models == loudness.contents.models
    twice = cards.with_scores(again.contents, loudness.identity, values)
    assert len(twice.manifest.card.results) == 2 * len(FEW)  # earlier rows are replaced


def test_old_taggers_are_read_and_written_in_their_format(found, loudness, tmp_path):
    """A card with more rows asks for no newer format."""
    _, values = found
    cards.write(loudness, values, tmp_path / "new.earmark")
    assert tagger_format.read(tmp_path / "new.earmark").manifest.format == 2


def test_nothing_is_written_over(found, loudness, several, tmp_path):
    _, values = found
    path = tmp_path / "a.earmark"
    path.write_text("mine")
    with pytest.raises(SettingsError, match="exists; a tagger is never written over"):
        cards.write(loudness, values, path)
    assert path.read_text() == "mine"
    with pytest.raises(SettingsError, match=r"expected a name that ends in \.earmark"):
        cards.write(loudness, values, tmp_path / "a.zip")
    with pytest.raises(SettingsError, match="has not judged"):
        cards.write(taught(loudness), {**values, "taggers": []}, tmp_path / "b.earmark")


def test_metrics_of_tracks_learnt_from_stay_off_the_card(loudness, music, dataset, tmp_path):
    seen = taught(loudness, seen=("folder: all 10 tracks of split x",),
                  dataset={"name": "folder", "fingerprint": dataset.fingerprint})
    values = robustness([seen], musics.of_dataset(Folder(music)), tmp_path / "out", Settings())
    assert values["taggers"][0]["seen"] == 10
    assert any("seen: it has learnt from 10 of these tracks" in text for text in told.lines(values))
    cards.write(seen, values, tmp_path / "seen.earmark")
    rows = Tagger.load(tmp_path / "seen.earmark").manifest.card.results
    assert {row.metric for row in rows} == {"agreement"}
    assert all("10 of them learnt from" in row.protocol for row in rows)


def test_what_this_machine_cannot_do_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr(bench, "standard", disturbances.standard)
    monkeypatch.setattr(codecs, "_libsndfile_writes", lambda name: name == "opus")
    monkeypatch.setattr(codecs.shutil, "which", lambda name: None)
    can, remarks = bench.possible()
    assert {d.name for d in disturbances.standard()} - {d.name for d in can} == {"mp3 64 kbit/s"}
    (remark,) = remarks
    assert remark.startswith("mp3 64 kbit/s left out: mp3 cannot be written")


def test_the_extra_for_the_page_is_asked_for_before_anything_is_heard(
    loudness, music, monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    said = []
    with pytest.raises(MissingExtraError, match=r"pip install '.\[train\]'"):
        robustness([loudness], musics.of_dataset(Folder(music)), tmp_path / "out", Settings(),
                   log=said.append)
    assert not said
