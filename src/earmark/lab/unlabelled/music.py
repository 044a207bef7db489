"""Which music a network may learn from without labels: none that it is judged or tuned on.

The tracks learnt from, whose labels are not looked at; tracks of the dataset that are in no valid
or test part; audio files of one's own. A track by an artist of the valid or test part is left out,
and so is a known copy of one of its tracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from earmark.audio.load import find_audio
from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset
from earmark.errors import DataError
from earmark.features import base as features
from earmark.features.base import FeatureSet
from earmark.judging.splits import Split
from earmark.lab.backbones import complete
from earmark.lab.batches import Log, gather, hear
from earmark.lab.recipe import BranchChoice, Recipe


class Unlabelled(NamedTuple):
    """Music without labels.

    Attributes:
        dataset: that the tracks are of, with those that the recipe's own reading leaves out.
        features: rows of the tracks, and of audio files under their paths.
        failed: one line a track or file without rows.
    """

    dataset: Dataset
    features: FeatureSet
    failed: list[str]

    @property
    def ids(self) -> list[str]:
        """Of the tracks and files, sorted."""
        return sorted(set(self.features.track_ids.tolist()))


def unlabelled(
    recipe: Recipe, split: Split, root: Path, wider: Mapping[str, Any], audio: Path | None,
    log: Log,
) -> Unlabelled:
    """Return the music that the recipe's network may learn from beside its own tracks.

    Args:
        split: the recipe's.
        wider: options of the dataset by which it is read again, so that it has tracks that the
            recipe's own options leave out.
        audio: a folder of files, or a file.

    Raises:
        DataError: there is no such music.
    """
    (branch,) = recipe.branches
    options = {**(recipe.dataset.options or {}), **wider}
    dataset = open_dataset(recipe.dataset.name, root, options)
    ids = spare(recipe, split, dataset)
    log(f"{len(ids)} tracks of {dataset.name} in no valid or test part, beside those learnt from")
    sets: list[FeatureSet] = []
    failed: list[str] = []
    if ids:
        gathered = gather(dataset, ids, branch, log)
        sets.append(gathered.features)
        failed += gathered.failed
    if audio is not None:
        made, its = _own_files(branch, audio, dataset, log)
        sets.append(made)
        failed += its
    if not sets:
        raise DataError(f"{root}: every track is learnt from, or in a valid or test part; name a "
                        "folder of music with --audio, or a wider reading with --wider.")
    return Unlabelled(dataset, _joined(sets), failed)


def spare(recipe: Recipe, split: Split, dataset: Dataset) -> list[str]:
    """Return the tracks that are neither learnt from by the recipe nor in a valid or test part,
    nor by an artist of such a part, nor a copy of one of its tracks."""
    learnt_parts = set(recipe.split.learn_from)
    parts = dict(dataset.partitions().get(recipe.split.partition or "", {})) | dict(split.parts)
    away = {i for i, part in parts.items() if part not in learnt_parts}
    learnt = {i for i in split.parts if i not in away}
    return apart(dataset, (i for i in dataset.tracks if i not in learnt), away)


def apart(dataset: Dataset, ids: Iterable[str], away: Iterable[str]) -> list[str]:
    """Return those tracks that are not among others, nor by an artist of theirs, nor known copies
    of them."""
    away = _with_copies(dataset, away)
    tracks = dataset.tracks
    artists = {tracks[i].artist for i in away if i in tracks} - {None}
    return sorted(i for i in ids if i not in away
                  and (i not in tracks or tracks[i].artist not in artists))


def _with_copies(dataset: Dataset, ids: Iterable[str]) -> set[str]:
    """Return tracks and all known copies of them, those of copies among them."""
    found = set(ids)
    pairs = [{f.track, f.other} for f in dataset.faults() if f.is_copy and f.other]
    while more := [pair for pair in pairs if pair & found and not pair <= found]:
        found.update(*more)
    return found


def _own_files(
    branch: BranchChoice, audio: Path, dataset: Dataset, log: Log
) -> tuple[FeatureSet, list[str]]:
    """Return rows of audio files, less those of the dataset: its tracks may be judged on."""
    front_end = features.build(complete(branch.front_end))
    if not front_end.takes_audio:
        raise DataError(f"features of '{front_end.name}' come ready-made and cannot be made from "
                        f"{audio}; leave --audio out, or choose a family that takes sound.")
    its = {(dataset.root / track.path).resolve() for track in dataset.tracks.values()
           if track.path is not None}
    found = find_audio([audio])
    paths = [path for path in found if path.resolve() not in its]
    if not found:
        raise DataError(f"{audio}: no audio files; give a folder with music for --audio, or leave "
                        "it out.")
    if not paths:
        raise DataError(f"{audio}: all of its audio is tracks of {dataset.name}, of which some are "
                        "judged on; leave --audio out, or give music that is not in it.")
    if len(paths) < len(found):
        log(f"{len(found) - len(paths)} of {len(found)} files in {audio} are tracks of "
            f"{dataset.name} and left out")
    heard = hear({str(path): path for path in paths}, front_end, branch.training_seconds, log)
    if not heard.tracks:
        raise DataError(f"{audio}: none of its {len(paths)} audio files could be read; first: "
                        f"{heard.failed[0]}")
    return FeatureSet(heard.rows, np.asarray(heard.tracks, np.str_), heard.starts,
                      front_end.columns, {"table": str(audio)}), heard.failed


def _joined(sets: list[FeatureSet]) -> FeatureSet:
    shapes = {made.rows.shape[1:] for made in sets}
    if len(shapes) > 1:
        first, second = (" x ".join(map(str, shape)) for shape in sorted(shapes)[:2])
        raise DataError(f"rows without labels are of {first} and of {second}; a network learns "
                        "from rows of one shape: set 'training_seconds', or leave one out.")
    return FeatureSet.joined([FeatureSet(s.rows, s.track_ids, s.starts, s.columns,
                                         {"table": "", **s.source}) for s in sets])
