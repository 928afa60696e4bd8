"""Show hashtags on one's profile."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts.profile import screen_profile
from folkmoot.network.gate import Gate, profile_words
from folkmoot.network.relations.rules import MOST_FEATURED_TAGS, TooManyFeaturedTags, check_tag
from folkmoot.network.relations.tags import queries
from folkmoot.network.relations.views import FeaturedTag


async def feature_tag(db: Database, gate: Gate, viewer: Viewer, name: str) -> FeaturedTag:
    """Show a hashtag on the viewer's profile. Raises NoTag, TooManyFeaturedTags, ProfileHeld.

    The `gate` reads it like any words of a profile, as it is written and as it was first spelt, which is how it is shown.
    """
    tag, shown_as = check_tag(name)
    spelt = dict.fromkeys((shown_as, await queries.spelling(db, tag) or shown_as))
    words = profile_words("", [f"#{each}" for each in spelt], viewer.locale)
    screened = await screen_profile(db, gate, viewer, words)
    async with db.transaction() as tx:
        await queries.keep_tag(tx, tag, shown_as, clock.now())
        if not await queries.insert_featured(tx, viewer.account_id, tag, new_id(), MOST_FEATURED_TAGS):
            raise TooManyFeaturedTags
        await screened.record(tx)
        tx.announce("account.changed", account_id=viewer.account_id)
        (made,) = await queries.featured(tx, viewer.account_id, tag)
    return made


async def unfeature_tag(db: Database, viewer: Viewer, id: int) -> None:
    """Take a hashtag, by its row's id, off the viewer's profile. Raises Missing."""
    async with db.transaction() as tx:
        if not await queries.delete_featured(tx, viewer.account_id, id):
            raise Missing
        tx.announce("account.changed", account_id=viewer.account_id)


async def featured_tags(db: Database, account_id: int) -> list[FeaturedTag]:
    """The hashtags on an account's profile, most used first."""
    return await queries.featured(db, account_id, None)


async def suggested_tags(db: Database, viewer: Viewer) -> list[tuple[str, str]]:
    """Hashtags the viewer uses most and does not show yet: pairs of normal form and spelling."""
    return await queries.most_used(db, viewer.account_id, MOST_FEATURED_TAGS)
