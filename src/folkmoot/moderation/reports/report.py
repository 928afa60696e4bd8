"""Report a post, or a profile, with an account or without one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from folkmoot import clock
from folkmoot.database import Row, Transaction
from folkmoot.errors import Missing, TooMany
from folkmoot.ids import new_id
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.cases import queries as cases
from folkmoot.moderation.cases.alarms import sound
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.open import Opened, hear_reports, is_before_a_jury, look, take_up
from folkmoot.moderation.reports import letters, queries, rules
from folkmoot.moderation.reports.views import Category, Receipt, ReportView
from folkmoot.moderation.sanctions.rules import Source
from folkmoot.moderation.screening import Finding
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.desk import Desk

DAY = timedelta(days=1)


async def report(
    desk: Desk,
    viewer: Viewer,
    *,
    account_id: int,
    post_ids: Sequence[int] = (),
    category: Category = Category.OTHER,
    rule_ids: Sequence[int] = (),
    comment: str = "",
    life_at_risk: bool = False,
) -> ReportView:
    """Object to posts of an account, or without any to its profile. Each post's case is opened or joined at once.

    The same report again answers with the first one. `life_at_risk` raises an alarm with the stewards besides. Raises
    Missing for what the viewer may not see, and the errors of `rules`.
    """
    comment = rules.check_report(comment, post_ids)
    posts = sorted(set(post_ids))
    if not life_at_risk and (same := await queries.same_report(desk.db, viewer.account_id, account_id, posts)):
        return queries.view(same)
    for post_id in posts:
        await _check_seen(desk, viewer, account_id, post_id)
    if not posts and not await queries.account_exists(desk.db, account_id):
        raise Missing
    row = {
        "reporter_id": viewer.account_id,
        "account_id": account_id,
        "posts": posts,
        "category": category.value,
        "rule_ids": sorted(set(rule_ids)),
        "comment": comment,
    }
    return await _object(desk, row, posts, Source.REPORT, via="report", alarm=comment if life_at_risk else None)


async def _check_seen(desk: Desk, viewer: Viewer, account_id: int, post_id: int) -> None:
    """Raise unless the viewer may see the post, or has seen it before its author deleted it or a case hid it."""
    post = await desk.find(viewer, post_id)
    if post is not None:
        if post.account_id != account_id:
            raise rules.NotTheirPost(field="post_ids")
        return
    known = await cases.case_of_post(desk.db, post_id)
    if known is None or known["account_id"] != account_id:
        raise Missing


async def report_by_form(
    desk: Desk,
    *,
    address_of_post: str,
    reasons: str,
    name: str,
    email: str,
    is_exempt: bool,
    good_faith: bool,
    address: str,
    life_at_risk: bool = False,
    locale: str = "en",
) -> Receipt:
    """Object without an account, as Art. 16 of the Digital Services Act has it.

    `is_exempt` says that it is about the abuse of children, where nobody need give name and mail. `address` is that of
    the network connection, for limits. Raises Invalid with the field that is missing, NotOurs, and TooMany.
    """
    post_id = rules.post_in(address_of_post, desk.settings.domain)
    reasons, name, email = rules.check_form(reasons, name, email, is_exempt=is_exempt, good_faith=good_faith)
    post = await desk.find(None, post_id)
    known = await cases.case_of_post(desk.db, post_id)
    if post is None and known is None:
        raise rules.NotOurs(field="address_of_post")
    token = secrets.token_urlsafe(24)
    row = {
        "account_id": post.account_id if post is not None else known["account_id"] if known else 0,
        "posts": [post_id],
        "category": Category.LEGAL.value,
        "comment": reasons,
        "name": name or None,
        "email": email or None,
        "is_exempt": is_exempt,
        "locale": locale,
        "receipt_hash": digest(token),
        "origin": hashlib.sha256(f"folkmoot report {address}".encode()).hexdigest()[:32],
    }
    alarm = reasons if life_at_risk else None
    made = await _object(desk, row, [post_id], Source.NOTICE, via="form", alarm=alarm, token=token)
    return Receipt(report=made, token=token)


def digest(token: str) -> bytes:
    """What is kept of a receipt's word."""
    return hashlib.sha256(token.encode()).digest()


