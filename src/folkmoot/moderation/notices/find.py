"""What the addresses of a letter lead to, and how that stands: there, gone since when, decided already, or not ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import parse
from folkmoot.moderation.notices import queries
from folkmoot.moderation.notices.reading import Item as Written
from folkmoot.moderation.notices.states import ItemState, What


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The latest case something was in."""

    case_id: int
    verdict: str | None
    measure: str | None
    by: str | None
    at: datetime | None
    version: int


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What an address leads to, as the database has it."""

    written: str
    what: What = What.UNKNOWN
    medium: str | None = None
    post_id: int | None = None
    account_id: int | None = None
    version: int | None = None
    is_sure: bool = True
    is_there: bool = False
    is_public: bool = True
    hidden_at: datetime | None = None
    closed_at: datetime | None = None
    suspended_at: datetime | None = None
    gone_at: datetime | None = None
    gone_how: str = ""
    gone_entry: int | None = None
    judged: Judged | None = None
    is_ours: bool = True

    @property
    def key(self) -> tuple[str, int | str]:
        """Two addresses of the same thing are one."""
        number = self.post_id if self.what is What.POST else self.account_id
        return self.what.value, self.written if number is None else number


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How something stands when a notice about it comes."""

    state: ItemState
    how: str = ""
    since: datetime | None = None
    log_entry: int | None = None
    case_id: int | None = None
    """The case that decided it earlier."""
    is_private: bool = False

    @property
    def wants_case(self) -> bool:
        """Whether people have to look at it."""
        return self.state is ItemState.WAITING


def standing(target: Target, *, confirmed: bool) -> Standing:
    """What can be said of it without a hand. To senders we do not know, what is not public is not there."""
    if not target.is_ours:
        return Standing(state=ItemState.NOT_OURS)
    if target.what is What.UNKNOWN:
        return Standing(state=ItemState.NOT_FOUND)
    if target.is_there and not target.is_public and not confirmed:
        return Standing(state=ItemState.NOT_FOUND, how="private", is_private=True)
    judged = target.judged
    if judged is not None and judged.verdict == "remove" and (not target.is_there or judged.version == target.version):
        state = decided_state("remove", judged.measure, judged.by)
        return Standing(
            state=state,
            how=judged.by or "",
            since=judged.at,
            case_id=judged.case_id,
            is_private=not target.is_public,
        )
    if not target.is_there:
        if target.gone_at is not None or judged is not None:
            how = target.gone_how or "author"
            return Standing(state=ItemState.GONE, how=how, since=target.gone_at, log_entry=target.gone_entry)
        return Standing(state=ItemState.NOT_FOUND)
    if target.closed_at is not None:
        return Standing(state=ItemState.GONE, how="closed", since=target.closed_at)
    return Standing(state=ItemState.WAITING, is_private=not target.is_public)


def decided_state(verdict: str, measure: str | None, by: str | None) -> ItemState:
    """What a verdict makes of an item."""
    if verdict == "keep":
        return ItemState.KEPT
    if by == "order":
        return ItemState.ORDERED
    return ItemState.WARNED if measure in ("warn", "label") else ItemState.REMOVED


async def look_up(
    source: Database | Transaction, written: Sequence[Written], foreign: Sequence[str] = ()
) -> list[Target]:
    """What these addresses lead to, each thing once, in the order of the letter; a handful of statements for any number."""
    media = await _posts_of_media(source, [each.value for each in written if each.kind == "media"])
    named = [id for each in written if each.kind == "post" and (id := parse(each.value)) is not None]
    posts = await _posts(source, [*named, *(id for ids in media.values() for id in ids)])
    accounts = await _accounts(source, written)
    found: dict[tuple[str, int | str], Target] = {}
    for each in written:
        for target in _targets(each, posts, media, accounts):
            found.setdefault(target.key, target)
    found = {key: target for key, target in found.items() if target.is_sure or _leads_somewhere(target)}
    for address in foreign:
        target = Target(written=address, is_ours=False)
        found.setdefault(target.key, target)
    return list(found.values())


