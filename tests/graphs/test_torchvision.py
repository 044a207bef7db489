"""A library that imports a torchvision made for another PyTorch."""

import subprocess
import sys
from pathlib import Path

import pytest

from earmark.errors import MissingExtraError
from earmark.graphs.torchvision import require_mended

pytest.importorskip("torch")

# Ends as the published one does: its operators are in a file that cannot be loaded.
UNFIT = """
import torch
for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda dets, scores, iou_threshold: dets)
"""
ASK = """
from earmark.graphs.torchvision import require_mended
print(require_mended("user_of_it", extra="deep", purpose="a test").ANSWER)
"""


def test_it_is_imported_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(UNFIT)
    (tmp_path / "user_of_it.py").write_text("import torchvision\nANSWER = 'used'\n")

    def run(code: str) -> subprocess.CompletedProcess[str]:
        ahead = f"import sys; sys.path[:0] = {[str(tmp_path), *sys.path]!r}\n"
        return subprocess.run([sys.executable, "-c", ahead + code], capture_output=True, text=True)

    assert "operator torchvision::nms does not exist" in run("import user_of_it").stderr
    assert run(ASK).stdout == "used\n"


def test_what_is_not_installed_is_said() -> None:
    with pytest.raises(MissingExtraError, match=r"a test needs nowhere_to_be_found.*'\.\[deep\]'"):
        require_mended("nowhere_to_be_found", extra="deep", purpose="a test")