async def _object(
    desk: Desk,
    row: dict[str, object],
    posts: Sequence[int],
    source: Source,
    *,
    via: str,
    alarm: str | None,
    token: str = "",
) -> ReportView:
    """Write a report down and bring what it is about before a jury, all in one deed."""
    findings = {post_id: await _look_once(desk, post_id) for post_id in posts}
    now, report_id = clock.now(), new_id()
    async with desk.db.transaction() as tx:
        reporter = row.get("reporter_id")
        reporter_id = reporter if isinstance(reporter, int) else None
        most = rules.A_DAY if reporter_id is not None else rules.BY_FORM_A_DAY
        if await queries.count_since(tx, reporter_id, str(row.get("origin", "")), now - DAY) >= most:
            raise TooMany(
                "You have reported very much today; please write to those who run the network.", retry_after=3_600
            )
        await queries.insert(tx, {"id": report_id, "created_at": now} | row)
        outcomes: list[str | None] = []
        about: list[int | None] = [*posts] or [None]
        for post_id in about:
            opened = await _belongs(tx, post_id, int(str(row["account_id"])), findings.get(post_id or 0), source, row)
            outcome = "refused" if opened.kept else "upheld" if opened.removed else None
            outcomes.append(None if alarm is not None else outcome)
            await queries.link(tx, opened.case_id, report_id, post_id, reporter_id, outcomes[-1])
            if alarm is not None:
                case = await CaseInHand.lock(tx, opened.case_id)
                await sound(tx, case, by=reporter_id, via=via, why=alarm)
                await hear_reports(tx, case)
                await case.write()
            elif opened.is_new:
                case = await CaseInHand.lock(tx, opened.case_id)
                await hear_reports(tx, case)
                await case.write()
            elif outcome is None:
                tx.defer("moderation.cases.reweigh", once=f"reweigh:{opened.case_id}", case_id=opened.case_id)
        if token and row.get("email"):
            await letters.send_receipt(
                tx,
                desk.settings,
                report_id=report_id,
                to=str(row["email"]),
                token=token,
                about=f"{desk.settings.base_url}/posts/{posts[0]}",
                locale=str(row["locale"]),
            )
        if None not in outcomes:
            await queries.answer(tx, report_id, "upheld" if "upheld" in outcomes else "refused", now)
            if token:
                tx.defer("moderation.reports.mail_outcome", report_id=report_id)
        tx.announce("report.made", id=report_id)
        made = await queries.find(tx, report_id)
    assert made is not None  # written above
    return queries.view(made)


async def _look_once(desk: Desk, post_id: int) -> Finding | None:
    """What screening says of a post, unless it is before a jury already: of ten thousand reports one asks."""
    known = await cases.case_of_post(desk.db, post_id)
    return None if is_before_a_jury(known) else await look(desk.db, desk.gate, post_id)


async def _belongs(
    tx: Transaction,
    post_id: int | None,
    account_id: int,
    finding: Finding | None,
    source: Source,
    row: dict[str, object],
) -> Opened:
    post: Row | None
    if post_id is None:
        post = await content_queries.read_profile(tx, account_id)
    else:
        # Without a lock: of ten thousand reports on one post only the first has anything to wait for.
        known = await cases.case_of_post(tx, post_id)
        post = await content_queries.read_post(tx, post_id)
        if known is not None and (
            post is None or (known["decided_at"] is None and known["version"] == post["version"])
        ):
            return Opened(known["id"], removed=known["verdict"] == "remove", kept=known["verdict"] == "keep")
    if post is None:
        raise Missing
    return await take_up(tx, post, finding, source, said=str(row["category"]))
