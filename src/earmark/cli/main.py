"""The ``earmark`` command: commands are listed here and imported when called.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 user error, 2 usage,
3 some files failed, 4 grave faults in the data (`data check`), 130 interrupted (Ctrl-C).
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import Any

import click

from earmark import __version__
from earmark.errors import EarmarkError

# command: (module that holds a click command of that name, help for the list)
_COMMANDS = {
    "audit": ("earmark.cli.audit", "Judge one model under leaky and honest protocols."),
    "compare": ("earmark.cli.compare", "Set finished runs side by side, like with like."),
    "data": ("earmark.cli.data", "List, fetch, read, check, make and merge datasets."),
    "demo": ("earmark.cli.demo", "Compose music, train and judge three taggers, and tag."),
    "evaluate": ("earmark.cli.evaluate", "Cross-validate recipes side by side, without a test."),
    "explain": ("earmark.cli.explain", "Show what in a sound, or which feature, speaks for it."),
    "explore": ("earmark.cli.explore", "Draw a dataset's labels and features on one page."),
    "features": ("earmark.cli.features", "Extract feature tables and pictures."),
    "pretrain": ("earmark.cli.pretrain", "Let a network learn from music without labels."),
    "report": ("earmark.cli.report", "Make the page of a finished run."),
    "tag": ("earmark.cli.tag", "Name the genres and tags of audio files."),
    "tagger": ("earmark.cli.tagger", "List, show and check taggers."),
    "train": ("earmark.cli.train", "Learn a tagger from folders or by a recipe, and judge it."),
    "tune": ("earmark.cli.tune", "Search a recipe's settings by folds, without a test."),
    "warm": ("earmark.cli.warm", "Compile what makes large libraries faster, once."),
}


class _LazyGroup(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from earmark.errors import suggestion

            ctx.fail(f"no command is called '{args[0]}'.{suggestion(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # before click, which would say "Aborted!" and exit with 1
            from earmark.cli.batch import leave

            leave()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="earmark")
def earmark() -> None:
    """Listens to music and names its genres and tags."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line and exit."""
    from earmark.cli.output import prepare_streams

    prepare_streams()
    try:
        earmark(args=args, prog_name="earmark", standalone_mode=True)
    except EarmarkError as error:
        click.echo(f"earmark: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe left (`| head`); Python would complain again while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo(f"earmark: the output cannot be written: {error.strerror}.", err=True)
        os._exit(1)  # closing stdout would fail once more
