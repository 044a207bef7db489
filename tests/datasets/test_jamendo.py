"""MTG-Jamendo: tags to the end of the line, every layout the same, artists in one part."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.jamendo import Jamendo
from earmark.errors import DataError
from earmark.judging import splits

HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
ROWS = {
    "train": "track_0000241\tartist_000005\talbum_000033\t41/241.mp3\t340.1\tgenre---rock",
    "validation": "track_0000773\tartist_000104\talbum_000126\t73/773.mp3\t275.3\t"
                  "genre---pop\tgenre---rock\tinstrument---piano",
    "test": "track_0000215\tartist_000014\talbum_000031\t15/215.mp3\t151.4\tgenre---metal",
}  # fmt: skip


def table(*rows: str) -> str:
    return "".join(f"{line}\n" for line in (HEADER, *rows))


def written(folder: Path, infix: str = "_top50tags", **texts: str) -> Path:
    """Write the three tables of a task; ``texts`` stand in for some of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, row in ROWS.items():
        path = folder / f"autotagging{infix}-{part}.tsv"
        path.write_bytes(texts.get(part, table(row)).encode())
    return folder


@pytest.mark.parametrize("place", ["data/splits/split-0", "splits/split-0", "split-0", ".", "data"])
def test_every_layout_is_read_the_same(tmp_path: Path, place: str) -> None:
    written(tmp_path / place)
    data = Jamendo(tmp_path)
    track = data.tracks["track_0000773"]
    assert track.labels == ("genre---pop", "genre---rock", "instrument---piano")
    assert (track.artist, track.album, track.seconds) == ("artist_000104", "album_000126", 275.3)
    assert data.partitions() == {"split-0": {
        "track_0000215": "test", "track_0000241": "train", "track_0000773": "valid"}}  # fmt: skip
    assert Jamendo.recognises(tmp_path)


def test_tags_are_as_published_and_their_groups_known(tmp_path: Path) -> None:
    vocabulary = Jamendo(written(tmp_path)).vocabulary
    assert vocabulary.labels == ("genre---metal", "genre---pop", "genre---rock",
                                 "instrument---piano")  # fmt: skip
    assert vocabulary.group("instrument---piano") == "instrument"
    assert vocabulary.group("genre---metal") == "genre"


def test_each_task_reads_its_own_tables(tmp_path: Path) -> None:
    written(tmp_path, "_genre")
    assert len(Jamendo(tmp_path, "genre").tracks) == 3
    with pytest.raises(DataError, match=r"task=moodtheme: looked for autotagging_moodtheme-train"):
        Jamendo(tmp_path, "moodtheme").read_tracks()


def test_all_tags_are_put_together_from_the_categories(tmp_path: Path) -> None:
    written(tmp_path, "_genre")
    start = ROWS["train"].rpartition("\t")[0]
    other = "track_0000999\tartist_000009\talbum_000009\t99/999.mp3\t60.0\tinstrument---harp"
    written(tmp_path, "_instrument", train=table(f"{start}\tinstrument---drums", other))
    assert not Jamendo(tmp_path, "all").recognises(tmp_path / "none")
    with pytest.raises(DataError, match="task=all"):
        Jamendo(tmp_path, "all").read_tracks()
    written(tmp_path, "_moodtheme", train=table(f"{start}\tmood/theme---calm\tmood/theme---sad"))
    data = Jamendo(tmp_path, "all")
    assert data.tracks["track_0000241"].labels == (
        "genre---rock", "instrument---drums", "mood/theme---calm", "mood/theme---sad")
    assert data.tracks["track_0000999"].labels == ("instrument---harp",)
    assert data.partitions()["split-0"]["track_0000999"] == "train"
    assert "put together" in data.remarks()[0]
    assert data.remarks()[1] == "the tables hold 4 tracks where 55525 are published"


def test_tables_that_disagree_on_a_track(tmp_path: Path) -> None:
    written(tmp_path, "_genre")
    written(tmp_path, "_instrument")
    written(tmp_path, "_moodtheme", train=table(ROWS["train"].replace("000005", "000006")))
    with pytest.raises(DataError, match=r"moodtheme-train.tsv, line 2: says otherwise of track_0"):
        Jamendo(tmp_path, "all").read_tracks()


