"""The words of the public log: one typed list of what it tells of."""

from __future__ import annotations

from enum import Enum


class Deed(Enum):
    """What was done. The value is published for ever, so a deed is never renamed and never reused."""

    LOG_OPENED = "log.opened"
    KEY_CHANGED = "log.key_changed"
    WITNESS_ADDED = "log.witness_added"
    WITNESS_REMOVED = "log.witness_removed"

    CASE_DECIDED = "case.decided"
    CASE_HIDDEN = "case.hidden"
    """Until it is decided: by a steward alone for a day, by screening, by what jurors or reporters say."""
    CASE_OVERRIDDEN = "case.overridden"
    """Hidden because a deadline came before the jury."""
    CASE_RESTORED = "case.restored"
    """Seen again before a verdict."""
    CASE_ESCALATED = "case.escalated"
    STEWARD_VOTED = "case.steward_voted"
    """One of the two it takes."""
    CASE_REOPENED = "case.reopened"
    DEADLINE_SET = "case.deadline_set"
    HOLD_BEGUN = "case.hold_begun"
    HOLD_ENDED = "case.hold_ended"
    BALLOT_VOIDED = "case.ballot_voided"
    VERDICT_DOUBTED = "case.verdict_doubted"
    """Recomputed without ballots that do not count, a case would have ended otherwise."""
    ALARM_RAISED = "alarm.raised"
    ALARM_ANSWERED = "alarm.answered"
    APPEAL_MADE = "appeal.made"
    APPEAL_UPHELD = "appeal.upheld"
    """The verdict stands."""
    APPEAL_REVERSED = "appeal.reversed"

    SANCTION_BEGUN = "sanction.begun"
    SANCTION_ENDED = "sanction.ended"
    ACCOUNT_SUSPENDED = "account.suspended"
    """By staff."""
    ACCOUNT_RESTORED = "account.restored"
    POST_REMOVED = "post.removed"
    """By staff, without a case."""
    FINDING_DECIDED = "finding.decided"
    """A steward decided about what screening held."""

    POST_WITHDRAWN = "post.withdrawn"
    """Deleted by its author, or with their account; by staff without a case it is POST_REMOVED besides."""

    NOTICE_RECEIVED = "notice.received"
    NOTICE_CONFIRMED = "notice.confirmed"
    NOTICE_EXTENDED = "notice.extended"
    NOTICE_ANSWERED = "notice.answered"
    NOTICE_OVERDUE = "notice.overdue"
    NOTICE_CLOSED = "notice.closed"

    EVIDENCE_EXPORTED = "evidence.exported"
    EVIDENCE_PURGED = "evidence.purged"
    PRESS_SHOWN = "press.shown"
    PRESS_WITHDRAWN = "press.withdrawn"
    READ_ONLY_BEGUN = "site.read_only_begun"
    READ_ONLY_ENDED = "site.read_only_ended"
    NETWORK_MOVED = "network.moved"
    """An epoch began: by a move, by a takeover, from a backup or an export."""
