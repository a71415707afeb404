"""Changes to documents, such as claims and bodies, that say one thing otherwise."""

import base64
import hmac
from collections.abc import Callable
from typing import Any

from jwt.utils import base64url_decode

Document = dict[str, Any]
Change = Callable[[Document], Document]


def changing(name: str, change: Callable[[Any], Any]) -> Change:
    """Does ``change`` to the field called ``name``."""
    return lambda document: {**document, name: change(document[name])}


def setting(name: str, value: Any) -> Change:
    """Sets the field called ``name`` to ``value``."""
    return lambda document: {**document, name: value}


def without(name: str) -> Change:
    """Leaves the field called ``name`` out."""
    return lambda document: {other: value for other, value in document.items() if other != name}


def with_padding(token: str, key: str) -> str:
    """``token`` as a library's base64 writes it where nobody cuts the padding off, signed so under ``key``."""
    parts = [base64url_decode(part) for part in token.split(".")[:2]]
    head = b".".join(map(base64.urlsafe_b64encode, parts))
    proof = hmac.digest(key.encode(), head, "sha256")
    return b".".join((head, base64.urlsafe_b64encode(proof))).decode()
