"""On the standby, every few minutes: whether this host could carry the network. What takes a while to ask."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import structlog

from folkmoot import __version__, clock
from folkmoot.errors import FolkmootError
from folkmoot.hosting import own
from folkmoot.hosting import state as states
from folkmoot.hosting.link import CannotPair, Facts, Link
from folkmoot.hosting.link.facts import facts
from folkmoot.hosting.link.held import Held
from folkmoot.hosting.link.rules import check_fit
from folkmoot.hosting.standby import certificates, queries
from folkmoot.hosting.standby.media import Storing
from folkmoot.hosting.standby.report import Check
from folkmoot.hosting.standby.watching import Noted
from folkmoot.settings import Settings, load

log = structlog.get_logger("folkmoot.standby")

EVERY = 300.0
SOON = 20.0
"""How soon it is asked again whether what was wrong is mended."""
GLANCE = 5.0
"""How often the room on the disk is looked at: a full disk must be called by its name before the database dies of it."""
LEAST_ROOM = 512 * 2**20
ROOM = 1.2
"""Free space wanted on the standby, as a share of the database: it grows there like here, and a rewind needs some."""
LONGEST_TTL = 3600
BOTH_ANSWER = ("version", "disk", "replica")
"""Checks that are asked again soon while the other host or the database did not answer."""


class Checking:
    """The standby's slow questions."""

    def __init__(self, link: Link, settings: Settings, noted: Noted, storing: Callable[[], Storing]) -> None:
        self._link = link
        self._settings = settings
        self._noted = noted
        self._storing = storing
        self._server = Held(settings)
        self._wanted = LEAST_ROOM

    def run(self, over: threading.Event) -> None:
        """Ask again and again until it is over."""
        due = 0.0
        while not over.wait(GLANCE if due else 2.0):
            if states.read(self._settings.data).role != "standby" or self._link.partner is None:
                self._server.close()
                due = 0.0
                continue
            if time.monotonic() < due:
                self._noted.checks = tuple(
                    self._room() if check.name == "disk" else check for check in self._noted.checks
                )
                continue
            self.look()
            due = time.monotonic() + self._patience()
        self._server.close()

    def _patience(self) -> float:
        """Seconds until everything is asked again: soon, while something did not answer or was wrong."""
        if any(check.well is None for check in self._noted.checks if check.name in BOTH_ANSWER):
            return 0.0
        return SOON if any(check.well is False for check in self._noted.checks) else EVERY

    def look(self) -> tuple[Check, ...]:
        """Ask everything now."""
        self._noted.checks = tuple(self._all())
        return self._noted.checks

    def _all(self) -> Iterator[Check]:
        yield self._version()
        if self._settings.database_url:
            yield self._replica()
        else:
            yield self._disk()
            yield from self._server_followed()
        yield self._storage()
        site = urlsplit(states.read(self._settings.data).home)
        yield certificate(site.scheme, site.hostname or "")
        if site.scheme == "https":
            yield certificates.judge(certificates.held(self._settings.data), site.hostname or "", clock.now())
        yield names(site.hostname or "")
        yield mail(load(overrides={"data": self._settings.data}))

    def _version(self) -> Check:
        try:
            check_fit(Facts.parse(self._link.ask("facts", timeout=10)), facts(self._settings))
        except CannotPair as error:
            return Check("version", False, "{words}", {"words": error.words})
        except FolkmootError:
            return Check("version", None, "The other host's version could not be asked.")
        return Check("version", True, "Folkmoot {version} and its PostgreSQL fit.", {"version": __version__})

    def _disk(self) -> Check:
        with contextlib.suppress(FolkmootError), self._server() as connection:
            self._wanted = int(queries.sizes(connection)["database"] * (ROOM - 1)) + LEAST_ROOM
        return self._room()

    def _room(self) -> Check:
        free = shutil.disk_usage(self._settings.data).free
        return Check(
            "disk",
            free >= self._wanted,
            "The standby has {free} GB free; {wanted} GB are wanted.",
            {"free": round(free / 2**30, 1), "wanted": round(self._wanted / 2**30, 1)},
        )

    def _replica(self) -> Check:
        """Whether the operator's own replica can be made the first from here."""
        try:
            with self._server() as connection:
                why = own.why_not_promoted(connection)
        except FolkmootError:
            return Check("replica", None, "Your own server could not be asked.")
        if why:
            return Check("replica", False, "{why}", {"why": why})
        return Check("replica", True, "Your own server here can be made the first; its disk is yours to watch.")

    def _server_followed(self) -> Iterator[Check]:
        """Whether the operator's own server that we follow still lets itself be followed."""
        try:
            said = self._link.ask("standby.server", timeout=10)
        except FolkmootError:
            return
        if said.get("own"):
            missing = " ".join(map(str, said.get("missing", ())))
            yield (
                Check("server", False, "The network's own server needs something: {missing}", {"missing": missing})
                if missing
                else Check("server", True, "The network's own server lets itself be followed.")
            )

    def _storage(self) -> Check:
        try:
            store = self._storing()
            key = store.do(store.storage.put(b"Folkmoot asks whether it may write here.", "probe"))
            well = store.do(store.storage.get(key)) != b""
            store.do(store.storage.delete(key))
        except FolkmootError as error:
            return Check("storage", False, "The standby's storage refuses: {why}.", {"why": error.cause or error.words})
        return Check("storage", well, "The standby's storage takes, gives and removes.")


