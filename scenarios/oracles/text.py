"""What the oracles say to people: amounts, stories, contradictions. Pure text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from scenarios.oracles.attempts import Record, from_units
from scenarios.oracles.search import Operation, Step
from simulators.exchanges.history import Status
from simulators.values import money
from simulators.wallet.transactions import Kind

# How many balances, and how many operations of a long history, are spelled out.
BALANCES_SHOWN = 4
STORY_LINES = 24
# Amounts of more digits than this are written as they are: decimals round at 28.
_WIDE = 20


@dataclass(frozen=True, slots=True)
class Money:
    """How integer units are written: ``decimals`` of them make a whole, the currency's code goes behind."""

    decimals: int = 2
    currency: str = ""

    def bare(self, units: int) -> str:
        """Write an amount without its currency ("10.50")."""
        return self.exact(from_units(units, self.decimals))

    def exact(self, amount: Decimal) -> str:
        """Write a decimal amount without its currency, with all the currency's decimals."""
        if not self.currency or amount.adjusted() > _WIDE:
            return f"{amount:f}"
        return money.figure(amount, self.currency)

    def full(self, units: int) -> str:
        """Write an amount with its currency ("10.50 EUR")."""
        return f"{self.bare(units)} {self.currency}".rstrip()

    def any_of(self, balances: Sequence[int]) -> str:
        """Write sorted balances as alternatives ("90.00 or 100.00 EUR"), long lists by their bounds."""
        if len(balances) > BALANCES_SHOWN:
            return f"one of {len(balances)} from {self.bare(balances[0])} to {self.full(balances[-1])}"
        *front, last = balances
        return (", ".join(map(self.bare, front)) + " or " if front else "") + self.full(last)


def amount_off(seen: Decimal, off: Decimal, currency: str) -> str:
    """Say what was ``seen``, and by how much it is ``off``."""
    by = money.show(abs(off), currency)
    return f"{money.show(seen, currency)}, {by} too {'much' if off > 0 else 'little'}"


def contradiction(kind: Kind, group: Iterable[Record], *, renamed: bool = False) -> str | None:
    """Say what answers to one id contradict each other at once, None where they do not.

    ``renamed`` says that copies have CLIENT ids of their own, as IDM-01 tells.
    """
    done = [record for record in group if record.outcome is Status.OK]
    for first, other in ((done[0], other) for other in done[1:]):
        if other.player != first.player:
            return two_players(kind, first.id, first.player, other.player)
        if (other.amount, other.of) != (first.amount, first.of):
            return (
                f"the {kind} {first.id} was answered ok under two different amounts or for two transactions"
            )
    answers = list(dict.fromkeys(record.client_id for record in done if record.client_id is not None))
    if len(answers) > 1 and not renamed:
        return (
            f"copies of the {kind} {done[0].id} were answered with different transaction_ids: "
            f"{answers[0]!r} and {answers[1]!r}"
        )
    return None


def two_players(kind: str, key: str, one: str, other: str) -> str:
    """Say that one id was answered ok for two players."""
    return f"the {kind} {key} was answered ok for two players: {one!r} and {other!r}"


def several_kinds(key: str, kinds: Sequence[Kind]) -> str:
    """Say that one id was sent as more than one kind and it is open which came first."""
    return f"the id {key} was sent as {' and as '.join(kinds)}, and which came first is open"


def several_amounts(kind: Kind, key: str) -> str:
    """Say that one id was sent with several amounts and it is open which counted."""
    return f"the {kind} {key} was sent with several amounts, and which of them counted is open"


def operation(op: Operation, amounts: Money) -> str:
    """Write one operation in a few words ("bet t-1 of 10.00 EUR: ok")."""
    amount = amounts.full(op.amount)
    end = "ok" if op.definite else "no answer"
    match op.step:
        case Step.BET:
            return f"bet {op.id} of {amount}: {end}"
        case Step.CREDIT:
            return f"result {op.id} of {amount}: {end}"
        case Step.REFUSED:
            return f"bet {op.id} of {amount}: refused"
        case Step.ROLLBACK:
            return f"rollback {op.id} of {op.subject} ({amount}): {end}"
        case Step.READ:
            return f"{op.id} is read: {amount}"
        case Step.ADJUST:
            return f"rollback {op.id} of a rollback ({amount}): may count or not"


def misfit(op: Operation, balances: Sequence[int], amounts: Money) -> str:
    """Say why ``op`` fits nowhere; ``balances`` are a sorted sample of those that the operations before it
    allow.
    """
    few = len(balances) <= BALANCES_SHOWN
    there = amounts.any_of(balances) if few else f"{amounts.full(balances[0])} and others"
    match op.step:
        case Step.READ:
            read = f"{op.id} is {amounts.full(op.amount)}"
            return f"{read}, but every order of the operations before it gives {there}"
        case Step.REFUSED:
            return (
                f"the bet {op.id} of {amounts.full(op.amount)} was refused although the balance was {there}"
            )
        case Step.BET:
            return (
                f"the bet {op.id} of {amounts.full(op.amount)} was accepted although the balance was {there}"
            )
        case _:
            return f"{operation(op, amounts)} fits nowhere; the balance before it was {there}"


def undecided(op: Operation, reached: int, total: int, steps: int, seconds: float) -> str:
    """Say how far a search came before its budget (``steps``, ``seconds``) was spent."""
    return (
        f"undecided after {steps} steps and {seconds:.1f} s: {reached} of {total} operations fit, "
        f"{op.step.name.lower()} {op.id} was reached; "
        "resolve unanswered requests by copies or a rollback, or allow more steps"
    )


def account(
    opening: int, prefix: Sequence[Operation], pending: Sequence[Operation], amounts: Money
) -> list[str]:
    """Tell the shortest part of a history that no order fits, numbered by return; a long one by its end."""
    lines = [f"the balance is {amounts.full(opening)} at first"]
    hidden = max(0, len(prefix) - STORY_LINES)
    if hidden:
        lines.append(f"   1..{hidden}. operations that fit")
    for number, op in enumerate(prefix[hidden:], hidden + 1):
        mark = "   <- fits in no order" if number == len(prefix) else ""
        lines.append(f"{number:4}. {_span(op)} {operation(op, amounts)}{mark}")
    if pending:
        lines.append("under way at that time, so they may or may not have happened before it:")
        lines += [f"      {_span(op)} {operation(op, amounts)}" for op in pending[:STORY_LINES]]
    if len(pending) > STORY_LINES:
        lines.append(f"      and {len(pending) - STORY_LINES} more")
    return lines


def _span(op: Operation) -> str:
    end = "..." if op.answered == inf else f"{op.answered:.4f}"
    return f"[{op.invoked:.4f}-{end} s]"
