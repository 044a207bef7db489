"""MagnaTagATune: tags whole, denials apart, artists in one part, the unknown never taken for no."""

from __future__ import annotations

import csv
import pickle
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.load import load
from earmark.datasets._magnatagatune_labels import (
    GENRES,
    SYNONYMS,
    TAGS,
    TOP50,
    labeller,
    vocabulary,
)
from earmark.datasets._magnatagatune_names import artist_of, parse, part_of
from earmark.datasets.magnatagatune import MagnaTagATune
from earmark.errors import DataError
from earmark.judging import splits
from earmark.judging.splits import Split
from earmark.labels import crosswalk

PATHS = ("0/aba_structure-epic-03-houseboats-0-29.mp3",
         "c/aba_structure-epic-03-houseboats-29-58.mp3",
         "f/rapoon-vernal_crossing-07-anatapurrah-320-349.mp3")  # fmt: skip


def annotations(
    clips: Mapping[str, tuple[str, tuple[str, ...]]], columns: tuple[str, ...] = TAGS
) -> str:
    """The published table: id to path and tags."""
    rows = [["clip_id", *columns, "mp3_path"]]
    rows += [[clip, *(str(int(tag in tags)) for tag in columns), path]
             for clip, (path, tags) in clips.items()]  # fmt: skip
    return "".join("\t".join(f'"{value}"' for value in row) + "\n" for row in rows)


def written(root: Path, *tags: tuple[str, ...]) -> Path:
    """A copy with one clip for each of the given sets of tags, ids 1, 2 ..."""
    clips = {str(i): (PATHS[i - 1], borne) for i, borne in enumerate(tags, 1)}
    (root / "annotations_final.csv").write_text(annotations(clips), "utf-8")
    return root


def labels_of(*tags: str, labels: str) -> tuple[str, ...]:
    return labeller(labels, frozenset(TAGS))(tags)  # type: ignore[arg-type]


def test_there_are_188_tags_and_fifty_of_them_come_first() -> None:
    assert len(TAGS) == len(set(TAGS)) == 188
    assert TAGS[:50] == TOP50


@pytest.mark.parametrize(
    ("tags", "genres"),
    [
        (("rock", "guitar"), ("rock",)),
        (("hip hop",), ("hip hop",)),
        (("rap", "hip hop"), ("hip hop",)),
        (("techno", "trance", "house"), ("electronic",)),
        (("not rock", "guitar"), ()),
        (("not rock", "rock"), ()),
        (("classical", "not classical"), ()),
        (("classical guitar",), ()),
        (("soft rock", "slow"), ()),
        (("rock", "pop"), ()),
        (("rock", "not classical"), ("rock",)),
        (("new age", "no vocals"), ()),
        (("country", "blues"), ()),
        ((), ()),
    ],
)
def test_a_main_genre_is_of_whole_tags_that_agree(
    tags: tuple[str, ...], genres: tuple[str, ...]
) -> None:
    assert labels_of(*tags, labels="genre") == genres


def test_synonyms_are_of_the_tags_and_each_tag_in_one_set_only() -> None:
    tags = [tag for synonyms in SYNONYMS for tag in synonyms]
    assert len(tags) == len(set(tags))
    assert set(tags) <= set(TAGS)
    # 188 tags less those that give way to the first of their set, counted by hand in the list:
    # 1+1+1+2+1+3+2+8+1+1+1+1+2+1+1+1+7+1+6+1+1+1+1+1+1+1+1+3+1 = 54
    assert len(vocabulary("merged", frozenset(TAGS))) == 188 - 54


@given(st.sets(st.sampled_from(TAGS)))
def test_merging_makes_no_denial_an_assertion(tags: set[str]) -> None:
    """Denials ("no", "not", instrumental) merge among themselves alone."""
    def denies(tag: str) -> bool:
        return tag.startswith(("no ", "not ")) or tag == "instrumental"

    merged = labels_of(*tags, labels="merged")
    assert any(map(denies, tags)) == any(map(denies, merged))
    assert any(not denies(tag) for tag in tags) == any(not denies(tag) for tag in merged)