def certificate(scheme: str, host: str, port: int = 443) -> Check:
    """Whether whoever stands before the standby's web shows a certificate for the network's name."""
    if scheme != "https" or not host:
        return Check("certificate", None, "The network has no https address, so no certificate is needed.")
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as sock,
            context.wrap_socket(sock, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Check("certificate", False, "The certificate on the standby is not valid for {host}: {why}.",
                     {"host": host, "why": error.verify_message})  # fmt: skip
    except OSError:
        return Check("certificate", False, "Nobody answers for {host} on port {port} of the standby: put your proxy "
                     "with its certificate there.", {"host": host, "port": port})  # fmt: skip
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    days = int((ends.timestamp() - time.time()) / 86400)
    return Check("certificate", days >= certificates.SOON_DAYS, "The standby's certificate for {host} is good for {days} more days.",
                 {"host": host, "days": days})  # fmt: skip


def names(host: str) -> Check:
    """How long the world would go on asking the old address."""
    if not host or host == "localhost" or host.replace(".", "").isdigit() or ":" in host:
        return Check("names", None, "The network has no name of its own, so none is to be changed.")
    for kind in ("A", "AAAA", "CNAME"):
        with contextlib.suppress(dns.exception.DNSException, OSError):
            found = dns.resolver.resolve(host, kind, lifetime=5)
            ttl = int(found.rrset.ttl) if found.rrset is not None else 0
            return Check("names", ttl <= LONGEST_TTL, "Names of {host} are remembered for {seconds} s elsewhere; "
                         "at most {most} are good for a move.", {"host": host, "seconds": ttl, "most": LONGEST_TTL})  # fmt: skip
    return Check("names", None, "The name {host} could not be asked for.", {"host": host})


def mail(settings: Settings) -> Check:
    """Whether the standby could send mail."""
    server = settings.smtp_host
    if not server:
        return Check("mail", None, "The network sends no mail.")
    port = settings.smtp_port or {"implicit": 465, "none": 25}.get(settings.smtp_tls, 587)
    try:
        with socket.create_connection((server, port), timeout=5):
            return Check("mail", True, "The mail server {server} can be reached from the standby.", {"server": server})
    except OSError as error:
        return Check("mail", False, "The mail server {server} cannot be reached from the standby: {why}.",
                     {"server": server, "why": error.strerror or "no answer"})  # fmt: skip
