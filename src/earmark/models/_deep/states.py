"""What is kept of a training after each epoch, in one file."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from earmark.models import watch
from earmark.store import write_bytes


@dataclass(frozen=True)
class State:
    """The place of a state; nothing is kept where there is none.

    Attributes:
        path: of the file. A fit's name is made of all that it depends on, so that what is found
            there is its own.
        writes: whether anything is kept there by this process, or only taken up.
    """

    path: Path | None
    writes: bool = True

    def read(self) -> dict[str, Any] | None:
        """Return what was written last; None where nothing is, or where it is damaged."""
        if self.path is None:
            return None
        try:
            # Tensors and plain values alone are read: nothing in the file is run.
            kept = torch.load(io.BytesIO(self.path.read_bytes()), weights_only=True)
            return {**kept, "history": json.loads(kept["history"])}
        except FileNotFoundError:
            return None
        except Exception:  # a file that was torn
            watch.current().tell(f"{self.path.name} is damaged: its training begins anew")
            return None

    def write(self, values: dict[str, Any]) -> None:
        """Replace what was kept."""
        if self.path is None or not self.writes:
            return
        buffer = io.BytesIO()
        torch.save({**values, "history": json.dumps(values["history"])}, buffer)
        write_bytes(self.path, buffer.getvalue())
