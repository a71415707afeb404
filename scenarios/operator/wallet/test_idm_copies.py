"""Copies: a transaction that was handled is never handled again, however its copy is sent.

Story: an answer is lost, so the OPERATOR sends the request again: at once, after other traffic, in other
bytes. Invariant: bets, results and rollbacks have one effect each, and a copy gets the first answer. Limits:
sequential requests with answers; races, lost answers and restarts are judged elsewhere.
"""

import time
from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.kinds import KINDS, done, usual
from scenarios.run.effort import Effort
from scenarios.run.judge import Judge, Undecided
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("IDM-01")
def test_sent_again(operator: Verbs, player: Player, judge: Judge) -> None:
    """The same request sent again, twice: balance unchanged, error null, the CLIENT id of the first time."""
    judge.fund(player, 5000)
    tried, seen = 0, list[Exchange]()
    for kind in KINDS:
        amiss = usual(kind, operator, judge, player)
        first = None if amiss is None else done(kind, operator, player)
        if amiss is None or first is None:
            continue
        tried += 1
        copies = [operator.again(first), operator.again(first)]
        seen += copies
        for copy in copies:
            judge.same_client_id("IDM-01", first, copy, case=kind)
        judge.settled("IDM-01", player, first, *copies, case=kind, amiss=amiss)
    choices.learn_copies(judge, seen)
    judge.needs(tried, "no bet, result or rollback was accepted that could be sent again")


@pytest.mark.rules("IDM-04")
def test_after_many_others_and_a_pause(
    operator: Verbs, player: Player, players: list[Player], judge: Judge, effort: Effort
) -> None:
    """Copies that come after a crowd of other transactions and a pause have no effect of their own."""
    judge.fund(player, 5000)
    firsts = [(kind, first) for kind in KINDS if (first := done(kind, operator, player))]
    judge.needs(firsts, "no bet, result or rollback was accepted that could be sent again")
    # How a copy is answered at once is IDM-01's matter; here it must not be answered otherwise later.
    recognised = {first.number: _same_answer(first, operator.again(first)) for _, first in firsts}
    _crowd(operator, judge, player, players, effort.crowd)
    time.sleep(effort.pause)
    judge.measure(player)
    between = f"after {effort.crowd} other transactions and {effort.pause:g} s"
    for kind, first in firsts:
        late = operator.again(first)
        if recognised[first.number]:
            judge.same_client_id("IDM-04", first, late, case=f"{kind}, {between}")
        judge.settled("IDM-04", player, first, late, case=f"{kind}, {between}")


def _same_answer(first: Exchange, copy: Exchange) -> bool:
    return copy.ok and copy.client_id == first.client_id


def _crowd(operator: Verbs, judge: Judge, player: Player, players: list[Player], size: int) -> None:
    """Send ``size`` small results, spread over all players."""
    crowd = [player]
    for other in players:
        if other is not player:
            try:
                judge.fund(other, 0)
                crowd.append(other)
            except Undecided:
                continue
    chosen = [(crowd[number % len(crowd)], number // len(crowd) % 2) for number in range(size)]
    judge.together(
        [partial(operator.result, one, one.money(units), label="result (crowd)") for one, units in chosen]
    )


@pytest.mark.rules("IDM-09")
def test_in_other_bytes(operator: Verbs, player: Player, judge: Judge) -> None:
    """The same transaction with its fields in another order, or spaced, is the same transaction."""
    judge.fund(player, 9000)
    tried = refused = 0
    for kind in KINDS:
        amiss = usual(kind, operator, judge, player)
        if amiss is None:
            continue
        plain = done(kind, operator, player)
        recognised = plain is not None and _same_answer(plain, operator.again(plain))
        judge.measure(player)
        for name, style in operator.channel.dialect.other_bytes.items():
            first = done(kind, operator, player)
            if first is None:
                continue
            tried += 1
            copy = operator.send(first.message, style=style, label=f"{kind} in other bytes")
            # A CLIENT that hashes re-serialised JSON refuses the copy as forged, which SIG-04 is about.
            refused += copy.refused
            if recognised and copy.ok:
                judge.same_client_id("IDM-09", first, copy, case=f"{kind}, {name}")
            judge.settled("IDM-09", player, first, copy, case=f"{kind}, {name}", amiss=amiss)
    judge.needs(tried, "no bet, result or rollback was accepted that could be sent again")
    if refused:
        judge.note("IDM-09", f"{refused} of {tried} copies in other bytes were refused, without effect")
