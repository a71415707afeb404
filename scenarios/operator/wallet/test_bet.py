"""Bets: what is staked leaves the balance, exactly, once and only if it is there.

Story: a player stakes small and large, odd and round amounts, all there is, and more than there is.
Invariant: an accepted bet of A lowers the balance by A, a refused one does nothing. Limits: sequential
requests only.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.at_once import Chain, each_holds, in_one_reading
from scenarios.cases.currencies import kept_apart, other_currencies
from scenarios.cases.kinds import Action
from scenarios.cases.plain_transactions import each_amount_moves
from scenarios.contract import Level
from scenarios.generated.families import ids
from scenarios.generated.families.family import Cases
from scenarios.oracles.plain_faults import BET, RESULT
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge, said
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("BET-01")
def test_takes_exactly_its_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet withdraws exactly its amount, small or large, round or odd."""
    each_amount_moves("BET-01", operator, judge, player, BET, funds=200_000)


def reported(run: Run, player: Player, balance: Decimal) -> Decimal:
    """What the driver says of a balance that is ``balance`` to wagers, or else what follows from the opening balance.

    A CLIENT that always keeps a unit back, or always lends one, merely looks poorer or richer to wagers.
    """
    if run.driver.has("balance"):
        return run.driver.balance(player.id)
    return balance - _beyond(run, player)


def _beyond(run: Run, player: Player) -> Decimal:
    """How much more than there is can be bet. Raises Undecided where that is more than one unit."""
    beyond = run.beyond(player) or Decimal(0)
    if abs(beyond) > player.unit:
        found = player.owned or Decimal(0)
        raise Undecided(
            f"opening in [players] says that {player} owned {player.show(found - beyond)}, and wagers found "
            f"{player.show(found)}: correct it, or see whether the CLIENT lends or holds back that much"
        )
    return beyond


def _tell_how_exactly(run: Run, player: Player, judge: Judge, rule: str) -> None:
    """Say what a verdict on whole balances rests on, where wagers alone tell them."""
    if not run.driver.has("balance") and run.beyond(player) is None:
        unit = player.show(player.unit)
        judge.note(
            rule,
            f"to within {unit}: wagers alone cannot show more, [driver] balance or [players] opening does",
        )


