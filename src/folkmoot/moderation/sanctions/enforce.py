"""Carry a verdict out, and undo one: on posts, on their authors, on what becomes of copies. Steps of a decision's deed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.audit import Event as Audit
from folkmoot.database import Database, Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.sanctions import queries, words
from folkmoot.moderation.sanctions.rules import (
    Event,
    Grade,
    Happening,
    Judges,
    Limit,
    Measure,
    Source,
    next_change,
    standing,
    state_reasons,
)
from folkmoot.moderation.sanctions.views import Kind
from folkmoot.moderation.screening import Reason, Stage
from folkmoot.moderation.screening.copies import Fingerprint, fingerprint
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.sessions import end_everything
from folkmoot.network.accounts import queries as accounts
from folkmoot.network.gate import blamed, parts_of
from folkmoot.network.notifications import notify
from folkmoot.network.posts.hold import hide, release

EXCERPT = 200
KIND_OF = {Measure.REMOVE: Kind.REMOVED, Measure.WARN: Kind.WARNED, Measure.LABEL: Kind.LABELLED}
_OURS = "case "
"""How `suspended_why` begins where a verdict led to it: what it ends by itself. Stewards' suspensions are theirs."""
_WARNING = {"en": "Behind a warning by a jury", "de": "Auf Beschluss einer Jury hinter einer Warnung"}


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One post (or profile) a verdict covers, as it was judged."""

    account_id: int
    post_id: int | None
    text: str
    warning: str = ""
    sensitive: bool = False
    written_at: datetime
    was_hidden: bool = False
    judged: bool = True
    """Whether the post says now what was judged; what nobody has read is not let out with it."""
    unchanged: bool = True
    """Whether it is the version the case knows; the warning of a later one is its author's."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, as those need it who carry it out."""

    case_id: int
    measure: Measure
    category: str
    """As screening and the pages know it."""
    rule_id: int | None
    grade: Grade
    source: Source
    found_by_machine: bool
    ballots: int
    sure: float
    at: datetime
    text_hash: str | None = None
    likeness: bytes | None = None
    pictures: tuple[str, ...] = ()
    hidden_by_machine: bool = False
    judges: Judges = Judges.JURY


async def carry_out(tx: Transaction, decision: Decision, texts: Sequence[Text]) -> None:
    """Do to these posts what was decided, and tell their authors. Deletes nothing."""
    for text in texts:
        if text.post_id is not None:
            await _do(tx, decision, text)
    for account_id in sorted({text.account_id for text in texts}):  # in one order: deeds cannot lock each other
        theirs = [text for text in texts if text.account_id == account_id]
        await _tell_author(tx, decision, theirs)


async def _do(tx: Transaction, decision: Decision, text: Text) -> None:
    assert text.post_id is not None
    if decision.measure is Measure.REMOVE:
        await hide(tx, text.post_id, decision.category)
        return
    if decision.measure is Measure.WARN:
        author = await queries.put_warning(tx, text.post_id, _WARNING["en"])
        if author is not None:
            tx.announce("post.changed", post_id=text.post_id, edited=True, account_id=author)
    await _let_out(tx, text)


async def _let_out(tx: Transaction, text: Text) -> None:
    """Let a post be seen (again); one that says something else by now is taken up for what it says."""
    assert text.post_id is not None
    if text.judged:
        await release(tx, text.post_id)
    else:
        tx.defer("moderation.cases.text_changed", post_id=text.post_id)


