"""timm, whatever build torchvision is.

The torchvision that is published on its own is made for GPUs, and beside a PyTorch for the
processor its import ends with ``operator torchvision::nms does not exist``. timm imports it, and
uses none of these operators: it is enough that they are declared.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from functools import cache
from typing import Any

from torch.library import Library

from earmark.errors import require

_SUPPRESSION = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("nms", "qnms")
_kept: list[Library] = []  # what is declared is gone when its library is


@cache
def timm() -> Any:
    """Return the library timm.

    Raises:
        MissingExtraError: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torchvision, on readers of pictures
        _mend_torchvision()
        return require("timm", extra="deep", purpose="a network for pictures")


def _mend_torchvision() -> None:
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        declared = Library("torchvision", "FRAGMENT")
        for name in _OPERATORS:
            declared.define(f"{name}{_SUPPRESSION}")
        _kept.append(declared)
    except ImportError:  # timm says so itself
        pass
