"""One post: with its conversation, its history, written, changed, deleted, and what one does with it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from folkmoot import clock
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.ids import parse
from folkmoot.network import accounts, media, polls
from folkmoot.network.access import Role
from folkmoot.network.accounts import AccountView
from folkmoot.network.posts import react, reaction_queries, scheduled_queries
from folkmoot.network.posts.edit import MediaChange, edit, history
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove, remove_as_staff
from folkmoot.network.posts.rules import SLOWED_POSTS, Draft, PollDraft, is_slowed
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import cards, words
from folkmoot.web.pages.cards import Card, Picture
from folkmoot.web.pages.forms import Asked, Form
from folkmoot.web.pages.people import PEOPLE, show_people
from folkmoot.web.pages.visit import Answer, Nothing, Visit, own_address
from folkmoot.web.pages.words import say

LANGUAGES = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "tr": "Türkçe",
    "uk": "Українська",
    "ar": "العربية",
    "he": "עברית",
    "ja": "日本語",
    "zh": "中文",
}


def language_choices() -> list[tuple[str, str]]:
    return [("", say("not said")), *LANGUAGES.items()]


class Written(msgspec.Struct, kw_only=True):
    """What the composer shows: a fresh sheet, one that was refused, or a post to be changed."""

    text: str = ""
    warning: str = ""
    visibility: str = "public"
    visibility_fixed: bool = False
    language: str = ""
    sensitive: bool = False
    reply_to: Card | None = None
    pictures: Sequence[Picture] = ()
    poll_options: Sequence[str] = ()
    poll_seconds: str = "86400"
    poll_multiple: bool = False
    idempotency: str = ""
    back: str = "/"
    editing: bool = False
    key: str = "new"
    """Under which name the browser keeps what is being written."""
    slowed_until: datetime | None = None
    """Until then a decision lets its author write a little, and to followers only."""


# Reading ----------------------------------------------------------------------------------------------------


async def show_post(visit: Visit, post_id: int, author: AccountView) -> Answer:
    """A post with what stands above and what follows below it."""
    timelines = visit.server.timelines
    shown = await visit.server.desk.shown(visit.viewer, post_id)
    if shown.account_id != author.id and (await visit.server.desk.get(visit.viewer, post_id)).account_id != author.id:
        raise Missing
    card = await _card(visit, shown.id)
    above, below = await timelines.thread(visit.viewer, shown)
    return await visit.page(
        "post.html",
        here="post",
        card=card,
        above=await visit.cards(above),
        below=cards.in_conversation(shown.id, await visit.cards(below)),
        back_to="/",
    )


async def _card(visit: Visit, post_id: int) -> Card:
    found = await visit.cards(await visit.server.timelines.cards(visit.viewer, [post_id]))
    if not found:
        raise Missing
    return found[0]


@get("/posts/{id_:str}", include_in_schema=False)
async def find_post(request: Asked, id_: FromPath[str]) -> Answer:
    """A post by its number alone: leads to its own address."""
    visit = await Visit.of(request)
    return visit.back((await _card(visit, (await visit.server.desk.shown(visit.viewer, visit.id(id_))).id)).url)


@get("/posts/{id_:str}/history", include_in_schema=False)
async def show_history(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    card = await _card(visit, visit.id(id_))
    versions = [
        {**msgspec.structs.asdict(version), "words": cards.rich(version.text)}
        for version in reversed(await history(visit.server.desk, visit.viewer, card.post.id))
    ]
    return await visit.page("history.html", here="post", url=card.url, versions=versions)


@get(["/posts/{id_:str}/favourites", "/posts/{id_:str}/boosts"], include_in_schema=False)
async def list_reactors(request: Asked, id_: FromPath[str]) -> Answer:
    """Who favourited or boosted a post."""
    visit = await Visit.of(request)
    card = await _card(visit, visit.id(id_))
    table = visit.path.rpartition("/")[2]
    before = parse(visit.query("older"))
    rows = await reaction_queries.reactors(
        visit.server.db, table, card.post.id, before=before, after=None, limit=PEOPLE
    )
    return await show_people(
        visit,
        rows,
        heading=say("Favourited by") if table == "favourites" else say("Boosted by"),
        back=card.url,
        nothing=Nothing(
            "bench", say("Nobody yet"), say("This list is still empty."), ((card.url, say("Back to the post")),)
        ),
    )


# Doing ------------------------------------------------------------------------------------------------------

Deed = Callable[..., Awaitable[PostView]]
_DEEDS: dict[str, Deed] = {
    "favourite": react.favourite,
    "unfavourite": react.unfavourite,
    "boost": react.boost,
    "unboost": react.unboost,
    "bookmark": react.bookmark,
    "unbookmark": react.unbookmark,
    "pin": react.pin,
    "unpin": react.unpin,
    "mute": react.mute_thread,
}


@post("/posts/{id_:str}/{deed:str}", include_in_schema=False)
async def do_with_post(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Favourite, boost, bookmark, pin, mute, vote, and the ways back; a script hears how the post stands."""
    visit = await Visit.of(request)
    form = await visit.form()
    desk, member, post_id = visit.server.desk, visit.member, visit.id(id_)
    if deed == "vote":
        view = await desk.shown(member, post_id)
        if view.poll is None:
            raise Missing
        await polls.vote(visit.server.db, member, view.poll.id, list(form.ids("choice")))
    elif deed == "unmute":
        await react.mute_thread(desk, member, post_id, muted=False)
    elif deed in _DEEDS:
        await _DEEDS[deed](desk, member, post_id)
    else:
        raise Missing
    if not visit.wants_json:
        return visit.back(f"{own_address(form.text('back'))}#post-{post_id}")
    card = await _card(visit, (await desk.shown(member, post_id)).id)
    return visit.back(
        data={
            "favourited": card.marks.favourited,
            "boosted": card.marks.boosted,
            "bookmarked": card.marks.bookmarked,
            "favourites": words.brief(card.post.favourites_count),
            "boosts": words.brief(card.post.boosts_count),
        }
    )


