"""Streams: what happened, rendered once, put into the queue of every socket that wants it.

A queue is bounded: whoever reads slower than the network talks is cut off and comes back with a new connection, as
clients do anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.errors import FolkmootError, Missing
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import get_notification
from folkmoot.network.timelines import Card
from folkmoot.network.visibility import Eyes, may_see, wants_to_see
from folkmoot.web import metrics
from folkmoot.web.api.app import CORS, Send, face, refusal
from folkmoot.web.api.call import Answer, Receive
from folkmoot.web.api.notifications import notification_json
from folkmoot.web.server import Server

STREAMING = "/api/v1/streaming"
QUEUE = 256
HEARTBEAT_SECONDS = 15
GOODBYE_SECONDS = 5
SUBSCRIPTIONS = 50

log = structlog.get_logger(__name__)
encode = msgspec.json.encode


class Listener:
    """One socket: what it subscribed to, and what waits to be sent."""

    def __init__(self, viewer: Viewer | None, frames: bool) -> None:
        self.viewer = viewer
        self.account_id = viewer.account_id if viewer else None
        self.frames = frames
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self.channels: set[str] = set()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def put(self, text: str) -> None:
        if not self.gone.done():
            try:
                self.queue.put_nowait(text)
            except asyncio.QueueFull:
                self.end()

    def end(self) -> None:
        """Cut this listener off, whatever still waits."""
        if not self.gone.done():
            self.gone.set_result(None)


class Streams:
    """All listeners of this process by channel, and the ASGI application that serves them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: dict[str, set[Listener]] = {}
        self._all: set[Listener] = set()
        self._waiting: deque[Coroutine[Any, Any, None]] = deque()
        self._working: asyncio.Task[None] | None = None
        bus = server.bus
        bus.hear("post.published", lambda news: self._later(self._published(news)))
        bus.hear("home.delivered", lambda news: self._later(self._delivered(news)))
        bus.hear("post.changed", self._changed)
        for kind in ("post.removed", "post.hidden"):
            bus.hear(kind, lambda news: self._later(self._removed(news)))
        bus.hear("notification.created", lambda news: self._later(self._notified(news)))
        bus.hear("access.changed", self._access_changed)

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        """Cut everybody off; they come back to whoever answers then."""
        for listener in list(self._all):
            listener.end()

    # Events ----------------------------------------------------------------------------------------------------------

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it when what came before is done: an edit must not overtake its post."""
        if not self._all:
            work.close()
            return
        self._waiting.append(work)
        if self._working is None:
            self._working = asyncio.create_task(self._in_turn())

    async def _in_turn(self) -> None:
        try:
            while self._waiting:
                try:
                    await self._waiting.popleft()
                except Exception:  # the next one wants to be heard
                    log.exception("streams missed something")
        finally:
            self._working = None

    def _send(
        self,
        channels: Iterable[str],
        event: str,
        payload: str,
        unwelcome: AbstractSet[int | None] = frozenset(),
        scope: str | None = None,
    ) -> None:
        """Send to the listeners of these channels but for `unwelcome` accounts and apps without `scope`.

        Each text is encoded once.
        """
        plain = ""
        for channel in channels:
            frame = ""
            for listener in list(self._listeners.get(channel, ())):
                if unwelcome and listener.account_id in unwelcome:
                    continue
                if scope is not None and not (listener.viewer and listener.viewer.may(scope)):
                    continue
                if listener.frames:
                    frame = frame or encode({"stream": _name(channel), "event": event, "payload": payload}).decode()
                    listener.put(frame)
                else:
                    plain = plain or f"event: {event}\ndata: {payload}\n\n"
                    listener.put(plain)

    async def _published(self, news: News) -> None:
        await self._show("update", news.payload["post_id"], news.payload["account_id"], self._channels_of(news.payload))

    async def _delivered(self, news: News) -> None:
        """Homes beyond the first batch."""
        channels = [f"user:{account_id}" for account_id in news.payload["homes"]]
        await self._show("update", news.payload["post_id"], news.payload["account_id"], channels)

    async def _edited(self, news: News) -> None:
        """To whoever heard of the post when it came: its author, who follows them, whom it names, public streams."""
        author = news.payload["account_id"]
        shelved = (await self._server.shelf.posts([news.payload["post_id"]])).get(news.payload["post_id"])
        if shelved is None:
            return
        view = shelved.view
        mentioned = {mention.account_id for mention in view.mentions}
        homes = []
        for channel in [channel for channel in self._listeners if channel.startswith("user:")]:
            kind, _, reader = channel.rpartition(":")
            if kind == "user":
                eyes = await self._server.watch.eyes(int(reader))
                if eyes.account_id == author or author in eyes.follows or eyes.account_id in mentioned:
                    homes.append(int(reader))
        channels = self._channels_of(
            {
                "homes": homes,
                "account_id": author,
                "visibility": view.visibility,
                "reply": view.in_reply_to_id is not None,
                "media": bool(view.media),
                "tags": view.tags,
                "mentioned": mentioned,
            }
        )
        await self._show("status.update", view.id, author, channels)

    async def _show(self, event: str, post_id: int, author_id: int, channels: Iterable[str]) -> None:
        """Render the post once and send it to those who listen there, may see it and want to."""
        channels = [channel for channel in channels if channel in self._listeners]
        if not channels:
            return
        # As anybody sees it; what is not for anybody as its author does, without what is the author's own.
        found = await self._server.timelines.cards(None, [post_id])
        if not found:
            found = await self._server.timelines.cards(Viewer(account_id=author_id, name=""), [post_id])
        if found:
            unwelcome = await self._unwelcome(channels, found[0])
            payload = self._server.entities.card(found[0], signed_in=False).decode()
            self._send(channels, event, payload, unwelcome)

    async def _unwelcome(self, channels: Iterable[str], card: Card) -> set[int | None]:
        """Which of those who listen there may not see the card, or do not want to; None is everybody without an account."""
        now = clock.now()
        listening = {listener.account_id for channel in channels for listener in self._listeners.get(channel, ())}
        return {id for id in listening if not _shows(card, await self._server.watch.eyes(id), now)}

    def _channels_of(self, payload: Mapping[str, Any]) -> list[str]:
        """Where a post is heard, whoever listens there."""
        channels = [f"user:{account_id}" for account_id in payload["homes"]]
        if payload["visibility"] == "public" and payload.get("shows_id") is None:
            if not payload["reply"]:
                for name in ("public", "public:local"):
                    channels += [name, f"{name}:media"] if payload["media"] else [name]
            for tag in payload["tags"]:
                channels += [f"hashtag:{tag}", f"hashtag:local:{tag}"]
        if payload["visibility"] == "direct":
            channels += [f"direct:{account_id}" for account_id in {*payload["mentioned"], payload["account_id"]}]
        return channels

    def _changed(self, news: News) -> None:
        if news.payload.get("edited"):
            self._later(self._edited(news))

    async def _removed(self, news: News) -> None:
        """To everybody: an id says nothing. Of what is held its author keeps sight."""
        author = {news.payload["account_id"]} if news.kind == "post.hidden" else frozenset()
        channels = [channel for channel in self._listeners if not channel.startswith("user:notification")]
        self._send(channels, "delete", str(news.payload["post_id"]), author)

    async def _notified(self, news: News) -> None:
        account_id = news.payload["account_id"]
        channels = [f"user:{account_id}", f"user:notification:{account_id}"]
        if not any(channel in self._listeners for channel in channels):
            return
        account = await self._server.shelf.account(account_id)
        if account is None:
            return
        viewer = Viewer(account_id=account_id, name=account.name)
        try:
            found = await get_notification(self._server.db, viewer, news.payload["id"])
        except Missing:  # taken back in the meantime
            return
        rendered = await notification_json(self._server, viewer, [found])
        if rendered:
            self._send(channels, "notification", rendered[0].decode(), scope="read:notifications")

    def _access_changed(self, news: News) -> None:
        """The account's tokens may have ended: its listeners come back and show theirs again."""
        for listener in list(self._all):
            if listener.viewer is not None and listener.viewer.account_id == news.payload["account_id"]:
                listener.end()

    # Sockets ---------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        query = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        headers = dict(scope["headers"])
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send, query, headers)
        else:
            await self._events(scope, receive, send, query, headers)

    async def _viewer(self, token: str | None) -> Viewer | None:
        return (await self._server.holder_of(token)).viewer if token else None

    def _channel(self, listener: Listener, stream: str, tag: str | None) -> str | None:
        """The channel behind a stream's name for this listener; None when there is none or it may not be heard."""
        me = listener.viewer
        if stream in ("user", "user:notification", "direct"):
            if me is None or not me.may("read:notifications" if stream == "user:notification" else "read:statuses"):
                return None
            return f"{stream}:{me.account_id}"
        if stream in (
            "public",
            "public:local",
            "public:media",
            "public:local:media",
            "public:remote",
            "public:remote:media",
        ):
            return stream
        if stream in ("hashtag", "hashtag:local") and tag:
            return f"{stream}:{tag.lower()}"
        return None

    def _subscribe(self, listener: Listener, channel: str) -> None:
        if len(listener.channels) < SUBSCRIPTIONS:
            listener.channels.add(channel)
            self._listeners.setdefault(channel, set()).add(listener)

    def _unsubscribe(self, listener: Listener, channel: str) -> None:
        listener.channels.discard(channel)
        others = self._listeners.get(channel)
        if others is not None:
            others.discard(listener)
            if not others:
                del self._listeners[channel]

    def _open(self, listener: Listener, channel: str | None) -> None:
        if channel is not None:
            self._subscribe(listener, channel)
        self._all.add(listener)
        metrics.streams(+1)

    def _close(self, listener: Listener) -> None:
        listener.end()
        self._all.discard(listener)
        for channel in list(listener.channels):
            self._unsubscribe(listener, channel)
        metrics.streams(-1)

    async def _websocket(
        self, scope: Mapping[str, Any], receive: Receive, send: Send, query: dict[str, str], headers: dict[bytes, bytes]
    ) -> None:
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        protocols = scope.get("subprotocols") or []
        given = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ").strip()
        token = query.get("access_token") or given or (protocols[0] if protocols else None)
        try:
            viewer = await self._viewer(token)
        except FolkmootError:
            await send({"type": "websocket.close", "code": 4401, "reason": "The access token is invalid"})
            return
        listener = Listener(viewer, frames=True)
        stream = query.get("stream")
        channel = self._channel(listener, stream, query.get("tag")) if stream is not None else None
        if stream is not None and channel is None:
            await send({"type": "websocket.close", "code": 4400, "reason": "Unknown stream type"})
            return
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if protocols:
            accept["subprotocol"] = protocols[0]  # browsers close the socket unless their token is echoed

        async def hear() -> None:
            while (message := await receive())["type"] != "websocket.disconnect":
                self._hear(listener, message.get("text") or message.get("bytes") or "")

        async def talk() -> None:
            while True:
                await send({"type": "websocket.send", "text": await listener.queue.get()})

        await send(accept)
        await self._attend(listener, channel, hear(), talk())
        await _last(send({"type": "websocket.close", "code": 1001}))

    async def _attend(self, listener: Listener, channel: str | None, *work: Coroutine[Any, Any, None]) -> None:
        """Let both sides talk until one of them is through, or the listener is cut off."""

        async def until_its_end(part: Coroutine[Any, Any, None]) -> None:
            try:
                await part
            except Exception as error:  # the other side went away in the middle of a frame
                log.debug("stream ended", error=str(error))
            listener.end()

        self._open(listener, channel)
        tasks = [asyncio.create_task(until_its_end(part)) for part in work]
        try:
            await listener.gone
        finally:
            # Granian sends nothing more, not even the end, while somebody waits to receive.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._close(listener)

    def _hear(self, listener: Listener, text: str | bytes) -> None:
        try:
            wish = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            listener.put(encode({"error": "This is not JSON", "status": 400}).decode())
            return
        tag = wish.get("tag")
        channel = self._channel(listener, str(wish.get("stream")), tag if isinstance(tag, str) else None)
        if channel is None:
            listener.put(encode({"error": "Unknown stream type", "status": 400}).decode())
        elif wish.get("type") == "subscribe":
            self._subscribe(listener, channel)
        elif wish.get("type") == "unsubscribe":
            self._unsubscribe(listener, channel)

    async def _events(
        self, scope: Mapping[str, Any], receive: Receive, send: Send, query: dict[str, str], headers: dict[bytes, bytes]
    ) -> None:
        parts = scope["path"].removeprefix(STREAMING).strip("/").split("/")
        given = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ").strip()
        stream = ":".join(parts) if parts != [""] else query.get("stream", "")
        if query.get("only_media", "").lower() in ("true", "1") and stream.startswith("public"):
            stream += ":media"
        try:
            listener = Listener(await self._viewer(query.get("access_token") or given or None), frames=False)
        except FolkmootError as error:
            await _answer(send, face(error))
            return
        channel = self._channel(listener, stream, query.get("tag"))
        if channel is None:
            needs_token = stream.startswith(("user", "direct"))
            await _answer(send, refusal(401, "Missing access token") if needs_token else refusal(404, "Not Found"))
            return
        start = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]

        async def hear() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        async def talk() -> None:
            await send({"type": "http.response.body", "body": b":)\n\n", "more_body": True})
            while True:
                try:
                    text = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    text = ":thump\n\n"
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

        await send({"type": "http.response.start", "status": 200, "headers": [*start, *CORS]})
        await self._attend(listener, channel, hear(), talk())
        await _last(send({"type": "http.response.body", "body": b""}))


def _name(channel: str) -> list[str]:
    """What a channel's stream is called in frames: accounts' own without the account, hashtags with their name apart."""
    kind, _, last = channel.rpartition(":")
    if kind.startswith("hashtag"):
        return [kind, last]
    return [kind] if last.isdigit() else [channel]


def _shows(card: Card, eyes: Eyes, now: datetime) -> bool:
    """Whether the reader behind `eyes` may see the card and wants to."""
    if not may_see(card.shown.view, card.author.view, eyes):
        return False
    if card.booster is not None and not may_see(card.entry.view, card.booster.view, eyes):
        return False
    authors = {card.author.view.id, (card.booster or card.author).view.id} - {eyes.account_id}
    return all(wants_to_see(author, eyes, now) for author in authors)


async def _last(word: Awaitable[None]) -> None:
    """Say goodbye, to whoever may have left already or does not listen."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(word, GOODBYE_SECONDS)


async def _answer(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type), *CORS, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
