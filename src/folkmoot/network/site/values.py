"""What the network says of itself, and who may sign up: the operator's word, else the settings'."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import limits, queries
from folkmoot.network.site.views import Registration, SiteView
from folkmoot.settings import Settings


async def site_values(db: Database | Transaction, settings: Settings) -> SiteView:
    """The site as it stands."""
    return view(await queries.read_values(db), settings)


def view(kept: Mapping[str, object], settings: Settings) -> SiteView:
    """What was decided in the browser, and for the rest what the settings say."""
    values: dict[str, object] = {
        "name": settings.site_name,
        "description": settings.site_description,
        "registration": settings.registration,
        "contact_email": settings.contact_email,
    }
    return msgspec.convert(values | dict(kept), SiteView)


async def change_site(
    db: Database,
    operator: Viewer,
    settings: Settings,
    *,
    name: str | None = None,
    description: str | None = None,
    about: str | None = None,
    privacy: str | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    registration: Registration | None = None,
    contact_email: str | None = None,
    contact_account_id: int | UnsetType | None = UNSET,
) -> SiteView:
    """Change what is given and leave the rest."""
    operator.check_role(Role.OPERATOR)
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = limits.check_text(name, limits.NAME_MOST, "name")
    if description is not None:
        changes["description"] = limits.check_text(description, limits.DESCRIPTION_MOST, "description", blank=True)
    if about is not None:
        changes["about"] = limits.check_text(about, limits.TEXT_MOST, "about", blank=True)
    if privacy is not None:
        changes["privacy"] = limits.check_text(privacy, limits.TEXT_MOST, "privacy", blank=True)
    if translations is not None:
        most = {"description": limits.DESCRIPTION_MOST, "about": limits.TEXT_MOST, "privacy": limits.TEXT_MOST}
        changes["translations"] = limits.check_translations(translations, most)
    if registration is not None:
        changes["registration"] = limits.check_registration(registration)
    if contact_email is not None:
        changes["contact_email"] = limits.check_text(contact_email, 320, "contact_email", blank=True)
    if contact_account_id is not UNSET:
        changes["contact_account_id"] = contact_account_id
    async with db.transaction() as tx:
        if isinstance(contact_account_id, int) and not await queries.is_open_account(tx, contact_account_id):
            raise Invalid("There is no such account.", field="contact_account_id")
        if changes:
            await queries.write_values(tx, changes)
            _record(tx, operator, changes)
            tx.announce("site.changed")
        return await site_values(tx, settings)


def _record(tx: Transaction, operator: Viewer, changes: dict[str, object]) -> None:
    if "registration" in changes:
        mode = changes["registration"]
        tx.record(Event.REGISTRATION_CHANGED, actor=operator.actor, registration=mode, **operator.traces)
    others = sorted(set(changes) - {"registration"})
    if others:
        tx.record(Event.SITE_CHANGED, actor=operator.actor, changed=others, **operator.traces)
