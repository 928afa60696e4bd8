"""Web push, as apps ask for it."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.errors import Invalid, Missing
from folkmoot.network import push
from folkmoot.network.notifications import Kind
from folkmoot.network.push import Policy, Subscription
from folkmoot.web.api.call import Call, endpoint
from folkmoot.web.api.notifications import TYPES
from folkmoot.web.server import Server

SCOPE = "push"
ALERTS = tuple(dict.fromkeys(TYPES.values()))


class KeysGiven(msgspec.Struct, frozen=True):
    p256dh: str = ""
    auth: str = ""


class SubscriptionGiven(msgspec.Struct, frozen=True):
    endpoint: str = ""
    keys: KeysGiven = KeysGiven()
    standard: bool = False


class DataGiven(msgspec.Struct, frozen=True):
    alerts: dict[str, bool] = {}
    policy: str | None = None


class PushParameters(msgspec.Struct, frozen=True):
    subscription: SubscriptionGiven = SubscriptionGiven()
    data: DataGiven = DataGiven()


class ChangeParameters(msgspec.Struct, frozen=True):
    data: DataGiven = DataGiven()
    policy: str | None = None


async def vapid_key(server: Server) -> str:
    """The key apps give to their push service; read once a process."""
    if not server.vapid_key:
        server.vapid_key = await push.public_key(server.db, server.settings)
    return server.vapid_key


@endpoint("POST", "/api/v1/push/subscription", scope=SCOPE)
async def subscribe(call: Call, given: PushParameters) -> Any:
    """Have notifications pushed to a device; takes the place of this token's earlier subscription."""
    made = await push.subscribe(
        call.server.db,
        call.server.settings,
        call.member,
        endpoint=given.subscription.endpoint,
        p256dh=given.subscription.keys.p256dh,
        auth=given.subscription.keys.auth,
        standard=given.subscription.standard,
        alerts=_alerts(given.data.alerts),
        policy=_policy(given.data.policy) or Policy.ALL,
        token=call.header(b"authorization").partition(" ")[2].strip(),
    )
    return await _entity(call.server, made)


@endpoint("GET", "/api/v1/push/subscription", scope=SCOPE)
async def show(call: Call) -> Any:
    """This token's subscription."""
    found = await push.find(call.server.db, call.member)
    if found is None:
        raise Missing
    return await _entity(call.server, found)


@endpoint("PUT", "/api/v1/push/subscription", scope=SCOPE)
async def change(call: Call, given: ChangeParameters) -> Any:
    """Choose anew what is pushed."""
    policy = _policy(given.data.policy or given.policy)
    found = await push.change(call.server.db, call.member, alerts=_alerts(given.data.alerts), policy=policy)
    return await _entity(call.server, found)


@endpoint("DELETE", "/api/v1/push/subscription", scope=SCOPE)
async def end(call: Call) -> Any:
    """Push nothing more."""
    await push.end(call.server.db, call.member)
    return {}


def _alerts(given: dict[str, bool]) -> dict[Kind, bool]:
    """The alerts we know; clients name some that come from servers of another kind."""
    return {kind: given[name] for kind, name in TYPES.items() if name in given}


def _policy(given: str | None) -> Policy | None:
    if given is None:
        return None
    if given not in [each.value for each in Policy]:
        raise Invalid("Validation failed: Policy is not included in the list", field="policy")
    return Policy(given)


async def _entity(server: Server, found: Subscription) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "endpoint": found.endpoint,
        "standard": found.standard,
        "alerts": {name: kind in found.alerts for kind, name in TYPES.items()},
        "policy": found.policy.value,
        "server_key": await vapid_key(server),
    }
