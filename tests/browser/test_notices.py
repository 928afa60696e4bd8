"""A host leaves a notice on the page and sees how it stands; a steward takes it from the board to the last letter."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from village import MEMBER, OPERATOR

from .conftest import Visit
from .test_accessibility import SIZES, violations

pytestmark = pytest.mark.slow


def leave(visit: Visit, *, subject: str) -> Page:
    """Leave a notice about the newest post of a member, as a visitor; the sender's own page."""
    page = visit(f"/@{MEMBER}")
    post = page.locator("article.post .when a").first.get_attribute("href")
    page.goto("/notices/new")
    page.fill("textarea[name=addresses]", f"{page.url.removesuffix('/notices/new')}{post}\nhttps://elsewhere.example/1")
    page.fill("textarea[name=text]", f"{subject}: this was brought to our attention. Please act within 24 hours.")
    page.fill("input[name=organisation]", "A Host GmbH")
    page.fill("input[name=email]", "abuse@host.example")
    assert violations(page) == []
    page.click("main button.main")
    page.wait_for_url("**/notices/at/*")
    return page


def test_a_notice_is_left_seen_on_the_board_confirmed_and_answered(visit: Visit) -> None:
    sent = leave(visit, subject="Violent content")
    expect(sent.locator(".items li")).to_have_count(2)
    expect(sent.locator(".items")).to_contain_text("not ours")
    assert violations(sent) == []
    page = visit("/admin/board", OPERATOR)
    page.locator("#outside + ul a").first.click()
    page.wait_for_url("**/admin/notices/*")
    expect(page.locator(".figures time")).to_be_visible()
    page.get_by_role("button", name="I look after it").click()
    expect(page.locator(".figures")).to_contain_text(f"@{OPERATOR}")
    page.locator("#confirming input[name=real]").check()
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("confirmed by a steward")).to_be_visible()
    page.get_by_role("button", name="Ask for a day more").click()
    expect(page.locator("article.letter-out").last).to_contain_text("More time asked for")
    page.fill("textarea[name=text]", "We have read it, and a jury looks at the post.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("article.letter-out").last).to_contain_text("Letter")
    sent.reload()
    expect(sent.get_by_text("We have read it")).to_be_visible()


def test_the_pages_of_notices_have_no_serious_violation_on_a_phone_or_a_desk(visit: Visit) -> None:
    leave(visit, subject="Pages")
    wrong = {}
    for scheme, size in (("light", "phone"), ("dark", "phone"), ("light", "desk"), ("dark", "desk")):
        width, height = SIZES[size]
        page = visit("/admin/notices", OPERATOR, viewport={"width": width, "height": height}, color_scheme=scheme)
        first = page.locator(".case-rows a").first.get_attribute("href")
        for path in ("/admin/notices", str(first), "/admin/notices/clocks", "/admin/notices/senders", "/notices/new"):
            page.goto(path)
            if found := violations(page):
                wrong[f"{path} {scheme} {size}"] = found
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, size)
    assert wrong == {}
