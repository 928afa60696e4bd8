"""How well a standby follows, as one value that the command line, the page, the doctor and a move all read."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Following = Literal["unlinked", "copying", "catching up", "following", "lost"]

FRESH_SECONDS = 5.0
"""A beat older than this is no proof of following."""
SILENT_SECONDS = 6.0
"""A partner not heard for so long counts as out of reach."""


class Check(msgspec.Struct, frozen=True):
    """One thing a move needs. `well` is None when it could not be asked or does not apply."""

    name: str
    well: bool | None
    sentence: str
    values: dict[str, str | int | float] = {}

    @property
    def words(self) -> str:
        """The sentence with its values."""
        return self.sentence.format(**self.values)


class Equality(msgspec.Struct, frozen=True):
    """The last comparison of what both hosts hold."""

    at: str = ""
    rows: int = 0
    well: bool | None = None
    where: str = ""
    """The table whose rows differed."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to say. Times are ISO 8601 in UTC, places in the journal as PostgreSQL writes them."""

    role: str
    """Of the host that says so: primary or standby."""
    side: str = ""
    partner: str = ""
    """Name of the other host."""
    epoch: int = 1
    at: str = ""
    following: Following = "unlinked"
    link_up: bool = False
    heard_ago: float | None = None
    lag_bytes: int | None = None
    lag_seconds: float | None = None
    """Age of the newest beat that arrived; up to one second of it is the time between two beats."""
    beat_at: float | None = None
    """Clock of the host that wrote it, in seconds since 1970."""
    clock_offset: float | None = None
    """Seconds the other host's clock is ahead."""
    primary_lsn: str = ""
    received_lsn: str = ""
    replayed_lsn: str = ""
    timeline: int = 0
    primary_timeline: int = 0
    slot: str = ""
    """What the first host says of the journal it keeps: reserved, extended, unreserved, lost."""
    unseen_posts: int | None = None
    """Posts written since the newest beat that arrived; counted up to a thousand."""
    media_total: int = 0
    media_missing: int | None = None
    media_missing_bytes: int = 0
    media_absent: int = 0
    """In the manifest, and missing on the first host as well."""
    secrets_equal: bool | None = None
    equality: Equality = Equality()
    sync: str = "off"
    when_lost: str = "hold"
    sync_since: str = ""
    copied: int = 0
    to_copy: int = 0
    checks: tuple[Check, ...] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether what is written arrives."""
        return self.following == "following" and self.lag_seconds is not None and self.lag_seconds < FRESH_SECONDS

    @property
    def ready(self) -> bool:
        """Whether a move would work now."""
        follows = self.following != "unlinked" and bool(self.checks)
        return follows and not any(check.well is False for check in self.checks)

    @property
    def hindrances(self) -> tuple[Check, ...]:
        """Why it would not."""
        return tuple(check for check in self.checks if check.well is False)


def loss(status: Status) -> Check:
    """What would be lost if the host that carries the network died now."""
    if status.following in ("unlinked", "copying") or status.lag_seconds is None:
        return Check("loss", False, "Everything since the last backup: there is no copy yet.")
    if status.sync == "on" and (status.link_up or status.when_lost == "hold"):
        return Check("loss", True, "Nothing that was answered: every answer waits for the standby.")
    if status.unseen_posts is None:
        return Check(
            "loss", None, "What was written in the last {seconds} s.", {"seconds": round(status.lag_seconds, 1)}
        )
    return Check(
        "loss",
        status.lag_seconds < FRESH_SECONDS,
        "What was written in the last {seconds} s: {posts} public posts.",
        {"seconds": round(status.lag_seconds, 1), "posts": status.unseen_posts},
    )


def following_of(
    *, is_streaming: bool, lag_seconds: float | None, timelines_agree: bool, is_kept: bool, link_up: bool
) -> Following:
    """What the pieces amount to. That PostgreSQL says it streams proves nothing by itself: a beat must have come back."""
    if not is_kept or not timelines_agree:
        return "lost"
    if link_up and is_streaming and lag_seconds is not None and lag_seconds < FRESH_SECONDS:
        return "following"
    return "catching up"


def as_seen_later(status: Status, heard_ago: float | None, now: float, offset: float) -> Status:
    """A status some time after it was said: the beat has aged, and the partner may have fallen silent."""
    is_up = heard_ago is not None and heard_ago < SILENT_SECONDS
    lag = None if status.beat_at is None else max(0.0, now + offset - status.beat_at)
    following = status.following
    if following == "following" and (not is_up or lag is None or lag >= FRESH_SECONDS):
        following = "catching up"
    return msgspec.structs.replace(
        status, link_up=is_up, heard_ago=heard_ago, lag_seconds=lag, following=following,
        checks=_aged(status.checks, is_up, lag),
    )  # fmt: skip


def link_check(is_up: bool) -> Check:
    """Whether the two hosts hear each other."""
    if is_up:
        return Check("link", True, "The two hosts hear each other.")
    return Check("link", False, "The other host is not heard: is it running, and is its port open?")


def replication_check(streams: bool) -> Check:
    """Whether the database is being sent what is written."""
    if streams:
        return Check("replication", True, "The database streams what is written.")
    return Check("replication", False, "The database does not stream from the first host at the moment.")


def heartbeat_check(lag: float | None) -> Check:
    """Whether what is written arrives."""
    if lag is None:
        return Check("heartbeat", False, "Nothing written there has been read here yet.")
    if lag < FRESH_SECONDS:
        return Check(
            "heartbeat", True, "What is written there is read here, {seconds} s old.", {"seconds": round(lag, 1)}
        )
    return Check(
        "heartbeat", False, "Nothing written there has been read here for {seconds} s.", {"seconds": round(lag)}
    )


def _aged(checks: tuple[Check, ...], is_up: bool, lag: float | None) -> tuple[Check, ...]:
    """The checks some time later: what was seen live then is not taken for live now."""
    now = {"link": link_check(is_up), "heartbeat": heartbeat_check(lag)}
    if not is_up:
        now["replication"] = replication_check(False)
    rest = tuple(now.get(check.name, check) for check in checks if check.name != "link")
    return (now["link"], *rest)


def as_message(status: Status) -> dict[str, Any]:
    """For the link, the page's table and --json."""
    found: dict[str, Any] = msgspec.to_builtins(status)
    would = loss(status)
    return found | {
        "ready": status.ready,
        "loss": msgspec.to_builtins(would),
        "would_lose": {"well": would.well, "words": would.words},
    }


def parse(found: Any) -> Status | None:
    """A status that came over the link or from a file; None when it is none."""
    try:
        return msgspec.convert(found, Status, strict=False)
    except msgspec.ValidationError:
        return None


def lsn(text: str) -> int:
    """A place in the journal as a number; 0 for none."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16) if low else 0


def later(one: str, other: str) -> str:
    """The later of two places in the journal, as it was written."""
    return max(one, other, key=lsn)
