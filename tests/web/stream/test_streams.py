"""Who hears what, through WebSocket and server-sent events, of a server that answers on a port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server as Granian

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.sanctions.enforce import bring_in_line
from folkmoot.moderation.sanctions.queries import events_of, insert_event
from folkmoot.moderation.sanctions.rules import Event, Grade, Happening, Limit
from folkmoot.network import access, relations
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.react import boost, favourite
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.settings import Settings
from folkmoot.web.app import Application
from folkmoot.web.server import Server
from folkmoot.web.stream import streams

QUIET = 0.15
"""Seconds in which what comes, has come."""


class Member:
    """Somebody with an account, and what the server's address is for them."""

    def __init__(self, moot: Moot, viewer: Viewer, token: str) -> None:
        self.moot, self.viewer, self.token = moot, viewer, token
        self.id = viewer.account_id

    async def says(self, text: str, **draft: Any) -> PostView:
        return await publish(self.moot.server.desk, self.viewer, Draft(text=text, **draft))

    async def follows(self, other: Member) -> None:
        await relations.follow(self.moot.server.db, self.viewer, other.id)

    def hears(self, query: str = "stream=user") -> Any:
        return self.moot.hears(query, self.token)


class Ear:
    """A WebSocket: what has come so far, event and content."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[tuple[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None

    async def listen(self) -> None:
        async for message in self.socket:
            frame = json.loads(message.data)
            self.frames.append(frame)
            if "event" in frame:
                payload = frame["payload"] if frame["event"] == "delete" else json.loads(frame["payload"])
                self.heard.append((frame["event"], payload))
        self.closed = self.socket.close_code

    async def until(self, number: int) -> list[tuple[str, str]]:
        """Wait for so many events, and see that there is not one more: kind, and text or id."""
        await until(lambda: len(self.heard) >= number)
        return await self.all()

    async def all(self) -> list[tuple[str, str]]:
        """Everything, once it is quiet."""
        await asyncio.sleep(QUIET)
        return [(event, _text(payload)) for event, payload in self.heard]


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what will come."""
    async with asyncio.timeout(60):
        while True:
            if happened():
                return
            await asyncio.sleep(0.01)


def _text(payload: Any) -> str:
    if isinstance(payload, str):
        return payload
    post = payload.get("reblog") or (payload["status"] if "type" in payload else payload)
    return str(post["content"].removeprefix("<p>").removesuffix("</p>"))


