"""Everything can be read and done with plain forms."""

from __future__ import annotations

import pytest
from village import MEMBER, PASSWORD

from folkmoot.demo import pictures

from .conftest import Visit

pytestmark = pytest.mark.slow


def test_a_newcomer_joins_writes_and_is_read(visit: Visit) -> None:
    page = visit("/sign-up", java_script_enabled=False)
    page.fill("[name=name]", "wanda")
    page.fill("[name=password]", PASSWORD)
    page.check("[name=agreed]")
    page.click("main form button.main")
    assert page.url.endswith("/settings/profile")
    page.fill("[name=display_name]", "Wanda Without")
    page.click("main form.form button.main")
    page.goto("/compose")
    page.fill("[name=text]", "Typed on a machine without scripts. #plain")
    page.click("[data-send]")
    assert "Your post is out." in page.inner_text("main")
    page.goto("/tags/plain")
    assert "Typed on a machine without scripts." in page.inner_text("main")
    assert "Wanda Without" in page.inner_text("main")


def test_a_picture_is_posted_with_its_description(visit: Visit) -> None:
    page = visit("/compose", MEMBER, java_script_enabled=False)
    page.fill("[name=text]", "A harbour by form")
    page.locator("[data-plain-uploads] summary").click()
    page.set_input_files(
        "[name=picture-1]", {"name": "harbour.jpg", "mimeType": "image/jpeg", "buffer": pictures.draw("harbour", 3)}
    )
    page.fill("[name=picture-alt-1]", "Boats at rest")
    page.click("[data-send]")
    page.goto(f"/@{MEMBER}")
    post = page.locator("article.post", has_text="A harbour by form")
    assert post.locator("img[alt='Boats at rest']").count() == 1


def test_deeds_are_buttons_of_a_form(visit: Visit) -> None:
    page = visit("/local", MEMBER, java_script_enabled=False)
    post = page.locator("article.post").nth(3)
    name = post.get_attribute("id")
    for deed in ("favourite", "boost", "bookmark"):
        page.locator(f"#{name} .{deed}").click()
        assert page.locator(f"#{name} .{deed}").get_attribute("aria-pressed") == "true"
        page.locator(f"#{name} .{deed}").click()
        assert page.locator(f"#{name} .{deed}").get_attribute("aria-pressed") == "false"


def test_a_post_is_changed_and_its_history_kept_and_then_deleted(visit: Visit) -> None:
    page = visit("/compose", MEMBER, java_script_enabled=False)
    page.fill("[name=text]", "Before second thoughts")
    page.click("[data-send]")
    page.goto(f"/@{MEMBER}")
    page.locator("article.post", has_text="Before second thoughts").locator(".when a").last.click()
    url = page.url
    post_id = url.rpartition("/")[2]
    page.goto(f"/posts/{post_id}/edit")
    page.fill("[name=text]", "After second thoughts")
    page.click("[data-send]")
    page.goto(f"/posts/{post_id}/history")
    assert page.inner_text("main").index("After second thoughts") < page.inner_text("main").index(
        "Before second thoughts"
    )
    page.goto(f"/posts/{post_id}/delete")
    page.click("main form.form button.danger")
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 404


def test_sending_the_same_sheet_twice_makes_one_post(visit: Visit) -> None:
    page = visit("/compose", MEMBER, java_script_enabled=False)
    page.fill("[name=text]", "Only once, please")
    fields = {
        name: page.locator(f"form[data-composer] [name={name}]").first.get_attribute("value") or ""
        for name in ("form_token", "key")
    }
    for _ in range(2):
        page.request.post("/compose", form={**fields, "text": "Only once, please", "visibility": "public"})
    page.goto(f"/@{MEMBER}")
    assert page.locator("article.post", has_text="Only once, please").count() == 1


def test_a_form_without_its_token_changes_nothing(visit: Visit) -> None:
    page = visit("/compose", MEMBER)
    answer = page.request.post("/compose", form={"text": "From somewhere else", "visibility": "public"})
    assert answer.status == 403
    page.goto(f"/@{MEMBER}")
    assert page.locator("article.post", has_text="From somewhere else").count() == 0


def test_who_is_not_signed_in_is_led_to_the_door_and_back(visit: Visit) -> None:
    page = visit("/bookmarks", java_script_enabled=False)
    assert "/sign-in" in page.url
    page.fill("[name=name]", MEMBER)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button.main")
    assert page.url.endswith("/bookmarks")


def test_nobody_is_led_out_of_the_network(visit: Visit) -> None:
    page = visit("/sign-in?next=https://elsewhere.example/", java_script_enabled=False)
    assert page.locator("[name=next]").get_attribute("value") == "/"
    page.goto("/sign-in?next=//elsewhere.example/")
    assert page.locator("[name=next]").get_attribute("value") == "/"


def test_language_and_colours_can_be_chosen(visit: Visit) -> None:
    page = visit("/local", java_script_enabled=False)
    page.locator(".aside .foot button", has_text="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    assert "Anmelden" in page.inner_text("body")
    page.locator(".aside .foot button", has_text="Dunkel").click()
    assert page.locator("html").get_attribute("data-scheme") == "dark"
