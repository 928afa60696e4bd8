"""What is written in the TOML files, as values: who lives here, what they said, who follows whom.

No database and no clock. Times stay as they are written until `moment` is told what time it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

HERE = Path(__file__).parent
LONGEST_POST = 1_000

T = TypeVar("T", bound="Entry")

Locale = Literal["en", "de"]
Role = Literal["operator", "steward", "member"]
Visibility = Literal["public", "unlisted", "followers", "direct"]
Nature = Literal["threat", "veiled", "mobilisation", "incitement", "lookalike"]


class NotACommunity(ValueError):
    """Something in the files does not fit; the message names the entry."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Anything written in the files; a field nobody knows is a mistake."""


class Site(Entry, frozen=True):
    title: str
    description: Mapping[Locale, str]


class Field(Entry, frozen=True):
    name: str
    value: str


class Member(Entry, frozen=True):
    handle: str
    name: str
    bio: str
    locale: Locale
    joined: str
    role: Role = "member"
    locked: bool = False
    fields: tuple[Field, ...] = ()
    circles: tuple[str, ...] = ()  # members of a circle follow each other and like its topic
    follows: tuple[str, ...] = ()  # beyond the circles
    asks: tuple[str, ...] = ()  # follow requests not answered yet
    mutes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


class Picture(Entry, frozen=True):
    draw: str  # a scene of pictures.SCENES
    alt: str
    seed: int = 1
    focus: tuple[float, float] = (0.0, 0.0)


class Poll(Entry, frozen=True):
    options: tuple[str, ...]
    ends: str
    votes: tuple[tuple[str, ...], ...]  # for each option, who chose it
    multiple: bool = False


class Edit(Entry, frozen=True):
    at: str
    text: str


class Post(Entry, frozen=True):
    key: str
    by: str
    at: str
    text: str
    lang: str = ""  # filled from the author's locale
    reply_to: str | None = None
    warning: str = ""
    visibility: Visibility = "public"
    pictures: tuple[Picture, ...] = ()
    poll: Poll | None = None
    edited: Edit | None = None
    pinned: bool = False
    boosted_by: tuple[str, ...] = ()
    favourited_by: tuple[str, ...] = ()  # those written down, then those who would have
    bookmarked_by: tuple[str, ...] = ()
    nature: Nature | None = None  # what a jury would call it; most posts have none
    topic: str = ""  # filled from the name of the file


class Announcement(Entry, frozen=True):
    at: str
    text: Mapping[Locale, str]


class Rule(Entry, frozen=True):
    text: Mapping[Locale, str]
    hint: Mapping[Locale, str]


class Tie(Entry, frozen=True):
    """One member's doing towards another: a follow, a request, a mute, a block."""

    by: str
    to: str


class Community(Entry, frozen=True):
    site: Site
    rules: tuple[Rule, ...]
    announcements: tuple[Announcement, ...]
    members: tuple[Member, ...]
    posts: tuple[Post, ...]  # oldest first
    follows: tuple[Tie, ...]
    requests: tuple[Tie, ...]
    mutes: tuple[Tie, ...]
    blocks: tuple[Tie, ...]


class _SiteFile(Entry, frozen=True):
    site: Site
    rule: tuple[Rule, ...]
    announcement: tuple[Announcement, ...]


class _PeopleFile(Entry, frozen=True):
    member: tuple[Member, ...]


class _PostsFile(Entry, frozen=True):
    post: tuple[Post, ...]


def load() -> Community:
    """The whole community, checked. Raises NotACommunity, naming the entry."""
    about = _read(HERE / "site.toml", _SiteFile)
    members = _read(HERE / "people.toml", _PeopleFile).member
    locales: dict[str, str] = {member.handle: member.locale for member in members}
    posts = [
        replace(post, topic=file.stem, lang=post.lang or locales.get(post.by, ""))
        for file in sorted((HERE / "posts").glob("*.toml"))
        for post in _read(file, _PostsFile).post
    ]
    follows = tuple(_follows(members))
    check_members(members)
    check_posts(posts, members, follows)
    for announcement in about.announcement:
        _read_moment(announcement.at, "announcement")
    posts.sort(key=lambda post: moment(post.at, _NOON))
    return Community(
        site=about.site,
        rules=about.rule,
        announcements=about.announcement,
        members=members,
        posts=tuple(_with_favourites(posts, members, follows)),
        follows=follows,
        requests=tuple(Tie(by=m.handle, to=other) for m in members for other in m.asks),
        mutes=tuple(Tie(by=m.handle, to=other) for m in members for other in m.mutes),
        blocks=tuple(Tie(by=m.handle, to=other) for m in members for other in m.blocks),
    )


