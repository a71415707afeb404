"""Secrets, compared so that time tells nothing about them."""

import hmac


def same(given: str, agreed: str) -> bool:
    """Whether two texts are the same, compared in constant time."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), agreed.encode("utf-8", "surrogatepass")
    )
