"""Open a case, or join the one there is: by report, by finding, by a steward; and note what its author changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.moderation.cases import content_queries, learned_queries, queries, timer_queries
from folkmoot.moderation.cases.clusters import Marks, alike, marks_of, other_texts, say_the_same
from folkmoot.moderation.cases.effects import hide_provisionally
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.juries import seats_wanted
from folkmoot.moderation.cases.leave import take_along
from folkmoot.moderation.cases.priority import default_at
from folkmoot.moderation.cases.rules import should_hide
from folkmoot.moderation.cases.seats import end_seats
from folkmoot.moderation.cases.states import State, Step
from folkmoot.moderation.cases.triage import (
    GRAVE,
    category_of,
    policy_of,
    prior_of,
    reach_of,
    score_of,
    severity_of,
)
from folkmoot.moderation.cases.verdict import enforce_on_copy, settle_reports
from folkmoot.moderation.sanctions import queries as sanctions
from folkmoot.moderation.sanctions.rules import Immunity, Source, is_immune
from folkmoot.moderation.sanctions.views import Kind
from folkmoot.moderation.screening import Category, Finding, Outcome, Reason, Stage, Words
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.gate import Gate, among_few
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.hold import release


class Opened(msgspec.Struct, frozen=True):
    """Where something belongs."""

    case_id: int
    is_new: bool = False
    kept: bool = False
    """A jury has kept this very version; nobody is asked again."""
    removed: bool = False
    """It is out of sight by a verdict already."""


async def open_as_steward(desk: Desk, steward: Viewer, post_id: int, why: str) -> int:
    """Bring a post before a jury; the case's id, also when it was before one already. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    finding = await look(desk.db, desk.gate, post_id)
    async with desk.db.transaction() as tx:
        post = await content_queries.read_post(tx, post_id)
        if post is None:
            raise Missing
        opened = await take_up(tx, post, finding, Source.OWN, by=steward.actor, why=why)
        tx.record(Event.CASE_OPENED, actor=steward.actor, subject=opened.case_id, why=why, **steward.traces)
    return opened.case_id


def is_before_a_jury(known: Row | None) -> bool:
    """Whether a post is before a jury as it stands, by what `queries.case_of_post` says of it: then nobody asks screening again."""
    return known is not None and known["decided_at"] is None and known["version"] == known["present_version"]


async def look(db: Database, gate: Gate, post_id: int) -> Finding | None:
    """What screening says of a post as it stands. Takes a while, hence before the transaction."""
    post = await content_queries.read_post(db, post_id)
    if post is None:
        return None
    words = Words(
        text=post["text"],
        more=other_texts(post),
        language=post["language"],
        reply_to=post["reply_to"],
        pictures=tuple(post["pictures"]),
    )
    return await gate.look(words, letter=post["visibility"] == "direct", again=True)


async def open_found(db: Database, finding_id: int) -> None:
    """Take up what screening held or doubted; a job, which may run twice."""
    async with db.transaction() as tx:
        found = await queries.finding_of(tx, finding_id)
        if found is not None and found["case_id"] is None and found["decision"] is None:
            await take_up_found(tx, found)


async def take_up_found(tx: Transaction, found: Row) -> int | None:
    """The step of it: the case a finding belongs to. None for a profile, and for what was deleted before anybody saw it."""
    if found["part"] != "post":
        return None
    post = await content_queries.read_post(tx, found["post_id"])
    if post is None:
        return None
    finding = Finding(
        outcome=Outcome(found["outcome"]),
        category=Category(found["category"]) if found["category"] else None,
        probability=found["probability"],
        categories=msgspec.json.decode(found["categories"], type=dict[Category, float]),
        because=msgspec.json.decode(found["because"], type=tuple[Reason, ...]),
        versions=msgspec.json.decode(found["versions"]),
    )
    reference = _judged_case(finding)
    if reference is not None and await queries.find_case(tx, reference) is not None:
        case = await CaseInHand.lock(tx, reference)
        stands = case["verdict"] == "remove" and case.file.state in (State.APPEALABLE, State.CLOSED, State.UPHELD)
        if stands and case["erased_at"] is None:  # nothing may be kept where everything has been destroyed
            await _inherit(tx, case, post)
            await queries.link_finding(tx, found["id"], reference)
            return reference
    opened = await take_up(tx, post, finding, Source.OWN)
    await queries.link_finding(tx, found["id"], opened.case_id)
    return opened.case_id


