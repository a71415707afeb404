"""Signatures that dialects share."""

import hashlib
import hmac
from collections.abc import Mapping


def hmac_sha256(body: bytes, secret: str) -> str:
    """Lower-case hex HMAC-SHA256 of the raw ``body``."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def md5_of_sorted(fields: Mapping[str, str], secret: str) -> str:
    """Lower-case hex MD5 over the texts of ``fields`` in the order of their names, ``secret`` behind them."""
    joined = "".join(fields[name] for name in sorted(fields)) + secret
    return hashlib.md5(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two signatures are equal, compared in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
