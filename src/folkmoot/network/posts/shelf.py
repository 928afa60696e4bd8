"""Posts, accounts and marks kept in memory, so that a timeline costs one statement or none.

Every change announces itself (`post.changed`, `account.changed`, `marks.changed`); the shelf forgets what changed, in this
process before the deed is answered, in the others within milliseconds. Renderings are kept beside the view they were made
of and go with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from folkmoot.bus import Bus, News
from folkmoot.cache import Cache
from folkmoot.database import Database
from folkmoot.network.accounts import queries as account_queries
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.posts import queries
from folkmoot.network.posts.views import Marks, PostView

NO_MARKS = Marks()


class Shelved(msgspec.Struct):
    """A post and what has been rendered of it so far, by the renderer's name."""

    view: PostView
    renderings: dict[str, bytes]


class ShelvedAccount(msgspec.Struct):
    view: AccountView
    renderings: dict[str, bytes]


class Shelf:
    """`megabytes` bounds the posts (three quarters) and the accounts (a quarter)."""

    def __init__(self, db: Database, bus: Bus, *, megabytes: int = 64) -> None:
        self._db = db
        size = megabytes * 1_048_576
        self._posts: Cache[int, Shelved] = Cache(size * 3 // 4)
        self._accounts: Cache[int, ShelvedAccount] = Cache(size // 4)
        self._marks: Cache[int, dict[int, Marks]] = Cache(5_000)
        self._ids_by_name: Cache[str, int] = Cache(50_000)
        bus.hear("post.changed", self._post_changed)
        bus.hear("post.removed", self._post_changed)
        bus.hear("account.changed", self._account_changed)
        bus.hear("access.changed", self._account_changed)
        bus.hear("marks.changed", self._marks_changed)
        bus.on_reset(self.clear)

    def clear(self) -> None:
        for cache in (self._posts, self._accounts, self._marks, self._ids_by_name):
            cache.clear()

    def sizes(self) -> dict[str, int]:
        """Bytes (posts, accounts) and pieces (marks) held, for the metrics page."""
        return {"posts": self._posts.weight, "accounts": self._accounts.weight, "marks": len(self._marks)}

    async def posts(self, ids: Sequence[int]) -> dict[int, Shelved]:
        """The posts with these ids that exist, whoever may see them: ask `visibility` before showing one."""
        found: dict[int, Shelved] = {}
        absent: list[int] = []
        for id in ids:
            kept = self._posts.get(id)
            if kept is None:
                absent.append(id)
            else:
                found[id] = kept
        if absent:
            as_of = self._posts.moment()
            for view in await queries.load(self._db, absent):
                found[view.id] = self.keep(view, as_of)
        return found

    def moment(self) -> int:
        """Now: hand it to `keep` with a post read after it."""
        return self._posts.moment()

    def keep(self, view: PostView, as_of: int) -> Shelved:
        """Put a post on the shelf that was read, or written, since the moment `as_of`, unless it has changed again."""
        shelved = Shelved(view, {})
        # A rendered post is about 2.5 KB of JSON and 4 KB of HTML beside its own values.
        self._posts.put(view.id, shelved, as_of=as_of, weight=3_000 + 4 * len(view.text) + 800 * len(view.media))
        return shelved

    async def accounts(self, ids: Iterable[int]) -> dict[int, ShelvedAccount]:
        """The accounts with these ids that exist, in whatever state."""
        found: dict[int, ShelvedAccount] = {}
        absent: list[int] = []
        for id in ids:
            kept = self._accounts.get(id)
            if kept is None:
                absent.append(id)
            else:
                found[id] = kept
        if absent:
            as_of = self._accounts.moment()
            for id, view in (await account_queries.load_accounts(self._db, absent)).items():
                shelved = ShelvedAccount(view, {})
                self._accounts.put(id, shelved, as_of=as_of, weight=3_000)
                found[id] = shelved
                self._ids_by_name.put(view.name.lower(), id, as_of=self._ids_by_name.moment())
        return found

    async def account(self, id: int) -> AccountView | None:
        found = (await self.accounts([id])).get(id)
        return found.view if found else None

    async def account_by_name(self, name: str) -> ShelvedAccount | None:
        """The account with this handle, in any case. Handles are never given away again, so their ids may be kept."""
        id = self._ids_by_name.get(name.lower())
        if id is None:
            as_of = self._ids_by_name.moment()
            id = await account_queries.id_by_name(self._db, name)
            if id is None:
                return None
            self._ids_by_name.put(name.lower(), id, as_of=as_of)
        found = (await self.accounts([id])).get(id)
        if found is None:  # a rejected applicant's: the handle is free again
            self._ids_by_name.drop(name.lower())
        return found

    async def marks(self, account_id: int | None, ids: Sequence[int]) -> dict[int, Marks]:
        """What this account did with these posts; every id has an answer."""
        if account_id is None or not ids:
            return {}
        kept = self._marks.get(account_id)
        if kept is None:
            kept = {}
        absent = [id for id in ids if id not in kept]
        if absent:
            as_of = self._marks.moment()
            read = await queries.marks(self._db, account_id, absent)
            kept = {**(kept if len(kept) < 2_000 else {id: kept[id] for id in ids if id in kept}), **read}
            self._marks.put(account_id, kept, as_of=as_of)
        return kept

    def _post_changed(self, news: News) -> None:
        self._posts.drop(news.payload["post_id"])

    def _account_changed(self, news: News) -> None:
        self._accounts.drop(news.payload["account_id"])

    def _marks_changed(self, news: News) -> None:
        self._marks.drop(news.payload["account_id"])
