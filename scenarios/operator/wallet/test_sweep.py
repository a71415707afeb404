"""The sweep: when all is done, what is oldest is rolled back, and everything genuine that was sent is sent once more.

Story: an OPERATOR reconciles at the end of the day: it gives up what is oldest, and sends again whatever it is not sure
of, from the oldest to the newest, many at once. Invariant: the same answers as the first time, and no money;
what is old is rolled back like what is new. Limits: what was refused, or was sent in several forms under one id, is
left out, as other rules leave a choice there; a sample at low effort.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from random import Random

import pytest

from scenarios.cases.at_once import Chain, all_hold
from scenarios.cases.batch import blame
from scenarios.cases.kinds import KINDS, answered_alike, done
from scenarios.oracles.attempts import messages_of
from scenarios.oracles.model import Late
from scenarios.oracles.plain_faults import BET_UNDONE, ORPHAN, RESULT_UNDONE
from scenarios.run.judge import Judge, said
from scenarios.run.planning.effort import Effort
from scenarios.run.planning.width import side_by_side
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose
from simulators.wallet.transactions import Kind, Transaction

pytestmark = pytest.mark.needs("probe")

# What each player has meanwhile, in smallest units, and how many of the oldest come first and once more last.
_FUNDS = 50_000
_OLDEST = 8


@pytest.mark.last(2)
@pytest.mark.usefixtures("choices_learned")
@pytest.mark.rules("RBK-01", "RBK-02", "RBK-06", "RBK-07")
def test_late_rollbacks(run: Run, operator: Verbs, player: Player, judge: Judge) -> None:
    """What was done first in a run is rolled back at its end as at once, and what was rolled back then stays so."""
    balance = judge.fund(player, _FUNDS, covered=True)
    oldest = _oldest(run, player)
    late = {"RBK-01": Kind.BET, "RBK-02": Kind.RESULT, "RBK-07": BET_UNDONE, "RBK-06": ORPHAN}
    if run.model.late_bet != {Late.NOTHING} or not operator.channel.dialect.abilities.unknown_rollbacks:
        del late["RBK-06"]
    judge.needs(oldest.keys() & late.values(), "nothing was accepted that could be rolled back late")
    for rule, kind in late.items():
        first = oldest.get(kind)
        if first is None:
            continue
        message = first.message
        seconds = run.history.now() - (first.answered or first.invoked)
        case = f"{kind}, {seconds:.0f} s and {len(run.history) - first.number} requests ago"
        if kind == ORPHAN:
            bet = operator.transaction("bet", player, message.amount, id=message.of)
            exchange = operator.send(bet, label="bet (late)")
        else:
            exchange = operator.rollback(message.of or message.id, player, message.amount)
        moved = {Kind.BET: message.amount, Kind.RESULT: -message.amount}.get(message.kind, Decimal(0))
        if message.of is None:
            judge.accepted(rule, exchange, case=case)
        balance = judge.balance(rule, player, balance + moved, first, exchange, case=case)


def _oldest(run: Run, player: Player) -> dict[str, Exchange]:
    """The oldest of each kind that was accepted for ``player``, covered, and of an amount that can be read.

    Wagers were never rolled back, nor what is rolled back a second time; nothing ever came for orphans.
    """
    sent = {message.id: message for one in run.history for message in messages_of(one)}
    times = Counter(message.of for message in sent.values())
    oldest: dict[str, Exchange] = {}
    for kind, one in _accepted(run, [player]):
        message = one.message
        rolled_back = times[message.id if message.of is None else message.of]
        came = kind == ORPHAN and message.of in sent
        readable = 0 < message.amount <= player.money(_FUNDS // 4) and not message.amount % player.unit
        if readable and rolled_back == (message.of is not None) and not came:
            oldest.setdefault(kind, one)
    return oldest


@pytest.mark.last(4)
@pytest.mark.rules("IDM-04")
def test_everything_genuine_once_more(
    run: Run, operator: Verbs, players: list[Player], judge: Judge, effort: Effort, rng: Random
) -> None:
    """At the end of a run everything genuine is sent once more: the same answers, and no money."""
    recognised = _recognised(operator, judge, players[0])
    firsts = [(kind, one) for kind, one in _accepted(run, players) if kind in recognised]
    chosen = _sample(firsts, effort.crowd, rng)
    judge.each(players, lambda judge, player: judge.fund(player, _FUNDS))
    again, given = [*chosen, *chosen[:_OLDEST]], _client_ids(run)
    copies = side_by_side([partial(operator.again, one, Purpose.SWEEP) for one in again], run.width)
    case = f"{len(copies)} of {len(firsts)} sent again at the end of the run"
    for first, copy in zip(again, copies, strict=True):
        judge.holds(
            "IDM-04",
            # One that got several ids before, as copies raced, is other rules'.
            copy.answer is None or (copy.ok and copy.client_id in given[first.message.id]),
            expected=f"the copy is answered as the first: {said(first)}",
            seen=said(copy),
            exchanges=[first, copy],
            case=case,
        )

    def unmoved(judge: Judge, player: Player) -> None:
        before, own = len(judge.result.findings), [one for one in copies if one.message.player == player.id]
        judge.balance("IDM-04", player, player.money(_FUNDS), *own, case=case, last=True)
        blame(judge, before, [])

    judge.each(players, unmoved)


def _recognised(operator: Verbs, judge: Judge, player: Player) -> set[str]:
    """The kinds of which a copy that comes at once is answered as the first and moves nothing; others have rules."""

    def twice(units: int, kind: str) -> list[Exchange] | None:
        first = done(kind, operator, player, units)
        return None if first is None else [first, operator.again(first)]

    def answers(sent: Sequence[Exchange], _case: str) -> None:
        judge.holds("IDM-04", answered_alike(*sent), expected="", seen="")

    kinds = (*KINDS, ORPHAN)
    if all_hold("IDM-04", judge, player, [Chain(partial(twice, kind=kind), answers) for kind in kinds]):
        return set(kinds)
    judge.fund(player, _FUNDS)
    return {kind for kind in kinds if _recognised_alone(kind, operator, judge, player)}


def _recognised_alone(kind: str, operator: Verbs, judge: Judge, player: Player) -> bool:
    first = done(kind, operator, player)
    if first is None:
        return False
    before = judge.measure(player)
    return answered_alike(first, operator.again(first)) and judge.measure(player, before) == before


def _client_ids(run: Run) -> dict[str, set[str | int | None]]:
    """The CLIENT's ids that each transaction was answered with so far."""
    given: dict[str, set[str | int | None]] = defaultdict(set)
    for exchange in run.history:
        if exchange.ok and isinstance(exchange.message, Transaction):
            given[exchange.message.id].add(exchange.client_id)
    return given


