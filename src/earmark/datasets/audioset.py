"""AudioSet: ten-second clips of videos, by what is to be heard in them, as ready-made features.

Google publishes no sound but what a network made of it: 128 numbers for each second (VGGish). Of
its 527 labels 150 are about music: 52 genres, 80 instruments, seven moods, nine roles (a lullaby,
a jingle), music and songs. A clip bears several, and those of the test part, looked at again by
people, bear more than those of the train part: what is learnt about how many labels a clip has
does not carry over.

The clips are those of Google's records, or of the music subset of them as npz; see
``_audioset_clips``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from earmark.datasets import _audioset_clips as forms
from earmark.datasets import _audioset_labels as known
from earmark.datasets._audioset_clips import Clip, Clips
from earmark.datasets._audioset_labels import Sound
from earmark.datasets.base import Dataset, Fault, FeatureTable, Source, Track
from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary

Labels = Literal["music", "tags", "genre", "instrument", "mood", "all"]
Train = Literal["balanced", "all"]

_INDICES, _SUBSET, _ONTOLOGY = "class_labels_indices.csv", "labels.csv", "ontology.json"
_ARRAYS = {part: f"music_{part}.npz" for part in forms.PARTS}
_HOLDERS = (".", "features", "audioset_v1_embeddings", "features/audioset_v1_embeddings", "csv")
_STORE = "http://storage.googleapis.com/us_audioset/youtube_corpus/v1"
_FRONT_END = {"name": "table", "kind": "vggish"}
_SECOND = 1.0  # a row of the features is a second of a clip
_POOLED = ("mean", "moments", "sequence")  # over a clip's seconds: then a row is a clip


class AudioSet(Dataset):
    """AudioSet's clips by their features, in Google's records or as the npz of its music.

    No part for validation is published: what trains on this holds out some of the train part.
    """

    name = "audioset"
    title = "AudioSet (features)"
    licence = "CC BY 4.0; the ontology CC BY-SA 4.0"
    citation = (
        "J. F. Gemmeke, D. P. W. Ellis, D. Freedman, A. Jansen, W. Lawrence, R. C. Moore, "
        "M. Plakal and M. Ritter, 'Audio Set: an ontology and human-labeled dataset for audio "
        "events', ICASSP 2017. Features: S. Hershey et al., 'CNN architectures for large-scale "
        "audio classification', ICASSP 2017."
    )
    url = "https://research.google.com/audioset/download.html"
    layout = """
