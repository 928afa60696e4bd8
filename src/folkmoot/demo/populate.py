"""Bring the demo community to life: every deed through the verb a member would use, each at its own time."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.database import Database
from folkmoot.demo import pictures
from folkmoot.demo.community import Community, Locale, Member, Post, delay, load, moment
from folkmoot.errors import FolkmootError
from folkmoot.network import accounts, media, polls, relations, site
from folkmoot.network.access import COMMAND_LINE, Role, Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts import react
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings
from folkmoot.storage import Storage, open_storage
from folkmoot.vault import open_vault

PASSWORD = "come to the moot"
"""Everybody's in the demo, which listens on this machine alone unless told otherwise."""


SCREENED = timedelta(days=1)
"""This network began to screen a day ago. What is older waits for `folkmoot screen sweep`."""


class Deed(NamedTuple):
    at: datetime
    order: int
    act: Callable[[], Awaitable[object]]


async def populate(settings: Settings) -> str:
    """Fill an empty network; words for the terminal. A network with members is left as it is."""
    db = await Database.open(settings.database_url, connections=2)
    db.seals = open_vault(settings.data)
    bus = Bus()
    db.deliver = bus.deliver
    try:
        community = load()
        operator = next(member for member in community.members if member.role == "operator")
        if not await db.fetchval("SELECT EXISTS (SELECT FROM accounts)"):
            shelf, watch = Shelf(db, bus, megabytes=8), Watch(db, bus)
            gate = Gate(db, settings)
            desk = Desk(db, shelf, watch, settings, Gate(db, dataclasses.replace(settings, screening="off")))
            await _Stage(desk, Desk(db, shelf, watch, settings, gate), open_storage(settings), community).play()
            await gate.write_counts()
        elif await accounts.find_by_name(db, operator.handle) is None:
            return "This network has members already: the demo community stays out."
    finally:
        await db.close()
    return f"The demo community is in. Sign in as {operator.handle} (who runs it) with the password: {PASSWORD}"