def _accepted(run: Run, players: list[Player]) -> Iterator[tuple[str, Exchange]]:
    """What was accepted for test players, each with its kind, in one form and never refused; the oldest first."""
    sent: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in run.history.since(0):
        for message in messages_of(exchange):
            sent[message.id].append(exchange)
    own = {(player.id, player.currency) for player in players}
    for name, same in sent.items():
        message = same[0].message
        accepted = next((one for one in same if one.ok), None)
        # What stands beside another is sent with that.
        if accepted is None or message.id != name or (message.player, message.currency) not in own:
            continue
        genuine = all(one.genuine and not one.refused for one in same)
        if genuine and len({(one.request.url, one.request.body) for one in same}) == 1:
            yield _kind(message, sent), accepted


def _kind(message: Transaction, sent: dict[str, list[Exchange]]) -> str:
    """The kind of a transaction; a rollback of what moved nothing is like an orphan."""
    if message.kind is not Kind.ROLLBACK:
        return str(message.kind)
    named = [each for one in sent.get(message.of or "", []) if one.ok for each in messages_of(one)]
    undone = [each.kind for each in named if each.id == message.of]
    return {Kind.BET: BET_UNDONE, Kind.RESULT: RESULT_UNDONE}.get(undone[0], "") if undone else ORPHAN


def _sample(firsts: list[tuple[str, Exchange]], size: int, rng: Random) -> list[Exchange]:
    """The oldest, and at most ``size`` others, of each kind alike as far as there are; in the order of leaving.

    Wagers are twenty times as many as rollbacks: of all together, few of the others would be drawn.
    """
    by_kind: dict[str, list[Exchange]] = defaultdict(list)
    for kind, first in firsts[_OLDEST:]:
        by_kind[kind].append(first)
    turns = zip_longest(*(rng.sample(same, len(same)) for same in by_kind.values()))
    drawn = [one for turn in turns for one in turn if one is not None][:size]
    return [*(one for _, one in firsts[:_OLDEST]), *sorted(drawn, key=lambda one: one.number)]
