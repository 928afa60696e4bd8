"""Who is known to write to us: hosts, stores, authorities and trusted flaggers, with keys; and whoever writes too much."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict, Invalid, Missing, Unknown
from folkmoot.ids import new_id
from folkmoot.moderation.notices import sender_queries, words
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.read import sender_view
from folkmoot.moderation.notices.reading.signed import check_signature, digest_of_key, is_public_key
from folkmoot.moderation.notices.rules import Kind, NotWarned
from folkmoot.moderation.notices.states import Step
from folkmoot.moderation.notices.views import SenderView
from folkmoot.moderation.notices.write import head_of, send
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.settings import Settings

NAME_MOST = 200
KEY_PREFIX = "fmk_"
"""How every key begins, so that it is not taken for a member's token."""
WHY_MOST = 2_000


class KnownAlready(Conflict):
    sentence = "This address is on the list already"


class KeyUnknown(Unknown):
    sentence = "This key is not known here"


class Added(msgspec.Struct, frozen=True, kw_only=True):
    sender: SenderView
    key: str | None
    """Shown once, and kept as a hash alone."""


async def add_sender(
    db: Database,
    operator: Viewer,
    *,
    name: str,
    kind: Kind,
    address: str | None = None,
    with_key: bool = False,
    public_key: str = "",
    note: str = "",
) -> Added:
    """Put somebody on the list: notices that provably come from them, or with their key, are taken at their word.

    `address` is one address, or a domain for all at it; `public_key` checks what they sign (Ed25519, base64).
    Raises Forbidden, Invalid, KnownAlready.
    """
    operator.check_role(Role.OPERATOR)
    name = " ".join(name.split())[:NAME_MOST]
    if not name:
        raise Invalid("Give them a name.", field="name")
    if kind is Kind.ORDER:
        raise Invalid("A sender is a host, a store, an authority, a trusted flagger or a person.", field="kind")
    if public_key and not is_public_key(public_key):
        raise Invalid("A public key is 32 bytes of Ed25519, in base64.", field="public_key")
    if not address and not with_key and not public_key:
        raise Invalid("Give an address, a domain or a key.", field="address")
    where = check_address(address) if address else None
    key = f"{KEY_PREFIX}{secrets.token_urlsafe(32)}" if with_key else None
    now = clock.now()
    async with db.transaction() as tx:
        if where is not None and await sender_queries.sender_named(tx, [where]) is not None:
            raise KnownAlready(field="address")
        id = new_id()
        row = {
            "id": id,
            "name": name,
            "kind": kind.value,
            "address": where,
            "key_hash": digest_of_key(key) if key else None,
            "public_key": public_key.strip() or None,
            "trusted_at": now,
            "note": note.strip()[:WHY_MOST],
            "created_at": now,
            "created_by": operator.actor,
        }
        await sender_queries.insert_sender(tx, row)
        tx.record(
            Event.NOTICE_SENDER_ADDED,
            actor=operator.actor,
            subject=id,
            name=name,
            kind=kind.value,
            address=where or "",
            **operator.traces,
        )
        made = await sender_queries.find_sender(tx, id)
    assert made is not None  # written above
    return Added(sender=sender_view(made), key=key)


def check_address(text: str) -> str:
    """An address or a domain in small letters. Raises Invalid."""
    text = text.strip().lower().removeprefix("@")
    local, at, domain = text.rpartition("@")
    plain = domain.isascii() and not domain.startswith(".") and "." in domain and ".." not in domain
    if not plain or any(letter.isspace() for letter in text) or len(text) > 320 or (at and not local):
        raise Invalid("This is neither an address nor a domain.", field="address")
    return text


