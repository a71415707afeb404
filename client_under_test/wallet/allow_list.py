"""The addresses that callbacks may come from. ``sportsbook.txt``, *Terms and concepts*: server IP address."""

import ipaddress
from collections.abc import Iterable

from client_under_test.values.misuse import Misuse
from client_under_test.values.refusals import Refused


class AddressUnusable(Misuse):
    """An address to be allowed is none."""


class AllowList:
    """Lets in whoever calls from one of ``addresses`` (IP addresses or networks); everybody where there is none.

    Only the address of the connection counts: headers such as X-Forwarded-For are whatever the caller wrote.
    Raises AddressUnusable.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        self.networks = [_network(address) for address in addresses]

    def check(self, caller: str | None) -> None:
        """Raise Refused unless ``caller``, the other end of the connection, is allowed."""
        if self.networks and not self.allowed(ipaddress.ip_address(caller or "")):
            raise Refused("ADDRESS_NOT_ALLOWED")

    def allowed(self, caller: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        """Say whether ``caller`` is in one of the networks, also where IPv4 is written as IPv6."""
        plain = getattr(caller, "ipv4_mapped", None) or caller
        return any(plain in network for network in self.networks)


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(address)
    except ValueError:
        raise AddressUnusable(
            f"{address!r} is neither an IP address nor a network",
            "one such as 54.151.247.5 or 10.0.0.0/8, because callbacks from other addresses are refused",
            "correct --operator-address",
        ) from None
