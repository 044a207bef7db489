"""What every dataset reader promises, asked of each registered one on its own sample."""

from __future__ import annotations

import shutil
import typing
from pathlib import Path, PurePosixPath

import pytest

from earmark import registry
from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset, options_of, recognised, variant
from earmark.errors import DataError, SettingsError
from earmark.features import base as features

NAMES = registry.names("datasets")


@pytest.fixture(scope="module", params=NAMES)
def kind(request: pytest.FixtureRequest) -> type[Dataset]:
    entry: type[Dataset] = registry.load("datasets", request.param)
    return entry


@pytest.fixture(scope="module")
def dataset(kind: type[Dataset], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The sample, written once a module; the tests only read it."""
    root = tmp_path_factory.mktemp(kind.name) / "sample"
    kind.sample(root)
    return kind(root)


def test_says_where_it_comes_from(kind: type[Dataset]) -> None:
    for fact in ("name", "title", "licence", "citation", "url", "layout", "where"):
        assert getattr(kind, fact).strip(), fact
    assert kind.url.startswith(("http://", "https://"))


def test_reader_has_documentation(kind: type[Dataset]) -> None:
    assert kind.__doc__
    assert not kind.__doc__.startswith(str(Dataset.__doc__)[:20])


def test_constructor_only_remembers(kind: type[Dataset], tmp_path: Path) -> None:
    assert kind(str(tmp_path / "nowhere")).root == tmp_path / "nowhere"


def test_sources_are_files_below_the_root(kind: type[Dataset]) -> None:
    for source in kind.sources:
        assert source.url.startswith(("http://", "https://"))
        assert not PurePosixPath(source.file).is_absolute()
        assert ".." not in PurePosixPath(source.file).parts
        digits = {"md5": 32, "sha1": 40, "sha256": 64}
        if source.checksum is not None:
            method, _, found = source.checksum.partition(":")
            assert len(found) == digits[method]
            assert not set(found) - set("0123456789abcdef")


def test_its_sample_is_recognised_as_it(kind: type[Dataset], dataset: Dataset) -> None:
    if kind.name != "filetags":  # any music with tags may be read so, and is only when asked for
        assert recognised(dataset.root) == kind.name


def test_options_are_kept_as_attributes_and_each_choice_reads_the_sample(
    kind: type[Dataset], dataset: Dataset
) -> None:
    for option, (hint, default) in options_of(kind).items():
        assert getattr(dataset, option) == default
        for choice in typing.get_args(hint):
            read = open_dataset(kind.name, dataset.root, {option: choice})
            assert getattr(read, option) == choice
            assert read.tracks
            assert len(read.vocabulary)
            read.vocabulary.matrix([track.labels for track in read.tracks.values()])
            assert (variant(read) == "") == (choice == default)


def test_a_misspelt_option_is_one_line(kind: type[Dataset], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no option 'zzz'"):
        open_dataset(kind.name, tmp_path, {"zzz": "1"})
    for option, (hint, _) in options_of(kind).items():
        if typing.get_args(hint):
            with pytest.raises(SettingsError, match=option):
                open_dataset(kind.name, tmp_path, {option: "zzz"})


def test_ids_are_sorted_and_unique(dataset: Dataset) -> None:
    ids = [track.id for track in dataset.read_tracks()]
    assert ids
    assert ids == sorted(set(ids)) == list(dataset.tracks)


def test_labels_are_in_the_vocabulary_as_spelt_there(dataset: Dataset) -> None:
    vocabulary = dataset.vocabulary
    matrix = vocabulary.matrix([track.labels for track in dataset.tracks.values()])
    assert matrix.sum() == sum(len(track.labels) for track in dataset.tracks.values())
    assert {label for t in dataset.tracks.values() for label in t.labels} <= set(vocabulary.labels)


def test_paths_are_relative_with_slashes_and_lead_to_files(dataset: Dataset) -> None:
    paths = [track.path for track in dataset.tracks.values() if track.path is not None]
    assert len(paths) == len(set(paths))
    for path in paths:
        assert "\\" not in path
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in PurePosixPath(path).parts
        assert (dataset.root / path).is_file()


def test_unknown_artists_and_albums_are_none_not_empty(dataset: Dataset) -> None:
    for track in dataset.tracks.values():
        assert track.artist != ""
        assert track.album != ""


def test_partitions_give_tracks_known_parts(dataset: Dataset) -> None:
    for name, parts in dataset.partitions().items():
        assert name
        assert parts.keys() & dataset.tracks.keys()
        assert set(parts.values()) <= {"train", "valid", "test"}


def test_faults_concern_known_tracks(dataset: Dataset) -> None:
    for fault in dataset.faults():
        assert {fault.track, fault.other or fault.track} <= dataset.tracks.keys()
        assert fault.kind
        assert fault.source


def test_feature_tables_exist(dataset: Dataset) -> None:
    for table in dataset.feature_tables():
        assert table.seconds is None or table.seconds > 0
        assert table.path.exists()
        made = features.build(table.front_end).read(
            table.path, lambda name: (dataset.segment_of(name)[0], 0.0))
        # A table may hold rows of tracks that the options leave out.
        assert set(made.track_ids.tolist()) & dataset.tracks.keys()


def test_fingerprint_is_of_the_tracks_not_of_the_place(
    kind: type[Dataset], dataset: Dataset, tmp_path: Path
) -> None:
    moved = shutil.copytree(dataset.root, tmp_path / "another place é")
    kind.sample(tmp_path / "again")
    again = [kind(dataset.root), kind(moved), kind(tmp_path / "again")]
    assert {d.fingerprint for d in again} == {dataset.fingerprint}
    assert len(dataset.fingerprint) == 16


def test_sample_is_small(dataset: Dataset) -> None:
    files = [file for file in dataset.root.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 5_000_000


@pytest.mark.parametrize("make", ["empty", "absent", "file"])
def test_a_folder_without_the_dataset_is_one_line(
    kind: type[Dataset], tmp_path: Path, make: str
) -> None:
    root = tmp_path / make
    if make == "empty":
        root.mkdir()
    elif make == "file":
        root.write_text("nothing of the sort")
    with pytest.raises(DataError, match=make) as caught:
        kind(root).read_tracks()
    assert "\n" not in str(caught.value)
