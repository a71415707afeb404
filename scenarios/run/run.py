"""One run of the judge against one target: what its scenarios share."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, partial
from random import Random

from scenarios.driver.driver import Driver
from scenarios.oracles.model import OPEN, Model
from scenarios.oracles.plain_faults import PlainFaults
from scenarios.run.findings import Opening, Overdue, ScenarioResult
from scenarios.run.guard import Guard
from scenarios.run.planning.cost import round_trip
from scenarios.run.planning.estimate import about, bound
from scenarios.run.planning.settings import Settings
from scenarios.run.planning.width import width
from scenarios.run.reach import Reach
from scenarios.run.readings import REPORTED_BY_ANSWERS, hold_reported, hold_whole, last_about
from scenarios.run.restore import Restore
from scenarios.target.lock import PlayerLock
from scenarios.wallet.call_probe import CallProbe
from scenarios.wallet.driver_probe import DriverProbe
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import FreePlayers, Known, Player
from scenarios.wallet.probe_self_test import Diagnosis
from scenarios.wallet.probes import (
    Likely,
    Probe,
    Reading,
    WagersProbe,
    nothing_likely,
)
from simulators.exchanges.history import Exchange, History, Purpose
from simulators.exchanges.redaction import Redactor
from simulators.operator.delivery import Operator
from simulators.providers import OPERATOR
from simulators.transport.pace import Pace
from simulators.transport.rate_limits import Limits
from simulators.wallet.names import Names
from simulators.wallet.transactions import Transaction

# Seconds for one answer where no [operator] says otherwise.
_TIMEOUT = 5.0
# How many exchanges in a row put one player back, about, and how long each takes where that was not measured.
_TO_RESTORE = 12
_QUICK = 0.005
# How many requests are under way at once, at most; on a far link most of them are on their way, not in the CLIENT.
_MOST_AT_ONCE, _MOST_AT_ONCE_FAR = 16, 32
# Seconds to the CLIENT and back from which on it is far, and it pays to send before the answer came; the share of them,
# and the most seconds, by which that is later: enough to arrive later, too.
_FAR = 0.02
_AHEAD, _ENOUGH = 0.25, 0.025


@dataclass
class Run:
    """The state of one run; made once, before the first scenario.

    ``reach`` is the way to the target, ``guard`` watches that it stays there. ``diagnosis`` says why balances
    cannot be read at all, ``suspicion`` why not through wagers, where the driver reads them. ``choices`` is what
    the CLIENT was seen to choose where the contract leaves a choice, by the fields of the wallet model.
    ``plain_faults`` is what plain transactions do wrong: alone, looked for before races and stories, and behind others,
    once money was found wrong. ``behind_stories`` are the rules that tell of what broke stories.
    ``away`` are the exchanges of scenarios in which the CLIENT went away and that were judged again, ``died_at`` those
    scenarios that it survived then. ``noticed`` is what the judge's own wagers showed. ``at_its_word`` says that
    nothing tells balances and every bet is taken: only what answers decide is judged. ``round_trip`` is seconds to the
    CLIENT and back, None where that was not measured, ``turn`` to the next request, both of the beginning; ``slower``
    is how many times as long answers were seen to take since then. ``planned`` are so many scenarios of each provider.
    ``lock`` knows of other runs that use the players, ``free`` which of them no scenario acts for while several run
    side by side (else None), and ``aside`` the one then whose conversions only pass the time. ``again`` is whether a
    scenario is run once more, as it broke a rule, ``wrong_once`` whether a wrong balance was seen that was right when
    it was tried again, ``disturbed`` whether one moved with nothing sent. ``overdue`` is what the CLIENT was waited for
    in vain to do.
    """

    settings: Settings
    clock: Callable[[], float] = time.monotonic
    history: History = field(default_factory=History)
    results: list[ScenarioResult] = field(default_factory=list)
    gone_after: str | None = None
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    suspicion: Diagnosis = field(default_factory=Diagnosis)
    noticed: list[Noticed] = field(default_factory=list)
    at_its_word: bool = False
    warnings: list[str] = field(default_factory=list)
    choices: dict[str, frozenset[StrEnum]] = field(default_factory=dict)
    plain_faults: PlainFaults = field(default_factory=PlainFaults)
    behind_stories: set[str] = field(default_factory=set)
    interrupted: bool = False
    away: list[range] = field(default_factory=list)
    died_at: list[str] = field(default_factory=list)
    round_trip: float | None = None
    turn: float | None = None
    slower: float = 1.0
    planned: Mapping[str, int] = field(default_factory=dict)
    lock: PlayerLock = field(default_factory=PlayerLock)
    free: FreePlayers | None = None
    aside: Player | None = None
    again: bool = False
    wrong_once: bool = False
    disturbed: bool = False
    overdue: list[Overdue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = self.settings.applicable()
        target = self.settings.target
        if target.jackpot is None and target.checkout is None:
            target.need_operator()
        operator, players = target.operator, target.players
        self.redactor = Redactor(target.secrets())
        self.driver = Driver(target)
        self.limits = Limits(target.target.max_connections, target.target.max_requests_per_second or None)
        self.pace = Pace(self.limits)
        self.route = target.route(
            self.history,
            timeout=operator.timeout if operator else _TIMEOUT,
            limits=self.limits,
            connections=_MOST_AT_ONCE_FAR,
            pace=self.pace,
        )
        self.players = [Player(name, players.currency) for name in players.ids] if players else []
        others = players.others if players else {}
        self.other_players = [Player(name, currency) for currency, names in others.items() for name in names]
        agreed = operator.currencies if operator else ()
        # In each of their currencies the rules about money are judged once more.
        self.further_players = [player for player in self.other_players if player.currency in agreed]
        # What reads balances in further currencies, by their codes.
        self.probes: dict[str, Probe] = {}
        # Test players' money in other currencies, where scenarios looked for some; None where there is none.
        self.abroad: dict[tuple[str, str], Player | None] = {}
        self.reach = Reach(
            target,
            self.route,
            Verbs(self.channel, noticed=self.noticed) if operator else None,
            self.players[0] if self.players else None,
        )
        effort = self.settings.effort
        self.guard = Guard(self.reach, self.driver, self.bound, effort.return_within, self.clock)
        if self.driver.has("restart"):
            self.route.restart = self.guard.restart

    @property
    def time_limit(self) -> float | None:
        """Seconds that the run was given, by its settings or by the target."""
        return self.settings.time_limit or self.settings.target.target.time_limit

    def bound(self, elapsed: float = 0.0) -> float:
        """Seconds that the run may take: as given, or as the link and the pace were learned.

        The link is looked at again when ``elapsed`` seconds are over and are too many.
        """
        if self.time_limit:
            return self.time_limit
        limit = partial(bound, self.settings.effort, self.turn, self.limits.max_requests_per_second)
        seconds = limit(len(self.further_currencies), self.slower)
        if elapsed <= seconds or not self.round_trip:
            return seconds
        now = round_trip(self.history, None) or 0.0
        self.slower = max(self.slower, now / self.round_trip)
        return limit(len(self.further_currencies), self.slower)

    @property
    def further_currencies(self) -> list[str]:
        """The currencies beside the players' own in which the rules about money are judged once more."""
        return list(dict.fromkeys(player.currency for player in self.further_players))

    @property
    def about(self) -> float | None:
        """Seconds that all of the run probably takes; None where the link was not measured."""
        if self.turn is None:
            return None
        rate = self.limits.max_requests_per_second
        further = len(self.further_currencies)
        return about(self.settings.effort, self.turn, self.planned, len(self.players), rate, further)

    @property
    def too_long(self) -> bool:
        """Whether all of the run probably takes longer than it may."""
        return self.about is not None and self.about > self.guard.seconds

    @property
    def model(self) -> Model:
        """The wallet that the CLIENT is, as far as its choices are known; what is not known is open."""
        operator = self.settings.target.operator
        chosen = replace(OPEN, **self.choices)  # type: ignore[arg-type]
        return chosen if operator is None else chosen.spoken_with(operator.words.abilities)

    @cached_property
    def channel(self) -> Operator:
        """The way from the OPERATOR to the CLIENT; raises UsageProblem where the target has no OPERATOR."""
        operator, _ = self.settings.target.need_operator()
        return Operator(
            operator.callback_url,
            operator.security_hash.get_secret_value(),
            self.route,
            operator.words,
            Names(player.id for player in (*self.players, *self.other_players)),
        )

    @cached_property
    def verbs(self) -> Verbs:
        """The OPERATOR as scenarios see it; raises UsageProblem where the target has none."""
        return Verbs(self.channel, guard=self.guard, noticed=self.noticed)

    @cached_property
    def probe(self) -> Probe:
        """What reads balances; raises UsageProblem where the target has no OPERATOR."""
        wanted = self.settings.target.probe
        if wanted in ("wagers", "call"):
            return WagersProbe(self.verbs) if wanted == "wagers" else CallProbe(self.verbs)
        return DriverProbe(self.verbs, self.driver, wanted)

    @cached_property
    def width(self) -> int:
        """How many requests may be under way at once; finds it out, by wagers, when it is asked for the first time."""
        most = self.limits.width(_MOST_AT_ONCE_FAR if self._far else _MOST_AT_ONCE)
        operator = self.reach.operator
        found = 1 if operator is None else width(operator, self.players[0], most, self.route.timeout)
        self.route.concurrency.answers = found
        return found

    @property
    def probe_name(self) -> str:
        """What reads balances, for reports; "nothing" where the target has no OPERATOR, and so no balances."""
        if self.settings.target.operator is None:
            return "nothing"
        fallen_back = isinstance(self.probe, CallProbe) and not self.probe.trusted
        return WagersProbe.name if fallen_back else self.probe.name

    def warn(self, text: str) -> None:
        """Tell of something that whoever runs the check must know, once however often it comes up."""
        if text not in self.warnings:
            self.warnings.append(text)

    def while_there(self, exchanges: Iterable[Exchange] | None = None) -> Iterator[Exchange]:
        """Those ``exchanges``, by default all of the run, of the time in which the CLIENT was there."""
        among = self.history.since(0) if exchanges is None else exchanges
        return (one for one in among if not any(one.number in gone for gone in self.away))

    def wagers(self, start: int) -> list[Exchange]:
        """What was sent as a wager since exchange ``start``, without the probe's own."""
        return [
            one
            for one in self.history.since(start)
            if one.provider == OPERATOR and one.purpose is not Purpose.PROBE
        ]

    def sent_in(self, result: ScenarioResult) -> list[Exchange]:
        """The exchanges of the scenario of ``result``, without those of scenarios at its side."""
        return [one for one in self.history.since(result.first_exchange) if one.scenario == result.id]

    def lane(self, players: list[Player], guard: Callable[[Exchange], None]) -> "Run":
        """This run as a scenario sees it that is judged beside others, by wagers of ``players`` alone.

        ``guard`` is called after every exchange.
        """
        # Made before, so that all lanes share it.
        assert self.restoring is not None
        lane = copy(self)
        lane.players = players
        lane.verbs = replace(self.verbs, guard=guard)
        assert isinstance(self.probe, WagersProbe)
        lane.probe = self.probe.over(lane.verbs)
        return lane

    def rng(self, scenario: str) -> Random:
        """The scenario's own source of chance: the same for the same seed, whatever else is selected."""
        return Random(f"{self.settings.seed}:{scenario}")

    @cached_property
    def restoring(self) -> Restore:
        """What puts players back; one for all lanes and currencies."""
        players = [*self.players, *self.other_players]
        return Restore(self.verbs, players, self.guard, self.warn, lambda: self.width)

    def read(
        self, player: Player, expected: Decimal, likely: Likely = nothing_likely, *, last: bool = False
    ) -> Reading:
        """Read the balance, which is probably ``expected``, else one of ``likely``, and keep it in mind.

        Where it is the ``last`` before the player is funded anew, nothing has to be put back. Raises Unreadable.
        """
        # Vouchers move money, too, of which no transaction tells.
        alone = not (self.suspicion.why or player.id in self.driver.converted or self.lock.shared())
        tells = REPORTED_BY_ANSWERS in self.settings.rules and alone
        reported = last_about(self.verbs, player) if tells else None
        reading = self._reader.read(player, expected, likely, last=last)
        # Where the balance is another than it should be, another rule's fault may have made it so.
        if reported is not None and reading.amount == expected and not self.at_its_word:
            hold_reported(self.verbs, player, reported, reading)
        if alone and reading.amount == expected and isinstance(self.probe, WagersProbe):
            hold_whole(self.verbs, player, reading, self.probe.reasons)
        if reading.restored:
            player.known.append(Known(reading.now, len(self.history)))
        return reading

    @property
    def _reader(self) -> Probe:
        """What reads balances, and how far it may go ahead of answers now."""
        if isinstance(self.probe, WagersProbe):
            self.probe.ahead = self._ahead
        return self.probe

    @property
    def _ahead(self) -> float | None:
        """Seconds after which what reads a balance may send on without an answer, None where it is to wait for it."""
        seconds = self.round_trip or 0.0
        return min(_AHEAD * seconds, _ENOUGH) if self._far and self.width > 1 and not self.again else None

    @property
    def _far(self) -> bool:
        return (self.round_trip or 0.0) >= _FAR

    def proved(self, player: Player) -> Decimal | None:
        """The balance as it was read or brought about last, None where something may have moved it since then."""
        reported = player.touched and player.known and player.id not in self.driver.converted
        if not reported or self.at_its_word:
            return None
        last = player.known[-1]
        moved = not all(_is_about_another(one, player) for one in self.history.since(last.since))
        return None if moved else last.amount

    def fresh(self, player: Player, guess: Decimal | None = None) -> None:
        """Bring ``player``, who probably has ``guess``, to exactly zero; the first time, keep in mind what it owned.

        Raises Unreadable.
        """
        if self.at_its_word:
            return
        self.restoring.lend(player)
        found = self._reader.empty(player, self.restoring.alike(player) if guess is None else guess)
        if not player.touched:
            player.touched, player.opening = True, found
        player.known.append(Known(Decimal(0), len(self.history)))

    def beyond(self, player: Player) -> Decimal | None:
        """How much more than ``player`` owns can be bet; None where nobody said what it owned when the run began."""
        players = self.settings.target.players
        opening = players.opening.get(player.id) if players else None
        return None if opening is None or player.owned is None else player.owned - opening

    def openings(self, first: int) -> tuple[Opening, ...]:
        """What the players had since exchange ``first``, as far as it was known."""
        return tuple(
            Opening(player.id, player.currency, one.amount, one.since)
            for player in (*self.players, *self.other_players)
            for one in player.known
            if one.since >= first
        )

    def adopt(self, player: Player) -> None:
        """Keep ``player``, a test player's money in another currency, to put it back with the others."""
        self.abroad[player.id, player.currency] = player
        self.restoring.players.append(player)

    def to_restore(self) -> tuple[int, float]:
        """How many players are still to be put back, and about how many seconds that takes."""
        count = sum(player.touched for player in self.restoring.players)
        return count, max(1.0, count * _TO_RESTORE * (self.round_trip or _QUICK))

    def restore(self) -> None:
        """Give every player back what it owned when the run began; say so where that fails."""
        if self.settings.target.operator is None:
            return
        self.restoring.all(lambda player: self.probes.get(player.currency, self.probe))
        if self.diagnosis.why:
            self.warn(
                f"player {self.players[0].id} is put back only as far as wagers can be trusted: "
                f"{self.diagnosis.cause}"
            )

    def close(self) -> None:
        """Close every connection."""
        self.route.close()


def _is_about_another(exchange: Exchange, player: Player) -> bool:
    message = exchange.message
    return isinstance(message, Transaction) and message.player != player.id
