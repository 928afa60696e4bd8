"""What scripts add: at once, live, undone, remembered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from village import MEMBER, OPERATOR

from folkmoot.demo import pictures

from .conftest import Visit

pytestmark = pytest.mark.slow


def test_a_favourite_shows_at_once_and_stays(visit: Visit) -> None:
    page = visit("/local", MEMBER)
    button = page.locator("article.post .favourite[aria-pressed=false]").first
    name = button.locator("xpath=ancestor::article").get_attribute("id")
    with page.expect_response(re.compile("/favourite$")):
        button.click()
    page.reload()
    expect(page.locator(f"#{name} .favourite")).to_have_attribute("aria-pressed", "true")


def test_a_favourite_the_server_refuses_is_taken_back(visit: Visit) -> None:
    page = visit("/local", MEMBER)
    page.route("**/favourite", lambda route: route.fulfill(status=503, json={"error": "Not now"}))
    button = page.locator("article.post .favourite[aria-pressed=false]").first
    name = button.locator("xpath=ancestor::article").get_attribute("id")
    button.click()
    expect(page.locator(".toast")).to_contain_text("Not now")
    expect(page.locator(f"#{name} .favourite")).to_have_attribute("aria-pressed", "false")


def test_deleting_can_be_undone(visit: Visit) -> None:
    page = visit("/compose", MEMBER)
    page.fill("[data-text]", "Delete me, or do not")
    page.click("[data-send]")
    page.wait_for_url(re.compile(rf"/@{MEMBER}/\d+"))
    page.goto(f"/@{MEMBER}")
    post = page.locator("article.post", has_text="Delete me, or do not")
    post.locator(".menu summary").click()
    post.locator("[data-delete]").click()
    expect(post).to_be_hidden()
    page.locator(".toast button").click()
    expect(post).to_be_visible()
    page.reload()
    expect(post).to_be_visible()


def test_a_post_of_somebody_else_arrives_live(visit: Visit) -> None:
    reader = visit("/local", MEMBER)
    reader.wait_for_timeout(500)
    writer = visit("/compose", OPERATOR)
    writer.fill("[data-text]", "News as it happens")
    writer.click("[data-send]")
    writer.wait_for_url(re.compile(r"/@mara/\d+"))
    pill = reader.locator(".pill button")
    expect(pill).to_have_text("1 new post", timeout=5_000)
    pill.click()
    expect(reader.locator("article.post").first).to_contain_text("News as it happens")


def test_the_composer_counts_as_the_server_does(visit: Visit) -> None:
    page = visit("/compose", MEMBER)
    left = page.locator("[data-left]")
    page.fill("[data-text]", "a" * 10)
    expect(left).to_have_text("990")
    page.fill("[data-text]", "https://example.org/a/very/long/path/that/goes/on/and/on/for/more/than/23")
    expect(left).to_have_text("977")
    page.fill("[data-text]", "a" * 1_001)
    expect(left).to_have_text("-1")
    expect(page.locator("[data-send]")).to_be_disabled()


def test_a_picture_is_pasted_described_and_posted(visit: Visit) -> None:
    page = visit("/compose", MEMBER)
    page.fill("[data-text]", "Bread, by drop")
    with page.expect_file_chooser() as chooser, page.expect_response("**/uploads"):
        page.click("[data-add-pictures]")
        chooser.value.set_files({"name": "loaves.jpg", "mimeType": "image/jpeg", "buffer": pictures.draw("loaves", 4)})
    page.fill(".upload textarea", "Three loaves")
    page.click("[data-send]")
    page.wait_for_url(re.compile(rf"/@{MEMBER}/\d+"))
    expect(page.locator("img[alt='Three loaves']")).to_be_visible()
    page.locator("a[data-lightbox]").first.click()
    expect(page.locator("dialog.lightbox .caption")).to_have_text("Three loaves")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.lightbox")).to_have_count(0)


def test_a_draft_survives_the_page(visit: Visit) -> None:
    page = visit("/compose", MEMBER)
    page.fill("[data-text]", "Half a thought")
    page.wait_for_timeout(600)
    page.goto("/local")
    page.goto("/compose")
    expect(page.locator("[data-text]")).to_have_value("Half a thought")


def test_scrolling_loads_more_and_back_keeps_the_place(visit: Visit) -> None:
    page = visit("/local", MEMBER)
    first = page.locator("article.post").count()
    for _ in range(12):
        page.mouse.wheel(0, 3_000)
        page.wait_for_timeout(120)
    assert page.locator("article.post").count() > first
    ids = page.locator("article.post").evaluate_all("all => all.map(each => each.dataset.entry)")
    assert len(ids) == len(set(ids))
    post = page.locator("article.post").nth(first + 2)
    name = post.get_attribute("id")
    post.locator(".when a").last.click()
    page.wait_for_url(re.compile(r"/@\w+/\d+"))
    page.go_back()
    expect(page.locator(f"#{name}")).to_be_in_viewport(timeout=5_000)


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    page = visit("/local", MEMBER)
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.id")
    assert focused == page.locator("article.post").nth(1).get_attribute("id")
    page.keyboard.press("r")
    expect(page.locator("dialog [data-text]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("Keyboard")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#side-search")).to_be_focused()


def test_a_notification_raises_the_count(visit: Visit) -> None:
    reader = visit("/local", MEMBER)
    reader.wait_for_timeout(400)
    writer = visit(f"/compose?to={MEMBER}", OPERATOR)
    writer.locator("[data-text]").press_sequentially("a word with you")
    writer.click("[data-send]")
    expect(reader.locator(".rail a[href='/notifications'] .count")).to_be_visible(timeout=5_000)
    reader.goto("/notifications")
    expect(reader.locator("main")).to_contain_text("a word with you")


def test_the_offline_page_is_kept(visit: Visit) -> None:
    page = visit("/", service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    page.goto("/local")
    expect(page.locator("h1")).to_have_text("You are offline")
