"""What is asked of the server, and what each may cost."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable

import aiohttp
import msgspec

from bench.community import TOPICS, Community, Member, sentence
from bench.load import SERIAL, request
from bench.network import Network

Plan = Callable[[Community, random.Random], list[bytes]]
PAGE = "limit=20"
LISTENERS = 200


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A closed loop. `must`: CPU seconds per 1,000 requests on the reference core that we stay under."""

    name: str
    plan: Plan
    must: float | None = None
    connections: int = 16
    writes: bool = False
    driver: str | None = None
    """Which of the driver's statements reads or writes the same rows."""


def _each(path: Callable[[Member], str], *, signed_in: bool = True) -> Plan:
    """Every member asks for something of somebody."""

    def plan(community: Community, luck: random.Random) -> list[bytes]:
        return [
            request(path(luck.choice(community.members)), reader.token if signed_in else None)
            for reader in luck.sample(community.members, len(community.members))
        ]

    return plan


def _single(community: Community, luck: random.Random) -> list[bytes]:
    recent = community.posts[-400:]
    return [request(f"/api/v1/statuses/{luck.choice(recent)}", reader.token) for reader in community.members]


def _posting(community: Community, luck: random.Random) -> list[bytes]:
    """Posts with a mention and a hashtag, no two alike."""
    plan = []
    for author in luck.choices(community.members, k=400):
        text = sentence(luck, mention=luck.choice(community.members).name, topic=luck.choice(TOPICS))
        plan.append(request("/api/v1/statuses", author.token, {"status": f"{text} {SERIAL}", "visibility": "public"}))
    return plan


_home = _each(lambda other: f"/api/v1/timelines/home?{PAGE}")
_public = _each(lambda other: f"/api/v1/timelines/public?{PAGE}&local=true")
_notifications = _each(lambda other: f"/api/v1/notifications?{PAGE}")
_profile = _each(lambda other: f"/api/v1/accounts/{other.id}/statuses?{PAGE}")


def _mixed(community: Community, luck: random.Random) -> list[bytes]:
    """Nine tenths reading (mostly homes), one tenth posting."""
    shares: list[tuple[Plan, int]] = [(_home, 10), (_public, 3), (_notifications, 2), (_profile, 3)]
    reads = [asked for part, times in shares for _ in range(times) for asked in part(community, luck)]
    plan = [*reads, *luck.choices(_posting(community, luck), k=len(reads) // 9)]
    luck.shuffle(plan)
    return plan


LOADS = [
    Scenario(name="trivial", plan=lambda community, luck: [request("/health/live")]),
    Scenario(name="home", plan=_home, must=1.0, driver="home"),
    Scenario(name="public", plan=_public, must=1.0, driver="public"),
    Scenario(
        name="public_anonymous",
        plan=_each(lambda other: f"/api/v1/timelines/public?{PAGE}&local=true", signed_in=False),
        must=0.3,
        driver="public",
    ),
    Scenario(name="notifications", plan=_notifications, must=1.0, driver="notifications"),
    Scenario(name="profile", plan=_profile, must=1.0, driver="profile"),
    Scenario(name="post", plan=_single, driver="post"),
    Scenario(
        name="lookup",
        plan=_each(lambda other: f"/api/v1/accounts/lookup?acct={other.name}"),
        must=0.12,
        driver="lookup",
    ),
    Scenario(name="instance", plan=lambda community, luck: [request("/api/v1/instance")], must=0.09),
    Scenario(name="publish", plan=_posting, must=9.0, connections=8, writes=True, driver="publish"),
    Scenario(name="mixed", plan=_mixed, must=3.0, writes=True),
]
OTHERS = ["delivery", "stream", "memory", "log", "cold", "juries", "screening"]
NAMES = [*(each.name for each in LOADS), *OTHERS]


async def _publish(session: aiohttp.ClientSession, network: Network, author: Member, text: str) -> str:
    async with session.post(
        f"{network.base}/api/v1/statuses", json={"status": text}, headers={"Authorization": f"Bearer {author.token}"}
    ) as answer:
        answer.raise_for_status()
        return str((await answer.json())["id"])


async def delivery(network: Network, community: Community, times: int) -> tuple[list[float], list[float]]:
    """Post and look at a follower's home until the post is there: milliseconds to the answer, and to the home."""
    luck = random.Random(3)
    author, answered, seen = community.members[0], [], []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        for n in range(times):
            reader = community.members[1 + n % (len(community.members) - 1)]
            text = sentence(luck, mention=reader.name, topic=luck.choice(TOPICS))
            begun = time.perf_counter()
            id = await _publish(session, network, author, f"{text} {n} {time.time_ns():x}")
            answered.append((time.perf_counter() - begun) * 1_000)
            while time.perf_counter() - begun < 10:
                address = f"{network.base}/api/v1/timelines/home?limit=5"
                async with session.get(address, headers={"Authorization": f"Bearer {reader.token}"}) as answer:
                    if any(post["id"] == id for post in await answer.json()):
                        seen.append((time.perf_counter() - begun) * 1_000)
                        break
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
    return answered, seen


async def stream(network: Network, community: Community, posts: int) -> tuple[list[float], int, float]:
    """LISTENERS sockets of followers hear a post a second: milliseconds from sending each, how many were expected,
    and the server's CPU seconds. Raises TimeoutError when not all sockets open."""
    author, readers = community.members[0], community.members[1:]
    sent: dict[str, float] = {}
    heard: list[float] = []
    everybody = asyncio.Barrier(LISTENERS + 1)

    async def listen(session: aiohttp.ClientSession, reader: Member) -> None:
        address = f"{network.base.replace('http', 'ws', 1)}/api/v1/streaming?stream=user&access_token={reader.token}"
        async with session.ws_connect(address) as socket:
            await everybody.wait()
            async for message in socket:
                found = re.search(r"mark-(\d+)-", str(message.data))
                if found and '"update"' in message.data:
                    heard.append((time.perf_counter() - sent[found[1]]) * 1_000)

    connector = aiohttp.TCPConnector(limit=LISTENERS + 8)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [asyncio.create_task(listen(session, readers[n % len(readers)])) for n in range(LISTENERS)]
        await asyncio.wait_for(everybody.wait(), 30)
        spent = network.cpu_seconds()
        for n in range(posts):
            sent[str(n)] = begun = time.perf_counter()
            await _publish(session, network, author, f"Good morning, mark-{n}- #topic1")
            await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - begun)))
        await asyncio.sleep(0.5)
        spent = network.cpu_seconds() - spent
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return heard, LISTENERS * posts, spent


def cold(network: Network, community: Community, times: int) -> tuple[list[float], list[float]]:
    """Stop and start: milliseconds to the first answer, and to the first home timeline."""
    first, home = [], []
    for _ in range(times):
        network.stop()
        begun = time.perf_counter()
        network.start()
        network.wait_for("/api/v1/instance")
        first.append((time.perf_counter() - begun) * 1_000)
        network.wait_for(f"/api/v1/timelines/home?{PAGE}", community.members[1].token)
        home.append((time.perf_counter() - begun) * 1_000)
    return first, home
