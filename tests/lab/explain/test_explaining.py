"""A file explained from end to end, by the tagger of ``worked``."""

import json
import re

import numpy as np
import pytest
import soundfile
from tests.lab.explain import worked
from tests.lab.explain.worked import RATE

from earmark.errors import AudioError, SettingsError, TaggerError
from earmark.features.table import Table
from earmark.lab.explain import explaining
from earmark.lab.explain.drawing import overlaid
from earmark.lab.explain.explaining import Settings, explain, strongest
from earmark.lab.explain.grid import Grid
from earmark.lab.explain.sound import Sound


@pytest.fixture
def file(tmp_path, rng):
    soundfile.write(tmp_path / "a & b.wav", worked.noise(rng), RATE)
    return tmp_path / "a & b.wav"


@pytest.fixture
def found(file, known):
    return explain(file, known, Settings("second"))


def test_pictures_are_chosen_where_the_tagger_looks_at_them(found, file, known):
    assert found.shares.way == "picture"
    assert (found.grid.windows, found.grid.bands) == (8, 16)
    sound = explain(file, known, Settings("second", sound=True))
    assert (sound.shares.way, sound.grid.windows, sound.grid.bands) == ("sound", 4, 8)


@pytest.mark.parametrize("from_sound", [False, True])
def test_a_sound_whose_segments_are_all_silent_is_refused(tmp_path, rng, known, from_sound):
    """What is left after the last whole segment of 4 s is left out, and only that is audible."""
    samples = np.concatenate([np.zeros(4 * RATE, np.float32), worked.noise(rng, 0.8)])
    soundfile.write(tmp_path / "late.wav", samples, RATE)
    with pytest.raises(AudioError, match=r"late.wav: the tagger hears nothing in the 4\.8 s"):
        explain(tmp_path / "late.wav", known, Settings(sound=from_sound))


def test_both_ways_find_the_same_second(found, file, known):
    sound = explain(file, known, Settings("second", sound=True, window=0.5))
    for shares in (found.shares.windows, sound.shares.windows):
        assert sorted(np.argsort(-shares)[:2].tolist()) == [2, 3]
    assert strongest(found.grid.times, found.shares.windows, 1)[0][:2] in ((1, 1.5), (1.5, 2))


def test_numbers_sound_and_page_are_written(found, tmp_path):
    values = explaining.save(found, tmp_path / "out")
    assert values == json.loads((tmp_path / "out/explain.json").read_text())
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "explain.html", "explain.json", "spoke-for-second.wav"]
    read, rate = soundfile.read(tmp_path / "out/spoke-for-second.wav", dtype="float32")
    assert (rate, len(read)) == (RATE, 4 * RATE)
    # The second second was kept and the rest muted.
    seconds = np.sqrt(np.mean(read.reshape(4, RATE) ** 2, axis=1))
    assert seconds.argmax() == 1
    assert values["windows"][2]["share"] == pytest.approx(found.shares.windows[2])
    assert values["score"] == pytest.approx(values["uncalibrated"])


def test_the_check_tells_the_scores_of_what_was_kept_and_of_the_rest(found, known):
    check = found.plain()["check"]
    for part, samples in (("kept", found.parted.kept), ("rest", found.parted.rest)):
        assert check[f"score_of_{part}"] == pytest.approx(
            float(known.scores(samples, RATE)[1]), abs=1e-6)
    assert check["score_of_kept"] > check["score_of_rest"]


def test_the_page_holds_no_script_and_no_name_as_markup(found, tmp_path):
    explaining.save(found, tmp_path)
    html = (tmp_path / "explain.html").read_text()
    assert "<script" not in html
    assert "a &amp; b.wav" in html
    assert not re.search(r'(src|href)="(https?:)?//', html)
    assert 'src="spoke-for-second.wav"' in html


def test_the_best_label_is_explained_where_none_is_named(file, known):
    how = explain(file, known)
    assert how.label == max(how.best, key=how.best.get)


def test_where_nothing_speaks_for_it_no_sound_is_written(file, known, tmp_path):
    found = explain(file, known, Settings("nothing"))
    explaining.save(found, tmp_path / "out")
    assert found.wav is None
    assert found.plain()["check"] is None
    assert any("nothing speaks for 'nothing'" in note for note in found.notes)
    assert not list((tmp_path / "out").glob("*.wav"))


def test_an_unknown_label_has_its_neighbour_offered(file, known):
    with pytest.raises(SettingsError, match=r"no label 'secnd'\. Did you mean 'second'\?"):
        explain(file, known, Settings("secnd"))


def test_a_silent_file_is_refused(tmp_path, known):
    soundfile.write(tmp_path / "s.wav", np.zeros(4 * RATE), RATE)
    with pytest.raises(AudioError, match=r"s\.wav: silent from 0 s to 4 s"):
        explain(tmp_path / "s.wav", known)


def test_a_tagger_that_hears_no_sound_is_refused(file):
    deaf = worked.tagger(segments=None)
    branch = {"name": "table", "kind": "other", "names": ["x"], "name_column": "track"}
    object.__setattr__(deaf.manifest.branches[0], "front_end", branch)
    assert not Table.takes_audio
    with pytest.raises(TaggerError, match="takes ready-made 'table' features and hears no sound"):
        explain(file, deaf)


@pytest.mark.parametrize(("setting", "value"), [
    ("start", -1), ("seconds", 0.5), ("window", 0.01), ("bands", 1), ("depth", 0), ("steps", 0),
])  # fmt: skip
def test_settings_out_of_range_are_named(setting, value):
    with pytest.raises(SettingsError, match=f"'{setting}' is {value:g}; expected"):
        Settings(**{setting: value})


def test_what_speaks_for_is_red_and_what_speaks_against_blue(rng):
    sound = Sound(worked.noise(rng), RATE)
    grid = Grid(np.array([0.0, 2, 4]), np.array([0.0, 1000, 4000]))
    red, green, blue = overlaid(sound, grid, np.array([[1.0, 0], [0, -1]]))
    top, bottom, left, right = slice(0, 60), slice(200, 260), slice(0, 300), slice(400, 720)
    assert (red > blue)[bottom, left].all()
    assert (blue > red)[top, right].all()
    assert (red == blue)[top, left].all()
    assert (red == green)[bottom, right].all()
