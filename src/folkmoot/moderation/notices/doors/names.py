"""DNS for signatures: TXT records, with a time-out, remembered for a while."""

from __future__ import annotations

import functools

import dns.exception
import dns.resolver

from folkmoot.moderation.notices.reading import Lookup

SECONDS = 4.0
MOST_BYTES = 16_384


def resolver(server: str = "", port: int = 53) -> Lookup:
    """A lookup of TXT records at the machine's own resolver, or another. It raises TimeoutError when nobody answers."""

    @functools.cache
    def asked() -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=not server)
        if server:
            made.nameservers, made.port = [server], port
        made.timeout, made.lifetime = SECONDS / 2, SECONDS
        made.cache = dns.resolver.LRUCache(1_000)
        return made

    def look_up(name: str) -> bytes | None:
        try:
            answer = asked().resolve(name.rstrip("."), "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise TimeoutError(f"DNS: {type(error).__name__}") from error
        records = [b"".join(record.strings) for record in answer]
        keys = [record for record in records if b"p=" in record] or records
        return keys[0][:MOST_BYTES] if keys else None

    return look_up
