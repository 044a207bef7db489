"""A trained network as a file: safetensors, with its settings in the header."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from earmark import registry, settings
from earmark.errors import DataError, EarmarkError
from earmark.models._deep import learning
from earmark.models._deep.shell import Shell
from earmark.store import write_bytes

if TYPE_CHECKING:
    from earmark.models._network import Network

_KEY = "earmark"


def save(network: Network, shell: Shell, path: Path) -> None:
    """Write a trained network."""
    from safetensors.torch import save as packed

    tensors = {k: v.contiguous() for k, v in shell.state_dict().items()}
    told = learning.describe(network) | {"digest": _digest(tensors)}
    write_bytes(path, packed(tensors, {_KEY: json.dumps(told)}))


def load(path: Path) -> Network:
    """Read a trained network.

    Raises:
        DataError: it is damaged, or the weights are not those of the settings.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            told = dict(json.loads((file.metadata() or {})[_KEY]))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} holds no network of Earmark's: {error}") from error
    if told.get("digest") != _digest(tensors):
        raise DataError(f"{path}: its weights are not those that were written; the file is "
                        "damaged: train the network again.")
    try:
        network: Network = settings.from_mapping(_family(told["name"]), dict(told["settings"]),
                                                 where=str(path))
        network.shape_, network.labels_ = tuple(told["shape"]), int(told["labels"])
        network.seed_, network.parameters_ = int(told["seed"]), int(told["parameters"])
        network.history_, network.about_ = list(told["history"]), dict(told.get("about", {}))
        with torch.random.fork_rng():
            shell = learning.built(network)
        shell.load_state_dict(tensors)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise DataError(f"{path}: its weights are not those of its settings: {first}") from error
    except EarmarkError as error:
        raise DataError(f"{path}: {error}") from error
    network.shell_ = shell.eval()
    return network


def _family(name: str) -> Any:
    """Return the network's class.

    Raises:
        SettingsError: none is called so. TypeError: it is that of another kind of model.
    """
    from earmark.models._network import Network

    family = registry.load("models", name)
    if not issubclass(family, Network):
        raise TypeError(f"{name} is no network")
    return family


def _digest(tensors: dict[str, Any]) -> str:
    """Return a SHA-256 in hex of all weights and what they are called."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name]
        found.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        found.update(values.reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()
