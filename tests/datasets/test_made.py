"""What make and merge wrote is read back as it was, and what was damaged is refused by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from earmark.datasets.base import Track
from earmark.datasets.made import About, Made, Origin
from earmark.errors import DataError, EarmarkError
from earmark.features.base import FeatureSet
from earmark.lab.making.published import Published, write

FRONT_END = {"name": "table", "sample_rate": 22_050, "kind": "other", "names": ["a", "b"],
             "name_column": "filename"}  # fmt: skip


def published(count: int = 12, **about: object) -> Published:
    tracks = tuple(
        Track(f"t{n:02}", (("folk", "techno")[n % 2],), None, f"band {n // 2}", f"album {n // 4}",
              f"song {n}", f"Title, \"{n}\"", 6.5)
        for n in range(count)
    )  # fmt: skip
    rows = np.arange(count * 2 * 2, dtype=np.float32).reshape(-1, 2)
    ids = np.repeat([track.id for track in tracks], 2)
    features = FeatureSet(rows, ids, np.tile([0.0, 3.0], count), ("a", "b"),
                          {"table": "x", "front_end": FRONT_END})
    said = About("Made", "free", "us", "single", {"folk": "genre", "techno": "genre"}, FRONT_END,
                 3.0, {"x": "f" * 16}, 3)
    origins = {t.id: Origin("x", t.id.upper(), (t.labels[0].title(),)) for t in tracks}
    return Published(said, tracks, origins, features, ({"event": "chosen", "track": "t00"},),
                     ("Wanted: 6 tracks.",))


def test_written_and_read_again(tmp_path: Path) -> None:
    made = published()
    parts = write(made, tmp_path / "out")
    read = Made(tmp_path / "out")
    assert list(read.tracks.values()) == list(made.tracks)
    assert read.about == made.about
    assert read.vocabulary.labels == ("folk", "techno")
    assert read.partitions() == {"artist": parts}
    assert read.origin("t03") == Origin("x", "T03", ("Techno",))
    (table,) = read.feature_tables()
    assert (table.seconds, table.front_end) == (3.0, FRONT_END)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "CARD.md", "features.csv", "features.parquet", "log.jsonl", "made.toml", "tracks.csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_parts_keep_artists_whole(tmp_path: Path) -> None:
    made = published(40)
    parts = write(made, tmp_path / "out")
    of: dict[str | None, set[str]] = {}
    for track in made.tracks:
        of.setdefault(track.artist, set()).add(parts[track.id])
    assert all(len(found) == 1 for found in of.values())
    assert set(parts.values()) == {"train", "valid", "test"}


def test_parts_that_would_lack_labels_are_not_dealt(tmp_path: Path) -> None:
    from dataclasses import replace

    made = published(40)
    # Techno is of two artists only: of three parts one would lack it.
    tracks = tuple(replace(t, artist=f"duo {n % 8 == 1}") if t.labels == ("techno",) else
                   replace(t, artist=f"solo {n}") for n, t in enumerate(made.tracks))
    parts = write(replace(made, tracks=tracks), tmp_path / "out")
    assert set(parts.values()) == {"train", "test"}
    assert {parts[t.id] for t in tracks if t.labels == ("techno",)} == {"train", "test"}


def test_the_features_are_the_same_in_both_files(tmp_path: Path) -> None:
    write(published(), tmp_path / "out")
    from earmark.features import base

    front_end = base.build(FRONT_END)
    read = Made(tmp_path / "out")
    sets = [front_end.read(tmp_path / "out" / name, lambda n: (read.segment_of(n)[0], 0.0))
            for name in ("features.csv", "features.parquet")]
    for found in sets:
        np.testing.assert_array_equal(found.rows, published().features.rows)  # type: ignore[union-attr]
        assert found.track_ids.tolist() == published().features.track_ids.tolist()  # type: ignore[union-attr]


def test_a_taken_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(EarmarkError, match="is there already"):
        write(published(), tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_a_run_that_is_cut_short_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earmark.lab.making.published.card",
                        lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(EarmarkError, match="No space left"):
        write(published(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_label_with_the_separator_is_refused(tmp_path: Path) -> None:
    made = published()
    groups = {"folk;rock": "genre"}
    from dataclasses import replace

    with pytest.raises(DataError, match="folk;rock"):
        write(replace(made, about=replace(made.about, groups=groups)), tmp_path / "out")


@pytest.mark.parametrize(("old", "new", "says"), [
    ("t01,techno,", "t00,techno,", "line 3: the id 't00' is there twice"),
    ("t01,techno,", "t01,trance,", "line 3: the label 'trance'"),
    ("t01,techno,", "t01,,", "line 3: bears 0 labels"),
    ("t01,techno,", "t01,folk;techno,", "line 3: bears 2 labels"),
    ("id,labels,", "id,label,", "no column 'labels'"),
    ("6.500,x,T01", "long,x,T01", "line 3: 'seconds' is 'long'"),
    ("t01,techno,", ",techno,", "line 3: has no id"),
])  # fmt: skip
def test_damage_is_named_by_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    write(published(), tmp_path / "out")
    table = tmp_path / "out" / "tracks.csv"
    text = table.read_text()
    assert text.count(old) == 1
    table.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=says):
        Made(tmp_path / "out").read_tracks()


def test_a_truncated_table_and_a_newer_format_are_refused(tmp_path: Path) -> None:
    write(published(), tmp_path / "out")
    table, about = tmp_path / "out" / "tracks.csv", tmp_path / "out" / "made.toml"
    whole = table.read_text()
    table.write_text(whole[:-12])
    with pytest.raises(DataError, match="line 13"):
        Made(tmp_path / "out").read_tracks()
    table.write_text(whole)
    about.write_text(about.read_text().replace("format = 1", "format = 2"))
    with pytest.raises(DataError, match="format 2"):
        Made(tmp_path / "out").read_tracks()


def test_audio_that_is_not_here_is_said(tmp_path: Path) -> None:
    write(published(), tmp_path / "out")
    assert Made(tmp_path / "out").remarks() == [
        "12 tracks without audio here: t00, t01, t02 and 9 more"]


@pytest.mark.parametrize("name", ["t00", "t00#", "t00#x", "t00#²"])
def test_odd_row_names_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="names no segment"):
        Made("x").segment_of(name)


def test_where_the_audio_lies_is_told_apart_and_only_of_files_that_are_there(
    tmp_path: Path
) -> None:
    from dataclasses import replace

    made = published()
    (tmp_path / "a, b.wav").write_bytes(b"x")
    paths = {"t00": str(tmp_path / "a, b.wav"), "t01": str(tmp_path / "gone.wav")}
    tracks = tuple(replace(t, path=paths.get(t.id)) for t in made.tracks)
    write(replace(made, tracks=tracks), tmp_path / "out")
    read = Made(tmp_path / "out")
    assert read.tracks["t00"].path == (tmp_path / "a, b.wav").as_posix()
    assert read.tracks["t01"].path is None
    for name in ("tracks.csv", "features.csv", "CARD.md", "log.jsonl", "made.toml"):
        assert str(tmp_path) not in (tmp_path / "out" / name).read_text()
    (tmp_path / "out" / "paths.csv").write_text("id,file\nt00,x\n")
    with pytest.raises(DataError, match="no column 'path'"):
        Made(tmp_path / "out").read_tracks()
