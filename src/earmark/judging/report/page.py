"""The report of one run as a single HTML page: nothing fetched, no script, prints well."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from earmark import __version__
from earmark.errors import require
from earmark.judging.report import (
    charts,
    exported,
    facts,
    labelwise,
    measured,
    multiples,
    several,
    trained,
)
from earmark.judging.report.plain import clean
from earmark.judging.report.read import RunFolder
from earmark.judging.report.several import Examined
from earmark.judging.report.svg import shorten


def page(run: RunFolder, examined: Examined | None = None) -> str:
    """Return the HTML of the report.

    Args:
        examined: what ``several.examine`` makes of the run, where that is at hand.

    Raises:
        DataError: its decisions are of another vocabulary.
        MissingExtraError: Jinja2 is not installed.
    """
    detailed = facts.detailed(run)
    found = examined or several.examine(run)
    return render(
        "run.html.jinja", title=f"{run.name}: {run.dataset}, split {run.split}", run=run,
        rows=facts.score_rows(run), honest=facts.honest(run), bars=facts.score_bars(run),
        confused=[s for s in detailed if s.confusion],
        judged=detailed, detailed=[s for s in detailed if s.labels], mistakes=facts.mistakes(run),
        found=found, panels=several.panels_of(run, found) if found else [],
    )


_TEMPLATES = "earmark.judging.report"


def render(template: str, *, package: str = _TEMPLATES, **values: Any) -> str:
    """Return a template, filled in; all values are escaped.

    Args:
        package: whose template it is; it may build on those of this package.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2 = require("jinja2", extra="train", purpose="making a report")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in
                                    dict.fromkeys([package, _TEMPLATES])]),
        autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters |= {
        "number": facts.number, "fine": facts.fine, "bracket": facts.bracket, "clean": clean,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "percent": facts.percent, "shorten": shorten,
    }
    shared = {
        "version": __version__, "facts": facts, "labelwise": labelwise, "measured": measured,
        "several": several, "charts": _Pictures(charts, jinja2),
        "multiples": _Pictures(multiples, jinja2), "trained": _Pictures(trained, jinja2),
        "training_sentence": trained.sentence, "exported": exported,
    }
    html: str = environment.get_template(template).render(**shared, **values)
    return html


class _Pictures:
    """The functions of a module, their SVG marked as safe: they escape what they are given."""

    def __init__(self, module: ModuleType, jinja2: Any) -> None:
        self._module, self._markup = module, jinja2.utils.markupsafe.Markup

    def __getattr__(self, name: str) -> Any:
        draw = getattr(self._module, name)
        return lambda *given: self._markup(draw(*given))