class _Stage:
    """Who is on it, what was said so far, and what comes next."""

    def __init__(self, desk: Desk, screened: Desk, storage: Storage, community: Community) -> None:
        self._desk = desk
        self._screened = screened
        self._db = desk.db
        self._storage = storage
        self._community = community
        self._now = clock.now()
        self._viewers: dict[str, Viewer] = {}
        self._posts: dict[str, PostView] = {}
        self._deeds: list[Deed] = []

    async def play(self) -> None:
        """All deeds in the order of their times."""
        await self._found()
        for member in self._community.members:
            self._plan(member.joined, partial(self._join, member))
        for tie in self._community.follows:
            self._plan_after(self._joined(tie.by, tie.to), 5, partial(self._follow, tie.by, tie.to))
        for tie in self._community.requests:
            self._plan_after(self._joined(tie.by, tie.to), 6, partial(self._follow, tie.by, tie.to))
        for tie in self._community.mutes:
            self._plan("-30m", partial(self._avoid, relations.mute, tie.by, tie.to))
        for tie in self._community.blocks:
            self._plan("-29m", partial(self._avoid, relations.block, tie.by, tie.to))
        for post in self._community.posts:
            self._plan_post(post)
        for announcement in self._community.announcements:
            self._plan(announcement.at, partial(self._announce, announcement.text))
        for deed in sorted(self._deeds, key=lambda deed: (deed.at, deed.order)):
            with clock.held_at(deed.at):
                try:
                    await deed.act()
                except FolkmootError as error:
                    raise RuntimeError(f"the demo at {deed.at:%d %b %H:%M}: {error.words}") from error
        await polls.close_due(self._db)

    def _plan(self, written: str, act: Callable[[], Awaitable[object]]) -> None:
        self._plan_after(moment(written, self._now), 0, act)

    def _plan_after(self, at: datetime, minutes: float, act: Callable[[], Awaitable[object]]) -> None:
        at = min(at + timedelta(minutes=minutes), self._now - timedelta(seconds=30))
        self._deeds.append(Deed(at, len(self._deeds), act))

    def _joined(self, *handles: str) -> datetime:
        return max(moment(m.joined, self._now) for m in self._community.members if m.handle in handles)

    def _id(self, handle: str) -> int:
        return self._viewers[handle].account_id

    async def _found(self) -> None:
        about = self._community.site
        german = {"de": {"description": about.description["de"]}} if "de" in about.description else {}
        await site.change_site(
            self._db,
            COMMAND_LINE,
            self._desk.settings,
            name=about.title,
            description=about.description["en"],
            translations=german,
        )
        for rule in self._community.rules:
            await site.add_rule(
                self._db,
                COMMAND_LINE,
                text=rule.text["en"],
                hint=rule.hint["en"],
                translations={"de": {"text": rule.text["de"], "hint": rule.hint["de"]}},
            )

    async def _join(self, member: Member) -> None:
        made = await accounts.create_account(
            self._db, COMMAND_LINE, name=member.handle, password=PASSWORD, locale=member.locale, role=Role(member.role)
        )
        viewer = Viewer(account_id=made.id, name=member.handle, role=Role(member.role), locale=member.locale)
        self._viewers[member.handle] = viewer
        settings = self._desk.settings
        await accounts.update_profile(
            self._db,
            self._desk.gate,
            viewer,
            display_name=member.name,
            bio=member.bio,
            fields=[(field.name, field.value) for field in member.fields],
            locked=member.locked,
            avatar=await media.store_avatar(self._db, self._storage, pictures.avatar(member.handle), settings),
            header=await media.store_header(self._db, self._storage, pictures.header(member.handle), settings),
        )

    async def _follow(self, by: str, to: str) -> None:
        viewer = self._viewers[by]
        relation = await relations.follow(self._db, viewer, self._id(to))
        if relation.requested and not any(tie.by == by and tie.to == to for tie in self._community.requests):
            await relations.accept(self._db, self._viewers[to], viewer.account_id)

    async def _avoid(self, act: Callable[..., Awaitable[object]], by: str, to: str) -> None:
        await act(self._db, self._viewers[by], self._id(to))

    async def _react(self, act: Callable[..., Awaitable[object]], handle: str, key: str) -> None:
        if self._unseen(handle, key):
            return
        await act(self._desk, self._viewers[handle], self._posts[key].id)

    async def _announce(self, text: Mapping[Locale, str]) -> None:
        operator = next(viewer for viewer in self._viewers.values() if viewer.role is Role.OPERATOR)
        original = text.get("en") or text["de"]
        translations = {str(locale): {"text": words} for locale, words in text.items() if words != original}
        await site.announcements.announce(self._db, operator, text=original, translations=translations)

    # Posts -----------------------------------------------------------------------------------------------------------

    def _plan_post(self, post: Post) -> None:
        at = moment(post.at, self._now)
        self._plan(post.at, lambda: self._publish(post))
        if post.edited:
            self._plan(post.edited.at, lambda: self._edit(post))
        if post.pinned:
            self._plan_after(at, 1, partial(self._react, react.pin, post.by, post.key))
        reactions = (
            ("boost", post.boosted_by, react.boost),
            ("favourite", post.favourited_by, react.favourite),
            ("bookmark", post.bookmarked_by, react.bookmark),
        )
        for name, handles, act in reactions:
            for handle in handles:
                waits = delay(name, post.key, handle).total_seconds() / 60
                later = max(at + timedelta(minutes=waits), self._joined(handle) + timedelta(minutes=1))
                self._plan_after(later, 0, partial(self._react, act, handle, post.key))
        for choice, voters in enumerate(post.poll.votes if post.poll else ()):
            for handle in voters:
                self._plan_vote(post, handle, choice, at)

    def _plan_vote(self, post: Post, handle: str, choice: int, at: datetime) -> None:
        assert post.poll is not None
        chosen = [number for number, voters in enumerate(post.poll.votes) if handle in voters]
        if chosen[0] != choice:
            return  # all of somebody's choices are one vote
        ends = moment(post.poll.ends, self._now)
        later = at + min(delay("vote", post.key, handle), (min(ends, self._now) - at) / 2)
        self._plan_after(later, 0, lambda: self._vote(post, handle, chosen))

    async def _vote(self, post: Post, handle: str, choices: list[int]) -> None:
        if self._unseen(handle, post.key):
            return
        poll = self._posts[post.key].poll
        assert poll is not None
        await polls.vote(self._db, self._viewers[handle], poll.id, choices)

    def _unseen(self, handle: str, key: str | None) -> bool:
        """Whether the post is held or an answer to one, so that this member cannot have seen it."""
        found = self._posts.get(key) if key else None
        return bool(key) and (found is None or (found.hidden_at is not None and found.account_id != self._id(handle)))

    async def _publish(self, post: Post) -> None:
        if self._unseen(post.by, post.reply_to):
            return
        viewer = self._viewers[post.by]
        attached = [
            await media.upload(
                self._db,
                self._storage,
                viewer,
                data=pictures.draw(picture.draw, picture.seed),
                description=picture.alt,
                focus=picture.focus,
                settings=self._desk.settings,
            )
            for picture in post.pictures
        ]
        poll = None
        if post.poll:
            lasts = moment(post.poll.ends, self._now) - moment(post.at, self._now)
            poll = PollDraft(post.poll.options, int(lasts.total_seconds()), post.poll.multiple)
        is_old = moment(post.at, self._now) < self._now - SCREENED
        self._posts[post.key] = await publish(
            self._desk if is_old else self._screened,
            viewer,
            Draft(
                text=post.text,
                warning=post.warning,
                visibility=Visibility(post.visibility),
                language=post.lang or None,
                in_reply_to_id=self._posts[post.reply_to].id if post.reply_to else None,
                media=tuple(item.id for item in attached),
                poll=poll,
            ),
        )

    async def _edit(self, post: Post) -> None:
        assert post.edited is not None
        if post.key not in self._posts:
            return
        stands = self._posts[post.key]
        draft = Draft(
            text=post.edited.text,
            warning=post.warning,
            language=post.lang or None,
            media=tuple(item.id for item in stands.media),
        )
        await edit(self._desk, self._viewers[post.by], stands.id, draft)