class_labels_indices.csv                                  the 527 labels
ontology.json                                             what is a kind of what (optional)
features/audioset_v1_embeddings/bal_train/*.tfrecord      embeddings and labels, 22 thousand clips
features/audioset_v1_embeddings/eval/*.tfrecord           20 thousand clips
features/audioset_v1_embeddings/unbal_train/*.tfrecord    two million clips; read with train=all
balanced_train_segments.csv, eval_segments.csv            all segments, also without features
music_bal_train.npz, music_eval.npz, labels.csv           instead of all that: the music, as npz
"""
    where = (
        "Google's download page: the features as one archive of 2.4 GB, the lists of labels and "
        "segments, and the ontology at github.com/audioset/ontology. No checksums are published. "
        "The archive's files differ by the case of their names alone (aB, Ab): unpack it where "
        "that makes two files, not on a Mac's or Windows' usual disk."
    )
    sources = (
        Source(f"{_STORE}/csv/class_labels_indices.csv", _INDICES, part="metadata"),
        Source(f"{_STORE}/csv/balanced_train_segments.csv", forms.SEGMENTS["bal_train"],
               part="metadata"),
        Source(f"{_STORE}/csv/eval_segments.csv", forms.SEGMENTS["eval"], part="metadata"),
        Source(f"{_STORE}/csv/unbalanced_train_segments.csv", forms.SEGMENTS["unbal_train"],
               part="unbalanced metadata"),
        Source("https://raw.githubusercontent.com/audioset/ontology/master/ontology.json",
               _ONTOLOGY, part="metadata"),
        Source(f"{_STORE}/features/features.tar.gz", "features/features.tar.gz", unpack="tar",
               part="features"),
    )  # fmt: skip

    def __init__(
        self, root: Path | str, *, labels: Labels = "music", train: Train = "balanced"
    ) -> None:
        """Remember where it lies.

        Args:
            labels: those about ``music``; of these the ``tags``, which are all but "Music"
                itself, or those of one kind; or ``all`` that there are. Clips that bear none of
                them are left out, but for ``tags``: what is music and nothing more is kept, as an
                example of none.
            train: the ``balanced`` part to learn from, or ``all``: two million clips more.
        """
        super().__init__(root)
        self.labels: Labels = labels
        self.train: Train = train

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether clips and a list of labels are there under their published names."""
        try:
            return cls(root)._form != ""
        except DataError:
            return False

    @property
    def vocabulary(self) -> Vocabulary:
        """The chosen labels in AudioSet's order; groups are AudioSet's own kinds."""
        return self._vocabulary

    def read_tracks(self) -> list[Track]:
        """Read all clips that bear a chosen label, by the ids of their videos.

        Raises:
            DataError: nothing is found; a file is damaged or not as published; a video is in two
                parts.
        """
        names = [sound.name for sound in self._sounds]
        return [Track(clip.id, tuple(names[k] for k in clip.labels), seconds=clip.seconds)
                for _, clip in sorted(self._read.kept.items())]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``official``: the train parts and the test part, of clips with a chosen label.

        There is no valid part. Where the lists of segments are at hand, it is theirs: whole, also
        where features of some are missing.
        """
        clips = (self._listed or self._read).kept
        return {"official": {name: forms.PARTS[clips[name].part] for name in sorted(clips)}}

    def remarks(self) -> list[str]:
        """Return what was left out, what lacks features, and how the parts differ."""
        made = [f"{self._read.left_out} clips bear none of the chosen labels ({self.labels}) and "
                "are left out"] if self._read.left_out else []  # fmt: skip
        if self._form == "segments":
            made.append("only the lists of segments are there: no features to learn from")
        elif self._listed is not None:
            made += _compared(self._listed.kept, self._read.kept)
        if self.train == "all" and "unbal_train" not in self._parts:
            made.append("train=all asks for unbal_train, which is not there")
        rates = [f"{mean:.2f} in {part}"
                 for part, mean in forms.labels_a_clip(self._read.kept.values())]
        made.append(f"labels a clip: {', '.join(rates)}")
        return [*made, "no valid part is published: hold out some of the train part"]

    def faults(self) -> list[Fault]:
        """Return the pairs of clips, both at hand, that are known to be one recording.

        They lie beside this module in ``audioset_facts``: music of the balanced train part and of
        the test part of which half the seconds or more have equal embeddings. Of ``unbal_train``
        nothing is known.
        """
        return [copy for copy in forms.known_copies()
                if self.tracks.keys() >= {copy.track, copy.other}]  # fmt: skip

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return each part's embeddings, an npz file or a folder of records: a row a second, or
        a row a clip where they are pooled.

        A part's table has all its clips, also those that bear none of the chosen labels.
        """
        if self._form == "segments":
            return ()
        paths = self._parts.values()
        seconds = [FeatureTable(path, _FRONT_END, _SECOND) for path in paths]
        return (*seconds, *(FeatureTable(path, {**_FRONT_END, "pooling": pooling}, None,
                                         derived=True)
                            for pooling in _POOLED for path in paths))

    def segment_of(self, row_name: str) -> tuple[str, int]:
        """Return the clip, which is called as its rows are; rows say where they begin."""
        return row_name, 0

    def parents(self) -> dict[str, tuple[str, ...]]:
        """Return each chosen label's parents among the chosen labels, by ``ontology.json``.

        Raises:
            DataError: the ontology is not there, or not as published.
        """
        chosen = [self._sounds[k] for k in sorted(self._chosen)]
        return known.parents_of(chosen, self._find(_ONTOLOGY) or self.root / _ONTOLOGY)

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy in Google's layout; its embeddings are drawn by genre."""
        from earmark.datasets._audioset_sample import write

        write(root)

    @property
    def _form(self) -> str:
        return self._found.form

    @property
    def _parts(self) -> Mapping[str, Path]:
        return self._found.parts

    @cached_property
    def _found(self) -> _Found:
        """Which form is there, and the file or folder of each part to be read."""
        arrays = self._present(_ARRAYS)
        records = {part: folder for part in forms.PARTS
                   if (folder := self._find(part, folder=True)) and forms.record_files(folder)}
        segments = self._present(forms.SEGMENTS)
        if arrays and self._find(_SUBSET):
            return self._of_form("arrays", arrays)
        if self._find(_INDICES) and records:
            return self._of_form("records", records)
        if self._find(_INDICES) and segments:
            return self._of_form("segments", segments)
        return _Found("", {})

    def _of_form(self, form: str, parts: Mapping[str, Path]) -> _Found:
        return _Found(form, {part: path for part, path in parts.items()
                             if part != "unbal_train" or self.train == "all"})

    @cached_property
    def _sounds(self) -> tuple[Sound, ...]:
        if not self._form:
            raise DataError(self._nothing_found())
        if self._form == "arrays":
            return known.read_subset(self._find(_SUBSET) or self.root)
        return known.read_indices(self._find(_INDICES) or self.root)

    @cached_property
    def _chosen(self) -> frozenset[int]:
        """Places of the chosen labels among all that there are."""
        everything = known.MUSIC if self.labels == "tags" else -1
        return frozenset(
            place for place, sound in enumerate(self._sounds)
            if self.labels in ("all", sound.kind)
            or (self.labels in ("music", "tags") and sound.kind and sound.number != everything))

    @cached_property
    def _asked(self) -> frozenset[int]:
        """Places of the labels of which a clip must bear one."""
        if self.labels != "tags":
            return self._chosen
        return frozenset(place for place, sound in enumerate(self._sounds) if sound.kind)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return known.vocabulary_of(self._sounds[k] for k in sorted(self._chosen))

    @cached_property
    def _read(self) -> Clips:
        clips = Clips(self._chosen, self._asked)
        for part, path in self._parts.items():
            if self._form == "arrays":
                forms.read_arrays(path, part, self._sounds, clips)
            elif self._form == "records":
                forms.read_records(path, part, clips)
            else:
                forms.read_segments(path, part, self._numbers, clips)
        if not clips.kept:
            raise DataError(f"{self.root}: none of its {clips.left_out} clips bears a label of "
                            f"'{self.labels}'.")
        return clips

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {sound.mid: sound.number for sound in self._sounds}

    @cached_property
    def _listed(self) -> Clips | None:
        """The clips of the lists of segments, where those are beside each part's records."""
        lists = {part: path for part, path in self._present(forms.SEGMENTS).items()
                 if part in self._parts}
        if self._form != "records" or lists.keys() != self._parts.keys():
            return None
        clips = Clips(self._chosen, self._asked)
        for part, path in lists.items():
            forms.read_segments(path, part, self._numbers, clips)
        return clips

    def _present(self, names: Mapping[str, str]) -> dict[str, Path]:
        return {part: path for part, name in names.items() if (path := self._find(name))}

    def _find(self, name: str, *, folder: bool = False) -> Path | None:
        paths = (self.root / holder / name for holder in _HOLDERS)
        try:
            return next((p for p in paths if (p.is_dir() if folder else p.is_file())), None)
        except OSError as error:
            raise DataError(f"{self.root}: cannot be read: {error.strerror or error}.") from error

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds AudioSet."
        return (f"{self.root}: holds no AudioSet: looked for {_INDICES} with bal_train/*.tfrecord "
                f"and eval/*.tfrecord in features/audioset_v1_embeddings, and for {_SUBSET} with "
                "music_bal_train.npz and music_eval.npz; 'earmark data layout audioset' shows it.")


class _Found(NamedTuple):
    """Which form is there.

    Attributes:
        form: ``arrays``, ``records``, ``segments``; empty when nothing is found.
        parts: the file or folder of each part.
    """

    form: str
    parts: Mapping[str, Path]


def _compared(listed: Mapping[str, Clip], read: Mapping[str, Clip]) -> list[str]:
    facts = {
        "segments of the lists have no features here": len(listed.keys() - read.keys()),
        "clips are on none of the lists": len(read.keys() - listed.keys()),
        "clips bear other labels than on the lists":
            sum(sorted(clip.labels) != sorted(listed[name].labels)
                for name, clip in read.items() if name in listed),
    }  # fmt: skip
    return [f"{count} {what}" for what, count in facts.items() if count]
