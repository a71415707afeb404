"""A statement of a document: where it is implemented, and which test or rule holds it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``where`` are files, ``tests`` tests below tests/ (``file::name``), ``rules`` of the contract."""

    section: str
    text: str
    where: tuple[str, ...]
    tests: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def said(section: str, text: str, where: str, held: str) -> Statement:
    """Return a statement; ``where`` and ``held`` list files, tests and rules with blanks between them."""
    words = held.split()
    return Statement(
        section,
        text,
        tuple(where.split()),
        tuple(word for word in words if "::" in word),
        tuple(word for word in words if "::" not in word),
    )