def _judged_case(finding: Finding) -> int | None:
    """The case of which this is a copy, if screening says it is one."""
    for reason in finding.because:
        kind, _, number = reason.name.partition("/")[0].partition(" ")
        if reason.stage in (Stage.COPY, Stage.PICTURE) and kind == "case" and number.isdigit():
            return int(number)
    return None


async def _inherit(tx: Transaction, case: CaseInHand, post: Row) -> None:
    """The verdict on one is the verdict on its copy: no second jury, and the author can appeal like the first."""
    content_id = await _keep_newer(tx, case, post, marks_of(post["text"], post["pictures"]), "inherited")
    if case.file.state is State.APPEALABLE:
        case.take(Step.JOIN, f"copy:{post['id']}:{post['version']}", about=content_id, why="inherited")
        await case.write()
    await enforce_on_copy(tx, case, post["id"])


async def take_up(
    tx: Transaction,
    post: Row,
    finding: Finding | None,
    source: Source,
    *,
    by: int | None = None,
    why: str = "",
    said: str = "",
) -> Opened:
    """Find the case a post (or profile) belongs to, or open one. A step of reporting and of screening."""
    marks = marks_of(post["text"], post["pictures"])
    await _take_turn(tx, post, marks)
    earlier = await (
        queries.case_of_post(tx, post["id"])
        if post["id"] is not None
        else queries.case_of_profile(tx, post["account_id"])
    )
    if earlier is not None:
        same = (
            earlier["version"] == post["version"] if post["id"] is not None else earlier["text_hash"] == marks.text_hash
        )
        if earlier["decided_at"] is None:
            return Opened(earlier["id"]) if same else await note_edit(tx, earlier["id"], post, finding)
        if earlier["verdict"] == "remove" and same:
            return Opened(earlier["id"], removed=True)
        immunity = Immunity(earlier["version"], earlier["decided_at"]) if earlier["verdict"] == "keep" else None
        if (
            same
            and earlier["decided_by"] not in ("clock", "order")
            and is_immune(immunity, earlier["version"], clock.now())
        ):
            return Opened(earlier["id"], kept=True)
    if post["id"] is not None:
        for other in await queries.cases_alike(tx, marks.bands):
            theirs = Marks(
                text_hash=other["text_hash"], likeness=other["likeness"], pictures=tuple(other["pictures"] or ())
            )
            if (found := alike(marks, theirs)) and await _says_the_same(tx, other["content_id"], post):
                joined = await _join(tx, other["id"], other["content_id"], post, marks, found)
                if joined is not None:
                    return joined
    return Opened(await _open(tx, post, marks, finding, source, by=by, why=why, said=said), is_new=True)


async def _take_turn(tx: Transaction, post: Row, marks: Marks) -> None:
    """Wait for whoever finds a case for the same words, or the same post; before any case is held."""
    about = f"post {post['id']}" if post["id"] is not None else f"profile {post['account_id']}"
    await queries.one_at_a_time(tx, marks.text_hash if marks.likeness is not None and marks.text_hash else about)


async def _says_the_same(tx: Transaction, content_id: int | None, post: Row) -> bool:
    """Whether a post has the warning, alt texts and poll options of this version."""
    judged = await content_queries.content(tx, content_id)
    return judged is not None and say_the_same(other_texts(post), other_texts(judged))


async def _likeness(tx: Transaction, case: CaseInHand, post: Row, marks: Marks) -> str | None:
    """How a post is a copy of what the case is about; None when it is none, or says something else beside it."""
    theirs = Marks(text_hash=case["text_hash"], likeness=case["likeness"], pictures=tuple(case["pictures"] or ()))
    found = alike(marks, theirs)
    return found if found and await _says_the_same(tx, case["content_id"], post) else None


def _is_only_held(case: CaseInHand, post: Row) -> bool:
    """Whether a copy is out of sight and its case is not. It is judged by itself: the case's clock would let it out, and hiding the
    case with it would let anybody hide a post with a worse one like it."""
    return post["hidden_at"] is not None and not case.file.hidden


