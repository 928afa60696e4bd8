"""Release what screening held, or uphold it: a word within the case about it. Each can be taken back by the other."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.cases.decide import NotForYou
from folkmoot.moderation.cases.let_go import hold_on, is_kept, is_removed, let_go, take_in_hand
from folkmoot.moderation.cases.open import take_up_found
from folkmoot.moderation.findings import queries
from folkmoot.moderation.findings.blank import blank
from folkmoot.moderation.findings.rules import About, Followed, about, is_about_pictures
from folkmoot.moderation.sanctions import queries as sanctions
from folkmoot.moderation.screening import Reason
from folkmoot.moderation.screening.copies import Few, Fingerprint, comments, fingerprint, is_bare
from folkmoot.moderation.screening.normal import normalise
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import hide_pictures, show_pictures
from folkmoot.network.accounts import queries as accounts
from folkmoot.network.gate import blamed, parts_of
from folkmoot.network.notifications import notify
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.hold import release as release_post

RELEASED = "Screening held it; a steward sees nothing in it"
UPHELD = "Screening found it; a steward thinks so, too"


class DecidedAlready(Conflict):
    sentence = "Somebody else has decided this"


async def release(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> Followed | None:
    """Let the text be seen, or the profile be changed as was meant; copies of it are no longer held. What followed.

    A case that nobody asked for ends with it, any other goes on in the open, and of a case before two stewards this is
    one of their words: then it answers None. `was` is the decision the steward saw. Raises Forbidden (also for the
    author), Missing, Judged after a jury's verdict, and DecidedAlready when `was` is another by now.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _looked_at(tx, steward, id, was)
        case_id = finding["case_id"] if finding["case_id"] is not None else await take_up_found(tx, finding)
        if case_id is not None and not (was is None and await is_kept(tx, case_id)):
            case = await take_in_hand(tx, case_id, steward, RELEASED)
            if not await let_go(tx, case, steward, RELEASED):
                return None
        finding = await _decided(tx, steward, finding, "released")
        all_known = await _remember_released(tx, finding)
        followed = Followed.SEEN
        if finding["post_id"] is not None:
            await release_post(tx, finding["post_id"])
        elif finding["pictures"] and _about(finding) is not About.PROFILE:
            await show_pictures(tx, finding["account_id"], finding["pictures"])
        if _about(finding) is About.REFUSED or (_about(finding) is About.PROFILE and was == "upheld"):
            listed = await queries.near_known(tx, finding["pictures"])
            followed = Followed.STILL_LISTED if listed else Followed.MAY_SAVE if all_known else Followed.LOOKED_AT_ANEW
        if followed is Followed.MAY_SAVE or _about(finding) is About.PICTURES:
            await _tell(tx, finding)
        await _record(tx, Event.FINDING_RELEASED, steward, finding)
    return followed


async def uphold(db: Database, steward: Viewer, id: int, *, was: str | None = None) -> Followed | None:
    """Keep, or take, the post out of sight until its case is decided; near copies of it are held. What followed.

    Words that stand on a profile are taken off it; a change that was refused stays refused. Answers None when another
    steward has to agree first. `was` is the decision the steward saw. Raises as `release` does, and OnlyOnce when a
    steward alone has hidden it for a day before.
    """
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        finding = await _looked_at(tx, steward, id, was)
        case_id = finding["case_id"] if finding["case_id"] is not None else await take_up_found(tx, finding)
        if case_id is not None and not await is_removed(tx, case_id):
            case = await take_in_hand(tx, case_id, steward, UPHELD)
            if not await hold_on(tx, case, steward, UPHELD):
                return None
        finding = await _decided(tx, steward, finding, "upheld")
        pictures = await _remember_upheld(tx, finding)
        followed = Followed.HIDDEN
        blanked: tuple[str, ...] = ()
        if finding["post_id"] is not None:
            await hide(tx, finding["post_id"], finding["category"])
        elif _about(finding) is About.PROFILE:
            blanked = await blank(tx, finding["account_id"], blamed(_texts(finding), _because(finding)))
            followed = Followed.BLANKED if blanked else Followed.NOTHING_TO_BLANK
        else:
            hidden = pictures and await hide_pictures(tx, finding["account_id"], pictures)
            stays = _about(finding) is About.REFUSED and not hidden
            followed = Followed.STAYS_REFUSED if stays else Followed.PICTURES_HIDDEN
        if pictures:
            tx.defer("moderation.findings.remember_crops", finding_id=finding["id"])
        if blanked or _about(finding) is About.PICTURES:
            await _tell(tx, finding)
        await _record(tx, Event.FINDING_UPHELD, steward, finding, blanked)
    return followed


