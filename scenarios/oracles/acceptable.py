"""The oracle: which balances a history allows. A pure function of the exchanges.

Implements ``contract.md``, INV-01, INV-03 and INV-05: what surely happened counts once, what may have
happened (no answer) at most once; a copy answered ok makes it sure, a rollback answered ok makes it
nothing. It knows no order of concurrent requests and no funds: for those see linearizability.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import islice

from scenarios.oracles.attempts import Record, attempts, from_units, messages_of, places, record_of, to_units
from scenarios.oracles.fault_hypotheses import Case, Suspicion, made_several_times, suspicions
from scenarios.oracles.model import DOCUMENTED, Model
from scenarios.oracles.net_effects import Effect, Transaction, effects, transactions
from scenarios.oracles.subset_sums import Sums
from scenarios.oracles.text import Money, amount_off
from simulators.exchanges.history import Exchange

# How many different differences are tried where the balances cannot be listed and each takes a while.
DELTAS_TRIED = 200
# So many balances, and so many mistakes, are tried where a balance is looked for.
_LIKELY = 100


@dataclass(frozen=True)
class Acceptable:
    """The acceptable balances of one player, and what they are made of.

    ``sure`` are the transactions with one possible effect, ``unsure`` those with several (rollbacks belong
    to what they name). Ask with ``seen in acceptable``, which is right also where the balances are too many
    to list.
    """

    player: str
    currency: str
    opening: Decimal
    sure: tuple[Effect, ...]
    unsure: tuple[Effect, ...]
    decimals: int
    case: Case

    @cached_property
    def sums(self) -> Sums:
        """The balances in units of ``10 ** -decimals``."""
        start = to_units(self.opening, self.decimals) + sum(min(effect.options) for effect in self.sure)
        return Sums(start, tuple(effect.options for effect in self.unsure))

    @property
    def listed(self) -> bool:
        """Whether ``balances`` are all of them."""
        return self.sums.all is not None

    @cached_property
    def balances(self) -> frozenset[Decimal]:
        """Every acceptable balance; where they are too many to list (see ``listed``) the lowest and the
        highest.
        """
        return frozenset(from_units(each, self.decimals) for each in self._units)

    @property
    def _units(self) -> frozenset[int]:
        everything = self.sums.all
        return frozenset({self.sums.lowest, self.sums.highest}) if everything is None else everything

    def contains(self, seen: Decimal) -> bool:
        """Whether ``seen``, an amount of the currency, is acceptable."""
        try:
            return to_units(seen, self.decimals) in self.sums
        except ValueError:  # finer than any amount that was moved
            return False

    def __contains__(self, seen: Decimal) -> bool:
        return self.contains(seen)

    def explain(self, seen: Decimal) -> str:
        """Say what is acceptable, what was ``seen``, and the simplest single mistake that explains the
        difference.
        """
        text = f"acceptable: {self.alternatives()}; seen {self._bare(seen)}"
        if self.contains(seen):
            return text
        mistake = self.mistake(seen)
        return f"{text}; {mistake.text if mistake else self._difference(seen)}"

    def described(self, seen: Decimal) -> str:
        """Say by how much ``seen`` is off."""
        return f"balance {amount_off(seen, seen - self.nearest(seen), self.currency)}"

    def nearest(self, seen: Decimal) -> Decimal:
        """The acceptable balance that is nearest to ``seen``; of many, as far as they are listed."""
        if self.contains(seen):
            return seen
        sought = Fraction(seen) * 10**self.decimals
        return from_units(min(self._units, key=lambda one: (abs(one - sought), one)), self.decimals)

    def mistake(self, seen: Decimal, read_at: float = float("-inf"), rule: str = "") -> Suspicion | None:
        """The likeliest single mistake with a transaction that explains the balance ``seen``, None where none does.

        ``read_at`` is when the balance was read last before; what ``rule`` is about is likelier than what others are.
        """
        found = list(self._explaining(seen, suspicions(replace(self.case, read_at=read_at))))
        return next((one for one in found if rule in one.rules), found[0] if found else None)

    def broken(self, seen: Decimal) -> frozenset[str]:
        """The rules about the mistakes that explain the balance ``seen``: a single one, else one made several times."""
        single = list(self._explaining(seen, suspicions(self.case)))
        found = single or self._explaining(seen, made_several_times(self.case))
        return frozenset(rule for one in found for rule in one.rules)

    def _explaining(self, seen: Decimal, mistakes: Iterable[Suspicion]) -> Iterator[Suspicion]:
        try:
            units = to_units(seen, self.decimals)
        except ValueError:
            return
        tried: dict[int, bool] = {}
        for found in mistakes:
            delta = found.delta
            if delta not in tried:
                if len(tried) >= DELTAS_TRIED and not self.listed:
                    break
                tried[delta] = units - delta in self.sums
            if tried[delta]:
                yield found

    def likely(self) -> list[Decimal]:
        """The acceptable balances, and those that a single mistake would make of them, as far as they are few."""
        if not self.listed or len(self._units) > _LIKELY:
            return []
        deltas = {found.delta for found in islice(suspicions(self.case), _LIKELY)} | {0}
        found = {one + from_units(delta, self.decimals) for one in self.balances for delta in deltas}
        return sorted(found)

    def _difference(self, seen: Decimal) -> str:
        if not self.listed:
            return "no single mistake explains it"
        off = seen - self.nearest(seen)
        return (
            f"{self._bare(abs(off))} too {'much' if off > 0 else 'little'}, which no single mistake explains"
        )

    def alternatives(self) -> str:
        """The acceptable balances in words, the likeliest few by their amounts."""
        units = self.sums.all
        if units is None:
            money = self.case.money
            return f"many, from {money.bare(self.sums.lowest)} to {money.full(self.sums.highest)}"
        return self.case.money.any_of(sorted(units))

    def _bare(self, amount: Decimal) -> str:
        return self.case.money.exact(amount)


def acceptable(
    exchanges: Iterable[Exchange],
    player: str,
    opening: Decimal,
    currency: str,
    model: Model = DOCUMENTED,
) -> Acceptable:
    """Fold ``exchanges`` into the balances that ``player`` may hold afterwards, from ``opening`` in
    ``currency``, under the choices of ``model``.

    Exchanges of other players matter where they use the same ids. What is not genuine must have no effect.
    """
    listed = list(exchanges)
    decimals = places(listed, opening)
    unworthy = [transaction for transaction in _unworthy(listed, decimals) if transaction.player == player]
    records = attempts(listed, decimals)
    return of_records(records, player, opening, currency, decimals, unworthy=unworthy, model=model)


def of_records(
    records: Iterable[Record],
    player: str,
    opening: Decimal,
    currency: str,
    decimals: int,
    *,
    unworthy: Sequence[Transaction] = (),
    model: Model = DOCUMENTED,
) -> Acceptable:
    """Fold ``records``, whose amounts are in units of ``10 ** -decimals``, as ``acceptable`` folds exchanges.

    ``unworthy`` are requests that must have no effect.
    """
    every = transactions(records, model)
    found = effects(every, player, currency, model)
    own = [t for t in every if (t.player, t.currency) == (player, currency)]
    case = Case(
        own=own,
        others=[t for t in every if (t.player, t.currency) != (player, currency)],
        unworthy=list(unworthy),
        money=Money(decimals, currency),
    )
    return Acceptable(
        player=player,
        currency=currency,
        opening=opening,
        sure=tuple(effect for effect in found if effect.sure),
        unsure=tuple(effect for effect in found if not effect.sure),
        decimals=decimals,
        case=case,
    )


def _unworthy(exchanges: Iterable[Exchange], decimals: int) -> list[Transaction]:
    return transactions(
        record_of(exchange, message, decimals)
        for exchange in exchanges
        for message in messages_of(exchange)
        if not (exchange.genuine and message.amount >= 0)
    )
