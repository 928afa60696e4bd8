"""Notifications on a device: the switch says what is so, and the browser's own worker shows what is pushed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect
from village import MEMBER

from .conftest import Visit

pytestmark = pytest.mark.slow


def test_the_switch_says_when_the_browser_forbids_it_and_when_it_may_be_turned_on(visit: Visit) -> None:
    page = visit("/settings/notifications", MEMBER, service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.grant_permissions(["notifications"])
    page.reload()
    expect(page.get_by_role("button", name="Tell me on this device")).to_be_visible()
    page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page.reload()
    expect(page.get_by_text("blocked in this browser")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me on this device")).to_be_hidden()


def test_what_is_pushed_is_shown_with_the_place_it_leads_to(visit: Visit) -> None:
    page = visit("/settings/notifications", MEMBER, service_workers="allow")
    page.context.grant_permissions(["notifications"])
    found: list[dict[str, Any]] = []
    tools = page.context.new_cdp_session(page)
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    tools.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect(page.get_by_role("button", name="Tell me on this device")).to_be_visible()
    said = {"title": "Ada mentioned you", "body": "Good morning", "notification_id": "7", "url": "/@ada/7"}
    origin = page.evaluate("location.origin")
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[0]["registrationId"], "data": json.dumps(said)},
    )
    page.wait_for_function("navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.length)")
    shown = page.evaluate(
        """navigator.serviceWorker.ready.then(r => r.getNotifications())
           .then(all => all.map(each => [each.title, each.body, each.data.url]))"""
    )
    assert shown == [["Ada mentioned you", "Good morning", "/@ada/7"]]
