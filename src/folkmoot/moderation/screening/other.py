"""Other people's models, asked over the network: one protocol, and an endpoint in the form of OpenAI's as the example.

Whoever does not answer in time brings the text before people: it is neither lost nor waved through unseen.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from folkmoot.moderation.screening.finding import Category, Limits, Reason, Stage, Words
from folkmoot.moderation.screening.normal import shorten

LONGEST_ANSWER = 262_144
LONGEST_TEXT = 20_000
FAILURES, PAUSE_SECONDS = 3, 15.0
"""After so many failures in a row nobody is kept waiting for so long: the answer is doubt at once."""


class OtherModel(Protocol):
    """What a model elsewhere must offer. `judge` never raises."""

    name: str
    version: str

    async def judge(self, words: Words) -> Sequence[Reason]: ...


class Refused(Exception):
    """The endpoint did not give an answer one can read."""


class _Result(msgspec.Struct):
    category_scores: dict[str, float] = {}


class _Answer(msgspec.Struct):
    results: list[_Result]


MEANING = {
    "violence": Category.VIOLENCE,
    "illicit/violent": Category.INCITEMENT,
    "harassment/threatening": Category.THREAT,
    "hate/threatening": Category.THREAT,
    "self-harm/instructions": Category.INCITEMENT,
    "hate": Category.HATE,
}
"""Their categories and ours; of the others we make nothing."""


class ModerationEndpoint:
    """An endpoint as OpenAI's `/v1/moderations`. Its scores are not ours: from `case_at` on one brings a text before
    people, from `hold_at` on it holds it.
    """

    def __init__(
        self,
        url: str,
        key: str,
        limits: Mapping[Category, Limits],
        *,
        seconds: float = 2.0,
        model: str = "omni-moderation-latest",
        case_at: float = 0.5,
        hold_at: float = 0.9,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no address of an endpoint")
        self.name = parts.hostname
        self.version = model
        self._host, self._secure = parts.hostname, parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._key = key
        self._limits = limits
        self._seconds = seconds
        self._case_at, self._hold_at = case_at, hold_at
        self._failures = 0
        self._quiet_until = 0.0

    async def judge(self, words: Words) -> Sequence[Reason]:
        """Reasons as the endpoint sees them; one for doubt when it does not answer in time."""
        if time.monotonic() < self._quiet_until:
            return [self._doubt("not asked: it did not answer the last times")]
        try:
            async with asyncio.timeout(self._seconds):
                scores = await self._ask(shorten("\n".join([words.text, *words.more]), LONGEST_TEXT)[:LONGEST_TEXT])
        except TimeoutError:
            return [self._failed("no answer in time")]
        except (OSError, Refused, ValueError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
            return [self._failed(type(error).__name__)]
        self._failures = 0
        return self._reasons(scores)

    def _reasons(self, scores: Mapping[str, float]) -> list[Reason]:
        strongest: dict[Category, float] = {}
        for theirs, ours in MEANING.items():
            strongest[ours] = max(strongest.get(ours, 0.0), scores.get(theirs, 0.0))
        reasons = []
        for category, score in strongest.items():
            limit = self._limits.get(category, Limits())
            strong = limit.hold if limit.hold <= 1 else limit.case  # what never holds is still a case
            probability = strong if score >= self._hold_at else limit.case if score >= self._case_at else 0.0
            if 0 < probability <= 1:
                reasons.append(self._reason(category, probability, self.name))
        return reasons

    def _failed(self, why: str) -> Reason:
        self._failures += 1
        if self._failures >= FAILURES:
            self._quiet_until = time.monotonic() + PAUSE_SECONDS
        return self._doubt(why)

    def _doubt(self, why: str) -> Reason:
        case = self._limits.get(Category.VIOLENCE, Limits(case=0.5)).case
        return self._reason(Category.VIOLENCE, min(case, 1.0), f"{self.name} ({why})")

    def _reason(self, category: Category, probability: float, name: str) -> Reason:
        return Reason(stage=Stage.OTHER, category=category, probability=probability, name=name)

    async def _ask(self, text: str) -> dict[str, float]:
        body = msgspec.json.encode({"input": text.encode("utf-8", "replace").decode(), "model": self.version})
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nAccept: application/json\r\nConnection: close\r\n"
        )
        if self._key:
            head += f"Authorization: Bearer {self._key}\r\n"
        context = ssl.create_default_context() if self._secure else None
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=context, limit=65_536)
        try:
            writer.write(head.encode("latin-1") + b"\r\n" + body)
            await writer.drain()
            answer = msgspec.json.decode(await _body(reader), type=_Answer)
        finally:
            writer.close()
        if not answer.results:
            raise Refused("no results")
        return answer.results[0].category_scores


async def _body(reader: asyncio.StreamReader) -> bytes:
    """The body of one HTTP/1.1 answer of bounded size. Raises Refused unless it is a 200."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.LimitOverrunError as error:
        raise Refused("headers too long") from error
    status = head[0].split()
    if len(status) < 2 or status[1] != "200":
        raise Refused(head[0][:80])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    if "content-length" in headers:
        length = int(headers["content-length"])
        if not 0 <= length <= LONGEST_ANSWER:
            raise Refused("answer too long")
        return await reader.readexactly(length)
    body = await reader.read(LONGEST_ANSWER + 1)
    while len(body) <= LONGEST_ANSWER and (more := await reader.read(LONGEST_ANSWER + 1 - len(body))):
        body += more
    if len(body) > LONGEST_ANSWER:
        raise Refused("answer too long")
    return body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        if size < 0 or len(body) + size > LONGEST_ANSWER:
            raise Refused("answer too long")
        body += await reader.readexactly(size)
        await reader.readline()
    return body