def test_five_divisions(tmp_path: Path) -> None:
    for number in range(5):
        written(tmp_path / "data" / "splits" / f"split-{number}")
    swapped = {"train": table(ROWS["test"]), "test": table(ROWS["train"])}
    written(tmp_path / "data" / "splits" / "split-3", **swapped)
    parts = Jamendo(tmp_path).partitions()
    assert list(parts) == [f"split-{number}" for number in range(5)]
    assert parts["split-3"]["track_0000241"] == "test"
    assert parts["split-2"] == parts["split-0"]


def test_a_division_with_a_table_missing_is_left_out_and_told(tmp_path: Path) -> None:
    for number in (0, 1):
        written(tmp_path / f"split-{number}")
    (tmp_path / "split-0" / "autotagging_top50tags-test.tsv").unlink()
    data = Jamendo(tmp_path)
    assert list(data.partitions()) == ["split-1"]
    assert "split-0 left out: the tables of the task are not all there" in data.remarks()


def test_a_track_in_two_parts_is_one_line(tmp_path: Path) -> None:
    written(tmp_path / "split-0", test=table(ROWS["train"]))
    with pytest.raises(DataError, match=r"-test.tsv: holds tracks of another part, too: track_0"):
        Jamendo(tmp_path).read_tracks()
    written(tmp_path / "split-0")
    written(tmp_path / "split-1", test=table(ROWS["train"]))
    with pytest.raises(DataError, match=r"-test.tsv: track_0000241 is in train, too"):
        Jamendo(tmp_path).partitions()


@pytest.mark.parametrize("encode", [
    lambda text: text.encode("utf-8-sig"), lambda text: text.encode("utf-16"),
    lambda text: text.replace("\n", "\r\n").encode(), lambda text: (text + "\n\n").encode(),
    lambda text: text.replace("\trock", "\trock\t\t").encode(),
])  # fmt: skip
def test_as_editors_save_it(tmp_path: Path, encode: object) -> None:
    plain = Jamendo(written(tmp_path)).fingerprint
    for path in tmp_path.glob("*.tsv"):
        path.write_bytes(encode(path.read_text("utf-8")))  # type: ignore[operator]
    assert Jamendo(tmp_path).fingerprint == plain


def test_columns_are_taken_by_name_and_tags_stay_last(tmp_path: Path) -> None:
    plain = Jamendo(written(tmp_path)).fingerprint
    for path in tmp_path.glob("*.tsv"):
        lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
        moved = [[line[1], "added", line[0], *line[2:]] for line in lines]
        path.write_text("".join("\t".join(line) + "\n" for line in moved), "utf-8")
    data = Jamendo(tmp_path)
    assert data.fingerprint == plain
    assert set(data.partitions()["split-0"]) == set(data.tracks)


