"""Measured decisions in sentences: thresholds, label sets, genres above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]

_HOW = {
    "fixed": "Each label is answered from 0.5 up",
    "global": "One threshold for all labels",
    "label": "A threshold for each label",
    "shrunk": "A threshold for each label, drawn to the one for all where few tracks bear it",
    "top": "The best labels of each track, equally many",
}
_AIMS = {"f1_micro": "micro F1", "f1_macro": "macro F1", "precision": "a wanted precision"}
_PROMISES = {"all": "lack none of a track's labels", "share": "hold of a track's labels"}


def sentences(values: Values) -> str:
    """Return plain values of a decision in words; empty for values that are of no known kind."""
    for keys, tell in _KINDS:
        if keys <= values.keys() and not any(values[key] is None for key in keys):
            return tell(values)
    return ""


def _thresholds(values: Values) -> str:
    how = str(values["how"])
    told = f"{_HOW.get(how, how)}, chosen for {_AIMS.get(str(values['aim']), values['aim'])}"
    if (wanted := values.get("precision_wanted")) is not None:
        told += f" of {wanted:.2f}"
    if values["most"]:
        return f"{told}: {values['most']} a track."
    spread = f"from {values['least']:.3f} to {values['greatest']:.3f}"
    same = values["least"] == values["greatest"]
    return f"{told}: {values['least']:.3f} for all." if same else f"{told}: {spread}, " \
        f"{values['middle']:.3f} in the middle."


def _resampled(values: Values) -> str:
    kept = "kept" if values.get("holds") else "not kept"
    return (f"Promised: {_promise(values)}. Over {values['times']} random halves of "
            f"{values['tracks']} tracks, learnt on one and measured on the other: "
            f"{values['mean']:.3f} (deviation {values['deviation']:.3f}, {values['least']:.3f} to "
            f"{values['most']:.3f}), which is the promise {kept} within sampling error; "
            f"{values['size']:.1f} labels a set, where tracks bear {values['labels_borne']:.2f}.")


def _promise(values: Values) -> str:
    share, promise = f"{values['promised']:.0%}", str(values["promise"])
    return f"{share} of sets {_PROMISES['all']}" if promise == "all" else \
        f"sets {_PROMISES['share']} {share} in the mean"


def _covered(values: Values) -> str:
    error = values.get("standard_error")
    about = f" (standard error {error:.3f})" if error is not None else ""
    return (f"Sets as learnt: {values['coverage']:.3f} of what was to be {values['promised']:.3f}"
            f"{about}, {values['size']:.1f} labels a set.")


def _parents(values: Values) -> str:
    return (f"Of {values['above']} genres above the labels, those that can be named with a "
            f"precision of {values['wanted']:.2f}, proved on tracks not learnt from"
            f"{': none' if not values.get('named', True) else ''}.")


NAMES = {
    "others": "the other choices, on the same tracks",
    "fixed": "0.5 for all",
    "global": "one for all",
    "s3 grid": "one for all, in steps of .05",
    "label": "one a label",
    "shrunk": "one a label, shrunk",
    "top": "the best k",
    "named": "genres that can be named",
    "rates": "how frequent labels are",
    "here": "mean rate, learnt from",
    "there": "mean rate, test",
    "labels a track here": "labels a track, learnt from",
    "labels a track there": "labels a track, test",
    "as learnt off": "rates off, as learnt",
    "by label off": "off, told from each label's scores",
    "jointly off": "off, told from all scores",
    "corrections": "corrected for how frequent labels are",
    "as learnt": "as learnt, not corrected",
    "jointly": "by rates told from all scores together",
    "oracle": "by the true rates, which need the labels",
    "effective tracks": "worth so many tracks",
    "ece": "calibration error",
    "label sets: resampled": "over random halves",
    "resampled": "over random halves",
    "expected": "what chance alone gives",
}
"""What is shown of names that mean little by themselves."""

_KINDS: tuple[tuple[frozenset[str], Callable[[Values], str]], ...] = (
    (frozenset({"how", "aim", "least", "middle", "greatest", "most"}), _thresholds),
    (frozenset({"promised", "promise", "times", "tracks", "mean", "deviation", "least", "most",
                "size", "labels_borne"}), _resampled),
    (frozenset({"promised", "coverage", "size"}), _covered),
    (frozenset({"above", "wanted"}), _parents),
)
