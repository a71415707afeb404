"""Rollbacks: what did not stand is undone, by exactly its own amount, and once.

Story: bets and results are made and rolled back, alone, twice, spent in between, for the wrong player.
Invariant: a rollback puts the balance where it was before the transaction it names, whatever else the
rollback says. Limits: sequential requests only; rollbacks without an original are judged in another file.
"""

import uuid
from decimal import Decimal

import pytest

from scenarios.contract import Level
from scenarios.run.judge import Judge, said
from scenarios.target.loading import Target
from scenarios.wallet.kinds import BET, BET_UNDONE, RESULT, WAGERS, Action, done, known
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")


def wager(operator: Verbs, judge: Judge, player: Player, kind: Action, units: int) -> Exchange | None:
    """Make a bet or a result and measure the balance after it; None where it is refused."""
    amount = player.money(units)
    exchange = operator.send(operator.transaction(kind, player, amount))
    if not exchange.ok:
        return None
    judge.measure(player, known(player) + (amount if kind == RESULT else -amount))
    return exchange


@pytest.mark.rules("RBK-01")
def test_of_a_bet_returns_it(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a bet returns exactly its amount, small or large, round or odd."""
    judge.fund(player, 20_000)
    _undone(operator, judge, player, "RBK-01", BET)


@pytest.mark.rules("RBK-02")
def test_of_a_result_takes_it_back(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a result takes exactly its amount back, small or large, round or odd."""
    judge.fund(player, 20_000)
    _undone(operator, judge, player, "RBK-02", RESULT)


def _undone(operator: Verbs, judge: Judge, player: Player, rule: str, kind: Action) -> None:
    tried = 0
    for units in (500, 1, 1999, 15_000):
        before = known(player)
        original = wager(operator, judge, player, kind, units)
        if original is None:
            continue
        tried += 1
        amount, after = original.message.amount, known(player)
        rollback = operator.rollback(original)
        case = f"a {kind} of {player.show(amount)}"
        judge.accepted(rule, rollback, case=case)
        if rollback.ok:
            back = after + (amount if kind == BET else -amount)
            if back == before:
                judge.balance(rule, player, back, original, rollback, case=case)
            else:
                # The wager itself moved another amount (BET-01, RES-01); giving just that back is no fault.
                judge.one_of(rule, player, [back, before], original, rollback, case=case)
    judge.needs(tried, f"no {kind} was accepted that could be rolled back")


@pytest.mark.rules("RBK-03")
def test_of_a_result_already_spent(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a result that was bet already succeeds, and takes as much as at any other time."""
    judge.fund(player, 2000)
    exact = _exact_back(operator, judge, player, BET) and _exact_back(operator, judge, player, RESULT)
    judge.fund(player, 0)
    win = operator.result(player, player.money(800))
    stake = operator.bet(player, player.money(800))
    judge.needs(win.ok and stake.ok, "the result to be spent, or the bet that spends it, was refused")
    rollback = operator.rollback(win)
    judge.accepted("RBK-03", rollback)
    # The stake comes back before anything is read, since results may be refused below zero (RES-06).
    returned = operator.rollback(stake)
    if not (exact and returned.ok):
        return
    if rollback.ok:
        judge.balance("RBK-03", player, Decimal(0), win, stake, rollback, returned)
    else:
        case, left = "refused", player.money(800)
        judge.balance("RBK-03", player, left, win, stake, rollback, returned, case=case, level=Level.MUST)


def _exact_back(operator: Verbs, judge: Judge, player: Player, kind: Action) -> bool:
    """Whether the rollback of a bet or an unspent result puts the balance back, which other rules judge."""
    before = known(player)
    original = wager(operator, judge, player, kind, 500)
    return original is not None and operator.rollback(original).ok and judge.measure(player, before) == before


@pytest.mark.rules("RBK-07")
def test_once_more_under_a_new_id(operator: Verbs, player: Player, judge: Judge) -> None:
    """Further rollbacks of the same transaction, under new provider ids, move no money."""
    judge.fund(player, 5000)
    tried = 0
    for kind in WAGERS:
        original = wager(operator, judge, player, kind, 500)
        first = operator.rollback(original) if original else None
        if original is None or first is None or not first.ok:
            continue
        tried += 1
        back = original.message.amount if kind == BET else -original.message.amount
        balance = judge.measure(player, known(player) + back)
        for count in ("second", "third"):
            further = operator.rollback(original)
            balance = judge.balance(
                "RBK-07", player, balance, original, first, further, case=f"{count} rollback of a {kind}"
            )
    judge.needs(tried, "no rollback of a bet or a result was accepted that could be followed by another")


@pytest.mark.rules("RBK-09")
def test_with_another_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback that names more or less than the original returns no more than the original."""
    judge.fund(player, 9000)
    tried = 0
    for kind in WAGERS:
        usual = _moved_back(operator, judge, player, kind, 500)
        for units in (800, 200):
            found = _moved_back(operator, judge, player, kind, units)
            if usual is None or found is None:
                continue
            tried += 1
            moved, exchanges = found
            own, named = player.money(500), player.money(units)
            # A CLIENT that returns too much at any time is not blamed for it again.
            most = max(own, usual[0])
            case = f"a {kind} of {player.show(own)} rolled back with {player.show(named)}"
            judge.holds(
                "RBK-09",
                moved <= most,
                expected=f"at most {player.show(most)} is moved back",
                seen=f"{player.show(moved)} was",
                exchanges=exchanges,
                case=case,
                off=max(Decimal(0), moved - most),
            )
            used = {
                own: "the original's amount",
                named: "the rollback's amount",
                Decimal(0): "neither amount",
            }
            judge.note(
                "RBK-09", f"{case}: {used.get(moved, 'another amount')} is used, {_answer(exchanges[-1])}"
            )
    judge.needs(tried, "no bet or result was accepted that could be rolled back")


def _answer(exchange: Exchange) -> str:
    return "accepted" if exchange.ok else said(exchange)


def _moved_back(
    operator: Verbs, judge: Judge, player: Player, kind: Action, units: int
) -> tuple[Decimal, list[Exchange]] | None:
    """Roll back a wager of 500 units with ``units`` named; how much went back, and the exchanges."""
    original = wager(operator, judge, player, kind, 500)
    if original is None:
        return None
    before, sign = known(player), 1 if kind == BET else -1
    rollback = operator.rollback(original, amount=player.money(units))
    after = judge.measure(player, before + sign * player.money(500))
    return sign * (after - before), [original, rollback]


@pytest.mark.rules("RBK-10")
def test_for_another_player(operator: Verbs, player: Player, players: list[Player], judge: Judge) -> None:
    """A rollback that names another player's transaction moves neither player's money."""
    judge.fund(player, 5000)
    other = players[1] if len(players) > 1 else None
    if other is not None:
        judge.fund(other, 2000)
    tried = 0
    for kind in WAGERS:
        original = wager(operator, judge, player, kind, 500)
        if original is None:
            continue
        tried += 1
        # With one player only, the other is one that the CLIENT never heard of.
        name = other if other is not None else f"nobody-{uuid.uuid4()}"
        rollback = operator.rollback(original, name)
        case = f"a {kind} of {player}, rolled back for {name}"
        judge.balance("RBK-10", player, known(player), original, rollback, case=f"{case}: {player}")
        if other is not None:
            judge.balance("RBK-10", other, known(other), original, rollback, case=f"{case}: {other}")
    judge.needs(tried, "no bet or result was accepted that could be rolled back")


@pytest.mark.rules("RBK-11")
def test_of_a_rollback(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a rollback, and that again, crashes nothing and never pays more than was taken."""
    judge.fund(player, 5000)
    bet = wager(operator, judge, player, BET, 500)
    judge.needs(bet, "the bet that was to be rolled back was refused")
    start = known(player)
    chain = [bet, operator.rollback(bet)]  # type: ignore[arg-type]
    judge.needs(chain[-1].ok, "the rollback that was to be rolled back was refused")  # type: ignore[union-attr]
    balance = judge.measure(player, start + player.money(500))
    most = max(balance, start + player.money(500))
    _climb(operator, judge, player, chain, balance, most)  # type: ignore[arg-type]


def _climb(
    operator: Verbs, judge: Judge, player: Player, chain: list[Exchange], balance: Decimal, most: Decimal
) -> None:
    """Roll back the last rollback of ``chain`` three times over; the balance may never be above ``most``."""
    for level in ("a rollback", "a rollback's rollback", "the rollback of that"):
        rollback = operator.rollback(chain[-1], kind=f"rollback of {level}")
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
        )
        moved = "moves nothing" if after == balance else f"moves {player.show(after - balance)}"
        judge.note("RBK-11", f"the rollback of {level} {moved}, {_answer(rollback)}")
        balance = after


@pytest.mark.rules("RBK-13")
def test_then_the_result(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result that arrives after its bet was rolled back is paid like any other."""
    judge.fund(player, 2000)
    before = known(player)
    judge.needs(done(BET_UNDONE, operator, player), "the bet, or its rollback, was refused")
    moved = judge.measure(player, before) - before
    # Nothing is read in between, for that would be another bet.
    judge.needs(done(BET_UNDONE, operator, player), "the bet, or its rollback, was refused")
    results = [operator.result(player, player.money(units)) for units in (900, 125)]
    for result in results:
        judge.accepted("RBK-13", result, case="a result after the rollback")
    paid = sum((result.message.amount for result in results if result.ok), Decimal(0))
    expected = known(player) + moved + paid
    judge.balance("RBK-13", player, expected, *results, case="results after the rollback")


@pytest.mark.rules("RBK-15")
def test_in_another_currency(operator: Verbs, player: Player, target: Target, judge: Judge) -> None:
    """A rollback in another currency than the original's moves no money."""
    judge.fund(player, 5000)
    agreed = target.operator.currencies if target.operator else ()
    currency = next(code for code in (*agreed, "USD", "EUR") if code != player.currency)
    tried = 0
    for kind in WAGERS:
        original = wager(operator, judge, player, kind, 500)
        if original is None:
            continue
        tried += 1
        rollback = operator.rollback(original, currency=currency)
        judge.balance(
            "RBK-15", player, known(player), original, rollback, case=f"a {kind} rolled back in {currency}"
        )
    judge.needs(tried, "no bet or result was accepted that could be rolled back")
