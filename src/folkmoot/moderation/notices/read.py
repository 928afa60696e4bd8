"""Look at notices: what is due when, one with everything, and what its sender may see."""

from __future__ import annotations

from collections.abc import Collection

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.mail import find_mails, is_configured
from folkmoot.moderation.notices import letter_queries, queries, sender_queries
from folkmoot.moderation.notices.rules import Kind, Trust
from folkmoot.moderation.notices.states import RUNNING, ItemState, State, Step, What
from folkmoot.moderation.notices.views import (
    EventView,
    ItemView,
    LetterView,
    NoticeLine,
    NoticeView,
    SenderRecord,
    SenderView,
    Shown,
    ShownItem,
    ShownLetter,
    TimerView,
)
from folkmoot.moderation.notices.write import has_proof
from folkmoot.moderation.notices.write_down import LETTER
from folkmoot.moderation.transparency.log.entry import Subjects
from folkmoot.moderation.transparency.log.proofs import Proof
from folkmoot.moderation.transparency.log.read import entries_about, prove
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.settings import Settings

MOST = 200
ON_BOARD = 10


async def on_board(db: Database, steward: Viewer) -> list[NoticeLine]:
    """The notices somebody waits for, what is due first at the head. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    return [line(row) for row in await queries.running(db, ON_BOARD)]


async def list_notices(
    db: Database,
    steward: Viewer,
    *,
    states: Collection[State] = (),
    sender: str | None = None,
    before: int | None = None,
    limit: int = 40,
) -> list[NoticeLine]:
    """Notices, newest first; of those that run, what is due first. Raises Forbidden."""
    steward.check_role(Role.STEWARD)
    if set(states) == {State.RECEIVED, State.OPEN, State.INTERIM} and before is None and sender is None:
        return [line(row) for row in await queries.running(db, min(limit, MOST))]
    found = await queries.listing(
        db, states=[state.value for state in states], sender=sender, before=before, limit=min(limit, MOST)
    )
    return [line(row) for row in found]


async def get_notice(db: Database, settings: Settings, steward: Viewer, id: int) -> NoticeView:
    """A notice with its items, letters, clocks and what happened. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    row = await queries.line(db, id)
    if row is None:
        raise Missing
    known = await sender_queries.find_sender(db, row["sender_id"]) if row["sender_id"] is not None else None
    record = await sender_queries.record_of(db, row["sender_address"], row["sender_id"])
    return NoticeView(
        line=line(row),
        door=row["door"],
        form=row["form"],
        language=row["language"],
        sender_id=row["sender_id"],
        sender_address=row["sender_address"],
        sender_name=row["sender_name"],
        organisation=row["organisation"],
        category=row["category"],
        law=row["law"],
        deadline_at=row["deadline_at"],
        deadline_words=row["deadline_words"],
        deadline_zone=row["deadline_zone"],
        deadline_sure=row["deadline_sure"],
        token=row["token"],
        log_entry=row["log_entry"],
        items=tuple(_item(each) for each in await queries.items(db, id)),
        letters=await _letters(db, settings, id),
        events=tuple(_event(each) for each in await queries.events(db, id)),
        timers=tuple(
            TimerView(kind=each["kind"].partition(":")[0], due_at=each["due_at"], done_at=each["done_at"])
            for each in await queries.timers(db, id)
        ),
        sender=sender_view(known) if known is not None else None,
        record=SenderRecord(**{name: record[name] for name in SenderRecord.__struct_fields__}),
    )


async def find_id(db: Database, text: str) -> int:
    """The notice of a number or of our reference. Raises Missing."""
    row = await queries.find_by_reference(db, text.strip().upper())
    if row is None and text.isascii() and text.isdigit() and len(text) <= 19:
        row = await queries.find_notice(db, int(text))
    if row is None:
        raise Missing("There is no notice {text}.", text=text)
    return int(row["id"])


async def shown(db: Database, token: str) -> Shown:
    """What a sender sees who has the private address. Raises Missing."""
    row = await queries.find_by_token(db, token)
    if row is None:
        raise Missing
    return await _shown(db, row)


async def shown_by_key(db: Database, sender_id: int, id: int) -> Shown:
    """The same for whoever sent it with this key. Raises Missing."""
    row = await queries.find_notice(db, id)
    if row is None or row["sender_id"] != sender_id:
        raise Missing
    return await _shown(db, row)


async def _shown(db: Database, row: Row) -> Shown:
    return Shown(
        reference=row["reference"],
        state=State(row["state"]),
        kind=Kind(row["kind"]),
        subject=row["subject"],
        received_at=row["received_at"],
        due_at=row["due_at"],
        met_at=row["met_at"],
        answered_at=row["answered_at"],
        is_overdue=row["met_at"] is None and row["due_at"] < clock.now() and State(row["state"]) in RUNNING,
        items=tuple(_shown_item(each) for each in await queries.items(db, row["id"])),
        letters=tuple(
            ShownLetter(kind=each["kind"], subject=each["subject"], text=each["text"], at=each["at"])
            for each in await letter_queries.letters(db, row["id"])
            if each["direction"] == "out"
        ),
    )


