"""Accounts of others: looked up, read, followed, muted, blocked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.clock import stamp
from folkmoot.errors import Forbidden, Missing
from folkmoot.network import access, accounts, relations
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.relations import RelationView
from folkmoot.network.search import search_accounts
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.timelines import TimelineParameters, page_answer


class LookupParameters(msgspec.Struct, frozen=True):
    acct: str = ""


class SearchParameters(msgspec.Struct, frozen=True):
    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


class IdsParameters(msgspec.Struct, frozen=True):
    id: list[str] = []
    with_suspended: bool = False


class StatusesParameters(TimelineParameters, frozen=True):
    pinned: bool = False
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    tagged: str | None = None


class ListParameters(msgspec.Struct, frozen=True):
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 40


class FollowParameters(msgspec.Struct, frozen=True):
    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None


class MuteParameters(msgspec.Struct, frozen=True):
    notifications: bool = True
    duration: int = 0


class NoteParameters(msgspec.Struct, frozen=True):
    comment: str = ""


class SignUpParameters(msgspec.Struct, frozen=True):
    username: str = ""
    email: str | None = None
    password: str = ""
    agreement: bool = False
    locale: str = "en"
    reason: str = ""
    invite_code: str | None = None
    date_of_birth: str | None = None


async def _account(call: Call, id: int) -> AccountView:
    found = await call.server.shelf.account(id)
    if found is None or found.closed_at is not None or found.approved_at is None:
        raise Missing
    return found


async def accounts_json(call: Call, ids: Sequence[int]) -> bytes:
    """Accounts that take part, in this order."""
    found = await call.server.shelf.accounts(ids)
    return call.server.entities.accounts(found[id] for id in ids if id in found and found[id].view.is_open)


def relation_dict(relation: RelationView) -> dict[str, Any]:
    """Relationship."""
    return {
        "id": str(relation.id),
        "following": relation.following,
        "showing_reblogs": relation.shows_boosts,
        "notifying": relation.notifies,
        "languages": list(relation.languages) if relation.languages else None,
        "followed_by": relation.followed_by,
        "blocking": relation.blocking,
        "blocked_by": relation.blocked_by,
        "muting": relation.muting,
        "muting_notifications": relation.mutes_notifications,
        "muting_expires_at": stamp(relation.mute_expires_at) if relation.mute_expires_at else None,
        "requested": relation.requested,
        "requested_by": relation.requested_by,
        "domain_blocking": relation.domain_blocking,
        "endorsed": relation.endorsed,
        "note": relation.note,
    }


@endpoint("POST", "/api/v1/accounts", who="app", scope="write:accounts")
async def sign_up(call: Call, given: SignUpParameters) -> Any:
    """Sign up through an app; answers a token."""
    call.server.limits.check_sign_up(call.address)
    made = await accounts.sign_up(
        call.server.db,
        name=given.username,
        password=given.password,
        email=given.email or None,
        locale=given.locale,
        agreed=given.agreement,
        reason=given.reason,
        invitation=given.invite_code,
        settings=call.server.settings,
    )
    scopes = sorted(call.scopes)
    token = await access.issue_token(call.server.db, made.id, scopes, app_id=call.app_id)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "created_at": int(clock.now().timestamp()),
    }


@endpoint("GET", "/api/v1/accounts/lookup", who="anyone", scope="read:accounts")
async def lookup(call: Call, given: LookupParameters) -> bytes:
    """The account with a handle: `name` or `name@this.network`."""
    name, _, domain = given.acct.strip().lstrip("@").partition("@")
    found = None
    if not domain or domain.lower() in (call.server.settings.domain, call.server.settings.domain.partition(":")[0]):
        found = await call.server.shelf.account_by_name(name)
    if found is None or found.view.closed_at is not None or found.view.approved_at is None:
        raise Missing
    return call.server.entities.account(found)


@endpoint("GET", "/api/v1/accounts/search", scope="read:accounts")
async def search(call: Call, given: SearchParameters) -> bytes:
    """Accounts by handle or name."""
    ids = await search_accounts(
        call.server.db,
        call.viewer,
        given.q,
        domain=call.server.settings.domain,
        following=given.following,
        limit=max(1, min(given.limit, 80)),
        offset=max(0, given.offset),
    )
    return await accounts_json(call, ids)


@endpoint("GET", "/api/v1/accounts/relationships", scope="read:follows")
async def relationships(call: Call, given: IdsParameters) -> Any:
    """How one stands to these accounts."""
    ids = [int(id) for id in given.id if id.isascii() and id.isdigit() and len(id) <= 18]
    return [relation_dict(each) for each in await relations.relations(call.server.db, call.member, ids[:100])]


@endpoint("GET", "/api/v1/accounts/familiar_followers", scope="read:follows")
async def familiar_followers(call: Call, given: IdsParameters) -> bytes:
    """Those one follows who follow these accounts."""
    ids = [int(id) for id in given.id if id.isascii() and id.isdigit() and len(id) <= 18][:40]
    found = await relations.familiar_followers(call.server.db, call.member, ids)
    return msgspec.json.encode(
        [{"id": str(id), "accounts": msgspec.Raw(await accounts_json(call, found.get(id, [])))} for id in ids]
    )


@endpoint("GET", "/api/v1/accounts", who="anyone", scope="read:accounts")
async def batch(call: Call, given: IdsParameters) -> bytes:
    """Several accounts by their ids."""
    ids = [int(id) for id in given.id if id.isascii() and id.isdigit() and len(id) <= 18]
    return await accounts_json(call, ids[:40])


@endpoint("GET", "/api/v1/accounts/{id}", who="anyone", scope="read:accounts")
async def show(call: Call) -> bytes:
    """An account."""
    view = await _account(call, call.id())
    return call.server.entities.account((await call.server.shelf.accounts([view.id]))[view.id])


@endpoint("GET", "/api/v1/accounts/{id}/statuses", who="anyone", scope="read:statuses")
async def statuses(call: Call, given: StatusesParameters) -> Answer:
    """What an account posted."""
    view = await _account(call, call.id())
    if given.pinned:
        return await page_answer(call, await call.server.timelines.pinned(call.viewer, view.id))
    page = await call.server.timelines.account(
        call.viewer,
        view.id,
        given.span,
        only_media=given.only_media,
        without_replies=given.exclude_replies,
        without_boosts=given.exclude_reblogs,
        tag=given.tagged,
    )
    return await page_answer(call, page)


Listing = Callable[..., Awaitable[list[tuple[int, int]]]]


async def _listed(call: Call, given: ListParameters, read: Listing, **values: Any) -> Answer:
    limit = max(1, min(given.limit, 79))
    rows = await read(max_id=given.max_id, since_id=given.since_id, min_id=given.min_id, limit=limit + 1, **values)
    page = rows[1:] if len(rows) > limit and given.min_id is not None else rows[:limit]
    more = len(rows) > limit or (given.min_id is not None and bool(page))
    return Answer(
        await accounts_json(call, [account_id for _, account_id in page]),
        headers=call.link(page[-1][0] if page and more else None, page[0][0] if page else None),
    )


def _may_see_relations(call: Call, view: AccountView) -> bool:
    return not view.hides_relations or view.id == call.reader_id


@endpoint("GET", "/api/v1/accounts/{id}/followers", who="anyone", scope="read:accounts")
async def followers(call: Call, given: ListParameters) -> Answer:
    """Who follows an account."""
    view = await _account(call, call.id())
    if not _may_see_relations(call, view):
        return Answer(b"[]")
    return await _listed(call, given, lambda **span: relations.followers(call.server.db, call.viewer, view.id, **span))


@endpoint("GET", "/api/v1/accounts/{id}/following", who="anyone", scope="read:accounts")
async def following(call: Call, given: ListParameters) -> Answer:
    """Whom an account follows."""
    view = await _account(call, call.id())
    if not _may_see_relations(call, view):
        return Answer(b"[]")
    return await _listed(call, given, lambda **span: relations.following(call.server.db, call.viewer, view.id, **span))


@endpoint("GET", "/api/v1/accounts/{id}/lists", scope="read:lists")
async def lists(call: Call) -> Any:
    """Lists the account is on; there are no lists here yet."""
    return []


@endpoint("GET", "/api/v1/accounts/{id}/identity_proofs", scope="read:accounts")
async def identity_proofs(call: Call) -> Any:
    """A feature Mastodon has given up."""
    return []


@endpoint("POST", "/api/v1/accounts/{id}/follow", scope="write:follows")
async def follow(call: Call, given: FollowParameters) -> Any:
    """Follow an account, or ask to."""
    if call.id() == call.member.account_id:
        raise Forbidden("You cannot follow yourself")
    return relation_dict(
        await relations.follow(
            call.server.db,
            call.member,
            call.id(),
            shows_boosts=given.reblogs,
            notifies=given.notify,
            languages=given.languages,
        )
    )


@endpoint("POST", "/api/v1/accounts/{id}/unfollow", scope="write:follows")
async def unfollow(call: Call) -> Any:
    """Follow it no more."""
    return relation_dict(await relations.unfollow(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/accounts/{id}/remove_from_followers", scope="write:follows")
async def remove_from_followers(call: Call) -> Any:
    """Have it follow one no more."""
    return relation_dict(await relations.remove_follower(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/accounts/{id}/block", scope="write:blocks")
async def block(call: Call) -> Any:
    """Block an account."""
    return relation_dict(await relations.block(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/accounts/{id}/unblock", scope="write:blocks")
async def unblock(call: Call) -> Any:
    """Unblock it."""
    return relation_dict(await relations.unblock(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/accounts/{id}/mute", scope="write:mutes")
async def mute(call: Call, given: MuteParameters) -> Any:
    """Mute an account, for `duration` seconds or for good."""
    return relation_dict(
        await relations.mute(
            call.server.db,
            call.member,
            call.id(),
            hides_notifications=given.notifications,
            seconds=given.duration or None,
        )
    )


@endpoint("POST", "/api/v1/accounts/{id}/unmute", scope="write:mutes")
async def unmute(call: Call) -> Any:
    """Unmute it."""
    return relation_dict(await relations.unmute(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/accounts/{id}/note", scope="write:accounts")
async def note(call: Call, given: NoteParameters) -> Any:
    """Keep a private note about an account."""
    return relation_dict(await relations.note(call.server.db, call.member, call.id(), given.comment))


@endpoint("GET", "/api/v1/blocks", scope="read:blocks")
async def blocks(call: Call, given: ListParameters) -> Answer:
    """Whom one blocks."""
    return await _listed(call, given, lambda **span: relations.blocked(call.server.db, call.member, **span))


@endpoint("GET", "/api/v1/mutes", scope="read:mutes")
async def mutes(call: Call, given: ListParameters) -> Answer:
    """Whom one mutes."""
    return await _listed(call, given, lambda **span: relations.muted(call.server.db, call.member, **span))


@endpoint("GET", "/api/v1/follow_requests", scope="read:follows")
async def follow_requests(call: Call, given: ListParameters) -> Answer:
    """Who asks to follow one."""
    return await _listed(call, given, lambda **span: relations.follow_requests(call.server.db, call.member, **span))


@endpoint("POST", "/api/v1/follow_requests/{id}/authorize", scope="write:follows")
async def authorize(call: Call) -> Any:
    """Let somebody follow one."""
    return relation_dict(await relations.accept(call.server.db, call.member, call.id()))


@endpoint("POST", "/api/v1/follow_requests/{id}/reject", scope="write:follows")
async def reject(call: Call) -> Any:
    """Do not let somebody follow one."""
    return relation_dict(await relations.reject(call.server.db, call.member, call.id()))