class Moot:
    """A server on a port of this machine, in this process."""

    def __init__(self, server: Server, address: str, client: aiohttp.ClientSession) -> None:
        self.server, self.address, self.client = server, address, client

    async def member(self, scopes: str = "read write follow") -> Member:
        id, name, now = new_id(), f"m{secrets.token_hex(6)}", clock.now()
        await self.server.db.fetch(
            "INSERT INTO accounts (id, name, created_at, approved_at, active_at) VALUES ($1, $2, $3, $3, $3)",
            id,
            name,
            now,
        )
        await self.server.db.fetch(
            "INSERT INTO credentials (account_id, email, password_hash, locale) VALUES ($1, NULL, 'x', 'en')", id
        )
        token = await access.issue_token(self.server.db, id, access.parse_scopes(scopes), "tests")
        return Member(self, Viewer(account_id=id, name=name), token)

    @asynccontextmanager
    async def hears(self, query: str, token: str | None = None) -> AsyncIterator[Ear]:
        given = f"&access_token={token}" if token else ""
        async with self.client.ws_connect(f"{self.address}/api/v1/streaming?{query}{given}") as socket:
            ear = Ear(socket)
            listening = asyncio.create_task(ear.listen())
            try:
                yield ear
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    @asynccontextmanager
    async def events(self, path: str, token: str | None = None) -> AsyncIterator[Callable[[str], Any]]:
        """Server-sent events: gives a function that reads until a line begins with something."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.client.get(f"{self.address}/api/v1/streaming/{path}", headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["content-type"].startswith("text/event-stream")

            async def line(beginning: str) -> str:
                async with asyncio.timeout(60):
                    while not (line := (await answer.content.readline()).decode().rstrip("\n")).startswith(beginning):
                        assert not answer.content.at_eof(), "the stream has ended"
                return line.removeprefix(beginning)

            await line(":)")
            yield line


@pytest.fixture(scope="module")
def moot(database_url: str, tmp_path_factory: pytest.TempPathFactory, run: Any) -> Iterator[Moot]:
    opened = _open(database_url, tmp_path_factory.mktemp("streams"))
    yield run(anext(opened))

    async def close() -> None:
        with contextlib.suppress(StopAsyncIteration):
            await anext(opened)

    run(close())


async def _open(database_url: str, place: Path) -> AsyncIterator[Moot]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    settings = replace(Settings(data=place, port=port, rate_limits=False), database_url=database_url, database_pool=4)
    application = Application(settings)
    granian = Granian(application, interface=Interfaces.ASGI, address="127.0.0.1", port=port, log_enabled=False)
    serving = asyncio.create_task(granian.serve())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=300)) as client:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with client.get(f"http://127.0.0.1:{port}/health/live"):
                        break
                await asyncio.sleep(0.02)
        assert application.server is not None
        db = application.server.db
        yield Moot(application.server, f"http://127.0.0.1:{port}", client)
        tables = await db.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'notice_clocks')"
        )
        await db.fetch(f"TRUNCATE {', '.join(row['tablename'] for row in tables)} CASCADE")
    granian.stop()
    await asyncio.wait_for(serving, 20)


# Who hears what ------------------------------------------------------------------------------------------------------


async def test_a_post_reaches_followers_the_author_and_the_public_streams(moot: Moot) -> None:
    ada, bert, cleo = await moot.member(), await moot.member(), await moot.member()
    await bert.follows(ada)
    async with (
        ada.hears() as own,
        bert.hears() as follower,
        cleo.hears() as stranger,
        moot.hears("stream=public") as public,
        moot.hears("stream=public:local") as local,
        moot.hears("stream=public:remote") as remote,
        moot.hears("stream=public:media") as pictures,
    ):
        await ada.says("Good morning")
        for ear in (own, follower, public, local):
            assert await ear.until(1) == [("update", "Good morning")]
        for ear in (stranger, remote, pictures):
            assert await ear.all() == []
        assert follower.frames[0]["stream"] == ["user"]
        assert local.frames[0]["stream"] == ["public:local"]
        assert "favourited" not in follower.heard[0][1]  # one text for all: nobody's own marks


async def test_replies_stay_off_the_public_streams_and_boosts_come_to_homes(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    await bert.follows(ada)
    first = await bert.says("Is anybody there?")
    async with bert.hears() as home, moot.hears("stream=public") as public:
        await ada.says("Yes", in_reply_to_id=first.id)
        await boost(moot.server.desk, ada.viewer, (await ada.says("Look")).id)
        assert await public.until(1) == [("update", "Look")]
        heard = await home.until(3)
        assert ("update", "Yes") in heard
        assert heard.count(("update", "Look")) >= 1


async def test_what_is_not_for_everybody_comes_only_to_whom_it_is_for(moot: Moot) -> None:
    ada, bert, cleo = await moot.member(), await moot.member(), await moot.member()
    for follower in (bert, cleo):
        await follower.follows(ada)
    async with (
        bert.hears() as follower,
        cleo.hears() as other,
        bert.hears("stream=direct") as letters,
        cleo.hears("stream=direct") as other_letters,
        moot.hears("stream=public") as public,
        moot.hears("stream=hashtag&tag=secret") as tagged,
    ):
        await ada.says("For followers #secret", visibility=Visibility.FOLLOWERS)
        direct = await ada.says(f"@{bert.viewer.name} only you #secret", visibility=Visibility.DIRECT)
        await edit(moot.server.desk, ada.viewer, direct.id, Draft(text=f"@{bert.viewer.name} only you, really"))
        await letters.until(2)
        assert [event for event, _ in await follower.all()].count("status.update") == 1
        assert [event for event, _ in await letters.all()] == ["update", "status.update"]
        assert [event for event, _ in await other.all()] == ["update"]
        assert "only" not in (await other.all())[0][1]
        for ear in (other_letters, public, tagged):
            assert await ear.all() == []


async def test_whom_one_blocked_or_muted_is_not_heard_anywhere(moot: Moot) -> None:
    ada, bert, cleo = await moot.member(), await moot.member(), await moot.member()
    for reader in (bert, cleo):
        await reader.follows(ada)
    await relations.mute(moot.server.db, bert.viewer, ada.id)
    await relations.block(moot.server.db, ada.viewer, cleo.id)
    async with (
        bert.hears() as mutes,
        bert.hears("stream=public") as mutes_public,
        cleo.hears("stream=hashtag&tag=wind") as blocked,
        moot.hears("stream=hashtag&tag=Wind") as anybody,
    ):
        await ada.says("The #wind turns")
        assert len(await anybody.until(1)) == 1
        assert anybody.frames[0]["stream"] == ["hashtag", "wind"]
        for ear in (mutes, mutes_public, blocked):
            assert await ear.all() == []


async def test_a_hidden_post_is_taken_back_from_everybody_but_its_author(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    await bert.follows(ada)
    async with ada.hears() as own, bert.hears() as follower, moot.hears("stream=public") as public:
        # Heard first: what is published a moment before somebody listens may still be on its way to them.
        post = await ada.says("Still here")
        for ear in (own, follower, public):
            assert await ear.until(1) == [("update", "Still here")]
        async with moot.server.db.transaction() as tx:
            await hide(tx, post.id, "threat")
            tx.announce("post.changed", post_id=post.id, account_id=ada.id, edited=True)
        for ear in (follower, public):
            assert await ear.until(2) == [("update", "Still here"), ("delete", str(post.id))]
        assert "delete" not in [event for event, _ in await own.all()]


async def test_whoever_is_banned_hears_nothing_more(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    async with ada.hears() as own, bert.hears("stream=public") as other:
        async with moot.server.db.transaction() as tx:
            event = Event(what=Happening.DECIDED, case=await a_case(tx, ada.id), at=clock.now(), grade=Grade.EXTREME)
            await insert_event(tx, ada.id, event)
            assert await bring_in_line(tx, ada.id, await events_of(tx, ada.id), clock.now()) is Limit.BANNED
        await until(lambda: own.closed is not None)
        assert other.closed is None
    for query in ("stream=user", "stream=public"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with ada.hears(query):
                pass
    headers = {"Authorization": f"Bearer {ada.token}"}
    async with moot.client.get(f"{moot.address}/api/v1/timelines/home", headers=headers) as answer:
        assert answer.status in (401, 403)


async def a_case(tx: Transaction, account_id: int) -> int:
    """As little of a case as an account's record can point to."""
    id = new_id()
    await tx.execute(
        """INSERT INTO cases (id, state, version, severity, category, account_id, content_id, prior, belief, target_at, source,
             opened_at) VALUES ($1, 'appealable', 1, 'threat', 'threat', $2, 1, 0, 0, now(), 'report', now())""",
        id,
        account_id,
    )
    return id