async def _tell_author(tx: Transaction, decision: Decision, theirs: Sequence[Text]) -> None:
    first = theirs[0]
    author = await queries.author_of(tx, first.account_id)
    if author is None:
        return
    if decision.measure is Measure.KEEP:
        if decision.case_id in {event.case for event in await queries.events_of(tx, first.account_id)}:
            # Judged anew, and otherwise than the first time.
            reversal = Event(what=Happening.REVERSED, case=decision.case_id, at=decision.at)
            await queries.insert_event(tx, first.account_id, reversal, why="judged anew")
            await bring_in_line(tx, first.account_id, await queries.events_of(tx, first.account_id), decision.at)
        restored = [text for text in theirs if text.was_hidden and text.judged]
        if restored:
            await _state(tx, decision, restored[0], Kind.RESTORED, author["locale"], [])
        return
    event = Event(
        what=Happening.DECIDED,
        case=decision.case_id,
        at=decision.at,
        grade=decision.grade,
        posted=first.written_at,
    )
    await queries.insert_event(tx, first.account_id, event)
    record = await queries.events_of(tx, first.account_id)
    for text in theirs:
        await _state(tx, decision, text, KIND_OF[decision.measure], author["locale"], record)
    await bring_in_line(tx, first.account_id, record, decision.at)


async def _state(
    tx: Transaction, decision: Decision, text: Text, kind: Kind, locale: str, record: Sequence[Event]
) -> int:
    """Write a statement of reasons and point its reader to it."""
    rule = await queries.rule(tx, decision.rule_id)
    rule_text = ""
    if rule is not None:
        translations = msgspec.json.decode(rule["translations"], type=dict[str, dict[str, str]])
        rule_text = translations.get(locale, {}).get("text") or rule["text"]
    reasons = state_reasons(
        case=decision.case_id,
        rule=rule["id"] if rule is not None else 0,
        rule_text=rule_text,
        measure=decision.measure,
        events=list(record),
        now=decision.at,
        facts=_excerpt(text.text),
        source=decision.source,
        found_by_machine=decision.found_by_machine,
        ballots=decision.ballots,
        sure=decision.sure,
        decided_at=decision.at,
        hidden_by_machine=decision.hidden_by_machine,
        judges=decision.judges,
    )
    id = new_id()
    await queries.insert_statement(
        tx,
        id,
        text.account_id,
        text.post_id,
        kind,
        locale,
        words.tell(kind, reasons, locale),
        reasons,
        decision.category,
        secrets.token_urlsafe(24),
        decision.at,
    )
    await notify(tx, kind="moderation_warning", to=[text.account_id], from_id=None, about_id=id)
    tx.defer("moderation.sanctions.mail_statement", statement_id=id)
    tx.announce("statement.made", id=id, account_id=text.account_id)
    return id


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"


async def remember(tx: Transaction, decision: Decision) -> None:
    """Copies of what was decided meet the same answer from now on; a few words mean too many things for that."""
    removed = decision.measure is Measure.REMOVE
    if decision.measure in (Measure.WARN, Measure.LABEL):
        return
    reference, verdict = f"case {decision.case_id}", "removed" if removed else "kept"
    found = await queries.finding_in(tx, decision.case_id, decision.text_hash)
    own = Fingerprint(decision.text_hash, decision.likeness)
    marks = [own]
    if found is not None:  # what the verdict is about may stand in a warning, and the text beside it be somebody else's
        texts = parts_of(found["text"], found["part_lengths"])
        because = msgspec.json.decode(found["because"], type=tuple[Reason, ...])
        marks = [fingerprint(text) for text in (blamed(texts, because) if removed else texts)]
        if not marks and all(reason.stage is not Stage.PICTURE for reason in because):
            marks = [own]  # nobody can tell
    if removed:
        await queries.forget_kept(tx, [each.hash for each in marks if each.hash is not None])
    lasting = [(each.hash, each.sketch) for each in marks if each.hash is not None and each.sketch is not None]
    for number, (hash, sketch) in enumerate(lasting):
        name = f"{reference}{'' if removed else ' kept'}{f'/{number}' if number else ''}"  # one text, one name
        await queries.judge_text(tx, hash, sketch, verdict, decision.category, name, decision.at)
    if decision.pictures and decision.text_hash is None and not (removed and lasting):
        await queries.judge_pictures(tx, decision.pictures, removed, decision.category, reference, decision.at)
        if removed:
            tx.defer("moderation.findings.remember_crops_of_case", case_id=decision.case_id)
    tx.announce("screening.changed")