ROW = ROWS["train"]
BODY = ROW.rpartition("\t")[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: has no column 'TRACK_ID'"),
        (HEADER + "\n", "holds no tracks"),
        (table(ROW).replace("TAGS", "TAGS\tMORE"), "'TAGS' is not the last column"),
        (table(ROW).replace("DURATION", "LENGTH"), "has no column 'DURATION'"),
        (table(ROW).replace("PATH", "TRACK_ID"), "has 2 times the column 'TRACK_ID'"),
        (table(ROW, ROW), "line 3: track_0000241 stands on line 2, too"),
        (table(BODY), "line 2: has 5 fields; .* Is it cut short"),
        (table(f"{BODY}\t"), "line 2: track_0000241 bears no tag"),
        (table(f"{BODY}\trock"), "line 2: a tag is 'rock'"),
        (table(f"{BODY}\tgenre---"), "line 2: a tag is 'genre---'"),
        (table(f"{BODY}\t['genre---rock']"), "line 2: a tag is"),
        (table(ROW, ROW.replace("241", "242").replace("rock", "metal"))[:-4],
         "line 3: ends in 'genre---me' without a line break. Is it cut short"),
        (table(ROW.replace("41/241.mp3", "../241.mp3")), "line 2: the path is '../241.mp3'"),
        (table(ROW.replace("41/241.mp3", "/41/241.mp3")), "line 2: the path is"),
        (table(ROW.replace("track_0000241", "241")), "line 2: the track's id is '241'"),
        (table(ROW.replace("340.1", "nan")), "line 2: the duration is 'nan'"),
        (table(ROW.replace("340.1", "-1")), "line 2: the duration is '-1'"),
        (table(ROW.replace("340.1", "5 min")), "line 2: the duration is '5 min'"),
        (table(ROW).replace("\t", ","), "line 1: has no column 'TRACK_ID'"),
    ],
)
def test_a_damaged_table_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    written(tmp_path, train=content)
    with pytest.raises(DataError, match=message) as caught:
        Jamendo(tmp_path).read_tracks()
    assert str(tmp_path / "autotagging_top50tags-train.tsv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_encoding_is_one_line(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "autotagging_top50tags-test.tsv"
    path.write_bytes(table(ROWS["test"].replace("metal", "métal")).encode("latin-1"))
    with pytest.raises(DataError, match=re.escape(f"{path}, line 2: is not UTF-8")):
        Jamendo(tmp_path).read_tracks()


@given(cut=st.integers(0, 400))
def test_no_table_cut_anywhere_changes_a_track(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    longer = ROW.replace("241", "242") + "nroll\tinstrument---piano"
    whole = Jamendo(written(folder, train=table(ROW, longer))).tracks
    written(folder, train=table(ROW, longer)[:cut])
    try:
        read = Jamendo(folder).tracks
    except DataError as error:
        read, refusal = {}, str(error)
    else:
        refusal = ""
    assert read.items() <= whole.items()
    assert "\n" not in refusal


def test_an_undivided_table(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "autotagging_genre.tsv").write_text(table(*ROWS.values()), "utf-8")
    data = Jamendo(tmp_path, "genre")
    assert len(data.tracks) == 3
    assert data.partitions() == {}
    assert "undivided" in data.remarks()[0]
    assert Jamendo.recognises(tmp_path)


def test_a_link_that_was_stored_as_text(tmp_path: Path) -> None:
    base = tmp_path / "autotagging.tsv"
    base.write_text("raw_30s_cleantags_50artists.tsv", "utf-8")
    with pytest.raises(DataError, match=re.escape(f"{base}: is a link that was stored as text")):
        Jamendo(tmp_path, "all").read_tracks()
    (tmp_path / "raw_30s_cleantags_50artists.tsv").write_text(table(*ROWS.values()), "utf-8")
    assert len(Jamendo(tmp_path, "all").tracks) == 3


def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "autotagging.tsv").write_text("../../secret.tsv", "utf-8")
    with pytest.raises(DataError, match="line 1: has no column 'TRACK_ID'"):
        Jamendo(tmp_path, "all").read_tracks()


@pytest.mark.parametrize(
    ("holder", "suffix"),
    [("audio/", ".mp3"), ("audio-low/", ".low.mp3"), ("", ".mp3"), ("raw_30s/audio/", ".mp3"),
     ("audio/", ".flac")],
)  # fmt: skip
def test_audio_is_found_and_what_lacks_or_exceeds_is_counted(
    tmp_path: Path, holder: str, suffix: str
) -> None:
    written(tmp_path)
    for name in (f"41/241{suffix}", f"41/9941{suffix}", f"41/._241{suffix}", "15/215.npy"):
        (tmp_path / holder / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / holder / name).touch()
    data = Jamendo(tmp_path)
    assert data.tracks["track_0000241"].path == f"{holder}41/241{suffix}"
    assert data.tracks["track_0000215"].path is None
    assert data.remarks()[1:] == ["2 tracks without their file: track_0000215, track_0000773",
                                  f"1 file not of this task: {holder}41/9941{suffix}"]


def test_of_two_qualities_the_better_is_taken(tmp_path: Path) -> None:
    written(tmp_path)
    for name in ("audio/41/241.mp3", "audio/41/241.low.mp3", "audio-low/41/241.low.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert Jamendo(tmp_path).tracks["track_0000241"].path == "audio/41/241.mp3"


def test_other_spellings(tmp_path: Path) -> None:
    written(tmp_path)
    spelt = {"genre": {"rockmusic": "rock", "poprock": "poprock", "pop": "rock"},
             "instrument": {"pianos": "piano"}}  # fmt: skip
    (tmp_path / "tag_map.json").write_text(json.dumps(spelt), "utf-8")
    vocabulary = Jamendo(tmp_path).vocabulary
    assert vocabulary.aliases == {"genre---rockmusic": "genre---rock",
                                  "instrument---pianos": "instrument---piano"}  # fmt: skip
    assert vocabulary.canonical("genre---RockMusic") == "genre---rock"
    for wrong in ("[]", "{", '{"genre": []}', "[" * 100_000):
        (tmp_path / "tag_map.json").write_text(wrong, "utf-8")
        with pytest.raises(DataError, match=r"tag_map.json: is no map of tags"):
            _ = Jamendo(tmp_path).vocabulary


def test_titles_hold_quotes_as_they_are(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "raw.meta.tsv").write_text(
        "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\n"
        'track_0000241\ta\tb\t"Half a quote\tSomebody\n'
        "track_0000215\ta\tb\tMétal\t\tOne field too many\ntrack_0000773\ta\n", "utf-8")
    titles = {track.id: track.title for track in Jamendo(tmp_path).tracks.values()}
    assert titles == {"track_0000215": "Métal", "track_0000241": '"Half a quote',
                      "track_0000773": None}  # fmt: skip


def test_what_can_be_fetched_lies_where_it_is_looked_for(tmp_path: Path) -> None:
    files = [source.file for source in Jamendo.sources]
    assert len(files) == len(set(files)) == 2 + 5 * 5 * 3 + 100
    first = [source for source in Jamendo.sources if source.part == "metadata"]
    assert len(first) == 2 + 5 * 3  # the division that suffices
    assert all(source.checksum and source.unpack == "tar" for source in Jamendo.sources
               if source.part == "audio")  # fmt: skip
    Jamendo.sample(tmp_path)
    for path in (tmp_path / "data" / "splits").rglob("*.tsv"):
        assert path.relative_to(tmp_path).as_posix() in files


# What is known of the real set.


@pytest.fixture(scope="module")
def real(realdata: Path) -> Path:
    if not (realdata / "jamendo").is_dir():
        pytest.skip(f"no jamendo in {realdata}")
    return realdata / "jamendo"


def sizes(parts: Mapping[str, str]) -> tuple[int, ...]:
    counted = Counter(parts.values())
    return counted["train"], counted["valid"], counted["test"]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("task", "expected", "tags"),
    [("top50tags", (32_136, 10_888, 11_356), 50), ("genre", (32_572, 11_043, 11_479), 87),
     ("instrument", (14_395, 5_466, 5_115), 40), ("moodtheme", (9_949, 3_802, 4_231), 56),
     ("all", (32_859, 11_101, 11_565), 183)],
)  # fmt: skip
def test_real_sizes_and_no_artist_in_two_parts(
    real: Path, task: str, expected: tuple[int, ...], tags: int
) -> None:
    data = Jamendo(real, task)  # type: ignore[arg-type]
    assert sizes(data.partitions()["split-0"]) == expected
    assert len(data.tracks) == sum(expected)
    assert len(data.vocabulary) == tags
    split = splits.official(data, "split-0")
    assert not [leak for leak in splits.leaks(split, data) if leak.kind in {"artist", "album"}]
    assert all(t.artist and t.album and t.seconds for t in data.tracks.values())
    assert not any("published" in remark for remark in data.remarks())


@pytest.mark.realdata
def test_real_labels_agree_with_the_lines(real: Path) -> None:
    """Counted anew by a search for words, which knows nothing of columns."""
    text = "".join((real / f"autotagging_top50tags-{part}.tsv").read_text("utf-8")
                   for part in ROWS)  # fmt: skip
    words = Counter(re.findall(r"(?:genre|instrument|mood/theme)---\S+", text))
    data = Jamendo(real)
    assert Counter(label for t in data.tracks.values() for label in t.labels) == words
    listed = (real / "tags" / "top50.txt").read_text("utf-8").split()
    assert set(listed) == set(data.vocabulary.labels)


@pytest.mark.realdata
def test_the_fifty_are_the_commonest_of_all(real: Path) -> None:
    counted = Counter(x for t in Jamendo(real, "all").tracks.values() for x in t.labels)
    commonest = {label for label, _ in counted.most_common(50)}
    assert commonest == set(Jamendo(real).vocabulary.labels)
