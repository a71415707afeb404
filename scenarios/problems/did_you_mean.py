"""Did you mean: the known word nearest to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word of ``known`` that ``word`` is most likely a slip for, None where none is near."""
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Say ``did you mean X?``, or ``otherwise`` where nothing known is near."""
    name = nearest(word, known)
    return f"did you mean {name}?" if name else otherwise