async def undo(tx: Transaction, decision: Decision, texts: Sequence[Text]) -> None:
    """An appeal found otherwise: everything comes back, strikes are void, all who were told are told."""
    for text in texts:
        if text.post_id is not None:
            if text.unchanged:
                author = await queries.take_warning(tx, text.post_id, text.sensitive, text.warning)
                if author is not None:
                    tx.announce("post.changed", post_id=text.post_id, edited=True, account_id=author)
            await _let_out(tx, text)
    for account_id in sorted({text.account_id for text in texts}):
        author_row = await queries.author_of(tx, account_id)
        if author_row is None:
            continue
        await queries.insert_event(
            tx, account_id, Event(what=Happening.REVERSED, case=decision.case_id, at=decision.at), why="appeal"
        )
        record = await queries.events_of(tx, account_id)
        await bring_in_line(tx, account_id, record, decision.at)
        for text in texts:
            if text.account_id == account_id:
                await _state(tx, decision, text, Kind.REVERSED, author_row["locale"], record)


async def say_upheld(tx: Transaction, decision: Decision, texts: Sequence[Text]) -> None:
    """An appeal found the same: its author is told."""
    for text in texts:
        author = await queries.author_of(tx, text.account_id)
        if author is not None:
            await _state(
                tx, decision, text, Kind.UPHELD, author["locale"], await queries.events_of(tx, text.account_id)
            )


async def bring_in_line(tx: Transaction, account_id: int, record: Sequence[Event], now: datetime) -> Limit:
    """Recompute how an account stands, and let or shut it out accordingly. Staff are not shut out by a jury alone."""
    here = standing(record, now)
    if await queries.keep_standing(tx, account_id, here, next_change(record, now), now):
        deed = Deed.SANCTION_ENDED if here.limit is Limit.NONE else Deed.SANCTION_BEGUN
        case = here.because[-1] if here.because else None
        await enter(
            tx,
            deed,
            case=case,
            account=account_id,
            at=now,
            limit=here.limit.value,
            points=here.points,
            until=here.until,
        )
        tx.announce("access.changed", account_id=account_id)  # whoever is signed in publishes under the new limit
    account = await queries.author_of(tx, account_id)
    if account is None or account["closed_at"] is not None:
        return here.limit
    shut = here.limit in (Limit.SUSPENDED, Limit.BANNED)
    ours = account["suspended_at"] is not None and (account["suspended_why"] or "").startswith(_OURS)
    if shut and account["suspended_at"] is None and account["role"] == "member":
        why = f"{_OURS}{here.because[-1]}: {here.limit.value}"
        await accounts.suspend(tx, account_id, None, why, now)
        await end_everything(tx, account_id, now)
        if here.limit is Limit.BANNED:
            await queries.revoke_way_in(tx, account_id, now)
        _say(tx, Audit.ACCOUNT_SUSPENDED, account_id, why=why, until=str(here.until or ""))
    elif shut and ours and here.limit is Limit.BANNED:
        await queries.revoke_way_in(tx, account_id, now)
    elif not shut and ours:
        await accounts.restore(tx, account_id)
        _say(tx, Audit.ACCOUNT_RESTORED, account_id)
    return here.limit


def _say(tx: Transaction, event: Audit, account_id: int, **detail: object) -> None:
    tx.record(event, actor=None, subject=account_id, **detail)
    tx.announce("account.changed", account_id=account_id)
    tx.announce("access.changed", account_id=account_id)


async def end_what_is_over(db: Database, now: datetime, *, limit: int = 100) -> int:
    """Recompute every standing that may have changed by the passing of time; periodic, may run twice."""
    due = await queries.due_standings(db, now, limit)
    for account_id in due:
        async with db.transaction() as tx:
            await queries.author_of(tx, account_id)  # locks it
            await bring_in_line(tx, account_id, await queries.events_of(tx, account_id), now)
    return len(due)
