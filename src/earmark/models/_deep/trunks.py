"""A network without its last layer: what learns without labels, and what another may start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from earmark import settings
from earmark.errors import DataError
from earmark.store import write_bytes

if TYPE_CHECKING:
    from earmark.models._network import Network

_KEY = "earmark_trunk"


def head_of(inner: nn.Module, labels: int) -> str:
    """Return the name of the last dense layer that gives a value a label.

    Raises:
        DataError: there is none.
    """
    names = [name for name, part in inner.named_modules()
             if isinstance(part, nn.Linear) and part.out_features == labels]
    if not names:
        raise DataError("the network has no dense layer with a value for each label at its end; "
                        "only networks that have can start from a trunk.")
    last: str = names[-1]
    return last


def without_head(inner: nn.Module, labels: int) -> nn.Module:
    """Put an identity in the last layer's place; return the network."""
    owner, _, name = head_of(inner, labels).rpartition(".")
    setattr(inner.get_submodule(owner), name, nn.Identity())
    return inner


def save(network: Network, trunk: nn.Module, shape: tuple[int, ...], path: Path) -> None:
    """Write a trunk with the settings of its network."""
    from safetensors.torch import save as packed

    told = {"name": network.name, "settings": settings.to_mapping(network), "shape": list(shape)}
    tensors = {name: value.contiguous() for name, value in trunk.state_dict().items()}
    write_bytes(path, packed(tensors, {_KEY: json.dumps(told)}))


def start(inner: nn.Module, labels: int, path: Path) -> None:
    """Put a trunk's weights into a network; the last layer's stay as they are.

    Raises:
        DataError: the file is no trunk, or not of this network; names the first weight that
            differs.
    """
    found, head = _read(path), head_of(inner, labels)
    own = {name: value for name, value in inner.state_dict().items()
           if name.rpartition(".")[0] != head}
    for name, value in own.items():
        if name not in found:
            raise DataError(f"{path}: lacks {name}; it is a trunk of another network or of other "
                            "settings: pre-train with this recipe.")
        if found[name].shape != value.shape:
            given, wanted = (" x ".join(map(str, v.shape)) for v in (found[name], value))
            raise DataError(f"{path}: {name} is {given}, where this network has {wanted}: "
                            "pre-train with this recipe.")
    if more := sorted(set(found) - set(own)):
        raise DataError(f"{path}: holds {more[0]}, which this network has not; it is a trunk of "
                        "another network or of other settings: pre-train with this recipe.")
    inner.load_state_dict(found, strict=False)


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            if _KEY not in (file.metadata() or {}):
                raise DataError(f"{path} holds no trunk; expected what 'earmark pretrain' wrote.")
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} holds no trunk: {error}; expected a file that 'earmark pretrain' "
                        "wrote.") from error
    for name, value in found.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise DataError(f"{path}: {name} holds values that are no finite numbers; pre-train "
                            "again.")
    return found
