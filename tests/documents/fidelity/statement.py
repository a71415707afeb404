"""A statement of a document: where it is implemented, and which test or rule holds it."""

from dataclasses import dataclass
from typing import Final

# What each side writes of an example, and what the other reads of it.
GOLDEN: Final = (
    "documents/test_golden.py::test_what_is_written_has_the_fields_of_the_example_in_their_order "
    "documents/test_golden.py::test_what_is_read_of_the_example_is_what_it_says"
)


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
