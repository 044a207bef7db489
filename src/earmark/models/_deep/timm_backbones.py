"""Picture networks of timm without their classifiers, and the weights that are published for them.

Each is given pictures of the size, channels, range and normalisation that it is made for.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from earmark import hub
from earmark.errors import DataError, SettingsError, suggestion
from earmark.graphs.torchvision import require_mended

Pool = Literal["mean", "both"]
_HALF_RANGE = 2.5  # standard deviations about the mean that make the whole range of a picture
_NESTED = ("state_dict", "model", "state_dict_ema", "model_ema")
_PREFIX = "module."


class Pictures(nn.Module):
    """Rows to what a network for pictures takes.

    Attributes:
        mean, spread: what the network's channels are normalised by, of values in [0, 1].
    """

    mean: Tensor
    spread: Tensor
    down: Tensor
    across: Tensor

    def __init__(
        self, shape: tuple[int, ...], side: int | None, span: tuple[float, float] | None,
        normal: Mapping[str, Any] | None, channels: int,
    ) -> None:
        """Take rows of a shape.

        Args:
            side: of the square that they are brought to; None to leave them.
            span: what becomes 0 and what becomes 1.
            normal: ``mean`` and ``std`` of each channel; None to leave values.
            channels: that come out; one becomes as many alike.
        """
        super().__init__()
        self.flat, self.channels, self.span = len(shape) == 2, channels, span
        height, width = shape[-2:]
        self.resized = side is not None and (height, width) != (side, side)
        if self.resized:
            assert side is not None
            # As matrices: a linear filter, antialiased, that is the same in every runtime.
            self.register_buffer("down", lines(height, side), persistent=False)
            self.register_buffer("across", lines(width, side).t().contiguous(), persistent=False)
        self.normal = normal is not None
        if normal is not None:
            given = normal["mean"], normal["std"]
            for name, values in zip(("mean", "spread"), given, strict=True):
                own = torch.tensor([values[k % len(values)] for k in range(channels)])
                self.register_buffer(name, own.reshape(-1, 1, 1))

    def forward(self, rows: Tensor) -> Tensor:
        """Return pictures [shape=(rows, channels, height, width)]."""
        made = rows.unsqueeze(1) if self.flat else rows
        if self.span is not None:
            low, high = self.span
            made = ((made - low) / (high - low)).clamp(0, 1)
        if self.resized:
            made = self.down @ made @ self.across
        if made.shape[1] != self.channels:
            made = made.repeat(1, self.channels, 1, 1)
        return (made - self.mean) / self.spread if self.normal else made


class Backbone(nn.Module):
    """Rows to embeddings by a network of timm."""

    def __init__(self, pictures: Pictures, net: Any, pool: Pool) -> None:
        """Put pictures before a network."""
        super().__init__()
        self.pictures, self.net, self.pool = pictures, net, pool

    def forward(self, rows: Tensor) -> Tensor:
        """Return embeddings [shape=(rows, values)]."""
        found: Tensor = self.net.forward_features(self.pictures(rows))
        if self.pool == "both":
            if getattr(self.net, "output_fmt", None) == "NHWC":  # as of Swin and its kin
                found = found.permute(0, 3, 1, 2)
            return torch.cat([found.mean((2, 3)), found.amax((2, 3))], dim=1)
        pooled: Tensor = self.net.forward_head(found, pre_logits=True)
        return pooled


def timm() -> Any:
    """Return the library timm.

    Raises:
        MissingExtraError: it is not installed.
    """
    return require_mended("timm", extra="deep", purpose="a network for pictures")


def span_of(scaling: str, given: tuple[float, ...], pretrained: bool) -> Any:
    """Return what becomes 0 and what 1 in a picture; None where values stay as they are."""
    if given:
        return given
    return (-_HALF_RANGE, _HALF_RANGE) if scaling == "standard" and pretrained else None


def lines(given: int, wanted: int) -> Tensor:
    """Return the matrix [shape=(wanted, given)] that resizes one axis by an antialiased linear
    filter."""
    impulses = torch.eye(given).reshape(1, 1, given, given)
    made = functional.interpolate(impulses, (wanted, given), mode="bilinear", antialias=True)
    return made[0, 0].contiguous()


def config_of(name: str) -> dict[str, Any]:
    """Return what timm says of a network: size, normalisation, where its weights are.

    Raises:
        SettingsError: timm has none of that name; the nearest is offered.
    """
    library = timm()
    known = library.list_models()
    if name.partition(".")[0] not in known:
        raise SettingsError(f"timm has no backbone called '{name}'.{suggestion(name, known)}")
    try:
        config = library.get_pretrained_cfg(name)
    except RuntimeError as error:  # of the tag behind the dot
        tags = library.list_pretrained(f"{name.partition('.')[0]}.*")
        raise SettingsError(f"timm has no weights called '{name}'.{suggestion(name, tags)}"
                            ) from error
    found: dict[str, Any] = {} if config is None else config.to_dict()
    return found


def network(name: str, channels: int, size: tuple[int, int]) -> Any:
    """Return a network without its classifier, its weights by chance."""
    library, more = timm(), {}
    if not (config_of(name).get("input_size") is None or not _of_one_size(name)):
        more = {"img_size": size}
    if not name.startswith("vgg"):
        return library.create_model(name, num_classes=0, in_chans=channels, **more)
    # Not made at first: its dense layers are some 120 million weights, of no use here.
    with torch.device("meta"):
        made = library.create_model(name, num_classes=0, in_chans=channels)
    made.pre_logits = nn.Identity()
    made.to_empty(device="cpu")
    for module in made.modules():
        _drawn(module)
    return made


def _of_one_size(name: str) -> bool:
    return bool(timm().get_pretrained_cfg_value(name, "fixed_input_size"))


def _drawn(module: nn.Module) -> None:
    """Draw weights as timm does for VGG."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        module.reset_parameters()
        module.reset_running_stats()