@pytest.mark.rules("BET-02")
def test_of_the_whole_balance(run: Run, operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet of all there is is accepted and leaves zero."""
    _tell_how_exactly(run, player, judge, "BET-02")
    for units in (1000, 1):
        balance = reported(run, player, judge.fund(player, units))
        bet = operator.bet(player, balance)
        case = f"a bet of all {player.show(balance)}"
        if not judge.accepted("BET-02", bet, case=case):
            continue
        if run.driver.has("balance"):
            judge.was("BET-02", player, run.driver.balance(player.id), [Decimal(0)], bet, case=case)
        else:
            judge.balance("BET-02", player, _beyond(run, player), bet, case=case)


@pytest.mark.rules("BET-03")
def test_over_the_balance(run: Run, operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet over the balance, by one unit or far, is refused with INSUFFICIENT_FUNDS and has no effect."""
    _tell_how_exactly(run, player, judge, "BET-03")
    code = operator.channel.dialect.insufficient_funds
    for units, further in ((1000, (1, 8000)), (0, (1,))):
        balance = reported(run, player, judge.fund(player, units))
        stakes = [max(balance + player.money(more), player.unit) for more in further]
        bets = [operator.bet(player, stake) for stake in stakes]
        for bet in bets:
            case = f"{player.show(bet.message.amount)} at a balance of {player.show(balance)}"
            # That there is no code at all is for MSG-04 to tell.
            if judge.refused("BET-03", bet, case=case) and bet.error is not None:
                judge.holds(
                    "BET-03",
                    bet.error == code,
                    expected=f"error {code!r}",
                    seen=said(bet),
                    exchanges=[bet],
                    case=case,
                    level=Level.SHOULD,
                )
        over = " and ".join(player.show(stake) for stake in stakes)
        case = f"{over} at a balance of {player.show(balance)}"
        judge.settled("BET-03", player, *bets, case=case, last=True)


@pytest.mark.rules("BET-03")
def test_over_the_balance_time_and_again(
    operator: Verbs, player: Player, judge: Judge, effort: Effort
) -> None:
    """The last of many bets over the balance is refused like the first."""
    judge.fund(player, 0)
    sent = judge.together([partial(operator.bet, player, player.unit)] * (effort.sums // 20))
    case = f"{len(sent)} bets at a balance of {player.show(Decimal(0))}"
    taken = [bet for bet in sent if not bet.refused]
    judge.holds(
        "BET-03",
        not taken,
        expected="each is refused",
        seen=f"{len(taken)} were not, the first: {said(taken[0])}" if taken else "",
        exchanges=[*sent[:1], *taken, sent[-1]],
        case=case,
    )
    judge.settled("BET-03", player, sent[0], sent[-1], case=case)


@pytest.mark.rules("BET-05")
def test_refused_then_topped_up(operator: Verbs, player: Player, judge: Judge) -> None:
    """The copy of a refused bet is refused still when the money has come in."""
    tried = choices.refused_bet(judge, operator, player)
    exchanges, case = (tried.bet, tried.top_up, tried.copy), "after a top-up"
    judge.refused("BET-05", tried.copy, case=case)
    judge.was("BET-05", player, tried.after, [tried.before], *exchanges, case=case)


@pytest.mark.rules("BET-06")
def test_by_an_unknown_player(operator: Verbs, player: Player, judge: Judge) -> None:
    """A player that the CLIENT does not know is refused, and gets no account, also not by a result."""
    stranger = operator.made_up_player()
    bet = operator.bet(stranger, player.unit, currency=player.currency)
    judge.refused("BET-06", bet, case="a bet by an unknown player")
    again = operator.bet(stranger, player.unit, currency=player.currency)
    judge.refused("BET-06", again, case="another bet by the same")
    # What a result for an unknown player is answered is left open; that it opens an account is not.
    result = operator.result(stranger, player.money(500), currency=player.currency)
    late = operator.bet(stranger, player.unit, currency=player.currency)
    judge.holds(
        "BET-06",
        not late.ok,
        expected="no account appears: a bet by the unknown player is refused after a result for it",
        seen=said(late),
        exchanges=[result, late],
        case="a bet after a result",
        off=player.money(500),
    )


@pytest.mark.rules("BET-06")
def test_by_a_player_whose_id_is_nearly_known(
    operator: Verbs, player: Player, judge: Judge, cases: Cases
) -> None:
    """Another spelling of a test player's id is an unknown player, and never moves the test player's money."""
    spellings = [
        (operator.other_spelling(player, spelling.value), f"the player's id with {spelling.name}")
        for spelling in cases(ids.other_spellings(player.id))
    ]

    def wagers(units: int, name: str) -> list[Exchange]:
        # No two sums of these are the same.
        stake, win, back = (player.money(times * units) for times in (4, 1, 2))
        return [
            operator.bet(name, stake, currency=player.currency),
            operator.result(name, win, currency=player.currency),
            operator.rollback(operator.new_id(), name, back, currency=player.currency),
        ]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.refused("BET-06", sent[0], case=f"a bet, {case}", level=Level.SHOULD)

    if ids.perhaps_anothers(player.id):
        judge.note("BET-06", "in other letters not tried: so short an id could be another customer's")
    chains = [Chain(partial(wagers, name=name), answers, case=case) for name, case in spellings]
    each_holds("BET-06", judge, player, chains)


@pytest.mark.rules("BET-07")
def test_in_another_currency(run: Run, operator: Verbs, player: Player, target: Target, judge: Judge) -> None:
    """A bet in a currency that is not the player's is refused and has no effect."""
    for currency in other_currencies(target, player):
        case = f"a bet in {currency}"
        if kept_apart(run, judge, operator, player, currency) is not None:
            judge.note("BET-07", f"the player has {currency}, too, kept apart from {player.currency}")
            continue
        judge.fund(player, 1000)
        bet = operator.bet(player, Decimal(2), currency=currency)
        judge.refused("BET-07", bet, case=case)
        judge.settled("BET-07", player, bet, case=case, last=True)


@pytest.mark.rules("BET-09")
def test_of_zero(operator: Verbs, player: Player, judge: Judge) -> None:
    """A free bet is a bet of 0: it moves nothing and crashes nothing, whatever the balance."""
    for units in (1000, 0):
        balance = judge.fund(player, units)
        bet = operator.bet(player, Decimal(0))
        case = f"at a balance of {player.show(balance)}"
        judge.holds(
            "BET-09",
            not bet.unknown,
            expected="an answer that says what was done",
            seen=said(bet),
            exchanges=[bet],
            case=case,
        )
        judge.settled("BET-09", player, bet, case=case, last=True)


@pytest.mark.rules("BET-13")
def test_in_currencies_of_other_decimals(run: Run, operator: Verbs, judge: Judge) -> None:
    """Currencies with no decimals or with three are as exact as those with two."""
    if not run.other_players:
        pytest.skip('needs players in other currencies: others = { JPY = "..", KWD = ".." } in [players]')
    judge.each(run.other_players, partial(_exact_in, operator))


def _exact_in(operator: Verbs, judge: Judge, player: Player) -> None:
    first = operator.result(player, player.money(1000))
    judge.needs(first.ok, f"a result for {player} in {player.currency} was refused", first)
    case = f"{player.currency}, whose smallest unit is {player.show(player.unit)}"
    smallest = operator.result(player, player.unit)
    if not judge.accepted("BET-13", smallest, case=case):
        return
    try:
        judge.fund(player, 20_000)
    except Undecided as why:
        # Only the currency differs from the players whose balances can be read.
        judge.holds("BET-13", False, expected="a balance that can be read", seen=str(why), case=case)
        return
    moves: tuple[tuple[Action, int], ...] = ((BET, 1), (BET, 1999), (RESULT, 1), (RESULT, 1005), (BET, 7))

    def moved(*, apart: bool) -> None:
        judge.fund(player, 20_000)
        for place, (action, units) in enumerate(moves, 1):
            exchange = operator.wager(action, player, player.money(units))
            judge.accepted("BET-13", exchange, case=case)
            if apart or place == len(moves):
                judge.settled("BET-13", player, exchange, case=case, last=place == len(moves))

    in_one_reading(judge, moved)
