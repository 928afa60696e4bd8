"""The words of the audit record: one typed list of what can have happened. Rows are written by `Transaction.record`."""

from __future__ import annotations

from enum import Enum


class Event(Enum):
    """What was done. The value is stored for ever, so an event is never renamed and never reused."""

    ACCOUNT_SIGNED_UP = "account.signed_up"
    ACCOUNT_APPROVED = "account.approved"
    ACCOUNT_REJECTED = "account.rejected"
    ACCOUNT_SUSPENDED = "account.suspended"
    ACCOUNT_RESTORED = "account.restored"
    ACCOUNT_ROLE_CHANGED = "account.role_changed"
    ACCOUNT_CLOSED = "account.closed"
    PASSWORD_CHANGED = "access.password_changed"
    PASSWORD_SET_BY_OPERATOR = "access.password_set_by_operator"
    SESSION_OPENED = "access.session_opened"
    SESSION_REVOKED = "access.session_revoked"
    SIGN_IN_FAILED = "access.sign_in_failed"
    APP_AUTHORISED = "access.app_authorised"
    TOKEN_ISSUED = "access.token_issued"
    TOKEN_REVOKED = "access.token_revoked"
    POST_REMOVED = "post.removed"
    POST_REMOVED_BY_STAFF = "post.removed_by_staff"
    ANNOUNCEMENT_PUBLISHED = "announcement.published"
    ANNOUNCEMENT_CHANGED = "announcement.changed"
    ANNOUNCEMENT_WITHDRAWN = "announcement.withdrawn"
    RULE_ADDED = "rule.added"
    RULE_CHANGED = "rule.changed"
    RULE_WITHDRAWN = "rule.withdrawn"
    REGISTRATION_CHANGED = "site.registration_changed"
    SITE_CHANGED = "site.changed"
    INVITATION_CREATED = "invitation.created"
    INVITATION_REVOKED = "invitation.revoked"
    FINDING_RELEASED = "finding.released"
    FINDING_UPHELD = "finding.upheld"
    SCREENING_CHANGED = "screening.changed"
    SCREENING_ROLLED_BACK = "screening.rolled_back"
    PICTURES_LISTED = "screening.pictures_listed"
    PICTURES_UNLISTED = "screening.pictures_unlisted"
