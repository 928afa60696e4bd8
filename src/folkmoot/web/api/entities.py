"""Our views in Mastodon's words, as finished JSON.

What is the same for every reader is rendered once and kept beside the view; what differs (who did what with a post, the
votes of a reader, the account, which changes more often than the post) is spliced in as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from folkmoot import clock, markup
from folkmoot.clock import stamp
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.posts.shelf import Shelved, ShelvedAccount
from folkmoot.network.posts.views import Marks, MediaView, PollView, PostView, Visibility
from folkmoot.network.timelines import Card
from folkmoot.settings import Settings

encode = msgspec.json.encode

VISIBILITY = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}
"""Our word for who a post is for, and Mastodon's. Clients' lists of values are closed: none may be added."""
VISIBILITY_FROM = {theirs: ours for ours, theirs in VISIBILITY.items()}

ROLES = {
    "member": {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False},
    "steward": {"id": "2", "name": "Steward", "permissions": "1244", "color": "", "highlighted": True},
    "operator": {"id": "3", "name": "Operator", "permissions": "1048575", "color": "", "highlighted": True},
}

HELD_BECAUSE = {
    "incitement": "It reads like a call for violence.",
    "threat": "It reads like a threat.",
    "veiled_threat": "It reads like a veiled threat.",
    "mobilisation": "It reads like a call to come armed to a place.",
    "glorification": "It reads like praise of violence.",
    "doxxing": "It seems to make somebody's private address public.",
    "violence": "It reads like a threat or a call for violence.",
    "hate": "It reads like hate against a group.",
    "spam": "It reads like spam.",
    "copy": "It is a copy of a text that was removed before.",
    "picture": "It has a picture that was removed before or is on a list of known ones.",
    "": "Screening was in doubt about it.",
}
"""Why a post is held, for the author's app: the extra key `held` of a status that only its author gets."""

_SUFFIX: dict[Marks | None, bytes] = {None: b"}"}


def _suffix(marks: Marks | None) -> bytes:
    """The end of a post's JSON: what the reader did with it; nothing for anybody."""
    known = _SUFFIX.get(marks)
    if known is None:
        assert marks is not None
        body = encode(
            {
                "favourited": marks.favourited,
                "reblogged": marks.boosted,
                "muted": marks.thread_muted,
                "bookmarked": marks.bookmarked,
                "pinned": marks.pinned,
                "filtered": [],
            }
        )
        known = _SUFFIX[marks] = b"," + body[1:]
    return known


