"""A post as the template `parts/post.html` needs it: everything decided, nothing left to work out between the tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from markupsafe import Markup

from folkmoot import clock, markup
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.posts.rules import may_be_boosted
from folkmoot.network.posts.views import Marks, MediaView, PollView, PostView, Visibility

VISIBILITY_ICONS = {
    Visibility.PUBLIC: "globe",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "lock",
    Visibility.DIRECT: "mail",
}
Votes = Mapping[int, Sequence[int]]
"""The reader's own votes, by poll."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    url: str
    preview: str
    width: int
    height: int
    alt: str
    focus: str
    """Which side of the picture must stay in view, as the end of a class name: `l`, `rt` ..."""
    focus_x: float = 0
    focus_y: float = 0
    blurhash: str


class Choice(msgspec.Struct, frozen=True):
    text: str
    votes: int
    share: int
    mine: bool
    leading: bool


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    choices: tuple[Choice, ...]
    multiple: bool
    voters: int
    due_at: datetime | None
    over: bool
    voted: bool
    shows_totals: bool


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One post on a page, for one reader."""

    entry: PostView
    post: PostView
    author: AccountView
    booster: AccountView | None
    marks: Marks
    mine: bool
    may_boost: bool
    words: Markup
    pictures: tuple[Picture, ...]
    poll: Poll | None
    answering: str | None
    """Handle of the account this replies to, None when it is no reply or a reply to oneself."""
    depth: int = 0

    @property
    def url(self) -> str:
        return f"/@{self.author.name}/{self.post.id}"

    @property
    def visibility_icon(self) -> str:
        return VISIBILITY_ICONS[self.post.visibility]

    @property
    def held(self) -> bool:
        return self.post.hidden_at is not None


def rich(text: str, mentions: Mapping[str, str] | None = None, own_domain: str = "") -> Markup:
    """Somebody's words as HTML, with links inside this network kept relative."""
    return Markup(markup.render(text, mentions=mentions or {}, base_url="", own_domain=own_domain))


def make_card(
    *,
    entry: PostView,
    shown: PostView,
    author: AccountView,
    booster: AccountView | None,
    marks: Marks,
    reader_id: int | None,
    own_domain: str = "",
    votes: Votes | None = None,
    words: Markup | None = None,
    depth: int = 0,
) -> Card:
    """The card of a timeline entry; `words` when they were rendered before."""
    answering = None
    if shown.in_reply_to_id is not None and shown.in_reply_to_account_id != shown.account_id:
        names = {mention.account_id: mention.name for mention in shown.mentions}
        answering = names.get(shown.in_reply_to_account_id or 0, "")
    return Card(
        entry=entry,
        post=shown,
        author=author,
        booster=booster,
        marks=marks,
        mine=reader_id == shown.account_id,
        may_boost=reader_id is not None and may_be_boosted(shown, reader_id),
        words=words if words is not None else words_of(shown, own_domain),
        pictures=tuple(picture(item) for item in shown.media),
        poll=_poll(shown.poll, votes or {}, shown.account_id == reader_id) if shown.poll else None,
        answering=answering,
        depth=depth,
    )


def words_of(post: PostView, own_domain: str) -> Markup:
    """The text of a post as HTML."""
    return rich(post.text, {mention.name.lower(): f"/@{mention.name}" for mention in post.mentions}, own_domain)


def picture(item: MediaView) -> Picture:
    across = "l" if item.focus_x < -0.33 else "r" if item.focus_x > 0.33 else ""
    along = "t" if item.focus_y > 0.33 else "b" if item.focus_y < -0.33 else ""
    return Picture(
        id=item.id,
        url=f"/media/{item.object_key}",
        preview=f"/media/{item.preview_key}",
        width=item.preview_width,
        height=item.preview_height,
        alt=item.description,
        focus=across + along,
        focus_x=item.focus_x,
        focus_y=item.focus_y,
        blurhash=item.blurhash or "",
    )


def _poll(poll: PollView, votes: Votes, mine: bool) -> Poll:
    over = poll.closed_at is not None or (poll.due_at is not None and poll.due_at <= clock.now())
    own = votes.get(poll.id, ())
    whole = max(poll.voters if poll.multiple else sum(poll.tallies), 0)
    most = max(poll.tallies, default=0)
    shows = over or not poll.hides_totals
    return Poll(
        id=poll.id,
        choices=tuple(
            Choice(
                text,
                tally,
                round(100 * tally / whole) if whole and shows else 0,
                number in own,
                shows and 0 < tally == most,
            )
            for number, (text, tally) in enumerate(zip(poll.options, poll.tallies, strict=True))
        ),
        multiple=poll.multiple,
        voters=poll.voters,
        due_at=poll.due_at,
        over=over,
        voted=bool(own) or mine,
        shows_totals=shows,
    )


def in_conversation(root_id: int, cards: Sequence[Card]) -> list[Card]:
    """Replies below a post, each under the one it answers, with how deep it stands."""
    children: dict[int | None, list[Card]] = {}
    known = {card.post.id for card in cards} | {root_id}
    for card in cards:
        parent = card.post.in_reply_to_id if card.post.in_reply_to_id in known else root_id
        children.setdefault(parent, []).append(card)
    ordered: list[Card] = []
    waiting = [(card, 0) for card in reversed(children.get(root_id, []))]
    while waiting:
        card, depth = waiting.pop()
        ordered.append(msgspec.structs.replace(card, depth=min(depth, 3)))
        waiting += [(child, depth + 1) for child in reversed(children.get(card.post.id, []))]
    return ordered
