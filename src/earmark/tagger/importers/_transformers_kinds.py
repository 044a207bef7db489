"""The kinds of audio models in the transformers library that can be opened, and how each listens.

``audio-spectrogram-transformer``   Kaldi's filterbanks (Gong, Chung & Glass 2021)
``wav2vec2`` and its kin            the waveform (Baevski et al. 2020; Hsu et al. 2021)
``clap``                            mel spectra, and labels as sentences (Wu et al. 2023)

Each becomes a module that takes a front end's rows and gives scores and an embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from earmark.audio.segments import Segments
from earmark.errors import TaggerError, require
from earmark.graphs.wrapping import Activation

_AUDIOSET_LABELS = 527
_AST_RATE_HZ = 16_000
_SECONDS = 10.0


class Given(NamedTuple):
    """A model as transformers opened it, and what is wanted of it.

    Attributes:
        model, extractor: transformers' model and feature extractor.
        tokenize: texts to the model's inputs.
        labels: in the order of the scores.
        activation: ``none`` for the model's own.
        seconds: of a segment, where the model takes any length; None for the usual.
        prompt: sentence with ``{label}`` in it, or several with ``|`` between.
        where: names the model in errors.
    """

    model: Any
    extractor: Any
    tokenize: Callable[[list[str]], Any]
    labels: tuple[str, ...]
    activation: Activation
    seconds: float | None
    prompt: str
    where: str


class Opened(NamedTuple):
    """What becomes a branch.

    Attributes:
        module: rows to scores [shape=(n, labels)] and embedding [shape=(n, values)].
        front_end: name and settings. segments: how tracks are cut for it.
        activation: what the scores went through.
    """

    module: Any
    front_end: Mapping[str, Any]
    segments: Segments
    activation: Activation


def open_spectrogram_transformer(given: Given) -> Opened:
    """AST: a picture of ``max_length`` frames.

    Raises:
        TaggerError: it listens otherwise than its feature extractor does by definition.
    """
    config, heard = given.model.config, given.extractor
    if heard.sampling_rate != _AST_RATE_HZ:
        raise TaggerError(f"{given.where} takes {heard.sampling_rate} Hz; expected {_AST_RATE_HZ}.")
    if (heard.max_length, heard.num_mel_bins) != (config.max_length, config.num_mel_bins):
        raise TaggerError(f"{given.where}: its feature extractor gives {heard.num_mel_bins} bands "
                          f"by {heard.max_length} frames and the model takes {config.num_mel_bins} "
                          f"by {config.max_length}; expected the same.")
    normal = {"subtract": heard.mean, "divide": 2 * heard.std} if heard.do_normalize else {}
    activation = _activation(given, multi=config.num_labels == _AUDIOSET_LABELS)
    return Opened(
        _classifier(given.model, activation, channels=False),
        {"name": "fbank", "n_mels": heard.num_mel_bins, **normal},
        Segments(frames=heard.max_length, hop_frames=heard.max_length), activation,
    )  # fmt: skip


def open_waveform_model(given: Given) -> Opened:
    """wav2vec 2.0, HuBERT, WavLM and others: samples of any length."""
    heard = given.extractor
    activation = _activation(given, multi=False)
    return Opened(
        _classifier(given.model, activation, channels=True),
        {"name": "waveform", "sample_rate": heard.sampling_rate,
         "normalise": "unit" if heard.do_normalize else "none"},
        Segments(seconds=given.seconds or _SECONDS), activation,
    )  # fmt: skip


def open_clap(given: Given) -> Opened:
    """CLAP: each label is the sentence that ``prompt`` makes of it, or the mean of several, and a
    score says how much nearer than the others a sound is to it.

    Raises:
        TaggerError: a form with fusion.
    """
    heard = given.extractor
    if given.model.config.audio_config.enable_fusion or heard.truncation == "fusion":
        raise TaggerError(f"{given.where} is of the form with fusion, which listens to chance "
                          "excerpts; choose the form without, such as laion/clap-htsat-unfused.")
    activation: Activation = "softmax" if given.activation == "none" else given.activation
    prompts = [prompt.strip() for prompt in given.prompt.split("|")]
    sentences = [prompt.replace("{label}", label) for label in given.labels for prompt in prompts]
    front_end = {
        "name": "logmel", "sample_rate": heard.sampling_rate, "n_fft": heard.fft_window_size,
        "hop_length": heard.hop_length, "n_mels": heard.feature_size, "padding": "reflect",
        "top_db": "none", "fmin_hz": float(heard.frequency_min),
        "fmax_hz": float(heard.frequency_max),
    }  # fmt: skip
    module = _zero_shot(given.model, given.tokenize(sentences), activation, len(prompts))
    return Opened(module, front_end, Segments(seconds=float(heard.max_length_s)), activation)


_WAVEFORM = ("wav2vec2", "hubert", "wavlm", "unispeech-sat", "unispeech", "data2vec-audio", "sew")
KINDS: dict[str, Callable[[Given], Opened]] = {
    "audio-spectrogram-transformer": open_spectrogram_transformer,
    "clap": open_clap,
    **dict.fromkeys(_WAVEFORM, open_waveform_model),
}
"""By ``model_type`` in a model's configuration."""


def _activation(given: Given, *, multi: bool) -> Activation:
    """Return what was asked for, what the configuration says, or else the usual."""
    if given.activation != "none":
        return given.activation
    said = getattr(given.model.config, "problem_type", None)
    if said is not None:
        multi = said == "multi_label_classification"
    return "sigmoid" if multi else "softmax"


def _torch() -> Any:
    return require("torch", extra="hub", purpose="opening a transformers model")


def _classifier(model: Any, activation: Activation, *, channels: bool) -> Any:
    """The model with its last layer apart: what that is given is the embedding."""
    torch = _torch()

    class Classifier(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.head, model.classifier = model.classifier, torch.nn.Identity()
            self.body = model

        def forward(self, rows: Any) -> Any:
            embedding = self.body(rows[:, 0] if channels else rows).logits
            return _activated(torch, self.head(embedding), activation), embedding

    return Classifier().eval()


def _zero_shot(model: Any, tokens: Any, activation: Activation, prompts: int) -> Any:
    torch = _torch()
    with torch.inference_mode():
        text = model.text_projection(model.text_model(**tokens).pooler_output)
        text = torch.nn.functional.normalize(text, dim=-1)
        text = text.reshape(-1, prompts, text.shape[1]).mean(1)
        text = torch.nn.functional.normalize(text, dim=-1).clone()
        scale = float(model.logit_scale_a.exp())

    class ZeroShot(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.tower, self.projection = model.audio_model, model.audio_projection
            self.register_buffer("text", text)

        def forward(self, rows: Any) -> Any:
            pictures = rows.transpose(1, 2).unsqueeze(1)  # (n, 1, frames, bands)
            pooled = self.tower(pictures, is_longer=None).pooler_output
            embedding = torch.nn.functional.normalize(self.projection(pooled), dim=-1)
            return _activated(torch, embedding @ self.text.t() * scale, activation), embedding

    return ZeroShot().eval()


def _activated(torch: Any, logits: Any, activation: Activation) -> Any:
    return torch.softmax(logits, dim=-1) if activation == "softmax" else torch.sigmoid(logits)
