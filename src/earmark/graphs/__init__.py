"""ONNX files: looked into, run, and written; and other containers of numbers, read without trust.

No knowledge of music.
"""
