"""Rollbacks: what did not stand is undone, by exactly its own amount, and once.

Story: bets and results are made and rolled back, alone, twice, spent in between, for the wrong player.
Invariant: a rollback puts the balance where it was before the transaction it names, whatever else the
rollback says. Limits: sequential requests only; rollbacks without an original are judged in another file.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.at_once import behind, each_holds, in_one_reading
from scenarios.cases.currencies import kept_apart, other_currencies
from scenarios.cases.kinds import WAGERS, Action, done
from scenarios.contract import Level, Observed
from scenarios.oracles.plain_faults import BET, BET_UNDONE, RESULT
from scenarios.run.judge import Judge, said
from scenarios.run.run import Run
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Transaction

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("RBK-01")
def test_of_a_bet_returns_it(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a bet returns exactly its amount, small or large, round or odd."""
    _undone(operator, judge, player, "RBK-01", BET)


@pytest.mark.rules("RBK-02")
def test_of_a_result_takes_it_back(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a result takes exactly its amount back, small or large, round or odd."""
    _undone(operator, judge, player, "RBK-02", RESULT)


def _undone(operator: Verbs, judge: Judge, player: Player, rule: str, kind: Action) -> None:
    def back(wager: Exchange, _: int) -> list[Exchange]:
        return [wager, operator.rollback(wager)]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.accepted(rule, sent[1], case=case)

    original = partial(done, kind, operator, player)
    chains = [
        behind(original, back, answers, units, f"a {kind} of {player.show(player.money(units))}", sound=True)
        for units in (500, 1, 1999, 15_000)
    ]
    unless = f"no {kind} moved its amount, so that it could be rolled back"
    each_holds(rule, judge, player, chains, unless=unless)


@pytest.mark.rules("RBK-03")
def test_of_a_result_already_spent(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a result that was bet already succeeds, and takes as much as at any other time."""
    for staked in (800, 500):
        tried = choices.spent_result(judge, operator, player, staked)
        case = f"{player.show(tried.stake.message.amount)} of it spent"
        judge.accepted("RBK-03", tried.rollback, case=case)
        meant = Decimal(0) if tried.rollback.ok else tried.win.message.amount
        if tried.returned.ok and (tried.left == meant or _all_come_back(operator, judge, player)):
            exchanges = [tried.win, tried.stake, tried.rollback, tried.returned]
            # An answer that says no, and money that moves all the same, is no choice.
            level = None if tried.rollback.ok else Level.MUST
            case += ", once the bet is rolled back, too"
            judge.was("RBK-03", player, tried.left, [meant], *exchanges, case=case, level=level)


def _all_come_back(operator: Verbs, judge: Judge, player: Player) -> bool:
    """Whether rollbacks of bets and of unspent results put the balance back, which other rules judge."""
    return all(_exact_back(operator, judge, player, kind) for kind in WAGERS)


def _exact_back(operator: Verbs, judge: Judge, player: Player, kind: Action) -> bool:
    judge.fund(player, 2000)
    original = operator.wager(kind, player, player.money(500))
    judge.measure(player)
    if player.off or not original.ok or not operator.rollback(original).ok:
        return False
    judge.measure(player)
    return not player.off


@pytest.mark.rules("RBK-07")
def test_once_more_under_a_new_id(operator: Verbs, player: Player, judge: Judge) -> None:
    """Further rollbacks of what was rolled back, is unknown or was refused, under new ids, move no money."""
    kinds = (*WAGERS, "refused bet", "unknown transaction")

    def rolled_back(units: int, what: str) -> Transaction | None:
        """The first rollback of ``what``, whatever it does; None where there is none, or none is taken of a wager."""
        first = _to_roll_back(operator, player, what, units, over=1000 * units)
        return None if first is None or (not operator.send(first).ok and what in WAGERS) else first

    def time_and_again(first: Transaction, units: int) -> list[Exchange]:
        return [
            operator.rollback(str(first.of), player, first.amount),
            operator.result(player, player.money(units)),
            operator.rollback(operator.bet(player, player.money(units))),
            *(operator.rollback(str(first.of), player, first.amount) for _ in range(2)),
        ]

    chains = [
        behind(
            partial(rolled_back, what=what),
            time_and_again,
            case=f"second to fourth rollback of a {what}",
            # A first rollback that pays for what was never done is another rule's matter.
            sound=what not in WAGERS,
        )
        for what in kinds
    ]
    each_holds("RBK-07", judge, player, chains, unless="nothing could be made that is rolled back twice")


def _to_roll_back(operator: Verbs, player: Player, what: str, units: int, *, over: int) -> Transaction | None:
    """The rollback of ``what``, of ``units``, which is made before; of ``over`` where it is a bet to be refused."""
    if what == "unknown transaction":
        return operator.undo(operator.new_id(), player, player.money(units))
    kind: Action = RESULT if what == RESULT else BET
    original = operator.wager(kind, player, player.money(units if what in WAGERS else over))
    return operator.undo(original) if original.ok == (what in WAGERS) else None


@pytest.mark.rules("RBK-09")
def test_with_another_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback that names more or less than the original returns no more than the original."""
    found = choices.other_amounts(judge, operator, player)
    judge.needs(found, "no bet or result was accepted that could be rolled back")
    for one in found:
        own, named = one.wager.message.amount, one.rollback.message.amount
        # A CLIENT that returns too much at any time is not blamed for it again.
        units = player.units(own)
        plain = (
            None if one.moved <= own else choices.rolled_with(judge, operator, player, one.kind, units, units)
        )
        most = own if plain is None else max(own, plain.moved)
        case = f"a {one.kind} of {player.show(own)} rolled back with {player.show(named)}"
        judge.holds(
            "RBK-09",
            one.moved <= most,
            expected=f"at most {player.show(most)} is moved back",
            seen=f"{player.show(one.moved)} was",
            exchanges=[one.wager, one.rollback],
            case=case,
            off=max(Decimal(0), one.moved - most),
            observed=Observed.MONEY,
        )
        used = {own: "the original's amount", named: "the rollback's amount", Decimal(0): "neither amount"}
        which = used.get(one.moved, "another amount")
        judge.note("RBK-09", f"{case}: {which} is used, {_answer(one.rollback)}")


def _answer(exchange: Exchange) -> str:
    return "accepted" if exchange.ok else said(exchange)


@pytest.mark.players(1, 2)
@pytest.mark.rules("RBK-10")
def test_for_another_player(operator: Verbs, player: Player, players: list[Player], judge: Judge) -> None:
    """A rollback that names another player's transaction moves neither player's money."""
    other = players[1] if len(players) > 1 else None

    def misnamed(original: Exchange, _: int) -> list[Exchange]:
        # With one player only, the other is one that the CLIENT never heard of.
        name = other if other is not None else operator.made_up_player()
        return [original, operator.rollback(original, name)]

    chains = [
        behind(
            partial(done, kind, operator, player),
            misnamed,
            case=f"a {kind} of {player}, rolled back for {other or 'an unknown player'}",
            sound=True,
        )
        for kind in WAGERS
    ]
    unless = "no bet or result was accepted that could be rolled back"
    each_holds("RBK-10", judge, player, chains, others=players[1:2], unless=unless)


@pytest.mark.rules("RBK-11")
def test_of_a_rollback(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a rollback, and that again, crashes nothing and never pays more than was taken."""
    before = judge.fund(player, 5000)
    bet = operator.bet(player, player.money(500))
    judge.needs(bet.ok, "the bet that was to be rolled back was refused")
    rollback = operator.rollback(bet)
    judge.needs(rollback.ok, "the rollback that was to be rolled back was refused")
    balance = judge.measure(player, before)
    _climb(operator, judge, player, [bet, rollback], balance, max(balance, before))


def _climb(
    operator: Verbs, judge: Judge, player: Player, chain: list[Exchange], balance: Decimal, most: Decimal
) -> None:
    """Roll back the last rollback of ``chain`` three times over; the balance may never be above ``most``."""
    for level in ("a rollback", "a rollback's rollback", "the rollback of that"):
        rollback = operator.rollback(chain[-1], label=f"rollback of {level}")
        chain.append(rollback)
        judge.holds(
            "RBK-11",
            not rollback.unknown,
            expected="an answer that says what was done",
            seen=said(rollback),
            exchanges=chain,
            case=f"rollback of {level}",
            level=Level.MUST,
        )
        after = judge.measure(player, balance)
        judge.holds(
            "RBK-11",
            after <= most,
            expected=f"at most {player.show(most)}, where the bet was never made",
            seen=f"balance {player.show(after)}",
            exchanges=chain,
            case=f"rollback of {level}",
            level=Level.MUST,
            off=max(Decimal(0), after - most),
            observed=Observed.MONEY,
        )
        moved = "moves nothing" if after == balance else f"moves {player.show(after - balance)}"
        judge.note("RBK-11", f"the rollback of {level} {moved}, {_answer(rollback)}")
        balance = after


@pytest.mark.rules("RBK-13")
def test_then_the_result(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result that arrives after its bet was rolled back is paid like any other."""

    def undone() -> None:
        judge.needs(done(BET_UNDONE, operator, player), "the bet, or its rollback, was refused")

    def paid(*, apart: bool) -> None:
        judge.fund(player, 2000)
        if apart:
            undone()
            judge.measure(player)
        amiss = player.off
        # Nothing is read in between, for that would be another bet.
        undone()
        results = [operator.result(player, player.money(units)) for units in (900, 125)]
        judge.accepted("RBK-13", *results, case="a result after the rollback")
        judge.settled("RBK-13", player, *results, case="results after the rollback", amiss=amiss, last=True)

    in_one_reading(judge, paid)


@pytest.mark.rules("RBK-15")
def test_in_another_currency(run: Run, operator: Verbs, player: Player, target: Target, judge: Judge) -> None:
    """A rollback in another currency than the original's moves no money, in neither currency."""
    currency = other_currencies(target, player)[0]
    abroad = kept_apart(run, judge, operator, player, currency)

    for here, there in ((player, abroad), (abroad, player)) if abroad is not None else ((player, None),):
        other = currency if here is player else player.currency

        def misnamed(original: Exchange, _: int, other: str = other) -> list[Exchange]:
            return [original, operator.rollback(original, currency=other)]

        chains = [
            behind(
                partial(done, kind, operator, here),
                misnamed,
                case=f"a {kind} in {here.currency} rolled back in {other}",
                sound=True,
            )
            for kind in WAGERS
        ]
        unless = "no bet or result was accepted that could be rolled back"
        each_holds("RBK-15", judge, here, chains, others=[there] if there is not None else [], unless=unless)