async def test_edits_and_removals_follow_the_post(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    await bert.follows(ada)
    async with bert.hears() as home, moot.hears("stream=hashtag&tag=tide") as tagged:
        # Each is heard before the next: a post that is gone by the time it is shown is shown to nobody.
        post = await ada.says("The #tide is low")
        for ear in (home, tagged):
            assert [event for event, _ in await ear.until(1)] == ["update"]
        await edit(moot.server.desk, ada.viewer, post.id, Draft(text="The #tide is high"))
        for ear in (home, tagged):
            event, text = (await ear.until(2))[1]
            assert event == "status.update"
            assert "high" in text
        await remove(moot.server.desk, ada.viewer, post.id)
        for ear in (home, tagged):
            heard = await ear.until(3)
            assert [event for event, _ in heard] == ["update", "status.update", "delete"]
            assert heard[2] == ("delete", str(post.id))


async def test_notifications_come_to_the_one_concerned(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    post = await ada.says("Good evening")
    async with ada.hears() as home, ada.hears("stream=user:notification") as bell, bert.hears() as other:
        await favourite(moot.server.desk, bert.viewer, post.id)
        for ear in (home, bell):
            assert await ear.until(1) == [("notification", "Good evening")]
            assert ear.heard[0][1]["type"] == "favourite"
            assert ear.heard[0][1]["account"]["id"] == str(bert.id)
        assert await other.all() == []


async def test_an_app_without_the_scope_hears_no_notifications_among_the_posts(moot: Moot) -> None:
    ada, bert = await moot.member("read:statuses"), await moot.member()
    post = await ada.says("Good evening")
    async with ada.hears() as home:
        await favourite(moot.server.desk, bert.viewer, post.id)
        await ada.says("Good night")
        assert await home.until(1) == [("update", "Good night")]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with ada.hears("stream=user:notification"):
            pass


# Coming and going ----------------------------------------------------------------------------------------------------


async def test_one_socket_may_ask_for_several_streams_and_leave_them(moot: Moot) -> None:
    ada = await moot.member()
    async with moot.hears("", ada.token) as ear:
        for wish in ('{"type":"subscribe","stream":"public"}', '{"type":"subscribe","stream":"hashtag","tag":"a"}'):
            await ear.socket.send_str(wish)
        await ear.socket.send_str("what?")
        await ear.socket.send_str('{"type":"subscribe","stream":"nowhere"}')
        await until(lambda: len(ear.frames) == 2)
        assert [frame["status"] for frame in ear.frames] == [400, 400]
        await ada.says("Good morning, all of you #a")
        assert len(await ear.until(2)) == 2
        await ear.socket.send_str('{"type":"unsubscribe","stream":"public"}')
        await ear.socket.send_str("what?")  # what is refused after it says that it was read
        await until(lambda: ear.frames[-1].get("status") == 400)
        await ada.says("Good evening to everybody #a")
        assert len(await ear.until(3)) == 3


async def test_a_token_may_stand_in_the_header_or_the_protocol_which_is_echoed(moot: Moot) -> None:
    ada = await moot.member()
    address = f"{moot.address}/api/v1/streaming?stream=user"
    async with moot.client.ws_connect(address, headers={"Authorization": f"Bearer {ada.token}"}) as socket:
        assert not socket.closed
    async with moot.client.ws_connect(address, protocols=[ada.token]) as socket:
        assert socket.protocol == ada.token


@pytest.mark.parametrize(
    ("query", "token"),
    [("stream=user", "wrong"), ("stream=user", None), ("stream=nowhere", None), ("stream=list", None)],
)
async def test_who_may_not_listen_is_turned_away(moot: Moot, query: str, token: str | None) -> None:
    given = f"&access_token={token}" if token else ""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with moot.client.ws_connect(f"{moot.address}/api/v1/streaming?{query}{given}"):
            pass
    assert 400 <= refused.value.status < 500


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("user", "wrong", 401),
        ("user", None, 401),
        ("direct", None, 401),
        ("nowhere", None, 404),
        ("hashtag", None, 404),
    ],
)
async def test_server_sent_events_refuse_in_json(moot: Moot, path: str, token: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with moot.client.get(f"{moot.address}/api/v1/streaming/{path}", headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_an_app_needs_the_scope_of_what_it_hears(moot: Moot) -> None:
    ada = await moot.member("write")
    async with moot.client.get(
        f"{moot.address}/api/v1/streaming/user", headers={"Authorization": f"Bearer {ada.token}"}
    ) as answer:
        assert answer.status in (401, 403)


async def test_a_revoked_token_closes_its_streams(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    async with ada.hears() as ear, bert.hears() as other, moot.events("user", ada.token) as line:
        async with moot.server.db.transaction() as tx:
            await tx.execute("UPDATE tokens SET revoked_at = now() WHERE account_id = $1", ada.id)
            tx.announce("access.changed", account_id=ada.id)
        await until(lambda: ear.closed is not None)
        with pytest.raises(AssertionError, match="has ended"):
            await line("data")
        assert other.closed is None
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with ada.hears():
            pass


async def test_server_sent_events_carry_the_same_news(moot: Moot) -> None:
    ada, bert = await moot.member(), await moot.member()
    await bert.follows(ada)
    async with moot.events("user", bert.token) as home, moot.events("public/local") as local:
        await ada.says("Good night")
        for line in (home, local):
            assert await line("event: ") == "update"
            assert _text(json.loads(await line("data: "))) == "Good night"


async def test_a_silent_stream_gives_a_sign_of_life(moot: Moot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    async with moot.events("public") as line:
        await line(":thump")
        await line(":thump")


async def test_who_reads_too_slowly_is_cut_off_and_nobody_else(moot: Moot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "QUEUE", 2)
    slow, fast = streams.Listener(None, frames=True), streams.Listener(None, frames=True)
    for text in "abc":
        slow.put(text)
        fast.put(text)
        assert await fast.queue.get() == text
    assert slow.gone.done()
    assert not fast.gone.done()


async def test_a_socket_that_is_not_read_is_closed_in_the_end(moot: Moot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "QUEUE", 4)
    monkeypatch.setattr(streams, "GOODBYE_SECONDS", 0.2)
    ada = await moot.member()
    hung = socket.create_connection(("127.0.0.1", moot.server.settings.port))
    with hung:
        hung.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        hung.sendall(
            b"GET /api/v1/streaming?stream=public HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await until_open(moot, 1)
        for _ in range(40):
            bus = moot.server.bus
            for hearer in bus._hearers["post.removed"]:
                hearer(News(1, "post.removed", {"post_id": "x" * 200_000, "account_id": ada.id}))
            await asyncio.sleep(0.01)
        await until_open(moot, 0)


async def test_two_hundred_listeners_hear_it_once_each_and_leave_nothing_behind(moot: Moot) -> None:
    ada = await moot.member()
    readers = [await moot.member() for _ in range(20)]
    for reader in readers:
        await reader.follows(ada)
    async with contextlib.AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(readers[n % 20].hears()) for n in range(200)]
        await ada.says("Everybody!")
        await until(lambda: all(ear.heard for ear in ears))
        assert {tuple(map(_text, (payload for _, payload in ear.heard))) for ear in ears} == {("Everybody!",)}
    await until_open(moot, 0)


async def until_open(moot: Moot, number: int) -> None:
    """Wait until so many streams are open."""
    async with asyncio.timeout(60):
        while True:
            async with moot.client.get(f"{moot.address}/metrics") as answer:
                if f"\nfolkmoot_streams {number:.1f}\n" in await answer.text():
                    break
            await asyncio.sleep(0.05)
