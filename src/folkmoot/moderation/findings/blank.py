"""Take words off a profile, hashtags it features among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from folkmoot.database import Transaction
from folkmoot.markup import normal_tag
from folkmoot.network.accounts import Field
from folkmoot.network.accounts import queries as accounts
from folkmoot.network.gate import on_one_line
from folkmoot.network.relations.tags import queries as tags

TEXTS = ("display_name", "bio", "avatar_alt", "header_alt")


async def blank(tx: Transaction, account_id: int, found: Collection[str]) -> tuple[str, ...]:
    """Leave empty what of the account's profile says one of these; which parts of it that were."""
    row = await accounts.lock_account(tx, account_id)
    if row is None or row["closed_at"] is not None:
        return ()
    fields = msgspec.json.decode(row["fields"], type=list[Field])
    changes = without(found, {part: row[part] for part in TEXTS}, fields)
    if changes:
        changed = {
            name: msgspec.json.encode(left).decode() if name == "fields" else left for name, left in changes.items()
        }
        await accounts.update_profile(tx, account_id, {**row, **changed})
    parts = list(changes)
    named = [normal_tag(text.strip().removeprefix("#")) for text in found if text.strip().startswith("#")]
    if await tags.delete_featured_by_name(tx, account_id, named):
        parts.append("featured_tags")
    if parts:
        tx.announce("account.changed", account_id=account_id)
    return tuple(parts)


def without(found: Collection[str], texts: Mapping[str, str], fields: list[Field]) -> dict[str, str | list[Field]]:
    """The parts of a profile that change when nothing in it says any of these; a line goes with its name."""
    gone = {on_one_line(text) for text in found if text.strip()}
    changes: dict[str, str | list[Field]] = {part: "" for part, text in texts.items() if on_one_line(text) in gone}
    left = [field for field in fields if gone.isdisjoint((on_one_line(field.name), on_one_line(field.value)))]
    if left != fields:
        changes["fields"] = left
    return changes
