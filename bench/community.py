"""A made-up community to measure with: the same one in every run, made by the verbs themselves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import msgspec

from folkmoot.network import access, accounts, relations
from folkmoot.network.access import COMMAND_LINE, Role, Viewer
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.react import boost, favourite
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings
from folkmoot.web.server import Server

ACCOUNTS = 100
FOLLOWED_BY_EACH = 21
"""The first account, whom everybody follows, among them."""
TOPICS = [f"topic{n}" for n in range(50)]
AT_ONCE = 8

_WORDS = (  # noqa: SIM905
    "apple basin cabin dune ember fern glade heron inlet jasper kettle loom maple nectar oak plum quarry reed sable "
    "thistle umber vale willow yarrow zephyr bramble cinder dapple elm flint gorse hazel"
).split()


class Member(msgspec.Struct, frozen=True):
    """An account with a token for the API."""

    id: int
    name: str
    token: str


class Community(msgspec.Struct, frozen=True):
    members: list[Member]
    follows: int
    posts: list[int]


def sentence(luck: random.Random, *, mention: str | None = None, topic: str | None = None) -> str:
    """Some words, now and then with a name in front and a hashtag behind."""
    words = [luck.choice(_WORDS) for _ in range(luck.randint(12, 30))]
    return " ".join([*([f"@{mention}"] if mention else []), *words, *([f"#{topic}"] if topic else [])])


async def settle_in(settings: Settings, posts: int) -> Community:
    """Make accounts, follows, posts (with mentions, hashtags, replies), favourites and boosts."""
    luck = random.Random(20)
    server = await Server.open(settings)
    try:
        members = [await _member(server, f"bench{n:03d}") for n in range(ACCOUNTS)]
        viewers = [Viewer(account_id=each.id, name=each.name) for each in members]
        follows = _follows(luck)
        await _several(partial(relations.follow, server.db, viewers[a], members[b].id) for a, b in follows)
        written: list[int] = []
        drafts = [_draft(luck, members) for _ in range(posts)]

        async def write(author: int, text: str, answer_to: float | None) -> None:
            parent = written[int(answer_to * len(written))] if answer_to is not None and written else None
            made = await publish(server.desk, viewers[author], Draft(text=text, in_reply_to_id=parent))
            written.append(made.id)

        await _several(partial(write, *draft) for draft in drafts)
        liked = [(luck.randrange(ACCOUNTS), luck.choice(written)) for _ in range(posts // 5)]
        shown = [(luck.randrange(ACCOUNTS), luck.choice(written)) for _ in range(posts // 10)]
        await _several(partial(favourite, server.desk, viewers[a], id) for a, id in liked)
        await _several(partial(boost, server.desk, viewers[a], id) for a, id in shown)
        return Community(members, len(follows), sorted(written))
    finally:
        await server.close()


async def _member(server: Server, name: str) -> Member:
    made = await accounts.create_account(
        server.db, COMMAND_LINE, name=name, password=f"{name} {name}", email=None, locale="en", role=Role.MEMBER
    )
    token = await access.issue_token(server.db, made.id, access.parse_scopes("read write follow push"), "bench")
    return Member(made.id, name, token)


def _follows(luck: random.Random) -> list[tuple[int, int]]:
    pairs = {(n, 0) for n in range(1, ACCOUNTS)}
    for n in range(ACCOUNTS):
        others = [other for other in range(1, ACCOUNTS) if other != n]
        pairs |= {(n, other) for other in luck.sample(others, FOLLOWED_BY_EACH - 1)}
    return sorted(pairs)


def _draft(luck: random.Random, members: list[Member]) -> tuple[int, str, float | None]:
    """Who writes what, and (as a share of all posts so far) which post it answers. Few write much, as everywhere."""
    author = min(int(luck.expovariate(1 / 25)), ACCOUNTS - 1)
    mention = luck.choice(members).name if luck.random() < 0.3 else None
    topic = luck.choice(TOPICS) if luck.random() < 0.4 else None
    return author, sentence(luck, mention=mention, topic=topic), luck.random() if luck.random() < 0.2 else None


async def _several(acts: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Do them all, AT_ONCE at a time, in about this order."""
    waiting = iter(acts)

    async def work() -> None:
        for act in waiting:
            await act()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
