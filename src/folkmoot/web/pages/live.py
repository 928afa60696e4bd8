"""News for open pages: one stream of server-sent events, with ids alone.

A page that hears of something new asks for it as any page does, and so sees what its reader may see and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from litestar import get
from litestar.response import ServerSentEvent, ServerSentEventMessage

from folkmoot.bus import News
from folkmoot.errors import Missing
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Visit
from folkmoot.web.server import Server

K = TypeVar("K", str, int)
HEARTBEAT_SECONDS = 20.0
FULL = 64
"""News a slow reader may have waiting; what is beyond is dropped, since the next question finds it anyway."""


class Listener:
    """One open page: whose it is, what it shows, what waits to be sent."""

    def __init__(self, account_id: int | None, timeline: str) -> None:
        self.account_id = account_id
        self.timeline = timeline
        self.waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(FULL)

    def tell(self, event: str, data: str) -> None:
        if not self.waiting.full():
            self.waiting.put_nowait((event, data))


class Live:
    """Everybody who listens, by what they listen to."""

    def __init__(self, server: Server) -> None:
        self._by_timeline: dict[str, set[Listener]] = {}
        self._by_account: dict[int, set[Listener]] = {}
        server.bus.hear("post.published", self._published)
        server.bus.hear("home.delivered", self._delivered)
        server.bus.hear("post.removed", self._removed)
        server.bus.hear("post.hidden", self._hidden)
        server.bus.hear("notification.created", self._notified)

    def join(self, listener: Listener) -> None:
        self._by_timeline.setdefault(listener.timeline, set()).add(listener)
        if listener.account_id is not None:
            self._by_account.setdefault(listener.account_id, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        _drop(self._by_timeline, listener.timeline, listener)
        if listener.account_id is not None:
            _drop(self._by_account, listener.account_id, listener)

    def _published(self, news: News) -> None:
        told = news.payload
        post_id, author = str(told["post_id"]), told["account_id"]
        is_boost = told.get("shows_id") is not None
        if told["visibility"] == "public" and not is_boost and (not told["reply"] or told.get("reply_to_self")):
            self._tell("local", post_id, author)
        if told["visibility"] == "public":
            for tag in told["tags"]:
                self._tell(f"tag:{tag}", post_id, author)
        self._delivered(news)

    def _delivered(self, news: News) -> None:
        told = news.payload
        listeners = self._by_timeline.get("home")
        if not listeners:
            return
        homes = set(told["homes"])
        for listener in listeners:
            if listener.account_id in homes and listener.account_id != told["account_id"]:
                listener.tell("post", str(told["post_id"]))

    def _tell(self, timeline: str, post_id: str, author: int) -> None:
        for listener in self._by_timeline.get(timeline, ()):
            if listener.account_id != author:
                listener.tell("post", post_id)

    def _removed(self, news: News) -> None:
        for listeners in self._by_timeline.values():
            for listener in listeners:
                listener.tell("removed", str(news.payload["post_id"]))

    def _hidden(self, news: News) -> None:
        for listeners in self._by_timeline.values():
            for listener in listeners:
                if listener.account_id != news.payload["account_id"]:
                    listener.tell("removed", str(news.payload["post_id"]))

    def _notified(self, news: News) -> None:
        for listener in self._by_account.get(news.payload["account_id"], ()):
            listener.tell("notification", str(news.payload["id"]))


def _drop(table: dict[K, set[Listener]], key: K, listener: Listener) -> None:
    listeners = table.get(key, set())
    listeners.discard(listener)
    if not listeners:
        table.pop(key, None)


@get("/live", include_in_schema=False)
async def live(request: Asked) -> ServerSentEvent:
    """Ids of new posts of a timeline (`home`, `local`, `tag:x`; none for `notifications`), as they come."""
    visit = await Visit.of(request)
    timeline = visit.query("timeline", 110)
    if timeline in ("home", "notifications"):
        assert visit.member
    elif timeline != "local" and not timeline.startswith("tag:"):
        raise Missing
    listener = Listener(visit.viewer.account_id if visit.viewer else None, timeline)
    return ServerSentEvent(
        _events(request.app.state.live, listener), headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


async def _events(everybody: Live, listener: Listener) -> AsyncIterator[ServerSentEventMessage]:
    everybody.join(listener)
    try:
        yield ServerSentEventMessage(comment="listening", retry=5_000)
        while True:
            try:
                event, data = await asyncio.wait_for(listener.waiting.get(), HEARTBEAT_SECONDS)
                yield ServerSentEventMessage(event=event, data=data)
            except TimeoutError:
                yield ServerSentEventMessage(comment="still here")
    finally:
        everybody.leave(listener)
