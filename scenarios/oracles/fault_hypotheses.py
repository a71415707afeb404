"""Why a balance may be off: simple mistakes a CLIENT makes with one transaction, each with the difference
it makes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from scenarios.oracles.net_effects import Transaction
from scenarios.oracles.text import Money
from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind


class Suspicion(NamedTuple):
    """A mistake in words, how far it moves the balance, in units, and the ``rules`` that it breaks.

    ``act`` is what it does with the ``transactions``, all of one kind, in a word.
    """

    delta: int
    text: str
    transactions: tuple[Transaction, ...]
    rules: tuple[str, ...] = ()
    act: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of what it is made with."""
        return self.transactions[0].kind

    def explaining(self, seen: str) -> str:
        """Say what was ``seen``, and that this would explain it."""
        return f"{seen}, as if {self.text}"


VERBS = {Kind.BET: "taken", Kind.RESULT: "paid"}
# Of so many mistakes some may have been made, and others not: of more, some come to any difference.
_FEW = 8
# What a rollback that comes again, or was refused, may break beside what a wager does.
_AGAIN = {Kind.ROLLBACK: ("RBK-04", "RBK-05", "RBK-07")}


@dataclass(frozen=True)
class Case:
    """What the hypotheses look at: the transactions of the player whose balance is off, and all others.

    ``read_at`` is when the balance was read last before: what had come alone, and once, was counted by then.
    """

    own: Sequence[Transaction]
    others: Sequence[Transaction]  # of other players, or in another currency
    unworthy: Sequence[Transaction]  # forged, malformed or negative: must have no effect
    money: Money
    read_at: float = float("-inf")

    def counted(self, t: Transaction) -> bool:
        """Whether the last reading tells that ``t`` did what it should."""
        return t.attempts == 1 and t.done is not None and t.done < self.read_at

    @cached_property
    def _own_by_id(self) -> dict[str, Transaction]:
        return _by_id(self.own)

    @cached_property
    def _others_by_id(self) -> dict[str, Transaction]:
        return _by_id(self.others)

    @cached_property
    def reused(self) -> list[tuple[Transaction, Transaction]]:
        """The player's transactions whose ids had come before with other contents, each behind what came first."""
        first: dict[str, Transaction] = {}
        for t in sorted((*self.own, *self.others), key=lambda t: t.invoked):
            first.setdefault(t.id, t)
        return [(first[t.id], t) for t in self.own if first[t.id] is not t]

    def original(self, rollback: Transaction) -> Transaction | None:
        """Return the player's bet or result that ``rollback`` names, refused or not, None for an orphan."""
        return self._own_by_id.get(rollback.of or "")

    def foreign_original(self, rollback: Transaction) -> Transaction | None:
        """Return the bet or result of anyone else that ``rollback`` names, None where there is none."""
        return self._others_by_id.get(rollback.of or "")

    def says(self, adjective: str, t: Transaction, rest: str) -> str:
        """Write "the [adjective] bet t-1 (10.00) [rest]"."""
        return f"the {adjective} {t.kind} {t.id} ({self.money.bare(abs(t.amount))}) {rest}".replace("  ", " ")


