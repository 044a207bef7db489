"""Reports: a finished run, or several of them, as one HTML page and as Markdown.

``plain`` and ``read`` turn a run folder into typed values, ``facts`` says what is worth saying,
``several`` and ``labelwise`` what more there is of multi-label work, ``charts`` and ``multiples``
(on ``svg``) draw, ``page`` and ``markdown`` write, ``comparison`` sets runs side by side.
"""

from __future__ import annotations

from pathlib import Path

from earmark.judging.report.read import RunFolder, read

HTML = "report.html"
MARKDOWN = "report.md"


def write(folder: Path) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.md`` into a finished run folder and return their paths.

    Raises:
        DataError: the folder holds no finished run that can be read.
        MissingExtraError: Jinja2 or pyarrow is not installed.
    """
    from earmark.judging.report.markdown import markdown
    from earmark.judging.report.page import page
    from earmark.judging.report.several import examine
    from earmark.store import write_text

    run = read(folder)
    found = examine(run)
    contents = {folder / HTML: page(run, found), folder / MARKDOWN: markdown(run, found)}
    for path, content in contents.items():
        write_text(path, content)
    return folder / HTML, folder / MARKDOWN


__all__ = ["HTML", "MARKDOWN", "RunFolder", "read", "write"]
