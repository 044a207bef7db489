"""Audio encoders of the transformers library: what each hears, and which of its layers is taken.

An encoder is described by its configuration, as plain values, from which it is built with weights
by chance. A folder's weights are put in afterwards: as tensors only; code in it is never run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from earmark import hub
from earmark.errors import DataError, EarmarkError, SettingsError
from earmark.graphs.torchvision import require_mended

Kind = Literal["ast", "mert", "wav2vec2", "clap"]
Layer = int | Literal["last", "mean", "weighted"]
_AST_NORMAL = (-4.2677393, 4.5689974)  # mean and deviation over AudioSet, as ASTFeatureExtractor
_MERTS_OWN = {"feature_extractor_cqt": (None, False), "deepnorm": (None, False),
              "attention_relax": (None, -1, -1.0), "feat_proj_layer_norm": (None, True)}
_WAVEFORM = ("wav2vec2", "hubert", "wavlm", "unispeech-sat", "unispeech", "data2vec-audio", "sew")
_TYPES: Mapping[str, tuple[str, ...]] = {
    "ast": ("audio-spectrogram-transformer",), "mert": ("mert_model", "hubert"),
    "wav2vec2": _WAVEFORM, "clap": ("clap", "clap_audio_model"),
}  # fmt: skip
_USUAL = {"ast": "audio-spectrogram-transformer", "mert": "hubert", "wav2vec2": "wav2vec2",
          "clap": "clap_audio_model"}


class Described(NamedTuple):
    """An encoder without its weights.

    Attributes:
        config: of the transformers library, as plain values, ``model_type`` among them.
        normal: mean and deviation that its pictures are normalised by; empty for none.
    """

    config: dict[str, Any]
    normal: tuple[float, ...]


def described_by(kind: Kind, folder: Path) -> Described:
    """Return what a folder holds.

    Raises:
        SettingsError: a model of another kind, or of a form that needs code of its own.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        heard = folder / "preprocessor_config.json"
        said = json.loads(heard.read_text(encoding="utf-8")) if heard.is_file() else {}
        found, normal = config["model_type"], _normal(kind, said)
    except (AttributeError, OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{folder}: its config.json or preprocessor_config.json cannot be "
                            f"read: {error!r}.") from error
    if found not in _TYPES[kind]:
        raise SettingsError(f"{folder} is of the kind '{found}'; pretrained:{kind} takes "
                            f"{' or '.join(_TYPES[kind])}.")
    return Described(_plainer(config, folder), normal)


def by_chance(kind: Kind, shape: tuple[int, ...], changes: Mapping[str, Any]) -> Described:
    """Return an encoder of the published size, but for ``changes`` to its configuration; AST's is
    made for rows of the shape."""
    config: dict[str, Any] = {"model_type": _USUAL[kind]}
    if kind == "ast":
        config |= {"num_mel_bins": shape[0], "max_length": shape[1]}
    return Described(config | dict(changes), _normal(kind, {}))


def _normal(kind: Kind, said: Mapping[str, Any]) -> tuple[float, ...]:
    if kind != "ast" or not said.get("do_normalize", True):
        return ()
    mean, deviation = (float(said.get(name, usual))
                       for name, usual in zip(("mean", "std"), _AST_NORMAL, strict=True))
    if not deviation > 0:
        raise ValueError(f"std is {deviation}")
    return mean, deviation


