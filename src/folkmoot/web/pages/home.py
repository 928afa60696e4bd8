"""Timelines as pages: home, local, a hashtag, one's bookmarks, favourites and direct messages; announcements."""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.markup import normal_tag
from folkmoot.network import relations
from folkmoot.network.site import announcements
from folkmoot.network.timelines import Page
from folkmoot.web.api.queries import figures
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Nothing, Visit
from folkmoot.web.pages.words import say


async def show_timeline(visit: Visit, found: Page, **values: Any) -> Answer:
    """A timeline; only its middle when a script asks for more of it."""
    page = await visit.list_page(found)
    if visit.wants_part:
        return await visit.page("parts/posts.html", page=page)
    return await visit.page("timeline.html", page=page, **values)


@get("/", include_in_schema=False)
async def home(request: Asked) -> Answer:
    """Home for who is signed in, the front door for everybody else."""
    visit = await Visit.of(request)
    if visit.viewer is None:
        return await _landing(visit)
    found = await visit.server.timelines.home(visit.viewer, visit.span)
    news = []
    if not visit.query("older"):
        news = [each for each in await announcements.current(visit.server.db, visit.viewer) if not each.read]
    return await show_timeline(
        visit,
        found,
        here="home",
        heading=say("Home"),
        feed="home",
        composes=True,
        announcements=news,
        nothing=Nothing(
            "hearth",
            say("Your home is still empty"),
            say(
                "Here you read those you follow, the newest first. Look around who is here, or say something yourself."
            ),
            (("/local", say("See what is going on")), ("/compose", say("Write your first post"))),
        ),
    )


async def _landing(visit: Visit) -> Answer:
    found = await visit.server.timelines.public(None, visit.span)
    page = await visit.list_page(found)
    if visit.wants_part:
        return await visit.page("parts/posts.html", page=page)
    return await visit.page(
        "landing.html",
        here="landing",
        page=page,
        first_run=await visit.memory.is_first_run(),
        facts=await figures(visit.server.db, clock.now()),
    )


@get("/local", include_in_schema=False)
async def local(request: Asked) -> Answer:
    """What everybody here says in public."""
    visit = await Visit.of(request)
    found = await visit.server.timelines.public(visit.viewer, visit.span)
    return await show_timeline(
        visit,
        found,
        here="local",
        heading=say("Local"),
        feed="local",
        composes=True,
        nothing=Nothing(
            "hearth",
            say("It is quiet under the tree"),
            say("Nobody has said anything in public yet. Somebody has to be first."),
            (("/compose", say("Write the first post")),) if visit.viewer else (("/sign-up", say("Create an account")),),
        ),
    )


@get("/tags/{tag:str}", include_in_schema=False)
async def hashtag(request: Asked, tag: FromPath[str]) -> Answer:
    """Public posts with a hashtag."""
    visit = await Visit.of(request)
    name = normal_tag(tag[:100]) or tag[:100]
    follows = bool(visit.viewer and name in await relations.follows_tags(visit.server.db, visit.viewer, [name]))
    found = await visit.server.timelines.tag(visit.viewer, name, visit.span)
    return await show_timeline(
        visit,
        found,
        here="tag",
        heading=f"#{tag[:100]}",
        tag=name,
        follows_tag=follows,
        feed=f"tag:{name}",
        composes=True,
        nothing=Nothing(
            "lens",
            say("Nobody has used this hashtag yet"),
            say("Put it into a post, and the post appears here."),
            ((f"/compose?tag={name}", say("Write a post")),)
            if visit.viewer
            else (("/local", say("See what is going on")),),
        ),
    )


@post("/tags/{tag:str}/follow", include_in_schema=False)
async def follow_tag(request: Asked, tag: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await relations.follow_tag(visit.server.db, visit.member, tag)
    return visit.back(f"/tags/{tag}", say("Posts with this hashtag come to your home from now on."))


@post("/tags/{tag:str}/unfollow", include_in_schema=False)
async def unfollow_tag(request: Asked, tag: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    await visit.form()
    await relations.unfollow_tag(visit.server.db, visit.member, tag)
    return visit.back(f"/tags/{tag}")


@get("/bookmarks", include_in_schema=False)
async def bookmarks(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await visit.server.timelines.marked(visit.member, "bookmarks", visit.span)
    return await show_timeline(
        visit,
        found,
        here="bookmarks",
        heading=say("Bookmarks"),
        lead=say("Only you can see what is here."),
        nothing=Nothing(
            "bench",
            say("No bookmarks yet"),
            say("Keep a post with the bookmark below it, to find it here again. Nobody is told."),
            (("/local", say("See what is going on")),),
        ),
    )


@get("/favourites", include_in_schema=False)
async def favourites(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await visit.server.timelines.marked(visit.member, "favourites", visit.span)
    return await show_timeline(
        visit,
        found,
        here="favourites",
        heading=say("Favourites"),
        nothing=Nothing(
            "bench",
            say("No favourites yet"),
            say("The star below a post tells its author that you like it, and keeps it here."),
            (("/local", say("See what is going on")),),
        ),
    )


@get("/messages", include_in_schema=False)
async def messages(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await visit.server.timelines.direct(visit.member, visit.span)
    return await show_timeline(
        visit,
        found,
        here="messages",
        heading=say("Messages"),
        lead=say(
            "Seen by you and those mentioned in them. They are not encrypted: whoever runs the server could read them."
        ),
        nothing=Nothing(
            "letter",
            say("No messages yet"),
            say("Mention somebody in a post that is only for those you mention, and you are in a conversation."),
            (("/compose?visibility=direct", say("Write a direct message")),),
        ),
    )


@get("/announcements", include_in_schema=False)
async def list_announcements(request: Asked) -> Answer:
    visit = await Visit.of(request)
    found = await announcements.current(visit.server.db, visit.viewer)
    return await visit.page("announcements.html", here="announcements", announcements=found)


@post("/announcements/{id_:str}/dismiss", include_in_schema=False)
async def dismiss_announcement(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    form = await visit.form()
    await announcements.dismiss(visit.server.db, visit.member, visit.id(id_))
    return visit.back(form.text("back", "/"))
