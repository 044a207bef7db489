"""Earmark listens to music and names its genres and tags."""

__version__ = "0.1.0"
