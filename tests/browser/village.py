"""A village on a running network: the demo's people and their latest posts, settled through our own verbs.

python tests/browser/village.py DATA    on the network that `folkmoot serve --data DATA` runs
"""

from __future__ import annotations

import dataclasses
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.demo import community, pictures
from folkmoot.errors import FolkmootError
from folkmoot.network import access, accounts, media, polls, relations, site
from folkmoot.network.access import COMMAND_LINE, Role, Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts import react
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.site import announcements
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings, load
from folkmoot.storage import open_storage

PASSWORD = "a ferry office with a kettle"
OPERATOR, MEMBER, GERMAN = "mara", "plot_17", "giersch_gisela"
PICTURED = 14
"""Members who get a portrait; drawing takes a moment each."""


async def settle(db: Database, settings: Settings, *, latest: int = 90) -> None:
    """Make the people, what they follow, and their latest posts with all that was done to them."""
    village = community.load()
    bus = Bus()
    db.deliver = bus.deliver
    history = dataclasses.replace(settings, screening="off")
    desk = Desk(db, Shelf(db, bus), Watch(db, bus), settings, Gate(db, history))
    storage = open_storage(settings)
    now = clock.now()
    people: dict[str, Viewer] = {}
    for number, member in enumerate(village.members):
        with clock.held_at(community.moment(member.joined, now)):
            made = await accounts.create_account(
                db, COMMAND_LINE, name=member.handle, password=PASSWORD, locale=member.locale, role=Role(member.role)
            )
        who = people[member.handle] = Viewer(
            account_id=made.id, name=made.name, role=Role(member.role), locale=member.locale
        )
        keys = {}
        if number < PICTURED or member.handle in (MEMBER, GERMAN):
            keys["avatar"] = await media.store_avatar(db, storage, pictures.avatar(member.handle), settings)
            keys["header"] = await media.store_header(db, storage, pictures.header(member.handle), settings)
        fields = [(field.name, field.value) for field in member.fields]
        await accounts.update_profile(
            db, desk.gate, who, display_name=member.name, bio=member.bio, fields=fields, locked=member.locked, **keys
        )
    await site.change_site(
        db,
        COMMAND_LINE,
        settings,
        name=village.site.title,
        description=village.site.description["en"],
        translations={"de": {"description": village.site.description["de"]}},
        contact_email="hello@tidewick.example",
    )
    for rule in village.rules:
        german = {"de": {"text": rule.text.get("de", ""), "hint": rule.hint.get("de", "")}}
        await site.add_rule(db, COMMAND_LINE, text=rule.text["en"], hint=rule.hint["en"], translations=german)
    told = village.announcements[-1]
    german = {"de": {"text": told.text.get("de", "")}}
    await announcements.announce(db, people[OPERATOR], text=told.text["en"], translations=german)
    for tie in village.follows:
        await relations.follow(db, people[tie.by], people[tie.to].account_id)
    for tie in village.requests:
        await relations.follow(db, people[tie.by], people[tie.to].account_id)

    posts: dict[str, PostView] = {}
    wanted = {each.key for each in village.posts[-latest:]} | {
        each.key for each in village.posts if each.pictures or each.poll or each.warning
    }
    by_key = {each.key: each for each in village.posts}
    for key in list(wanted):
        while (parent := by_key[key].reply_to) is not None:
            wanted.add(key := parent)
    for written in village.posts:
        if written.key not in wanted:
            continue
        author = people[written.by]
        with clock.held_at(community.moment(written.at, now)), suppress(FolkmootError):
            made_media = [
                await media.upload(
                    db,
                    storage,
                    author,
                    data=pictures.draw(each.draw, each.seed),
                    description=each.alt,
                    focus=each.focus,
                    settings=settings,
                )
                for each in written.pictures
            ]
            poll = None
            if written.poll:
                left = community.moment(written.poll.ends, now) - clock.now()
                seconds = max(int(left.total_seconds()), 600)
                poll = PollDraft(written.poll.options, seconds, written.poll.multiple)
            draft = Draft(
                text=written.text,
                warning=written.warning,
                visibility=Visibility(written.visibility),
                language=written.lang,
                in_reply_to_id=posts[written.reply_to].id if written.reply_to else None,
                media=tuple(each.id for each in made_media),
                poll=poll,
            )
            posts[written.key] = made = await publish(desk, author, draft)
        if written.key not in posts:
            continue
        later = min(community.moment(written.at, now) + timedelta(minutes=7), now)
        with clock.held_at(later), suppress(FolkmootError):
            if written.poll and made.poll:
                for number, voters in enumerate(written.poll.votes):
                    for voter in voters:
                        await polls.vote(db, people[voter], made.poll.id, [number])
            if written.pinned:
                await react.pin(desk, author, made.id)
            for name in written.favourited_by[:12]:
                await react.favourite(desk, people[name], made.id)
            for name in written.bookmarked_by:
                await react.bookmark(desk, people[name], made.id)
            for name in written.boosted_by:
                await react.boost(desk, people[name], made.id)
            if written.edited:
                kept = tuple(item.id for item in made.media)
                await edit(desk, author, made.id, Draft(text=written.edited.text, media=kept, warning=written.warning))
    await site.change_site(db, COMMAND_LINE, settings, registration="approval")
    await accounts.sign_up(
        db,
        name="newcomer",
        password=PASSWORD,
        agreed=True,
        reason="My sister sings in the choir and says the talk here is good.",
        settings=settings,
    )
    await site.change_site(db, COMMAND_LINE, settings, registration="open")


async def token_for(db: Database, name: str) -> str:
    """A browser session of that member, for the cookie."""
    found = await accounts.find_by_name(db, name)
    assert found is not None
    return (await access.enter(db, found.id, address="127.0.0.1", agent="a test"))[0]


def main() -> None:
    settings = load(overrides={"data": Path(sys.argv[1])})
    with_database(settings, lambda db: settle(db, settings))


if __name__ == "__main__":
    main()


__all__ = ["GERMAN", "MEMBER", "OPERATOR", "PASSWORD", "settle", "token_for"]
