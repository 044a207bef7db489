"""``earmark data list``, ``layout`` and ``download``, the last against a server in this process."""

import hashlib
import io
import json
import sys
import tarfile

import click
import pytest
from tests.server import Site, serving

from earmark import registry
from earmark.cli.data import _transfers, download
from earmark.cli.data.download import command as download_command
from earmark.cli.data.layout import described
from earmark.cli.data.list import facts
from earmark.datasets.base import Source
from earmark.datasets.folder import Folder
from earmark.datasets.gtzan import Gtzan
from earmark.errors import DataError

CLIP = b".snd made up"
TABLE = b"filename,label\n"


@pytest.fixture
def site(monkeypatch):
    """A server of a GTZAN in two parts, and GTZAN's class pointing at it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("genres/blues/blues.00000.au")
        info.size = len(CLIP)
        archive.addfile(info, io.BytesIO(CLIP))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("EARMARK_MIRROR", raising=False)
    with serving(Site({"genres.tar.gz": packed.getvalue(), "table.csv": TABLE})) as site:
        md5 = hashlib.md5(packed.getvalue()).hexdigest()
        monkeypatch.setattr(Gtzan, "sources", (
            Source(f"{site.url}/genres.tar.gz", "genres.tar.gz", f"md5:{md5}",
                   len(packed.getvalue()), "tar"),
            Source(f"{site.url}/table.csv", "Data/features_30_sec.csv", part="metadata"),
        ))  # fmt: skip
        yield site


@pytest.fixture
def fetch(monkeypatch, capsys):
    """Run the command in this process; return its exit code, stdout and stderr."""
    pytest.importorskip("pooch")

    def run(*args):
        try:
            code = download_command.main([str(a) for a in args], "download", standalone_mode=False)
        except click.ClickException as error:
            code = error.exit_code
            click.echo(error.format_message(), err=True)
        done = capsys.readouterr()
        return code or 0, done.out, done.err

    return run


def test_every_dataset_is_listed(earmark):
    done = earmark("data", "list")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == registry.names("datasets")
    row = next(line for line in lines if line.startswith("gtzan "))
    assert row.split()[1:] == ["GTZAN", "genre", "collection", "10,", "single", "unstated", "audio"]


def test_the_list_as_json(earmark):
    rows = {row["name"]: row for row in json.loads(earmark("data", "list", "--json").stdout)}
    assert list(rows) == registry.names("datasets")
    assert rows["gtzan"]["labels"] == 10
    assert rows["gtzan"]["parts"] == ["audio"]
    assert (rows["folder"]["labels"], rows["folder"]["parts"]) == (None, [])


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_every_dataset_has_a_layout_to_show(name):
    kind = registry.load("datasets", name)
    plain = json.loads(json.dumps(described(kind)))
    assert plain["layout"].splitlines()[0] == kind.layout.strip("\n").splitlines()[0]
    assert len(plain["sources"]) == len(kind.sources)
    assert facts(kind)["name"] == name


def test_a_layout_shows_tree_options_and_sources(earmark):
    done = earmark("data", "layout", "synthetic")
    assert done.returncode == 0
    assert "    audio/<track>.wav    16-bit PCM" in done.stdout
    assert "    labels: genre, all; by default genre" in done.stdout
    done = earmark("data", "layout", "gtzan")
    assert "earmark data download gtzan" in done.stdout
    assert "genres.tar.gz  size unknown  no checksum published  https://" in done.stdout
    options = json.loads(earmark("data", "layout", "synthetic", "--json").stdout)["options"]
    assert options == {"labels": {"type": "choice", "choices": ["genre", "all"],
                                  "default": "genre"}}  # fmt: skip


def test_a_misspelt_name_is_one_line(earmark):
    for command in (["layout", "gtzna"], ["download", "gtzna", "--to", "x"]):
        done = earmark("data", *command)
        assert done.returncode == 1
        assert done.stderr == ("earmark: no dataset is called 'gtzna'. Did you mean 'gtzan'?\n")


def test_a_dataset_that_cannot_be_fetched_says_where_it_is(earmark, tmp_path):
    done = earmark("data", "download", "folder", "--to", "x")
    assert done.returncode == 1
    assert done.stderr == ("earmark: folder: cannot be fetched by program; where to get it: "
                           f"{Folder.where}\n")
    assert not (tmp_path / "x").exists()


def test_an_unreachable_mirror_is_one_line(earmark):
    pytest.importorskip("pooch")
    done = earmark("data", "download", "gtzan", "--to", "x", "--from", "file:///etc")
    assert done.returncode == 1
    assert done.stderr == ("earmark: file:///etc/genres.tar.gz: is no http or https address; only "
                           "those are fetched.\n")


def test_several_parts_must_be_chosen_from(site, fetch, tmp_path):
    code, out, err = fetch("gtzan", "--to", tmp_path)
    assert (code, out) == (2, "")
    assert "--part: audio (" in err
    assert "metadata (1 file of unknown size), or all." in err
    assert site.asked == []


def test_a_part_is_fetched_and_a_second_run_finds_it(site, fetch, tmp_path):
    args = ("gtzan", "--to", tmp_path / "new", "--part", "metadata")
    code, out, err = fetch(*args)
    digits = hashlib.sha256(TABLE).hexdigest()
    assert code == 0
    assert out == (f"fetched: Data/features_30_sec.csv  sha256:{digits} (none is published: kept "
                   "in download.json)\n")
    assert f"licence: {Gtzan.licence}\n" in err
    assert "GTZAN genre collection: 15 B\n" in err
    assert fetch(*args)[1].startswith("at hand: ")


def test_all_is_fetched_unpacked_and_read(site, fetch, tmp_path):
    code, out, _ = fetch("gtzan", "--to", tmp_path, "--part", "all", "--json")
    assert code == 0
    told = json.loads(out)
    assert [file["published"] for file in told["files"]] == [True, False]
    assert [of["written"] for of in told["unpacked"]] == [1]
    assert Gtzan(tmp_path).tracks["blues.00000"].path == "genres/blues/blues.00000.au"
    code, out, _ = fetch("gtzan", "--to", tmp_path, "--part", "audio")
    assert out.splitlines()[1].endswith("genres.tar.gz: 0 files new, 1 at hand")


def test_a_changed_file_is_one_line_and_stays_away(site, fetch, tmp_path):
    site.files["genres.tar.gz"] = bytes(len(site.files["genres.tar.gz"]))
    with pytest.raises(DataError, match="has not the checksum md5:"):
        fetch("gtzan", "--to", tmp_path, "--part", "audio")
    assert not (tmp_path / "genres.tar.gz").exists()


@pytest.mark.parametrize(("terminal", "answer", "fetched"), [
    (True, "n\n", False), (True, "y\n", True), (False, "", True),
])  # fmt: skip
def test_much_is_asked_about_where_somebody_is_there(
    terminal, answer, fetched, site, fetch, tmp_path, monkeypatch
):
    class Typed(io.StringIO):
        def isatty(self):
            return terminal

    monkeypatch.setattr(download, "_ASKED_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", Typed(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    args = ("gtzan", "--to", tmp_path, "--part", "metadata")
    if fetched:
        assert fetch(*args)[0] == 0
    else:
        with pytest.raises(click.exceptions.Abort):
            fetch(*args)
    assert (tmp_path / "Data").exists() == fetched
    assert fetch(*args, "--yes")[0] == 0


def test_progress_shows_what_is_under_way_and_nothing_that_is_done(capsys):
    with _transfers.TransferProgress() as progress:
        progress("a.zip", 500, 2_000)
        progress("a.zip", 2_000, 2_000)
        assert [task.visible for task in progress._bar.tasks] == [False]
        progress("a.zip", 7, None)  # now it is unpacked
        assert [(t.visible, t.completed) for t in progress._bar.tasks] == [(True, 7)]
    assert capsys.readouterr().out == ""


def test_progress_without_a_terminal_is_a_line_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(_transfers, "LINE_SECONDS", 0.0)
    with _transfers.TransferProgress() as progress:
        progress("[bold]a.zip", 500, 2_000)
    assert "[bold]a.zip: 500 B of 2 kB" in capsys.readouterr().err
