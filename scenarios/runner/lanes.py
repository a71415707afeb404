"""Scenarios side by side: with three test players or more, as many at once, each with players of its own.

First those that judge what is sent alone and then what rests on the choices that these showed; next those that race or
cut, then those that may stop the CLIENT; in each part those come first that take longest. What does the most harm, and
what is marked ``alone`` since it is about all that a provider or the CLIENT does, runs alone and last. What is about
all that the CLIENT asks the OPERATOR moves no player's money: it runs beside the others, one after the other, however
few players there are.
Each part runs before pytest's own loop comes to it, which then takes over how each ended. One that did not end well is
judged alone: what it found is looked at once more there, and one that an exception ended is judged again. So nothing is
said of a CLIENT that several scenarios at once alone have shown.
"""

import contextlib
import inspect
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import pytest

from scenarios.cases.choices import learn_all
from scenarios.contract import RULES, Rule
from scenarios.run.findings import ScenarioResult
from scenarios.run.guard import OutOfBounds, TargetGone
from scenarios.run.judge import Judge
from scenarios.run.planning.estimate import lanes
from scenarios.run.run import Run
from scenarios.runner.fixture_values import NAMES, Simulators, in_lane
from scenarios.runner.fixtures import JUDGE, choices_learned
from scenarios.runner.needs import alone_in, currency_of, held_by, lacking, players_for, provider_of, rules_of
from scenarios.runner.order import AFTER_CHOICES, HARM, grows, turn
from scenarios.wallet.player import FreePlayers, Player
from scenarios.wallet.probes import WagersProbe
from simulators.exchanges.history import Exchange
from simulators.providers import JACKPOT

# Driver entries that act on all that the CLIENT has.
_FOR_ALL: Final = frozenset({"restart", "sweep"})
# Set on a scenario that ran in a lane, and whose end stands.
AHEAD: Final = pytest.StashKey[bool]()


