import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from earmark.cli.main import earmark

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("maker", "page"), [("generate", "cli"), ("generate_recipes", "recipes")])
def test_the_reference_is_current(maker, page):
    # In a process of its own: click keeps a command's help option as it was first asked for, and
    # other tests call commands without the settings of the whole.
    program = "import runpy, sys; print(runpy.run_path(sys.argv[1])['page'](), end='')"
    run = subprocess.run([sys.executable, "-c", program, str(ROOT / f"docs/{maker}.py")],
                         capture_output=True, check=True, encoding="utf-8",
                         env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    made = run.stdout
    assert (ROOT / f"docs/{page}.md").read_text(encoding="utf-8") == made, "run make docs"


def commands(command, path="earmark"):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), f"{path} {name}")


def test_every_command_and_option_has_help():
    for path, command in commands(earmark):
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.name in ("style",), (path, parameter.name)


def test_the_readme_names_the_doors_and_every_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for word in ("make demo", "make test", *(p for p, _ in commands(earmark))):
        assert word in readme, word
