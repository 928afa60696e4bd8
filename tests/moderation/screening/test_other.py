"""An endpoint elsewhere, as a real server on this machine plays it: well, slow, wrong, endless."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from folkmoot.moderation.screening import Category, Limits, Outcome, Screen, Stage, Words, conclude
from folkmoot.moderation.screening.other import FAILURES, ModerationEndpoint
from folkmoot.moderation.screening.screen import Distant

LIMITS = {category: Limits(case=0.3, hold=0.6) for category in Category}
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
asked: list[dict[str, object]] = []


def answering(body: bytes, head: str = "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n") -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(sent.lower().split("content-length: ")[1].split("\r\n")[0])
        asked.append(json.loads(await reader.readexactly(length)) | {"head": sent})
        writer.write(head.format(length=len(body)).encode() + body)
        await writer.drain()
        writer.close()

    return serve


@asynccontextmanager
async def endpoint(serve: Serve, seconds: float = 2.0) -> AsyncIterator[ModerationEndpoint]:
    asked.clear()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield ModerationEndpoint(f"http://127.0.0.1:{port}/v1/moderations", "secret", LIMITS, seconds=seconds)
    finally:
        server.close()


def scores(**given: float) -> bytes:
    return json.dumps({"id": "x", "results": [{"flagged": True, "category_scores": given}]}).encode()


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"violence": 0.95}, Outcome.HOLD),
        ({"harassment/threatening": 0.6, "sexual": 0.99}, Outcome.CASE),
        ({"violence": 0.2}, Outcome.PUBLISH),
        ({}, Outcome.PUBLISH),
    ],
)
async def test_its_scores_are_translated(given: dict[str, float], outcome: Outcome) -> None:
    async with endpoint(answering(scores(**given))) as other:
        finding = conclude(await other.judge(Words(text="a", more=("b",))), LIMITS, {})
    assert finding.outcome is outcome
    assert asked[0]["input"] == "a\nb"
    assert "Authorization: Bearer secret" in str(asked[0]["head"])


async def test_a_reason_names_the_endpoint_whatever_it_says() -> None:
    async with endpoint(answering(scores(violence=0.95, hate=0.61))) as other:
        reasons = await other.judge(Words(text="a"))
    assert {reason.name for reason in reasons} == {"127.0.0.1"}


async def test_no_words_are_kept_from_it_by_long_links() -> None:
    async with endpoint(answering(scores())) as other:
        await other.judge(Words(text="https://example.com/" + "a" * 21_000, more=("I kill you",)))
    assert asked[0]["input"] == "https://example.com/aaa\nI kill you"


def test_a_stronger_score_never_weighs_less() -> None:
    limits = {Category.VIOLENCE: Limits(case=0.3)}
    other = ModerationEndpoint("http://example.org", "", limits)
    for score in (0.6, 0.95):
        assert conclude(other._reasons({"violence": score}), limits, {}).outcome is Outcome.CASE
    assert ModerationEndpoint("http://example.org", "", {})._reasons({"violence": 0.95}) == []


async def test_an_answer_in_pieces_is_read() -> None:
    body = scores(violence=0.95)
    pieces = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
    async with endpoint(answering(pieces, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) as other:
        assert conclude(await other.judge(Words(text="a")), LIMITS, {}).outcome is Outcome.HOLD


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    "serve",
    [
        never,
        hangs_up,
        answering(b"{}", "HTTP/1.1 500 Oops\r\nContent-Length: {length}\r\n\r\n"),
        answering(b"<html>", "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"),
        answering(b'{"results": []}'),
        answering(b"x", "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"),
        answering(b"x" * 400_000, "HTTP/1.1 200 OK\r\n\r\n"),
        answering(b"zz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        answering(b"", "HTTP/1.1 200 OK\r\nX: " + "y" * 100_000 + "\r\n\r\n"),
    ],
)
async def test_whatever_goes_wrong_brings_the_text_before_people(serve: Serve) -> None:
    async with endpoint(serve, seconds=0.3) as other:
        (reason,) = await other.judge(Words(text="a"))
    assert reason.stage is Stage.OTHER
    assert conclude([reason], LIMITS, {}).outcome is Outcome.CASE


async def test_after_some_failures_nobody_waits_for_it() -> None:
    async with endpoint(hangs_up) as other:
        for _ in range(FAILURES):
            await other.judge(Words(text="a"))
        (reason,) = await other.judge(Words(text="a"))
    assert "not asked" in reason.name


async def test_a_screen_asks_it_last_and_names_it() -> None:
    async with endpoint(answering(scores(violence=0.95))) as other:
        screen = Screen([], LIMITS, distant=[Distant("other", other.version, other.judge)])
        finding = await screen.look(Words(text="\ud800 lone"))
    assert finding.outcome is Outcome.HOLD
    assert finding.versions == {"other": other.version}


@pytest.mark.parametrize("url", ["", "ftp://x/y", "http://", "/v1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        ModerationEndpoint(url, "", LIMITS)
