"""Timelines, favourites, bookmarks."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from folkmoot.errors import Missing
from folkmoot.network.timelines import Page, Span
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.statuses import render_cards

LONGEST_PAGE = 40


class TimelineParameters(msgspec.Struct, frozen=True):
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 20

    @property
    def span(self) -> Span:
        return Span(self.max_id, self.since_id, self.min_id, max(1, min(self.limit, LONGEST_PAGE)))


class PublicParameters(TimelineParameters, frozen=True):
    local: bool = False
    remote: bool = False
    only_media: bool = False


class TagParameters(PublicParameters, frozen=True):
    any: list[str] = []
    all: list[str] = []
    none: list[str] = []


async def page_answer(call: Call, page: Page) -> Answer:
    """A page with its Link header."""
    return Answer(await render_cards(call, page.cards), headers=call.link(page.next_id, page.prev_id))


@endpoint("GET", "/api/v1/timelines/home", scope="read:statuses")
async def home(call: Call, given: TimelineParameters) -> Answer:
    """Posts of those one follows."""
    return await page_answer(call, await call.server.timelines.home(call.member, given.span))


@endpoint("GET", "/api/v1/timelines/public", who="anyone", scope="read:statuses")
async def public(call: Call, given: PublicParameters) -> Answer:
    """Everybody's public posts."""
    if given.remote:
        return Answer(b"[]")
    if call.viewer is not None or call.has_body:  # what is kept is known by its query alone
        page = await call.server.timelines.public(call.viewer, given.span, only_media=given.only_media)
        return await page_answer(call, page)
    generation = call.server.timelines.public_generation
    kept = call.server.finished.get(call.query)
    if kept is None or kept[0] != generation:
        page = await call.server.timelines.public(None, given.span, only_media=given.only_media)
        answer = await page_answer(call, page)
        tag = b'W/"' + hashlib.sha256(answer.body).hexdigest()[:24].encode() + b'"'
        answer.headers = [(b"etag", tag), (b"cache-control", b"public, max-age=0"), *answer.headers]
        if not any(card.shown.view.poll for card in page.cards):  # polls end without anybody doing anything
            call.server.keep_finished(call.query, generation, answer)
    else:
        answer = kept[1]
    if call.headers.get(b"if-none-match") == answer.headers[0][1]:
        return Answer(b"", 304, answer.headers)
    return Answer(answer.body, 200, answer.headers)


@endpoint("GET", "/api/v1/timelines/tag/{tag}", who="anyone", scope="read:statuses")
async def tag(call: Call, given: TagParameters) -> Answer:
    """Public posts with a hashtag."""
    if given.remote:
        return Answer(b"[]")
    page = await call.server.timelines.tag(
        call.viewer,
        call.segments["tag"],
        given.span,
        any_of=given.any,
        all_of=given.all,
        none_of=given.none,
        only_media=given.only_media,
    )
    return await page_answer(call, page)


@endpoint("GET", "/api/v1/timelines/direct", scope="read:statuses")
async def direct(call: Call, given: TimelineParameters) -> Answer:
    """Direct posts to and from oneself."""
    return await page_answer(call, await call.server.timelines.direct(call.member, given.span))


@endpoint("GET", "/api/v1/timelines/link", who="anyone", scope="read:statuses")
async def link(call: Call) -> Any:
    """Posts about a link; there are no trends here yet, hence no link that is known."""
    raise Missing


@endpoint("GET", "/api/v1/favourites", scope="read:favourites")
async def favourites(call: Call, given: TimelineParameters) -> Answer:
    """What one favourited."""
    return await page_answer(call, await call.server.timelines.marked(call.member, "favourites", given.span))


@endpoint("GET", "/api/v1/bookmarks", scope="read:bookmarks")
async def bookmarks(call: Call, given: TimelineParameters) -> Answer:
    """What one bookmarked."""
    return await page_answer(call, await call.server.timelines.marked(call.member, "bookmarks", given.span))