@post("/posts/{id_:str}/delete", include_in_schema=False)
async def delete(request: Asked, id_: FromPath[str]) -> Answer:
    """Delete one's own post, or as staff anybody's."""
    visit = await Visit.of(request)
    form = await visit.form()
    desk, member, post_id = visit.server.desk, visit.member, visit.id(id_)
    view = await desk.get(member, post_id)
    if view.account_id != member.account_id and member.role.is_staff:
        await remove_as_staff(desk, member, post_id, form.text("why").strip()[:1000])
    else:
        await remove(desk, member, post_id)
    back = own_address(form.text("back"))
    return visit.back("/" if str(post_id) in back else back, say("The post is deleted."))


@get("/posts/{id_:str}/delete", include_in_schema=False)
async def ask_before_delete(request: Asked, id_: FromPath[str]) -> Answer:
    visit = await Visit.of(request)
    card = await _card(visit, visit.id(id_))
    if not card.mine:
        visit.member.check_role(Role.STEWARD)
    values: dict[str, Any] = {} if card.mine else {"asks_why": True}
    return await visit.page(
        "question.html",
        here="post",
        heading=say("Delete this post?"),
        meaning=say("It goes for good, with its pictures, and out of everybody's timelines."),
        yes=say("Delete"),
        dangerous=True,
        action=f"/posts/{card.post.id}/delete",
        back=card.url,
        card=card,
        **values,
    )


# Writing ----------------------------------------------------------------------------------------------------


@get("/compose", include_in_schema=False)
async def compose(request: Asked) -> Answer:
    """The sheet to write on; only the form when a script puts it into a dialog."""
    visit = await Visit.of(request)
    member = visit.member
    preferences = await accounts.get_preferences(visit.server.db, member)
    written = Written(
        visibility=preferences.default_visibility,
        language=preferences.default_language or visit.locale,
        sensitive=preferences.default_sensitive,
        idempotency=secrets.token_urlsafe(16),
        back=own_address(
            visit.query("back", 500) or request.headers.get("referer", "").partition(request.url.netloc)[2]
        ),
    )
    if written.back.startswith(("/compose", "/sign-in")):
        written.back = "/"
    if (reply := parse(visit.query("reply"))) is not None:
        written = await _as_reply(visit, written, reply)
    elif name := visit.query("to", 40):
        written.text = f"@{name} "
    elif tag := visit.query("tag", 100):
        written.text = f"\n\n#{tag}"
    if visit.query("visibility") == "direct":
        written.visibility = "direct"
    if text := visit.query("text", 2000):
        written.text = text
    return await _sheet(visit, written, "/compose")


