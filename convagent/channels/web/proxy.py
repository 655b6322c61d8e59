"""A proxy that signs people in, and says in a header whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ...errors import ConfigError


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
        for peer in self.peers:
            try:
                ip_network(peer)
            except ValueError as error:
                raise ConfigError(f"peers: {error}") from None

    def trusts(self, peer: str) -> bool:
        """Return whether a header from this address is believed."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in ip_network(allowed) for allowed in self.peers)
