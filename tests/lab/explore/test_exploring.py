"""A whole exploration: which tracks it looks at, which features, and the files it writes."""

import json
import re

import numpy as np
import pytest
from tests.judging.report.page_parser import Page
from tests.lab.doctor.made import Made
from tests.lab.explore.test_tally import dataset

from earmark import registry
from earmark.datasets.audioset import AudioSet
from earmark.datasets.base import FeatureTable, Track
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.opening import open_dataset
from earmark.errors import DataError, EarmarkError, SettingsError
from earmark.features.base import FeatureSet
from earmark.lab.explore import exploring, gathering
from earmark.lab.explore.exploring import Settings
from earmark.lab.explore.gathering import gathered, means, sampled, wanted
from earmark.lab.explore.page import headline, page
from earmark.lab.explore.tally import Tally


def features_of(rows, ids, columns=("x", "y")):
    return FeatureSet(np.asarray(rows, np.float32), np.asarray(ids), np.zeros(len(ids)), columns,
                      {"front_end": {"name": "table"}, "table": "t.csv"})


def parts(**given):
    return {"s": {track: part for part, tracks in given.items() for track in tracks}}


@pytest.fixture(scope="module")
def whole(sample_root):
    """Return a dataset with a table, explored, and what was said on the way."""
    lines = []
    return exploring.explore(Gtzan(sample_root), log=lines.append), lines


def test_a_dataset_without_tables_has_a_page_of_its_labels_and_says_so():
    found = exploring.explore(dataset(("a", "b"), ("a",)))
    assert [s.name for s in found.sections] == ["labels", "pairs", "families"]
    assert found.family == ""
    assert found.notes == ("No features were looked at: the dataset has no table of them and no "
                           "audio.",)
    heard = Made.of([Track("a", ("rock",), path="a.wav"), Track("b", ("pop",))])
    assert exploring.explore(heard).notes[-1].endswith("--features gtzan57 makes them from its "
                                                       "audio.")


def test_the_first_table_is_looked_at_without_test_tracks(sample_root, whole):
    split = exploring.chosen_split(Gtzan(sample_root), "")
    found, lines = whole
    assert found.split == split.name
    assert found.family == "gtzan57, from the dataset's table"
    names = [s.name for s in found.sections]
    assert names[:4] == ["labels", "parts", "pairs", "families"]
    assert len(names) > 4
    assert len(names) == len(set(names))
    count = split.counts["train"] + split.counts["valid"]
    assert f"of all {count} tracks" in " ".join(found.notes)
    assert f"features of {count} tracks" in lines


def test_no_row_of_a_test_track_reaches_the_sections(sample_root, monkeypatch):
    made, seen = Gtzan(sample_root), []
    monkeypatch.setattr(exploring, "feature_sections", lambda found: seen.append(found) or [])
    exploring.explore(made)
    (found,) = seen
    parted = exploring.chosen_split(made, "").parts
    expected = made.vocabulary.matrix([made.tracks[i].labels for i in sorted(made.tracks)
                                       if parted.get(i) in ("train", "valid")])
    assert (found.truth == expected).all()
    assert found.rows.shape == (len(expected), 57)
    assert len(found.groups) == len(expected)


def test_segments_become_a_row_a_track(tmp_path):
    AudioSet.sample(tmp_path / "a")
    made = AudioSet(tmp_path / "a")
    found, said = gathered(made, ["-b000000000", "-b000000001"], "", 10, 0, print)
    assert found is not None
    assert found.rows.shape == (2, 128)
    assert "the mean over a track's segments" in said[0]


def test_means_by_hand_and_in_the_order_of_ids():
    ids, rows = means(features_of([[1, 2], [3, 4], [9, 9]], ["b", "b", "a"]), ["a", "b", "gone"])
    assert ids == ["a", "b"]
    assert rows.tolist() == [[9, 9], [2, 3]]


def test_values_that_are_not_finite_are_refused_by_name():
    with pytest.raises(DataError, match="the feature 'y' of track 'b' is nan, one of 2 values"):
        means(features_of([[1, 2], [3, np.nan], [np.inf, 1]], ["a", "b", "c"]), ["a", "b", "c"])


def test_pictures_are_no_rows():
    with pytest.raises(DataError, match="pictures"):
        means(features_of(np.zeros((2, 3, 4)), ["a", "b"]), ["a", "b"])
    with pytest.raises(SettingsError, match="'logmel' makes pictures"):
        wanted("logmel")