async def _join(tx: Transaction, case_id: int, as_it_was: int, post: Row, marks: Marks, why: str) -> Opened | None:
    """Put a copy under the case; None when that has been decided, or is about another version, meanwhile."""
    case = await CaseInHand.lock(tx, case_id)
    if not case.is_undecided or case["content_id"] != as_it_was or _is_only_held(case, post):
        return None
    if await content_queries.member_version(tx, case_id, post["id"]) == post["version"]:
        return Opened(case_id)
    content_id = await _keep_newer(tx, case, post, marks, why)
    await content_queries.keep_parties(tx, case_id, [post["account_id"]], "author")
    await content_queries.keep_parties(tx, case_id, post["mentioned"], "mentioned")
    case.take(
        Step.JOIN, f"copy:{post['id']}:{case.file.version}", about=content_id, why=why
    )  # who has left may come back
    case.note(reach=case["reach"] + _reach(post))
    if case.file.hidden:
        await hide_provisionally(tx, case, [post["id"]])
    await case.write()
    return Opened(case_id)


def _reach(post: Row) -> float:
    hours_old = (clock.now() - post["created_at"]).total_seconds() / 3600
    return reach_of(post["followers_count"], post["boosts_count"], hours_old)


async def _open(
    tx: Transaction,
    post: Row,
    marks: Marks,
    finding: Finding | None,
    source: Source,
    *,
    by: int | None,
    why: str,
    said: str,
) -> int:
    now, case_id, content_id = clock.now(), new_id(), new_id()
    calibration, _, wait = await learned_queries.learned(tx)
    category = category_of(finding, said)
    severity = severity_of(category)
    policy = policy_of(severity)
    score = score_of(finding)
    prior = prior_of(calibration, score, ())
    row = {
        "id": case_id,
        "state": State.RECEIVED.value,
        "version": 0,
        "severity": severity.value,
        "category": category,
        "account_id": post["account_id"],
        "content_id": content_id,
        "text_hash": marks.text_hash,
        "likeness": marks.likeness,
        "pictures": list(marks.pictures),
        "bands": list(marks.bands),
        "score": score,
        "because": msgspec.json.encode(finding.because if finding else ()).decode(),
        "prior": prior,
        "belief": prior,
        "reach": _reach(post),
        "target_at": now + timedelta(hours=policy.target_hours),
        "source": source.value,
        "opened_at": now,
    }
    await queries.insert_case(tx, row)
    await content_queries.keep_content(tx, content_id, case_id, post, post["version"], marks.text_hash, now)
    if post["id"] is not None:
        await content_queries.keep_member(
            tx, case_id, post["id"], post["account_id"], post["version"], content_id, "first", now
        )
    await content_queries.keep_parties(tx, case_id, [post["account_id"]], "author")
    if post["mentioned"]:
        await content_queries.keep_parties(tx, case_id, post["mentioned"], "mentioned")
    await timer_queries.set_timer(tx, case_id, "default", default_at(now, policy))
    case = await CaseInHand.lock(tx, case_id)
    case.take(Step.OPEN, "first", by=by, about=content_id, why=why)
    held = post["hidden_at"] is not None
    hides = held or should_hide(prior, policy, wait, hidden=False)
    if hides:
        case.take(Step.HIDE, "first", why="held by screening" if held else "probably breaks the rules")
    case.take(Step.TRIAGE, "first")
    case.take(Step.EMPANEL, "first")
    case.note(seats_free=seats_wanted(prior, 0, policy))
    await case.write()
    if hides and not held and post["id"] is not None:
        await hide_provisionally(tx, case, [post["id"]])
    return case_id


# What comes later ---------------------------------------------------------------------------------------------------


async def reweigh(db: Database, case_id: int) -> None:
    """Take note of new reports: the prior, the place in the queue, and whom jurors must not know. May run twice."""
    more = True
    while more:
        async with db.transaction() as tx:
            case = await CaseInHand.lock(tx, case_id)
            more = await hear_reports(tx, case)
            await case.write()


