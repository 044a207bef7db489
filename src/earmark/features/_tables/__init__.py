"""Readers of ready-made features, one module a layout."""
