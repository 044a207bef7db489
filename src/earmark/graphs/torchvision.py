"""Libraries that look into torchvision, whatever build of it there is.

The torchvision that is published on its own is made for GPUs, and beside a PyTorch for the
processor its import ends with ``operator torchvision::nms does not exist``. timm and transformers
import it where it is installed, and use none of these operators here: it is enough that they are
declared.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from functools import cache
from types import ModuleType
from typing import Any

from earmark.errors import require

_SUPPRESSION = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("nms", "qnms")
_kept: list[Any] = []  # what is declared is gone when its library is


def require_mended(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import a module that may import torchvision; see ``errors.require``.

    Raises:
        MissingExtraError: it is not installed, or PyTorch is not.
    """
    require("torch", extra=extra, purpose=purpose)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torchvision, on readers of pictures
        _mend()
        return require(module, extra=extra, purpose=purpose)


@cache
def _mend() -> None:
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        library: Any = importlib.import_module("torch.library")
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        declared = library.Library("torchvision", "FRAGMENT")
        for name in _OPERATORS:
            declared.define(f"{name}{_SUPPRESSION}")
        _kept.append(declared)
    except ImportError:  # not there: those who need it say so
        pass
