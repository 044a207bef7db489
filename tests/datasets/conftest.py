"""Small made-up recordings; no two have the same bytes unless asked for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def clip() -> Callable[..., Path]:
    made = 0

    def write(path: Path, seed: int | None = None) -> Path:
        nonlocal made
        made += 1
        noise = np.random.default_rng(made + 1000 if seed is None else seed).standard_normal(800)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * noise, 8000)
        return path

    return write
