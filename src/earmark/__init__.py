"""Earmark listens to music and names its genres and tags."""

import os

# onnxruntime reports its use to its makers unless this is set before it is first imported.
# Earmark works offline and keeps what people listen to on their machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
