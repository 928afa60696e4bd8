"""Have notifications pushed to a device, change which, and end it. One subscription for a token or a browser session."""

from __future__ import annotations

from collections.abc import Mapping

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.errors import Missing, Unknown
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import Kind
from folkmoot.network.push import queries
from folkmoot.network.push.rules import Policy, check_keys, chosen
from folkmoot.network.push.views import Subscription
from folkmoot.outgoing import check_url
from folkmoot.settings import Settings
from folkmoot.vault import open_vault

PURPOSE = "push token"


async def subscribe(
    db: Database,
    settings: Settings,
    viewer: Viewer,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    standard: bool,
    alerts: Mapping[Kind, bool],
    policy: Policy = Policy.ALL,
    token: str = "",
) -> Subscription:
    """Push to this address from now on. `token` is the app's, which goes along inside the sealed message as apps expect.

    Raises NoSubscription, NotOutside.
    """
    _check_device(viewer)
    check_url(endpoint, loopback=settings.outgoing_loopback)
    key, secret = check_keys(p256dh, auth)
    sealed = open_vault(settings.data).seal(PURPOSE, token.encode()) if token else None
    async with db.transaction() as tx:
        row = await queries.upsert(
            tx,
            new_id(),
            viewer.account_id,
            viewer.token_id,
            viewer.session_id,
            endpoint,
            key,
            secret,
            standard,
            sorted(chosen(alerts)),
            policy.value,
            sealed,
            clock.now(),
        )
    return _view(row)


async def find(db: Database, viewer: Viewer) -> Subscription | None:
    """The subscription of this token or session."""
    row = await queries.find(db, viewer.account_id, viewer.token_id, viewer.session_id)
    return _view(row) if row is not None else None


async def change(
    db: Database, viewer: Viewer, *, alerts: Mapping[Kind, bool], policy: Policy | None = None
) -> Subscription:
    """Choose anew what is pushed; what is not named is no longer wanted. Raises Missing."""
    async with db.transaction() as tx:
        row = await queries.find(tx, viewer.account_id, viewer.token_id, viewer.session_id)
        if row is None:
            raise Missing
        row = await queries.update(tx, row["id"], sorted(chosen(alerts)), (policy or Policy(row["policy"])).value)
    assert row is not None
    return _view(row)


async def end(db: Database, viewer: Viewer) -> None:
    """Push nothing more to this device; twice is no error."""
    async with db.transaction() as tx:
        await queries.delete(tx, viewer.account_id, viewer.token_id, viewer.session_id)


def _check_device(viewer: Viewer) -> None:
    if viewer.token_id is None and viewer.session_id is None:
        raise Unknown


def _view(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        endpoint=row["endpoint"],
        standard=row["standard"],
        alerts=frozenset(Kind(each) for each in row["alerts"]),
        policy=Policy(row["policy"]),
    )
