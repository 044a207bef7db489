"""A recipe's models as they are before a fit: built, and looked at before features are computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from earmark import registry, settings
from earmark.errors import DataError, SettingsError
from earmark.features.base import build
from earmark.lab.backbones import complete
from earmark.lab.recipe import BranchChoice
from earmark.lab.shapes import refuse_other_shape
from earmark.models._network import Network
from earmark.models.base import Model, kinds_of_rows
from earmark.models.ensemble import Mean


def build_model(branch: BranchChoice, task: str) -> Model:
    """Return the branch's model, not yet fitted.

    Raises:
        SettingsError: unknown model or setting (the nearest is offered), or a model that looks at
            rows once, where they shall be heard anew.
    """
    values = dict(branch.model)
    family = registry.load("models", str(values.pop("name", "")))
    model: Model = settings.from_mapping(family, {**values, "task": task}, where="model")
    if branch.listen == "anew" and not _looks_again(branch, model):
        raise SettingsError("listen = \"anew\" is for networks that look at rows every epoch; this "
                            f"{model.name} looks at them once: leave 'listen' and 'waves' out.")
    return model


def refuse_slips(branch: BranchChoice, task: str) -> None:
    """Refuse before hours of features what the branch's model would refuse after them.

    Raises:
        SettingsError: unknown model or setting, a front end that is unknown or not at hand, a
            device or arithmetic that there is not, or a cut whose rows the network would not take
            when it tags.
        DataError: a file of weights that is not there, or rows of a kind that the model does not
            take.
    """
    model = build_model(branch, task)
    if isinstance(model, Network):
        model.refuse_device()
    for name, path in model.files().items():
        if not Path(path).is_file():
            raise DataError(f"model: '{name}' is {path!r}, which is no file; give one of weights, "
                            "such as the trunk that earmark pretrain writes for 'start'.")
    front_end = build(complete(branch.front_end))
    if front_end.axes is not None and front_end.axes not in model.axes():
        wanted = kinds_of_rows(model.axes()) or "rows that its members do not all take"
        raise DataError(f"the features of '{front_end.name}' are "
                        f"{kinds_of_rows([front_end.axes])}; {model.name} takes {wanted}: choose "
                        "a family of features that gives them, or another model.")
    refuse_other_shape(branch)


def _looks_again(branch: BranchChoice, model: Model) -> bool:
    still = isinstance(model, Network) and model.stands_still
    return bool(networks(branch.model)) and not still


def networks(model: Mapping[str, Any]) -> list[type[Network]]:
    """Return the networks that a model, or a member of it, is.

    Args:
        model: its name and settings, as a recipe's.

    Raises:
        SettingsError: unknown model.
    """
    family = registry.load("models", str(model.get("name", "")))
    members = model.get("members", ())
    inner = [found for member in members for found in networks(member)]
    return [family, *inner] if issubclass(family, Network) else inner


def stops_early(model: Model) -> bool:
    """Tell whether a fitted model, or a member of it, chose its epoch by valid rows."""
    training = getattr(model, "training", None)
    its = model.fitted_ if isinstance(model, Mean) else []
    return getattr(training, "patience", None) is not None or any(
        stops_early(member) for copies in its for member in copies)
