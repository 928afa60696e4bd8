"""A call for violence in a browser: its author sees it held, a steward sees why and decides, others see it then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from village import MEMBER, OPERATOR

from .conftest import Visit

pytestmark = pytest.mark.slow

CALL = "Somebody burn the data centre down tonight and shoot the technicians when they come out"


def test_a_call_for_violence_waits_until_a_steward_has_released_it(visit: Visit) -> None:
    author = visit("/compose", MEMBER)
    author.fill("[data-text]", CALL)
    author.click("[data-send]")
    author.wait_for_url(re.compile(rf"/@{MEMBER}/\d+"))
    address = author.url
    expect(author.locator("article.main .badge.ember")).to_contain_text("only you can see this")
    expect(author.locator("article.main .held-why")).to_contain_text("people decide")
    anybody = visit(address)
    assert anybody.locator("article.main").count() == 0

    steward = visit("/admin/held", OPERATOR)
    finding = steward.locator(".finding", has_text=CALL[:30])
    expect(finding.locator("mark").first).to_be_visible()
    finding.locator(".why summary").click()
    expect(finding.locator(".why li").first).to_be_visible()
    finding.get_by_role("button", name="Release").click()
    expect(steward.locator(".finding", has_text=CALL[:30])).to_have_count(0)
    anybody.goto(address)
    expect(anybody.locator("article.main")).to_contain_text(CALL)

    steward.goto("/admin/held?show=decided")
    finding = steward.locator(".finding", has_text=CALL[:30])
    finding.get_by_role("button", name="Hide").click()
    expect(steward.locator(".finding", has_text=CALL[:30]).locator(".badge", has_text="Upheld")).to_be_visible()
    anybody.goto(address)
    assert anybody.locator("article.main").count() == 0


def test_a_figure_of_speech_appears_at_once(visit: Visit) -> None:
    author = visit("/compose", MEMBER)
    author.fill("[data-text]", "This exam will kill me, and the cake afterwards was to die for")
    author.click("[data-send]")
    author.wait_for_url(re.compile(rf"/@{MEMBER}/\d+"))
    assert author.locator("article.main .badge.ember").count() == 0
    anybody = visit(author.url)
    expect(anybody.locator("article.main")).to_contain_text("to die for")


@pytest.mark.parametrize("path", ["/admin/held", "/admin/screening"])
def test_members_do_not_see_what_is_held(visit: Visit, path: str) -> None:
    page = visit(path, MEMBER)
    assert page.locator(".finding, .figures").count() == 0


def test_a_profile_that_would_be_held_is_refused_with_a_sentence(visit: Visit) -> None:
    page = visit("/settings/profile", MEMBER)
    before = page.input_value("textarea[name=bio]")
    page.fill("textarea[name=bio]", "I will find you tonight and I will kill you, you traitor")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.click("main form.form button.main")
    assert answered.value.status == 422
    assert "Your profile was not changed" in page.inner_text("main")
    page.goto("/settings/profile")
    assert page.input_value("textarea[name=bio]") == before