def published(name: str) -> Path:
    """Return the file of ImageNet's weights for a network, fetched where it is not here.

    Raises:
        SettingsError: there are none, or they cannot be had; says which, how big, and what to do.
    """
    place = config_of(name).get("hf_hub_id")
    if not place:
        raise SettingsError(f"timm publishes no weights for '{name}'; set 'weights' to 'none' or "
                            "to a file, or choose another backbone.")
    return hub.weights_file(place, f" (about {_size_mb(name)} MB)",
                            "set 'weights' to that file's path")


def _size_mb(name: str) -> int:
    with torch.device("meta"):
        whole = timm().create_model(name)
    parameters: int = sum(p.numel() for p in whole.parameters())
    return round(4 * parameters / 1e6)


def put_in(net: Any, path: Path) -> None:
    """Put a file's weights into a network: all of them; a classifier's are passed over.

    Raises:
        DataError: some are not in the file, or of another shape; names the first.
    """
    given = tensors(path)
    own = net.state_dict()
    counters = {name for name in own if name.endswith("num_batches_tracked")}
    if absent := [name for name in own if name not in given and name not in counters]:
        raise DataError(f"{path} lacks {len(absent)} of {len(own)} tensors of this backbone, "
                        f"'{absent[0]}' among them; expected its weights as timm names them.")
    for name, value in own.items():
        if name in given and given[name].shape != value.shape:
            raise DataError(f"{path}: '{name}' is {tuple(given[name].shape)}; this backbone has "
                            f"{tuple(value.shape)} there.")
    net.load_state_dict({name: given.get(name, value) for name, value in own.items()})


def tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by name; nothing in it is run.

    Raises:
        DataError: it is not there, or is no file of weights.
    """
    from safetensors.torch import load_file

    if not path.is_file():
        raise DataError(f"{path} is no file; expected weights as .safetensors or .pth.")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of kinds of files that are then refused
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch's reader lets through whatever it stumbles over
        raise DataError(f"{path} cannot be read as weights without running code in it; expected "
                        ".safetensors, or a state dict as .pth.") from error
    for name in _NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping):
        raise DataError(f"{path} holds no tensors by name; expected a state dict.")
    return {str(name).removeprefix(_PREFIX): value for name, value in found.items()
            if isinstance(value, Tensor)}  # fmt: skip


def ends_of(net: Any) -> list[str]:
    """Return the modules that a network's stages end with, from the lowest up."""
    return [f"net.{info['module']}" for info in getattr(net, "feature_info", [])]