async def _as_reply(visit: Visit, written: Written, post_id: int) -> Written:
    view = await visit.server.desk.shown(visit.viewer, post_id)
    card = await _card(visit, view.id)
    names = [card.author.name, *(mention.name for mention in view.mentions)]
    to = [name for name in dict.fromkeys(names) if name != visit.member.name]
    order = [each.value for each in Visibility]
    return msgspec.structs.replace(
        written,
        reply_to=card,
        text="".join(f"@{name} " for name in to),
        warning=view.warning,
        visibility=max(written.visibility, view.visibility.value, key=order.index),
        language=view.language or written.language,
        key=f"reply-{view.id}",
        back=card.url if written.back == "/" else written.back,
    )


async def _sheet(visit: Visit, written: Written, action: str, wrong: FolkmootError | None = None) -> Answer:
    if is_slowed(visit.member.slowed_until, clock.now()):
        written.slowed_until = visit.member.slowed_until
        if written.visibility != Visibility.DIRECT.value and not written.visibility_fixed:
            written.visibility = Visibility.FOLLOWERS.value
    return await visit.page(
        "parts/composer.html" if visit.wants_part else "compose.html",
        status=STATUS[wrong.kind] if wrong else 200,
        here="compose",
        draft=written,
        action=action,
        languages=language_choices(),
        slowed_posts=SLOWED_POSTS,
        wrong=words.current().of_error(wrong) if wrong else "",
    )


@post("/compose", include_in_schema=False)
async def send(request: Asked) -> Answer:
    """Publish what was written; sent twice with the same key it is published once."""
    visit = await Visit.of(request)
    form = await visit.form()
    try:
        uploaded = await _uploads(visit, form)
    except FolkmootError as error:
        return await _refused(visit, form, error, "/compose", ())
    kept = (*form.ids("media"), *uploaded)
    try:
        await _describe(visit, form, kept)
        draft = _draft(form, kept)
        made = await publish(
            visit.server.desk, visit.member, draft, key=form.optional("key") and f"page-{form.text('key')[:60]}"
        )
    except FolkmootError as error:
        return await _refused(visit, form, error, "/compose", kept)
    author = visit.member.name
    url = f"/@{author}/{made.id}"
    back = own_address(form.text("back"), url)
    answering = form.id("reply")
    held = made.hidden_at is not None
    notice = say("Held: only you can see this until it has been looked at") if held else say("Your post is out.")
    return visit.back(url if answering else back, notice, {"id": str(made.id), "url": url, "held": held})


@post("/posts/{id_:str}/edit", include_in_schema=False)
async def save(request: Asked, id_: FromPath[str]) -> Answer:
    """Put what was written in the place of what stood there."""
    visit = await Visit.of(request)
    form = await visit.form()
    post_id = visit.id(id_)
    action = f"/posts/{post_id}/edit"
    uploaded: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    try:
        view = await visit.server.desk.own(visit.member, post_id)
        uploaded = await _uploads(visit, form)
        drop = set(form.ids("drop"))
        kept = tuple(id for id in (*form.ids("media"), *uploaded) if id not in drop)
        present = {item.id: item.description for item in view.media}
        await _describe(visit, form, tuple(id for id in kept if id not in present and id not in uploaded))
        changes = [
            MediaChange(id, form.text(f"alt-{id}"))
            for id in kept
            if id in present and form.has(f"alt-{id}") and form.text(f"alt-{id}").strip() != present[id]
        ]
        await edit(visit.server.desk, visit.member, post_id, _draft(form, kept), changes)
    except FolkmootError as error:
        return await _refused(visit, form, error, action, kept, editing=True)
    url = f"/@{visit.member.name}/{post_id}"
    return visit.back(url, say("Saved."), {"id": str(post_id), "url": url})


@get("/posts/{id_:str}/edit", include_in_schema=False)
async def change(request: Asked, id_: FromPath[str]) -> Answer:
    """The sheet with a post of one's own on it."""
    visit = await Visit.of(request)
    view = await visit.server.desk.own(visit.member, visit.id(id_))
    card = await _card(visit, view.id)
    written = Written(
        text=view.text,
        warning=view.warning,
        visibility=view.visibility.value,
        visibility_fixed=True,
        language=view.language or "",
        sensitive=view.sensitive,
        pictures=card.pictures,
        poll_options=view.poll.options if view.poll else (),
        poll_multiple=view.poll.multiple if view.poll else False,
        back=card.url,
        editing=True,
        key=f"edit-{view.id}-{view.version}",
    )
    return await _sheet(visit, written, f"/posts/{view.id}/edit")


