"""A post as one reader meets it: with its author, who boosted it, and what the reader did with it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from folkmoot import clock
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.shelf import NO_MARKS, Shelved, ShelvedAccount
from folkmoot.network.posts.views import Marks
from folkmoot.network.visibility import may_see, wants_to_see


class Card(msgspec.Struct, frozen=True):
    """`entry` stands in the timeline and may be a boost; `shown` is what is read (the same post when it is no boost)."""

    entry: Shelved
    shown: Shelved
    author: ShelvedAccount
    booster: ShelvedAccount | None
    marks: Marks


async def cards(desk: Desk, reader_id: int | None, ids: Sequence[int], *, taste: bool = True) -> list[Card]:
    """Cards for those of these posts that the reader may see, in the order of `ids`.

    With `taste` the reader's mutes and blocks are respected, as in timelines; a direct link passes False.
    """
    if not ids:
        return []
    eyes = await desk.watch.eyes(reader_id)
    posts = await desk.shelf.posts(ids)
    shows = [post.view.shows_id for post in posts.values() if post.view.shows_id is not None]
    if shows:
        posts = {**posts, **await desk.shelf.posts(shows)}
    accounts = await desk.shelf.accounts({post.view.account_id for post in posts.values()})
    now = clock.now()

    def visible(post: Shelved) -> bool:
        author = accounts.get(post.view.account_id)
        return (
            author is not None
            and may_see(post.view, author.view, eyes)
            and not (taste and not wants_to_see(post.view.account_id, eyes, now))
        )

    found: list[tuple[Shelved, Shelved]] = []
    for id in ids:
        entry = posts.get(id)
        if entry is None or not visible(entry):
            continue
        shown = entry if entry.view.shows_id is None else posts.get(entry.view.shows_id)
        if shown is None or (shown is not entry and not visible(shown)):
            continue
        found.append((entry, shown))
    marks = await desk.shelf.marks(reader_id, [shown.view.id for _, shown in found])
    return [
        Card(
            entry,
            shown,
            accounts[shown.view.account_id],
            accounts[entry.view.account_id] if entry is not shown else None,
            marks.get(shown.view.id, NO_MARKS),
        )
        for entry, shown in found
    ]
