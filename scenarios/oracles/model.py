"""The wallet model: what a bet, a result and a rollback do to one balance, with the CLIENT's choices as data.

Implements ``contract.md``, *What a verdict may rest on*: where the contract leaves a choice (BET-05, IDM-07, RBK-03,
RBK-06, RBK-09, RBK-15, RBK-16, the answer to a copy), the model holds the ways that are possible. A choice that was
learned is a set of one. The sums of effects and the search for an order both take this one value.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from simulators.wallet.dialect import Abilities


class Late(StrEnum):
    """What a bet or a result does that arrives after its own rollback (RBK-06, RBK-16)."""

    NOTHING = "moves nothing"
    APPLIED = "is applied, and a further rollback undoes it"
    KEPT = "is applied, and no further rollback undoes it"


class Spent(StrEnum):
    """What the rollback of a result takes that the balance does not cover any more (RBK-03)."""

    ALL = "takes all of it, below zero"
    NOTHING = "takes nothing"
    REST = "takes what is there"


class Returned(StrEnum):
    """Which amount counts where a rollback names another than its original (RBK-09)."""

    ORIGINAL = "the original's amount"
    LESSER = "the lesser of both amounts"
    NAMED = "the rollback's own amount"
    NOTHING = "neither amount"


class RefusedCopy(StrEnum):
    """What the copy of a refused bet does that is answered ok (BET-05)."""

    NOTHING = "nothing is taken"
    TAKEN = "the bet is taken"


class CopyAnswer(StrEnum):
    """How the copy of what was done is answered (IDM-01)."""

    REPEATED = "as the first time"
    RENAMED = "with another CLIENT id"
    REFUSED = "with an error"


class Reused(StrEnum):
    """What an id does that comes for another player, too (IDM-07)."""

    NOTHING = "it is the first player's alone"
    EACH = "it is one transaction of each player"


class Foreign(StrEnum):
    """What a rollback in another currency than its original's does to the original's (RBK-15)."""

    NOTHING = "nothing, and another rollback undoes the original"
    UNDOES = "it undoes the original"
    USES_UP = "nothing, and no other rollback undoes the original any more"


@dataclass(frozen=True, slots=True)
class Model:
    """What one CLIENT may do; each field but the last holds the ways that are possible.

    ``orphans_refused`` says that the rollback of what is unknown is refused in the dialect; a CLIENT may remember it
    all the same, and what comes after it is late then.

    The default is what the contract decided; where it decided nothing (a late result) that of a late bet.
    Amounts and balances are in minor units; an effect is what a transaction adds to the balance.
    """

    late_bet: frozenset[Late] = frozenset({Late.NOTHING})
    late_result: frozenset[Late] = frozenset({Late.NOTHING})
    spent: frozenset[Spent] = frozenset({Spent.ALL})
    returned: frozenset[Returned] = frozenset({Returned.ORIGINAL, Returned.LESSER})
    refused_copy: frozenset[RefusedCopy] = frozenset({RefusedCopy.TAKEN})
    copy_answer: frozenset[CopyAnswer] = frozenset({CopyAnswer.REPEATED})
    reused: frozenset[Reused] = frozenset({Reused.NOTHING})
    foreign: frozenset[Foreign] = frozenset({Foreign.NOTHING})
    orphans_refused: bool = False

    def spoken_with(self, abilities: Abilities) -> "Model":
        """The same where the transactions are sent in a dialect of these ``abilities``."""
        return replace(self, orphans_refused=not abilities.unknown_rollbacks)

    def late(self, effect: int) -> frozenset[Late]:
        """What a bet (``effect`` below zero) or a result may do after its own rollback."""
        return self.late_bet if effect < 0 else self.late_result

    def left(self, effect: int, named: int, balance: int | None = None) -> frozenset[int]:
        """What may be left of ``effect`` once a rollback that names the amount ``named`` has undone it.

        ``balance`` is what the player has when the rollback comes, None where that is not known.
        """
        found: set[int] = set()
        for back in {self._back(way, abs(effect), named) for way in self.returned}:
            if effect < 0 or (balance is not None and balance >= back):
                found.add(effect + back if effect < 0 else effect - back)
                continue
            if Spent.ALL in self.spent or balance is None:
                found.add(effect - back)
            if Spent.NOTHING in self.spent:
                found.add(effect)
            if Spent.REST in self.spent:
                rest = range(back + 1) if balance is None else (max(0, balance),)
                found.update(effect - taken for taken in rest)
        return frozenset(found)

    @staticmethod
    def _back(way: Returned, original: int, named: int) -> int:
        match way:
            case Returned.ORIGINAL:
                return original
            case Returned.LESSER:
                return min(original, named)
            case Returned.NAMED:
                return named
            case Returned.NOTHING:
                return 0 if named != original else original

    def ways(self, choices: Iterable[str]) -> Iterator["Model"]:
        """Each model that settles all ``choices`` (names of fields) in one way; the likeliest first."""
        models = [self]
        for name in sorted(choices):
            kept: frozenset[StrEnum] = getattr(self, name)
            ordered = [way for way in type(next(iter(kept))) if way in kept]
            models = [replace(one, **{name: frozenset({way})}) for one in models for way in ordered]  # type: ignore[arg-type]
        return iter(models)


DOCUMENTED = Model()
# A CLIENT of which nothing is known yet: every way that breaks no MUST. Ids of two players and rollbacks in another
# currency are sent by their own rules, and else only once it was learned what they do.
OPEN = Model(
    late_bet=frozenset(Late),
    late_result=frozenset(Late),
    spent=frozenset(Spent),
    returned=frozenset(Returned),
    refused_copy=frozenset(RefusedCopy),
    copy_answer=frozenset(CopyAnswer),
)
# The rules for which the oracle judges a choice: what the CLIENT was seen to choose meanwhile is no excuse there.
JUDGED_CHOICES: Final = {"IDM-07": "reused", "RBK-15": "foreign"}
