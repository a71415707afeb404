"""Copies: a transaction that was handled is never handled again, however its copy is sent.

Story: an answer is lost, so the OPERATOR sends the request again: at once, after other traffic, in other
bytes. Invariant: bets, results and rollbacks have one effect each, and a copy gets the first answer. Limits:
sequential requests with answers; races, lost answers and restarts are judged elsewhere.
"""

import time
from collections.abc import Sequence
from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.at_once import Chain, all_hold, behind, each_holds
from scenarios.cases.batch import FUNDS, STEP, late_copies
from scenarios.cases.kinds import KINDS, answered_alike, done, sent_again, usual
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.codec import Style

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("IDM-01")
def test_sent_again(operator: Verbs, player: Player, judge: Judge) -> None:
    """The same request sent again, twice: balance unchanged, accepted, the CLIENT id of the first time."""

    seen: list[tuple[Exchange, Exchange]] = []

    def twice(first: Exchange, _: int) -> list[Exchange]:
        return [first, operator.again(first), operator.again(first)]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        for copy in sent[1:]:
            seen.append((sent[0], copy))
            judge.same_client_id("IDM-01", sent[0], copy, case=case)

    chains = [behind(partial(done, kind, operator, player), twice, answers, case=kind) for kind in KINDS]
    unless = "no bet, result or rollback was accepted that could be sent again"
    each_holds("IDM-01", judge, player, chains, unless=unless)
    choices.learn_copies(judge, seen)


@pytest.mark.players(1, 2)
@pytest.mark.rules("IDM-04")
def test_after_many_others_and_a_pause(
    operator: Verbs, player: Player, players: list[Player], judge: Judge, effort: Effort
) -> None:
    """Copies that come after a crowd of other transactions and a pause have no effect of their own."""
    judge.fund(player, FUNDS, covered=True)
    firsts = sent_again(operator, judge, player, STEP)
    _crowd(operator, judge, player, players, effort.crowd)
    time.sleep(effort.pause)
    judge.measure(player)
    between = f"after {effort.crowd} other transactions and {effort.pause:g} s"
    late_copies("IDM-04", operator, judge, player, between, firsts, last=True)


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
    tried = refused = 0

    def respelled(units: int, kind: str, style: Style) -> list[Exchange] | None:
        first = done(kind, operator, player, units)
        return (
            None
            if first is None
            else [first, operator.send(first.message, style=style, label=f"{kind} in other bytes")]
        )

    def answers(sent: Sequence[Exchange], _case: str) -> None:
        judge.same_client_id("IDM-09", *sent)

    styles = operator.channel.dialect.other_bytes
    chains = [
        Chain(partial(respelled, kind=kind, style=style), answers)
        for kind in KINDS
        for style in styles.values()
    ]
    if all_hold("IDM-09", judge, player, chains):
        return
    judge.fund(player, 9000)
    for kind in KINDS:
        amiss = usual(kind, operator, judge, player)
        if amiss is None:
            continue
        plain = done(kind, operator, player)
        recognised = plain is not None and answered_alike(plain, operator.again(plain))
        judge.measure(player)
        for name, style in styles.items():
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
