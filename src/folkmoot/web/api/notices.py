"""Notices of hosts, authorities and trusted flaggers by machine: XARF or our own JSON, with a key the operator gave out."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.errors import Unknown
from folkmoot.ids import parse
from folkmoot.moderation import notices
from folkmoot.moderation.notices.senders import KEY_PREFIX, signed_by, with_key
from folkmoot.moderation.notices.submit import submit_document
from folkmoot.moderation.notices.views import SenderView
from folkmoot.web.api.call import Answer, Call, endpoint

SENDER, SIGNATURE = b"x-folkmoot-sender", b"x-folkmoot-signature"
"""Number on the list, and the signature of their own key over the body."""
MOST_BYTES = 10 * 1024 * 1024


class KeyWanted(Unknown):
    sentence = "Send the key you were given: Authorization: Bearer fmk_..."


async def _submitter(call: Call, body: bytes) -> SenderView:
    """Who hands in: by the key, or by a signature over the body. Raises KeyWanted, KeyUnknown."""
    number, signature = parse(call.header(SENDER)), call.header(SIGNATURE)
    if number is not None and signature:
        return await signed_by(call.server.db, number, body, signature)
    return await _sender(call)


async def _sender(call: Call) -> SenderView:
    """Whose key the request carries. Raises KeyWanted, KeyUnknown."""
    kind, _, key = call.header(b"authorization").partition(" ")
    if kind.lower() != "bearer" or not key.strip().startswith(KEY_PREFIX):
        raise KeyWanted
    return await with_key(call.server.db, key.strip())


@endpoint("POST", "/api/v1/notices", who="anyone", most_body=MOST_BYTES)
async def submit(call: Call) -> Any:
    """Hand a notice in (XARF v4 or our own JSON); the same client token is the same notice."""
    body = await call.body(MOST_BYTES)
    sender = await _submitter(call, body)
    made = await submit_document(
        call.server.db,
        call.server.desk.gate,
        call.server.settings,
        body,
        door="api",
        sender_id=sender.id,
        client_token=call.header(b"idempotency-key"),
    )
    shown = await notices.shown_by_key(call.server.db, sender.id, made.notice_id)
    page = f"{call.server.settings.base_url}/notices/at/{made.token}"
    return Answer(
        msgspec.json.encode({"id": str(made.notice_id), "page": page, **msgspec.to_builtins(shown)}),
        201 if made.is_new else 200,
    )


@endpoint("GET", "/api/v1/notices/{id}", who="anyone")
async def show(call: Call) -> Any:
    """How a notice of one's own stands: every item, every letter."""
    sender = await _sender(call)
    shown = await notices.shown_by_key(call.server.db, sender.id, call.id())
    return {"id": str(call.id()), **msgspec.to_builtins(shown)}
