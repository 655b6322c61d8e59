"""Proxies that stand before the inbox: one that signs people in, and those that say from where a visit came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ...errors import ConfigError
from .visit import Visit

_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """Believe a header that names the person, if it comes from one of these addresses, and only then.

        TrustedProxy("X-Forwarded-User", peers=["10.0.0.7", "10.1.0.0/16"])

    The proxy has to drop this header from what it is sent. Who is named must be in the people file.

    Raises:
        ConfigError: an address is none, or there is none.
    """

    header: str
    peers: Sequence[str]

    def __post_init__(self) -> None:
        if isinstance(self.peers, str) or not self.peers or not self.header.strip():
            raise ConfigError(f"{self!r}: expected the name of a header and a list of addresses")
        _networks("peers", self.peers)

    def trusts(self, peer: str) -> bool:
        """Return whether a header from this address is believed."""
        return _is_in(peer, _networks("peers", self.peers))


class Forwarded:
    """Tell from where a visit came, by the X-Forwarded-For of proxies that are known, and of nobody else.

    Each proxy adds the address that it was reached from at the end. So the header is read from its end, for as
    long as those who wrote it are known; what stands before that may have been written by anybody.

    Args:
        proxies: their addresses and networks; none: every visit comes from where its connection does.

    Raises:
        ConfigError: one is no address, or would be everybody.
    """

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        if isinstance(proxies, str):
            raise ConfigError(f"forwarded_from={proxies!r}: expected a list of addresses, such as ['127.0.0.1']")
        self._networks = _networks("forwarded_from", proxies)
        if any(network.prefixlen == 0 for network in self._networks):
            raise ConfigError(
                f"forwarded_from={list(proxies)!r} believes everybody, who could then say that they come from "
                "anywhere; name the addresses of the proxies"
            )

    def address(self, visit: Visit) -> str:
        """Return the address from which a visit came, as far as that can be believed."""
        address = visit.peer
        said = ",".join(visit.headers.get("x-forwarded-for", ())) if self._networks else ""
        while said and _is_in(address, self._networks):
            said, _, last = said.rpartition(",")
            found = _address(last)
            if found is None:
                return address  # whoever wrote it did not know better
            address = str(found)
        return address


def _networks(name: str, given: Sequence[str]) -> list[_Network]:
    try:
        return [ip_network(one) for one in given]
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None


def _is_in(peer: str, networks: Sequence[_Network]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address that may be written with a port; one of IPv4 inside IPv6 is that of IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
