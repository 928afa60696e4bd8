"""How often one account or address may ask, counted in fixed windows in this process.

With N web processes an address gets up to N times the limit: a guard against floods and scraping, not an accounting.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from folkmoot.errors import TooMany
from folkmoot.settings import Settings

WINDOW_SECONDS = 300
SIGN_UP_WINDOW_SECONDS = 1_800
SIGN_UPS = 5
UPLOADS = 60
PAGES = 900
SIGN_INS = 20
"""Uploads, pages and sign-ins from one address in WINDOW_SECONDS."""
NOTICES = 20
NOTICE_WINDOW_SECONDS = 86_400


class Limits:
    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits
        self._most = settings.rate_limit_requests
        self._window = 0
        self._counts: dict[str, int] = {}
        self._slow: dict[str, tuple[int, int]] = {}
        """Deeds bounded over longer windows: the window's number and the count in it."""
        self._reset = b""
        self._limit = str(self._most).encode()

    def count(self, who: str) -> list[tuple[bytes, bytes]]:
        """Count a request of `who`; the X-RateLimit headers to answer with. Raises TooMany."""
        if not self._on:
            return []
        now = int(time.time())
        window = now // WINDOW_SECONDS
        if window != self._window:
            self._window = window
            self._counts.clear()
            until = datetime.fromtimestamp((window + 1) * WINDOW_SECONDS, UTC)
            self._reset = f"{until:%Y-%m-%dT%H:%M:%S}.000Z".encode()
        count = self._counts[who] = self._counts.get(who, 0) + 1
        if count > self._most:
            raise TooMany(retry_after=WINDOW_SECONDS - now % WINDOW_SECONDS)
        return [
            (b"x-ratelimit-limit", self._limit),
            (b"x-ratelimit-remaining", str(self._most - count).encode()),
            (b"x-ratelimit-reset", self._reset),
        ]

    def check_sign_up(self, address: str) -> None:
        """Count a sign-up from this address. Raises TooMany after SIGN_UPS in half an hour."""
        self._check(f"sign-up {address}", SIGN_UPS, SIGN_UP_WINDOW_SECONDS)

    def check_upload(self, account_id: int) -> None:
        """Count an upload. Raises TooMany after UPLOADS in five minutes."""
        self._check(f"upload {account_id}", UPLOADS, WINDOW_SECONDS)

    def check_page(self, who: str) -> None:
        """Count a page or form of `who`. Raises TooMany after PAGES in five minutes."""
        self._check(f"page {who}", PAGES, WINDOW_SECONDS)

    def check_sign_in(self, address: str) -> None:
        """Count a sign-in, before a password is looked at. Raises TooMany after SIGN_INS in five minutes.

        Failures are counted in the database besides, by account (`network/access`).
        """
        self._check(f"sign-in {address}", SIGN_INS, WINDOW_SECONDS)

    def check_notice(self, address: str) -> None:
        """Count a notice left on the page from this address. Raises TooMany after NOTICES in a day."""
        self._check(f"notice {address}", NOTICES, NOTICE_WINDOW_SECONDS)

    def _check(self, key: str, most: int, seconds: int) -> None:
        if not self._on:
            return
        now = int(time.time())
        window = now // seconds
        known, count = self._slow.get(key, (window, 0))
        count = count + 1 if known == window else 1
        if len(self._slow) > 50_000:
            self._slow.clear()
        self._slow[key] = (window, count)
        if count > most:
            raise TooMany(retry_after=seconds - now % seconds)
