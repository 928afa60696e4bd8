"""`folkmoot post`: publish, show and remove posts from the command line."""

from __future__ import annotations

import textwrap
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from folkmoot.bus import Bus
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.clock import stamp
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.network import accounts
from folkmoot.network.access import COMMAND_LINE, Role, Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove_as_staff
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.posts.views import PostView, Visibility
from folkmoot.network.timelines import Span, Timelines
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings

T = TypeVar("T")

VISIBILITIES = click.Choice([each.value for each in Visibility])


@click.group()
def post() -> None:
    """Publish, show and remove posts."""


def _at_desk(settings: Settings, act: Callable[[Desk, Bus], Awaitable[T]]) -> T:
    async def sit(db: Database) -> T:
        bus = Bus()
        return await act(Desk(db, Shelf(db, bus, megabytes=1), Watch(db, bus), settings, Gate(db, settings)), bus)

    return with_database(settings, sit)


@post.command()
@click.argument("name", callback=lambda context, parameter, name: name.removeprefix("@"))
@click.argument("text")
@click.option("--visibility", type=VISIBILITIES, default=Visibility.PUBLIC.value, show_default=True)
@click.option("--warning", default="", help="Content warning to fold the text behind.")
@click.option("--language", help="Its language, such as en or de (default: the author's).")
@click.option("--key", help="Idempotency key: the same key within an hour makes no second post.")
@with_settings
def create(
    settings: Settings, name: str, text: str, visibility: str, warning: str, language: str | None, key: str | None
) -> None:
    """Publish TEXT as the account called NAME and print the post's address."""

    async def act(desk: Desk, bus: Bus) -> PostView:
        author = await accounts.find_by_name(desk.db, name)
        if author is None or not author.is_open:
            raise Missing("There is no account {name} that may post.", name=name)
        viewer = Viewer(account_id=author.id, name=author.name, role=Role(author.role))
        draft = Draft(text=text, warning=warning, visibility=Visibility(visibility), language=language)
        return await publish(desk, viewer, draft, key=key)

    made = _at_desk(settings, act)
    click.echo(f"{settings.base_url}/@{name}/{made.id}")


@post.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@with_settings
def list_posts(settings: Settings, limit: int) -> None:
    """The newest public posts, one a line."""

    async def act(desk: Desk, bus: Bus) -> list[tuple[PostView, str]]:
        page = await Timelines(desk, bus).public(None, Span(limit=limit))
        return [(card.shown.view, card.author.view.name) for card in page.cards]

    for view, name in _at_desk(settings, act):
        first = textwrap.shorten(view.text, 80, placeholder="…")
        click.echo(f"{view.id}  {stamp(view.created_at)}  @{name}  {first}")


@post.command()
@click.argument("id", type=int)
@with_settings
def show(settings: Settings, id: int) -> None:
    """A post with its author, state and figures, whoever may see it."""

    async def act(desk: Desk, bus: Bus) -> tuple[PostView, str]:
        found = (await desk.shelf.posts([id])).get(id)
        if found is None:
            raise Missing("There is no post {id}.", id=id)
        author = await desk.shelf.account(found.view.account_id)
        return found.view, author.name if author else "?"

    view, name = _at_desk(settings, act)
    click.echo(f"@{name}  {stamp(view.created_at)}  {view.visibility.value}  version {view.version}")
    if view.hidden_at:
        click.echo(f"held since {stamp(view.hidden_at)}")
    if view.warning:
        click.echo(f"[{view.warning}]")
    click.echo(view.text)
    click.echo(f"replies {view.replies_count}  boosts {view.boosts_count}  favourites {view.favourites_count}")


@post.command()
@click.argument("id", type=int)
@click.option("--why", required=True, help="The reason, for the record.")
@with_settings
def remove(settings: Settings, id: int, why: str) -> None:
    """Delete a post and what hangs on it; on record with the reason."""

    async def act(desk: Desk, bus: Bus) -> PostView:
        return await remove_as_staff(desk, COMMAND_LINE, id, why)

    gone = _at_desk(settings, act)
    click.echo(f"Removed {gone.id}.")