async def _looked_at(tx: Transaction, steward: Viewer, id: int, was: str | None) -> Row:
    """The finding as the steward saw it. Its case is held before it is written: verdicts take them in that order, too."""
    finding = await queries.read(tx, id)
    if finding is None:
        raise Missing
    if finding["decision"] != was:
        raise DecidedAlready
    if finding["account_id"] == steward.account_id:
        raise NotForYou
    if finding["post_id"] is None:
        # A profile is held before what is found in it, as by whoever changes it.
        await accounts.lock_account(tx, finding["account_id"])
    return finding


async def _decided(tx: Transaction, steward: Viewer, finding: Row, decision: str) -> Row:
    was = (finding["decision"], decision)  # its case may just have decided it, too
    written = await queries.decide(tx, finding["id"], decision, was, steward.actor, clock.now())
    if written is None:
        raise DecidedAlready
    return written


async def _remember_released(tx: Transaction, finding: Row) -> bool:
    """Let the very words pass from now on, and what looks like the pictures; whether all of the words can be known again.

    A few words mean too many things: those of a profile pass in profiles, and what stood beside what was found passes beside
    a longer text.
    """
    now = clock.now()
    texts = [text for text in _texts(finding) if text.strip()]
    to_blame = blamed(texts, _because(finding))
    all_known = True
    await queries.forget_removed(tx, finding["id"])
    for number, text in enumerate(texts):
        normal = normalise(text)
        marks = fingerprint(text, normal)
        reference = _reference(finding, "kept", number)
        if marks.hash is None or comments(normal.plain):
            all_known = all_known and is_bare(normal)
        elif marks.sketch is not None:
            await queries.keep_judgement(tx, reference, finding["category"], marks, "kept", now)
        elif finding["post_id"] is None or (to_blame and text not in to_blame):
            place = Few.PROFILE if finding["post_id"] is None else Few.BESIDE
            few = Fingerprint(hash=f"{place}{marks.hash}", sketch=None)
            await queries.keep_judgement(tx, reference, finding["category"], few, "kept", now)
    if finding["part_lengths"] is None and finding["likeness"] is not None:  # its first text went by this name
        first = Fingerprint(hash=finding["text_hash"], sketch=finding["likeness"])
        await queries.keep_judgement(tx, _reference(finding, "removed", 0), finding["category"], first, "kept", now)
    if _about(finding) is not About.PROFILE:  # there only the words were in doubt
        await queries.forget_pictures(tx, finding["id"], finding["pictures"])
    tx.announce("screening.changed")
    return all_known


async def _remember_upheld(tx: Transaction, finding: Row) -> list[str]:
    """Know copies of the texts it is about, and of its pictures where it is about them; which pictures those are."""
    now = clock.now()
    marks = [fingerprint(text) for text in blamed(_texts(finding), _because(finding))]
    await sanctions.forget_kept(tx, [each.hash for each in marks if each.hash is not None])
    for number, each in enumerate(marks):
        if each.sketch is not None:
            reference = _reference(finding, "removed", number)
            await queries.keep_judgement(tx, reference, finding["category"], each, "removed", now)
    pictures: list[str] = finding["pictures"]
    if not is_about_pictures(finding["text"], _because(finding)):
        pictures = []
    elif len(pictures) > 1 and finding["text"].strip():
        pictures = await queries.near_known(tx, pictures)
    await queries.keep_pictures(tx, finding["id"], pictures, finding["category"], now)
    tx.announce("screening.changed")
    return pictures


def _texts(finding: Row) -> tuple[str, ...]:
    return parts_of(finding["text"], finding["part_lengths"])


def _because(finding: Row) -> tuple[Reason, ...]:
    return msgspec.json.decode(finding["because"], type=tuple[Reason, ...])


def _about(finding: Row) -> About:
    return about(finding["part"], finding["outcome"], finding["found_by"])


def _reference(finding: Row, verdict: str, number: int) -> str:
    """What one of its texts is known by: one reference names one text, and what is kept may be another than what is removed."""
    return f"finding {finding['id']}" + (" kept" if verdict == "kept" else "") + (f"/{number}" if number else "")


async def _tell(tx: Transaction, finding: Row) -> None:
    """Point the owner of the profile to what was decided about it."""
    await notify(tx, kind="profile_decision", to=[finding["account_id"]], from_id=None, about_id=finding["id"])


async def _record(tx: Transaction, event: Event, steward: Viewer, finding: Row, blanked: Sequence[str] = ()) -> None:
    await enter(
        tx,
        Deed.FINDING_DECIDED,
        case=finding["case_id"],
        account=finding["account_id"],
        post=finding["post_id"],
        steward=steward.actor,
        decision=finding["decision"],
        category=finding["category"],
    )
    tx.record(
        event,
        actor=steward.actor,
        subject=finding["account_id"],
        finding_id=str(finding["id"]),
        post_id=str(finding["post_id"]) if finding["post_id"] else None,
        **({"blanked": list(blanked)} if blanked else {}),
        **steward.traces,
    )
