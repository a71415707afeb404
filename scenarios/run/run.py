"""One run of the judge against one target: what scenarios share, and what is put back at the end."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from random import Random
from urllib.parse import urlsplit

from scenarios.driver.driver import Driver
from scenarios.problems.errors import TargetProblem
from scenarios.run.effort import NORMAL, Effort
from scenarios.run.findings import ScenarioResult
from scenarios.run.story import Story
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probe_self_test import Diagnosis, diagnose, settle
from scenarios.wallet.probes import DriverProbe, Probe, Unreadable, WagersProbe
from simulators.exchanges.export import Redactor
from simulators.exchanges.history import Answer, Exchange, History, Outcome, Request
from simulators.operator.delivery import Operator
from simulators.transport.http_client import Meaning, Sender
from simulators.transport.rate_limits import Limits

# How long a CLIENT that was started again may take to answer, and how often it is asked.
_RESTART_SECONDS = 30.0
_KNOCK_SECONDS = 0.05
# Seconds for one answer where no [operator] says otherwise.
_TIMEOUT = 5.0


class TargetGone(Exception):
    """The target stopped answering genuine wagers."""


class OutOfBounds(Exception):
    """The run has used up its time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for: the ``rules`` (ids) to judge, how hard, and with which ``seed``.

    ``story`` is a saved story that is played instead of generated ones. ``first_only`` ends the run with the
    first thing that breaks a selected rule, a SHOULD too where ``strict``.
    """

    target: Target
    rules: tuple[str, ...]
    effort: Effort = NORMAL
    seed: int = 0
    strict: bool = False
    story: Story | None = None
    first_only: bool = False


@dataclass
class Run:
    """The state of one run; made once, before the first scenario.

    ``diagnosis`` says why balances cannot be read at all, ``suspicion`` why not through wagers, where the
    driver reads them.
    """

    settings: Settings
    clock: Callable[[], float] = time.monotonic
    history: History = field(default_factory=History)
    results: list[ScenarioResult] = field(default_factory=list)
    gone_after: str | None = None
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    suspicion: Diagnosis = field(default_factory=Diagnosis)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False
    restoring: bool = False

    def __post_init__(self) -> None:
        target = self.settings.target
        if target.jackpot is None and target.checkout is None:
            target.need_operator()
        operator, players = target.operator, target.players
        self.redactor = Redactor(target.secrets())
        self.driver = Driver(target)
        self.limits = Limits(target.target.max_connections, target.target.max_requests_per_second or None)
        self.sender = Sender(
            self.history,
            timeout=operator.timeout if operator else _TIMEOUT,
            ca_file=target.ca_file,
            limits=self.limits,
        )
        self.players = [Player(name, players.currency) for name in players.ids] if players else []
        others = players.others if players else {}
        self.other_players = [Player(name, currency) for currency, name in others.items()]
        self.began = self.clock()

    @cached_property
    def channel(self) -> Operator:
        """The way from the OPERATOR to the CLIENT; raises UsageProblem where the target has no OPERATOR."""
        operator, _ = self.settings.target.need_operator()
        return Operator(
            operator.callback_url,
            operator.security_hash.get_secret_value(),
            self.sender,
            operator.words,
        )

    @cached_property
    def verbs(self) -> Verbs:
        """The OPERATOR as scenarios see it; raises UsageProblem where the target has none."""
        restart = self.restart if self.driver.has("restart") else None
        return Verbs(self.channel, guard=self._guard, restart=restart)

    @cached_property
    def probe(self) -> Probe:
        """What reads balances; raises UsageProblem where the target has no OPERATOR."""
        return self._choose_probe(self.settings.target.target.probe)

    @property
    def probe_name(self) -> str:
        """What reads balances, for reports; "nothing" where the target has no OPERATOR, and so no balances."""
        return "nothing" if self.settings.target.operator is None else self.probe.name

    def _choose_probe(self, wanted: str) -> Probe:
        if wanted == "wagers":
            return WagersProbe(self.verbs)
        return DriverProbe(self.verbs, self.driver, wanted)

    def rng(self, scenario: str) -> Random:
        """The scenario's own source of chance: the same for the same seed, whatever else is selected."""
        return Random(f"{self.settings.seed}:{scenario}")

    def begin(self) -> None:
        """Reach the target with one genuine wager, then find out whether balances can be read at all.

        Raises TargetProblem where nothing answers or the first genuine wager is refused.
        """
        if self.settings.target.operator is None:
            self._knock()
            return
        player = self.players[0]
        self._first_wager(player)
        if isinstance(self.probe, WagersProbe):
            self._try_wagers(self.probe, player)

    def _try_wagers(self, probe: WagersProbe, player: Player) -> None:
        """Find out whether ``probe`` can be trusted here; where not, the driver reads balances, if it can."""
        opening = None
        if self.driver.has("balance"):
            other = DriverProbe(self.verbs, self.driver, self.driver.kind("balance"))
            with contextlib.suppress(Unreadable):
                opening = other.read(player, Decimal(0)).amount
        try:
            self.diagnosis = diagnose(probe, player)
        except TargetGone as gone:
            raise TargetProblem(
                f"the target accepted the first wager and then stopped answering: {gone}",
                "answers to a few dozen bets and results, one after the other",
                "read the CLIENT's log, and start it again",
            ) from gone
        if self.diagnosis.why and opening is not None:
            self.probe, self.diagnosis, self.suspicion = other, Diagnosis(), self.diagnosis
            player.touched, player.opening = True, opening
            self.warnings.append("balances are read through the driver, as wagers do not tell them here")

    def _first_wager(self, player: Player) -> None:
        first = self.channel.send(
            self.verbs.transaction("result", player, player.unit), kind="result (first wager)"
        )
        if first.ok:
            back = self.channel.send(
                self.verbs.transaction("bet", player, player.unit), kind="bet (first wager)"
            )
            if back.refused:
                player.lent = player.unit
            return
        second = self.channel.send(
            self.verbs.transaction("bet", player, player.unit), kind="bet (first wager)"
        )
        if second.ok:
            self.channel.send(
                self.verbs.transaction("result", player, player.unit), kind="result (first wager)"
            )
            return
        raise TargetProblem(*_first_wager_problem(first))

    @property
    def address(self) -> str:
        """Where the CLIENT is, as far as the target file says."""
        operator, (_, url, _) = self.settings.target.operator, self._elsewhere()
        return url if operator is None else operator.callback_url

    def _elsewhere(self) -> tuple[str, str, str]:
        """An address of the CLIENT that takes no wagers, "" where there is none: its key, itself, whose it is."""
        target = self.settings.target
        if target.jackpot is not None:
            return "notification_url in [jackpot]", target.jackpot.notification_url, "jackpot"
        token = target.driver.checkout_token
        # Asking for a token would make a checkout: the site itself is enough.
        site = urlsplit(token.method_and_url[1])._replace(path="/", query="").geturl() if token else ""
        return "checkout_token in [driver]", site, "checkout"

    def _knock(self) -> Exchange | None:
        """Find out whether anything answers where there are no wagers; None where no address is known."""
        named, url, provider = self._elsewhere()
        if not url:
            return None
        exchange = self.sender.send(
            Request("GET", url), _any_answer, provider=provider, kind="knock", genuine=False
        )
        if exchange.answer is None and not self.results:
            raise TargetProblem(
                f"GET {url}: {exchange.failure}",
                "an answer from the CLIENT, whatever it is",
                f"start it, or correct {named} of the target file",
            )
        return exchange

    def heed(self) -> None:
        """To be called where a wait was in vain. Raises TargetGone, OutOfBounds."""
        if not self.alive():
            raise TargetGone("no usable answer")
        self._heed_time()

    def _heed_time(self) -> None:
        if not self.restoring and self.clock() - self.began > self.settings.effort.seconds:
            raise OutOfBounds(f"the run has taken more than {self.settings.effort.seconds:g} s")

    def fresh(self, player: Player) -> None:
        """Bring ``player`` to exactly zero; the first time, keep in mind what it owned. Raises Unreadable."""
        found = self.probe.empty(player)
        if not player.touched:
            player.touched, player.opening = True, found
        player.known = Decimal(0)

    def restore(self) -> None:
        """Give every player back what it owned when the run began; say so where that fails."""
        self.restoring = True
        if self.settings.target.operator is None:
            return
        for player in [*self.players, *self.other_players]:
            try:
                self._put_back(player)
            except (Unreadable, TargetGone, OutOfBounds) as error:
                owned = "what it owned" if player.owned is None else player.show(player.owned)
                self.warnings.append(f"player {player.id} could not be put back to {owned}: {error}")
        if self.diagnosis.why and any(player.touched for player in self.players):
            self.warnings.append(
                f"player {self.players[0].id} is put back only as far as wagers can be trusted: "
                f"{self.diagnosis.why.partition(';')[0]}"
            )

    def _put_back(self, player: Player) -> None:
        if not player.touched:
            # Interrupted before its balance was known: undo what was done.
            settle(self.verbs, player)
            return
        if player.owned is None:
            return
        self._wait_alive()
        self.probe.empty(player)
        if player.owned > 0:
            self._pay(player, player.owned)
        elif player.owned < 0:
            loan = self._pay(player, -player.owned)
            self.verbs.bet(player, -player.owned, kind="bet (restore)")
            self.verbs.rollback(loan, kind="rollback (restore)")
        player.touched = False

    def _pay(self, player: Player, amount: Decimal) -> Exchange:
        paid = self.verbs.settle(self.verbs.result(player, amount, kind="result (restore)"))
        if not paid.ok:
            raise Unreadable("the result that puts it back was not accepted")
        return paid

    def close(self) -> None:
        """Close every connection."""
        self.sender.close()

    def _guard(self, exchange: Exchange) -> None:
        if exchange.unknown and not self.alive():
            raise TargetGone(exchange.failure or "no usable answer")
        self._heed_time()

    def restart(self) -> None:
        """Kill the CLIENT and start it again by the driver, and wait until it answers.

        Raises DriverProblem where the command fails, TargetGone where the CLIENT stays away.
        """
        self.driver.restart()
        self._wait_alive()

    def _wait_alive(self) -> None:
        # A run that was interrupted during a restart finds the CLIENT away, too.
        patience = _RESTART_SECONDS if self.driver.has("restart") else 0.0
        deadline = self.clock() + patience
        while not self.alive():
            if self.clock() > deadline:
                raise TargetGone(f"no answer within {patience:g} s")
            time.sleep(_KNOCK_SECONDS)

    def alive(self) -> bool:
        """Whether a genuine wager that moves nothing is still answered, by whatever answer."""
        if self.settings.target.operator is None:
            return any((knock := self._knock()) is None or knock.answer is not None for _ in range(2))
        player = self.players[0]
        for _ in range(2):
            message = self.verbs.transaction("result", player, Decimal(0))
            if self.channel.send(message, kind="result of 0 (still there?)").answer is not None:
                return True
        return False


def _any_answer(answer: Answer) -> Meaning:  # noqa: ARG001 - any will do
    return Meaning(Outcome.OK)


def _first_wager_problem(first: Exchange) -> tuple[str, str, str]:
    if first.answer is None:
        return (
            f"POST {first.request.url}: {first.failure}",
            "an answer from the CLIENT",
            "start it, or correct callback_url in [operator] of the target file",
        )
    if first.unknown:
        kind = next(
            (value for name, value in first.answer.headers if name.lower() == "content-type"), "no type"
        )
        return (
            f"POST {first.request.url}: HTTP {first.answer.status} with {kind}, not a JSON answer to a wager",
            "a JSON object with an error field",
            "check that callback_url in [operator] leads to the callbacks, and read the CLIENT's log",
        )
    said = f"error {first.error!r}" if first.error else f"HTTP {first.answer.status}"
    return (
        f"the first genuine wager (a result of one smallest unit) was refused: {said}",
        "error null, for otherwise no rule can be judged",
        "check security_hash, amount_format, the player ids and their currency in the target file; "
        "pitboss doctor tries each",
    )
