"""CLIENT ids compared over the whole run (MSG-05): first short keys, then what has equal ones.

``keys`` and ``among`` are asked of every journal, wherever it is. Memory is bounded by about a million keys at a time.
"""

from collections.abc import Callable, Iterable

from loadtests.traffic.journal import Kept, repeated, shared, stretches

Keys = Callable[[int, int], Iterable[bytes]]
Among = Callable[[set[bytes]], Iterable[Kept]]

# How many groups that share an id are listed.
GROUPS = 50


def compare(total: int, keys: Keys, among: Among) -> list[list[str]]:
    """The provider ids that were answered with one CLIENT id, in groups; at most GROUPS of them.

    ``total`` is how many ids there are, in all journals.
    """
    found: list[list[str]] = []
    for start, stop in stretches(total):
        candidates = repeated(keys(start, stop))
        if candidates:
            found += shared(among(set(sorted(candidates)[:GROUPS])))
        if len(found) >= GROUPS:
            break
    return found[:GROUPS]
