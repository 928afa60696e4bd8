"""One's own account: profile, preferences, read positions."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.clock import stamp
from folkmoot.errors import Invalid
from folkmoot.network import accounts, media, notifications, relations
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.notifications import Marker
from folkmoot.network.posts.views import Visibility
from folkmoot.web.api.call import Call, endpoint
from folkmoot.web.api.entities import ROLES, VISIBILITY, VISIBILITY_FROM
from folkmoot.web.api.parameters import Upload

UPLOAD_BYTES = 24 * 1_048_576


class FieldParameters(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class SourceParameters(msgspec.Struct, frozen=True):
    privacy: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None


class ProfileParameters(msgspec.Struct, frozen=True):
    display_name: str | None = None
    note: str | None = None
    avatar: Upload | str | None = None
    header: Upload | str | None = None
    avatar_description: str | None = None
    header_description: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    fields_attributes: list[FieldParameters] | None = None
    source: SourceParameters | None = None


async def credential_account(call: Call, view: AccountView) -> Any:
    """CredentialAccount: the account with what only its owner sees."""
    preferences = await accounts.get_preferences(call.server.db, call.member)
    waiting = await relations.follow_requests(call.server.db, call.member, limit=80)
    body = call.server.entities.account_dict(view)
    body["source"] = {
        "privacy": VISIBILITY[Visibility(preferences.default_visibility)],
        "sensitive": preferences.default_sensitive,
        "language": preferences.default_language or "",
        "note": view.bio,
        "fields": [{"name": field.name, "value": field.value, "verified_at": None} for field in view.fields],
        "follow_requests_count": len(waiting),
        "hide_collections": view.hides_relations,
        "discoverable": view.discoverable,
        "indexable": view.indexable,
        "quote_policy": "nobody",
        "attribution_domains": [],
    }
    body["role"] = ROLES[view.role]
    return body


@endpoint("GET", "/api/v1/accounts/verify_credentials", scope="read:accounts")
async def verify_credentials(call: Call) -> Any:
    """Who one is."""
    await accounts.note_activity(call.server.db, call.member.account_id)
    return await credential_account(call, await accounts.get_account(call.server.db, call.member.account_id))


@endpoint("PATCH", "/api/v1/accounts/update_credentials", scope="write:accounts", most_body=UPLOAD_BYTES)
async def update_credentials(call: Call, given: ProfileParameters) -> Any:
    """Change one's profile and preferences."""
    server, viewer = call.server, call.member
    pictures: dict[str, Any] = {}
    if isinstance(given.avatar, Upload) and given.avatar.data:
        pictures["avatar"] = await media.store_avatar(server.db, server.storage, given.avatar.data, server.settings)
    if isinstance(given.header, Upload) and given.header.data:
        pictures["header"] = await media.store_header(server.db, server.storage, given.header.data, server.settings)
    source = given.source or SourceParameters()
    if source.privacy is not None and source.privacy not in VISIBILITY_FROM:
        raise Invalid("Validation failed: Privacy is not included in the list", field="source[privacy]")
    fields = None
    if given.fields_attributes is not None:
        fields = [(field.name, field.value) for field in given.fields_attributes if field.name or field.value]
    view = await accounts.update_profile(
        server.db,
        server.gate,
        viewer,
        display_name=given.display_name,
        bio=given.note,
        fields=fields,
        locked=given.locked,
        bot=given.bot,
        discoverable=given.discoverable,
        indexable=given.indexable,
        hides_relations=given.hide_collections,
        avatar_alt=given.avatar_description,
        header_alt=given.header_description,
        **pictures,
    )
    if source != SourceParameters():
        changes: dict[str, Any] = {}
        if source.language is not None:
            changes["default_language"] = source.language or None
        await accounts.update_preferences(
            server.db,
            viewer,
            default_visibility=VISIBILITY_FROM[source.privacy].value if source.privacy else None,
            default_sensitive=source.sensitive,
            **changes,
        )
    return await credential_account(call, view)


@endpoint("DELETE", "/api/v1/profile/avatar", scope="write:accounts")
async def delete_avatar(call: Call) -> Any:
    """Go back to the default picture."""
    return await credential_account(
        call, await accounts.update_profile(call.server.db, call.server.gate, call.member, avatar=None)
    )


@endpoint("DELETE", "/api/v1/profile/header", scope="write:accounts")
async def delete_header(call: Call) -> Any:
    """Go back to the default header."""
    return await credential_account(
        call, await accounts.update_profile(call.server.db, call.server.gate, call.member, header=None)
    )


@endpoint("GET", "/api/v1/preferences", scope="read:accounts")
async def preferences(call: Call) -> Any:
    """How one writes and reads."""
    found = await accounts.get_preferences(call.server.db, call.member)
    return {
        "posting:default:visibility": VISIBILITY[Visibility(found.default_visibility)],
        "posting:default:sensitive": found.default_sensitive,
        "posting:default:language": found.default_language,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": found.expand_media,
        "reading:expand:spoilers": found.expand_warnings,
        "reading:autoplay:gifs": found.autoplay,
    }


class MarkerParameters(msgspec.Struct, frozen=True):
    last_read_id: str | None = None


class MarkersParameters(msgspec.Struct, frozen=True):
    timeline: list[str] = []
    home: MarkerParameters | None = None
    notifications: MarkerParameters | None = None


def _markers(found: dict[str, Marker]) -> Any:
    return {
        name: {
            "last_read_id": str(marker.last_read_id),
            "version": marker.version,
            "updated_at": stamp(marker.updated_at),
        }
        for name, marker in found.items()
    }


@endpoint("GET", "/api/v1/markers", scope="read:statuses")
async def markers(call: Call, given: MarkersParameters) -> Any:
    """How far one has read."""
    wanted = [name for name in given.timeline if name in ("home", "notifications")]
    return _markers(await notifications.markers(call.server.db, call.member, wanted)) if wanted else {}


@endpoint("POST", "/api/v1/markers", scope="write:statuses")
async def set_markers(call: Call, given: MarkersParameters) -> Any:
    """Remember how far one has read."""
    last_read = {}
    for name in ("home", "notifications"):
        marker: MarkerParameters | None = getattr(given, name)
        if marker is not None and marker.last_read_id is not None:
            if not (marker.last_read_id.isascii() and marker.last_read_id.isdigit() and len(marker.last_read_id) <= 18):
                raise Invalid("Validation failed: Last read id is invalid", field=name)
            last_read[name] = int(marker.last_read_id)
    return _markers(await notifications.set_markers(call.server.db, call.member, last_read)) if last_read else {}
