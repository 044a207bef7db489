"""Where published weights lie: in a folder, the hub's cache, or on the hub itself.

The hub's own client tries for most of a minute before it gives up without a network; whether
anything answers is asked first here, and for seconds only.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from earmark.errors import SettingsError, TaggerError, require

_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_WEIGHTS_FILE = "model.safetensors"
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_TEXTS = ["*.json", "*.txt", "README.md", "*.model"]
_TRUE = {"1", "ON", "YES", "TRUE"}
_PATIENCE_SECONDS = 5.0


def model_folder(given: str, about: str = "") -> Path:
    """Return the folder with the files of a model of the transformers library.

    Args:
        given: a folder, or a name on the hub, ``OWNER/MODEL``.
        about: what is to be said of it where it is not there, such as its size.

    Raises:
        TaggerError: it is neither, lacks files, or is not on this machine and cannot be fetched.
        MissingExtraError: the hub's client is not installed.
    """
    path = Path(given)
    if path.is_dir():
        return _complete(path)
    if not _NAME.fullmatch(given) or path.suffix in (".safetensors", ".bin"):
        raise TaggerError(f"'{given}' is neither a folder nor a name on the hub, OWNER/MODEL; give "
                          "the folder with the model's config.json and weights.")
    hub: Any = require("huggingface_hub", extra="hub", purpose="opening a transformers model")
    if (kept := _kept(hub, given)) is not None:
        return kept
    if told_offline() or not answers(hub.constants.ENDPOINT):
        raise TaggerError(f"{given}{about} is not on this machine and the hub cannot be reached: "
                          "download it elsewhere (config.json, preprocessor_config.json, "
                          "model.safetensors and, of CLAP, the tokenizer's files) and give "
                          "the folder.")
    return _complete(_fetched(hub, given))


def weights_file(name: str, about: str, instead: str) -> Path:
    """Return the file ``model.safetensors`` of a name on the hub.

    Args:
        about: what is to be said of it where it is not there, such as its size.
        instead: what to do with a file that was fetched by hand.

    Raises:
        SettingsError: it is not on this machine and cannot be fetched.
        MissingExtraError: the hub's client is not installed.
    """
    hub: Any = require("huggingface_hub", extra="hub", purpose="finding published weights")
    kept = hub.try_to_load_from_cache(name, _WEIGHTS_FILE)
    if isinstance(kept, str):
        return Path(kept)
    if told_offline() or not answers(hub.constants.ENDPOINT):
        raise SettingsError(f"{name}{about} is not on this machine and the hub cannot be reached: "
                            f"download its {_WEIGHTS_FILE} elsewhere and {instead}.")
    try:
        return Path(hub.hf_hub_download(name, _WEIGHTS_FILE))
    except Exception as error:  # the client raises what its transport does too
        said = str(error).strip().splitlines() or [repr(error)]
        raise SettingsError(f"{name} could not be fetched from the hub: {said[0]}") from error


def weights_in(folder: Path) -> list[Path]:
    """Return the files with weights: safetensors where there are any, else PyTorch's."""
    for pattern in _WEIGHTS:
        if found := sorted(folder.glob(pattern)):
            return found
    return []


@contextlib.contextmanager
def quiet(library: Any) -> Iterator[None]:
    """Keep transformers' reports and progress bars to itself."""
    logger = library.utils.logging
    before, bars = logger.get_verbosity(), logger.is_progress_bar_enabled()
    logger.set_verbosity_error()
    logger.disable_progress_bar()
    try:
        yield
    finally:
        logger.set_verbosity(before)
        if bars:
            logger.enable_progress_bar()


def _complete(folder: Path) -> Path:
    if not (folder / "config.json").is_file():
        raise TaggerError(f"{folder} holds no config.json; expected the folder of a model of the "
                          "transformers library.")
    if not weights_in(folder):
        raise TaggerError(f"{folder} holds no weights; expected model.safetensors or "
                          "pytorch_model.bin.")
    return folder


def _kept(hub: Any, name: str) -> Path | None:
    """Return the model in the hub's cache, where all of it is there."""
    try:
        found = Path(hub.snapshot_download(name, local_files_only=True))
        return _complete(found)
    except (OSError, ValueError, TaggerError):  # the client's own kinds are of the first two
        return None


def _fetched(hub: Any, name: str) -> Path:
    folder = Path()
    try:
        for pattern in _WEIGHTS:
            folder = Path(hub.snapshot_download(name, allow_patterns=[*_TEXTS, pattern]))
            if weights_in(folder):
                break
    except Exception as error:  # the client raises what its transport does too
        said = str(error).strip().splitlines() or [repr(error)]
        raise TaggerError(f"{name} could not be fetched from the hub: {said[0]}") from error
    return folder


def told_offline() -> bool:
    """Tell whether the environment forbids to ask the hub."""
    return any(os.environ.get(name, "").upper() in _TRUE
               for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def answers(address: str) -> bool:
    """Tell whether anything at an address answers, be it with a refusal."""
    heard: list[bool] = []

    def ask() -> None:
        try:
            request = urllib.request.Request(address, method="HEAD")
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS):
                heard.append(True)
        except urllib.error.HTTPError:
            heard.append(True)
        except (OSError, ValueError):
            pass

    # A thread of its own: looking a name up has no time limit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    return bool(heard)