@dataclass
class Lanes:
    """Runs what can run side by side of ``items``.

    ``keep`` takes the result of each that ended well, and says whether that stands.
    """

    run: Run
    simulators: Simulators
    items: Iterable[pytest.Item]
    keep: Callable[[ScenarioResult], bool]
    _parts: dict[float, list[pytest.Function]] = field(default_factory=lambda: defaultdict(list))
    # What is taken from both is taken while ``changed`` of the latter is held.
    _waiting: list[pytest.Function] = field(default_factory=list)
    _free: FreePlayers = field(default_factory=FreePlayers)
    # The providers whose simulators scenarios under way have to themselves.
    _taken: set[str | None] = field(default_factory=set)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _learning: threading.Lock = field(default_factory=threading.Lock)
    # Where the scenarios began that were under way when the CLIENT went away.
    _cut: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        fit = [item for item in self.items if isinstance(item, pytest.Function) and self._fits(item)]
        # A run that a limit ends has them in the order of their worth.
        for item in fit if self.run.time_limit is not None else sorted(fit, key=_later):
            self._parts[turn(item)].append(item)

    def go(self, last: float) -> None:
        """Run what has its turn up to ``last`` and did not yet. Raises KeyboardInterrupt once every lane stopped."""
        # What rests on choices learns those that are not known yet, and is judged anew where it finds anything: it need
        # not wait until all before it have ended.
        due = [item for at in sorted(self._parts) if at <= last for item in self._parts.pop(at)]
        number = min(self._lanes(due), self.run.width, len(due))
        if number < 2 or not self._worthwhile():
            return
        with self.run.route.concurrency.narrowed(self.run.width):
            self._side_by_side(due, number)
        if self._cut:
            self.run.away.append(range(min(self._cut), len(self.run.history)))
            self._cut.clear()
            with contextlib.suppress(TargetGone):
                self.run.guard.wait_return()
            self.run.warn(
                "the CLIENT went away with several scenarios under way; each was judged again, alone"
            )

    def _lanes(self, items: list[pytest.Function]) -> int:
        """How many of ``items`` can run at once: what moves money, and one that moves none."""
        return lanes(len(self.run.players)) + any(not held_by(item) for item in items)

    def _side_by_side(self, items: list[pytest.Function], number: int) -> None:
        """Run ``items``, so many at once."""
        self._waiting[:], self.run.free = items, self._free
        players = [*self.run.players]
        # One passes the time for the others' conversions.
        self.run.aside = players.pop() if any(map(_converts, items)) else None
        self._free.players[:], self._free.kept = players, True
        with ThreadPoolExecutor(number, thread_name_prefix="lane") as pool:
            try:
                for ended in [pool.submit(self._work) for _ in range(number)]:
                    ended.result()
            except BaseException:
                self._stop()
                raise
            finally:
                self.run.free = self.run.aside = None
                self.run.history.forget_owners()

    def _stop(self) -> None:
        self._stopped.set()
        with self._free.changed:
            self._free.changed.notify_all()

    def _worthwhile(self) -> bool:
        """Whether wagers tell balances here, nobody wants the first finding alone, and time is left."""
        run = self.run
        return (
            isinstance(run.probe, WagersProbe)
            and not (run.diagnosis.why or run.suspicion.why or run.at_its_word)
            and not run.settings.first_only
            and not (run.guard.over or self._paced)
        )

    @property
    def _paced(self) -> bool:
        """Whether the CLIENT takes so few requests that what matters most has to come first."""
        return self.run.pace.learned is not None and self.run.too_long

    def _fits(self, item: pytest.Function) -> bool:
        asked = inspect.signature(item.function).parameters
        return (
            turn(item) <= HARM
            and bool(rules_of(item))
            and _fixtures_used(item) <= {choices_learned.__name__}
            and alone_in(item) != ""
            and not (_converts(item) and lanes(len(self.run.players)) == 1)
            and all(self._apart(RULES[rule]) for rule in rules_of(item))
            and not currency_of(item)
            and asked.keys() <= NAMES
            and lacking(item, self.run) is None
        )

    def _apart(self, rule: Rule) -> bool:
        """Whether what ``rule`` is about touches nobody but the players of its scenario."""
        lasting = _FOR_ALL if self.run.driver.has("unban") else _FOR_ALL | {"ban"}
        return lasting.isdisjoint(rule.needs)

    def _guard(self, exchange: Exchange) -> None:
        if self._stopped.is_set():
            raise OutOfBounds("the scenarios at its side were stopped")
        self.run.guard(exchange)

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            item, players = taken
            try:
                named = players or self.run.players[: players_for(item)[1]]
                self._judge(item, self.run.lane(named, self._guard))
            finally:
                with self._free.changed:
                    self._taken.discard(alone_in(item))
                    self._free.players += players
                    self._free.changed.notify_all()

    def _take(self) -> tuple[pytest.Function, list[Player]] | None:
        """Take the next scenario and its players, once enough are free; None where there is none any more.

        What stands behind one that waits for two players waits, too: else it would wait for all of them.
        """
        free = self._free
        with free.changed:
            while self._waiting and not (self._stopped.is_set() or self._paced):
                item = next((one for one in self._waiting if alone_in(one) not in self._taken), None)
                number = 0 if item is None else self._held(item)
                if item is not None and number <= len(free.players):
                    self._waiting.remove(item)
                    self._taken |= {alone_in(item)} - {None}
                    players, free.players[:number] = free.players[:number], []
                    free.kept = bool(self._waiting)
                    free.changed.notify_all()
                    return item, players
                free.changed.wait()
        return None

    def _held(self, item: pytest.Function) -> int:
        """How many players ``item`` has for itself: all of them, where one at a time moves money."""
        held, players = held_by(item), len(self.run.players)
        return players if held and lanes(players) == 1 else min(held, players)

    def _judge(self, item: pytest.Function, lane: Run) -> None:
        alone = item.stash[JUDGE]
        judge, result, history = Judge(lane, alone.result), alone.result, self.run.history
        with history.during(result.id):
            result.first_exchange, result.began = len(history), history.now()
            # What an exception ended will tell by itself, alone.
            with contextlib.suppress(Exception, pytest.skip.Exception):
                self._call(item, judge)
                result.seconds = history.now() - result.began
                item.stash[AHEAD] = True
        if item.stash.get(AHEAD, False) and result.findings and turn(item) != AFTER_CHOICES:
            # All of it was sent beside others' requests, but for the races.
            alone.concurrent_exchanges.update(
                one.number for one in self.run.sent_in(result) if one.race is None
            )
        # What rests on others' findings, too, is judged once those have been looked at.
        elif not (item.stash.get(AHEAD, False) and not result.findings and self.keep(result)):
            item.stash[AHEAD] = False
            result.take()

    def _call(self, item: pytest.Function, judge: Judge) -> None:
        try:
            if _fixtures_used(item):
                with self._learning:
                    learn_all(judge, judge.run.verbs, judge.run.players[0])
            with in_lane(judge, self.simulators) as value:
                item.function(**{name: value(name) for name in inspect.signature(item.function).parameters})
        except TargetGone:
            self._stop()
            self._cut.append(judge.result.first_exchange)
            raise


def _converts(item: pytest.Function) -> bool:
    """Whether the scenario converts balance into vouchers."""
    return provider_of(item) == JACKPOT and players_for(item)[1] > 0


def _later(item: pytest.Function) -> tuple[bool, bool, bool, int]:
    """Behind what takes more: what runs one after the other, conversions, what grows with the effort, two players."""
    return alone_in(item) is None, not _converts(item), not grows(item), -players_for(item)[1]


def _fixtures_used(item: pytest.Function) -> set[str]:
    """The fixtures that the scenario uses without asking for their value."""
    return {name for marker in item.iter_markers("usefixtures") for name in marker.args}


@dataclass
class Ahead:
    """A pytest plugin: what can run in ``lanes`` does when its turn comes, and what ended there for good is over."""

    lanes: Lanes

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Run side by side what has its turn by now."""
        self.lanes.go(max(turn(item), AFTER_CHOICES))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Take over what a lane left, except at a second look."""
        judge = pyfuncitem.stash.get(JUDGE, None)
        done = judge is not None and not judge.again and pyfuncitem.stash.get(AHEAD, False)
        return True if done else None
