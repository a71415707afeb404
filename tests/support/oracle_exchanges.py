"""Exchanges made by hand, for the tests of the oracles: what was sent, when, and how it ended."""

from decimal import Decimal

from simulators.exchanges.history import Answer, Direction, Exchange, Purpose, Request, Status
from simulators.wallet.transactions import Kind, Transaction

ANSWER = Answer(200, (), b"{}")


def bet(key, amount, *, player="p", currency="EUR"):
    return Transaction(Kind.BET, key, player, currency, Decimal(amount))


def result(key, amount, *, player="p", currency="EUR"):
    return Transaction(Kind.RESULT, key, player, currency, Decimal(amount))


def rollback(key, of, amount, *, player="p", currency="EUR"):
    return Transaction(Kind.ROLLBACK, key, player, currency, Decimal(amount), of)


def exchange(message, outcome, invoked, answered=None, *, number=0, genuine=True, client_id=None):
    """An exchange that carried ``message``; without an outcome there is no answer either."""
    known = outcome is not Status.UNKNOWN
    return Exchange(
        number=number,
        provider="operator",
        label=message.kind,
        purpose=Purpose.SCENARIO,
        direction=Direction.TO_CLIENT,
        request=Request("POST", "http://127.0.0.1/transaction"),
        started=0.0,
        invoked=invoked,
        message=message,
        genuine=genuine,
        answered=(invoked if answered is None else answered) if known else None,
        answer=ANSWER if known else None,
        status=outcome,
        client_id=client_id,
    )


def in_turn(*steps):
    """One exchange after the other; a step is (message, outcome) or (message, outcome, genuine)."""
    return [
        exchange(message, outcome, 2.0 * n, 2.0 * n + 1, number=n, genuine=genuine[0] if genuine else True)
        for n, (message, outcome, *genuine) in enumerate(steps)
    ]