def _shown_item(row: Row) -> ShownItem:
    return ShownItem(
        number=row["number"],
        address=row["written"],
        state=ItemState(row["state"]),
        how="" if row["state"] == ItemState.NOT_FOUND else row["how"],
        since=row["since"],
        has_proof=has_proof(row),
    )


async def proof_of(db: Database, token: str, number: int) -> tuple[str, Proof]:
    """The proof from the public log of an item of this notice, or with 0 of the notice itself; and what to call it.

    It says what its pseudonyms stand for, and can be checked without us. Raises Missing, also for the seconds until an
    entry is in the log.
    """
    row = await queries.find_by_token(db, token)
    if row is None:
        raise Missing
    if number == 0:
        return f"{row['reference']}-notice", await _proof(db, "notice", row["id"], {"notice.received"})
    item = next((each for each in await queries.items(db, row["id"]) if each["number"] == number), None)
    if item is None or not has_proof(item):
        raise Missing
    if item["state"] == ItemState.GONE:
        return f"{row['reference']}-{number}", await _proof(db, "post", item["post_id"], {"post.withdrawn"})
    decided = {"case.decided", "appeal.reversed", "appeal.upheld"}
    return f"{row['reference']}-{number}", await _proof(db, "case", item["case_id"], decided)


async def _proof(db: Database, kind: str, id: int, deeds: set[str]) -> Proof:
    entries = [each for each in await entries_about(db, kind, id) if each.deed in deeds and each.place is not None]
    if not entries or entries[-1].place is None:
        raise Missing("The public log does not have it yet; please try again in a minute.")
    return await prove(db, entries[-1].place, tells=Subjects(**{kind: id}))


async def raw_letter(db: Database, steward: Viewer, notice_id: int, letter_id: int) -> bytes:
    """A letter as it came. Raises Forbidden, Missing also when its time is over, Unavailable with a foreign master key."""
    steward.check_role(Role.STEWARD)
    found = await letter_queries.raw_letter(db, notice_id, letter_id)
    if found is None:
        raise Missing
    return db.vault.unseal(LETTER, bytes(found))


def line(row: Row) -> NoticeLine:
    return NoticeLine(
        id=row["id"],
        reference=row["reference"],
        state=State(row["state"]),
        kind=Kind(row["kind"]),
        trust=Trust(row["trust"]),
        sender=row["known_name"] or row["organisation"] or row["sender_name"] or row["sender_address"],
        subject=row["subject"],
        received_at=row["received_at"],
        due_at=row["due_at"],
        met_at=row["met_at"],
        answered_at=row["answered_at"],
        confirmed_at=row["confirmed_at"],
        taken_by=row["taken_by"],
        taken_name=row["taken_name"],
        items=row["items"],
        unsettled=row["unsettled"],
        in_sight=row["in_sight"],
        doubts=tuple(row["doubts"]),
    )


def _item(row: Row) -> ItemView:
    names = [name for name in ItemView.__struct_fields__ if name not in ("what", "state")]
    return ItemView(what=What(row["what"]), state=ItemState(row["state"]), **{name: row[name] for name in names})


async def _letters(db: Database, settings: Settings, notice_id: int) -> tuple[LetterView, ...]:
    rows = await letter_queries.letters(db, notice_id)
    mails = {mail.id: mail for mail in await find_mails(db, [row["mail_id"] for row in rows if row["mail_id"]])}
    configured = is_configured(settings)
    views = []
    for row in rows:
        mail = mails.get(row["mail_id"])
        views.append(
            LetterView(
                id=row["id"],
                direction=row["direction"],
                kind=row["kind"],
                address=row["address"],
                subject=row["subject"],
                text=row["text"],
                at=row["at"],
                by_name=row["by_name"],
                delivery=mail.state(configured).value if mail is not None else None,
                delivery_why=mail.why if mail is not None else "",
                raw_bytes=row["raw_bytes"],
            )
        )
    return tuple(views)


def _event(row: Row) -> EventView:
    return EventView(
        number=row["number"],
        step=Step(row["step"]),
        by_id=row["by_id"],
        by_name=row["by_name"],
        why=row["why"],
        at=row["at"],
    )


def sender_view(row: Row) -> SenderView:
    keys = set(row.keys())
    return SenderView(
        id=row["id"],
        name=row["name"],
        kind=Kind(row["kind"]),
        address=row["address"],
        has_key=row["key_hash"] is not None or row["public_key"] is not None,
        trusted_at=row["trusted_at"],
        note=row["note"],
        warned_at=row["warned_at"],
        warned_why=row["warned_why"],
        suspended_at=row["suspended_at"],
        suspended_why=row["suspended_why"],
        created_at=row["created_at"],
        notices=row["notices"] if "notices" in keys else 0,
        refused=row["refused"] if "refused" in keys else 0,
    )
