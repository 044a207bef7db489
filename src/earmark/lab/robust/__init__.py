"""The robustness bench: taggers under disturbances that should not change what music is called.

``disturbances`` lists what is done, ``music`` what it is done to, ``hearing`` does it track by
track, ``figures`` sets the answers against those without, ``bench`` tells the story, ``cards``
writes it on a tagger's card.
"""

from __future__ import annotations

from earmark.lab.robust.bench import Settings, robustness

__all__ = ["Settings", "robustness"]