async def _refused(
    visit: Visit, form: Form, error: FolkmootError, action: str, kept: Sequence[int], *, editing: bool = False
) -> Answer:
    """The sheet again with everything on it and what is wrong, or for a script the sentence."""
    if visit.wants_json:
        return Response({"error": words.current().of_error(error)}, status_code=STATUS[error.kind])
    found = await scheduled_queries.loose_media(visit.server.db, visit.member.account_id, kept) if kept else []
    reply = form.id("reply")
    written = Written(
        text=form.text("text"),
        warning=form.text("warning"),
        visibility=form.text("visibility", "public"),
        visibility_fixed=editing,
        language=form.text("language"),
        sensitive=form.flag("sensitive"),
        reply_to=await _card(visit, reply) if reply is not None else None,
        pictures=[cards.picture(item) for item in found],
        poll_options=[option for option in form.all("option") if option.strip()],
        poll_seconds=form.text("poll_seconds", "86400"),
        poll_multiple=form.flag("poll_multiple"),
        idempotency=form.text("key") or secrets.token_urlsafe(16),
        back=own_address(form.text("back")),
        editing=editing,
    )
    return await _sheet(visit, written, action, error)


def _draft(form: Form, kept: Sequence[int]) -> Draft:
    visibility = form.text("visibility", "public")
    if visibility not in [each.value for each in Visibility]:
        raise Invalid("This cannot be chosen.", field="visibility")
    options = tuple(option.strip() for option in form.all("option") if option.strip())
    drop = set(form.ids("drop"))
    return Draft(
        text=form.text("text").replace("\r\n", "\n"),
        warning=form.text("warning"),
        sensitive=form.flag("sensitive"),
        visibility=Visibility(visibility),
        language=form.optional("language"),
        in_reply_to_id=form.id("reply"),
        media=tuple(id for id in kept if id not in drop),
        poll=PollDraft(options, form.id("poll_seconds") or 86_400, form.flag("poll_multiple")) if options else None,
    )


async def _uploads(visit: Visit, form: Form) -> tuple[int, ...]:
    """The pictures that came with a form sent without scripts."""
    made: list[int] = []
    for number in range(1, visit.server.settings.media_per_post + 1):
        for file in form.files(f"picture-{number}"):
            made.append((await _keep(visit, await file.read(), file.filename, form.text(f"picture-alt-{number}"))).id)
    return tuple(made)


async def _keep(visit: Visit, data: bytes, filename: str, alt: str, focus: tuple[float, float] = (0.0, 0.0)) -> Any:
    visit.server.limits.check_upload(visit.member.account_id)
    return await media.upload(
        visit.server.db,
        visit.server.storage,
        visit.member,
        data=data,
        filename=filename[:200],
        description=alt,
        focus=focus,
        settings=visit.server.settings,
    )


async def _describe(visit: Visit, form: Form, ids: Sequence[int]) -> None:
    """Keep what was written below each picture, and the point that must stay in view."""
    for id in ids:
        alt, focus = form.text(f"alt-{id}").strip(), _focus(form.text(f"focus-{id}"))
        if alt or focus is not None:
            await media.describe(visit.server.db, visit.member, id, description=alt, focus=focus)


def _focus(text: str) -> tuple[float, float] | None:
    across, comma, along = text.partition(",")
    try:
        return (float(across), float(along)) if comma else None
    except ValueError:
        return None


@post("/uploads", include_in_schema=False)
async def upload(request: Asked) -> Answer:
    """A picture from a script: taken in before the post is written."""
    visit = await Visit.of(request)
    form = await visit.form()
    files = form.files("file")
    if not files:
        raise Invalid("There is no picture in this.", field="file")
    kept = cards.picture(await _keep(visit, await files[0].read(), files[0].filename, form.text("description")))
    return Response(
        {"id": str(kept.id), "preview": kept.preview}, status_code=201, headers={"cache-control": "no-store"}
    )