@given(st.lists(st.sampled_from(TAGS), unique=True))
def test_merging_is_an_or(tags: list[str]) -> None:
    merged = set(labels_of(*tags, labels="merged"))
    for first, *others in SYNONYMS:
        assert (first in merged) == bool({first, *others} & set(tags))


def test_all_tags_are_kept_whole(tmp_path: Path) -> None:
    borne = ("not rock", "no vocals", "hard rock", "new age", "hip hop")
    (track,) = MagnaTagATune(written(tmp_path, borne), "all").tracks.values()
    assert set(track.labels) == set(borne)


@pytest.mark.parametrize(
    ("tag", "group"),
    [("guitar", "instrument"), ("hip hop", "genre"), ("not rock", "other"), ("slow", "tempo"),
     ("no singing", "vocals"), ("girl", "vocals"), ("sad", "mood"), ("jazzy", "genre"),
     ("no piano", "other"), ("classical guitar", "instrument"), ("lol", "other")],
)  # fmt: skip
def test_groups_of_tags(tag: str, group: str) -> None:
    assert vocabulary("all", frozenset(TAGS)).group(tag) == group


def test_the_sheet_is_found_by_its_labels() -> None:
    assert crosswalk.of(TAGS).sheet == crosswalk.read("mtt188").sheet
    meanings = {tag: crosswalk.read("mtt188").meaning(tag).ours for tag in TAGS}
    for tag in TAGS:
        if tag.startswith("not "):
            assert meanings[tag] == tag  # stands for itself, never for what it denies


@pytest.mark.parametrize(
    ("written_as", "title", "artist"),
    [
        ("rapoon", "brad_sucks", "rapoon"),
        ("magnatune", "brad_sucks__i_think_i_started_a_trend", "brad_sucks"),
        ("magnatune_com", "lagoon_artemis", "artemis"),
        ("magnatune_com", "spank_you_marginal_prophets", "the_marginal_prophets"),
        ("magnatune_remixed", "curl_my_cranium__lo_tag_blanco_and_fourstones", "four_stones"),
        ("various_artists", "artemisia_nobody_knows", "various_artists"),
        ("c_layne", "you_are_the_reason", "c__layne"),
    ],
)
def test_who_plays(written_as: str, title: str, artist: str) -> None:
    assert artist_of(written_as, title) == artist


def test_a_sampler_is_an_album_for_each_artist() -> None:
    one = parse("3/magnatune_com-salon-05-lagoon_artemis-0-29.mp3")
    other = parse("3/magnatune_com-salon-06-less_of_you_c_layne-0-29.mp3")
    assert one is not None
    assert other is not None
    assert (one.album, other.album) == ("artemis-salon", "c__layne-salon")


def test_what_a_file_name_says() -> None:
    name = parse("6/norine_braun-now_and_zen-08-gently-117-146.mp3")
    assert name == ("6", "norine_braun", "norine_braun-now_and_zen",
                    "norine_braun-now_and_zen-08-gently", "gently", 29.0)


@pytest.mark.parametrize(
    "path", ["", "6/a.mp3", "g/a-b-01-c-0-29.mp3", "../6/a-b-01-c-0-29.mp3", "6/a-b-01-c-0-29.wav",
             "6/a-b-01-../x-0-29.mp3", "6/a-b-01-c-0-29.mp3\n", "6/a-b-٠١-c-0-29.mp3"],
)  # fmt: skip
def test_what_is_no_file_name(path: str) -> None:
    assert parse(path) is None


def test_clips_of_one_recording_share_artist_album_and_song(tmp_path: Path) -> None:
    a, b, c = MagnaTagATune(written(tmp_path, ("rock",), (), ())).tracks.values()
    assert (a.artist, a.album, a.song) == (b.artist, b.album, b.song)
    assert a.artist == "aba_structure" != c.artist
    assert (a.title, a.seconds) == ("houseboats", 29.0)


