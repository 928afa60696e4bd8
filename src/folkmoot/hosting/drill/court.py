"""A jury and a trusted flagger as a drill has them: by the pages a juror sees, and by the key a flagger was given."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from folkmoot.hosting.drill.hosts import DrillFailed

_SESSION = "folkmoot_session"
_ACTION = re.compile(r'action="/jury/seats/(\d+)/cast"')
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_SEEN = re.compile(r'name="seen" value="(\d+)"')
_LOST = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Court:
    """Who judges and who complains: the jurors' sessions, and the flagger's key."""

    sessions: Sequence[str] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A case before a juror: the seat, the version of the text they saw, and the token of the form."""

    seat: int
    seen: str
    token: str


async def sign_in(address: str, name: str, password: str) -> str:
    """A session, got by the page for it. Raises DrillFailed."""
    jar = aiohttp.CookieJar(unsafe=True)  # an address is no name, and cookies are kept all the same
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.get(f"{address}/sign-in") as answer:
            token = _TOKEN.search(await answer.text())
        form = {"name": name, "password": password, "form_token": token[1] if token else ""}
        async with http.post(f"{address}/sign-in", data=form, allow_redirects=False) as answer:
            session = answer.cookies.get(_SESSION)
            if session is None:
                raise DrillFailed(why=f"{name} cannot sign in ({answer.status}).")
            return session.value


async def next_ballot(http: aiohttp.ClientSession, addresses: Sequence[str], session: str) -> Ballot | None:
    """The case the juror is given; None when there is none for them, or nobody answers."""
    for address in addresses:
        with contextlib.suppress(*_LOST):
            async with http.get(f"{address}/jury/case", headers={"cookie": f"{_SESSION}={session}"}) as answer:
                page = await answer.text()
                if answer.status == 200:
                    return read_ballot(page)
    return None


def read_ballot(page: str) -> Ballot | None:
    """What the page of a case asks its juror to send; None when the page shows no case."""
    seat, token, seen = _ACTION.search(page), _TOKEN.search(page), _SEEN.search(page)
    return Ballot(int(seat[1]), seen[1], token[1]) if seat and token and seen else None


async def cast(
    http: aiohttp.ClientSession, addresses: Sequence[str], session: str, ballot: Ballot, choice: str
) -> bool:
    """Answer the case; whether the network has said that the answer counts. Who gets no answer looks at the next case."""
    form = {"choice": choice, "seen": ballot.seen, "form_token": ballot.token}
    for address in addresses:
        with contextlib.suppress(*_LOST):
            async with http.post(
                f"{address}/jury/seats/{ballot.seat}/cast",
                data=form,
                headers={"cookie": f"{_SESSION}={session}"},
                allow_redirects=False,
            ) as answer:
                if answer.status == 303:
                    return f"last={ballot.seat}" in answer.headers.get("location", "")
    return False
