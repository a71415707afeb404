"""Hostile ids: text that is harmless as long as nobody executes, prints or truncates it.

Story: ids come from outside, and end in SQL, logs, paths and object keys. Invariant: an id is compared and
stored, nothing else; it crashes nothing, shows nothing of the inside and reaches nobody else's money.
Limits: whether such an id is accepted is open; nothing that could delete data is sent, and the amounts are
the smallest.
"""

import re
from dataclasses import replace
from functools import partial

import pytest

from scenarios.cases.batch import ACTIONS, Batch
from scenarios.generated.families import ids
from scenarios.generated.families.family import Cases
from scenarios.operator.messages.forgeries import read_loosely
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.names import NO_ID
from simulators.wallet.transactions import Kind, Transaction

pytestmark = pytest.mark.needs("probe")

# Whole ids; they cannot be made unique, so an earlier run may have used them.
WHOLE = (NO_ID, "constructor")
# What only the inside of a CLIENT writes; none of it is in the ids above.
LEAKS = re.compile(
    "|".join(
        (
            r"Traceback \(most recent",
            r'File "[^"]+", line \d+',
            r"\bat [\w.$<>\[\] ]+ ?\(?[^\s()]*:\d+:\d+\)?",
            r"\bat [\w.$]+\([\w$]+\.\w+:\d+\)",
            r"#\d+ /\S+\(\d+\)",
            r"SQLSTATE",
            r"\bsqlite3?\.",
            r"\bpsycopg|\bsqlalchemy|\bPDOException",
            r"\bSELECT\b.{1,200}\bFROM\b",
            r"\bINSERT INTO\b|\bUPDATE\b.{1,100}\bSET\b",
            r"\bORA-\d{5}",
            r"error in your SQL syntax|syntax error at or near|: syntax error",
            r"unrecognized token|unterminated quoted string",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


def _harmless(judge: Judge, exchange: Exchange, ordinary: Exchange, case: str) -> None:
    """No crash and no leak. ``ordinary`` is how this CLIENT refuses; its usual status is no crash."""
    answer = exchange.answer
    usual = ordinary.answer.status if ordinary.answer is not None and ordinary.refused else 200
    judge.holds(
        "MSG-13",
        answer is not None and (answer.status < 500 or (exchange.refused and answer.status == usual)),
        expected="any answer but a crash",
        seen=said(exchange),
        exchanges=[exchange],
        case=case,
    )
    leak = LEAKS.search(answer.body.decode("utf-8", "replace")) if answer is not None else None
    judge.holds(
        "MSG-13",
        leak is None,
        expected="an answer that shows nothing of the inside",
        seen=f"{leak.group(0)[:120]!r} in the answer" if leak else "",
        exchanges=[exchange],
        case=f"{case}, leak",
    )


def _refusal(operator: Verbs, player: Player) -> Exchange:
    """How the CLIENT answers an id that is strange to it but not hostile."""
    return operator.bet(operator.made_up_player(), player.unit, currency=player.currency)


@pytest.mark.rules("MSG-13")
def test_hostile_transaction_ids(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """A bet, a result or a rollback under a hostile id crashes nothing, and moves what its answer says."""
    ordinary = _refusal(operator, player)
    batch = Batch("MSG-13", judge, operator, player)
    for hostile in cases(ids.hostile()):
        for action in ACTIONS:
            name = operator.new_id() + hostile.value
            case = f"{action}, transaction_id with {hostile.name}"
            then = partial(_harmless, judge, ordinary=ordinary, case=case)
            batch.wager(action, case, operator.send, then=then, optional=True, id=name)
    batch.settle()
    for name in WHOLE:
        bet = operator.bet(player, player.unit, id=name)
        _harmless(judge, bet, ordinary, f"transaction_id {name}")


@pytest.mark.rules("MSG-13")
def test_hostile_rollback_ids(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """A rollback of a hostile id crashes nothing and finds nothing to pay back."""
    balance = judge.fund(player, 5000)
    ordinary = _refusal(operator, player)
    # So that there is something that a wrong search could find.
    bet = operator.bet(player, player.money(100))
    before = balance - player.money(100)
    orphan = operator.rollback(operator.new_id(), player, player.unit)
    # Who cuts ids off finds the bet by any that is longer: that is IDM-08's, and done with here.
    operator.rollback(f"{bet.message.id}-{operator.new_id()}", player, player.unit)
    balance = judge.run.read(player, before).amount
    if balance != before:
        # It was the bet, the longer id, or such rollbacks pay.
        before = balance
        orphan = operator.rollback(operator.new_id(), player, player.unit)
        balance = judge.run.read(player, before).amount
    pays_orphans = balance != before
    tried = list(cases(ids.hostile()))
    names = [operator.new_id() + hostile.value for hostile in tried]
    names += [bet.message.id + injected.value for injected in cases(ids.sql())]
    sent = judge.together([partial(operator.rollback, name, player, player.unit) for name in names])
    for hostile, rollback in zip(tried, sent, strict=False):
        _harmless(judge, rollback, ordinary, f"rollback_transaction_id with {hostile.name}")
    if not pays_orphans:
        judge.balance("MSG-13", player, balance, orphan, *sent, case="hostile rollback_transaction_ids")
    # There may be bets of these ids, so that money may rightly come back.
    for name in WHOLE:
        rollback = operator.rollback(name, player, player.unit)
        _harmless(judge, rollback, ordinary, f"rollback_transaction_id {name}")


@pytest.mark.players(1, 2)
@pytest.mark.rules("MSG-13")
def test_hostile_user_ids(
    operator: Verbs, player: Player, players: list[Player], judge: Judge, cases: Cases
) -> None:
    """A wager of a hostile user id, at either endpoint, crashes nothing and moves nobody's money."""
    witnesses = {witness: judge.fund(witness, 1000) for witness in players[1:2]}
    ordinary = _refusal(operator, player)
    loosely = read_loosely("MSG-13", judge, operator, player)
    batch = Batch("MSG-13", judge, operator, player)
    for hostile in cases(ids.hostile()):
        users = {"nobody's id": operator.made_up_player(hostile.value)}
        if not loosely:
            users["a player's id"] = operator.other_spelling(player, player.id + hostile.value)
        for whose, user in users.items():
            for action in ACTIONS:
                case = f"{action}, user_id of {whose} and {hostile.name}"
                then = partial(_harmless, judge, ordinary=ordinary, case=case)
                batch.wager(action, case, partial(_for_user, operator, user), then=then)
    batch.settle()
    for witness, balance in witnesses.items():
        judge.balance("MSG-13", witness, balance, case=f"player {witness} after hostile user_ids")


def _for_user(operator: Verbs, user: str, message: Transaction) -> Exchange:
    """Send ``message`` in the name of ``user``; a rollback is then one of an unknown id."""
    unknown = operator.new_id() if message.kind is Kind.ROLLBACK else None
    return operator.send(replace(message, player=user, of=unknown))
