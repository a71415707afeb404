"""Web addresses that somebody else wrote: a CLIENT's redirects, links and sources."""

from urllib.parse import urljoin, urlsplit


def resolved(base: str, reference: str) -> str:
    """``reference`` as seen from ``base``, an address of the web; "" where it is none that could be asked."""
    try:
        found = urljoin(base, reference)
        parts = urlsplit(found)
        # Reading the port tells whether it is one.
        asked = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return found if asked else ""