def _by_id(transactions: Sequence[Transaction]) -> dict[str, Transaction]:
    # Of several under one id the first that was not refused.
    ranked = sorted(transactions, key=lambda t: t.outcome is Status.REFUSED)
    return {t.id: t for t in reversed(ranked) if t.kind is not Kind.ROLLBACK}


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the mistakes that would move the balance, likeliest first."""
    for family, act, rules in FAMILIES:
        yield from (
            found._replace(act=act, rules=rules + found.rules) for found in family(case) if found.delta
        )


def made_several_times(case: Case) -> Iterator[Suspicion]:
    """Yield each mistake that can be made several times: as made each time, and where these are few, some times."""
    for family, act, rules in FAMILIES:
        found = [one for one in family(case) if one.delta]
        if len(found) < 2:
            continue
        about = rules + tuple(dict.fromkeys(rule for one in found for rule in one.rules))
        sums = {sum(one.delta for one in found)}
        if len(found) <= _FEW:
            some = {0}
            for one in found:
                some |= {each + one.delta for each in some}
            sums |= some - {0}
        for delta in sums:
            made = tuple(t for one in found for t in one.transactions)
            yield Suspicion(delta, f"{act} several times", made, about, act)


def _came_first(rollback: Transaction, original: Transaction) -> bool:
    return rollback.done is not None and rollback.done < original.invoked


def _undoes(case: Case, rollback: Transaction) -> int:
    original = case.original(rollback)
    if original is None or original.outcome is Status.REFUSED or _came_first(rollback, original):
        return 0
    return -original.effect


def _effect(case: Case, t: Transaction) -> tuple[int, str]:
    if t.kind is not Kind.ROLLBACK:
        return t.effect, VERBS[t.kind]
    back = _undoes(case, t)
    return back, "paid" if back > 0 else "taken"


def _rolled_back(case: Case) -> set[str]:
    return {t.of for t in case.own if t.of is not None and t.outcome is not Status.REFUSED}


def _late(case: Case) -> set[str]:
    pairs = ((t, case.original(t)) for t in case.own if t.kind is Kind.ROLLBACK)
    return {named.id for rollback, named in pairs if named is not None and _came_first(rollback, named)}


def _live(case: Case) -> list[Transaction]:
    """What may have counted; of the late ones even once would be wrong, which is said elsewhere."""
    late = _late(case)
    return [t for t in case.own if t.outcome is not Status.REFUSED and t.id not in late]


def _copied(case: Case) -> Iterator[Suspicion]:
    for t in _live(case):
        effect, verb = _effect(case, t)
        for times in range(2, t.attempts + 1):
            often = "twice" if times == 2 else f"{times} times"
            reported = case.says("", t, f"was {verb} {often}")
            yield Suspicion((times - 1) * effect, reported, (t,), _AGAIN.get(t.kind, ()))


def _twice(case: Case) -> Iterator[Suspicion]:
    undone = _rolled_back(case)
    for t in _live(case):
        if t.kind is not Kind.ROLLBACK and t.id not in undone and not case.counted(t):
            yield Suspicion(t.effect, case.says("", t, f"was {VERBS[t.kind]} twice"), (t,))


def _reused(case: Case) -> Iterator[Suspicion]:
    for first, t in case.reused:
        other_action, other_player = first.kind is not t.kind, first.player != t.player
        rules = ("IDM-06",) * other_action + ("IDM-07",) * other_player or ("IDM-05",)
        effect, verb = _effect(case, t)
        reported = case.says("", t, f"was {verb}, though its id had come before")
        yield Suspicion(effect, reported, (t,), rules)
        if rules == ("IDM-05",):
            instead = case.says(
                "", t, f"was {verb} in place of the {case.money.bare(first.amount)} before it"
            )
            yield Suspicion(effect - _effect(case, first)[0], instead, (t,), rules)


def _not_at_all(case: Case) -> Iterator[Suspicion]:
    undone = _rolled_back(case)
    for t in case.own:
        plain = t.outcome is Status.OK and t.kind is not Kind.ROLLBACK and t.id not in undone
        if plain and not case.counted(t):
            yield Suspicion(-t.effect, case.says("", t, f"was answered ok and not {VERBS[t.kind]}"), (t,))


def _refused(case: Case) -> Iterator[Suspicion]:
    for t in case.own:
        if t.outcome is Status.REFUSED:
            effect, verb = _effect(case, t)
            yield Suspicion(effect, case.says("refused", t, f"was {verb}"), (t,), _AGAIN.get(t.kind, ()))


def _orphans(case: Case) -> Iterator[Suspicion]:
    for t in case.own:
        if t.kind is not Kind.ROLLBACK:
            continue
        original = case.original(t)
        if original is None:
            yield from _as_orphan(case, t)
        elif t.outcome is Status.REFUSED:
            continue
        elif original.outcome is Status.REFUSED:
            paid = f"was paid, though the {original.kind} {original.id} had been refused"
            yield Suspicion(-original.effect, case.says("", t, paid), (t,))
        elif _came_first(t, original):
            paid = f"was paid before its {original.kind} {original.id} had come"
            yield Suspicion(-original.effect, case.says("orphan", t, paid), (t,))


def _perhaps_orphans(case: Case) -> Iterator[Suspicion]:
    """Rollbacks of what was sent, and may not have come by then."""
    for t in case.own:
        original = case.original(t) if t.kind is Kind.ROLLBACK else None
        if original is not None and (original.done is None or t.invoked < original.done):
            yield from _as_orphan(case, t)


def _as_orphan(case: Case, rollback: Transaction) -> Iterator[Suspicion]:
    yield Suspicion(rollback.amount, case.says("orphan", rollback, "was paid"), (rollback,))
    yield Suspicion(-rollback.amount, case.says("orphan", rollback, "was taken"), (rollback,))


def _late_bets(case: Case) -> Iterator[Suspicion]:
    for rollback in case.own:
        original = case.original(rollback)
        if original is None or rollback.kind is not Kind.ROLLBACK:
            continue
        if original.outcome is not Status.REFUSED and _came_first(rollback, original):
            rest = f"was {VERBS[original.kind]} after its rollback {rollback.id}"
            yield Suspicion(original.effect, case.says("late", original, rest), (original,))


def _undoing(case: Case) -> list[tuple[Transaction, int]]:
    rollbacks = [t for t in case.own if t.kind is Kind.ROLLBACK and t.outcome is not Status.REFUSED]
    return [(t, back) for t in rollbacks if (back := _undoes(case, t))]


def _second_rollbacks(case: Case) -> Iterator[Suspicion]:
    seen: set[str | None] = set()
    for t, back in _undoing(case):
        if t.of in seen:
            yield Suspicion(back, case.says("second", t, f"of {t.of} moved money again"), (t,))
        seen.add(t.of)


def _rollbacks(case: Case) -> Iterator[Suspicion]:
    for t, back in _undoing(case):
        paid, took = ("paid", "took") if back > 0 else ("taken", "paid")
        yield Suspicion(back, case.says("", t, f"was {paid} double"), (t,))
        yield Suspicion(-2 * back, case.says("", t, f"moved the wrong way: it {took}"), (t,))
        yield Suspicion(-back, case.says("", t, f"of {t.of} was answered ok and moved nothing"), (t,))
        excess = t.amount - abs(back)
        if excess > 0:
            own = f"moved its own amount, more than the {case.money.bare(abs(back))} of {t.of}"
            yield Suspicion(excess if back > 0 else -excess, case.says("", t, own), (t,))


def _unworthy(case: Case) -> Iterator[Suspicion]:
    for t in case.unworthy:
        effect, _ = _effect(case, t)
        if t.kind is Kind.ROLLBACK and not effect:
            effect = t.amount
        word = "negative" if t.amount < 0 else "forged or malformed"
        yield Suspicion(effect, case.says(word, t, "was applied"), (t,))


def _others(case: Case) -> Iterator[Suspicion]:
    for t in case.others:
        whose = f"of the player {t.player} in {t.currency} moved this balance"
        original = case.original(t) or case.foreign_original(t)
        effect = t.effect if t.kind is not Kind.ROLLBACK else (-original.effect if original else t.amount)
        yield Suspicion(effect, case.says("", t, whose), (t,))


_COPIES = ("IDM-01", "IDM-02", "IDM-03", "IDM-04", "IDM-09", "IDM-10", "IDM-11")
_OF_ORPHANS = ("RBK-04", "RBK-06", "RBK-07", "RBK-08")
# Families of mistakes, likeliest first: what is done, and the rules that are about it.
FAMILIES = (
    (_copied, "copied", _COPIES),
    (_reused, "reused", ()),
    (_twice, "copied", ("BET-01", "RES-01", *_COPIES)),
    (_not_at_all, "not done", ("BET-01", "RES-01", "RES-02", "RES-03", "RES-05", "RES-06")),
    (_refused, "refused", ("BET-03", "BET-05", "MSG-04", "RBK-03")),
    (_orphans, "orphan", _OF_ORPHANS),
    (_late_bets, "late", ("RBK-06", "RBK-16")),
    (_second_rollbacks, "second", ("RBK-07",)),
    (_rollbacks, "rolled back", ("RBK-01", "RBK-02", "RBK-03", "RBK-09")),
    (_unworthy, "unworthy", ("SIG-02", "SIG-03", "SIG-08", "MSG-06", "MSG-07", "MSG-08")),
    (_others, "another's", ("INV-03", "IDM-07", "RBK-10", "RBK-15")),
    (_perhaps_orphans, "orphan", _OF_ORPHANS),
)
