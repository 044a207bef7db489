"""The whole check: what each part found, once, gravest first; and its page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.lab.doctor.made import Made

from earmark import registry
from earmark.datasets.base import Fault, Track
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.manifest import Manifest
from earmark.errors import DataError
from earmark.lab.doctor.bare import BareTable
from earmark.lab.doctor.check import Checkup, check, openable
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.page import headline, page

TRACKS = [Track(f"t{i:02}", ("rock",) if i % 2 else ("jazz",), f"{i}.wav", f"band {i % 7}")
          for i in range(40)]  # fmt: skip
PARTS = {"official": {t.id: "test" if i > 30 else "train" for i, t in enumerate(TRACKS)}}


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Ears that hear one silent track and one copy; what they were given."""
    calls: list[dict[str, object]] = []

    def listen(dataset: object, **given: object) -> SimpleNamespace:
        calls.append(given)
        return SimpleNamespace(heard=39, pairs=[], findings=[
            Finding("silent", "t03", "nothing above -60 dB"),
            Finding("exact duplicate", "t04", "the same samples", "t02"),
        ])

    monkeypatch.setattr("earmark.lab.doctor.listening.listen", listen)
    return calls


@pytest.mark.usefixtures("ears")
def test_everything_found_is_told_once_the_gravest_first() -> None:
    faults = [Fault("t02", "exact duplicate", "t04", "listed"), Fault("t05", "odd", None, "told")]
    found = check(Made.of(TRACKS, parts=PARTS, faults=faults))
    assert {kind: len(its) for kind, its in found.kinds.items()} == {
        "silent": 1, "exact duplicate": 1, "shared across parts": 1, "known fault": 1,
        "prevalence": 1}
    (copy,) = found.kinds["exact duplicate"]
    assert (copy.name, copy.other, copy.detail) == ("t04", "t02", "listed; the same samples")
    assert found.severities == {"grave": 3, "warning": 1, "note": 1}
    assert found.is_grave
    assert found.heard == 39
    assert found.prevalence == (("jazz", 20), ("rock", 20))
    assert headline(found) == "3 grave faults; 1 warning and 1 note"


def test_ears_get_the_number_of_jobs_and_the_progress(ears: list[dict[str, object]]) -> None:
    def progress(done: int, of: int) -> None: ...

    def log(text: str) -> None: ...

    check(Made.of(TRACKS), jobs=2, progress=progress, log=log)
    assert ears == [{"jobs": 2, "progress": progress, "note": log}]


def test_without_listening_it_is_said(ears: list[dict[str, object]]) -> None:
    found = check(Made.of(TRACKS), listen=False)
    assert not ears
    assert found.heard == 0
    assert "not listened to: not asked for" in found.notes
    silent = check(Made.of([Track("a", ("x",)), Track("b", ("y",))]))
    assert not ears
    assert "not listened to: no audio is at hand" in silent.notes


def test_mislabels_that_cannot_be_looked_for_are_a_note(tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    found = check(Made.of([Track("a", ("x",)), Track("b", ("y",))], root=tmp_path), mislabels=True)
    assert any(note.startswith("likely mislabels not looked for:") for note in found.notes)


def test_nothing_wrong_is_nothing_grave() -> None:
    found = check(Made.of(TRACKS), listen=False)
    assert not found.is_grave
    assert list(found.kinds) == ["prevalence"]


def test_plain_values_hold_every_finding() -> None:
    plain = check(Made.of(TRACKS, parts=PARTS), listen=False).plain()
    assert plain["counts"] == {"shared across parts": 1, "prevalence": 1}
    assert plain["grave"] is True
    assert [f["kind"] for f in plain["findings"]] == ["shared across parts", "prevalence"]


def test_what_root_holds(tmp_path: Path) -> None:
    Manifest.sample(tmp_path / "m")
    assert isinstance(openable(tmp_path / "m/manifest.csv"), Manifest)
    (tmp_path / "t.csv").write_text("path,genres\nx.wav,\"['a', 'b']\"\ny.wav,['a']\n")
    bare = openable(tmp_path / "t.csv")
    assert isinstance(bare, BareTable)
    # why a reader refuses it is told beside what is wrong with it
    found = check(bare)
    assert "a list as Python prints it" in found.kinds["broken table"][0].detail
    assert found.kinds["printed list"][0].name == "genres"
    Gtzan.sample(tmp_path / "g")
    assert isinstance(openable(tmp_path / "g"), Gtzan)
    (tmp_path / "n.csv").write_text("nothing\nof\nthe sort\n")
    with pytest.raises(DataError, match="neither labels nor numbers"):
        openable(tmp_path / "n.csv")


def test_gtzan_from_its_tables(realdata: Path) -> None:
    found = check(Gtzan(realdata / "gtzan"), listen=False)
    counts = {kind: len(its) for kind, its in found.kinds.items()}
    assert counts == {"unreadable": 1, "exact duplicate": 13, "near duplicate": 5,
                      "cross-label duplicate": 1, "shared across parts": 6, "repeated rows": 1,
                      "same title": 91, "prevalence": 1}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [str(value) for name, value in attrs if name == "id"]
        self.links += [str(value) for name, value in attrs if name == "href"]
        if tag not in ("meta", "br", "rect", "line", "circle", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()


def parsed(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    return tags


def test_the_page_is_whole_and_fetches_nothing() -> None:
    pytest.importorskip("jinja2")
    html = page(check(Made.of(TRACKS, parts=PARTS), listen=False))
    tags = parsed(html)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    assert {link.removeprefix("#") for link in tags.links} <= set(tags.ids)
    assert "<script" not in html
    assert not re.search(r"https?://", html)
    # 9 of test's 40 - 31 tracks are by bands that train holds: all of them
    assert "9 of 9 tracks of test (100.0%) are of 7 artists" in html
    assert "100.0% of test: 7 artists of train" in html


def test_names_cannot_break_the_page() -> None:
    pytest.importorskip("jinja2")
    evil = Finding("no label", "<script>alert(1)</script>\u202e", "x & <b>", "\x1b[31m")
    html = page(Checkup("<i>", "a=<u>", Path("x"), 1, 0, (evil,), (("<s>", 1),), notes=("<p>",)))
    for mark in ("<script", "<b>x", "<i>", "<u>", "<s>", "\u202e", "\x1b"):
        assert mark not in html
    assert parsed(html).open == []


def test_long_lists_are_folded_and_counted() -> None:
    pytest.importorskip("jinja2")
    many = tuple(Finding("no label", f"t{i:05}", "bears no label") for i in range(1500))
    html = page(Checkup("x", "", Path("x"), 1500, 0, many, ()))
    assert "988 more" in html
    assert "And 500 more, which --json lists." in html
    assert "t00999" in html
    assert "t01000" not in html


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_every_dataset_can_be_checked(name: str, tmp_path: Path) -> None:
    kind = registry.load("datasets", name)
    kind.sample(tmp_path / "sample")
    found = check(kind(tmp_path / "sample"), listen=False)
    assert found.tracks == len(kind(tmp_path / "sample").tracks)
    assert "prevalence" in found.kinds
    # samples are sound: what readers make of them holds no lists read as text
    assert not {"printed list", "words of labels", "broken table"} & found.kinds.keys()
    json.dumps(found.plain(), allow_nan=False)
    assert parsed(page(found)).open == []
