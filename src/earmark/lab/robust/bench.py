"""The bench: every tagger under every disturbance, told in ``robust.json`` and on a page.

No published test part is entered in the ledger: nothing is fitted here, and what is compared is a
tagger with itself. Tracks that a tagger has learnt from are counted and named as such: they flatter
its metric, not its agreement with itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark import __version__
from earmark.errors import AudioError, TaggerError, require
from earmark.judging.report import robust as told
from earmark.lab import runfolder
from earmark.lab.batches import Log
from earmark.lab.robust.disturbances import Disturbance, Sound, standard
from earmark.lab.robust.figures import Judge, placed
from earmark.lab.robust.hearing import Ears, Heard
from earmark.lab.robust.music import Item, Music, learnt_from
from earmark.settings import fingerprint
from earmark.store import write_text
from earmark.tagger.tagger import Tagger

VALUES, PAGE = "robust.json", "robust.html"
_TRIAL_HZ = 22_050


@dataclass(frozen=True)
class Settings:
    """How the bench is made.

    Attributes:
        seconds: of each track that are heard, from its beginning.
        tracks: at most so many, drawn by chance; None for all.
        seed: of that draw, of noise and of the bootstrap.
    """

    seconds: float = 60.0
    tracks: int | None = None
    seed: int = 0


def robustness(
    taggers: Sequence[Tagger], music: Music, folder: Path, settings: Settings,
    log: Log = lambda _: None,
) -> Mapping[str, Any]:
    """Judge the taggers under each disturbance; leave ``robust.json`` and a page in ``folder``.

    A folder that holds this very bench, finished, is shown and nothing is heard again.

    Returns:
        The content of ``robust.json``.

    Raises:
        SettingsError: the folder holds something else. AudioError: no track can be heard.
        TaggerError: no tagger, or one that names nothing. MissingExtraError: Jinja2 is missing.
    """
    for tagger in taggers:
        if not tagger.manifest.labels:
            raise TaggerError(f"tagger {tagger.manifest.name} is a backbone and names nothing; "
                              "give one with labels.")
    if not taggers:
        raise TaggerError("no tagger to judge; name one with --tagger.")
    require("jinja2", extra="train", purpose="making a report")  # before anything is heard
    disturbances, remarks = possible()
    music = music.drawn(settings.tracks, settings.seed)
    music = replace(music, remarks=(*music.remarks, *remarks))
    folder = folder.resolve()
    identity = {"robust": "1", "taggers": ", ".join(t.identity for t in taggers),
                "music": music.fingerprint, "earmark": __version__,
                "settings": fingerprint([asdict(settings), [repr(d) for d in disturbances]])}
    with runfolder.held(folder):
        if done := runfolder.told(folder / VALUES, identity, told.lines, "robustness bench"):
            if not (folder / PAGE).is_file():  # the process was killed between the two
                write_text(folder / PAGE, told.page(done))
            return done
        ears = Ears(taggers, disturbances, settings.seconds, settings.seed)
        values = {"identity": identity, **_values(ears, music, log)}
        page = told.page(values)
        write_text(folder / VALUES, json.dumps(values, indent=1, allow_nan=False))
        write_text(folder / PAGE, page)
    return values


def possible() -> tuple[tuple[Disturbance, ...], tuple[str, ...]]:
    """Return the disturbances that this machine can make, and why it cannot make the others."""
    tone = (0.1 * np.sin(np.arange(_TRIAL_HZ) / 16)).astype(np.float32)
    can, remarks = [], []
    for disturbance in standard():
        try:
            disturbance(Sound(tone, _TRIAL_HZ), "", 0)
            can.append(disturbance)
        except AudioError as error:
            remarks.append(f"{disturbance.name} left out: {error}")
    return tuple(can), tuple(remarks)


def _values(ears: Ears, music: Music, log: Log) -> dict[str, Any]:
    outcomes = ears.hear(music.items, log)
    pairs = [(item, o.value) for item, o in zip(music.items, outcomes, strict=True) if o.value]
    failed = [o.error for o in outcomes if o.error]
    if not pairs:
        raise AudioError(f"none of {len(outcomes)} tracks can be heard; the first: {failed[0]}")
    items, heard = [item for item, _ in pairs], [value for _, value in pairs]
    return {
        "music": music.name, "variant": music.variant, "tracks": len(items),
        "artists": len({item.group for item in items}), "seconds": ears.seconds,
        "seed": ears.seed, "remarks": list(music.remarks), "failed": failed,
        "taggers": [_of_tagger(tagger, number, ears, music, items, heard)
                    for number, tagger in enumerate(ears.taggers)],
    }  # fmt: skip


def _of_tagger(
    tagger: Tagger, number: int, ears: Ears, music: Music, items: Sequence[Item],
    heard: Sequence[Heard],
) -> dict[str, Any]:
    could_be = music.dataset.vocabulary.labels if music.dataset else ()
    where = placed(tagger.vocabulary, [item.labels for item in items], could_be)
    judge = Judge(tagger.vocabulary, tagger.manifest.decisions, where,
                  [item.group for item in items], np.stack([h.plain[number] for h in heard]),
                  ears.seed)
    seen = learnt_from(tagger.manifest.card, music)
    return {
        "name": tagger.manifest.name, "identity": tagger.identity,
        "task": tagger.manifest.task, "labels": len(tagger.manifest.labels),
        "known": int(where.known.sum()), "strange": int(where.strange.sum()),
        "seen": sum(item.id in seen for item in items),
        "seen_known": sum(item.id in seen for item, k in zip(items, where.known, strict=True) if k),
        "metrics": list(judge.metrics), "undisturbed": judge.undisturbed(),
        "disturbances": [
            {"name": disturbance.name, "family": disturbance.family, "how": disturbance.how,
             **judge.under(np.stack([h.disturbed[k][number] for h in heard]))}
            for k, disturbance in enumerate(ears.disturbances)],
    }  # fmt: skip
