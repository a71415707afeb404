"""The channel's three methods and the policy of sending again, against a real HTTP server."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.exchanges.history import Status, header
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.dialect import Sportsbook
from simulators.operator.lifecycle import SlipState
from simulators.operator.simulator import Agreement, OperatorSimulator, Session
from simulators.operator.world import Slip
from simulators.wallet.codec import Style
from simulators.wallet.names import Names, NamesStrangerError
from simulators.wallet.transactions import Kind, Transaction
from simulators.webhooks.retry_queue import Schedule
from tests.simulators.operator.tiny_client import SECRET, channel
from tests.support.clock import Clock


def bet(number: int = 1, amount: str = "10.50") -> Transaction:
    return Transaction(Kind.BET, f"t-{number}", "p-1", "EUR", Decimal(amount))


def result(number: int = 2) -> Transaction:
    return Transaction(Kind.RESULT, f"t-{number}", "p-1", "EUR", Decimal(0))


def hash_of(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_send_signs_the_bytes_that_arrive() -> None:
    with channel() as (client, operator):
        exchange = operator.send(bet())
    path, headers, body = client.seen[0]
    assert path == "/operator/transaction"
    expected = b'{"transaction_id":"t-1","action":"bet","user_id":"p-1","currency":"EUR","amount":10.5}'
    assert body == expected
    assert headers["X-Security-Hash"] == hash_of(body)
    assert headers["Content-Type"] == "application/json"
    assert (exchange.title, exchange.status, exchange.client_id) == ("bet", Status.OK, "c-1")
    assert exchange.message == bet()
    assert exchange.genuine


def test_send_in_another_style_and_with_amounts_as_strings() -> None:
    with channel() as (client, operator):
        operator.dialect = Sportsbook("string")
        exchange = operator.send(bet(), style=Style(spaces=True), label="bet with spaces")
    assert b'\n  "amount" : "10.5"\n' in client.bodies[0]
    assert client.seen[0][1]["X-Security-Hash"] == hash_of(client.bodies[0])
    assert exchange.title == "bet with spaces"


def test_rollback_has_its_own_path() -> None:
    message = Transaction(Kind.ROLLBACK, "t-2", "p", "EUR", Decimal(1), of="t-1")
    with channel() as (client, operator):
        assert operator.send(message).label == "rollback"
    assert client.seen[0][0] == "/operator/transaction-rollback"


def test_request_is_built_and_signed_but_not_sent() -> None:
    with channel() as (client, operator):
        request = operator.request(bet())
        assert client.seen == []
        assert len(operator.route.history) == 0
    assert header(request.headers, "x-security-hash") == hash_of(request.body)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"X-Security-Hash": hash_of(b"{}"), "Content-Type": "application/json"}),
        ({"headers": {"X-Security-Hash": None}}, {"X-Security-Hash": None}),
        ({"headers": {"X-Security-Hash": ""}}, {"X-Security-Hash": ""}),
        ({"headers": {"X-Security-Hash": "abc"}}, {"X-Security-Hash": "abc"}),
        ({"headers": {"x-sEcUrity-hash": "abc"}}, {"x-sEcUrity-hash": "abc", "X-Security-Hash": None}),
        ({"headers": {"content-type": "text/plain"}}, {"content-type": "text/plain", "Content-Type": None}),
        ({"headers": {"Content-Type": None}}, {"Content-Type": None}),
        ({"headers": {"X-Extra": "1"}}, {"X-Extra": "1", "Content-Type": "application/json"}),
    ],
)
def test_raw_headers(change: dict[str, object], expected: dict[str, str | None]) -> None:
    with channel() as (client, operator):
        exchange = operator.send_raw(b"{}", path="/transaction", label="forged bet", **change)  # type: ignore[arg-type]
    _, headers, body = client.seen[0]
    assert body == b"{}"
    assert {name: headers.get(name) for name in expected} == expected
    assert not exchange.genuine
    assert exchange.title == "forged bet"


def test_raw_with_another_method() -> None:
    with channel() as (_, operator):
        exchange = operator.send_raw(b"{}", path="/transaction", method="PUT", label="PUT of a bet")
        assert exchange.request.method == "PUT"
        assert exchange.ok


def test_again_is_the_same_bytes_and_names_the_first() -> None:
    with channel() as (client, operator):
        first = operator.send(bet(), style=Style(spaces=True))
        second = operator.again(first)
        third = operator.again(second)
    assert client.seen[0][2] == client.seen[1][2] == client.seen[2][2]
    assert first.request == second.request == third.request
    assert (second.title, second.copy_of, third.title, third.copy_of) == ("copy of bet", 0, "copy of bet", 0)
    assert third.message == bet()


def test_repr_keeps_the_secret() -> None:
    with channel() as (_, operator):
        assert SECRET not in repr(operator)


# -- the policy


def until_idle(queue: Callbacks, clock: Clock) -> list[float]:
    """Let all the time pass that the queue asks for; return the pauses."""
    pauses = []
    while (pause := queue.work()) is not None:
        pauses.append(pause)
        clock.now += pause
    return pauses


def numbered() -> Callable[[], str]:
    count = itertools.count(100)
    return lambda: f"t-{next(count)}"


def queue_for(operator: Operator, window: float) -> tuple[Callbacks, Clock]:
    """A queue with pauses of 1, 2, 4 .. seconds, as long as they end in ``window``."""
    clock = Clock()
    return Callbacks(operator, Schedule(window=window), clock=clock), clock


def deliver(queue: Callbacks, message: Transaction) -> None:
    queue.send(queue.claim([message]))


def placed(operator: Operator, window: float) -> tuple[Slip, list[float]]:
    """A bet slip of 10.50, once all is delivered that follows from it; the pauses."""
    queue, clock = queue_for(operator, window)
    simulator = OperatorSimulator(Agreement("client", "pass-word"), queue, new_id=numbered())
    session = Session("p-1", "EUR", None, "", 0.0, "key", "token")
    slip = simulator.place(session, Decimal("10.50"), list(simulator.catalogue.selections)[:1])
    return slip, until_idle(queue, clock)


def test_an_answered_bet_is_sent_once() -> None:
    with channel("broke") as (client, operator):
        slip, pauses = placed(operator, 3)
    assert (slip.state, pauses) == (SlipState.REFUSED, [])
    assert len(client.seen) == 1


@pytest.mark.parametrize("word", ["drop", "crash"])
def test_an_unanswered_bet_is_rolled_back_and_never_sent_again(word: str) -> None:
    with channel(word) as (client, operator):
        slip, pauses = placed(operator, 3)
    assert (slip.state, pauses) == (SlipState.UNANSWERED, [])
    assert [path for path, _, _ in client.seen] == ["/operator/transaction", "/operator/transaction-rollback"]
    bet, rollback = map(json.loads, client.bodies)
    assert rollback["rollback_transaction_id"] == bet["transaction_id"]
    assert rollback["transaction_id"] != bet["transaction_id"]
    assert rollback["amount"] == 10.5


def test_the_rollback_itself_is_sent_again() -> None:
    with channel("drop", "drop", "crash") as (client, operator):
        assert placed(operator, 7)[1] == [1, 2]
    assert len(client.seen) == 4
    assert len(set(client.bodies[1:])) == 1


def test_what_is_claimed_is_sent_though_another_could_not_be() -> None:
    with channel() as (client, operator):
        queue, clock = queue_for(operator, 7)
        stranger = Transaction(Kind.RESULT, "t-1", "p-2", "EUR", Decimal(1))
        operator.names = Names(["p-1"])
        claimed = queue.claim([stranger, result()])
        with pytest.raises(NamesStrangerError):
            queue.send(claimed)
        assert [each.event for each in queue.given_up] == [stranger]
        assert until_idle(queue, clock) == []
    assert [json.loads(body)["transaction_id"] for body in client.bodies] == ["t-2"]


@given(st.lists(st.sampled_from(["ok", "drop", "crash", "broke"]), max_size=6))
def test_attempts_follow_from_the_answers(script: list[str]) -> None:
    with channel(*script) as (client, operator):
        queue, clock = queue_for(operator, 7)
        deliver(queue, result())
        until_idle(queue, clock)
        seen = len(client.seen)
    answers = [*script, "ok"]
    answered = next(index for index, word in enumerate(answers) if word in ("ok", "broke"))
    assert seen == min(answered + 1, 4)
    assert len(queue.given_up) == (1 if answered >= 4 else 0)


def test_stop_keeps_what_waits() -> None:
    with channel("drop") as (_, operator):
        queue = Callbacks(operator, Schedule(3600, window=7200))
        queue.start()
        deliver(queue, result())
        queue.stop()
    assert [pending.event for pending in queue.pending] == [result()]
