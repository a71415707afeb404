"""Changes to documents, such as claims and bodies, that say one thing otherwise."""

from collections.abc import Callable
from typing import Any

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
