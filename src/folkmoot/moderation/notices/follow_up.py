"""Another letter about a notice: it finds its thread, and what it names or says of the time is heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from folkmoot.database import Transaction
from folkmoot.moderation.notices import letter_queries, queries, rules
from folkmoot.moderation.notices.clocks import set_clock
from folkmoot.moderation.notices.find import Target, standing
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.reading import Reading
from folkmoot.moderation.notices.rules import Kind, Trust
from folkmoot.moderation.notices.states import State, Step, What
from folkmoot.moderation.notices.take_up import is_confirmed
from folkmoot.moderation.notices.write import settle
from folkmoot.moderation.notices.write_down import keep_letter, write_items
from folkmoot.moderation.screening import Finding
from folkmoot.network.notifications import notify
from folkmoot.settings import Settings

MACHINES = ("bounce", "auto_reply")
"""What machines send back: kept, and never answered."""


async def thread_of(tx: Transaction, reading: Reading) -> int | None:
    """The notice a letter is about: by what it answers, by the reference in its subject, or as the same letter resent."""
    answered = [each for each in (reading.in_reply_to, *reading.references, reading.message_id) if each]
    if answered and (found := await letter_queries.thread_of(tx, answered)) is not None:
        return found
    for reference in rules.references_in(reading.subject):
        row = await queries.find_by_reference(tx, reference)
        if row is not None:
            return int(row["id"])
    return None


async def follow_up(
    tx: Transaction,
    settings: Settings,
    notice_id: int,
    raw: bytes,
    reading: Reading,
    targets: Sequence[Target],
    findings: Mapping[int, Finding | None],
    trust: Trust,
) -> NoticeInHand:
    """Put a letter to its notice. What it names besides is looked at as well; what it says of the time, a steward reads."""
    notice = await NoticeInHand.lock(tx, notice_id)
    automatic = reading.intent in MACHINES
    await keep_letter(tx, notice, "auto_reply" if automatic else "follow_up", raw, reading)
    notice.take(Step.FOLLOW_UP)
    if not automatic:
        await _hear(tx, settings, notice, reading, targets, findings, trust)
    staff = [notice["taken_by"]] if notice["taken_by"] else [row["id"] for row in await queries.staff(tx)]
    await notify(tx, kind="notice", to=staff, from_id=None, about_id=notice.id)
    await notice.write()
    return notice


async def _hear(
    tx: Transaction,
    settings: Settings,
    notice: NoticeInHand,
    reading: Reading,
    targets: Sequence[Target],
    findings: Mapping[int, Finding | None],
    trust: Trust,
) -> None:
    rows = await queries.items(tx, notice.id)
    known = {(row["what"], row["account_id"] if row["what"] == What.ACCOUNT else row["post_id"]) for row in rows}
    fresh = [
        target
        for target in targets
        if target.what is not What.UNKNOWN and target.key not in known  # what led nowhere leads nowhere still
    ]
    doubts = [*notice["doubts"]]
    if reading.deadline is not None and reading.deadline.moment != notice["deadline_at"]:
        doubts.append("another_deadline")
        same_sender = reading.sender.address.lower() == notice["sender_address"]
        if reading.deadline.sure and same_sender and notice.now < reading.deadline.moment < notice["due_at"]:
            notice.note(
                deadline_at=reading.deadline.moment,
                deadline_words=reading.deadline.words[:500],
                deadline_zone=reading.deadline.zone[:100],
                deadline_sure=True,
                due_at=reading.deadline.moment,
            )
    if fresh and notice.file.state is not State.REFUSED:
        _run_again(notice, await queries.clocks(tx))
        first = len(rows) + 1
        # Whoever knows a reference can quote it: a later letter is believed as far as its own sender is.
        believed = trust.is_confirmed and is_confirmed(notice)
        standings = [standing(target, confirmed=believed) for target in fresh]
        await write_items(tx, notice, fresh, standings, findings, first=first, believed=believed)
    notice.note(doubts=list(dict.fromkeys(doubts)))
    if notice.file.state in (State.OPEN, State.INTERIM):
        await set_clock(tx, notice)
        await settle(tx, settings, notice)


def _run_again(notice: NoticeInHand, clocks: Sequence[rules.Clock]) -> None:
    """More was named: an answered notice opens again with a clock of its own."""
    if notice.file.state in (State.ANSWERED, State.INTERIM):
        if notice.file.state is State.ANSWERED:
            row = rules.find_clock(clocks, Kind(notice["kind"]), notice["sender_address"])
            notice.note(due_at=rules.due_at(row, notice.now, None, holds=False), deadline_at=None, deadline_sure=False)
        notice.take(Step.REOPEN, why="more was named")
