"""Who may write now, asked once for every request that could change something; reading never asks.

While the network is read-only, what is named here stays open: signing in and out, objecting, judging, appealing, answering
notices, taking one's data along, what one has read, and whatever stewards and the operator do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.errors import Unavailable
from folkmoot.network.site.read_only import from_news
from folkmoot.network.site.views import ReadOnly
from folkmoot.settings import Settings

SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
RETRY_SECONDS = 60
SHOWN_BEFORE = timedelta(days=1)

OPEN = (
    # signing in, and keeping one's account safe
    "/oauth/",
    "/api/v1/apps",
    "/sign-in",
    "/sign-out",
    "/look",
    "/settings/password",
    "/settings/sessions",
    "/settings/apps",
    # objecting, judging, appealing, demanding
    "/api/v1/reports",
    "/api/v1/notices",
    "/report",
    "/reports",
    "/decisions",
    "/appeal",
    "/jury",
    "/notices",
    "/transparency/log/",  # witnesses bring their signatures
    # taking one's data along
    "/settings/export",
    "/settings/archive",
    # what one has read, and being told
    "/api/v1/markers",
    "/api/v1/push/",
    "/settings/notifications",
    "/announcements/",
    "/notifications/",
    "/api/v1/notifications/",
    # stewards and the operator
    "/api/v1/admin/",
    "/admin",
)
"""Beginnings of paths; whole segments, so that `/reports` does not open `/reportsomething`."""
OPEN_ENDINGS = ("/report", "/appeal", "/dismiss")
"""Reports stand below the post or account they are about; dismissing is reading."""


class ReadOnlyNow(Unavailable):
    """The operator has stopped all writing, for a reason that may be read."""

    sentence = "The network is read-only at the moment: {reason}"

    def __init__(self, reason: str, retry_after: int = RETRY_SECONDS) -> None:
        super().__init__(reason=reason)
        self.retry_after = retry_after


class Writes:
    """What this process knows of it. Kept current by news, and by the look the status page takes every few seconds."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self._default = settings.default_locale
        self.known: ReadOnly | None = None
        """What is in force, planned or just over."""
        bus.hear("site.read_only", self._changed)

    @property
    def read_only(self) -> ReadOnly | None:
        """What is in force now."""
        known = self.known
        return known if known is not None and known.in_force(clock.now()) else None

    @property
    def shown(self) -> ReadOnly | None:
        """What is in force now or planned for the next day, for the banner above pages."""
        known = self.known
        if known is None:
            return None
        now = clock.now()
        return known if not known.is_over(now) and known.starts_at - now < SHOWN_BEFORE else None

    def check(self, scope: Mapping[str, Any]) -> None:
        """Raise ReadOnlyNow unless this request may go on. For unsafe methods alone."""
        if self.known is None:
            return
        found = self.read_only
        if found is not None and not stays_open(scope["path"]):
            raise ReadOnlyNow(found.in_language(_wish(scope, self._default)), self._seconds_left(found))

    @staticmethod
    def _seconds_left(found: ReadOnly) -> int:
        if found.until is None:
            return RETRY_SECONDS
        return max(1, min(86_400, round((found.until - clock.now()).total_seconds())))

    def _changed(self, news: News) -> None:
        self.known = from_news(news.payload)


def stays_open(path: str) -> bool:
    """Whether this may be asked for while nothing else is written."""
    if path.endswith(OPEN_ENDINGS):
        return True
    return any(path.startswith(each) and (each.endswith("/") or path[len(each) :][:1] in ("", "/")) for each in OPEN)


def _wish(scope: Mapping[str, Any], default: str) -> str:
    """The language of the answer: chosen in our pages (cookie), else the first the client names, else the network's."""
    accepted = ""
    for key, value in scope["headers"]:
        if key == b"cookie":
            for part in value.decode("latin-1").split(";"):
                name, _, chosen = part.strip().partition("=")
                if name == "locale" and chosen:
                    return str(chosen)
        elif key == b"accept-language":
            accepted = value.decode("latin-1")
    return accepted.strip()[:2].lower() or default
