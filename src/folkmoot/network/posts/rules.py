"""What a post must be. Pure decisions and the errors that name a broken rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from folkmoot import markup
from folkmoot.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from folkmoot.network.posts.views import PostView, Visibility

POLL_OPTIONS = 4
POLL_OPTION_LENGTH = 50
POLL_SHORTEST = timedelta(minutes=5)
POLL_LONGEST = timedelta(days=31)
PINS = 5
MENTIONS = 50
TAGS = 50
SCHEDULE_AHEAD = timedelta(minutes=5)
LANGUAGE_LENGTH = 8
SLOWED_POSTS = 5
"""What a slowed account may publish in SLOWED_SPAN."""
SLOWED_SPAN = timedelta(days=1)


class PollDraft(msgspec.Struct, frozen=True):
    options: tuple[str, ...]
    seconds: int
    multiple: bool = False
    hides_totals: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A post as its author hands it in."""

    text: str = ""
    warning: str = ""
    sensitive: bool = False
    visibility: Visibility = Visibility.PUBLIC
    language: str | None = None
    in_reply_to_id: int | None = None
    media: tuple[int, ...] = ()
    poll: PollDraft | None = None

    def cleaned(self) -> Draft:
        """Without control characters, surrogates and outer white space; a warning makes the media sensitive, too."""
        warning = markup.clean(self.warning).strip()
        poll = self.poll and msgspec.structs.replace(
            self.poll, options=tuple(markup.clean(option).strip() for option in self.poll.options)
        )
        return msgspec.structs.replace(
            self,
            text=markup.clean(self.text).strip(),
            warning=warning,
            sensitive=self.sensitive or bool(warning and self.media),
            poll=poll,
        )


class PostEmpty(Invalid):
    sentence = "Validation failed: Text can't be blank"


class PostTooLong(Invalid):
    sentence = "Validation failed: Text character limit of {limit} exceeded"


class TooManyMedia(Invalid):
    sentence = "Cannot attach more than {limit} files"


class MediaUnusable(Invalid):
    sentence = "One of the media attachments does not exist, is not yours or is already used"


class PollUnusable(Invalid):
    sentence = "Validation failed: {why}"


class NotYourPost(Forbidden):
    sentence = "This is not your post"


class CannotBoost(Forbidden):
    sentence = "This post cannot be boosted"


class TooManyPins(Invalid):
    sentence = "Validation failed: You have already pinned the maximum number of posts"


class PinOfOthers(Invalid):
    sentence = "Validation failed: Someone else's post cannot be pinned"


class PinOfDirect(Invalid):
    sentence = "Validation failed: Posts that are only visible to mentioned users cannot be pinned"


class PinOfBoost(Invalid):
    sentence = "Validation failed: A boost cannot be pinned"


class SlowedToFollowers(Forbidden):
    sentence = (
        "After a decision about your posts, what you write is for your followers or those you mention only, "
        "until {until}."
    )


class SlowedDown(TooMany):
    sentence = (
        "After a decision about your posts you may publish {most} in 24 hours, until {until}. The next one: {again}."
    )


class ReplyToNothing(Missing):
    sentence = "The post you are trying to reply to does not appear to exist."


def check_draft(draft: Draft, *, longest: int, most_media: int, own_domain: str) -> None:
    """Raise the error that names the first rule a cleaned draft breaks."""
    if not draft.text and not draft.media and draft.poll is None:
        raise PostEmpty(field="text")
    if markup.length(draft.text, own_domain) + len(draft.warning) > longest:
        raise PostTooLong(field="text", limit=longest)
    if len(draft.media) > most_media:
        raise TooManyMedia(field="media", limit=most_media)
    if len(set(draft.media)) != len(draft.media):
        raise MediaUnusable(field="media")
    if draft.poll is not None:
        if draft.media:
            raise PollUnusable(field="poll", why="A poll and media cannot go together")
        check_poll(draft.poll)
    if draft.language is not None and not is_language(draft.language):
        raise Invalid("Validation failed: Language is invalid", field="language")


def check_poll(poll: PollDraft) -> None:
    """Raise PollUnusable unless the poll can be voted on."""
    why = ""
    if len(poll.options) < 2:
        why = "Options must be more than one item"
    elif len(poll.options) > POLL_OPTIONS:
        raise PollUnusable(
            "Validation failed: Options can't contain more than {most} items", field="poll", most=POLL_OPTIONS
        )
    elif any(not option for option in poll.options):
        why = "Options can't be blank"
    elif any(len(option) > POLL_OPTION_LENGTH for option in poll.options):
        longest = "Validation failed: Options can't be longer than {most} characters each"
        raise PollUnusable(longest, field="poll", most=POLL_OPTION_LENGTH)
    elif len(set(poll.options)) != len(poll.options):
        why = "Options contain duplicate items"
    elif poll.seconds < POLL_SHORTEST.total_seconds():
        why = "Expires at is too soon"
    elif poll.seconds > POLL_LONGEST.total_seconds():
        why = "Expires at is too far into the future"
    if why:
        raise PollUnusable(field="poll", why=why)


def is_language(code: str) -> bool:
    """Whether this looks like a language tag (`de`, `pt-BR`), as a bound on what is stored."""
    return 2 <= len(code) <= LANGUAGE_LENGTH and all(part.isascii() and part.isalnum() for part in code.split("-"))


def may_be_boosted(post: PostView, reader_id: int) -> bool:
    """Public and unlisted posts by anyone who sees them, followers-only ones by their author."""
    if post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        return True
    return post.visibility is Visibility.FOLLOWERS and post.account_id == reader_id


def narrowest(wanted: Visibility, boosted: Visibility) -> Visibility:
    """The visibility of a boost: as wanted, and never wider than what it shows."""
    order = [Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DIRECT]
    return max(wanted, boosted, key=order.index)


def due_for_schedule(at: datetime, now: datetime) -> bool:
    """Whether `at` is far enough ahead to be scheduled."""
    return at >= now + SCHEDULE_AHEAD


def unique_tags(text: str) -> Sequence[tuple[str, str]]:
    """The hashtags of a text as pairs of normal form and first spelling, at most TAGS."""
    found: dict[str, str] = {}
    for spelt in markup.find_tags(text):
        found.setdefault(markup.normal_tag(spelt), spelt)
    return list(found.items())[:TAGS]


class ChangedMeanwhile(Conflict):
    sentence = "The post was changed in another window. Load it again to see how it stands."


def is_slowed(until: datetime | None, now: datetime) -> bool:
    """Whether a limit that ends then still holds."""
    return until is not None and now < until


def check_slowed_audience(visibility: Visibility, until: datetime) -> None:
    """Raise SlowedToFollowers for what is meant for everybody."""
    if visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        raise SlowedToFollowers(until=moment(until))


def check_slowed_pace(lately: Sequence[datetime], until: datetime, now: datetime) -> None:
    """Raise SlowedDown when the last SLOWED_SPAN has seen as many posts as it may; `lately` are their moments."""
    counted = sorted(when for when in lately if when > now - SLOWED_SPAN)
    if len(counted) >= SLOWED_POSTS:
        again = min(counted[-SLOWED_POSTS] + SLOWED_SPAN, until)
        seconds = max(int((again - now).total_seconds()) + 1, 1)
        raise SlowedDown(retry_after=seconds, most=SLOWED_POSTS, until=moment(until), again=moment(again))


def moment(when: datetime) -> str:
    """A moment in a sentence for people of any language."""
    return f"{when:%Y-%m-%d %H:%M} UTC"
