"""Writes ``docs/cli.md`` from the commands' own help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from earmark.cli.main import earmark

PAGE = Path(__file__).parent / "cli.md"
_HEAD = "# The command line\n\nMade from `earmark --help` by `make docs`; do not edit.\n"


def page() -> str:
    """Return the whole page."""
    # With its settings, as when it is called: the options that ask for help are kept once made.
    root = click.Context(earmark, info_name="earmark", terminal_width=88, max_content_width=88,
                         **earmark.context_settings)
    return _HEAD + "".join(_sections(earmark, root))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield f"\n## `{context.command_path}`\n\n```text\n{text}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            inside = click.Context(inner, parent=context, info_name=name, terminal_width=88,
                                   max_content_width=88)
            yield from _sections(inner, inside)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
