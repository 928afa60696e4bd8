"""axe-core finds no serious violation on any page, in either colour scheme, on a phone or a desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from screenshots import MEMBERS, OPERATORS, VISITOR
from village import MEMBER, OPERATOR

from .conftest import Visit

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


def violations(page: Page) -> list[str]:
    """What axe calls serious or critical, with the first place of each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']} {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:2]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("who", "pages"), [("", VISITOR), (MEMBER, MEMBERS), (OPERATOR, OPERATORS)], ids=["visitor", "member", "operator"]
)
def test_no_page_has_a_serious_violation(visit: Visit, who: str, pages: dict[str, str], size: str, scheme: str) -> None:
    width, height = SIZES[size]
    page = visit("/about", who, viewport={"width": width, "height": height}, color_scheme=scheme)
    wrong = {}
    for name, path in pages.items():
        page.goto(path)
        if found := violations(page):
            wrong[name] = found
    assert wrong == {}


def test_the_composer_and_the_menu_of_a_post_have_none_either(visit: Visit) -> None:
    page = visit("/local", MEMBER)
    page.locator("article.post .menu summary").first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("article.post .reply").first.click()
    page.locator("dialog [data-text]").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_nothing_is_wider_than_the_window(visit: Visit, width: int) -> None:
    """320 pixels are also what a window of 1,280 has left at 400 % zoom, and 640 at 200 %."""
    page = visit("/about", MEMBER, viewport={"width": width, "height": 700})
    for path in [*VISITOR.values(), *MEMBERS.values()]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("width", [320, 390])
def test_the_pages_of_those_who_run_it_fit_a_phone(visit: Visit, width: int) -> None:
    page = visit("/about", OPERATOR, viewport={"width": width, "height": 700})
    for path in OPERATORS.values():
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_everything_to_touch_is_large_enough(visit: Visit) -> None:
    page = visit("/local", MEMBER, viewport={"width": 390, "height": 844})
    small = page.evaluate(
        """[...document.querySelectorAll('main button, main summary, .bottom a')].filter(each => each.offsetParent)
           .map(each => [each.getAttribute('aria-label') ?? each.textContent.trim(), each.getBoundingClientRect()])
           .filter(([, box]) => box.width < 44 || box.height < 28).map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_the_first_tab_leads_past_the_menu(visit: Visit) -> None:
    page = visit("/local")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#matter"
