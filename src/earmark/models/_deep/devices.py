"""Where a network is trained, and in what arithmetic."""

from __future__ import annotations

import torch

from earmark.errors import SettingsError
from earmark.models._training import Training


def device_of(training: Training) -> str:
    """Return the device that is trained on.

    Raises:
        SettingsError: this PyTorch, or this machine, has none of that name.
    """
    if training.device != "auto":
        try:
            float(torch.ones(1, device=training.device))  # not on "meta", which holds no values
        except (RuntimeError, AssertionError, ImportError) as error:
            raise SettingsError(f"'device' is '{training.device}', which cannot be used here: "
                                f"{str(error).splitlines()[0]}; expected auto, cpu, or a GPU that "
                                "there is, such as cuda or mps.") from error
        return training.device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def precision_of(training: Training) -> str:
    """Return the arithmetic that is trained in; bf16 is slower than fp32 on processors.

    Raises:
        SettingsError: fp16 without a GPU.
    """
    device = device_of(training)
    if training.precision == "fp16" and device == "cpu":
        raise SettingsError("'precision' is 'fp16', which needs a GPU; expected auto, fp32 or bf16 "
                            "where the device is cpu.")
    if training.precision != "auto":
        return training.precision
    able = device.startswith("cuda") and torch.cuda.is_bf16_supported()
    return "bf16" if able else "fp32"
