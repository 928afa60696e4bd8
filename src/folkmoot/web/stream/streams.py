"""Streams: what happened, rendered once, put into the queue of every socket that wants it.

A queue is bounded: whoever reads slower than the network talks is cut off and comes back with a new connection, as
clients do anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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
from folkmoot.network.visibility import wants_to_see
from folkmoot.web import metrics
from folkmoot.web.api.app import CORS, Send, face, refusal
from folkmoot.web.api.call import Answer, Receive
from folkmoot.web.api.notifications import notification_json
from folkmoot.web.server import Server

STREAMING = "/api/v1/streaming"
QUEUE = 256
HEARTBEAT_SECONDS = 15
SUBSCRIPTIONS = 50

log = structlog.get_logger(__name__)
encode = msgspec.json.encode


class Listener:
    """One socket: what it subscribed to, and what waits to be sent."""

    def __init__(self, viewer: Viewer | None, frames: bool) -> None:
        self.viewer = viewer
        self.frames = frames
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        self.channels: set[str] = set()
        self.ended = False

    def put(self, text: str) -> None:
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Cut this listener off."""
        if not self.ended:
            self.ended = True
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class Streams:
    """All listeners of this process by channel, and the ASGI application that serves them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: dict[str, set[Listener]] = {}
        self._all: set[Listener] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        bus = server.bus
        bus.hear("post.published", lambda news: self._later(self._published(news)))
        bus.hear("post.changed", self._changed)
        bus.hear("post.removed", self._removed)
        bus.hear("post.hidden", self._removed)
        bus.hear("notification.created", lambda news: self._later(self._notified(news)))
        bus.hear("access.changed", self._access_changed)

    async def close(self) -> None:
        for listener in list(self._all):
            listener.end()

    # Events ----------------------------------------------------------------------------------------------------------

    def _later(self, work: Any) -> None:
        if not self._all:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, channels: Mapping[str, list[str]], event: str, payload: str) -> None:
        """Send to the listeners of `channels` (channel: the stream's name in frames), each text encoded once."""
        frames: dict[tuple[str, ...], str] = {}
        plain = ""
        for channel, name in channels.items():
            for listener in list(self._listeners.get(channel, ())):
                if listener.frames:
                    key = tuple(name)
                    if key not in frames:
                        frames[key] = encode({"stream": name, "event": event, "payload": payload}).decode()
                    listener.put(frames[key])
                else:
                    plain = plain or f"event: {event}\ndata: {payload}\n\n"
                    listener.put(plain)

    async def _published(self, news: News) -> None:
        channels = self._channels_of(news.payload)
        if not channels:
            return
        found = await self._server.timelines.cards(None, [news.payload["post_id"]])
        if not found:  # not public: render it as its author sees it, without what is the author's own
            author = await self._server.shelf.account(news.payload["account_id"])
            if author is None:
                return
            seen_by = Viewer(account_id=author.id, name=author.name)
            found = await self._server.timelines.cards(seen_by, [news.payload["post_id"]])
        if found:
            channels = await self._wanted(channels, found[0])
            self._send(channels, "update", self._server.entities.card(found[0], signed_in=False).decode())

    async def _wanted(self, channels: dict[str, list[str]], card: Card) -> dict[str, list[str]]:
        """Without the homes of those who mute or block the author or the booster."""
        now = clock.now()
        authors = {card.author.view.id, (card.booster or card.author).view.id}
        wanted = {}
        for channel, name in channels.items():
            kind, _, reader = channel.rpartition(":")
            if kind == "user":
                eyes = await self._server.watch.eyes(int(reader))
                if not all(author == eyes.account_id or wants_to_see(author, eyes, now) for author in authors):
                    continue
            wanted[channel] = name
        return wanted

    def _channels_of(self, payload: Mapping[str, Any]) -> dict[str, list[str]]:
        channels: dict[str, list[str]] = {}
        for account_id in payload["homes"]:
            if f"user:{account_id}" in self._listeners:
                channels[f"user:{account_id}"] = ["user"]
        if payload["visibility"] == "public" and payload.get("shows_id") is None:
            if not payload["reply"]:
                for name in ("public", "public:local"):
                    channels[name] = [name]
                    if payload["media"]:
                        channels[f"{name}:media"] = [f"{name}:media"]
            for tag in payload["tags"]:
                channels[f"hashtag:{tag}"] = ["hashtag", tag]
                channels[f"hashtag:local:{tag}"] = ["hashtag:local", tag]
        if payload["visibility"] == "direct":
            for account_id in {*payload["mentioned"], payload["account_id"]}:
                channels[f"direct:{account_id}"] = ["direct"]
        return {channel: name for channel, name in channels.items() if channel in self._listeners}

    def _changed(self, news: News) -> None:
        if news.payload.get("edited"):
            self._later(self._edited(news))

    async def _edited(self, news: News) -> None:
        seen_by = Viewer(account_id=news.payload["account_id"], name="")
        found = await self._server.timelines.cards(seen_by, [news.payload["post_id"]])
        if not found:
            return
        payload = self._server.entities.card(found[0], signed_in=False).decode()
        readers = [channel for channel in self._listeners if channel.rpartition(":")[0] == "user"]
        channels: dict[str, list[str]] = {}
        for channel in readers:
            eyes = await self._server.watch.eyes(int(channel.rpartition(":")[2]))
            if eyes.account_id == news.payload["account_id"] or news.payload["account_id"] in eyes.follows:
                channels[channel] = ["user"]
        if found[0].entry.view.visibility == "public":
            channels.update({name: [name] for name in ("public", "public:local") if name in self._listeners})
        self._send(channels, "status.update", payload)

    def _removed(self, news: News) -> None:
        if self._all:
            channels = {
                channel: [channel.split(":")[0]] if channel.startswith("user:") else [channel]
                for channel in self._listeners
                if channel.startswith(("user:", "public"))
                and not (news.kind == "post.hidden" and channel == f"user:{news.payload['account_id']}")
            }
            self._send(channels, "delete", str(news.payload["post_id"]))

    async def _notified(self, news: News) -> None:
        account_id = news.payload["account_id"]
        channels = {
            channel: ["user:notification" if "notification" in channel else "user"]
            for channel in (f"user:{account_id}", f"user:notification:{account_id}")
            if channel in self._listeners
        }
        if not channels:
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
            self._send(channels, "notification", rendered[0].decode())

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
            if me is None or not me.may("read:statuses"):
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

    def _open(self, listener: Listener) -> None:
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
        if stream is not None:
            channel = self._channel(listener, stream, query.get("tag"))
            if channel is None:
                await send({"type": "websocket.close", "code": 4400, "reason": "Unknown stream type"})
                return
            self._subscribe(listener, channel)
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if protocols:
            accept["subprotocol"] = protocols[0]  # browsers close the socket unless their token is echoed
        await send(accept)
        self._open(listener)
        sender = asyncio.create_task(self._pump(listener, send))
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    break
                self._hear(listener, message.get("text") or message.get("bytes") or "")
        finally:
            self._close(listener)
            await asyncio.gather(sender, return_exceptions=True)

    async def _pump(self, listener: Listener, send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        try:
            while (text := await listener.queue.get()) is not None:
                await send({"type": "websocket.send", "text": text})
            await send({"type": "websocket.close", "code": 1001})
        except Exception as error:  # the other side went away in the middle of a frame
            log.debug("stream ended", error=str(error))

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
        self._subscribe(listener, channel)
        self._open(listener)
        watch = asyncio.create_task(_until_gone(receive, listener))
        start = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*start, *CORS]})
            await send({"type": "http.response.body", "body": b":)\n\n", "more_body": True})
            while True:
                try:
                    text = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    text = ":thump\n\n"
                if text is None:
                    break
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            watch.cancel()
            self._close(listener)


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


async def _answer(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type), *CORS, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
