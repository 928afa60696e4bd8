"""Photographs of every page, at 390 and 1,280 pixels, light and dark, to be looked at.

    python tests/browser/screenshots.py [--at URL] [--only WORD] [--locale de]    into tests/browser/screenshots/

Without --at a network with the village in it is started for the occasion.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from village import MEMBER, OPERATOR, PASSWORD

from network import launch, running, sign_in

INTO = Path(__file__).parent / "screenshots"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}

VISITOR = {
    "landing": "/",
    "local": "/local",
    "about": "/about",
    "privacy": "/privacy",
    "sign-in": "/sign-in",
    "sign-up": "/sign-up",
    "missing": "/nothing-of-the-kind",
    "offline": "/offline",
    "profile-visitor": f"/@{MEMBER}",
    "search-empty": "/search",
    "report-form": "/report",
    "notice-form": "/notices/new",
    "transparency": "/transparency",
    "log": "/transparency/log",
    "status": "/status",
}
MEMBERS = {
    "home": "/",
    "profile": "/@giersch_gisela",
    "profile-own": f"/@{MEMBER}",
    "profile-media": "/@marrow_mike/media",
    "following": "/@mara/following",
    "tag": "/tags/allotment",
    "tag-empty": "/tags/nobodyusesthis",
    "compose": "/compose",
    "notifications": "/notifications",
    "search": "/search?q=tomato",
    "search-people": "/search?q=mara",
    "bookmarks": "/bookmarks",
    "favourites": "/favourites",
    "messages": "/messages",
    "requests": "/requests",
    "announcements": "/announcements",
    "menu": "/menu",
    "settings": "/settings",
    "settings-profile": "/settings/profile",
    "settings-preferences": "/settings/preferences",
    "settings-password": "/settings/password",
    "settings-sessions": "/settings/sessions",
    "settings-apps": "/settings/apps",
    "settings-blocks": "/settings/blocks",
    "settings-invitations": "/settings/invitations",
    "settings-delete": "/settings/delete",
    "settings-reports": "/settings/reports",
    "settings-notifications": "/settings/notifications",
    "decisions": "/decisions",
    "jury": "/jury",
    "forbidden": "/admin",
}
OPERATORS = {
    "admin": "/admin",
    "admin-accounts": "/admin/accounts",
    "admin-waiting": "/admin/accounts?status=waiting",
    "admin-announcements": "/admin/announcements",
    "admin-backups": "/admin/backups",
    "admin-standby": "/admin/standby",
    "admin-rules": "/admin/rules",
    "admin-site": "/admin/site",
    "admin-board": "/admin/board",
    "admin-notices": "/admin/notices",
    "admin-clocks": "/admin/notices/clocks",
    "admin-senders": "/admin/notices/senders",
    "admin-read-only": "/admin/read-only",
    "admin-status-report": "/admin/status-report",
    "admin-cases": "/admin/cases",
    "admin-held": "/admin/held",
    "admin-doubted": "/admin/held?show=case",
    "admin-screening": "/admin/screening",
    "about-screening": "/about/screening",
}


def photograph(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle") if "live" not in page.url else None
    page.screenshot(path=INTO / f"{name}.png", full_page=whole)


def walk(page: Page, url: str, pages: dict[str, str], tail: str, only: str) -> None:
    for name, path in pages.items():
        if only in name:
            page.goto(url + path, wait_until="load")
            page.wait_for_timeout(150)
            page.screenshot(path=INTO / f"{name}-{tail}.png")


def extras(page: Page, url: str, tail: str, only: str) -> None:
    """What needs more than an address: a conversation, a dialog, a menu, the questions before a deed."""
    if only not in "extras-conversation-dialog-menu-delete-edit-history":
        return
    page.goto(f"{url}/@marrow_mike")
    page.locator("article.post").first.locator(".when a").last.click()
    page.wait_for_timeout(200)
    page.screenshot(path=INTO / f"conversation-{tail}.png", full_page=True)
    page.goto(f"{url}/local")
    page.locator("article.post .menu summary").first.click()
    page.screenshot(path=INTO / f"menu-open-{tail}.png")
    page.goto(f"{url}/local")
    page.locator("article.post .reply").first.click()
    page.wait_for_timeout(400)
    page.screenshot(path=INTO / f"dialog-{tail}.png")


def session(browser: Browser, url: str, name: str, *, size: str, scheme: str, locale: str) -> BrowserContext:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=locale,
        device_scale_factor=1,
        service_workers="block",
    )
    if name:
        sign_in(context.new_page(), url, name, PASSWORD)
    return context


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--locale", default="en")
    parser.add_argument("--sizes", default="phone,desk")
    parser.add_argument("--schemes", default="light,dark")
    wish = parser.parse_args()
    INTO.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        url = wish.at or stack.enter_context(running())[0]
        browser = launch(stack.enter_context(sync_playwright()))
        for size in wish.sizes.split(","):
            for scheme in wish.schemes.split(","):
                tail = f"{size}-{scheme}"
                for name, pages in (("", VISITOR), (MEMBER, MEMBERS), (OPERATOR, OPERATORS)):
                    context = session(browser, url, name, size=size, scheme=scheme, locale=wish.locale)
                    page = context.new_page()
                    walk(page, url, pages, tail, wish.only)
                    if name == MEMBER:
                        extras(page, url, tail, wish.only)
                    context.close()
        browser.close()
    print(f"{len(list(INTO.glob('*.png')))} photographs in {INTO}")


if __name__ == "__main__":
    main()
