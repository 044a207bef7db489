"""What convolutional networks ask of their settings and of the pictures they are given."""

from __future__ import annotations

from typing import Any

from earmark.errors import DataError


def refuse_counts(settings: Any, *names: str) -> None:
    """Raise ValueError for a setting below 1, or one of several such."""
    for name in names:
        value = getattr(settings, name)
        many = value if isinstance(value, tuple) else (value,)
        if not many or min(many) < 1:
            given = list(value) if isinstance(value, tuple) else value
            raise ValueError(f"'{name}' is {given}; expected 1 or more.")


def refuse_share(settings: Any, name: str) -> None:
    """Raise ValueError for a setting that is no share of what is left out."""
    if not 0 <= getattr(settings, name) < 1:
        raise ValueError(f"'{name}' is {getattr(settings, name)}; expected 0 to below 1.")


def refuse_small(shape: tuple[int, ...], smallest: tuple[int, int], remedy: str) -> None:
    """Raise DataError for pictures [shape=(..., height, width)] of which nothing would be left."""
    if shape[-2] < smallest[0] or shape[-1] < smallest[1]:
        given, wanted = (" x ".join(map(str, sizes)) for sizes in (shape, smallest))
        raise DataError(f"pictures of {given} are too small for this network, which needs at "
                        f"least {wanted}: {remedy}, or give larger ones (a longer 'crop', "
                        "where one is set).")


def channels_of(shape: tuple[int, ...]) -> int:
    """Return the channels of rows: 1 of bands over time."""
    return shape[0] if len(shape) == 3 else 1
