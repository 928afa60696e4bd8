"""One visit to a page: who came, what they asked for, and the ways to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from folkmoot.errors import Missing, Unavailable, Unknown
from folkmoot.ids import parse
from folkmoot.network import polls
from folkmoot.network.access import Role, Viewer
from folkmoot.network.accounts import AccountView
from folkmoot.network.posts.shelf import Shelved
from folkmoot.network.timelines import Card as Entry
from folkmoot.network.timelines import Page as Found
from folkmoot.network.timelines import Span
from folkmoot.web.pages import cards, render, words
from folkmoot.web.pages.forms import SESSION_COOKIE, Asked, Form, read_form
from folkmoot.web.pages.memory import Memory
from folkmoot.web.server import Server

YEAR = 365 * 86_400
PAGE = 20
Answer = Response[Any]


class SignInFirst(Unknown):
    """This needs somebody who is signed in: pages lead to the door and back."""

    sentence = "Please sign in first."


class Nothing(msgspec.Struct, frozen=True):
    """What an empty page says, and where to go from it."""

    drawing: str
    title: str
    text: str
    ways: tuple[tuple[str, str], ...] = ()


class ListPage(msgspec.Struct, frozen=True):
    """Cards of a page and the address of the next."""

    cards: list[cards.Card]
    next_url: str | None = None
    is_first: bool = True


class Visit:
    """Made at the beginning of every handler by `Visit.of(request)`."""

    def __init__(self, request: Asked, server: Server, memory: Memory, viewer: Viewer | None) -> None:
        self.request = request
        self.server = server
        self.memory = memory
        self.viewer = viewer
        self.locale = words.choose(
            account=viewer.locale if viewer else None,
            cookie=request.cookies.get("locale"),
            accepted=request.headers.get("accept-language", ""),
            default=server.settings.default_locale,
        )
        words.speak(self.locale)

    @classmethod
    async def of(cls, request: Asked) -> Visit:
        """Who came. Raises Unavailable when the database is away, TooMany when they come too often."""
        state = request.app.state
        visit = cls(request, state.server, state.memory, await state.server.viewer_of(request))
        state.server.limits.check_page(str(visit.viewer.account_id) if visit.viewer else visit.client_address)
        return visit

    @classmethod
    async def of_steward(cls, request: Asked) -> Visit:
        """A steward came. Raises SignInFirst, or Forbidden for anybody else."""
        visit = await cls.of(request)
        visit.member.check_role(Role.STEWARD)
        return visit

    @property
    def member(self) -> Viewer:
        """The viewer. Raises SignInFirst when nobody is signed in."""
        if self.viewer is None:
            raise SignInFirst
        return self.viewer

    async def form(self, *, anybody: bool = False) -> Form:
        """What was sent, with its token checked; from a member unless `anybody` may send it."""
        if not anybody and self.viewer is None:
            raise SignInFirst
        return await read_form(self.request)

    # What was asked ------------------------------------------------------------------------------------------

    def query(self, name: str, most: int = 200) -> str:
        """A parameter of the address, cut to what we read of it."""
        return str(self.request.query_params.get(name, ""))[:most]

    def id(self, text: str) -> int:
        """An id in a path. Raises Missing for what is none."""
        found = parse(text)
        if found is None:
            raise Missing
        return found

    @property
    def span(self) -> Span:
        """Which part of a timeline the address asks for."""
        newer = parse(self.query("newer"))
        return Span(max_id=parse(self.query("older")), since_id=newer, limit=40 if newer else PAGE)

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def address(self) -> str:
        """Path and query of this page, without what only scripts add."""
        query = [(key, value) for key, value in self.request.query_params.multi_items() if key not in ("part", "newer")]
        return self.path + (f"?{urlencode(query)}" if query else "")

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def wants_part(self) -> bool:
        """Whether a script asks for the middle of the page alone."""
        return self.query("part") == "1"

    @property
    def client_address(self) -> str:
        """Where the request comes from, as far as trusted proxies say."""
        peer = self.request.client.host if self.request.client else ""
        return self.server.origin.address(peer, self.request.headers.get("x-forwarded-for"))

    # Cards ---------------------------------------------------------------------------------------------------

    async def cards(self, entries: Sequence[Entry]) -> list[cards.Card]:
        """What timelines found, ready for the template."""
        poll_ids = [entry.shown.view.poll.id for entry in entries if entry.shown.view.poll is not None]
        votes = await polls.own_votes(self.server.db, self.viewer, poll_ids) if self.viewer and poll_ids else {}
        return [
            cards.make_card(
                entry=entry.entry.view,
                shown=entry.shown.view,
                author=entry.author.view,
                booster=entry.booster.view if entry.booster else None,
                marks=entry.marks,
                reader_id=self.viewer.account_id if self.viewer else None,
                votes=votes,
                words=self._words(entry.shown),
            )
            for entry in entries
        ]

    def _words(self, shelved: Shelved) -> Markup:
        kept = shelved.renderings.get("page")
        if kept is None:
            kept = shelved.renderings["page"] = str(cards.words_of(shelved.view, self.server.settings.domain)).encode()
        return Markup(kept.decode())

    async def list_page(self, found: Found) -> ListPage:
        """A page of a timeline."""
        next_url = None
        if found.next_id is not None:
            query = {
                key: value for key, value in self.request.query_params.items() if key not in ("older", "newer", "part")
            }
            next_url = f"{self.path}?{urlencode({**query, 'older': found.next_id})}"
        return ListPage(await self.cards(found.cards), next_url, is_first=not self.query("older"))

    # Answers -------------------------------------------------------------------------------------------------

    async def frame(self) -> render.Frame:
        """What stands around every page."""
        server, viewer = self.server, self.viewer
        site = await self.memory.site()
        me: AccountView | None = None
        unread = waiting = 0
        if viewer is not None:
            me = await server.shelf.account(viewer.account_id)
            if me is None:
                raise Unavailable(cause="an account is signed in that does not exist")
            unread, waiting = await self.memory.news_for(viewer)
        scheme = self.request.cookies.get("scheme", "")
        return render.Frame(
            site_name=site.name,
            site_description=site.in_language("description", self.locale),
            contact_email=site.contact_email,
            registration=site.registration,
            domain=server.settings.domain,
            viewer=viewer,
            me=me,
            unread=unread,
            waiting=waiting,
            locale=self.locale,
            scheme=scheme if scheme in ("light", "dark") else "",
            path=self.path,
            address=self.address,
            post_length=server.settings.post_length,
            media_per_post=server.settings.media_per_post,
            upload_mb=server.settings.upload_mb,
            read_only=server.writes.shown,
            reads_only=server.writes.read_only is not None,
            notice=unquote(self.request.cookies.get("notice", ""))[:300],
        )

    async def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Answer:
        """The page, in the reader's language."""
        return render.answer(self.request, template, await self.frame(), status, headers, **values)

    def back(self, to: str = "/", notice: str = "", data: Mapping[str, object] | None = None) -> Answer:
        """Done: lead back to where the form was (303), or for a script say what came of it."""
        if self.wants_json:
            return Response(data or {"done": True}, status_code=200, headers={"cache-control": "no-store"})
        cookies: list[Cookie] = []
        if notice:
            cookies.append(render.plain_cookie(self.request, "notice", quote(notice), hidden=True, seconds=60))
        return redirect(to, cookies)


def redirect(to: str, cookies: Sequence[Cookie] = ()) -> Answer:
    """303 to a page of ours; anything that is not one leads home."""
    return Response(
        b"", status_code=303, headers={"location": own_address(to), "cache-control": "no-store"}, cookies=list(cookies)
    )


def own_address(text: str, default: str = "/") -> str:
    """`text` when it is a path of this network, else `default`: nobody is led elsewhere by a form or a link."""
    parts = urlsplit(text)
    if not text.startswith("/") or text.startswith(("//", "/\\")) or parts.scheme or parts.netloc:
        return default
    return text if text.isprintable() and "\\" not in text else default


def session_cookie(request: Asked, token: str) -> Cookie:
    """The cookie of a browser session; an empty token ends it."""
    return render.plain_cookie(request, SESSION_COOKIE, token, hidden=True, seconds=YEAR if token else 0)