def _read(file: Path, shape: type[T]) -> T:
    try:
        return msgspec.toml.decode(file.read_bytes(), type=shape)
    except msgspec.DecodeError as error:  # unreadable, or readable and not what we asked for
        raise NotACommunity(f"{file.name}: {error}") from error


# Time

_DAY = re.compile(r"([-+]\d+)d ([01]\d|2[0-3]):([0-5]\d)")
_AGO = re.compile(r"-(?:(\d+)h)? ?(?:(\d+)m)?")

# The first and the last minute of some day: what holds at both holds at every hour between.
_MORNING = datetime(2020, 6, 15, 0, 0)
_NOON = datetime(2020, 6, 15, 12, 0)
_EVENING = datetime(2020, 6, 15, 23, 59)


def moment(written: str, now: datetime) -> datetime:
    """When that was: "-6d 18:42" six days before today at that time, "-2h 15m" or "-40m" simply so long ago."""
    if day := _DAY.fullmatch(written):
        days, hour, minute = (int(part) for part in day.groups())
        return (now + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    ago = _AGO.fullmatch(written)
    if ago and (ago[1] or ago[2]):
        return now - timedelta(hours=int(ago[1] or 0), minutes=int(ago[2] or 0))
    raise ValueError(f'"{written}" is no time; write "-6d 18:42", "-2h 15m" or "-40m"')


def delay(deed: str, key: str, handle: str) -> timedelta:
    """How long after a post somebody boosted, favourited or bookmarked it; the same each time we ask."""
    minutes = 2 + Random(f"{deed}/{key}/{handle}").expovariate(1 / 240)
    return timedelta(minutes=min(minutes, 1_200))


def _read_moment(written: str, where: str) -> None:
    try:
        moment(written, _NOON)
    except ValueError as error:
        raise NotACommunity(f"{where}: {error}") from error


def _always_after(later: str, earlier: str) -> bool:
    """Whatever the hour at which the demo is started."""
    return all(moment(later, now) > moment(earlier, now) for now in (_MORNING, _EVENING))


# Who follows whom


def _follows(members: Iterable[Member]) -> Iterator[Tie]:
    """Circles follow each other, and some follow further; nobody follows whom they blocked, muted or only asked."""
    everyone = list(members)
    for member in everyone:
        barred = {*member.asks, *member.blocks, member.handle}
        companions = [m.handle for m in everyone if set(m.circles) & set(member.circles)]
        for other in dict.fromkeys([*companions, *member.follows]):
            shut_out = any(m.handle == other and member.handle in m.blocks for m in everyone)
            if other not in barred and not shut_out:
                yield Tie(by=member.handle, to=other)


# Checks


def check_members(members: Iterable[Member]) -> None:
    everyone = list(members)
    handles = {member.handle for member in everyone}
    if len(handles) != len(everyone):
        raise NotACommunity("people.toml: a handle is taken twice")
    for member in everyone:
        where = f'member "{member.handle}"'
        if not re.fullmatch(r"[a-z0-9_]{1,24}", member.handle):
            raise NotACommunity(f"{where}: a handle has a-z, 0-9 and _, at most 24 of them")
        if len(member.fields) > 4:
            raise NotACommunity(f"{where}: has more than four profile fields")
        _read_moment(member.joined, where)
        for other in {*member.follows, *member.asks, *member.mutes, *member.blocks} - handles:
            raise NotACommunity(f'{where}: knows "{other}", who does not live here')


def check_posts(posts: Iterable[Post], members: Iterable[Member], follows: Iterable[Tie]) -> None:
    people = {member.handle: member for member in members}
    followed = {(tie.by, tie.to) for tie in follows}
    known: dict[str, Post] = {}
    everything = list(posts)
    for post in everything:
        if post.key in known:
            raise NotACommunity(f'post "{post.key}": the key is taken twice')
        known[post.key] = post
    for post in everything:
        try:
            _check_post(post, people, known, followed)
        except ValueError as error:
            raise NotACommunity(f'posts/{post.topic}.toml, post "{post.key}": {error}') from error


def _check_post(
    post: Post, people: Mapping[str, Member], known: Mapping[str, Post], followed: set[tuple[str, str]]
) -> None:
    mentioned = re.findall(r"(?<![\w@/.])@([a-z0-9_]+)", post.text)
    votes = [voter for option in post.poll.votes for voter in option] if post.poll else []
    reacting = [*post.boosted_by, *post.favourited_by, *post.bookmarked_by]
    for handle in [post.by, *mentioned, *votes, *reacting]:
        if handle not in people:
            raise ValueError(f'"{handle}" does not live here')
    if not _always_after(post.at, people[post.by].joined):
        raise ValueError("its author had not joined yet")
    for text in (post.text, post.edited.text if post.edited else ""):
        if len(text) > LONGEST_POST:
            raise ValueError(f"is longer than {LONGEST_POST} characters")
    if not post.text and not post.pictures:
        raise ValueError("says nothing")
    if post.edited and not _always_after(post.edited.at, post.at):
        raise ValueError("is edited before it is written")
    if post.reply_to is not None:
        if post.reply_to not in known:
            raise ValueError(f'answers "{post.reply_to}", which nobody wrote')
        if not _always_after(post.at, known[post.reply_to].at):
            raise ValueError(f'answers "{post.reply_to}" before that is written')
    if post.visibility == "direct" and not mentioned:
        raise ValueError("is direct and mentions nobody")
    if post.boosted_by and post.visibility not in ("public", "unlisted"):
        raise ValueError("is boosted though not everyone may see it")
    if post.by in reacting and post.by not in post.bookmarked_by:
        raise ValueError("its author applauds")
    if post.visibility == "followers":
        for handle in {*reacting, *votes} - {post.by}:
            if (handle, post.by) not in followed:
                raise ValueError(f'"{handle}" cannot see it')
    for picture in post.pictures:
        if not picture.alt.strip():
            raise ValueError(f'its picture "{picture.draw}" has no description')
    if post.poll:
        _check_poll(post, post.poll, votes)


def _check_poll(post: Post, poll: Poll, votes: list[str]) -> None:
    if len(poll.options) != len(poll.votes) or not 2 <= len(poll.options) <= 4:
        raise ValueError("its poll needs two to four options, and a list of votes for each")
    if post.by in votes:
        raise ValueError("its author votes")
    if not poll.multiple and len(set(votes)) != len(votes):
        raise ValueError("somebody votes twice in a poll with one choice")
    if not _always_after(poll.ends, post.at):
        raise ValueError("its poll ends before it begins")
    if post.pictures:
        raise ValueError("has both a poll and pictures")


# Who liked what


def _with_favourites(posts: Iterable[Post], members: Iterable[Member], follows: Iterable[Tie]) -> Iterator[Post]:
    """Add those who would have liked it: of the same circle, following the author, in a good mood."""
    everyone = list(members)
    followed = {(tie.by, tie.to) for tie in follows}
    blocks = {(m.handle, other) for m in everyone for other in m.blocks}
    sour = {m.handle for m in everyone if "trouble" in m.circles}
    for post in posts:
        if post.visibility == "direct":
            yield post
            continue
        likers = list(post.favourited_by)
        for member in everyone:
            handle = member.handle
            follower = (handle, post.by) in followed
            if handle in (post.by, *likers) or (post.visibility == "followers" and not follower):
                continue
            if (handle, post.by) in blocks or (post.by, handle) in blocks or (handle in sour) != (post.by in sour):
                continue
            chance = 0.02 + 0.15 * (post.topic in member.circles) + 0.07 * follower + 0.06 * bool(post.pictures)
            if Random(f"favourite/{post.key}/{handle}").random() < chance * (0.55 if post.reply_to else 1):
                likers.append(handle)
        yield replace(post, favourited_by=tuple(likers))
