"""Encoders that others trained on much audio, with a head of one's own.

``pretrained:ast``       Audio Spectrogram Transformer, on the family fbank (Gong et al. 2021)
``pretrained:mert``      MERT, on waveforms at 24 kHz (Li et al. 2024)
``pretrained:wav2vec2``  wav2vec 2.0, HuBERT, WavLM and kin, on waveforms at 16 kHz
``pretrained:clap``      CLAP's audio tower, on log mel spectra at 48 kHz (Wu et al. 2023)

Waveforms are the family ``waveform`` with ``normalise = "unit"``; docs/networks-weights.md has
each front end's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark import hub
from earmark.errors import DataError, SettingsError, TaggerError
from earmark.models import watch
from earmark.models._network import Network

if TYPE_CHECKING:
    from torch import nn

_UNKNOWN = "unknown music: trained by others, see the model's card; assume AudioSet among it"


@dataclass
class Pretrained(Network):
    """An encoder of the transformers library. Subclasses say which.

    Attributes:
        weights: ``pretrained`` for those published under ``published``; a folder with a model's
            files; a name on the hub, OWNER/MODEL; or ``none`` for chance.
        config: with ``weights = "none"``: changes to the encoder's configuration.
        tune: ``frozen`` to learn the head alone: each row's embedding is then computed once a fit,
            unless rows are augmented or cropped; ``fine`` to let the encoder learn too.
        top: with ``fine``: how many of its layers learn, from the uppermost down; None for all.
        thaw: with ``fine``: epochs until the next layer learns too, first the head alone; 0 for
            all from the first.
        lr_decay: the learning rate of each layer as a share of that above it, and of the
            uppermost as a share of the head's.
        layer: ``last``; a layer's number, 0 being what goes into the first and -1 the last;
            ``mean`` of all; or ``weighted``, their mean by weights that are learnt, as in MARBLE
            (Yuan et al. 2023). Over time each is averaged; AST's last is the mean of its two
            tokens for the whole.
        hidden: units of each dense layer between embedding and labels.
        dropout: before each dense layer.
    """

    takes: ClassVar[tuple[int, ...]] = (2,)
    kind: ClassVar[Literal["ast", "mert", "wav2vec2", "clap"]]
    published: ClassVar[str]
    size_mb: ClassVar[int]  # of the published weights: parameters of four bytes
    learnt_from: ClassVar[tuple[str, ...]]
    small: ClassVar[Mapping[str, Any]] = {}
    tried_on: ClassVar[tuple[int, ...]] = ()
    scaling: Literal["standard", "none"] = "none"
    weights: str = "pretrained"
    config: Mapping[str, Any] = field(default_factory=dict)
    tune: Literal["frozen", "fine"] = "frozen"
    top: int | None = None
    thaw: int = 0
    lr_decay: float = 0.9
    layer: int | Literal["last", "mean", "weighted"] = "last"
    hidden: tuple[int, ...] = ()
    dropout: float = 0.2

    def _check_settings(self) -> None:
        if self.scaling != "none":
            raise ValueError(f"'scaling' is '{self.scaling}'; encoders of others know their own: "
                             "expected 'none'.")
        if self.config and self.weights != "none":
            raise ValueError(f"'config' is given with weights '{self.weights}', which have their "
                             "own; leave it out, or set 'weights' to 'none'.")
        if self.tune == "frozen" and (self.thaw or self.top is not None):
            raise ValueError("'thaw' and 'top' are of an encoder that learns; set 'tune' to 'fine'"
                             " with them.")
        if self.thaw < 0 or (self.top is not None and self.top < 1):
            raise ValueError(f"'thaw' is {self.thaw} and 'top' is {self.top}; expected 0 epochs or "
                             "more, and 1 layer or more.")
        if not 0 < self.lr_decay <= 1:
            raise ValueError(f"'lr_decay' is {self.lr_decay}; expected above 0 to 1.")
        if any(units < 1 for units in self.hidden):
            raise ValueError(f"'hidden' is {list(self.hidden)}; expected layers of 1 unit or more.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"'dropout' is {self.dropout}; expected 0 to below 1.")

    @property
    def heard(self) -> tuple[str, ...]:
        """What its weights have learnt from; of weights that Earmark does not know, the worst."""
        if self.weights == "none":
            return ()
        known = self.weights in ("pretrained", self.published)
        return self.learnt_from if known else (_UNKNOWN,)

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return encoder and head, weights by chance; ``begin`` puts in others.

        Raises:
            DataError: rows that it cannot hear. SettingsError: weights that are not there.
        """
        from torch import nn

        from earmark.models._deep import encoders, stages

        about = self.about_ or self._about(shape)
        described = encoders.Described(dict(about["config"]), tuple(about["normal"]))
        body = encoders.Encoder(described, shape, self.layer)
        try:
            width = stages.width_of(body, shape)
        except (RuntimeError, ValueError, IndexError, AssertionError) as error:
            raise DataError(f"rows of {' x '.join(map(str, shape))} are not for {self.name}: "
                            f"{str(error).strip().splitlines()[0]}") from error
        top = stages.head(width // body.layers, self.hidden, self.dropout, labels)
        if self.layer == "weighted":
            top = nn.Sequential(encoders.Weighted(body.layers), top)
        inner = stages.Tuned(body, top, body.ends)
        self.on_epoch(inner, 0)
        return inner

    def begin(self, inner: Any) -> None:
        """Put in the weights of ``weights``."""
        from earmark.models._deep import encoders

        if self.weights != "none":
            encoders.put_in(inner.body.model, self._folder())

    def parameter_groups(self, inner: Any) -> list[dict[str, Any]]:
        """Return the head's parameters, and each layer's with its share of the learning rate."""
        groups: list[dict[str, Any]] = inner.groups(self.lr_decay)
        return groups

    def on_epoch(self, inner: Any, epoch: int) -> None:
        """Let the layers learn whose turn has come."""
        from earmark.models._deep.stages import thawed

        every = len(inner.stages)
        learning = 0 if self.tune == "frozen" else thawed(epoch, self.thaw, self.top)
        inner.hold(0 if learning is None else max(0, every - learning))

    def look_up(self, shape: tuple[int, ...]) -> None:
        """Look for the encoder that is named; see ``Network.look_up``."""
        self.about_ = self._about(self._seen(shape))
        if self.weights == "none":
            watch.current().tell(f"{self.name} begins with weights by chance; weights = "
                                 f"'pretrained' takes {self.published} (about {self.size_mb} MB)")

    def files(self) -> dict[str, str]:
        """Return the trunk to start from and the folder's weights, where there are any."""
        folder = Path(self.weights)
        found = hub.weights_in(folder) if folder.is_dir() else []
        return {**super().files(), **{f"weights: {path.name}": str(path) for path in found}}

    @property
    def stands_still(self) -> bool:
        """Where the encoder is frozen and rows are the same in every epoch."""
        return self.tune == "frozen" and self.rows_repeat

    def _seen(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        crop = self.crop
        return shape if crop is None or crop >= shape[-1] else (*shape[:-1], crop)

    def _about(self, shape: tuple[int, ...]) -> Mapping[str, Any]:
        from earmark.models._deep import encoders

        found = (encoders.by_chance(self.kind, shape, self.config) if self.weights == "none"
                 else encoders.described_by(self.kind, self._folder()))
        return {"config": found.config, "normal": list(found.normal)}

    def _folder(self) -> Path:
        published = self.weights == "pretrained"
        try:
            return hub.model_folder(self.published if published else self.weights,
                                    f" (about {self.size_mb} MB)" if published else "")
        except TaggerError as error:
            raise SettingsError(f"'weights' of {self.name}: {error}") from error


@dataclass
class AST(Pretrained):
    """Audio Spectrogram Transformer (Gong, Chung & Glass 2021).

    Rows are fbank's, as that family gives them by itself (``subtract = 0``, ``divide = 1``), of
    at most 1024 frames; they are normalised here, by AudioSet's mean and twice its deviation.
    """

    name: ClassVar[str] = "pretrained:ast"
    kind: ClassVar[Any] = "ast"
    published: ClassVar[str] = "MIT/ast-finetuned-audioset-10-10-0.4593"
    size_mb: ClassVar[int] = 346
    learnt_from: ClassVar[tuple[str, ...]] = (
        "AudioSet: its train parts, with labels", "ImageNet: pictures, before that")
    small: ClassVar[Mapping[str, Any]] = {
        "weights": "none", "config": {"hidden_size": 16, "num_hidden_layers": 2,
                                      "num_attention_heads": 2, "intermediate_size": 16,
                                      "initializer_range": 0.2}}
    tried_on: ClassVar[tuple[int, ...]] = (16, 36)


_SMALL_WAVEFORM: Mapping[str, Any] = {
    "weights": "none",
    "config": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
               "intermediate_size": 16, "conv_dim": [8, 8], "conv_kernel": [10, 3],
               "conv_stride": [5, 2], "num_feat_extract_layers": 2,
               "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2},
}  # fmt: skip


@dataclass
class MERT(Pretrained):
    """MERT (Li et al. 2024): HuBERT's network, taught by music. Waveforms at 24 kHz."""

    name: ClassVar[str] = "pretrained:mert"
    kind: ClassVar[Any] = "mert"
    published: ClassVar[str] = "m-a-p/MERT-v1-95M"
    size_mb: ClassVar[int] = 377
    learnt_from: ClassVar[tuple[str, ...]] = (
        "20 000 hours of music that its card does not name: without labels",)
    small: ClassVar[Mapping[str, Any]] = _SMALL_WAVEFORM
    tried_on: ClassVar[tuple[int, ...]] = (1, 400)


@dataclass
class Wav2Vec2(Pretrained):
    """wav2vec 2.0 (Baevski et al. 2020) and kin. Waveforms at 16 kHz."""

    name: ClassVar[str] = "pretrained:wav2vec2"
    kind: ClassVar[Any] = "wav2vec2"
    published: ClassVar[str] = "facebook/wav2vec2-base"
    size_mb: ClassVar[int] = 380
    learnt_from: ClassVar[tuple[str, ...]] = ("LibriSpeech: speech, without labels",)
    small: ClassVar[Mapping[str, Any]] = _SMALL_WAVEFORM
    tried_on: ClassVar[tuple[int, ...]] = (1, 400)


@dataclass
class CLAP(Pretrained):
    """CLAP's audio tower and projection (Wu et al. 2023). Log mel spectra at 48 kHz."""

    name: ClassVar[str] = "pretrained:clap"
    kind: ClassVar[Any] = "clap"
    published: ClassVar[str] = "laion/clap-htsat-unfused"
    size_mb: ClassVar[int] = 614
    learnt_from: ClassVar[tuple[str, ...]] = (
        "LAION-Audio-630K: sounds with sentences", "AudioCaps: clips of AudioSet with sentences",
        "Clotho: sounds with sentences")
    small: ClassVar[Mapping[str, Any]] = {
        "weights": "none", "config": {"patch_embeds_hidden_size": 8, "hidden_size": 16,
                                      "depths": [1, 1], "num_attention_heads": [2, 2],
                                      "num_hidden_layers": 2, "projection_dim": 12}}
    tried_on: ClassVar[tuple[int, ...]] = (64, 40)