def _leads_somewhere(target: Target) -> bool:
    """Whether a number that is only likely one of ours is one: numbers of posts cannot be guessed, names can."""
    return target.what is What.POST and (target.is_there or target.gone_at is not None or target.judged is not None)


def _targets(
    each: Written, posts: dict[int, Target], media: dict[str, list[int]], accounts: dict[str, Row]
) -> list[Target]:
    about = {"written": each.url or each.written, "is_sure": each.sure}
    match each.kind:
        case "post" if (id := parse(each.value)) is not None:
            return [msgspec.structs.replace(posts[id], **about)]
        case "media" if media.get(each.value):
            return [msgspec.structs.replace(posts[id], medium=each.value, **about) for id in media[each.value]]
        case "account" | "account_id" if (row := accounts.get(each.value.lower())) is not None:
            target = Target(
                written=about["written"],  # type: ignore[arg-type]  # a text
                what=What.ACCOUNT,
                account_id=row["id"],
                version=1,
                is_sure=each.sure,
                is_there=True,
                closed_at=row["closed_at"],
                suspended_at=row["suspended_at"],
            )
            return [target]
        case "page" | "tag":
            return []  # an address of ours, and nothing anybody wrote
        case _:
            return [Target(**about)]  # type: ignore[arg-type]  # the two fields above


async def _posts(source: Database | Transaction, ids: Sequence[int]) -> dict[int, Target]:
    """By the number that was asked for; a boost leads to what it shows."""
    rows = {row["id"]: row for row in await queries.posts(source, ids)} if ids else {}
    shown = [row["shows_id"] for row in rows.values() if row["shows_id"] is not None]
    if shown:
        rows |= {row["id"]: row for row in await queries.posts(source, shown)}
    real = {id: rows[id]["shows_id"] or id if id in rows else id for id in ids}
    stones = {row["post_id"]: row for row in await queries.tombstones(source, list(real.values()))} if ids else {}
    judged = {row["post_id"]: row for row in await queries.judged(source, list(real.values()))} if ids else {}
    return {asked: _post(id, rows.get(id), stones.get(id), judged.get(id)) for asked, id in real.items()}


def _post(id: int, row: Row | None, stone: Row | None, case: Row | None) -> Target:
    judged = None
    if case is not None:
        judged = Judged(
            case_id=case["case_id"],
            verdict=case["verdict"],
            measure=case["measure"],
            by=case["decided_by"],
            at=case["decided_at"],
            version=case["version"],
        )
    if row is None:
        return Target(
            written="",
            what=What.POST,
            post_id=id,
            account_id=case["account_id"] if case is not None else None,
            gone_at=stone["gone_at"] if stone is not None else None,
            gone_how=stone["how"] if stone is not None else "",
            gone_entry=stone["log_entry"] if stone is not None else None,
            judged=judged,
        )
    return Target(
        written="",
        what=What.POST,
        post_id=id,
        account_id=row["account_id"],
        version=row["version"],
        is_there=True,
        is_public=row["is_public"],
        hidden_at=row["hidden_at"],
        closed_at=row["closed_at"],
        suspended_at=row["suspended_at"],
        judged=judged,
    )


async def _posts_of_media(source: Database | Transaction, keys: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in await queries.posts_with_media(source, keys) if keys else []:
        found.setdefault(row["key"], []).append(row["post_id"])
    return found


async def _accounts(source: Database | Transaction, written: Sequence[Written]) -> dict[str, Row]:
    """By name in small letters, and by number."""
    names = [each.value for each in written if each.kind == "account"]
    ids = [id for each in written if each.kind == "account_id" and (id := parse(each.value)) is not None]
    rows = await queries.accounts(source, names, ids) if names or ids else []
    return {row["name"].lower(): row for row in rows} | {str(row["id"]): row for row in rows}
