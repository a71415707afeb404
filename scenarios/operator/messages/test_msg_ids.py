"""Hostile ids: text that is harmless as long as nobody executes, prints or truncates it.

Story: ids come from outside, and end in SQL, logs, paths and object keys. Invariant: an id is compared and
stored, nothing else; it crashes nothing, shows nothing of the inside and reaches nobody else's money.
Limits: whether such an id is accepted is open; nothing that could delete data is sent, and the amounts are
the smallest.
"""

import re
from decimal import Decimal

import pytest

from scenarios.run.judge import Judge, said
from scenarios.run.run import Run
from scenarios.wallet.batch import STEP, look
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.names import NO_ID

pytestmark = pytest.mark.needs("probe")

# What is put behind an ordinary id, or behind a player's.
ENDINGS = {
    "SQL that is always true": "' OR '1'='1",
    "SQL after a semicolon": "'; SELECT 1; --",
    "SQL in double quotes": '" OR ""="',
    "NUL": "\0",
    "quotes": "'\"`\\",
    "10 kB": "x" * 10_000,
    "emoji": "\N{SLOT MACHINE}\N{FAMILY}",
    "right-to-left marks": "\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT MARK}",
}
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
        expected="an answer that tells nothing of the inside",
        seen=f"{leak.group(0)[:120]!r} in the answer" if leak else "",
        exchanges=[exchange],
        case=f"{case}, leak",
    )


def _refusal(operator: Verbs, player: Player) -> Exchange:
    """How the CLIENT answers an id that is strange to it but not hostile."""
    return operator.bet(operator.made_up_player(), player.unit, currency=player.currency)


@pytest.mark.rules("MSG-13")
def test_hostile_transaction_ids(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet under a hostile id crashes nothing; where it is accepted, it takes its amount."""
    balance = judge.fund(player, 10_000)
    ordinary = _refusal(operator, player)
    sent: list[Exchange] = []
    for index, (name, ending) in enumerate(ENDINGS.items()):
        case = f"transaction_id with {name}"
        bet = operator.bet(player, player.money(STEP * 2**index), id=operator.new_id() + ending)
        _harmless(judge, bet, ordinary, case)
        if bet.unknown:
            balance = look(judge, player, balance)
        elif bet.ok:
            balance -= bet.message.amount
        sent.append(bet)
    balance = judge.balance("MSG-13", player, balance, *sent, case="hostile transaction_ids")
    for name in WHOLE:
        bet = operator.bet(player, player.unit, id=name)
        _harmless(judge, bet, ordinary, f"transaction_id {name}")


@pytest.mark.rules("MSG-13")
def test_hostile_rollback_ids(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback of a hostile id crashes nothing and finds nothing to pay back."""
    balance = judge.fund(player, 5000)
    ordinary = _refusal(operator, player)
    # So that there is something that a wrong search could find.
    operator.bet(player, player.money(100))
    before = look(judge, player, balance - player.money(100))
    orphan = operator.rollback(operator.new_id(), player, player.unit)
    balance = look(judge, player, before)
    pays_orphans = balance != before
    sent = [orphan]
    for name, ending in ENDINGS.items():
        rollback = operator.rollback(operator.new_id() + ending, player, player.unit)
        _harmless(judge, rollback, ordinary, f"rollback_transaction_id with {name}")
        sent.append(rollback)
    if not pays_orphans:
        judge.balance("MSG-13", player, balance, *sent, case="hostile rollback_transaction_ids")
    # There may be bets of these ids, so that money may rightly come back.
    for name in WHOLE:
        rollback = operator.rollback(name, player, player.unit)
        _harmless(judge, rollback, ordinary, f"rollback_transaction_id {name}")


@pytest.mark.rules("MSG-13")
def test_hostile_user_ids(operator: Verbs, player: Player, judge: Judge, run: Run) -> None:
    """A wager of a hostile user id crashes nothing and moves nobody's money."""
    witnesses: dict[Player, Decimal] = {}
    for witness in run.players[:2]:
        witnesses[witness] = judge.fund(witness, 1000)
    ordinary = _refusal(operator, player)
    names = {name: operator.made_up_player(ending) for name, ending in ENDINGS.items()}
    names |= {NO_ID: NO_ID}
    names |= {
        f"a player's id and {name}": operator.other_spelling(player, player.id + ending)
        for name, ending in ENDINGS.items()
    }
    for name, user in names.items():
        case = f"user_id with {name}"
        sent = []
        for send, units in ((operator.result, 1), (operator.bet, 2)):
            sent.append(send(user, player.money(units), currency=player.currency))
            _harmless(judge, sent[-1], ordinary, case)
        witnesses[player] = judge.balance("MSG-13", player, witnesses[player], *sent, case=case)
    for witness, balance in witnesses.items():
        if witness is not player:
            judge.balance("MSG-13", witness, balance, case=f"player {witness} after hostile user_ids")
