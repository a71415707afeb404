"""Several transactions in one request: a round's bets and results come, and are answered, together.

Story: a game sends a whole round at once; a request is sent again, as it was, in parts, or with what came since.
Invariant: each transaction moves what it would move alone, once, whatever request it comes in; a request is done as a
whole or not at all. Limits: judged only in dialects in which a request may ask for several transactions; whether a
result covers a bet that stands behind it is left open.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from scenarios.cases.at_once import Chain, behind, each_holds
from scenarios.cases.kinds import Action
from scenarios.cases.raced import Race, raced, same_answers
from scenarios.oracles.plain_faults import BET, RESULT
from scenarios.run.judge import Judge, said
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Transaction

pytestmark = [pytest.mark.needs("probe"), pytest.mark.ability("several")]

# So many smallest units are more than any player is funded with.
_BEYOND = 1_000_000


def _round(operator: Verbs, player: Player, bet: int, result: int) -> Transaction:
    """A bet and its result in one request, of so many smallest units."""
    return operator.in_one_request(
        operator.transaction(BET, player, player.money(bet)),
        operator.transaction(RESULT, player, player.money(result)),
    )


@pytest.mark.rules("BET-01", "RES-01", "RBK-01", "RBK-02")
def test_each_of_a_request_is_done(operator: Verbs, player: Player, judge: Judge) -> None:
    """In one request a bet and its result, lost or won, and the rollbacks of two bets or results, are all done."""

    def lost(units: int) -> list[Exchange]:
        return [operator.send(_round(operator, player, 2 * units, 0))]

    def won(units: int) -> list[Exchange]:
        return [operator.send(_round(operator, player, 2 * units, units))]

    def two(units: int, kind: Action) -> Exchange | None:
        wagers = [operator.transaction(kind, player, player.money(each)) for each in (units, 2 * units)]
        sent = operator.send(operator.in_one_request(*wagers))
        return sent if sent.ok else None

    def undone(sent: Exchange, _: int) -> list[Exchange]:
        rollbacks = [operator.undo(each.id, player, each.amount) for each in sent.message.all]
        return [sent, operator.send(operator.in_one_request(*rollbacks))]

    rounds = {
        "BET-01": Chain(lost, case="a bet and its result of 0"),
        "RES-01": Chain(won, case="a bet and its result", base=lost),
        "RBK-01": behind(partial(two, kind=BET), undone, case="two bets"),
        "RBK-02": behind(partial(two, kind=RESULT), undone, case="two results"),
    }
    for rule, chain in rounds.items():

        def answers(sent: Sequence[Exchange], case: str, rule: str = rule) -> None:
            judge.accepted(rule, sent[-1], case=case)

        chain = replace(chain, answers=answers, case=f"{chain.case} in one request")
        each_holds(rule, judge, player, [chain])


@pytest.mark.rules("BET-03")
def test_nothing_of_a_refused_request_moves(operator: Verbs, player: Player, judge: Judge) -> None:
    """A request with a bet that is not covered is refused as a whole, whatever stands beside that bet."""

    def asked(wagers: Sequence[tuple[Action, int]], units: int) -> list[Exchange]:
        """A request of ``wagers``, each of so many smallest units and of ``units`` besides."""
        messages = [operator.transaction(kind, player, player.money(more + units)) for kind, more in wagers]
        return [operator.send(operator.in_one_request(*messages))]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.refused("BET-03", sent[0], case=case)

    requests: dict[str, tuple[tuple[Action, int], ...]] = {
        "a bet over the balance before a result": ((BET, _BEYOND), (RESULT, 0)),
        "a bet over the balance behind a result": ((RESULT, 0), (BET, _BEYOND)),
        "a bet over the balance behind one that is covered": ((BET, 0), (BET, _BEYOND)),
        "a bet that its own result alone would cover": ((BET, _BEYOND), (RESULT, _BEYOND)),
    }
    chains = [Chain(partial(asked, wagers), answers, case=case) for case, wagers in requests.items()]
    each_holds("BET-03", judge, player, chains)


@pytest.mark.rules("IDM-01")
def test_requests_that_share_transactions(operator: Verbs, player: Player, judge: Judge) -> None:
    """What comes again, in the same request, alone, or with what is new, is answered as then and moves nothing."""
    as_first = operator.channel.dialect.abilities.copies_as_first

    def again(units: int) -> list[Exchange]:
        first = operator.send(_round(operator, player, 2 * units, units))
        return [first, operator.again(first), operator.again(first)]

    def alone(units: int) -> list[Exchange]:
        first = _round(operator, player, 2 * units, units)
        return [operator.send(one) for one in (first, *first.all)]

    def joined(units: int) -> list[Exchange]:
        whole = _round(operator, player, 2 * units, units)
        return [operator.send(whole.all[0]), operator.send(whole)]

    def more(units: int) -> list[Exchange]:
        first = _round(operator, player, 2 * units, units)
        new = operator.transaction(RESULT, player, player.money(units))
        return [operator.send(first), operator.send(operator.in_one_request(*first.all, new))]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        first, *later = sent
        for one in later:
            fewer, all_ids = sorted((set(operator.client_ids(each)) for each in (first, one)), key=len)
            same = one.client_id == first.client_id if one.message == first.message else fewer <= all_ids
            judge.holds(
                "IDM-01",
                one.ok and (same or not as_first),
                expected=f"what was done before is answered as then: {said(first)}",
                seen=said(one),
                exchanges=[first, one],
                case=case,
            )

    chains = {
        "a bet and its result in one request, sent again": again,
        "a bet and its result in one request, then each alone": alone,
    }
    if as_first:
        # Where a copy is answered otherwise, no answer fits a request of which a part is one.
        chains["a bet, then in one request with its result"] = joined
        chains["a bet and its result in one request, then with a result more"] = more
    each_holds("IDM-01", judge, player, [Chain(send, answers, case=case) for case, send in chains.items()])


@pytest.mark.last
@pytest.mark.usefixtures("choices_learned")
@pytest.mark.rules("IDM-02")
def test_requests_at_once_that_share_transactions(
    operator: Verbs, player: Player, judge: Judge, effort: Effort
) -> None:
    """Copies at once of a bet and its result in one request, or of the bet alone beside them, have one effect."""

    def whole(units: int) -> list[Transaction]:
        return [_round(operator, player, units, 2 * units)] * effort.width

    def parted(units: int) -> list[Transaction]:
        together = _round(operator, player, units, 2 * units)
        return [together if place % 2 else together.all[0] for place in range(effort.width)]

    races = [
        Race("copies of a bet and its result in one request", whole, same_answers),
        Race("at once: a bet, alone and in one request with its result", parted),
    ]
    for _ in range(effort.races):
        raced("IDM-02", judge, operator, player, effort.width, races)