async def hear_reports(tx: Transaction, case: CaseInHand) -> bool:
    """The step of it; whether there may be more."""
    fresh = await queries.join_reports(tx, case.id, case.now)
    if not fresh:
        return False
    may_join = case.file.state not in (State.UPHELD, State.REVERSED, State.CLOSED)
    for row in sorted(fresh, key=lambda row: row["report_id"]):
        if may_join:
            # A report follows its post out of a case and may come back with it.
            case.take(Step.JOIN, f"report:{row['report_id']}:{case.file.version}", about=row["report_id"])
    who = [row["reporter_id"] for row in fresh if row["reporter_id"] is not None]
    if who and case.file.reports <= content_queries.MOST_PARTIES:
        await content_queries.keep_parties(tx, case.id, who, "reporter")
    await _weigh_reports(tx, case)
    if case["verdict"] is not None:
        await settle_reports(tx, case)
    return len(fresh) == 1000


async def _weigh_reports(tx: Transaction, case: CaseInHand) -> None:
    """Believe what those who reported it, and stewards, make of an undecided case."""
    if case.is_undecided and case.file.state is not State.ESCALATED:
        calibration, _, wait = await learned_queries.learned(tx)
        stewards = [row["verdict"] == "remove" for row in await queries.votes(tx, case.id, case["round"])]
        prior = prior_of(calibration, case["score"], await queries.reporters(tx, case.id), stewards)
        moved = prior - case["prior"]
        case.note(prior=prior, belief=case["belief"] + moved)
        if not case.file.hidden and should_hide(case["belief"], case.policy, wait, hidden=False):
            case.take(Step.HIDE, f"prior:{case.file.version}", why="probably breaks the rules")
            await hide_provisionally(tx, case)


async def text_changed(db: Database, gate: Gate, post_id: int) -> None:
    """The author changed a post: if it is before a jury, the new version joins the case. A job, which may run twice.

    A direct post that nobody has objected to and no finding holds is judged among few, as when it was published, and no juror reads
    it in doubt.
    """
    found = await queries.case_of_post(db, post_id)
    post = await content_queries.read_post(db, post_id)
    if found is None or post is None or (found["decided_at"] is not None and not _is_left_over(found, post)):
        return
    finding = await look(db, gate, post_id)
    async with db.transaction() as tx:
        post = await content_queries.read_post(tx, post_id)
        if post is not None:
            await _take_turn(tx, post, marks_of(post["text"], post["pictures"]))
            is_private = False
            if finding is not None and post["visibility"] == "direct" and not await queries.is_doubted(tx, post_id):
                finding = among_few(finding)
                is_private = finding.outcome is Outcome.PUBLISH
            await note_edit(tx, found["id"], post, finding, is_private=is_private)


async def note_edit(
    tx: Transaction, case_id: int, post: Row, finding: Finding | None = None, *, is_private: bool = False
) -> Opened:
    """A newer version of the first post comes before the jury; a copy that is none any more becomes a case of its own.

    So does what a case that is over has left out of sight because nobody there had read it; what `is_private` is let go without a
    jury. Answers where the post belongs.
    """
    case = await CaseInHand.lock(tx, case_id)
    members = {row["post_id"]: row for row in await content_queries.members(tx, case_id)}
    member = members.get(post["id"])
    if member is None:
        return Opened(case_id)
    marks = marks_of(post["text"], post["pictures"])
    is_newer = member["version"] < post["version"]
    is_first = member["why"] == "first"
    is_alike = is_first or (not _is_only_held(case, post) and await _likeness(tx, case, post, marks) is not None)
    if is_private and _is_left_over(case.row, post):
        await release(tx, post["id"])
    elif not case.is_undecided:
        if not is_alike and _is_left_over(case.row, post):
            if member["why"] == "inherited" and not is_newer and finding and finding.outcome is Outcome.PUBLISH:
                await release(tx, post["id"])  # only a verdict that is reversed had spoken against it
                return Opened(case_id)
            return await _part(tx, case, post, finding)
        if is_newer and _is_left_over(case.row, post):
            return await take_up(tx, post, finding, Source.OWN)
    elif not is_alike and await _was_removed(tx, case, post):
        pass  # it stays until then, as its author's strike does, and is taken up if the verdict is another
    elif not is_alike and is_private and post["hidden_at"] is None:
        await content_queries.drop_member(tx, case_id, post["id"])
    elif not is_alike:
        return await _part(tx, case, post, finding)
    elif is_first and is_newer:
        await _put_before_jury(tx, case, post, marks, finding, [id for id in members if id != post["id"]])
    elif not is_first:
        if is_newer:
            await _keep_newer(tx, case, post, marks, member["why"])
        if case.file.hidden:
            await hide_provisionally(tx, case, [post["id"]])
    return Opened(case_id)


