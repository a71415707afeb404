"""Whether a balance is one that a player may have, and what explains it where it is not."""

from collections.abc import Sequence
from dataclasses import replace

from loadtests.audit.outcome.verdict import WrongBalance
from loadtests.traffic.journal import Settled
from loadtests.traffic.ledger import Ledger, Operation
from scenarios.oracles.acceptable import Acceptable
from scenarios.oracles.attempts import from_units
from scenarios.oracles.fault_hypotheses import Case
from scenarios.oracles.net_effects import Transaction, effects
from scenarios.oracles.subset_sums import Sums
from scenarios.oracles.text import Money
from simulators.exchanges.history import Outcome
from simulators.wallet.transactions import Kind

# How many transactions of a difference are named, and how many of one player are gone through to find it.
_NAMED = 5
_READ = 100_000


def distance(sums: Sums, seen: int) -> int:
    """How far ``seen`` is from the nearest acceptable balance, in minor units: 0 where it is one."""
    if seen in sums:
        return 0
    near = sums.all or frozenset((sums.lowest, sums.highest))
    return min((seen - balance for balance in near), key=lambda off: (abs(off), off))


def off(
    ledger: Ledger,
    player: int,
    seen: int,
    unsure: Sequence[Operation],
    settled: Sequence[Settled] = (),
) -> WrongBalance:
    """Tell of ``player``, whose balance ``seen`` is not acceptable. ``settled`` is what the journal kept of it.

    The oracle that judges scenarios explains the difference, where all that the player did is known. Raises
    LookupError where the opening balance was not read.
    """
    sums = ledger.acceptable(player, unsure)
    by = distance(sums, seen)
    named = [
        one.transaction_id
        for one in settled
        if one.amount == abs(by) and not (one.kind is Kind.ROLLBACK and one.of is None)
    ]
    name, why = ledger.players[player], ""
    if settled and len(settled) <= _READ:
        found = _acceptable(ledger, name, ledger.opening(player) or 0, [*_past(settled), *_open(unsure)])
        # The two sums are independent of each other; where they differ the journal is not complete.
        if found.sums.lowest == sums.lowest and found.sums.highest == sums.highest:
            why = found.explain(from_units(seen, ledger.decimals))
    return WrongBalance(name, by, why or plain_words(ledger, sums, seen, by), named[:_NAMED])


def plain_words(ledger: Ledger, sums: Sums, seen: int, by: int) -> str:
    """What was acceptable and what was seen, without an explanation."""
    money = Money(ledger.decimals, ledger.currency)
    listed = sums.all
    right = (
        money.any_of(sorted(listed)) if listed else f"{money.bare(sums.lowest)} to {money.full(sums.highest)}"
    )
    return (
        f"acceptable: {right}; seen {money.bare(seen)}; "
        f"{money.bare(abs(by))} too {'much' if by > 0 else 'little'}"
    )


def _acceptable(ledger: Ledger, name: str, opening: int, every: list[Transaction]) -> Acceptable:
    every = [replace(each, player=name, currency=ledger.currency) for each in every]
    found = effects(every, name, ledger.currency)
    return Acceptable(
        player=name,
        currency=ledger.currency,
        opening=from_units(opening, ledger.decimals),
        sure=tuple(effect for effect in found if effect.sure),
        unsure=tuple(effect for effect in found if not effect.sure),
        decimals=ledger.decimals,
        case=Case(own=every, others=[], unworthy=[], money=Money(ledger.decimals, ledger.currency)),
    )


def _past(settled: Sequence[Settled]) -> list[Transaction]:
    """What was settled; their order stands for time. The last word on an id counts (a copy may be accepted)."""
    latest = {one.transaction_id: one for one in settled}
    # A bet that names a rollback came after it: until then nothing told what that rollback was of.
    orphans = {
        one.of: one.transaction_id for one in latest.values() if one.kind is not Kind.ROLLBACK and one.of
    }
    return [
        _transaction(
            one.kind,
            one.transaction_id,
            one.amount,
            (one.of or orphans.get(one.transaction_id, "")) if one.kind is Kind.ROLLBACK else None,
            one.outcome,
            one.sequence,
        )
        for one in latest.values()
    ]


def _open(unsure: Sequence[Operation]) -> list[Transaction]:
    """What has no answer. A bet or result that was answered, and only its rollback was not, is in the journal."""
    last = float("inf")
    found = []
    for op in unsure:
        if op.outcome is Outcome.UNKNOWN:
            found.append(_transaction(op.kind, op.transaction_id, op.amount, None, Outcome.UNKNOWN, last))
        if op.undoing:
            undo = f"rollback of {op.transaction_id}"
            found.append(
                _transaction(Kind.ROLLBACK, undo, op.amount, op.transaction_id, Outcome.UNKNOWN, last)
            )
    return found


def _transaction(
    kind: Kind, name: str, amount: int, of: str | None, outcome: Outcome, at: float
) -> Transaction:
    done = at if outcome is Outcome.OK else None
    return Transaction(kind, name, amount, "", "", of, outcome, at - 0.5, done, 1)
