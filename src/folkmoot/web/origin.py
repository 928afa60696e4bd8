"""Where a request comes from, as far as trusted proxies say: one answer for API and pages."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from folkmoot.vault import open_vault

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Origin:
    """Believes X-Forwarded-For from the proxies of the setting `trusted_proxies`, and from nobody else."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._proxies: list[Network] = [ipaddress.ip_network(each, strict=False) for each in trusted_proxies]

    def address(self, peer: str, forwarded: str | None) -> str:
        """The nearest address that is not a trusted proxy's; `forwarded` is the header as it came."""
        if forwarded is None or not self._trusts(peer):
            return peer
        for candidate in reversed(forwarded.split(",")):
            peer = candidate.strip()
            if not self._trusts(peer):
                break
        return peer

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)


class Seal:
    """The address a relayed request came from, sealed by the host that relays it.

    Both hosts of a network have the same master key and nobody else has it, so what is opened here was said by the
    other host, over whichever way the request came.
    """

    HEADER = b"x-folkmoot-relay"

    def __init__(self, data: Path) -> None:
        self._data = data

    def closed(self, address: str) -> str:
        """The header's value."""
        return f"{self._mac(address)}:{address}"

    def opened(self, value: bytes) -> str | None:
        """The address, or None when the other host did not say this."""
        mac, _, address = value.decode("latin-1").partition(":")
        return address if hmac.compare_digest(mac.encode(), self._mac(address).encode()) else None

    def _mac(self, address: str) -> str:
        return hmac.new(open_vault(self._data).derive("relay"), address.encode(), hashlib.sha256).hexdigest()
