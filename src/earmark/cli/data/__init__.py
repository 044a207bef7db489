"""``earmark data``: datasets, from where to get them to what is wrong with them.

The folder is the list: each module without an underscore is a command of its own name, held in
``command``.
"""

from __future__ import annotations

import importlib
import pkgutil

import click

from earmark.errors import suggestion


class _Folder(click.Group):
    """Commands of this folder, imported when called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"no command is called '{args[0]}'.{suggestion(args[0], known)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Folder)
def data() -> None:
    """Datasets: list, fetch, read, check, make and merge them."""
