"""A finished run folder, read as plain files into typed values.

The lab writes the folder and lies above this layer; what is shared is the format: version 1,
named in ``identity.json``. Everything is checked here, so that what makes pages may trust it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from earmark import settings
from earmark.errors import DataError, SettingsError
from earmark.judging.decisions import Decisions
from earmark.judging.ledger import Ledger, Reading
from earmark.judging.mistags import Mistag
from earmark.judging.protocol import Protocol, recorded
from earmark.judging.references import Reference, same_protocol
from earmark.judging.report.exported import Exported, read_exported
from earmark.judging.report.given import TITLES, Given, read_given
from earmark.judging.report.learnt import (
    Advice,
    CurvePoint,
    Reliability,
    Unknown,
    read_advice,
    read_calibration,
    read_curve,
    read_elsewhere,
    read_mistags,
    read_unknown,
)
from earmark.judging.report.plain import Node, clean, read_json
from earmark.judging.report.predictions import Predictions, read_predictions
from earmark.judging.report.scores import Scores, read_scores
from earmark.judging.report.trained import Trained, read_training

RUN_FORMAT = "1"
_OF_PROTOCOL = ("variant", "dataset_fingerprint", "split_fingerprint", "metric", "averaging",
                "contaminated")


@dataclass(frozen=True)
class RunFolder:
    """A finished run.

    Attributes:
        folder: where it lies; ``name`` is its own name.
        identity: fingerprints of recipe, dataset and split, and the version of Earmark.
        protocol: under which its scores were earned.
        dataset, split, unit, seed, leaky, tracks: of the protocol, as shown.
        contaminated: why a backbone may have heard what is judged; empty where none may have.
        parts: train, valid, test, those that exist.
        validated: the cross-validated scores.
        majority_baseline: accuracy on test of answering the commonest label learnt.
        readings: of this test part, oldest first, from the ledger beside the run as it is now.
        recorded_readings: how many the run itself knew of; ``recorded`` names them.
        training: of networks. exported: the tagger's graphs, in runs that tell of them.
        decisions: how scores became the answers judged; None in runs from before it was recorded.
        elsewhere: calibration on tracks that it was not learnt from, by what they are.
        given: measurements that are shown as they are, such as ``label_sets``.
        predictions: None when the file is absent.
    """

    folder: Path
    name: str
    identity: Mapping[str, str]
    protocol: Protocol
    dataset: str
    split: str
    unit: str
    seed: str
    leaky: bool
    contaminated: str
    tracks: Mapping[str, int]
    parts: Mapping[str, Scores]
    validated: Scores | None
    majority_baseline: float | None
    leaks: tuple[str, ...]
    failed: tuple[str, ...]
    notes: tuple[str, ...]
    models: tuple[tuple[tuple[str, str], ...], ...]
    training: tuple[Trained, ...]
    exported: tuple[Exported, ...]
    curve: tuple[CurvePoint, ...]
    advice: tuple[Advice, ...]
    mistags: tuple[Mistag, ...]
    calibration: Mapping[str, Reliability]
    elsewhere: Mapping[str, Mapping[str, Reliability]]
    unknown: Unknown | None
    readings: tuple[Reading, ...]
    recorded_readings: int
    recorded: tuple[str, ...]
    recipe_text: str
    recipe: Mapping[str, Any]
    environment: tuple[tuple[str, str], ...]
    decisions: Decisions | None
    given: tuple[Given, ...]
    predictions: Predictions | None

    @property
    def several(self) -> bool:
        """Whether tracks bear several labels."""
        return any(s.several for s in (*self.parts.values(), self.validated) if s)

    @property
    def test(self) -> Scores | None:
        """Scores on the test part, if it was read."""
        return self.parts.get("test")

    @cached_property
    def published(self) -> tuple[Reference, ...]:
        """Published scores of the very same protocol; none where nothing was judged on test."""
        return same_protocol(self.protocol) if self.test else ()

    @property
    def reading_count(self) -> int:
        """Readings of the test part: those in the ledger now, or those the run knew of."""
        return max(len(self.readings), self.recorded_readings)

    @cached_property
    def method(self) -> str:
        """Fingerprint of front ends, segments, models and weights: the recipe without its data,
        split, seed and names."""
        try:
            return settings.fingerprint(self.recipe["branches"])
        except (KeyError, TypeError, ValueError):  # none, or with dates or NaN, which TOML has
            return self.identity["recipe"]

    @property
    def model_names(self) -> str:
        """The models, as in ``classical:svm + classical:knn``, marked where contaminated."""
        named = " + ".join(dict(model).get("name", "?") for model in self.models)
        return f"{named or 'unnamed model'}{' (contaminated)' if self.contaminated else ''}"


def read(folder: Path) -> RunFolder:
    """Read a finished run.

    Raises:
        DataError: no run, of another format, unfinished, or damaged; says which and what to do.
        MissingExtraError: there are predictions and pyarrow is not installed.
    """
    identity = _identity(folder)
    try:
        results = read_json(folder / "results.json")
    except FileNotFoundError:
        raise DataError(f"{folder} is half written (no results.json): run its recipe again with "
                        f"--out {folder} to finish it.") from None
    for key, value in results.need("identity").items():
        if identity.get(key) != value.text():
            raise DataError(f"{results.where} belongs to a run with another {key} than "
                            f"identity.json says; run the recipe again in another folder.")
    node = results.need("protocol")
    parts = {name: read_scores(name, its) for name, its in results.need("parts").items()}
    text, recipe = _recipe(folder / "recipe.toml")
    ledger = results.get("ledger")
    validated = results.get("cross_validated")
    given = read_scores("cross-validated", validated) if validated else None
    protocol = _protocol(node, identity, [*parts.values(), *([given] if given else [])])
    return RunFolder(
        folder=folder,
        name=clean(folder.resolve().name) or "run",
        identity=identity,
        protocol=protocol,
        dataset=protocol.dataset_title,
        split=protocol.split,
        unit=node.need("unit").text(),
        seed=node.need("seed").shown(),
        leaky=protocol.leaky,
        contaminated=marked.text() if (marked := node.get("contaminated")) else "",
        tracks={k: v.whole() for k, v in node.need("tracks").items()},
        parts=parts,
        validated=given,
        majority_baseline=_majority(results.get("majority_baseline")),
        leaks=_texts(results.get("leaks")),
        failed=_texts(results.get("failed")),
        notes=_texts(results.get("notes")),
        models=_models(results.get("models")),
        training=read_training(results.get("training")),
        exported=read_exported(results.get("export")),
        curve=read_curve(results.get("learning_curve")),
        advice=read_advice(results.get("label_advice")),
        mistags=read_mistags(results.get("likely_mistags")),
        calibration=read_calibration(results.get("calibration")),
        elsewhere=read_elsewhere(results),
        unknown=read_unknown(results.get("unknown")),
        readings=_readings(folder, identity),
        recorded_readings=ledger.need("readings_of_this_test_part").whole() if ledger else 0,
        recorded=_texts(ledger.get("runs")) if ledger else (),
        recipe_text=text,
        recipe=recipe,
        environment=_environment(folder / "environment.json"),
        decisions=_decisions(results.get("decisions")),
        given=tuple(g for name in TITLES if (g := read_given(name, results.get(name)))),
        predictions=read_predictions(folder / "predictions.parquet"),
    )


def _identity(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give a run folder as 'earmark train' writes it.")
    try:
        found = read_json(folder / "identity.json")
    except FileNotFoundError:
        raise DataError(f"{folder} holds no run (no identity.json); give a run folder as "
                        "'earmark train' writes it.") from None
    version = found.need("run_format").shown()
    if version != RUN_FORMAT:
        raise DataError(f"{folder} is of run format '{version}' and this Earmark reads "
                        f"'{RUN_FORMAT}'; use the Earmark that wrote it, or run it again.")
    for key in ("recipe", "dataset", "split"):
        found.need(key).text()
    return {key: value.text() for key, value in found.items()}


def _protocol(
    node: Node, identity: Mapping[str, str], scores: Sequence[Scores]
) -> Protocol:
    values: dict[str, Any] = {"leaky": node.need("leaky").flag()}
    values |= {key: node.need(key).text() for key in ("dataset", "split", "unit")}
    values |= {key: found.text() for key in _OF_PROTOCOL if (found := node.get(key))}
    return recorded(values, identity, scores[0].main if scores else "accuracy")


def _readings(folder: Path, identity: Mapping[str, str]) -> tuple[Reading, ...]:
    ledger = Ledger(folder.resolve().parent / "ledger.jsonl")
    return tuple(ledger.readings(identity["dataset"], identity["split"]))


def _recipe(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        return "", {}
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged ({error}); run the recipe again.") from error
    return "\n".join(clean(line) for line in text.splitlines()), values


def _environment(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((key, value.shown()) for key, value in read_json(path).items())
    except FileNotFoundError:
        return ()


def _texts(node: Node | None) -> tuple[str, ...]:
    return tuple(e.text() for e in node.elements()) if node else ()


def _majority(node: Node | None) -> float | None:
    return node.maybe("accuracy") if node else None


def _models(node: Node | None) -> tuple[tuple[tuple[str, str], ...], ...]:
    if node is None:
        return ()
    return tuple(tuple((k, v.shown()) for k, v in e.items()) for e in node.elements())


def _decisions(node: Node | None) -> Decisions | None:
    if node is None:
        return None
    try:
        return settings.from_mapping(Decisions, dict(node.raw()), where=node.where)
    except SettingsError as error:
        raise DataError(f"{error} The run folder is damaged: run it again.") from error
