"""One run's traffic in one worker: whom it sends to, as whom, and the ledger of what it sent.

Made again at each ``test_start`` of Locust, from the options (the master's, which travel to the workers) and the
target file (each machine's own: secrets do not travel). ``of(environment)`` returns it.

Each player belongs to one worker: player p to the worker of rank p modulo the number of workers. Ranks are given out
by the master at the start, by the ids of the workers that are there then; one that joins later plays nobody.
"""

import logging
import sys
from argparse import Namespace
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import options
from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Rates, shares
from loadtests.traffic.player_script import PlayerScript
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.target.demo import target_or_demo
from scenarios.target.loading import Target

log = logging.getLogger(__name__)

# The key in Locust's options under which the master tells who the workers are, in the order of their ranks.
WORKERS: Final = "pitboss_workers"


@dataclass(frozen=True, slots=True)
class Shard:
    """Which players are this worker's: those whose number modulo ``count`` is ``rank``. None where rank is below 0."""

    rank: int = 0
    count: int = 1

    def owns(self, player: int) -> bool:
        """Whether ``player`` is one of this worker's."""
        return player % self.count == self.rank

    def of(self, players: int) -> range:
        """The numbers of this worker's players, of ``players`` in all."""
        return range(self.rank, players, self.count) if self.rank >= 0 else range(0)