def test_titles_are_as_written_where_clip_info_is_there(tmp_path: Path) -> None:
    data = MagnaTagATune(written(tmp_path, ("rock",), ("rock",)))
    before = data.fingerprint
    (tmp_path / "clip_info_final.csv").write_text(
        "clip_id\ttrack_number\ttitle\tartist\n1\t3\tHouse \"Boats\"\tÅba\n2\t3\t\tÅba\n"
        "77\t1\tNever Tagged\t\n", "utf-8")  # fmt: skip
    read = MagnaTagATune(tmp_path)
    assert [track.title for track in read.tracks.values()] == ['House "Boats"', "houseboats"]
    assert read.fingerprint == before


@pytest.mark.parametrize("holder", ["", "mp3/", "mp3_all/", "audio/"])
def test_audio_is_found_and_what_lacks_or_exceeds_is_counted(tmp_path: Path, holder: str) -> None:
    root = written(tmp_path, ("rock",), ("pop",), ("slow",))
    names = (PATHS[0], PATHS[0][:-3] + "wav", PATHS[1][:-3] + "flac", "3/a-b-01-c-0-29.mp3",
             "0/._aba_structure-epic-03-houseboats-0-29.mp3", "0/notes.txt")  # fmt: skip
    for name in names:
        (root / holder / name).parent.mkdir(parents=True, exist_ok=True)
        (root / holder / name).touch()
    data = MagnaTagATune(root)
    paths = [track.path for track in data.tracks.values()]
    assert paths == [holder + PATHS[0], holder + PATHS[1][:-3] + "flac", None]
    remarks = " ".join(data.remarks())
    assert "1 clip without their file: 3" in remarks
    assert f"1 file not named in the table: {holder}3/a-b-01-c-0-29.mp3" in remarks


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    clips = {"7": (PATHS[0], ("guitar", "slow"))}
    columns = ("added", *reversed(TAGS))
    (tmp_path / "annotations_final.csv").write_text(annotations(clips, columns), "utf-8")
    data = MagnaTagATune(tmp_path)
    assert data.tracks["7"].labels == ("guitar", "slow")
    assert data.vocabulary.labels == TOP50


@pytest.mark.parametrize("encode", [
    lambda text: text.encode("utf-8-sig"), lambda text: text.encode("utf-16"),
    lambda text: text.replace("\n", "\r\n").encode(), lambda text: text.rstrip("\n").encode(),
    lambda text: text.replace('"', "").encode(), lambda text: (text + "\n\n").encode(),
])  # fmt: skip
def test_as_editors_save_it(tmp_path: Path, encode: object) -> None:
    plain = MagnaTagATune(written(tmp_path, ("rock",), ("pop",))).fingerprint
    table = tmp_path / "annotations_final.csv"
    table.write_bytes(encode(table.read_text("utf-8")))  # type: ignore[operator]
    assert MagnaTagATune(tmp_path).fingerprint == plain


