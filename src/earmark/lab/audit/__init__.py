"""The audit: what a score is worth, by judging one model under every protocol in turn.

``groups`` finds which tracks are of one song or artist, ``segments`` deals segments as leaky
projects do, ``protocols`` deals tracks under each protocol with equally much to learn from,
``measure`` fits and judges, ``auditing`` tells the story.
"""

from __future__ import annotations

from earmark.lab.audit.auditing import Settings, audit

__all__ = ["Settings", "audit"]
