"""All styles by name. A style is added by writing it in a songbook and naming it here."""

from __future__ import annotations

from earmark.audio.synth.songbook_acoustic import BLUES, CLASSICAL, COUNTRY, JAZZ
from earmark.audio.synth.songbook_amplified import METAL, POP, REGGAE, ROCK
from earmark.audio.synth.songbook_electronic import AMBIENT, DISCO, HIPHOP, TECHNO
from earmark.audio.synth.style import Style
from earmark.errors import SettingsError, suggestion

_BY_NAME: dict[str, Style] = {
    style.name: style
    for style in (
        AMBIENT, BLUES, CLASSICAL, COUNTRY, DISCO, HIPHOP, JAZZ, METAL, POP, REGGAE, ROCK, TECHNO,
    )
}  # fmt: skip

STYLES: tuple[str, ...] = tuple(sorted(_BY_NAME))


def style_named(name: str) -> Style:
    """Return the style.

    Raises:
        SettingsError: no style has that name; suggests the nearest.
    """
    if name not in _BY_NAME:
        raise SettingsError(f"no style is named '{name}'.{suggestion(name, STYLES)}")
    return _BY_NAME[name]
