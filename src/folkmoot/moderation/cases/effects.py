"""What a case does to its posts before and after it is decided. Steps of the deeds in `verdict`, `open` and `alarms`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from folkmoot.database import Row, Transaction
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.cases.clusters import Marks, alike, marks_of, other_texts, say_the_same
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.rules import Severity, chance
from folkmoot.moderation.cases.triage import known_category
from folkmoot.moderation.evidence.keep import Content
from folkmoot.moderation.sanctions.enforce import Decision, Text
from folkmoot.moderation.sanctions.rules import Grade, Judges, Measure, Source, grade_for
from folkmoot.network.posts.hold import hide, release

AT_ONCE = 20
"""Posts that are dealt with in the deciding transaction; a job does the rest."""


async def hide_provisionally(tx: Transaction, case: CaseInHand, post_ids: Sequence[int] | None = None) -> None:
    """Take a case's posts out of sight until it is decided."""
    category = known_category(case["category"])
    if post_ids is None:
        members = await content_queries.members(tx, case.id)
        post_ids = [row["post_id"] for row in members if not row["gone"] and not row["hidden"]]
        if len(post_ids) > AT_ONCE:
            tx.defer("moderation.cases.hide_rest", once=f"hide:{case.id}", case_id=case.id)
    for post_id in sorted(post_ids[:AT_ONCE]):  # in one order, so that deeds cannot lock each other
        await hide(tx, post_id, category)


async def restore_provisionally(tx: Transaction, case: CaseInHand) -> None:
    """Let a case's posts be seen again while it is judged; not what one has become that nobody here has read."""
    for row in await content_queries.members(tx, case.id):
        if row["hidden"] and row["present_version"] == row["version"]:
            await release(tx, row["post_id"])


async def texts_of(tx: Transaction, case: CaseInHand, *, was_hidden: bool) -> list[Text]:
    """What a verdict covers: each member as it was last judged, or the profile."""
    contents = {row["id"]: row for row in await content_queries.contents(tx, case.id)}
    members = {row["content_id"]: row for row in await content_queries.members(tx, case.id)}
    texts = []
    for content_id in members or [case["content_id"]]:
        row = contents.get(content_id)
        if row is not None:
            texts.append(
                Text(
                    account_id=row["account_id"],
                    post_id=row["post_id"],
                    text=row["text"] or row["warning"],
                    warning=row["warning"],
                    sensitive=row["sensitive"],
                    written_at=row["written_at"],
                    was_hidden=was_hidden,
                    judged=_is_judged(case, contents, members.get(content_id), row),
                    unchanged=_is_unchanged(members.get(content_id)),
                )
            )
    return texts


def _is_unchanged(member: Row | None) -> bool:
    """Whether the version a case knows is the present one, or there is none."""
    return member is None or member["gone"] or member["present_version"] == member["version"]


def _is_judged(case: CaseInHand, contents: Mapping[int, Content], member: Row | None, row: Content) -> bool:
    """Whether a post still says what the case's judges read: the same, unchanged, or a copy of it. Not by the hash that is kept of a
    version: of what inherited a verdict that was once the case's own."""
    if member is None or member["gone"]:
        return True
    if not _is_unchanged(member):
        return False
    judged = contents.get(case["content_id"])
    if judged is None or row is judged:
        return row is judged
    if not say_the_same(other_texts(row), other_texts(judged)):
        return False
    pictures = tuple(case["pictures"] or ())
    if row["text"] and row["text"] == judged["text"] and tuple(member["pictures"]) == pictures:
        return True
    mine = marks_of(row["text"], member["pictures"])
    if mine.text_hash is not None and mine.text_hash == case["text_hash"] and mine.pictures == pictures:
        return True
    theirs = Marks(text_hash=case["text_hash"], likeness=case["likeness"], pictures=pictures)
    return alike(mine, theirs) is not None


def decision_of(
    case: CaseInHand,
    *,
    by: str,
    measure: Measure,
    rule_id: int | None,
    ballots: int,
    judges: Judges | None = None,
    hidden_by_machine: bool = False,
) -> Decision:
    """What was decided, as those need it who carry it out."""
    grade = grade_for(Severity(case["severity"]), life_at_risk=case.file.life_at_risk)
    if by in ("clock", "order") or measure is Measure.LABEL:
        grade = Grade.NOTE
    found = bool(msgspec.json.decode(case["because"]))
    return Decision(
        case_id=case.id,
        measure=measure,
        category=known_category(case["category"]),
        rule_id=rule_id,
        grade=grade,
        source=Source(case["source"]),
        found_by_machine=found and case["source"] == "own",
        ballots=ballots,
        sure=chance(case["belief"]),
        at=case.now,
        text_hash=case["text_hash"],
        likeness=case["likeness"],
        pictures=tuple(case["pictures"] or ()),
        hidden_by_machine=found and case["source"] != "own" and hidden_by_machine,
        judges=Judges(by) if judges is None else judges,
    )
