"""MagnaTagATune: 25 863 clips of 29 seconds and 188 tags, as players of a game typed them.

It is found as published (``annotations_final.csv`` beside the folders 0 to f), with musicnn's
index and lists of the fifty tags, or with a table of which some tags are known. A clip's id is
the published number in all of them, and its artist, album and song follow from its file name.

The usual division by folders keeps albums apart, not artists: 61.6 % of the test clips are by an
artist, as file names call them, who is heard in training, and 71.3 % once the artists on samplers
are told apart. The division ``artist`` is Earmark's own and keeps them whole. It was dealt so
that the twenty commonest tags have the same shares in its parts; it is a list of artists and
parts, so that it is the same wherever and of however many clips.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import get_args

import numpy as np

from earmark.datasets import _magnatagatune_splits as splits
from earmark.datasets._files import counted
from earmark.datasets._magnatagatune_labels import TAGS, Labels, labeller, needed, vocabulary
from earmark.datasets._magnatagatune_names import parse
from earmark.datasets._magnatagatune_tables import (
    ANNOTATIONS,
    CLIP_INFO,
    INDEX,
    PARTIAL,
    TRUTHS,
    Clip,
    Table,
    read_table,
    titles,
)
from earmark.datasets._published import audio_remarks, names_in
from earmark.datasets.base import Dataset, Fault, Source, Track
from earmark.errors import DataError, SettingsError, suggestion
from earmark.labels.vocabulary import Vocabulary
from earmark.store import write_bytes, write_text

_FOLDERS = "0123456789abcdef"
_CLIPS = 25_863
_HOLDERS = ("mp3", "mp3_all", "audio")  # of the folders 0 to f, beside the root itself
_SUFFIXES = (".mp3", ".wav", ".flac")  # of several files of a clip, the first is taken
_HOME = "https://mirg.city.ac.uk/datasets/magnatagatune/"


class MagnaTagATune(Dataset):
    """MagnaTagATune with its tags whole, its synonyms merged, its fifty, or its main genres."""

    name = "magnatagatune"
    title = "MagnaTagATune"
    licence = "CC BY-NC-SA 3.0, tags and clips (the music is Magnatune's)"
    citation = (
        "E. Law, K. West, M. Mandel, M. Bay and J. S. Downie, 'Evaluation of algorithms using "
        "games: the case of music tagging', Proceedings of ISMIR, 2009."
    )
    url = "https://mirg.city.ac.uk/codeapps/the-magnatagatune-dataset"
    layout = """