def _is_left_over(case: Mapping[str, Any], post: Row) -> bool:
    """Whether a post is out of sight though a verdict would have let it be seen."""
    return post["hidden_at"] is not None and case["verdict"] is not None and case["measure"] != "remove"


async def _was_removed(tx: Transaction, case: CaseInHand, post: Row) -> bool:
    """Whether an earlier verdict of this case, which is judged anew, has taken the post out of sight."""
    if case["round"] == 1 or post["hidden_at"] is None:
        return False
    return post["id"] in {row["post_id"] for row in await sanctions.told_of(tx, case.id, [Kind.REMOVED])}


async def _part(tx: Transaction, case: CaseInHand, post: Row, finding: Finding | None) -> Opened:
    """Take a copy that is none any more out of a case, with what is open about it; it is taken up like any other post."""
    await content_queries.drop_member(tx, case.id, post["id"])
    opened = await take_up(tx, post, finding, Source(case["source"]))
    if opened.case_id != case.id and await take_along(tx, post["id"], case, opened.case_id):
        await _weigh_reports(tx, case)
        await case.write()
        tx.defer("moderation.cases.reweigh", once=f"reweigh:{opened.case_id}", case_id=opened.case_id)
    return opened


async def _keep_newer(tx: Transaction, case: CaseInHand, post: Row, marks: Marks, why: str) -> int:
    """Put a version under the case's verdict; its content's id. What has left the case and comes back as it was, is there already."""
    content_id = await content_queries.content_of(tx, case.id, post["id"], post["version"])
    if content_id is None:
        content_id = new_id()
        await content_queries.keep_content(tx, content_id, case.id, post, post["version"], marks.text_hash, case.now)
    await content_queries.keep_member(
        tx, case.id, post["id"], post["account_id"], post["version"], content_id, why, case.now
    )
    return content_id


async def _put_before_jury(
    tx: Transaction, case: CaseInHand, post: Row, marks: Marks, finding: Finding | None, copies: Sequence[int]
) -> None:
    """What the first post has become is judged from here on; its copies stay only if they are copies of this, too."""
    same = await _likeness(tx, case, post, marks) in ("same_text", "picture")
    content_id = await _keep_newer(tx, case, post, marks, "first")
    case.take(Step.EDIT, f"{post['id']}:{post['version']}", by=post["account_id"], about=content_id)
    score = score_of(finding)
    score = case["score"] if score is None else max(score, case["score"] or 0.0)
    category = category_of(finding)
    if finding is not None and GRAVE[severity_of(category)] > GRAVE[severity_of(case["category"])]:
        case.note(category=category, severity=severity_of(category).value)
    calibration, _, wait = await learned_queries.learned(tx)
    prior = prior_of(calibration, score, await queries.reporters(tx, case.id))
    case.weigh(prior, ())
    case.note(
        score=score,
        content_id=content_id,
        text_hash=marks.text_hash,
        likeness=marks.likeness,
        pictures=list(marks.pictures),
        bands=list(marks.bands),
        seats_free=seats_wanted(prior, 0, case.policy) if case.file.state is not State.ESCALATED else 0,
    )
    ended = await end_seats(tx, case.id, "edited", case.now)
    for seat in ended:
        case.take(Step.LAPSE, f"{seat['id']}", by=seat["juror_id"], about=seat["id"], why="edited")
    held = post["hidden_at"] is not None
    if not case.file.hidden and (held or should_hide(prior, case.policy, wait, hidden=False)):
        case.take(
            Step.HIDE, f"edit:{post['version']}", why="held by screening" if held else "probably breaks the rules"
        )
        await hide_provisionally(tx, case, [post["id"]] if not same else None)
    if held and finding is not None and finding.outcome is Outcome.HOLD:
        # From here on it waits for screening's sake, not for a steward's day.
        await timer_queries.stop_timers(tx, case.id, ["interim"], case.now)
    await case.write()
    if not same:
        for copy in copies:
            tx.defer("moderation.cases.text_changed", post_id=copy)
