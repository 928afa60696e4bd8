"""One box for posts, people and hashtags."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import get

from folkmoot.network.search import search_accounts, search_posts, search_tags
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.people import with_relations
from folkmoot.web.pages.visit import PAGE, Answer, ListPage, Visit

MOST_TAGS, MOST_PEOPLE = 10, 8


@get("/search", include_in_schema=False)
async def search(request: Asked) -> Answer:
    """What was looked for; older posts on the pages that follow."""
    visit = await Visit.of(request)
    query = visit.query("q").strip()
    if not query:
        return await visit.page("search.html", here="search", query="", tags=[], people=[], page=ListPage([]))
    server, viewer, span = visit.server, visit.viewer, visit.span
    tags, people = [], []
    if span.max_id is None:
        tags = await search_tags(server.db, query, limit=MOST_TAGS)
        ids = await search_accounts(server.db, viewer, query, domain=server.settings.domain, limit=MOST_PEOPLE)
        known = await server.shelf.accounts(ids)
        people = await with_relations(visit, [known[id].view for id in ids if id in known])
    found = await search_posts(server.db, viewer, query, max_id=span.max_id, limit=PAGE)
    cards = await visit.cards(await server.timelines.cards(viewer, found, taste=True))
    next_url = f"/search?{urlencode({'q': query, 'older': found[-1]})}" if len(found) >= PAGE else None
    page = ListPage(cards, next_url, is_first=span.max_id is None)
    if visit.wants_part:
        return await visit.page("parts/posts.html", page=page)
    shown_tags = [{"name": name, "shown_as": spelling} for name, spelling in tags]
    return await visit.page("search.html", here="search", query=query, tags=shown_tags, people=people, page=page)
