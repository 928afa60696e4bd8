"""The rules members accept: a rule keeps its number for as long as the network stands."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import queries
from folkmoot.network.site.limits import HINT_MOST, RULE_MOST, check_text, check_translations
from folkmoot.network.site.views import RuleView, Translations

_PARTS = {"text": RULE_MOST, "hint": HINT_MOST}
_LARGEST = 2**31 - 1


async def rules(db: Database, *, withdrawn: bool = False) -> list[RuleView]:
    """The rules in force, in their order; with those withdrawn behind them when asked."""
    return [_rule(row) for row in await queries.list_rules(db, withdrawn=withdrawn)]


async def add_rule(
    db: Database,
    operator: Viewer,
    *,
    text: str,
    hint: str = "",
    translations: Mapping[str, Mapping[str, str]] | None = None,
) -> RuleView:
    """Put a rule at the end, under the next number."""
    operator.check_role(Role.OPERATOR)
    text = check_text(text, RULE_MOST, "text")
    hint = check_text(hint, HINT_MOST, "hint", blank=True)
    kept = check_translations(translations, _PARTS)
    async with db.transaction() as tx:
        rule = _rule(await queries.insert_rule(tx, text, hint, kept))
        tx.record(Event.RULE_ADDED, actor=operator.actor, subject=rule.id, text=text, **operator.traces)
        tx.announce("site.changed")
        return rule


async def change_rule(
    db: Database,
    operator: Viewer,
    id: int,
    *,
    text: str | None = None,
    hint: str | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
) -> RuleView:
    """Reword a rule. Raises Missing."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        row = await queries.find_rule(tx, id) if 0 < id <= _LARGEST else None
        if row is None:
            raise Missing
        before = _rule(row)
        rule = _rule(
            await queries.update_rule(
                tx,
                id,
                before.text if text is None else check_text(text, RULE_MOST, "text"),
                before.hint if hint is None else check_text(hint, HINT_MOST, "hint", blank=True),
                before.translations if translations is None else check_translations(translations, _PARTS),
            )
        )
        tx.record(
            Event.RULE_CHANGED,
            actor=operator.actor,
            subject=id,
            before=before.text,
            after=rule.text,
            **operator.traces,
        )
        tx.announce("site.changed")
        return rule


async def withdraw_rule(db: Database, operator: Viewer, id: int) -> None:
    """Take a rule out of force; what was decided by it stays readable. Raises Missing."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        if not 0 < id <= _LARGEST or not await queries.withdraw_rule(tx, id, clock.now()):
            raise Missing
        tx.record(Event.RULE_WITHDRAWN, actor=operator.actor, subject=id, **operator.traces)
        tx.announce("site.changed")


def _rule(row: Row) -> RuleView:
    return RuleView(
        id=row["id"],
        text=row["text"],
        hint=row["hint"],
        translations=msgspec.json.decode(row["translations"], type=Translations),
        withdrawn_at=row["withdrawn_at"],
    )
