"""The reader that docs/datasets.md shows works as it is written there."""

import re
from pathlib import Path

import pytest

from earmark import registry
from earmark.datasets import base
from earmark.errors import DataError

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


@pytest.fixture(scope="module")
def shown():
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {"__name__": "shown"}
    exec(compile(code[1], str(PAGE), "exec"), names)
    return next(v for v in names.values() if isinstance(v, type) and issubclass(v, base.Dataset)
                and v is not base.Dataset)  # fmt: skip


def test_the_reader_shown_reads_its_sample(shown, tmp_path):
    shown.sample(tmp_path)
    assert shown.recognises(tmp_path)
    tracks = shown(tmp_path).tracks
    assert {t.id: (t.labels, t.artist, t.path) for t in tracks.values()} == {
        "a": (("tango",), "Ann", None), "b": (("waltz",), "Bo", None)}  # fmt: skip
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "b.wav").touch()
    assert shown(tmp_path).tracks["b"].path == "audio/b.wav"
    with pytest.raises(DataError, match=r"dances\.csv: no such file"):
        shown(tmp_path / "gone").read_tracks()


def test_the_page_tells_of_every_dataset():
    page = PAGE.read_text("utf-8")
    for name in registry.names("datasets"):
        assert f"`{name}`" in page, name
