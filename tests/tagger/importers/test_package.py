import sys

import pytest
from tests.tagger.importers import made_up

from earmark.errors import TaggerError
from earmark.tagger.importers import _package
from earmark.tagger.importers._package import download, locate

FILES = {
    "musicnn/__init__.py": b"raise RuntimeError\n",
    "musicnn/configuration.py": b"SR = 16000\n",
    "musicnn-0.1.0.dist-info/METADATA": b"Name: musicnn\nVersion: 0.1.0\n",
    "musicnn-0.1.0.dist-info/LICENSE.md": b"granted",
    "musicnn-0.1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
                                     b"Tag: py3-none-any\n",
    "musicnn-0.1.0.dist-info/RECORD": b"",
}  # fmt: skip
METADATA = b"Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n"


@pytest.fixture(params=["wheel", "folder", "package", "installed"])
def package(request, tmp_path, monkeypatch):
    if request.param == "wheel":
        return locate("musicnn", made_up.wheel(tmp_path, FILES))
    root = made_up.unpacked(tmp_path, FILES)
    if request.param == "folder":
        return locate("musicnn", root)
    if request.param == "package":
        return locate("musicnn", root / "musicnn")
    monkeypatch.syspath_prepend(root)
    return locate("musicnn", None)


def test_it_is_found_wherever_it_lies_and_never_imported(package):
    assert package.text("musicnn/configuration.py") == "SR = 16000\n"
    assert (package.version, package.licence_text()) == ("0.1.0", "granted")
    assert "musicnn" not in sys.modules


def test_a_missing_file_is_named(package):
    with pytest.raises(TaggerError, match=r"lacks musicnn/there\[1\]\.py; .* give its wheel"):
        package.read("musicnn/there[1].py")


def test_a_package_folder_from_inside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(made_up.unpacked(tmp_path, FILES) / "musicnn")
    assert locate("musicnn", _package.Path()).version == "0.1.0"


def test_a_zip_of_the_repository_has_its_folder_in_front(tmp_path):
    files = {"musicnn/__init__.py": b"", "musicnn/a": b"1", "LICENSE.md": b"all",
             "tests/musicnn/__init__.py": b""}  # fmt: skip
    found = locate("musicnn", made_up.wheel(tmp_path, files, "main.zip", prefix="musicnn-main/"))
    assert (found.read("musicnn/a"), found.licence_text()) == (b"1", "all")
    assert found.version == "of unknown version"


def test_the_wheel_of_another_package_is_named(tmp_path):
    other = made_up.wheel(tmp_path, {**FILES, "numpy-2.0.dist-info/METADATA": b""})
    with pytest.raises(TaggerError, match="is the wheel of 'numpy'; expected musicnn"):
        locate("musicnn", other)


@pytest.mark.parametrize(("name", "content", "expected"), [
    ("a.whl", b"", "neither a wheel nor a zip file"),
    ("a.tar.gz", b"\x1f\x8b\x08rest", "neither a wheel nor a zip file"),
    ("a.whl", b"PK\x05\x06" + bytes(18), "holds no package 'musicnn'"),
])  # fmt: skip
def test_what_is_no_wheel_is_refused(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TaggerError, match=expected):
        locate("musicnn", tmp_path / name)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(TaggerError, match="does not exist; expected a wheel, a zip file or a fol"):
        locate("musicnn", tmp_path / "none.whl")
    with pytest.raises(TaggerError, match="holds no package 'musicnn'; expected the package's fol"):
        locate("musicnn", tmp_path)
    with pytest.raises(TaggerError, match="cannot be read: File name too long"):
        locate("musicnn", tmp_path / ("a" * 300))
    with pytest.raises(TaggerError, match=r"'earmark_none' is not installed; .* with --download"):
        locate("earmark_none", None)


def test_a_folder_of_that_name_on_the_path_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "earmark_none").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TaggerError, match="not installed"):
        locate("earmark_none", None)


def test_a_wheel_with_a_changed_byte_is_refused(tmp_path):
    path = made_up.wheel(tmp_path, {**FILES, "musicnn/data": bytes(range(256)) * 9})
    content = path.read_bytes()
    at = content.index(b"musicnn/data") + 20
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    with pytest.raises(TaggerError, match=r"musicnn/data cannot be read"):
        locate("musicnn", path).read("musicnn/data")


def test_more_than_any_file_of_a_package_is_refused(tmp_path):
    path = made_up.wheel(tmp_path, {**FILES, "musicnn/bomb": bytes(65 << 20),
                                    "musicnn/text": b"a" * 100_001})  # fmt: skip
    found = locate("musicnn", path)
    with pytest.raises(TaggerError, match=r"musicnn/bomb is over 64 MiB"):
        found.read("musicnn/bomb")
    with pytest.raises(TaggerError, match=r"musicnn/text has 100001 characters"):
        found.text("musicnn/text")


def test_text_that_is_none_is_refused(tmp_path):
    found = locate("musicnn", made_up.wheel(tmp_path, {**FILES, "musicnn/text": b"\xff\xfe\x00"}))
    with pytest.raises(TaggerError, match=r"musicnn/text is no UTF-8 text"):
        found.text("musicnn/text")


def test_a_tagger_must_carry_a_licence(tmp_path):
    path = made_up.wheel(tmp_path, {"musicnn/__init__.py": b""})
    with pytest.raises(TaggerError, match="no licence text beside it"):
        locate("musicnn", path).licence_text()


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A folder in place of the registry: pip asks no network."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def test_a_wheel_is_fetched_by_pip(registry, tmp_path):
    pytest.importorskip("pip")
    files = {**FILES, "musicnn-0.1.0.dist-info/METADATA": METADATA}
    wheel = made_up.wheel(registry, files)
    found = download("musicnn==0.1.0", tmp_path / "into")
    assert found.read_bytes() == wheel.read_bytes()


def test_what_pip_says_last_is_said(registry, tmp_path):
    pytest.importorskip("pip")
    with pytest.raises(TaggerError, match=r"^musicnn==0.1.0 could not be fetched: ERROR: No match"
                                          r".*fetch its wheel elsewhere and give its path\.$"):
        download("musicnn==0.1.0", tmp_path / "into")


def test_without_pip_it_is_said_too(tmp_path, monkeypatch):
    monkeypatch.setattr(_package.sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(TaggerError, match=r"could not be fetched: .*no-python"):
        download("musicnn==0.1.0", tmp_path)
