"""Guards of the pages that people look at: which requests come from such a page, and which from elsewhere.

Most pages have no login. What keeps other websites in the same browser away is here: the Host header (a name of
an attacker's that resolves to this machine is none of ours), and where a request says that it was made.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from flask import abort, request

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What Sec-Fetch-Site says of requests that a page of the same origin, or the user, made.
_OWN: Final = frozenset({"same-origin", "none"})


def local(host: str) -> bool:
    """Whether ``host``, a Host header, is a name of this machine that nobody else can own."""
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def trusted_host(host: str, peer: str | None, public_urls: Iterable[str] = ()) -> bool:
    """Whether a request from the address ``peer`` may name ``host``.

    What comes over loopback must name this machine or the host of one of ``public_urls``. Elsewhere a server was
    bound to an address of the network on purpose, under whatever names that has.
    """
    if peer is not None and not loopback(peer):
        return True
    return local(host) or _name(host) in {urlsplit(url).hostname for url in public_urls}


def made_elsewhere(site: str | None, said: str | None, own: Iterable[str]) -> bool:
    """Whether a request says that a page of another origin made it.

    ``site`` is its Sec-Fetch-Site, ``said`` its Origin (None where it has none), ``own`` our names with ports.
    """
    return (site is not None and site not in _OWN) or (said is not None and urlsplit(said).netloc not in own)


def check_host(public_urls: Iterable[str] = ()) -> None:
    """Refuse (421) the request that is being answered, where its Host is not ours."""
    if not trusted_host(request.host, request.remote_addr, public_urls):
        abort(
            421,
            f"The Host header is {request.host[:80]!r}. This page answers under names of this machine only, or a "
            "foreign website could read it through a name of its own. Open it as http://127.0.0.1 with its port.",
        )


def check_site() -> None:
    """Refuse (403) the request that is being answered, where a foreign page made it; opening a page is free.

    Known by Sec-Fetch-Site alone: forms under the referrer policy of our pages send no Origin.
    """
    opened = request.method in _SAFE and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if not opened and request.headers.get("Sec-Fetch-Site", "none") not in _OWN:
        abort(
            403,
            "This request was made by a page of another website. Only these pages themselves may act here. "
            "Nothing was done; use the buttons of this page.",
        )


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def loopback(peer: str) -> bool:
    """Whether ``peer``, the address of the other end, is this machine's own."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