@dataclass
class Traffic:
    """What the users of one worker share. ``base_url`` is the callback URL, ``timeout`` in seconds for an answer.

    Where there are more users than players, several play one player at the same time, as people with two browsers do.
    ``ready`` are the players that were prepared. ``beside`` is called when the gate is closed, with seconds: what else
    moves money on the wallets ends in that time, and says whether it did. ``again`` is called when the gate is open
    once more: it may begin again.
    """

    target: Target
    base_url: str
    players: Sequence[str]
    shard: Shard
    rates: Rates
    callbacks: Callbacks
    ledger: Ledger
    timeout: float
    rng: Random
    ready: "array[int]" = field(default_factory=lambda: array("q"))
    beside: Callable[[float], bool] | None = None
    again: Callable[[], None] | None = None
    # The kinds of traffic of which something was sent, and those that were asked for.
    kinds: set[str] = field(default_factory=set)
    asked: Sequence[str] = ()
    _mine: range = field(init=False)
    _prepared: bytearray = field(init=False)
    _next: int = 0
    _left: list[int] = field(default_factory=list)
    _preparing: dict[int, Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._mine = self.shard.of(len(self.players))
        self._prepared = bytearray(len(self.players))

    def take(self) -> int | None:
        """A player for one more user: one that nobody plays, if there is one. None where this worker has none."""
        if self._left:
            return self._left.pop()
        if not self._mine:
            return None
        player = self._mine[self._next % len(self._mine)]
        self._next += 1
        return player

    def give_back(self, player: int) -> None:
        """A user that played ``player`` has ended."""
        self._left.append(player)

    def prepare(self, player: int) -> None:
        """Let the ledger make ``player`` ready, once; other users of the same player wait for it."""
        under_way = self._preparing.get(player)
        if under_way is not None:
            under_way.wait()
            return
        done = self._preparing[player] = Event()
        try:
            self.ledger.prepare(player)
            # Where the gate was closed before, nothing was learnt; a user that comes later asks again.
            if self.ledger.gate_open and not self._prepared[player]:
                self._prepared[player] = 1
                self.ready.append(player)
        finally:
            done.set()
            del self._preparing[player]

    def finish(self, timeout: float) -> bool:
        """Let what moves money beside the rounds end, in ``timeout`` seconds; say whether it did. To be called by
        the audit once the gate is closed.
        """
        return self.beside is None or self.beside(timeout)

    def go_on(self) -> None:
        """Open the gate again, for rounds and for what moves money beside them."""
        self.ledger.open_gate()
        if self.again is not None:
            self.again()

    def script(self, player: int) -> PlayerScript:
        """The script of ``player``: each of its rounds is a generator of what to send."""
        return PlayerScript.of(player, self.ledger, self.rates, self.rng, self.callbacks, self.kinds)


_current: WeakKeyDictionary[Environment, Traffic] = WeakKeyDictionary()


def of(environment: Environment) -> Traffic:
    """The traffic of the test that runs; raises LookupError before the first began, and on a master."""
    try:
        return _current[environment]
    except KeyError:
        raise LookupError("no test has started in this process") from None


def register(events: Events) -> None:
    """Make traffic at each start of a test; complain about options and the target file when Locust starts."""
    events.init.add_listener(_on_init)
    events.test_start.add_listener(_on_test_start)


def target(parsed: Namespace) -> Target:
    """The target that ``parsed`` options name, or what fits `pitboss client`. Raises UsageProblem."""
    return target_or_demo(Path(parsed.target_file) if parsed.target_file else None)


@contextmanager
def refusing() -> Iterator[None]:
    """End Locust while it starts where a UsageProblem is raised inside: it would go on after any exception in a
    listener but this one, and report code 1.
    """
    try:
        yield
    except UsageProblem as problem:
        print(f"pitboss: {problem.format_message()}", file=sys.stderr)
        sys.exit(int(Exit.USAGE))


def make(parsed: Namespace, host: str | None, shard: Shard) -> Traffic:
    """The traffic of ``shard`` that ``parsed`` options ask for. Raises UsageProblem, and what the files say."""
    found = target(parsed)
    operator, known = found.need_operator()
    callbacks = Callbacks(operator.words, operator.security_hash.get_secret_value(), known.currency)
    players = options.players_named(parsed.players, parsed.player_count, known.ids)
    rates = options.rates(parsed, known.currency)
    return Traffic(
        target=found,
        base_url=options.callback_url_of(found, host),
        players=players,
        shard=shard,
        rates=rates,
        callbacks=callbacks,
        ledger=Ledger.of(players, callbacks),
        timeout=operator.timeout,
        # Of several workers each draws its own; the text keeps seed and rank apart.
        asked=[*shares(rates), *(["conversions"] if parsed.conversions else [])],
        rng=Random(f"{parsed.seed}/{shard.rank}"),
    )


def _on_init(environment: Environment, **_: Any) -> None:
    parsed = environment.parsed_options
    assert parsed is not None
    # To one who comes late the master's options have travelled already.
    parsed.target_file = options.own_target_file()
    # Timers count from the event loop's last look at the clock, which was before the imports: --run-time would be
    # shorter by the seconds that these took.
    gevent.get_hub().loop.update_now()
    with refusing():
        traffic = make(parsed, environment.host or parsed.host, Shard())
    if not environment.host:
        environment.host = parsed.host = traffic.base_url
    traffic.ledger.close()


def _on_test_start(environment: Environment, **_: Any) -> None:
    parsed, runner = environment.parsed_options, environment.runner
    assert parsed is not None
    if isinstance(runner, MasterRunner):
        clients = runner.clients.ready + runner.clients.running + runner.clients.spawning
        setattr(parsed, WORKERS, sorted(each.id for each in clients))
        return
    before = _current.pop(environment, None)
    if before is not None:
        before.ledger.close()
    parsed.target_file = options.own_target_file()
    try:
        _current[environment] = make(parsed, environment.host, _shard(runner, parsed))
    except UsageProblem as problem:
        # From the web form: what was asked for cannot be, and nothing is sent.
        log.error("nothing is sent: %s", problem.format_message())  # noqa: TRY400 - the three beats say it all
        environment.process_exit_code = int(Exit.USAGE)


def _shard(runner: Any, parsed: Namespace) -> Shard:
    if not isinstance(runner, WorkerRunner):
        return Shard()
    shard = shard_of(runner.client_id, getattr(parsed, WORKERS, []))
    if shard.rank < 0:
        log.warning("this worker joined when the test had started, and plays nobody; start the test again")
    return shard


def shard_of(worker: str, workers: Sequence[str]) -> Shard:
    """The share of ``worker`` (its id), of the ``workers`` that the master said; of nobody where it is none of them."""
    return Shard(workers.index(worker) if worker in workers else -1, max(len(workers), 1))
