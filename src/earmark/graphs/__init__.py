"""ONNX files: looked into, run, and written. No knowledge of music."""
