"""A split with a smaller train part: some of it held out as valid, or less copies of test tracks.

The test part is left as it is, so that a published one stays what it was.
"""

from __future__ import annotations

import numpy as np

from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.judging.groups import By, joined_groups
from earmark.judging.splits import Split
from earmark.labels.dealing import deal_groups, numbered


def held_out(
    split: Split, dataset: Dataset, share: float, by: By, rng: np.random.Generator
) -> Split:
    """Return the split with a share of its train part as valid; its name says so.

    The shares of labels are kept, and so are whole groups; copies (``dataset.faults``) and the
    parts of a song stay together.

    Args:
        share: of the tracks of the train part, in (0, 1).

    Raises:
        SettingsError: there is a valid part already, or the share is out of its range.
        DataError: too few groups in the train part.
    """
    if not 0 < share < 1:
        raise SettingsError(f"the share of train to hold out is {share}; expected one between 0 "
                            "and 1.")
    if count := split.counts["valid"]:
        raise SettingsError(f"'{split.name}' has a valid part of {count} tracks; hold nothing out, "
                            "or choose a split without.")
    ids = split.ids("train")
    member = numbered(joined_groups(dataset, ids, by))
    labels = dataset.vocabulary.matrix([dataset.tracks[track].labels for track in ids])
    valid = deal_groups(member, labels, np.array([1 - share, share]), rng) == 1
    if valid.all() or not valid.any():
        raise DataError(f"'{split.name}' has {len(set(member.tolist()))} groups of tracks in "
                        f"train, too few to hold {100 * share:g} % of them out; hold out another "
                        "share, or by track.")
    parts = {track: "valid" for track, held in zip(ids, valid, strict=True) if held}
    return Split(f"{split.name}, {100 * share:g} % of train held out as valid",
                 {**split.parts, **parts})


def less_copies(split: Split, dataset: Dataset) -> Split:
    """Return the split less those tracks of train and valid that are known to be copies of test
    tracks; its name says how many.

    Raises:
        DataError: a whole part would go.
    """
    gone = {leak.a for leak in split.leaks(dataset) if not leak.shared and leak.parts[1] == "test"}
    if not gone:
        return split
    kept = {track: part for track, part in split.parts.items() if track not in gone}
    if lost := sorted(set(split.parts.values()) - set(kept.values())):
        raise DataError(f"all tracks of the {lost[0]} part of '{split.name}' are copies of test "
                        "tracks; expected others.")
    noun = "copy" if len(gone) == 1 else "copies"
    return Split(f"{split.name} less {len(gone)} {noun} of test tracks", kept)
