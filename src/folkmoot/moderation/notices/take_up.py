"""Bring what a notice names before juries, each with the notice's clock; carry an authority's order out without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.cases import queries as cases
from folkmoot.moderation.cases.effects import hide_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.leave import hurry
from folkmoot.moderation.cases.open import is_before_a_jury, look, take_up
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.cases.rules import Verdict
from folkmoot.moderation.cases.states import State as CaseState
from folkmoot.moderation.cases.states import Step as CaseStep
from folkmoot.moderation.cases.verdict import decide
from folkmoot.moderation.notices import queries
from folkmoot.moderation.notices.find import Standing, decided_state
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.rules import AT_ONCE, UNCONFIRMED_A_DAY, Kind, Trust
from folkmoot.moderation.notices.states import ItemState, What
from folkmoot.moderation.sanctions.rules import Measure, Source
from folkmoot.moderation.screening import Finding
from folkmoot.network.gate import Gate

DAY = timedelta(days=1)
_TAKES_NOTES = frozenset(CaseState) - {CaseState.UPHELD, CaseState.REVERSED, CaseState.CLOSED, CaseState.RECEIVED}


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """Something a notice names that people have to look at."""

    number: int
    what: What
    post_id: int | None
    account_id: int | None


def is_confirmed(row: Mapping[str, Any] | NoticeInHand) -> bool:
    """Whether we know who wrote: by key, by list, or because a steward said so."""
    return Trust(row["trust"]).is_confirmed or row["confirmed_at"] is not None


async def look_at(db: Database, gate: Gate, matters: list[Matter]) -> dict[int, Finding | None]:
    """What screening says of them, by post; takes a while, hence before the transaction. Profiles are not asked about."""
    found: dict[int, Finding | None] = {}
    for matter in matters:
        if matter.post_id is not None and matter.post_id not in found:
            known = await cases.case_of_post(db, matter.post_id)
            found[matter.post_id] = None if is_before_a_jury(known) else await look(db, gate, matter.post_id)
    return found


async def open_cases(
    tx: Transaction,
    notice: NoticeInHand,
    matters: list[Matter],
    findings: Mapping[int, Finding | None],
    *,
    believed: bool | None = None,
) -> dict[int, tuple[int | None, Standing]]:
    """Open or join the case of each, in one order so that two notices cannot lock each other; by number, how it stands.

    Of unconfirmed senders only so many a day: what is beyond waits until a steward has confirmed who wrote. `believed`
    is about a later letter, which has to be as credible as the first: whoever knows a reference can quote it.
    """
    believed = is_confirmed(notice) if believed is None else believed
    may = AT_ONCE
    if not believed:
        may = min(may, max(UNCONFIRMED_A_DAY - await queries.unconfirmed_since(tx, notice.now - DAY), 0))
    settled: dict[int, tuple[int | None, Standing]] = {}
    for matter in sorted(matters, key=lambda each: (each.post_id or 0, each.account_id or 0))[:may]:
        settled[matter.number] = await _open(tx, notice, matter, findings, believed=believed)
    return settled


async def _open(
    tx: Transaction,
    notice: NoticeInHand,
    matter: Matter,
    findings: Mapping[int, Finding | None],
    *,
    believed: bool,
) -> tuple[int | None, Standing]:
    orders = notice["kind"] == Kind.ORDER and believed
    if matter.what is What.ACCOUNT:
        assert matter.account_id is not None  # what an account is named by
        post = await content_queries.read_profile(tx, matter.account_id)
    else:
        assert matter.post_id is not None  # what a post is named by
        post = await content_queries.read_post(tx, matter.post_id)
    if post is None:
        return None, Standing(state=ItemState.GONE, how="author", since=notice.now)
    opened = await take_up(
        tx,
        post,
        findings.get(matter.post_id or 0),
        source_of(notice, believed=believed),
        why=f"notice {notice['reference']}",
    )
    case = await CaseInHand.lock(tx, opened.case_id)
    if case.file.state in _TAKES_NOTES:
        case.take(
            CaseStep.JOIN, f"notice:{notice.id}:{matter.number}", about=notice.id, why=f"notice {notice['reference']}"
        )
        await case.write()
    if orders:
        await carry_out(tx, case)
    if case["verdict"] is not None:
        state = decided_state(case["verdict"], case["measure"], case["decided_by"])
        return case.id, Standing(state=state, how=case["decided_by"] or "", since=case["decided_at"])
    await hurry(tx, case, notice["due_at"])
    hidden = post["hidden_at"] is not None or case.file.hidden
    if hidden and matter.what is What.POST:
        return case.id, Standing(
            state=ItemState.HIDDEN, how="screening", since=post["hidden_at"] or case.file.hidden_at
        )
    return case.id, Standing(state=ItemState.OPEN, since=case["opened_at"])


def source_of(notice: NoticeInHand, *, believed: bool) -> Source:
    """What the author is told of where it came from. An order nobody has confirmed is a notice like any other."""
    if not believed:
        return Source.NOTICE
    return {Kind.ORDER: Source.ORDER, Kind.TRUSTED_FLAGGER: Source.TRUSTED}.get(Kind(notice["kind"]), Source.NOTICE)


async def carry_out(tx: Transaction, case: CaseInHand, *, by: int | None = None) -> None:
    """Take it out of sight as an authority ordered: no jury, no strike, nothing deleted; the appeal goes to the issuer."""
    if case["verdict"] == "remove" and case["measure"] == "remove":
        return
    if case["verdict"] is not None:
        if case.file.state not in (CaseState.APPEALABLE, CaseState.CLOSED):
            return  # before fresh jurors: stewards see to it
        await reopen(tx, case, "an authority ordered it", by=by)
    if case.file.state not in (CaseState.VOTING, CaseState.ESCALATED):
        case.take(CaseStep.ESCALATE, f"order:{case.file.version}", by=by, why="an authority ordered it")
    case.note(source=Source.ORDER.value)
    await decide(
        tx,
        case,
        Verdict.REMOVE,
        by="order",
        measure=Measure.REMOVE,
        ballots=case["ballots"],
        actor=by,
        why="an authority ordered it",
    )


async def hide_until_decided(tx: Transaction, case: CaseInHand, key: str, *, by: int | None = None, why: str) -> None:
    """Take a case out of sight until its jury has decided, as its deadline would have; nothing when it is already."""
    if case.is_undecided and not case.file.overridden:
        case.take(CaseStep.OVERRIDE, key, by=by, why=why)
        await hide_provisionally(tx, case)
        tx.announce("case.overridden", case_id=case.id)
        await case.write()


async def take_up_rest(db: Database, gate: Gate, notice_id: int) -> bool:
    """Open cases for what of a notice waits for them, some at a time; whether any is left that may be. May run twice."""
    while True:
        rows = [row for row in await queries.items(db, notice_id) if row["state"] == ItemState.WAITING]
        if not rows:
            return False
        matters = [matter_of(row) for row in rows][:AT_ONCE]
        findings = await look_at(db, gate, matters)
        async with db.transaction() as tx:
            notice = await NoticeInHand.lock(tx, notice_id)
            still = {row["number"] for row in await queries.items(tx, notice_id) if row["state"] == ItemState.WAITING}
            left = [each for each in matters if each.number in still]
            sure = all(row["is_sure"] for row in rows if row["number"] in still)
            opened = await open_cases(tx, notice, left, findings, believed=sure and is_confirmed(notice))
            for number, (case_id, standing) in opened.items():
                await queries.save_item(tx, notice_id, number, columns_of(case_id, standing, notice.now))
            tx.announce("notice.changed", notice_id=notice_id)
        if not opened:
            return True


def matter_of(row: Row) -> Matter:
    return Matter(number=row["number"], what=What(row["what"]), post_id=row["post_id"], account_id=row["account_id"])


def columns_of(case_id: int | None, standing: Standing, now: datetime) -> dict[str, Any]:
    """What is written down of how an item stands."""
    settled = standing.state not in (ItemState.WAITING, ItemState.OPEN, ItemState.HIDDEN)
    return {
        "case_id": case_id,
        "state": standing.state.value,
        "how": standing.how,
        "since": standing.since,
        "hidden_at": standing.since if standing.state is ItemState.HIDDEN else None,
        "settled_at": now if settled else None,
        "log_entry": standing.log_entry,
    }