CLIPS = {"1": (PATHS[0], ("rock",)), "2": (PATHS[1], ("pop",))}
GOOD = annotations(CLIPS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: has no column 'clip_id'"),
        (GOOD.partition("\n")[0].encode(), "holds no clips"),
        (GOOD.replace('"no vocals"', '"no vocal s"').encode(), "has no column 'no vocals'"),
        (GOOD.replace('"lol"', '"rock"').encode(), "line 1: has 2 times the column 'rock'"),
        (GOOD[:-60].encode(), "line 3: .*Is it cut short"),
        (GOOD[:-130].encode(), "line 3: .*Is it cut short"),
        (annotations({**CLIPS, "01": (PATHS[1], ())}).encode(), "line 4: .* stands on line 3"),
        ((GOOD + GOOD.splitlines()[1]).encode(), "line 4: '1' stands on line 2, too"),
        (annotations({"1": ("../../x.mp3", ())}).encode(), "line 2: the path is '../../x.mp3'"),
        (annotations({"x1": (PATHS[0], ())}).encode(), "line 2: the clip's id is 'x1'"),
        (GOOD.replace('"1"\t"0"', '"1"\t"yes"', 1).encode(), "line 2: .* expected 0 or 1"),
        (GOOD.replace("aba", "äba").encode("latin-1"), "line 2: is not UTF-8"),
        (b"\xff\xfe" + GOOD.encode("utf-16-le")[:-1], "is not UTF-8"),
        (GOOD.replace("\t", ",").encode(), "line 1: cannot be read as a table"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    table = tmp_path / "annotations_final.csv"
    table.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        MagnaTagATune(tmp_path).read_tracks()
    assert str(caught.value).startswith(str(table))
    assert "\n" not in str(caught.value)


@given(cut=st.integers(0, len(GOOD)), quoted=st.booleans())
def test_no_table_cut_anywhere_changes_a_clip(
    tmp_path_factory: pytest.TempPathFactory, cut: int, quoted: bool
) -> None:
    table = tmp_path_factory.mktemp("cut") / "annotations_final.csv"
    text = GOOD if quoted else GOOD.replace('"', "")
    table.write_text(text, "utf-8")
    whole = MagnaTagATune(table.parent).tracks
    table.write_text(text[:cut], "utf-8")
    try:
        read = MagnaTagATune(table.parent).tracks
    except DataError as error:
        read, refusal = {}, str(error)
    else:
        refusal = ""
    assert read.items() <= whole.items()
    assert "\n" not in refusal


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"title\nx\n", "no column 'clip_id'"), (b"clip_id\ttitle\n1\ta\n1\tb\n", "line 3: .*second"),
     (b"clip_id\ttitle\n1\n", "line 2: .*cut short"),
     (b"clip_id\ttitle\n1\t\xe9\n", "line 2: .*UTF")],
)  # fmt: skip
def test_a_damaged_clip_info_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    written(tmp_path, ("rock",))
    (tmp_path / "clip_info_final.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        MagnaTagATune(tmp_path).read_tracks()


def musicnn(root: Path, **lists: str) -> Path:
    index = "".join(f"{i}\t{path}\n" for i, path in enumerate(PATHS, 1))
    (root / "index_mtt.tsv").write_text(index, "utf-8")
    for name, text in lists.items():
        (root / f"{name}_gt_mtt.tsv").write_text(text, "utf-8")
    return root


def listed(*tags: str) -> str:
    return str([float(tag in tags) for tag in TOP50])


def test_musicnns_lists_are_read_as_lists(tmp_path: Path) -> None:
    root = musicnn(tmp_path, train=f"1\t{listed('rock', 'choral')}\n",
                   test=f"3\t{listed().replace('.0', '')}\n")  # fmt: skip
    data = MagnaTagATune(root)
    assert {t.id: t.labels for t in data.tracks.values()} == {"1": ("rock", "choral"), "3": ()}
    assert data.vocabulary.labels == TOP50
    assert "1 clip left out: index_mtt.tsv does not say what tags they bear" in data.remarks()
    assert data.partitions()["clean"] == {"1": "train"}
    with pytest.raises(DataError, match=r"knows 50 of the 188 tags, too few for labels=all"):
        MagnaTagATune(root, "all").read_tracks()


def test_of_several_tables_the_one_with_the_most_tags_is_read(tmp_path: Path) -> None:
    partial(tmp_path, ("train", "0", {"pop": "1"}))
    musicnn(tmp_path, train=f"1\t{listed('rock')}\n")
    assert MagnaTagATune(tmp_path).tracks["1"].labels == ("rock",)
    written(tmp_path, ("slow",))
    assert MagnaTagATune(tmp_path).tracks["1"].labels == ("slow",)


@pytest.mark.parametrize(
    ("text", "message"),
    [("1\t[0, 1]\n", "line 1: holds no list of 50"), ("1\n", "line 1: holds no list"),
     (f"1\t{listed()[:-9]}\n", "cut short"), (f"1\t{listed()[1:]}\n", "line 1"),
     (f"1\t{listed()}\n1\t{listed()}\n", "line 2: clip 1 stands here a second time"),
     (f"9\t{listed()}\n", "does not name clip 9"),
     ("1\t__import__('os')\n", "line 1: holds no list")],
)  # fmt: skip
def test_damaged_lists_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        MagnaTagATune(musicnn(tmp_path, train=text)).read_tracks()


def partial(root: Path, *rows: tuple[str, str, dict[str, str]]) -> Path:
    """Rows of split, default value and other values by tag."""
    lines = [["clip_id", "mp3_path", "split", "labels_known", *TOP50]]
    for number, (split, default, values) in enumerate(rows, 1):
        lines.append([str(number), PATHS[number - 1], split, "", *(values.get(t, default)
                                                                  for t in TOP50)])  # fmt: skip
    (root / "top50_partial.csv").write_text("".join(",".join(r) + "\n" for r in lines), "utf-8")
    return root


def test_an_unknown_tag_is_never_an_absent_one(tmp_path: Path) -> None:
    root = partial(tmp_path, ("train", "", {"guitar": "1", "slow": "0"}),
                   ("none", "", {}), ("test", "0", {"guitar": "0", "techno": "1"}))  # fmt: skip
    data = MagnaTagATune(root)
    assert data.vocabulary.labels == ("guitar", "slow")
    assert {t.id: t.labels for t in data.tracks.values()} == {"1": ("guitar",), "3": ()}
    assert data.partitions()["clean"] == {"1": "train", "3": "test"}
    remarks = " ".join(data.remarks())
    assert "1 clip left out" in remarks
    assert "48 of the fifty tags left out" in remarks
    with pytest.raises(DataError, match=r"labels=genre; put .* beside it"):
        MagnaTagATune(root, "genre").read_tracks()


@pytest.mark.parametrize(
    ("row", "message"),
    [(("train", "", {}), "knows no tag of all clips"), (("test", "2", {}), "line 2: .* is '2'"),
     (("tset", "0", {}), "line 2: the split is 'tset'")],
)  # fmt: skip
def test_a_partial_table_that_says_too_little(
    tmp_path: Path, row: tuple[str, str, dict[str, str]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        MagnaTagATune(partial(tmp_path, row)).read_tracks()


def test_divisions(tmp_path: Path) -> None:
    clips = {
        "1": (PATHS[0], ("guitar",)), "2": (PATHS[1], ()), "3": (PATHS[2], ("lol",)),
        "4": ("b/rapoon-x-01-a-0-29.mp3", ("choral",)),
        "5": ("d/skitzo-x-01-a-0-29.mp3", ("pop",)),
        "29": ("0/american_bach_soloists-x-01-a-0-29.mp3", ("classical",)),
        "35644": ("6/norine_braun-now_and_zen-08-gently-117-146.mp3", ("rock",)),
    }  # fmt: skip
    (tmp_path / "annotations_final.csv").write_text(annotations(clips), "utf-8")
    data = MagnaTagATune(tmp_path)
    parts = data.partitions()
    assert parts["folder"] == {"1": "train", "2": "valid", "3": "test", "4": "train", "5": "test",
                               "29": "train"}  # fmt: skip
    assert parts["clean"] == {"1": "train", "4": "train", "5": "test"}
    assert parts["artist"].keys() == parts["folder"].keys()
    assert parts["artist"]["3"] == parts["artist"]["4"]  # rapoon
    assert [(fault.track, fault.kind) for fault in data.faults()] == [("35644", "empty")]


def test_pickled_lists_of_the_clean_division(tmp_path: Path) -> None:
    written(tmp_path, ("rock",), ("pop",), ("lol",))
    folder = tmp_path / "MTAT_split"
    folder.mkdir()
    lists = {"train": [PATHS[2][:-3] + "npy"], "valid": ["/x/y/" + PATHS[1]], "test": [PATHS[0]]}
    for part, names in lists.items():
        (folder / f"{part}_list_pub.cP").write_bytes(pickle.dumps(names, 0))
    clean = {"1": "test", "2": "valid", "3": "train"}
    assert MagnaTagATune(tmp_path).partitions()["clean"] == clean
    (folder / "valid_list_pub.cP").write_bytes(pickle.dumps(["c/nobody-x-01-y-0-29.npy"], 2))
    with pytest.raises(DataError, match="names clips that the table does not: c/nobody"):
        MagnaTagATune(tmp_path).partitions()
    (folder / "valid_list_pub.cP").write_bytes(pickle.dumps(lists["test"], 2))
    with pytest.raises(DataError, match="is in valid, too"):
        MagnaTagATune(tmp_path).partitions()
    (folder / "train_list_pub.cP").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError, match="was not carried out"):
        MagnaTagATune(tmp_path).partitions()


def test_an_index_alone_is_not_taken_for_the_dataset(tmp_path: Path) -> None:
    musicnn(tmp_path)
    assert not MagnaTagATune.recognises(tmp_path)
    with pytest.raises(DataError, match="looked for annotations_final"):
        MagnaTagATune(tmp_path).read_tracks()


def test_the_sample_sounds(tmp_path: Path) -> None:
    MagnaTagATune.sample(tmp_path)
    for track in MagnaTagATune(tmp_path).tracks.values():
        assert track.path is not None
        assert load(tmp_path / track.path, sample_rate=16_000).samples.std() > 0.01


def test_the_sample_has_all_parts_of_every_division(tmp_path: Path) -> None:
    MagnaTagATune.sample(tmp_path)
    for name, parts in MagnaTagATune(tmp_path).partitions().items():
        assert set(parts.values()) == {"train", "valid", "test"}, name


# What is known of the real set.


@pytest.fixture(scope="module")
def real(realdata: Path) -> MagnaTagATune:
    if not (realdata / "mtat").is_dir():
        pytest.skip(f"no mtat in {realdata}")
    return MagnaTagATune(realdata / "mtat")


def counts(parts: Mapping[str, str]) -> tuple[int, ...]:
    counted = Counter(parts.values())
    return counted["train"], counted["valid"], counted["test"]


@pytest.mark.realdata
def test_real_divisions_have_their_published_sizes(real: MagnaTagATune) -> None:
    parts = real.partitions()
    assert counts(parts["folder"]) == (18_706, 1_825, 5_329)
    assert counts(parts["clean"]) == (15_244, 1_529, 4_332)
    assert counts(parts["artist"]) == (18_902, 1_878, 5_080)
    # Where clips are clean, both agree.
    assert all(parts["folder"][clip] == part for clip, part in parts["clean"].items())


@pytest.mark.realdata
def test_real_labels_agree_with_the_table_cell_by_cell(real: MagnaTagATune, realdata: Path) -> None:
    counted: Counter[str] = Counter()
    kept = 0
    with (realdata / "mtat" / "top50_partial.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["labels_known"] != "none":
                kept += 1
                counted.update(tag for tag in TOP50[:20] if row[tag] == "1")
    read = Counter(label for track in real.tracks.values() for label in track.labels)
    assert read == counted
    assert real.vocabulary.labels == TOP50[:20]
    assert len(real.tracks) == kept == 20_090
    # In the order of the published list, which is by how common the tags are.
    assert [counted[tag] for tag in TOP50[:4]] == [4851, 4270, 3547, 2954]
    assert sorted(counted.values(), reverse=True) == [counted[tag] for tag in TOP50[:20]]


@pytest.mark.realdata
def test_folders_divide_albums_but_not_artists(realdata: Path, real: MagnaTagATune) -> None:
    part = real.partitions()["folder"]
    lines = (realdata / "mtat" / "index_mtt.tsv").read_text("utf-8").splitlines()
    index = dict(line.split("\t") for line in lines)
    assert len(index) == 25_863
    names = {clip: parse(path) for clip, path in index.items()}
    assert all(names.values())

    def heard(key: Mapping[str, str], into: str) -> float:
        parts = {clip: part.get(clip, "train") for clip in index}  # the three empty files, too
        trained = {key[clip] for clip in index if parts[clip] == "train"}
        return sum(key[c] in trained for c in index if parts[c] == into) / sum(
            parts[c] == into for c in index)  # fmt: skip

    written = {clip: path.split("/")[1].split("-")[0] for clip, path in index.items()}
    album = {clip: "-".join(path.split("/")[1].split("-")[:2]) for clip, path in index.items()}
    plays = {clip: name.artist for clip, name in names.items() if name}
    assert len(set(written.values())) == 230
    assert heard(album, "test") == heard(album, "valid") == 0
    assert heard(written, "test") == pytest.approx(0.616, abs=5e-4)
    assert heard(written, "valid") == pytest.approx(0.593, abs=5e-4)
    assert heard(plays, "test") == pytest.approx(0.713, abs=5e-4)
    assert len(set(plays.values())) == 239
    assert not {a for a in plays.values() if "magnatune" in a or a == "various_artists"}


@pytest.mark.realdata
def test_the_artist_division_leaks_nothing_and_the_others_do(real: MagnaTagATune) -> None:
    leaks = {name: Counter(leak.kind for leak in splits.leaks(Split(name, parts), real))
             for name, parts in real.partitions().items()}  # fmt: skip
    assert leaks["artist"] == {}
    assert leaks["folder"].keys() == leaks["clean"].keys() == {"artist"}


@pytest.mark.realdata
def test_the_artist_division_keeps_artists_apart_and_labels_even(
    real: MagnaTagATune, realdata: Path
) -> None:
    lines = (realdata / "mtat" / "index_mtt.tsv").read_text("utf-8").splitlines()
    names = [parse(line.split("\t")[1]) for line in lines]
    parts = defaultdict(set)
    for name in names:
        assert name is not None
        parts[name.artist].add(part_of(name.artist))
    assert all(len(found) == 1 for found in parts.values())

    # A label's share of a part over the part's share of clips: 1 is even.
    divided = real.partitions()["artist"]
    labels = real.vocabulary.matrix([t.labels for t in real.tracks.values()])
    share = {p: sum(q == p for q in divided.values()) / len(divided) for p in ("valid", "test")}
    for part, size in share.items():
        inside = [divided[clip] == part for clip in real.tracks]
        even = labels[inside].sum(axis=0) / labels.sum(axis=0) / size
        assert abs(even - 1).max() < 0.16, part


def test_no_artist_is_listed_twice_and_kin_share_a_part() -> None:
    from earmark.datasets._magnatagatune_names import _artists

    rows = _artists()
    assert len(rows) == 253
    for artist, row in rows.items():
        assert row["part"] in {"train", "valid", "test"}
        for other in filter(None, (row["same_as"], row["kin"])):
            assert rows[other]["part"] == row["part"], artist
        if row["same_as"]:
            assert not rows[row["same_as"]]["same_as"]
    for artist in rows:  # who is named in another's name plays with them
        for other in rows:
            if re.search(rf"(^|_){re.escape(artist)}_and_|_and_{re.escape(artist)}($|_)", other):
                assert rows[artist]["part"] == rows[other]["part"], (artist, other)


def test_genres_are_of_the_taxonomy() -> None:
    walk = crosswalk.of(GENRES)
    assert all(walk.meaning(genre).known and walk.meaning(genre).group == "genre"
               for genre in GENRES)  # fmt: skip
