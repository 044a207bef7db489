"""Networks made for pictures, on pictures of sound: from scratch, or from what ImageNet taught.

Pictures are (bands, frames), one channel, or (channels, height, width). From scratch a network has
as many channels as they have. Weights from ImageNet expect three, in the range [0, 1], normalised
by their own mean and spread, each network by its own and once: nothing before it scales again.

How values become that range: with ``scaling = "standard"`` each band (or channel) is standardised
by what was learnt from, and 2.5 standard deviations about its mean are the range; with
``scaling = "none"`` pictures are in [0, 1] already, or ``span`` says which values become 0 and 1,
such as -80 and 0 dB. From scratch, standardised values are taken as they are.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark.errors import DataError
from earmark.models._network import Network

if TYPE_CHECKING:
    from torch import nn

_OWN_WEIGHTS = ("none", "pretrained")
_COLOURS = 3


@dataclass
class Transfer(Network):
    """A network of timm with a head of one's own. Subclasses say which.

    Attributes:
        weights: ``none`` for chance; ``pretrained`` for those that timm publishes, learnt from
            ImageNet, which held no music; or a file of them, .safetensors or .pth, as timm names
            them.
        freeze: ``all`` to learn the head alone. Where nothing changes rows from one epoch to the
            next (no augmentation, no crops), each row's embedding is then computed once.
        thaw: epochs until the next stage learns too, from the uppermost down: first the head
            alone; 0 for all from the first. Batch normalisation of stages that stand still is as
            outside training (Howard & Ruder 2018, gradual unfreezing).
        lr_decay: the learning rate of each stage as a share of that above it.
        pool: of the last maps, their ``mean``, or ``both`` mean and maximum, side by side.
        hidden: units of each dense layer between pooling and labels.
        dropout: before each dense layer.
        resize: side of the square that pictures are brought to, by an antialiased linear filter
            inside the network; None to leave their size.
        span: with ``scaling = "none"``: the values that become 0 and 1; empty for pictures that
            have that range.
    """

    takes: ClassVar[tuple[int, ...]] = (2, 3)
    small: ClassVar[Mapping[str, Any]] = {}
    tried_on: ClassVar[tuple[int, ...]] = (32, 32)
    weights: str = "none"
    freeze: Literal["none", "all"] = "none"
    thaw: int = 0
    lr_decay: float = 1.0
    pool: Literal["mean", "both"] = "mean"
    hidden: tuple[int, ...] = ()
    dropout: float = 0.2
    resize: int | None = None
    span: tuple[float, ...] = ()

    @property
    @abstractmethod
    def _backbone(self) -> str:
        """timm's name."""

    def _check_settings(self) -> None:
        if self.thaw < 0:
            raise ValueError(f"'thaw' is {self.thaw}; expected 0 epochs or more.")
        if self.thaw and self.freeze == "all":
            raise ValueError(f"'thaw' is {self.thaw} and 'freeze' is 'all'; expected one of them.")
        if not 0 < self.lr_decay <= 1:
            raise ValueError(f"'lr_decay' is {self.lr_decay}; expected above 0 to 1.")
        if any(units < 1 for units in self.hidden):
            raise ValueError(f"'hidden' is {list(self.hidden)}; expected layers of 1 unit or more.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"'dropout' is {self.dropout}; expected 0 to below 1.")
        if self.resize is not None and not 16 <= self.resize <= 1024:
            raise ValueError(f"'resize' is {self.resize}; expected a side of 16 to 1024.")
        self._check_span()

    def _check_span(self) -> None:
        if not self.span:
            return
        if len(self.span) != 2 or not self.span[0] < self.span[1]:
            raise ValueError(f"'span' is {list(self.span)}; expected two values, the lower first.")
        if self.scaling != "none":
            raise ValueError("'span' is of values as they come; set 'scaling' to 'none' with it.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the network, its weights by chance; ``begin`` puts in others.

        Raises:
            DataError: pictures too small for it, or of channels that its weights do not know.
            SettingsError: timm does not know it.
        """
        from earmark.models._deep import stages, timm_backbones

        config = timm_backbones.config_of(self._backbone)
        channels = self._channels(shape)
        side = self.resize
        pictures = timm_backbones.Pictures(
            shape, side, timm_backbones.span_of(self.scaling, self.span, self._pretrained),
            config if self._normalises and config else None, channels)
        size = (side, side) if side is not None else (shape[-2], shape[-1])
        net = timm_backbones.network(self._backbone, channels, size)
        body = timm_backbones.Backbone(pictures, net, self.pool)
        try:
            width = stages.width_of(body, shape)
        except (RuntimeError, AssertionError, ValueError, IndexError) as error:
            usual = " x ".join(map(str, config.get("input_size", ("?", "?"))[1:]))
            raise DataError(
                f"pictures of {' x '.join(map(str, size))} are not for {self._backbone} (pool "
                f"'{self.pool}'): {str(error).strip().splitlines()[0]}; it was made for {usual}: "
                "set 'resize'."
            ) from error
        inner = stages.Tuned(body, stages.head(width, self.hidden, self.dropout, labels),
                             timm_backbones.ends_of(net))
        self.on_epoch(inner, 0)
        return inner

    def begin(self, inner: Any) -> None:
        """Put in the weights of ``weights``."""
        from earmark.models._deep import timm_backbones

        if self._pretrained:
            path = (timm_backbones.published(self._backbone) if self.weights == "pretrained"
                    else Path(self.weights))
            timm_backbones.put_in(inner.body.net, path)

    def parameter_groups(self, inner: Any) -> list[dict[str, Any]]:
        """Return the head's parameters, and each stage's with its share of the learning rate."""
        groups: list[dict[str, Any]] = inner.groups(self.lr_decay)
        return groups

    def on_epoch(self, inner: Any, epoch: int) -> None:
        """Let the stages learn whose turn has come."""
        from earmark.models._deep.stages import thawed

        every = len(inner.stages)
        learning = 0 if self.freeze == "all" else thawed(epoch, self.thaw)
        inner.hold(0 if learning is None else max(0, every - learning))

    def look_up(self, shape: tuple[int, ...]) -> None:
        """Look for the weights that are named; see ``Network.look_up``."""
        from earmark.models._deep import timm_backbones

        if self.weights == "pretrained":
            timm_backbones.published(self._backbone)
        elif self._pretrained:
            timm_backbones.tensors(Path(self.weights))

    def files(self) -> dict[str, str]:
        """Return the trunk to start from and the file of weights, where there are any."""
        own = {} if self.weights in _OWN_WEIGHTS else {"weights": self.weights}
        return {**super().files(), **own}

    @property
    def stands_still(self) -> bool:
        """Where all stages are frozen and rows are the same in every epoch."""
        return self.freeze == "all" and self.rows_repeat

    @property
    def _pretrained(self) -> bool:
        return self.weights != "none"

    @property
    def _normalises(self) -> bool:
        return self._pretrained or self.scaling == "none"

    def _channels(self, shape: tuple[int, ...]) -> int:
        given = 1 if len(shape) == 2 else shape[0]
        if not self._pretrained:
            return given
        if given not in (1, _COLOURS):
            raise DataError(f"pictures of {given} channels; weights of others take 1 or 3: set "
                            "'weights' to 'none'.")
        return _COLOURS


@dataclass
class Timm(Transfer):
    """Any network of timm.

    Attributes:
        backbone: timm's name, such as convnext_nano, with a tag behind a dot if wanted.
    """

    name: ClassVar[str] = "transfer:timm"
    small: ClassVar[Mapping[str, Any]] = {"backbone": "test_resnet"}
    backbone: str = "resnet50"

    @property
    def _backbone(self) -> str:
        return self.backbone


@dataclass
class VGG16(Transfer):
    """VGG of 16 layers (Simonyan & Zisserman 2015), its dense layers left out."""

    name: ClassVar[str] = "transfer:vgg16"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "vgg16"


@dataclass
class VGG19(Transfer):
    """VGG of 19 layers (Simonyan & Zisserman 2015), its dense layers left out."""

    name: ClassVar[str] = "transfer:vgg19"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "vgg19"


@dataclass
class ResNet50(Transfer):
    """Residual network of 50 layers (He et al. 2016)."""

    name: ClassVar[str] = "transfer:resnet50"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "resnet50"


@dataclass
class EfficientNetB0(Transfer):
    """EfficientNet-B0 (Tan & Le 2019)."""

    name: ClassVar[str] = "transfer:efficientnet_b0"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "efficientnet_b0"


@dataclass
class EfficientNetB2(Transfer):
    """EfficientNet-B2 (Tan & Le 2019)."""

    name: ClassVar[str] = "transfer:efficientnet_b2"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "efficientnet_b2"


@dataclass
class EfficientNetB4(Transfer):
    """EfficientNet-B4 (Tan & Le 2019)."""

    name: ClassVar[str] = "transfer:efficientnet_b4"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "efficientnet_b4"


@dataclass
class InceptionV3(Transfer):
    """Inception v3 (Szegedy et al. 2016); pictures of 75 x 75 at least."""

    name: ClassVar[str] = "transfer:inception_v3"
    heavy: ClassVar[bool] = True
    tried_on: ClassVar[tuple[int, ...]] = (75, 75)
    _backbone: ClassVar[str] = "inception_v3"


@dataclass
class MobileNetV2(Transfer):
    """MobileNetV2 (Sandler et al. 2018)."""

    name: ClassVar[str] = "transfer:mobilenet_v2"
    heavy: ClassVar[bool] = True
    _backbone: ClassVar[str] = "mobilenetv2_100"
