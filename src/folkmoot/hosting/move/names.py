"""Where the network's names point: changed by RFC 2136, by a command of the operator's, or by hand and watched.

Whichever way, nobody waits for it: the old host relays until resolvers have the new addresses.
"""

from __future__ import annotations

import ipaddress
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.tsigkeyring
import dns.update

from folkmoot.errors import FolkmootError, Kind
from folkmoot.settings import Settings

ANSWER_SECONDS = 5.0
COMMAND_SECONDS = 60.0
TRIES = 3


class NamesNotChanged(FolkmootError):
    """The names still point to the old host; the network runs, and the old host relays."""

    kind = Kind.UNAVAILABLE
    sentence = "The names could not be changed: {why} The old host goes on handing requests over; change them with `folkmoot move names`."


@dataclass(frozen=True, slots=True)
class Record:
    """One address record as a provider's form asks for it."""

    name: str
    kind: str
    address: str
    ttl: int

    def __str__(self) -> str:
        return f"{self.name}.  {self.ttl}  IN  {self.kind}  {self.address}"


def wanted(settings: Settings) -> list[Record]:
    """The records the network's name needs for this host to be reached; none without a name or addresses."""
    host = urlsplit(settings.base_url).hostname or ""
    if not host or "." not in host or _is_address(host):
        return []
    return [
        Record(host, "AAAA" if ":" in address else "A", address, settings.dns_ttl)
        for address in settings.public_addresses
        if _is_address(address)
    ]


def change(settings: Settings) -> str:
    """Point the network's name here, the way the settings say; what was done, in a sentence. Raises NamesNotChanged."""
    records = wanted(settings)
    if settings.names_command:
        return _by_command(settings, records)
    if not records:
        return "No names to change: public_addresses is empty or the network has no name of its own."
    if settings.dns_server:
        update(settings, records)
        return f"{records[0].name} points to {', '.join(record.address for record in records)} now."
    return "Change these records where your names are kept: " + "; ".join(map(str, records))


def update(settings: Settings, records: Sequence[Record]) -> None:
    """Replace the address records by RFC 2136, signed with TSIG (RFC 8945). Raises NamesNotChanged."""
    host, _, port = (
        settings.dns_server.rpartition(":") if _has_port(settings.dns_server) else (settings.dns_server, "", "53")
    )
    name = dns.name.from_text(records[0].name)
    zone = dns.name.from_text(settings.dns_zone or records[0].name.partition(".")[2])
    if not name.is_subdomain(zone):
        raise NamesNotChanged(why=f"{records[0].name} is not in the zone {settings.dns_zone} (setting dns_zone).")
    message = dns.update.UpdateMessage(zone)
    try:
        if settings.dns_key_name:
            secret = settings.dns_key_secret.reveal()
            message.use_tsig(
                dns.tsigkeyring.from_text({settings.dns_key_name: secret}), algorithm=settings.dns_key_algorithm
            )
    except (ValueError, dns.exception.DNSException) as error:
        raise NamesNotChanged(why="dns_key_secret is not base64.", cause=str(error)) from error
    for kind in ("A", "AAAA"):
        message.delete(name, kind)
    for record in records:
        message.add(name, record.ttl, record.kind, record.address)
    reason = ""
    for _ in range(TRIES):
        try:
            answer = dns.query.tcp(message, host, timeout=ANSWER_SECONDS, port=int(port))
        except (OSError, EOFError, ValueError, dns.exception.DNSException) as error:
            reason = f"{settings.dns_server} does not answer ({type(error).__name__})."
            time.sleep(0.2)
            continue
        if answer.rcode() == dns.rcode.NOERROR:
            return
        reason = f"{settings.dns_server} refused ({dns.rcode.to_text(answer.rcode())})."
        break
    raise NamesNotChanged(why=reason)


def point_here(settings: Settings, ask: Callable[[str, str], set[str]] | None = None) -> dict[str, bool]:
    """For each record whether the resolver of this machine has it and nothing else of its kind."""
    look = ask or resolve
    records = wanted(settings)
    kinds = {kind: {record.address for record in records if record.kind == kind} for kind in ("A", "AAAA")}
    return {str(record): look(record.name, record.kind) == kinds[record.kind] for record in records}


def resolve(name: str, kind: str) -> set[str]:
    """What the resolver of this machine says, within ANSWER_SECONDS; nothing when it says nothing."""
    resolver = dns.resolver.Resolver()
    resolver.lifetime = ANSWER_SECONDS
    try:
        return {str(item) for item in resolver.resolve(name, kind)}
    except dns.exception.DNSException:
        return set()


def _by_command(settings: Settings, records: Sequence[Record]) -> str:
    """The operator's command, with the name and the addresses as variables; its last line is what we repeat."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")},
        "NAME": urlsplit(settings.base_url).hostname or "",
        "ADDRESSES": " ".join(settings.public_addresses),
        "RECORDS": "\n".join(map(str, records)),
    }
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", settings.names_command],
            env=environment, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NamesNotChanged(why=f"names_command took longer than {COMMAND_SECONDS:.0f} s.") from error
    except OSError as error:
        raise NamesNotChanged(why=f"names_command cannot run ({error.strerror}).") from error
    if done.returncode != 0:
        raise NamesNotChanged(why=f"names_command ended with {done.returncode}.", cause=done.stderr[-500:])
    return f"names_command has run: {(done.stdout.strip().splitlines() or ['it said nothing'])[-1][:200]}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _has_port(server: str) -> bool:
    return server.count(":") == 1 or "]:" in server
