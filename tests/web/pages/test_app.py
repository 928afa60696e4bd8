"""What pages answer when the database is away, and what every answer carries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from folkmoot.bus import Bus
from folkmoot.errors import Unavailable
from folkmoot.settings import Settings
from folkmoot.web.pages import create_pages
from folkmoot.web.pages.assets import static
from folkmoot.web.pages.forms import TOKEN_FIELD, VISITOR_COOKIE, token_for
from folkmoot.web.pages.visit import own_address


@pytest.fixture(scope="module")
def pages() -> Any:
    """The pages of a network whose database does not answer."""

    async def viewer_of(request: object) -> None:
        raise Unavailable(cause="test: away")

    settings = Settings(site_name="Tidewick")
    return create_pages(SimpleNamespace(settings=settings, bus=Bus(), viewer_of=viewer_of))  # type: ignore[arg-type]


async def ask(pages: Any, method: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://tidewick.test") as client:
        return await client.request(method, path, **options)


@pytest.mark.parametrize("path", ["/", "/local", "/@mara", "/@mara/1", "/tags/x", "/search?q=x", "/sign-in", "/about"])
async def test_a_page_without_its_database_is_one_clear_sentence(pages: Any, path: str) -> None:
    answer = await ask(pages, "GET", path, headers={"accept-language": "de"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "Wir sind gleich wieder da" in answer.text
    assert "Tidewick" in answer.text
    assert "away" not in answer.text


async def test_a_script_is_told_in_json(pages: Any) -> None:
    answer = await ask(pages, "POST", "/posts/1/favourite", headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json()["error"]


async def test_every_answer_forbids_what_pages_do_not_need(pages: Any) -> None:
    for path in ("/", static("look.css"), "/a/b/c/d"):
        headers = (await ask(pages, "GET", path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_consent_may_lead_to_an_app_and_other_forms_nowhere_else(pages: Any) -> None:
    """`form-action 'self'` would also stop, without a word, the redirect that hands an app its code."""
    assert "form-action 'self'" in (await ask(pages, "GET", "/sign-in")).headers["content-security-policy"]
    for method in ("GET", "POST"):
        policy = (await ask(pages, method, "/oauth/authorize?client_id=x")).headers["content-security-policy"]
        assert "form-action" not in policy
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


async def test_static_files_are_kept_under_their_version_and_not_read_from_elsewhere(pages: Any) -> None:
    kept = await ask(pages, "GET", static("app.js"), headers={"accept-encoding": "identity"})
    assert kept.status_code == 200
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in (await ask(pages, "GET", "/static/avatar.png")).headers["cache-control"]
    for path in ("/static/%2e%2e/app.py", "/static/none.css", "/media/ab/cd/none.jpg"):
        assert (await ask(pages, "GET", path)).status_code == 404
    head = await ask(pages, "HEAD", "/static/avatar.png")
    assert head.status_code == 200
    assert head.content == b""


async def test_no_page_runs_anything_written_into_it(pages: Any) -> None:
    text = (await ask(pages, "GET", "/")).text
    assert "<style" not in text
    assert "onclick" not in text
    assert text.count("<script") == text.count('<script type="module" src=')


async def test_an_error_page_has_forms_that_work(pages: Any) -> None:
    answer = await ask(pages, "GET", "/")
    secret = answer.cookies[VISITOR_COOKIE]
    assert f'name="{TOKEN_FIELD}" value="{token_for(secret)}"' in answer.text


@pytest.mark.parametrize(
    ("given", "led_to"),
    [
        ("/local?older=3", "/local?older=3"),
        ("https://elsewhere.example", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_elsewhere(given: str, led_to: str) -> None:
    assert own_address(given) == led_to