async def list_senders(db: Database, steward: Viewer) -> list[SenderView]:
    """Everybody on the list. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    return [sender_view(row) for row in await sender_queries.senders(db)]


async def withdraw_sender(db: Database, operator: Viewer, sender_id: int) -> None:
    """Take somebody off the list; their key opens nothing any more. Raises Forbidden, Missing."""
    operator.check_role(Role.OPERATOR)
    await _change(db, operator, sender_id, Event.NOTICE_SENDER_WITHDRAWN, withdrawn_at=clock.now())


async def with_key(db: Database, key: str) -> SenderView:
    """Whose key this is. Raises KeyUnknown."""
    row = await sender_queries.sender_with_key(db, digest_of_key(key)) if key.startswith(KEY_PREFIX) else None
    if row is None:
        raise KeyUnknown
    return sender_view(row)


async def signed_by(db: Database, sender_id: int, body: bytes, signature: str) -> SenderView:
    """The sender of this number, when their key signed exactly this body. Raises KeyUnknown."""
    row = await sender_queries.find_sender(db, sender_id)
    if row is None or row["withdrawn_at"] is not None or not row["public_key"]:
        raise KeyUnknown
    if not check_signature(body, signature, row["public_key"]):
        raise KeyUnknown
    return sender_view(row)


# Misuse: Article 23 of the Digital Services Act -----------------------------------------------------------------------


async def warn_sender(db: Database, settings: Settings, steward: Viewer, notice_id: int, why: str) -> None:
    """Warn whoever sent this that their notices are unfounded; the first step, and they are told. Raises Forbidden, Missing."""
    why = _reason(steward, why)
    async with db.transaction() as tx:
        notice = await NoticeInHand.lock(tx, notice_id)
        sender = await _on_list(tx, steward, notice)
        await sender_queries.save_sender(tx, sender["id"], {"warned_at": notice.now, "warned_why": why})
        notice.note(sender_id=sender["id"])
        notice.take(Step.WRITE, by=steward.actor, why="warned")
        head = await head_of(tx, settings, notice)
        await send(tx, settings, notice, "free", words.warned(head, why), by=steward.actor)
        tx.record(Event.NOTICE_SENDER_WARNED, actor=steward.actor, subject=sender["id"], why=why, **steward.traces)
        await notice.write()


async def suspend_sender(db: Database, steward: Viewer, sender_id: int, why: str) -> None:
    """Process no more notices of this sender; only after a warning. Raises Forbidden, Missing, NotWarned."""
    why = _reason(steward, why)
    row = await sender_queries.find_sender(db, sender_id)
    if row is None:
        raise Missing
    if row["warned_at"] is None:
        raise NotWarned
    changes = {"suspended_at": clock.now(), "suspended_why": why}
    await _change(db, steward, sender_id, Event.NOTICE_SENDER_SUSPENDED, why=why, **changes)


async def readmit_sender(db: Database, steward: Viewer, sender_id: int, why: str) -> None:
    """Process their notices again. Raises Forbidden, Missing."""
    why = _reason(steward, why)
    await _change(db, steward, sender_id, Event.NOTICE_SENDER_READMITTED, why=why, suspended_at=None, suspended_why="")


def _reason(steward: Viewer, why: str) -> str:
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    return why


async def _on_list(tx: Transaction, steward: Viewer, notice: NoticeInHand) -> Row:
    """The sender's line on the list; strangers get one, without any trust."""
    if notice["sender_id"] is not None:
        row = await sender_queries.find_sender(tx, notice["sender_id"])
        if row is not None:
            return row
    if not notice["sender_address"]:
        raise Missing("This notice names no sender.")
    fresh = {
        "id": new_id(),
        "name": notice["organisation"] or notice["sender_name"] or notice["sender_address"],
        "kind": "unknown" if notice["kind"] in ("order", "trusted_flagger") else notice["kind"],
        "address": notice["sender_address"],
        "created_at": notice.now,
        "created_by": steward.actor,
    }
    await sender_queries.insert_sender(tx, fresh)
    row = await sender_queries.find_sender(tx, int(str(fresh["id"])))
    assert row is not None  # written above
    return row


async def _change(db: Database, by: Viewer, sender_id: int, event: Event, why: str = "", **changes: Any) -> None:
    async with db.transaction() as tx:
        if await sender_queries.find_sender(tx, sender_id) is None:
            raise Missing
        await sender_queries.save_sender(tx, sender_id, changes)
        tx.record(event, actor=by.actor, subject=sender_id, why=why, **by.traces)
