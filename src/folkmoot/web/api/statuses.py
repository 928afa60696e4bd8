"""Statuses: Mastodon's word for posts. Written, read, changed, reacted to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.clock import stamp
from folkmoot.errors import Invalid, Missing
from folkmoot.ids import parse
from folkmoot.network import accounts, polls
from folkmoot.network.posts import edit as editing
from folkmoot.network.posts import queries as post_queries
from folkmoot.network.posts import react, reaction_queries, scheduled
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.views import MediaView, PostView, Visibility
from folkmoot.network.timelines import Card
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.entities import VISIBILITY_FROM, Entities
from folkmoot.web.api.parameters import focus_of
from folkmoot.web.server import Server

BATCH = 20


class PollParameters(msgspec.Struct, frozen=True):
    options: list[str] = []
    expires_in: int = 0
    multiple: bool = False
    hide_totals: bool = False


class MediaAttributes(msgspec.Struct, frozen=True):
    id: str
    description: str | None = None
    focus: str | None = None


class StatusParameters(msgspec.Struct, frozen=True):
    status: str = ""
    media_ids: list[str] = []
    poll: PollParameters | None = None
    in_reply_to_id: int | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: str | None = None
    language: str | None = None
    scheduled_at: str | None = None
    media_attributes: list[MediaAttributes] = []
    quoted_status_id: str | None = None
    quote_approval_policy: str | None = None


class Ids(msgspec.Struct, frozen=True):
    id: list[str] = []


class PageParameters(msgspec.Struct, frozen=True):
    max_id: int | None = None
    since_id: int | None = None
    limit: int = 40


class BoostParameters(msgspec.Struct, frozen=True):
    visibility: str | None = None


async def draft_of(call: Call, given: StatusParameters) -> Draft:
    """The post a client describes, completed from the author's preferences. Raises Invalid."""
    preferences = None
    if given.visibility is None or given.sensitive is None or not given.language:
        preferences = await accounts.get_preferences(call.server.db, call.member)
    visibility = given.visibility or (preferences and preferences.default_visibility) or "public"
    if visibility not in VISIBILITY_FROM and visibility not in VISIBILITY_FROM.values():
        raise Invalid("Validation failed: Visibility is not included in the list", field="visibility")
    if given.quoted_status_id:
        raise Invalid("Validation failed: Quoting posts is not possible here yet", field="quoted_status_id")
    sensitive = given.sensitive if given.sensitive is not None else bool(preferences and preferences.default_sensitive)
    text = given.status
    warning = given.spoiler_text
    poll = given.poll
    return Draft(
        text=text,
        warning=warning,
        sensitive=sensitive,
        visibility=Visibility(VISIBILITY_FROM.get(visibility, visibility)),
        language=given.language or (preferences.default_language if preferences else None),
        in_reply_to_id=given.in_reply_to_id,
        media=tuple(_media_id(id) for id in given.media_ids),
        poll=PollDraft(tuple(poll.options), poll.expires_in, poll.multiple, poll.hide_totals)
        if poll and poll.options
        else None,
    )


def _media_id(text: str) -> int:
    id = parse(text)
    if id is None:
        raise Invalid("One of the media attachments does not exist, is not yours or is already used", field="media_ids")
    return id


async def votes_of(server: Server, call: Call, cards: Sequence[Card]) -> dict[int, list[int]]:
    """The reader's own votes in the polls on these cards."""
    ids = [card.shown.view.poll.id for card in cards if card.shown.view.poll is not None]
    if not ids or call.viewer is None:
        return {}
    return {poll: list(choices) for poll, choices in (await polls.own_votes(server.db, call.viewer, ids)).items()}


async def render(call: Call, ids: Sequence[int]) -> list[bytes]:
    """The posts with these ids as the caller sees them; those they may not see are left out."""
    found = await call.server.timelines.cards(call.viewer, ids)
    votes = await votes_of(call.server, call, found)
    return [call.server.entities.card(card, signed_in=call.viewer is not None, votes=votes) for card in found]