def _plainer(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the configuration of what hears, in the library's own words."""
    kind = config["model_type"]
    if kind == "mert_model":
        # MERT's code is HuBERT's but for forms that its settings switch on.
        if odd := [k for k, usual in _MERTS_OWN.items() if config.get(k) not in usual]:
            raise SettingsError(f"{folder}: '{odd[0]}' is {config[odd[0]]}, a form of MERT that "
                                "needs code of its own; expected one like m-a-p/MERT-v1-95M.")
        config = {**config, "model_type": "hubert"}
    if kind == "clap":
        audio = config.get("audio_config") or {}
        if not isinstance(audio, dict):
            raise SettingsError(f"{folder}: 'audio_config' in its config.json is no table.")
        if audio.get("enable_fusion"):
            raise SettingsError(f"{folder} is of the form with fusion, which listens to chance "
                                "excerpts; choose laion/clap-htsat-unfused.")
        config = {"projection_dim": config.get("projection_dim", 512), **audio,
                  "model_type": "clap_audio_model"}
    dropped = ("auto_map", "architectures", "id2label", "label2id", "transformers_version",
               "_name_or_path", "torch_dtype", "dtype")
    return {k: v for k, v in config.items() if k not in dropped}


def configured(config: Mapping[str, Any]) -> Any:
    """Return transformers' configuration.

    Raises:
        SettingsError: a setting that it refuses.
    """
    library, values = _library(), dict(config)
    try:
        made = library.AutoConfig.for_model(values.pop("model_type"), **values)
    except Exception as error:  # of its own kinds
        said = str(error).strip().splitlines() or [repr(error)]
        raise SettingsError(f"'config' cannot be: {' '.join(said[:2])}") from error
    # What is drawn in training comes from PyTorch's generator alone, so that a seed repeats it.
    made.apply_spec_augment, made.layerdrop = False, 0.0
    return made


def model(config: Mapping[str, Any]) -> Any:
    """Return an encoder with weights by chance."""
    library, made = _library(), configured(config)
    with hub.quiet(library):
        if made.model_type == "clap_audio_model":
            return library.ClapAudioModelWithProjection(made)
        return library.AutoModel.from_config(made)


def put_in(encoder: Any, folder: Path) -> None:
    """Put a folder's weights into an encoder: all of them; what stands above is passed over.

    Raises:
        DataError: they cannot be read, or some are absent; names the first.
    """
    library = _library()
    try:
        with hub.quiet(library):
            given, told = type(encoder).from_pretrained(
                folder, config=encoder.config, output_loading_info=True, local_files_only=True)
    except EarmarkError:
        raise
    except Exception as error:  # its own kinds, and those of every library that it reads with
        said = str(error).strip().splitlines() or [repr(error)]
        raise DataError(f"the weights in {folder} cannot be read: {said[0]}") from error
    wrong = sorted(told["missing_keys"]) + sorted(str(k) for k in told["mismatched_keys"])
    if wrong:
        raise DataError(f"{folder} lacks {len(wrong)} tensors of its encoder, '{wrong[0]}' among "
                        "them.")
    encoder.load_state_dict(given.state_dict())


class Encoder(nn.Module):
    """Rows to embeddings, a layer's mean over time.

    Attributes:
        ends: the modules that its stages end with, from the lowest up.
        layers: how many lie side by side in an embedding.
    """

    def __init__(self, described: Described, shape: tuple[int, ...], layer: Layer) -> None:
        """Build it for rows of a shape.

        Raises:
            SettingsError: a layer that it does not have.
            DataError: rows that it cannot hear.
        """
        super().__init__()
        self.model = model(described.config)
        self.layer, self.normal, self.shape = layer, described.normal, shape
        kind = self.model.config.model_type
        self.kind = {"audio-spectrogram-transformer": "ast", "clap_audio_model": "clap"}.get(
            kind, "waveform")
        self.turned = False
        if self.kind == "ast":
            self._fit_pictures()
        self.ends = _ends(self.model)
        count = len(self.ends)  # layers, and what is before them
        self.layers = count if layer == "weighted" else 1
        if layer != "last" and self.kind == "clap":
            raise SettingsError(f"'layer' is {layer!r}; CLAP gives its 'last' alone.")
        if isinstance(layer, int) and not -count <= layer < count:
            raise SettingsError(f"'layer' is {layer}; this encoder has 0, what goes into its "
                                f"layers, to {count - 1}.")

    def forward(self, rows: Tensor) -> Tensor:
        """Return embeddings [shape=(rows, layers * values)]."""
        if self.kind == "clap":
            pictures = rows.transpose(1, 2).unsqueeze(1)  # (rows, 1, frames, bands)
            heard: Tensor = self.model(pictures, is_longer=None).audio_embeds
            return heard
        given = self._picture(rows) if self.kind == "ast" else rows[:, 0]
        if self.layer == "last":
            out = self.model(given)
            pooled: Tensor = out.pooler_output if self.kind == "ast" else (
                out.last_hidden_state.mean(1))
            return pooled
        states = self.model(given, output_hidden_states=True).hidden_states
        means = torch.stack([state.mean(1) for state in states], dim=1)
        if isinstance(self.layer, int):
            return means[:, self.layer]
        return means.mean(1) if self.layer == "mean" else means.flatten(1)

    def _fit_pictures(self) -> None:
        bands, frames = self.model.config.num_mel_bins, self.model.config.max_length
        self.turned = self.shape[0] == bands  # else frames come first, as cut by frames
        own = self.shape if self.turned else self.shape[::-1]
        if own[0] != bands or own[1] > frames:
            raise DataError(
                f"rows of {' x '.join(map(str, self.shape))}; this AST takes fbank's {bands} bands "
                f"by at most {frames} frames: choose the family fbank, and shorter segments.")

    def _picture(self, rows: Tensor) -> Tensor:
        made = rows.transpose(1, 2) if self.turned else rows
        # As ASTFeatureExtractor: what is too short ends in zeros, and is normalised with them.
        lacking = self.model.config.max_length - made.shape[1]
        if lacking:
            made = functional.pad(made, (0, 0, 0, lacking))
        return (made - self.normal[0]) / (2 * self.normal[1]) if self.normal else made


class Weighted(nn.Module):
    """Layers side by side to one: their mean by weights that are learnt."""

    def __init__(self, layers: int) -> None:
        """Begin with equal weights."""
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))

    def forward(self, given: Tensor) -> Tensor:
        """Return embeddings [shape=(rows, values)] of those [shape=(rows, layers * values)]."""
        layers = len(self.weights)
        apart = given.reshape(-1, layers, given.shape[1] // layers)
        mixed: Tensor = (apart * self.weights.softmax(0)[:, None]).sum(1)
        return mixed


def _ends(made: nn.Module) -> list[str]:
    """Return what comes right before the layers, and each layer."""
    names = [name for name, _ in made.named_modules()]
    lists = [name for name, module in made.named_modules()
             if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] == "layers"]
    uppermost = min(lists, key=lambda name: name.count("."))
    count = len(made.get_submodule(uppermost))  # type: ignore[arg-type]
    before = names[names.index(uppermost) - 1]
    return [f"model.{before}", *(f"model.{uppermost}.{k}" for k in range(count))]


def _library() -> Any:
    return require_mended("transformers", extra="deep", purpose="an encoder of others")
