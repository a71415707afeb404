"""What the CLIENT chose where the contract leaves a choice: short experiments, whose outcome the wallet model takes.

The scenarios of RBK-03, RBK-06, RBK-09, RBK-16, BET-05 and IDM-01 run them and judge what was seen; generated
histories and races run those that no scenario of the run has tried, so that they allow what the CLIENT does and
nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import product

from scenarios.cases.currencies import kept_apart, other_currencies
from scenarios.cases.kinds import WAGERS, Action
from scenarios.cases.plain_transactions import learn_alone
from scenarios.oracles.model import CopyAnswer, Foreign, Late, RefusedCopy, Returned, Reused, Spent
from scenarios.oracles.plain_faults import BET, RESULT
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange

# Smallest units: of a wager that is rolled back, and of rollbacks that name more and less than it.
_OWN = 500
_NAMED = (800, 200)


@dataclass(frozen=True, slots=True)
class LateWager:
    """A wager that came after its own rollback ``orphan``, and the balance before and after it."""

    orphan: Exchange
    late: Exchange
    before: Decimal
    after: Decimal


def late_wager(judge: Judge, operator: Verbs, player: Player, kind: Action) -> LateWager:
    """Roll back a wager, then make it; learn what it does.

    Raises Undecided where the rollback is refused, unless the dialect has that so.
    """
    judge.fund(player, 5000)
    wager = operator.transaction(kind, player, player.money(_OWN))
    orphan = operator.rollback(wager.id, player, wager.amount, label="rollback (orphan)")
    refusable = not operator.channel.dialect.abilities.unknown_rollbacks
    judge.needs(orphan.ok or refusable, "the orphan rollback that was to come first was refused", orphan)
    before = judge.measure(player)
    late = operator.send(wager, label=f"{kind} (late)")
    after = judge.measure(player, before)
    way = Late.NOTHING
    if after != before:
        undone = operator.rollback(late)
        way = Late.APPLIED if undone.ok and judge.measure(player) == before else Late.KEPT
    judge.learn(**{"late_bet" if kind == BET else "late_result": {way}})
    return LateWager(orphan, late, before, after)


@dataclass(frozen=True, slots=True)
class SpentResult:
    """A result of which a ``stake`` was bet, rolled back; then the bet was ``returned``, too, and ``left`` remains."""

    win: Exchange
    stake: Exchange
    rollback: Exchange
    returned: Exchange
    left: Decimal


def spent_result(judge: Judge, operator: Verbs, player: Player, staked: int) -> SpentResult:
    """Bet ``staked`` of a result of 800 units, roll back the result, then the bet; learn what was taken."""
    judge.fund(player, 0)
    win = operator.result(player, player.money(800))
    stake = operator.bet(player, player.money(staked))
    judge.needs(
        win.ok and stake.ok, "the result to be spent, or the bet that spends it, was refused", win, stake
    )
    rollback = operator.rollback(win)
    # The stake comes back before anything is read, since results may be refused below zero (RES-06).
    returned = operator.rollback(stake)
    left = judge.measure(player, Decimal(0) if rollback.ok else player.money(800))
    ways = {
        Decimal(0): {Spent.ALL},
        win.message.amount: {Spent.NOTHING},
        stake.message.amount: {Spent.REST, Spent.NOTHING} if staked == 800 else {Spent.REST},
    }
    if rollback.ok and returned.ok:
        judge.learn(spent=ways.get(left, set(Spent)))
    elif rollback.refused:
        judge.learn(spent={Spent.ALL})
    return SpentResult(win, stake, rollback, returned, left)


@dataclass(frozen=True, slots=True)
class Rolled:
    """A wager that was rolled back by a rollback of another amount, and how much went back."""

    kind: Action
    wager: Exchange
    rollback: Exchange
    moved: Decimal


def rolled_with(
    judge: Judge, operator: Verbs, player: Player, kind: Action, units: int, own: int = _OWN
) -> Rolled | None:
    """Roll back a wager of ``own`` units with ``units`` named; None where the wager is refused."""
    wager = operator.wager(kind, player, player.money(own))
    if not wager.ok:
        return None
    before = judge.measure(player)
    rollback = operator.rollback(wager, amount=player.money(units))
    sign = 1 if kind == BET else -1
    after = judge.measure(player, before + sign * player.money(own))
    return Rolled(kind, wager, rollback, sign * (after - before))


def other_amounts(judge: Judge, operator: Verbs, player: Player) -> list[Rolled]:
    """Roll back wagers with more and with less than their amount; learn which amount counts."""
    found = [] if judge.again else _other_amounts_at_once(judge, operator, player)
    if not found:
        judge.fund(player, 9000)
        found = [
            one
            for kind in WAGERS
            for units in _NAMED
            if (one := rolled_with(judge, operator, player, kind, units))
        ]
    ways: set[Returned] = set()
    for kind in WAGERS:
        fitting = [_amounts_used(one) for one in found if one.kind == kind and one.rollback.ok]
        # What fits all that was seen of the kind; a CLIENT that does now this, now that may go on so.
        ways |= frozenset.intersection(*fitting) or frozenset.union(*fitting) if fitting else set()
    judge.learn(returned=ways or set(Returned))
    return found


def _other_amounts_at_once(judge: Judge, operator: Verbs, player: Player) -> list[Rolled]:
    """Like rolling them back one by one, with one reading of the balance; empty where that does not tell them apart.

    Amounts are as 2 or 8 to 5 of different powers of 11, so that no two ways to choose among them come to the same.
    """
    funded = judge.fund(player, 5 * 11**4)
    plans = [(kind, 11**place) for place, kind in enumerate((*WAGERS, *WAGERS))]
    named = [8, 8, 2, 2]

    def rolled(kind: Action, own: int, other: int) -> tuple[Exchange, Exchange] | None:
        wager = operator.wager(kind, player, player.money(own))
        return (wager, operator.rollback(wager, amount=player.money(other))) if wager.ok else None

    sends = [
        partial(rolled, kind, 5 * scale, times * scale)
        for (kind, scale), times in zip(plans, named, strict=True)
    ]
    sent = [one for one in judge.together(sends) if one is not None]
    if len(sent) < len(plans):
        return []
    signs = [1 if kind == BET else -1 for kind, _ in plans]
    before = funded - sum(sign * wager.message.amount for sign, (wager, _) in zip(signs, sent, strict=True))
    amounts = [(Decimal(0), one.message.amount, other.message.amount) for one, other in sent]
    ways = {
        before + sum(sign * amount for sign, amount in zip(signs, way, strict=True)): way
        for way in product(*amounts)
    }
    moved = ways.get(judge.measure(player, likely=lambda: ways))
    return (
        []
        if moved is None
        else [
            Rolled(kind, *exchanges, amount)
            for (kind, _), exchanges, amount in zip(plans, sent, moved, strict=True)
        ]
    )


def _amounts_used(one: Rolled) -> frozenset[Returned]:
    own, named = one.wager.message.amount, one.rollback.message.amount
    moved = {
        Returned.ORIGINAL: own,
        Returned.LESSER: min(own, named),
        Returned.NAMED: named,
        Returned.NOTHING: Decimal(0),
    }
    return frozenset(way for way, amount in moved.items() if amount == one.moved) or frozenset(Returned)


@dataclass(frozen=True, slots=True)
class RefusedBet:
    """A refused bet, the result that covers it afterwards, and its copy; the balance before and after the copy."""

    bet: Exchange
    top_up: Exchange
    copy: Exchange
    before: Decimal
    after: Decimal


def refused_bet(judge: Judge, operator: Verbs, player: Player, *, apart: bool = False) -> RefusedBet:
    """Send a refused bet again when the money is there; learn what an ok then means.

    Once more, with a reading before the copy, too (``apart``), where the one after it is not what follows from both.
    """
    funded = judge.fund(player, 500)
    bet = operator.bet(player, player.money(800))
    judge.needs(bet.refused, "the bet over the balance was not refused")
    top_up = operator.result(player, player.money(1000))
    before = judge.measure(player) if apart or judge.again else funded + top_up.message.amount
    judge.needs(before >= bet.message.amount, "the result that was to cover the bet was not paid")
    copy = operator.again(bet)
    after = judge.measure(player, before, last=True)
    if after != before and not (apart or judge.again):
        return refused_bet(judge, operator, player, apart=True)
    hollow = copy.ok and after == before
    judge.learn(refused_copy={RefusedCopy.NOTHING if hollow else RefusedCopy.TAKEN})
    return RefusedBet(bet, top_up, copy, before, after)


# Smallest units of the wagers whose ids or rollbacks are odd: each sum of some of them tells which.
_ODD_WAGERS: tuple[tuple[Action, int], ...] = ((BET, 500), (RESULT, 300))


def _odd_wagers(judge: Judge, operator: Verbs, player: Player) -> list[Exchange]:
    sent = [operator.wager(kind, player, player.money(units)) for kind, units in _ODD_WAGERS]
    judge.needs(all(one.ok for one in sent), "a bet or a result was refused", *sent)
    return sent


def reused_ids(judge: Judge, operator: Verbs, player: Player, other: Player) -> None:
    """Send a bet and a result, and both for ``other`` under the same ids; learn what that does.

    Raises Undecided where it is none of what a CLIENT may choose.
    """
    if "reused" in judge.run.choices:
        return
    had = judge.fund(other, 5000)
    judge.fund(player, 5000)
    for one in _odd_wagers(judge, operator, player):
        operator.send(replace(one.message, player=other.id))
    each = had - player.money(200)
    judge.measure(player)
    moved = judge.measure(other, had, lambda: (each,))
    judge.needs(not player.off and moved in (had, each), "one id for two players moves what IDM-07 reports")
    judge.learn(reused={Reused.NOTHING if moved == had else Reused.EACH})


def foreign_rollbacks(judge: Judge, operator: Verbs, player: Player) -> None:
    """Roll back a bet and a result in another currency, then in their own; learn what the first rollbacks did.

    Raises Undecided where it is none of what a CLIENT may choose.
    """
    if "foreign" in judge.run.choices:
        return
    currency = other_currencies(judge.run.settings.target, player)[0]
    kept_apart(judge.run, judge, operator, player, currency)
    had = judge.fund(player, 5000, covered=True)
    sent = _odd_wagers(judge, operator, player)
    for one in sent:
        operator.rollback(one, currency=currency)
    left = had - player.money(200)
    between = judge.measure(player, left, lambda: (had,))
    for one in sent:
        operator.rollback(one)
    after = judge.measure(player, had, lambda: (left,))
    ways = {(left, had): Foreign.NOTHING, (had, had): Foreign.UNDOES, (left, left): Foreign.USES_UP}
    judge.needs((between, after) in ways, "a rollback in another currency moves what RBK-15 reports")
    judge.learn(foreign={ways[between, after]})


def copies(judge: Judge, operator: Verbs, player: Player) -> None:
    """Send copies of a bet and a result; learn whether they are answered with an error."""
    judge.fund(player, 5000)
    sent = [operator.wager(kind, player, player.money(_OWN)) for kind in WAGERS]
    learn_copies(judge, [(one, operator.again(one)) for one in sent if one.ok])


def learn_copies(judge: Judge, again: Sequence[tuple[Exchange, Exchange]]) -> None:
    """Learn from what was done, each with a copy of it, how copies are answered."""
    answers = {_copy_answer(first, copy) for first, copy in again if not copy.unknown}
    if answers:
        judge.learn(copy_answer=answers)


def _copy_answer(first: Exchange, copy: Exchange) -> CopyAnswer:
    if copy.refused:
        return CopyAnswer.REFUSED
    return CopyAnswer.REPEATED if copy.client_id == first.client_id else CopyAnswer.RENAMED


_EXPERIMENTS: dict[str, Callable[[Judge, Verbs, Player], object]] = {
    "late_bet": lambda judge, operator, player: late_wager(judge, operator, player, BET),
    "late_result": lambda judge, operator, player: late_wager(judge, operator, player, RESULT),
    "spent": lambda judge, operator, player: spent_result(judge, operator, player, _OWN),
    "returned": other_amounts,
    "refused_copy": refused_bet,
    "copy_answer": copies,
}


def learn_all(judge: Judge, operator: Verbs, player: Player) -> None:
    """Try what no scenario of this run has tried; what cannot be decided stays open."""
    for name, experiment in _EXPERIMENTS.items():
        if name not in judge.run.choices:
            judge.learn(**{name: getattr(judge.run.model, name)})
            try:
                experiment(judge, operator, player)
            except (Undecided, Unreadable):
                continue
    learn_alone(judge)
