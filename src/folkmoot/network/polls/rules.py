"""When a vote counts. The sentences are those which Mastodon's clients know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.errors import Invalid


class AlreadyVoted(Invalid):
    sentence = "Validation failed: You have already voted on this poll"


class NoSuchChoice(Invalid):
    sentence = "Validation failed: The chosen vote option does not exist"


class PollEnded(Invalid):
    sentence = "Validation failed: The poll has already ended"


class OwnPoll(Invalid):
    sentence = "Validation failed: You cannot vote in your own polls"


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as somebody who votes finds it."""

    options: int
    multiple: bool
    is_own: bool
    due_at: datetime | None
    closed_at: datetime | None


def check_vote(ballot: Ballot, choices: Sequence[int], now: datetime) -> list[int]:
    """The choices as they count, each once. Raises PollEnded, OwnPoll, NoSuchChoice, AlreadyVoted."""
    if ballot.closed_at is not None or (ballot.due_at is not None and ballot.due_at <= now):
        raise PollEnded
    if ballot.is_own:
        raise OwnPoll
    chosen = sorted(set(choices))
    if not chosen or not all(0 <= choice < ballot.options for choice in chosen):
        raise NoSuchChoice
    if len(chosen) > 1 and not ballot.multiple:
        raise AlreadyVoted  # Mastodon's answer to two choices where one is allowed: the second comes too late
    return chosen
