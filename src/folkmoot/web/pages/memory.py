"""What stands around every page, remembered until news says that it changed."""

from __future__ import annotations

from folkmoot.bus import News
from folkmoot.cache import Cache
from folkmoot.errors import Missing
from folkmoot.network import accounts, notifications, relations, site
from folkmoot.network.access import Viewer
from folkmoot.network.site import RuleView, SiteView
from folkmoot.web.server import Server

_KINDS = ("notification.created", "notification.removed", "notifications.cleared", "markers.changed")


class Memory:
    """The site and, for each member, how much awaits them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._site: SiteView | None = None
        self._rules: list[RuleView] | None = None
        self._has_operator = False
        self._news: Cache[int, tuple[int, int]] = Cache(20_000)
        server.bus.hear("site.changed", self._site_changed)
        for kind in _KINDS:
            server.bus.hear(kind, self._news_changed)
        server.bus.hear("relation.changed", self._relation_changed)
        server.bus.on_reset(self._forget)

    async def site(self) -> SiteView:
        """The network's name, texts and ways to join."""
        if self._site is None:
            self._site = await site.site_values(self._server.db, self._server.settings)
        return self._site

    @property
    def site_name(self) -> str:
        """The network's name as last seen, without asking: for pages that must work when the database is away."""
        return self._site.name if self._site else self._server.settings.site_name

    async def rules(self) -> list[RuleView]:
        if self._rules is None:
            self._rules = await site.rules(self._server.db)
        return self._rules

    async def is_first_run(self) -> bool:
        """Whether nobody runs the network yet."""
        if not self._has_operator:
            self._has_operator = await accounts.operator_code(self._server.db) is None
        return not self._has_operator

    async def news_for(self, viewer: Viewer) -> tuple[int, int]:
        """How many notifications are unread, and how many requests to follow wait."""
        kept = self._news.get(viewer.account_id)
        if kept is None:
            as_of = self._news.moment()
            db = self._server.db
            me = await self._server.shelf.account(viewer.account_id)
            if me is None:
                raise Missing
            waiting = len(await relations.follow_requests(db, viewer, limit=80)) if me.locked else 0
            kept = await notifications.unread_count(db, viewer), waiting
            self._news.put(viewer.account_id, kept, as_of=as_of)
        return kept

    def _site_changed(self, news: News) -> None:
        self._site = self._rules = None

    def _news_changed(self, news: News) -> None:
        self._news.drop(news.payload["account_id"])

    def _relation_changed(self, news: News) -> None:
        self._news.drop(news.payload["account_id"])
        self._news.drop(news.payload["target_id"])

    def _forget(self) -> None:
        self._site = self._rules = None
        self._news.clear()
