"""What commands print: JSON, names of files, and streams that cannot take them."""

from __future__ import annotations

import json
import sys
from typing import Any

import click


def prepare_streams() -> None:
    """Let no name of a file end a batch: what a stream cannot encode is printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """Print one JSON document, in ASCII where the stream is not UTF-8."""
    plain = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") != "utf8"
    text = json.dumps(value, indent=1, allow_nan=False, ensure_ascii=plain)
    # Names that are not UTF-8 reach us as lone surrogates, which JSON can only escape.
    click.echo("".join(f"\\u{ord(c):04x}" if 0xD800 <= ord(c) < 0xE000 else c for c in text))


def printable(text: str) -> str:
    """Return the text with control characters as escapes: a name may hold a line end or worse.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode()
                   for c in text)


def typed(context: click.Context, name: str) -> bool:
    """Tell whether a parameter was given on the command line, whatever its value."""
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
