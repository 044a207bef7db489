"""``earmark warm``: the fast kernels, compiled ahead of time."""

from __future__ import annotations

import click


@click.command()
def warm() -> None:
    """Compile what makes large libraries faster, once, and keep it.

    Needs the extra [fast]. Without it, or where nothing can be kept, everything works as well,
    only slower, and this command says so.
    """
    from earmark.audio import kernels

    for line in kernels.warm():
        click.echo(line)
