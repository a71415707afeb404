"""What a ledger comes to: whether a balance is one that a player may have, and what explains it where it is not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from loadtests.audit.outcome.verdict import WorkerResult, WrongBalance
from loadtests.traffic.journal import Settled
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import UNKNOWN, Operation
from scenarios.oracles.acceptable import of_records
from scenarios.oracles.attempts import Record, from_units
from scenarios.oracles.subset_sums import Sums
from scenarios.oracles.text import Money
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
        opening = from_units(ledger.opening(player) or 0, ledger.decimals)
        records = [*_past(settled), *_open(unsure)]
        own = (replace(each, player=name, currency=ledger.currency) for each in records)
        found = of_records(own, name, opening, ledger.currency, ledger.decimals)
        # The two sums are independent of each other; where they differ the journal is not complete.
        if found.sums.lowest == sums.lowest and found.sums.highest == sums.highest:
            why = found.explain(from_units(seen, ledger.decimals))
    return WrongBalance(name, by, why or plain_words(ledger, sums, seen, by), named[:_NAMED])


def sum_up(ledger: Ledger, result: WorkerResult) -> None:
    """Add to ``result`` what ``ledger`` counted, and the answers that broke the contract whatever the balances are."""
    result.transactions = ledger.transactions
    for rule, count in ledger.breach_count.items():
        result.breach_count[rule] = result.breach_count.get(rule, 0) + count
    result.breaches += ledger.breaches
    journal = ledger.journal
    result.ids, result.kept, result.settled = journal.ids, journal.kept, journal.settled


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


def _past(settled: Sequence[Settled]) -> Iterator[Record]:
    """What was settled; their order stands for time. The last word on an id counts (a copy may be accepted)."""
    latest = {one.transaction_id: one for one in settled}
    # A bet that names a rollback came after it: until then nothing said what that rollback was of.
    orphans = {
        one.of: one.transaction_id for one in latest.values() if one.kind is not Kind.ROLLBACK and one.of
    }
    for one in latest.values():
        of = (one.of or orphans.get(one.transaction_id, "")) if one.kind is Kind.ROLLBACK else None
        at = float(one.sequence)
        yield Record(one.kind, one.transaction_id, one.amount, at, at, one.outcome, of)


def _open(unsure: Sequence[Operation]) -> Iterator[Record]:
    """What has no answer. A bet or result that was answered, and only its rollback was not, is in the journal."""
    last = float("inf")
    for op in unsure:
        if op.outcome is UNKNOWN:
            yield Record(op.kind, op.transaction_id, op.amount, last, None, UNKNOWN)
        if op.undoing:
            undo = f"rollback of {op.transaction_id}"
            yield Record(Kind.ROLLBACK, undo, op.amount, last, None, UNKNOWN, op.transaction_id)