@pytest.mark.parametrize(("given", "said"), [
    ("gtzan75", "gtzan57"), ('{"name": "gtzan57"', "is no JSON"),
    ('{"name": "gtzan57", "paddin": "zeros"}', "padding"), ("embedding:", "names no backbone"),
])
def test_features_that_are_none_are_refused(given, said):
    with pytest.raises(SettingsError, match=said):
        wanted(given)


def test_features_may_be_given_as_json():
    assert wanted('{"name": "gtzan57", "padding": "zeros"}').front_end["padding"] == "zeros"


def test_a_sample_keeps_the_shares_of_labels_and_its_size():
    made = dataset(*[("a",)] * 400, *[("b",)] * 80, *[("a", "c")] * 20)
    tally = Tally.of(made)
    chosen = sampled(tally, 50, np.random.default_rng(0))
    assert 48 <= len(chosen) <= 50
    assert len(set(chosen)) == len(chosen)
    counts = Tally.of(made, chosen).counts
    assert np.abs(counts - np.asarray([42, 8, 2])).max() <= 2
    assert chosen == sampled(tally, 50, np.random.default_rng(0))
    assert sampled(tally, 500, np.random.default_rng(0)) == list(tally.ids)


def test_a_table_that_nobody_asked_for_may_be_bad_and_one_asked_for_may_not(tmp_path):
    (tmp_path / "t.csv").write_text("track_id,x\nt000,1\nt001,nan\n")
    table = FeatureTable(tmp_path / "t.csv", {"name": "table", "kind": "other", "names": ("x",)},
                         None, comparable=False)
    made = dataset(("a",), ("b",), tables=(table,), root=tmp_path)
    found = exploring.explore(made)
    assert found.family == ""
    assert found.notes[-1].startswith("No features were looked at: ")
    assert "t.csv" in found.notes[-1] or "track 't001'" in found.notes[-1]
    asked = '{"name": "table", "kind": "other", "names": ["x"]}'
    with pytest.raises(DataError):
        exploring.explore(made, Settings(features=asked))


def test_the_first_split_is_kept_and_another_or_none_can_be_asked_for():
    made = dataset(("a",), ("b",), ("a",), parts={
        "only test": {"t000": "test", "t001": "test", "t002": "test"},
        "first": {"t000": "train", "t001": "valid", "t002": "test"},
        "second": {"t000": "test", "t001": "train", "t002": "train"}})
    assert exploring.explore(made).split == "first"
    second = exploring.explore(made, Settings(partition="second"))
    assert "its 1 test tracks stay unseen" in second.notes[0]
    everything = exploring.explore(made, Settings(partition="none"))
    assert everything.split == ""
    assert everything.notes[0].startswith("All tracks were looked at")
    with pytest.raises(SettingsError, match="Did you mean 'second'"):
        exploring.explore(made, Settings(partition="secnd"))
    with pytest.raises(SettingsError, match="no published split 'x'"):
        exploring.explore(dataset(("a",), ("b",)), Settings(partition="x"))


def test_a_test_part_alone_is_not_explored_by_accident():
    made = dataset(("a",), ("b",), parts=parts(test=["t000", "t001"]))
    with pytest.raises(DataError, match="all tracks at hand are test tracks of 's'"):
        exploring.explore(made)
    assert exploring.explore(made, Settings(partition="none")).split == ""


