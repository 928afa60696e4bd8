"""Where a request comes from, as far as trusted proxies say: one answer for API and pages."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

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