0/ ... f/<artist>-<album>-<NN>-<title>-<start>-<end>.mp3   25 863 clips, here or in mp3/
annotations_final.csv                                      tab-separated: clip_id, 188 tags, path
clip_info_final.csv                                        titles as written; may be absent
MTAT_split/train_list_pub.cP, valid_ and test_             the clean division; may be absent
index_mtt.tsv, train_gt_mtt.tsv, val_ and test_            instead: the fifty tags (musicnn)
top50_partial.csv                                          instead: the fifty, empty if not known
"""
    where = (
        "From mirg.city.ac.uk: annotations_final.csv, clip_info_final.csv and mp3.zip.001 to "
        ".003, which are one archive in three pieces; earmark data download magnatagatune "
        "--part all reads them as one."
    )
    # The publisher gives no checksums; these stand alike in two codebases that fetch the files.
    sources = (
        Source(f"{_HOME}annotations_final.csv", ANNOTATIONS,
               "md5:f04fa01752a8cc64f6e1ca142a0fef1d", part="metadata"),
        Source(f"{_HOME}clip_info_final.csv", CLIP_INFO,
               "md5:03ef3cb8ddcfe53fdcdb8e0cda005be2", part="metadata"),
        Source(f"{_HOME}mp3.zip.001", "mp3.zip.001", "md5:179c91c8c2a6e9b3da3d4e69d306fd3b",
               1_100_000_000, "zip"),
        Source(f"{_HOME}mp3.zip.002", "mp3.zip.002", "md5:acf8265ff2e35c6ff22210e46457a824",
               1_100_000_000, "zip"),
        Source(f"{_HOME}mp3.zip.003", "mp3.zip.003", "md5:582dc649cabb8cd991f09e14b99349a5",
               772_769_864, "zip"),
    )

    def __init__(self, root: Path | str, labels: Labels = "top50") -> None:
        """Remember where it lies.

        Args:
            labels: ``top50`` for the fifty commonest tags in their published order; ``all`` for
                the 188; ``merged`` for these with synonyms taken together; ``genre`` for one of
                nine main genres, of clips whose tags agree on one.

        Raises:
            SettingsError: ``labels`` is none of these.
        """
        super().__init__(root)
        if labels not in get_args(Labels):
            raise SettingsError(f"'labels' is '{labels}'."
                                f"{suggestion(str(labels), get_args(Labels))}")
        self.labels = labels

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels in published order; of the fifty, those known of all clips with tags."""
        return vocabulary(self.labels, self._table.known)

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether one of its tables is there."""
        if (root / PARTIAL).is_file() or (
            (root / INDEX).is_file() and any((root / name).is_file() for name in TRUTHS)
        ):
            return True
        try:
            with (root / ANNOTATIONS).open("rb") as file:
                return b"clip_id" in file.readline(200)
        except OSError:
            return False

    def read_tracks(self) -> list[Track]:
        """Read all clips whose tags are known, sorted by id.

        A clip without any of the labels is read, too, and bears none; for ``genre`` it is left
        out. A clip whose file is not there has no path.

        Raises:
            DataError: no table is found, it is damaged, a clip stands twice, or the tags that
                ``labels`` needs are not in it; names the line.
        """
        name = labeller(self.labels, self._table.known)
        labelled = ((clip, name(clip.tags)) for clip in self._table.clips if clip.tags is not None)
        return [self._track(clip, labels) for clip, labels in labelled
                if labels or self.labels != "genre"]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``folder``, ``clean`` and ``artist``.

        ``folder`` and ``clean`` are two protocols whose scores must not be compared: the clean
        one leaves out the clips without any of the fifty tags.
        """
        clips = self._table.clips
        found = {
            "folder": splits.by_folder(clips),
            "clean": splits.clean(clips, self._table.known, self.root),
            "artist": splits.by_artist(clips),
        }
        return {name: parts for name, parts in found.items() if parts}

    def faults(self) -> list[Fault]:
        """Return the three files that hold no sound."""
        return [Fault(clip, "empty", None, "known since its publication: a file without sound")
                for clip in splits.EMPTY if clip in self.tracks]  # fmt: skip

    def remarks(self) -> list[str]:
        """Return what is not known or not there."""
        return [*self._of_labels(), *self._of_clean(), *self._of_audio()]

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy as published: two clips of a song for each part and main genre.

        Artists are of the real set, so that they are divided as there; all else is made up.
        """
        clips = _sample_clips()
        for path, tags in clips.values():
            write_bytes(root / path, _sample_sound(tags))
        write_text(root / ANNOTATIONS, _sample_annotations(clips))
        write_text(root / CLIP_INFO, _sample_info(clips))

    @cached_property
    def _table(self) -> Table:
        table = read_table(self.root)
        if table is None:
            raise DataError(self._nothing_found())
        if not any(clip.tags is not None for clip in table.clips) or not table.known:
            raise DataError(f"{table.path}: knows no tag of all clips; expected {ANNOTATIONS}.")
        if self.labels != "top50" and not table.known >= needed(self.labels):
            raise DataError(f"{table.path}: knows {len(table.known)} of the {len(TAGS)} tags, too "
                            f"few for labels={self.labels}; put {ANNOTATIONS} beside it, or take "
                            "labels=top50.")
        return table

    @cached_property
    def _titles(self) -> dict[str, str]:
        path = self.root / CLIP_INFO
        return titles(path) if path.is_file() else {}

    @cached_property
    def _audio(self) -> dict[str, str]:
        """Return the published path without suffix to the path relative to the root."""
        for holder in (self.root, *(self.root / name for name in _HOLDERS)):
            prefix = "" if holder == self.root else f"{holder.name}/"
            if found := dict(_files(holder, prefix)):
                return found
        return {}

    def _track(self, clip: Clip, labels: tuple[str, ...]) -> Track:
        name = clip.name
        return Track(
            clip.id, labels, self._audio.get(clip.path.removesuffix(".mp3")), name.artist,
            name.album, name.song, self._titles.get(clip.id, name.title) or None, name.seconds,
        )  # fmt: skip

    def _of_labels(self) -> Iterator[str]:
        table = self._table
        if table.path.name == ANNOTATIONS and len(table.clips) != _CLIPS:
            yield f"{ANNOTATIONS} holds {len(table.clips)} of the {_CLIPS} published clips"
        if unknown := sum(clip.tags is None for clip in table.clips):
            yield (f"{counted(unknown, 'clip')} left out: {table.path.name} does not say what "
                   "tags they bear")
        if self.labels == "top50" and (missing := 50 - len(self.vocabulary)):
            yield (f"{missing} of the fifty tags left out: {table.path.name} does not know them "
                   "of all clips, and a tag that is not known is not absent")
        bare = sum(not track.labels for track in self.tracks.values())
        if bare:
            yield (f"{counted(bare, 'clip')} without any of the labels: kept, as in the division "
                   "by folder; the clean one leaves them out")
        if self.labels == "genre":
            tagged = sum(clip.tags is not None for clip in table.clips)
            yield (f"{tagged - len(self.tracks)} of {counted(tagged, 'clip')} left out: their "
                   "tags name no main genre, or several")

    def _of_clean(self) -> Iterator[str]:
        parts = list(self.partitions().get("clean", {}).values())
        sizes = tuple(parts.count(part) for part in ("train", "valid", "test"))
        if len(self._table.clips) == _CLIPS and parts and sizes != splits.CLEAN_SIZES:
            yield (f"the clean division has {sizes[0]}/{sizes[1]}/{sizes[2]} clips here where "
                   "15244/1529/4332 are published: it follows from the tags at hand")

    def _of_audio(self) -> Iterator[str]:
        named = (row.path for row in self._table.clips)
        return audio_remarks(self.tracks.values(), named, self._audio, "clip",
                             "not named in the table")

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds {ANNOTATIONS}."
        return (f"{self.root}: holds no MagnaTagATune: looked for {ANNOTATIONS}, for {INDEX} with "
                f"train_gt_mtt.tsv, and for {PARTIAL}; give the folder that holds one.")


def _files(holder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name (``f/artist-...``, without suffix) and path of each audio file.

    Of several files of a clip the preferred one comes last: there it wins in a dictionary.
    """
    for letter in _FOLDERS:
        folder = holder / letter
        names = names_in(folder)
        for suffix in reversed(_SUFFIXES):
            for name in names:
                if name.lower().endswith(suffix) and not name.startswith("."):
                    path = f"{letter}/{name}"
                    yield path[: -len(suffix)], prefix + path