class Entities:
    """Renders for one network: addresses in its answers begin with `settings.base_url`."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.base_url
        self.domain = settings.domain

    # Accounts ------------------------------------------------------------------------------------------------------

    def account(self, shelved: ShelvedAccount) -> bytes:
        """Account, finished."""
        rendered = shelved.renderings.get("api")
        if rendered is None:
            rendered = shelved.renderings["api"] = encode(self.account_dict(shelved.view))
        return rendered

    def accounts(self, shelved: Iterable[ShelvedAccount]) -> bytes:
        return b"[" + b",".join(self.account(each) for each in shelved) + b"]"

    def account_url(self, name: str) -> str:
        return f"{self.base}/@{name}"

    def picture(self, key: str | None, default: str) -> str:
        return f"{self.base}/media/{key}" if key else f"{self.base}/static/{default}"

    def html(self, text: str, mentions: Mapping[str, str] | None = None) -> str:
        return markup.render(text, mentions=mentions or {}, base_url=self.base, own_domain=self.domain)

    def account_dict(self, view: AccountView) -> dict[str, Any]:
        """Account as a dictionary, for answers that add to it."""
        gone = view.suspended_at is not None or view.closed_at is not None
        avatar = self.picture(None if gone else view.avatar_key, "avatar.png")
        header = self.picture(None if gone else view.header_key, "header.png")
        role = ROLES.get(view.role)
        body: dict[str, Any] = {
            "id": str(view.id),
            "username": view.name,
            "acct": view.name,
            "display_name": "" if gone else view.display_name,
            "locked": view.locked,
            "bot": view.bot,
            "discoverable": view.discoverable,
            "indexable": view.indexable,
            "group": False,
            "created_at": stamp(view.created_at.replace(hour=0, minute=0, second=0, microsecond=0)),
            "note": "" if gone else self.html(view.bio),
            "url": self.account_url(view.name),
            "uri": self.account_url(view.name),
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": view.avatar_alt,
            "header": header,
            "header_static": header,
            "header_description": view.header_alt,
            "followers_count": view.followers_count,
            "following_count": view.following_count,
            "statuses_count": view.posts_count,
            "last_status_at": f"{view.last_post_at:%Y-%m-%d}" if view.last_post_at else None,
            "hide_collections": view.hides_relations,
            "noindex": not view.indexable,
            "emojis": [],
            "roles": [{key: role[key] for key in ("id", "name", "color")}] if role and role["highlighted"] else [],
            "fields": []
            if gone
            else [
                {
                    "name": field.name,
                    "value": self.html(field.value).removeprefix("<p>").removesuffix("</p>"),
                    "verified_at": stamp(field.verified_at) if field.verified_at else None,
                }
                for field in view.fields
            ],
        }
        if view.suspended_at is not None:
            body["suspended"] = True
        return body

    # Posts -----------------------------------------------------------------------------------------------------------

    def post_url(self, view: PostView, name: str) -> str:
        return f"{self.base}/@{name}/{view.id}"

    def card(self, card: Card, *, signed_in: bool, votes: Mapping[int, Sequence[int]] | None = None) -> bytes:
        """Status, finished, as one reader sees it. `votes` are the reader's own, by poll id."""
        marks = card.marks if signed_in else None
        inner = self._status(card.shown, card.author, marks, b"null", votes, signed_in)
        if card.booster is None:
            return inner
        return self._status(card.entry, card.booster, marks, inner, votes, signed_in)

    def cards(
        self, cards: Iterable[Card], *, signed_in: bool, votes: Mapping[int, Sequence[int]] | None = None
    ) -> bytes:
        return b"[" + b",".join([self.card(card, signed_in=signed_in, votes=votes) for card in cards]) + b"]"

    def _status(
        self,
        shelved: Shelved,
        author: ShelvedAccount,
        marks: Marks | None,
        reblog: bytes,
        votes: Mapping[int, Sequence[int]] | None,
        signed_in: bool,
    ) -> bytes:
        poll = shelved.view.poll
        return b"".join(
            (
                self._status_body(shelved, author.view.name),
                b',"account":',
                self.account(author),
                b',"reblog":',
                reblog,
                b',"poll":',
                encode(self.poll_dict(poll, votes, signed_in)) if poll else b"null",
                _suffix(marks),
            )
        )

    def _status_body(self, shelved: Shelved, name: str) -> bytes:
        """The part that is the same for all readers, without its closing brace."""
        rendered = shelved.renderings.get("api")
        if rendered is None:
            rendered = shelved.renderings["api"] = encode(self._status_dict(shelved.view, name))[:-1]
        return rendered

    def _status_dict(self, view: PostView, name: str) -> dict[str, Any]:
        url = self.post_url(view, name)
        body = {
            "id": str(view.id),
            "created_at": stamp(view.created_at),
            "edited_at": stamp(view.edited_at) if view.edited_at else None,
            "in_reply_to_id": str(view.in_reply_to_id) if view.in_reply_to_id else None,
            "in_reply_to_account_id": str(view.in_reply_to_account_id) if view.in_reply_to_account_id else None,
            "sensitive": view.sensitive,
            "spoiler_text": view.warning,
            "visibility": VISIBILITY[view.visibility],
            "language": view.language,
            "uri": url,
            "url": url,
            "replies_count": view.replies_count,
            "reblogs_count": view.boosts_count,
            "favourites_count": view.favourites_count,
            "quotes_count": 0,
            "content": self.content(view),
            "application": {"name": view.app_name, "website": view.app_website} if view.app_name else None,
            "media_attachments": [self.media_dict(item) for item in view.media],
            "mentions": [
                {
                    "id": str(mention.account_id),
                    "username": mention.name,
                    "acct": mention.name,
                    "url": self.account_url(mention.name),
                }
                for mention in view.mentions
            ],
            "tags": [{"name": tag, "url": f"{self.base}/tags/{tag}"} for tag in view.tags],
            "emojis": [],
            "card": None,
            "quote": None,
        }
        if view.hidden_at is not None:
            held: dict[str, Any] = {"since": stamp(view.hidden_at), "category": view.hidden_for}
            held["reason"] = HELD_BECAUSE.get(view.removed_before or view.hidden_for or "", HELD_BECAUSE[""])
            held["published_before"] = not view.waiting
            body["held"] = held
        return body

    def content(self, view: PostView) -> str:
        """The post's text as HTML."""
        return self.html(view.text, {mention.name.lower(): self.account_url(mention.name) for mention in view.mentions})

    def media_dict(self, item: MediaView) -> dict[str, Any]:
        """MediaAttachment."""
        return {
            "id": str(item.id),
            "type": item.kind,
            "url": f"{self.base}/media/{item.object_key}",
            "preview_url": f"{self.base}/media/{item.preview_key}",
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {
                "original": _size(item.width, item.height),
                "small": _size(item.preview_width, item.preview_height),
                "focus": {"x": item.focus_x, "y": item.focus_y},
            },
            "description": item.description or None,
            "blurhash": item.blurhash,
        }

    def poll_dict(
        self, poll: PollView, votes: Mapping[int, Sequence[int]] | None = None, signed_in: bool = False
    ) -> dict[str, Any]:
        """Poll; with the reader's own votes when somebody is signed in."""
        now = clock.now()
        expired = poll.closed_at is not None or (poll.due_at is not None and poll.due_at <= now)
        hidden = poll.hides_totals and not expired
        body: dict[str, Any] = {
            "id": str(poll.id),
            "expires_at": stamp(poll.due_at) if poll.due_at else None,
            "expired": expired,
            "multiple": poll.multiple,
            "votes_count": 0 if hidden else sum(poll.tallies),
            "voters_count": 0 if hidden else poll.voters,
            "options": [
                {"title": option, "votes_count": None if hidden else tally}
                for option, tally in zip(poll.options, poll.tallies, strict=True)
            ],
            "emojis": [],
        }
        if signed_in:
            own = list((votes or {}).get(poll.id, ()))
            body["voted"] = bool(own)
            body["own_votes"] = own
        return body


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": round(width / max(height, 1), 4)}


def moment(at: datetime | None) -> str | None:
    """A time, or null."""
    return stamp(at) if at else None
