"""What the log is called, and where it is."""

from __future__ import annotations

from folkmoot.settings import Settings

PREFIX = "/transparency/log"


def origin_of(settings: Settings) -> str:
    """The log's name: its address without the scheme (C2SP tlog-tiles). It keeps its first one for ever."""
    return settings.domain + PREFIX