# A clip of each part of the folder division and of the artist division, by genre.
_SAMPLE = (
    ("0", "aba_structure", ("techno", "electronic")),
    ("1", "american_baroque", ("classical", "violin", "no vocals")),
    ("2", "skitzo", ("rock", "guitar", "not classical")),
    ("c", "andreas_haefliger", ("classical", "piano", "no voice")),
    ("c", "antiguru", ("electronic", "synth", "beat")),
    ("d", "jackalopes", ("rock", "guitar", "loud", "male vocal")),
    ("e", "altri_stromenti", ("classical", "strings", "slow")),
    ("f", "aba_structure", ("rap", "hip hop", "not rock")),
)
_SAMPLE_RATE = 16_000
_TONES = {"classical": 330.0, "techno": 55.0, "rock": 110.0, "electronic": 80.0, "rap": 65.0}


def _sample_clips() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return clip id to published path and tags: of each song two clips, and one without tags."""
    clips = {}
    for number, (folder, artist, tags) in enumerate(_SAMPLE, 1):
        for part in (0, 1):
            path = f"{folder}/{artist}-a_made_up_album-{number:02}-a_tune-{29 * part}-" \
                   f"{29 * part + 29}.mp3"
            clips[str(10 * number + part)] = path, tags
    clips["99"] = "f/skitzo-another_album-01-nothing_said-0-29.mp3", ()
    return clips


def _sample_sound(tags: Sequence[str]) -> bytes:
    """Return half a second of mp3: a tone of the first tag's pitch under noise."""
    import soundfile

    rng = np.random.default_rng(len(tags))
    seconds = np.arange(_SAMPLE_RATE // 2) / _SAMPLE_RATE  # (samples,)
    tone = 0.3 * np.sin(2 * np.pi * _TONES.get(tags[0] if tags else "", 220.0) * seconds)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone + 0.01 * rng.standard_normal(len(seconds)), _SAMPLE_RATE,
                    format="MP3")  # fmt: skip
    return buffer.getvalue()


def _sample_annotations(clips: Mapping[str, tuple[str, tuple[str, ...]]]) -> str:
    rows = [["clip_id", *TAGS, "mp3_path"]]
    rows += [[clip, *("1" if tag in tags else "0" for tag in TAGS), path]
             for clip, (path, tags) in clips.items()]  # fmt: skip
    return "".join("\t".join(f'"{value}"' for value in row) + "\n" for row in rows)


def _sample_info(clips: Mapping[str, tuple[str, tuple[str, ...]]]) -> str:
    columns = ("clip_id", "track_number", "title", "artist", "album", "url", "segmentStart",
               "segmentEnd", "original_url", "mp3_path")  # fmt: skip
    lines = ["\t".join(columns)]
    for clip, (path, _) in clips.items():
        name = parse(path)
        assert name is not None
        artist = name.artist.replace("_", " ").title()
        lines.append("\t".join([clip, "1", name.title.title(), artist, "A Made-Up Album", "", "0",
                                "29", "", path]))
    # As published, it names clips that were never tagged, too, some without a path.
    lines.append("\t".join(["100", "2", "Never Heard", "Somebody", "An Album", *[""] * 5]))
    return "\n".join(lines) + "\n"
