"""Generated histories: what no one thought of writing down as a case.

Story: chance invents sequences of bets, results, rollbacks, copies, orphans and late arrivals, of two players, with
what is wrong or comes during a ban in between, some at once, some with answers lost or restarts; the one that breaks is
made as short as it can be, shown in numbered lines, saved and replayed by ``pitboss replay``. Invariant: the balance is
one that the wallet model allows. Limits: left out are a rollback of a rollback, as the documents do not say what it
does, and wagers in other currencies; sizes and number come from the effort, the choices from the seed.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from scenarios.cases.at_once import Chain, all_hold, holds
from scenarios.cases.choices import foreign_rollbacks, reused_ids
from scenarios.cases.kinds import WAGERS
from scenarios.contract import Observed
from scenarios.generated.judging import judge_stories, side_by_side
from scenarios.generated.playback import BetsOnly, Isolated, Stage
from scenarios.generated.search import FAULTS, Plan
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.run.story import Step, Verb
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange

# After races and lost answers: what those tell of is no story's finding.
pytestmark = [pytest.mark.last(1.25), pytest.mark.needs("probe"), pytest.mark.usefixtures("choices_learned")]

_SEQUENTIAL = (
    Verb.BET,
    Verb.BET,
    Verb.RESULT,
    Verb.ROLLBACK,
    Verb.COPY,
    Verb.ORPHAN,
    Verb.LATE_BET,
    Verb.LATE_RESULT,
)
# What comes wrong, or of somebody else, between what is in order; it counts for nothing.
_ODD = (Verb.MISNAMED, Verb.OTHER_AMOUNT, Verb.OTHER_ACTION)
_OPENING = 1000
# After so many bets and copies hardly anything is left of what there was to bet.
_BETS = 15
# Each wager of the plan with what commonly follows it; 2000 units are more than the player has, also where tours that
# stand before it are taken at once, as each is then about five times what the one before is.
_TOUR = 100
_TOURS = (
    (Step(Verb.BET, 300), Step(Verb.COPY), Step(Verb.BET, 100), Step(Verb.ROLLBACK, of=1)),
    (Step(Verb.RESULT, 300), Step(Verb.COPY)),
    (
        Step(Verb.BET, 300),
        Step(Verb.ROLLBACK),
        Step(Verb.COPY),
        Step(Verb.ROLLBACK, of=2),
        Step(Verb.COPY, of=3),
    ),
    (Step(Verb.RESULT, 300), Step(Verb.BET, 100), Step(Verb.ROLLBACK, of=1), Step(Verb.RESULT, 50)),
    (Step(Verb.ORPHAN, 300), Step(Verb.COPY), Step(Verb.LATE_BET, of=1), Step(Verb.BET, 100)),
    (Step(Verb.BET, 2000), Step(Verb.ROLLBACK), Step(Verb.COPY)),
    (Step(Verb.ORPHAN, 300), Step(Verb.LATE_RESULT), Step(Verb.COPY)),
    (
        Step(Verb.RESULT, 300),
        Step(Verb.OTHER_AMOUNT, 500),
        Step(Verb.OTHER_ACTION, of=1),
        Step(Verb.COPY, of=2),
    ),
)
# One id for two players, and a rollback in another currency, each followed by the plain rollback.
_OF_TWO = (
    (Step(Verb.BET, 300), Step(Verb.ANOTHERS_ID), Step(Verb.ROLLBACK, of=1), Step(Verb.ROLLBACK, of=1)),
)
_ABROAD = ((Step(Verb.BET, 300), Step(Verb.FOREIGN), Step(Verb.ROLLBACK, of=1)),)
# A round in one request, its copy, and the rollback of its bet alone.
_ROUNDS = ((Step(Verb.ROUND, 300), Step(Verb.COPY), Step(Verb.BET, 100), Step(Verb.ROLLBACK, of=2)),)
# What a ban refuses is undone as what was refused for lack of funds.
_BANNED = (
    (
        Step(Verb.BANNED, group=(Step(Verb.BET, 300), Step(Verb.RESULT, 200))),
        Step(Verb.ROLLBACK, of=1),
        Step(Verb.COPY),
    ),
)


@pytest.mark.after_choices
@pytest.mark.rules("INV-01")
def test_common_sequences(player: Player, judge: Judge, effort: Effort) -> None:
    """After each wager and what commonly follows it the balance is the model's."""
    run = judge.run
    if run.settings.story is not None:
        pytest.skip("the story is played beside the generated ones")

    def toured(units: int, tour: tuple[Step, ...]) -> list[Exchange]:
        stage = Stage(run, [player], _OPENING, judge.fund)
        for step in tour:
            stage.play(replace(step, units=step.units * units // _TOUR))
        return stage.sent

    tours: tuple[tuple[Step, ...], ...] = _BANNED if _bans(run) else ()
    if not all_hold("INV-01", judge, player, [Chain(partial(toured, tour=tour)) for tour in _TOURS]):
        tours = _TOURS + tours
    if tours:
        _any_sequence([player], judge, effort, 0, tours=tours)


@pytest.mark.players(1, 2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-01")
def test_any_sequence(players: list[Player], judge: Judge, effort: Effort) -> None:
    """For any sequence of bets, results, rollbacks, copies, orphans and late arrivals the balance is the model's."""
    _any_sequence(players, judge, effort, effort.examples)


@pytest.mark.players(2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-01")
def test_any_sequence_of_two_players(
    player: Player, another_player: Player, judge: Judge, effort: Effort
) -> None:
    """For any sequence of two players' wagers, each player's balance is the model's."""
    _any_sequence([player, another_player], judge, effort, max(1, effort.examples // 2), 2)


def _any_sequence(
    players: list[Player],
    judge: Judge,
    effort: Effort,
    examples: int,
    acting: int = 1,
    tours: tuple[tuple[Step, ...], ...] = (),
) -> None:
    """Judge stories of so many ``acting`` players."""
    run = judge.run
    learned = _learned(judge, players[:acting]) if examples else {}
    if examples and run.channel.dialect.abilities.several:
        learned |= {Verb.ROUND: _ROUNDS}
    plan = Plan(
        "INV-01",
        (*_SEQUENTIAL, *_ODD, *([Verb.STRANGERS] if acting > 1 else ()), *learned),
        _OPENING,
        units=(0 if run.plain_faults.of_nothing else 1, 900),
        players=acting,
        bans=_bans(run),
        tours=(*tours, *(tour for tours in learned.values() for tour in tours)),
    )
    _stories(players, judge, effort, plan, acting=acting, examples=examples)


def _learned(judge: Judge, acting: list[Player]) -> dict[Verb, tuple[tuple[Step, ...], ...]]:
    """What the documents leave to the CLIENT and it was seen to choose, with its tours; nothing where that is open.

    In further currencies no wager is in another.
    """
    operator = judge.run.verbs
    abilities = operator.channel.dialect.abilities
    with contextlib.suppress(Undecided, Unreadable):
        if len(acting) > 1 and abilities.ids_across_players:
            reused_ids(judge, operator, *acting)
            return {Verb.ANOTHERS_ID: _OF_TWO}
        if (
            len(acting) == 1
            and not judge.result.currency
            and abilities.rollback_currency
            and abilities.rollback_ids
        ):
            foreign_rollbacks(judge, operator, *acting)
            return {Verb.FOREIGN: _ABROAD}
    return {}


def _stories(
    players: list[Player],
    judge: Judge,
    effort: Effort,
    plan: Plan,
    kind: Callable[..., Stage] = Stage,
    acting: int = 1,
    examples: int | None = None,
) -> None:
    """Judge stories, as many at once as ``acting`` ones there are of ``players``."""

    def stage(judge: Judge) -> Stage:
        return kind(judge.run, judge.run.players[:acting], plan.opening, judge.fund)

    plays = partial(side_by_side, judge, players, stage, acting)
    judge_stories(judge.run, judge, effort, plan, partial(stage, judge), examples, plays)


def _bans(run: Run) -> bool:
    return run.driver.has("ban") and run.driver.has("unban")


@pytest.mark.players(1, 2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-02")
def test_bets_never_overdraw(players: list[Player], judge: Judge, effort: Effort) -> None:
    """No sequence of bets drives the balance below zero."""
    plan = Plan("INV-02", (Verb.BET, Verb.BET, Verb.COPY), 1500, units=(1, 700))
    _stories(players, judge, replace(effort, steps=min(effort.steps, _BETS)), plan, BetsOnly)


@pytest.mark.players(2)
@pytest.mark.rules("INV-03")
def test_players_are_isolated(
    players: list[Player],
    another_player: Player,  # noqa: ARG001
    judge: Judge,
    effort: Effort,
) -> None:
    """Traffic for one player, also much of it at once, never moves another."""
    plan = Plan("INV-03", _SEQUENTIAL, _OPENING, together=4)
    effort = replace(effort, steps=effort.steps // 2)
    for acts in (0, 1):
        kind, examples = partial(Isolated, acts=acts), max(1, effort.examples // 2)
        _stories(players, judge, effort, plan, kind, acting=2, examples=examples)


@pytest.mark.players(2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-03")
def test_another_acts_between(operator: Verbs, player: Player, another_player: Player, judge: Judge) -> None:
    """What comes back to one player's wager does not reach the player who acted last."""
    acts = partial(_acts_between, operator, player, another_player, judge)
    # What a wager moves alone is another rule's matter, and seldom wrong.
    if judge.again or not holds(judge, acts):
        acts(alone=True)


def _acts_between(
    operator: Verbs, player: Player, another_player: Player, judge: Judge, *, alone: bool = False
) -> None:
    """Have ``another_player`` act before what comes back; ``alone``: what that moves is read before it."""
    for action in WAGERS:
        judge.each([player, another_player], lambda judge, who: judge.fund(who, 5000))
        first = operator.wager(action, player, player.money(700))
        judge.needs(first.ok, f"a {action} was refused", first)
        for bystanders in WAGERS:
            last = operator.wager(bystanders, another_player, player.money(300))
            if alone:
                judge.measure(another_player)
            after = [operator.again(first), operator.rollback(first)]
            judge.settled("INV-03", another_player, last, *after, case=f"rollback of a {action}")


@pytest.mark.players(2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-03")
def test_another_cannot_use_up(operator: Verbs, player: Player, another_player: Player, judge: Judge) -> None:
    """What another player asks to be rolled back can still be rolled back by its owner."""
    judge.each([player, another_player], lambda judge, who: judge.fund(who, 5000))
    bet = operator.bet(player, player.money(700))
    judge.needs(bet.ok, "a bet was refused", bet)
    operator.rollback(bet, another_player)
    judge.measure(player)
    own = operator.rollback(bet)
    # What the other player's rollback brought back (RBK-10) cannot come back again.
    case = "after another player's rollback of it"
    judge.settled("INV-03", player, bet, own, case=case, amiss=-player.off, last=True)


@pytest.mark.players(2)
@pytest.mark.after_choices
@pytest.mark.rules("INV-03")
def test_another_lends_nothing(operator: Verbs, player: Player, another_player: Player, judge: Judge) -> None:
    """A bet over the balance is not covered by what another player, who acted last, has."""
    for units in (100, 4000):
        judge.each(
            [player, another_player], lambda judge, who: judge.fund(who, 1000 if who is player else 9000)
        )
        operator.result(player, player.unit)
        alone = operator.bet(player, player.money(3000))
        judge.needs(alone.refused, "a bet over the balance was not refused")
        judge.measure(player)
        last = operator.bet(another_player, player.money(units))
        bet = operator.bet(player, player.money(3000))
        case = "a bet over the balance, after another's bet"
        # Its answer tells, too: a CLIENT that looks at the wrong balance misleads the probe as well.
        judge.refused("INV-03", bet, case=case)
        judge.settled("INV-03", player, last, bet, case=case, last=True)


@pytest.mark.players(2)
@pytest.mark.rules("INV-03")
def test_players_at_once(
    operator: Verbs, player: Player, another_player: Player, judge: Judge, effort: Effort
) -> None:
    """Wagers of two players at once: what one lacks is never found with the other."""
    for _ in range(effort.races * 2):
        judge.each([player, another_player], lambda judge, who: judge.fund(who, 5000))
        race = operator.race(
            [
                operator.transaction("bet" if turn % 3 else "result", who, who.money(100 + 13 * turn))
                for turn in range(effort.width // 2)
                for who in (player, another_player)
            ]
        )
        judge.needs(not any(exchange.unknown for exchange in race), "a racing wager got no answer")
        # One after the other: what one's wagers do to another would be in the readings, too.
        for who in (player, another_player):
            judge.measure(who)
        judge.holds(
            "INV-03",
            player.off == 0 or player.off != -another_player.off,
            expected="each player's wagers move that player's balance",
            seen=f"{player.id} is off by {player.off}, {another_player.id} by {another_player.off}",
            exchanges=race,
            off=abs(player.off),
            observed=Observed.MONEY,
        )


@pytest.mark.players(1, 2)
@pytest.mark.rules("INV-04")
def test_concurrent_histories_are_linearizable(players: list[Player], judge: Judge, effort: Effort) -> None:
    """There is an order of the concurrent wagers in which a wallet would have given these answers."""
    plan = Plan(
        "INV-04",
        (Verb.BET, Verb.BET, Verb.RESULT, Verb.COPY, Verb.ROLLBACK),
        _OPENING,
        units=(50, 600),
        together=min(8, effort.width),
    )
    _stories(players, judge, effort, plan, partial(Stage, concurrent=True))


@pytest.mark.players(1, 2)
@pytest.mark.rules("INV-05")
def test_under_faults(players: list[Player], judge: Judge, effort: Effort) -> None:
    """Under lost answers, slow and cut connections, restarts, and the provider's retries, no money is lost or made."""
    if judge.run.route.restart is not None and judge.run.settings.story is None:
        # First: one such story takes longest, and others go on beside it.
        plan = Plan("INV-05", (*_SEQUENTIAL, Verb.RESTART), _OPENING, faults=FAULTS[:2])
        _stories(players, judge, effort, plan, examples=effort.restarts)
    verbs = (Verb.BET, Verb.RESULT, Verb.ROLLBACK, Verb.COPY)
    _stories(players, judge, effort, Plan("INV-05", verbs, _OPENING, faults=FAULTS))
