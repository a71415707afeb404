"""Ids: the provider's ``transaction_id`` alone, exactly as it is written, says which transaction is meant.

Story: an id comes back with another amount, another action or for another player; and two ids differ by a
hair. Invariant: one id has one effect, two ids have two. Limits: what such a request is answered is left
open; a CLIENT that refuses ids with blanks or accents altogether is not blamed for it here.
"""

import uuid
from dataclasses import replace
from typing import Literal

import pytest

from scenarios.run.judge import Judge
from scenarios.wallet.kinds import BET, BET_UNDONE, KINDS, RESULT, UNITS, Action, done, send, usual
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")

# The transaction whose id comes back, and the action under which it does.
_OTHER_ACTIONS: tuple[tuple[str, Action | Literal["rollback"]], ...] = (
    (BET, "result"),
    (BET, "rollback"),
    (RESULT, "bet"),
    (RESULT, "rollback"),
    (BET_UNDONE, "bet"),
    (BET_UNDONE, "result"),
)

# Two endings of ids that some comparison or other takes for the same.
_TWINS = (
    ("letter case", "-abc", "-ABC"),
    ("a blank at the end", "-abc", "-abc "),
    ("a combining accent", "-abc", "-abc\u0301"),
    ("an accent composed and decomposed", "-caf\u00e9", "-cafe\u0301"),
)


@pytest.mark.rules("IDM-05")
def test_with_another_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """An id that comes back with more or less money has no second effect."""
    judge.fund(player, 9000)
    tried = 0
    for kind in KINDS:
        amiss = usual(kind, operator, judge, player)
        if amiss is None:
            continue
        for name, units in (("more", UNITS[kind] * 2), ("less", UNITS[kind] - 100)):
            first = done(kind, operator, player)
            if first is None:
                continue
            tried += 1
            message = replace(first.message, amount=player.money(units))
            second = operator.send(message, label=f"{kind}, same id, {name}")
            case = f"{kind}, then {name} under its id"
            judge.settled("IDM-05", player, first, second, case=case, amiss=amiss)
    judge.needs(tried, "no bet, result or rollback was accepted whose id could come back")


@pytest.mark.rules("IDM-06")
def test_under_another_action(operator: Verbs, player: Player, judge: Judge) -> None:
    """An id that comes back under another action has no second effect."""
    judge.fund(player, 9000)
    tried = 0
    for kind, action in _OTHER_ACTIONS:
        amiss = usual(kind, operator, judge, player)
        stake = operator.bet(player, player.money(UNITS[kind]))
        judge.measure(player)
        first = done(kind, operator, player) if amiss is not None and stake.ok else None
        if amiss is None or first is None:
            continue
        tried += 1
        second = _under(first, action, operator, player, stake)
        case = f"{kind}, then a {action} under its id"
        judge.settled("IDM-06", player, first, second, case=case, amiss=amiss)
    judge.needs(tried, "no bet, result or rollback was accepted whose id could come back")


def _under(
    first: Exchange, action: Action | Literal["rollback"], operator: Verbs, player: Player, stake: Exchange
) -> Exchange:
    """Send a bet, a result, or the rollback of ``stake``, with id and amount of ``first``."""
    taken, amount, kind = first.message.id, first.message.amount, f"{action}, same id"
    if action == "rollback":
        return operator.rollback(stake, id=taken, label=kind)
    return operator.send(operator.transaction(action, player, amount, id=taken), label=kind)


@pytest.mark.rules("IDM-07")
def test_for_another_player(operator: Verbs, player: Player, another_player: Player, judge: Judge) -> None:
    """An id that comes back for another player has no second effect, on neither of them."""
    judge.fund(player, 5000)
    judge.fund(another_player, 5000)
    tried = 0
    for kind in (BET, RESULT, BET_UNDONE):
        amiss = usual(kind, operator, judge, player)
        stake = operator.bet(another_player, another_player.money(UNITS[kind]))
        judge.measure(another_player)
        first = done(kind, operator, player) if amiss is not None and stake.ok else None
        if amiss is None or first is None:
            continue
        tried += 1
        second = _under(first, first.message.kind, operator, another_player, stake)
        judge.settled("IDM-07", another_player, first, second, case=f"{kind}, the other player")
        judge.settled("IDM-07", player, first, second, case=f"{kind}, the first player", amiss=amiss)
    judge.needs(tried, "no bet, result or rollback was accepted whose id could come back")


@pytest.mark.rules("IDM-08")
def test_that_differ_by_a_hair(operator: Verbs, player: Player, judge: Judge) -> None:
    """Ids that differ in case, a blank or an accent only are different transactions, each with its effect."""
    judge.fund(player, 20_000)
    taken = _endings_taken(operator, judge, player)
    tried = 0
    for kind in KINDS:
        amiss = usual(kind, operator, judge, player)
        if amiss is None:
            continue
        for name, ending, twin in _TWINS:
            if not {ending, twin} <= taken:
                continue
            stem = str(uuid.uuid4())
            first = done(kind, operator, player, own_id=stem + ending)
            second = send(kind, operator, player, own_id=stem + twin)
            if first is None or second is None:
                continue
            tried += 1
            judge.settled("IDM-08", player, first, second, case=f"{kind}, {name}", amiss=amiss * 2)
    judge.needs(tried, "no bet, result or rollback was accepted under the ids to compare")
    left_out = [name for name, ending, twin in _TWINS if not {ending, twin} <= taken]
    if left_out:
        judge.note("IDM-08", f"not compared, as such ids are refused at any time: {', '.join(left_out)}")


def _endings_taken(operator: Verbs, judge: Judge, player: Player) -> set[str]:
    """Which endings of ids are taken at all, where nothing like them came before."""
    endings = dict.fromkeys(ending for _, *pair in _TWINS for ending in pair)
    amount = player.money(UNITS[RESULT])
    taken = {
        ending for ending in endings if operator.result(player, amount, id=str(uuid.uuid4()) + ending).ok
    }
    judge.measure(player)
    return taken