@pytest.mark.parametrize("wrong", [{"rows": 1}, {"seed": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match="expected"):
        Settings(**wrong)


def test_both_files_are_written_and_agree(tmp_path):
    made = dataset(*[("a", "b")] * 5, ("c",), parts=parts(
        train=[f"t{i:03}" for i in range(5)], test=["t005"]))
    found = exploring.explore(made)
    values = exploring.save(found, tmp_path / "deep/out")
    assert json.loads((tmp_path / "deep/out/explore.json").read_text()) == values
    html = (tmp_path / "deep/out/explore.html").read_text(encoding="utf-8")
    assert html == page(found)
    assert sorted(values["sections"]) == sorted(s.name for s in found.sections)
    for section in found.sections:
        assert values["sections"][section.name]["captions"] == [f.caption for f in section.figures]


MULTI = [*[("rock", "punk")] * 9, *[("jazz", "piano")] * 9, ("rock", "jazz")]


@pytest.mark.parametrize("features", [False, True])
def test_the_page_is_whole_fetches_nothing_and_has_no_id_twice(features, whole):
    found = whole[0] if features else exploring.explore(dataset(*MULTI))
    parsed = Page(page(found))
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value for name, value in parsed.attributes if name == "href"} == {
        f"#{section.name}" for section in found.sections}
    assert "script" not in parsed.tags
    assert not [value for name, value in parsed.attributes if name == "src"]
    assert len(parsed.svgs) > 5


@pytest.mark.parametrize("features", [False, True])
def test_every_class_of_the_pictures_is_in_the_style_sheet(features, whole):
    html = page(whole[0] if features else exploring.explore(dataset(*MULTI)))
    style, body = html.split("</style>")
    used = {name for its in re.findall(r'class="([^"]*)"', body) for name in its.split()}
    # Texts are ink as all text of charts is; the rest must have a rule.
    plain = {"label", "value"}
    missing = {name for name in used - plain if not re.search(rf"\.{name}\b", style)}
    assert missing == set()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\x1b[2Jb", "\ud800",
                                  "$x_1$ & \"q\""])
def test_hostile_labels_are_text(name, tmp_path):
    made = dataset(*[(name, "b")] * 5, ("c",))
    exploring.save(exploring.explore(made), tmp_path)
    html = (tmp_path / "explore.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "\x1b" not in html
    Page(html)
    assert json.loads((tmp_path / "explore.json").read_text())


def test_the_headline_names_the_tail_only_where_there_is_one():
    flat = exploring.explore(dataset(("a",), ("b",)))
    assert headline(flat) == "2 tracks, 2 labels, 1.00 a track"
    tail = exploring.explore(dataset(*[("a",)] * 9, ("b",), ("c",), ("d",)))
    assert headline(tail).endswith("; 1 of the labels make up half of all that tracks bear")


def test_a_folder_that_cannot_be_written_is_told_first(tmp_path):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file/deeper/still"):
        with pytest.raises(EarmarkError, match="is a file; expected a folder"):
            exploring.refuse_unwritable(folder)
    exploring.refuse_unwritable(tmp_path / "new/folder")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_every_dataset_has_a_page_of_its_labels(name, tmp_path, monkeypatch):
    monkeypatch.setattr(exploring, "gathered", lambda *_: (None, []))
    registry.load("datasets", name).sample(tmp_path / "sample")
    found = exploring.explore(open_dataset(name, tmp_path / "sample"))
    values = exploring.save(found, tmp_path / "out")
    assert values["sections"]["labels"]["tracks"] == values["tracks"] == len(
        open_dataset(name, tmp_path / "sample").tracks)
    assert Page((tmp_path / "out/explore.html").read_text(encoding="utf-8")).svgs


def test_the_same_seed_gives_the_same_files(sample_root, whole, tmp_path):
    exploring.save(whole[0], tmp_path / "a")
    exploring.save(exploring.explore(Gtzan(sample_root)), tmp_path / "b")
    for file in ("explore.json", "explore.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.realdata
def test_audioset_is_explored_without_its_eval_part(realdata):
    made = AudioSet(realdata / "audioset")
    found = exploring.explore(made, Settings(rows=300))
    labels, pairs = (next(s.numbers for s in found.sections if s.name == name)
                     for name in ("labels", "pairs"))
    assert (labels["tracks"], pairs["tracks"]) == (16684, 8836)
    assert found.notes[1].startswith("Features: table (vggish), from the dataset's table, the mean "
                                     "over a track's segments; of 300 of 8836 tracks")


def test_an_empty_track_list_is_refused():
    with pytest.raises(DataError, match="expected a dataset with labels"):
        exploring.explore(Made.of([Track("a", ())], labels=("x",)))


def test_gathering_takes_no_more_tracks_than_asked_from_audio(monkeypatch):
    made, asked = dataset(*[("a",)] * 30, *[("b",)] * 30), []

    def gather(_, ids, *__):
        asked.extend(ids)
        raise DataError("no audio")

    monkeypatch.setattr(gathering, "gather", gather)
    with pytest.raises(DataError, match="no audio"):
        gathered(made, list(made.tracks), "gtzan57", 20, 0, print)
    assert 18 <= len(asked) <= 20