async def render_cards(call: Call, cards: Sequence[Card]) -> bytes:
    votes = await votes_of(call.server, call, cards)
    return call.server.entities.cards(cards, signed_in=call.viewer is not None, votes=votes)


async def render_one(call: Call, post: PostView) -> bytes:
    """One post as the caller sees it. Raises Missing."""
    rendered = await render(call, [post.id])
    if not rendered:
        raise Missing
    return rendered[0]


@endpoint("POST", "/api/v1/statuses", scope="write:statuses")
async def create(call: Call, given: StatusParameters) -> Any:
    """Publish a post, or schedule one."""
    draft = await draft_of(call, given)
    key = call.header(b"idempotency-key")[:200] or None
    if given.scheduled_at:
        later = await scheduled.schedule(call.server.desk, call.member, draft, when(given.scheduled_at), key=key)
        return scheduled_dict(call.server.entities, later, call.member.app_id)
    return await render_one(call, await publish(call.server.desk, call.member, draft, key=key))


def when(text: str) -> datetime:
    """A time as clients write it. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("Record invalid", field="scheduled_at") from error


@endpoint("GET", "/api/v1/statuses", who="anyone", scope="read:statuses")
async def batch(call: Call, given: Ids) -> bytes:
    """Several posts by their ids."""
    if len(given.id) > BATCH:
        raise Invalid("Too many statuses requested")
    return b"[" + b",".join(await render(call, [id for id in map(parse, given.id) if id is not None])) + b"]"


@endpoint("GET", "/api/v1/statuses/{id}", who="anyone", scope="read:statuses")
async def show(call: Call) -> bytes:
    """One post."""
    return await render_one(call, await call.server.desk.get(call.viewer, call.id()))


@endpoint("PUT", "/api/v1/statuses/{id}", scope="write:statuses")
async def change(call: Call, given: StatusParameters) -> bytes:
    """Edit a post."""
    draft = await draft_of(call, given)
    changes = [
        editing.MediaChange(_media_id(item.id), item.description, focus_of(item.focus))
        for item in given.media_attributes
    ]
    return await render_one(call, await editing.edit(call.server.desk, call.member, call.id(), draft, changes))


@endpoint("DELETE", "/api/v1/statuses/{id}", scope="write:statuses")
async def delete(call: Call) -> bytes:
    """Delete a post; the answer has its source for those who write it anew."""
    post = await call.server.desk.own(call.member, call.id())
    rendered = await render_one(call, post)
    await remove(call.server.desk, call.member, post.id)
    return rendered[:-1] + b',"text":' + msgspec.json.encode(post.text) + b"}"


@endpoint("GET", "/api/v1/statuses/{id}/source", scope="read:statuses")
async def source(call: Call) -> Any:
    """The text as its author wrote it."""
    post = await call.server.desk.own(call.member, call.id())
    return {"id": str(post.id), "text": post.text, "spoiler_text": post.warning}


@endpoint("GET", "/api/v1/statuses/{id}/context", who="anyone", scope="read:statuses")
async def context(call: Call) -> bytes:
    """What the post answers, and what answers it."""
    post = await call.server.desk.get(call.viewer, call.id())
    above, below = await call.server.timelines.thread(call.viewer, post)
    return (
        b'{"ancestors":' + await render_cards(call, above) + b',"descendants":' + await render_cards(call, below) + b"}"
    )


@endpoint("GET", "/api/v1/statuses/{id}/history", who="anyone", scope="read:statuses")
async def history(call: Call) -> bytes:
    """Every state of the post, oldest first."""
    post = await call.server.desk.get(call.viewer, call.id())
    author = (await call.server.shelf.accounts([post.account_id]))[post.account_id]
    account = msgspec.Raw(call.server.entities.account(author))
    names = {mention.name.lower(): call.server.entities.account_url(mention.name) for mention in post.mentions}
    answer = []
    for version in await editing.history(call.server.desk, call.viewer, post.id):
        body: dict[str, Any] = {
            "content": call.server.entities.html(version.text, names),
            "spoiler_text": version.warning,
            "sensitive": version.sensitive,
            "created_at": stamp(version.created_at),  # type: ignore[arg-type]  # a datetime
            "account": account,
            "media_attachments": [
                call.server.entities.media_dict(msgspec.convert(item, MediaView)) for item in version.media
            ],
            "emojis": [],
        }
        if version.poll_options:
            body["poll"] = {"options": [{"title": option} for option in version.poll_options]}
        answer.append(body)
    return msgspec.json.encode(answer)


async def _reactors(call: Call, table: str, given: PageParameters) -> Answer:
    post = await call.server.desk.shown(call.viewer, call.id())
    limit = max(1, min(given.limit, 80))
    rows = await reaction_queries.reactors(
        call.server.db, table, post.id, before=given.max_id, after=given.since_id, limit=limit + 1
    )
    page = rows[:limit]
    found = await call.server.shelf.accounts([account_id for _, account_id in page])
    body = call.server.entities.accounts(found[id] for _, id in page if id in found and found[id].view.is_open)
    older = page[-1][0] if len(rows) > limit else None
    return Answer(body, headers=call.link(older, page[0][0] if page else None))


@endpoint("GET", "/api/v1/statuses/{id}/reblogged_by", who="anyone", scope="read:statuses")
async def reblogged_by(call: Call, given: PageParameters) -> Answer:
    """Who boosted the post."""
    return await _reactors(call, "boosts", given)


@endpoint("GET", "/api/v1/statuses/{id}/favourited_by", who="anyone", scope="read:statuses")
async def favourited_by(call: Call, given: PageParameters) -> Answer:
    """Who favourited the post."""
    return await _reactors(call, "favourites", given)


@endpoint("GET", "/api/v1/statuses/{id}/quotes", who="anyone", scope="read:statuses")
async def quotes(call: Call) -> Any:
    """Posts that quote this one; quoting is not possible here yet."""
    await call.server.desk.get(call.viewer, call.id())
    return []


@endpoint("GET", "/api/v1/statuses/{id}/card", who="anyone", scope="read:statuses")
async def card(call: Call) -> Any:
    """The link preview; there are none here yet."""
    await call.server.desk.get(call.viewer, call.id())
    return {}


@endpoint("POST", "/api/v1/statuses/{id}/reblog", scope="write:statuses")
async def reblog(call: Call, given: BoostParameters) -> bytes:
    """Boost the post."""
    wanted = VISIBILITY_FROM.get(given.visibility or "public")
    return await render_one(call, await react.boost(call.server.desk, call.member, call.id(), wanted))


@endpoint("POST", "/api/v1/statuses/{id}/unreblog", scope="write:statuses")
async def unreblog(call: Call) -> bytes:
    """Take the boost back."""
    return await render_one(call, await react.unboost(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/favourite", scope="write:favourites")
async def favourite(call: Call) -> bytes:
    """Favourite the post."""
    return await render_one(call, await react.favourite(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/unfavourite", scope="write:favourites")
async def unfavourite(call: Call) -> bytes:
    """Take the favourite back."""
    return await render_one(call, await react.unfavourite(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/bookmark", scope="write:bookmarks")
async def bookmark(call: Call) -> bytes:
    """Bookmark the post."""
    return await render_one(call, await react.bookmark(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/unbookmark", scope="write:bookmarks")
async def unbookmark(call: Call) -> bytes:
    """Take the bookmark back."""
    return await render_one(call, await react.unbookmark(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/pin", scope="write:accounts")
async def pin(call: Call) -> bytes:
    """Pin the post to one's profile."""
    return await render_one(call, await react.pin(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/unpin", scope="write:accounts")
async def unpin(call: Call) -> bytes:
    """Unpin the post."""
    return await render_one(call, await react.unpin(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/mute", scope="write:mutes")
async def mute(call: Call) -> bytes:
    """Hear no more of the conversation."""
    return await render_one(call, await react.mute_thread(call.server.desk, call.member, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/unmute", scope="write:mutes")
async def unmute(call: Call) -> bytes:
    """Hear of the conversation again."""
    return await render_one(call, await react.mute_thread(call.server.desk, call.member, call.id(), muted=False))


# Polls ---------------------------------------------------------------------------------------------------------------


class VoteParameters(msgspec.Struct, frozen=True):
    choices: list[int] = []


async def _poll(call: Call, poll_id: int) -> Any:
    post_id = await post_queries.post_of_poll(call.server.db, poll_id)
    if post_id is None:
        raise Missing
    post = await call.server.desk.get(call.viewer, post_id)
    if post.poll is None:
        raise Missing
    own = await polls.own_votes(call.server.db, call.viewer, [poll_id]) if call.viewer else {}
    return call.server.entities.poll_dict(
        post.poll, {poll: list(choices) for poll, choices in own.items()}, call.viewer is not None
    )


@endpoint("GET", "/api/v1/polls/{id}", who="anyone", scope="read:statuses")
async def poll(call: Call) -> Any:
    """A poll."""
    return await _poll(call, call.id())


@endpoint("POST", "/api/v1/polls/{id}/votes", scope="write:statuses")
async def vote(call: Call, given: VoteParameters) -> Any:
    """Vote in a poll."""
    await polls.vote(call.server.db, call.member, call.id(), given.choices)
    return await _poll(call, call.id())


# Scheduled posts -----------------------------------------------------------------------------------------------------


class ScheduleParameters(msgspec.Struct, frozen=True):
    scheduled_at: str = ""


def scheduled_dict(entities: Entities, later: scheduled.ScheduledView, app_id: int | None) -> dict[str, Any]:
    """ScheduledStatus."""
    draft = later.draft
    return {
        "id": str(later.id),
        "scheduled_at": stamp(later.due_at),
        "params": {
            "text": draft.text,
            "poll": {
                "options": list(draft.poll.options),
                "expires_in": draft.poll.seconds,
                "multiple": draft.poll.multiple,
                "hide_totals": draft.poll.hides_totals,
            }
            if draft.poll
            else None,
            "media_ids": [str(id) for id in draft.media] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.warning or None,
            "visibility": {ours: theirs for theirs, ours in VISIBILITY_FROM.items()}[draft.visibility],
            "language": draft.language,
            "in_reply_to_id": str(draft.in_reply_to_id) if draft.in_reply_to_id else None,
            "application_id": app_id or 0,
            "scheduled_at": None,
            "idempotency": None,
            "with_rate_limit": False,
        },
        "media_attachments": [entities.media_dict(item) for item in later.media],
    }


@endpoint("GET", "/api/v1/scheduled_statuses", scope="read:statuses")
async def scheduled_list(call: Call, given: PageParameters) -> Answer:
    """Posts waiting for their time."""
    limit = max(1, min(given.limit, 40))
    rows = await scheduled.waiting(call.server.db, call.member, before=given.max_id, limit=limit + 1)
    page = rows[:limit]
    body = [scheduled_dict(call.server.entities, later, call.member.app_id) for later in page]
    older = page[-1].id if len(rows) > limit else None
    return Answer(msgspec.json.encode(body), headers=call.link(older, page[0].id if page else None))


@endpoint("GET", "/api/v1/scheduled_statuses/{id}", scope="read:statuses")
async def scheduled_one(call: Call) -> Any:
    """One post waiting for its time."""
    found = await scheduled.get(call.server.db, call.member, call.id())
    return scheduled_dict(call.server.entities, found, call.member.app_id)


@endpoint("PUT", "/api/v1/scheduled_statuses/{id}", scope="write:statuses")
async def reschedule(call: Call, given: ScheduleParameters) -> Any:
    """Give it another time."""
    found = await scheduled.reschedule(call.server.db, call.member, call.id(), when(given.scheduled_at), clock.now())
    return scheduled_dict(call.server.entities, found, call.member.app_id)


@endpoint("DELETE", "/api/v1/scheduled_statuses/{id}", scope="write:statuses")
async def unschedule(call: Call) -> Any:
    """Take it back."""
    await scheduled.cancel(call.server.db, call.member, call.id())
    return {}
