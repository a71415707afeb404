"""The doctor: tries a target step by step, and says what is wrong and what to do next.

It moves the smallest unit of the players' currency and takes it back; where it cannot, it says so.
"""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from scenarios.doctor.locked_rules import locked
from scenarios.doctor.pace import pace
from scenarios.doctor.providers import TRIED, checkout_steps, jackpot_steps
from scenarios.doctor.steps import DoctorStep, StepOutcome, started, untried
from scenarios.hosting.checked import checked
from scenarios.problems.errors import DriverProblem, Problem, TargetProblem
from scenarios.problems.unanswered import SHOWN_ANSWER, NoChannel, said
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.refusals import why_untaken
from scenarios.wallet.stake_limit import least_bet
from simulators.exchanges.history import Exchange, Purpose
from simulators.operator.simulator import api_version
from simulators.providers import OPERATOR

# In smallest units: more than any test player has.
_FORTUNE = 10**13
# How long a connection may take that only shows where it leaves from, in seconds.
_CONNECT_SECONDS = 3.0


def examine(run: Run, *, try_restart: bool = False) -> Iterator[DoctorStep]:
    """Try every provider that the target file names; at last, tell what stays locked.

    Steps are yielded as they are done, so that a slow one can be watched.
    """
    target = run.settings.target
    if target.operator is not None:
        yield from Doctor(run, try_restart).examine()
    if target.jackpot is not None:
        yield from jackpot_steps(run)
    if target.checkout is not None:
        yield from checkout_steps(run)
    yield from locked(target, run.driver.has)


@dataclass
class Doctor:
    """Examines the OPERATOR's way to one target, and the driver's entries."""

    run: Run
    try_restart: bool = False

    def __post_init__(self) -> None:
        self.target = self.run.settings.target
        self.verbs = Verbs(self.run.channel)
        self.driver = self.run.driver

    def examine(self) -> Iterator[DoctorStep]:
        """Try the callbacks for each player, then the driver's entries."""
        works = True
        for number, player in enumerate((*self.run.players, *self.run.further_players)):
            step = self._wager(player, first=number == 0)
            yield step
            works = works and step.state is StepOutcome.OK
            if number == 0 and works:
                yield self._origin()
                yield from pace(self.verbs, player)
                yield from self._balance_call(player)
            if isinstance(step.problem, NoChannel):
                break
        yield self._currencies()
        for name in self.driver.entries():
            # The ban's own step lifts it again.
            if name not in TRIED and (name != "unban" or not self.driver.has("ban")):
                yield self._entry(name) if works else untried(name, "the callbacks come first: fix them")

    # The callbacks

    def _origin(self) -> DoctorStep:
        """Tell which address callbacks leave from, for the CLIENT's allow list (*Terms and concepts*)."""
        name = "server IP address"
        parts = urlsplit(self.run.channel.url or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            with socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS) as connection:
                address = connection.getsockname()[0]
        except OSError as error:
            return DoctorStep(
                StepOutcome.OPEN, name, advice=f"no connection to {parts.netloc}: {error.strerror or error}"
            )
        return DoctorStep(
            StepOutcome.OK,
            name,
            f"callbacks leave from {address}; a CLIENT with an allow list lets that in, or what a proxy or NAT "
            "on the way makes of it",
        )

    def _currencies(self) -> DoctorStep:
        """Tell which of the agreed currencies (*Terms and concepts*) are judged, and by which rules."""
        run, (operator, players) = self.run, self.target.need_operator()
        reported = [f"every rule is judged in {players.currency}"]
        further = run.further_currencies
        if further:
            reported.append(f"those about money once more in {', '.join(further)}")
        if apart := [code for code in players.others if code not in further]:
            reported.append(f"BET-13 alone in {', '.join(apart)}, not among currencies in [operator]")
        agreed = operator.currencies if "currencies" in operator.model_fields_set else ()
        if missing := [code for code in agreed if code != players.currency and code not in further]:
            reported.append(f"none in {', '.join(missing)}: others in [players] names nobody who has it")
        if alone := [code for code in further if len(players.others[code]) < 2]:
            reported.append(
                f"no rule for two players in {', '.join(alone)}: others in [players] names one who has it"
            )
        return DoctorStep(StepOutcome.OK, "currencies", "; ".join(reported))

    def _wager(self, player: Player, first: bool) -> DoctorStep:
        name = f"player {player}" if not first else f"callbacks, player {player}"
        exchange = self.verbs.result(player, player.unit, purpose=Purpose.DOCTOR)
        if exchange.unknown and exchange.answer is None and started(exchange):
            exchange = self.verbs.again(exchange)
        if exchange.unknown and (exchange.answer is not None or started(exchange)):
            # It may have been done all the same, and a rollback of what was not done moves nothing.
            self.verbs.rollback(exchange, purpose=Purpose.DOCTOR)
        if not exchange.ok:
            problem = why_untaken(self.run.channel, player, exchange, self.run.redactor)
            return DoctorStep(StepOutcome.WRONG, name, problem=problem)
        return self._taken_back(name, player, exchange)

    def _balance_call(self, player: Player) -> Iterator[DoctorStep]:
        asked = self.verbs.ask(player)
        if asked is None:
            return
        exchange, reported = asked
        if reported is not None:
            yield DoctorStep(StepOutcome.OK, "balance call", f"{player} has {player.show(reported)}")
            return
        problem = TargetProblem(
            f"the balance call reported no balance: {said(exchange, self.run.redactor)}",
            f"{self.run.channel.dialect.success}, and the balance: it reads balances, and BAL-02 is about it",
            'serve the call, or leave it to that rule: [target] probe = "wagers"',
        )
        yield DoctorStep(StepOutcome.WRONG, "balance call", problem=problem)

    def _taken_back(self, name: str, player: Player, paid: Exchange) -> DoctorStep:
        unit = player.show(player.unit)
        bet = self.verbs.bet(player, player.unit, purpose=Purpose.DOCTOR)
        if bet.ok:
            return self._uncovered(name, player)
        if bet.unknown:
            self.verbs.rollback(bet, purpose=Purpose.DOCTOR)
        elif (least := least_bet(self.verbs, player, Purpose.DOCTOR)) > 1:
            self.verbs.rollback(paid, purpose=Purpose.DOCTOR)
            shown = player.show(player.money(least))
            seen = f"single bets below {shown} seem to be refused: `check` sends multiples of it, and judges no finer"
            return DoctorStep(StepOutcome.OK, name, seen)
        back = self.verbs.rollback(paid, purpose=Purpose.DOCTOR)
        left = "" if back.ok else f"; its rollback was not accepted either, so {player} keeps {unit}"
        return DoctorStep(
            StepOutcome.WRONG,
            name,
            problem=TargetProblem(
                f"a bet of the {unit} that a result had just paid was not accepted: "
                f"{said(bet, self.run.redactor)}{left}",
                f"{self.run.channel.dialect.success}: test players must be able to bet",
                f"look whether {player} is banned or owes money, and whether bets reach the same wallet",
            ),
        )

    def _uncovered(self, name: str, player: Player) -> DoctorStep:
        unit, fortune = player.show(player.unit), player.money(_FORTUNE)
        bet = self.verbs.bet(player, fortune, purpose=Purpose.DOCTOR)
        if bet.refused:
            seen = f"a result of {unit} was accepted, a bet took it back, and one of {player.show(fortune)} was refused"
            known = (
                self.driver.has("balance") or player.id in self.run.settings.target.need_operator()[1].opening
            )
            if not known:
                seen += (
                    f"; BET-02 and BET-03 are judged to within {unit}, for lack of [driver] balance "
                    "or [players] opening"
                )
            return DoctorStep(StepOutcome.OK, name, seen)
        back = self.verbs.rollback(bet, purpose=Purpose.DOCTOR)
        left = "" if back.ok else f"; its rollback was not accepted either, so {player} may owe it"
        return DoctorStep(
            StepOutcome.WRONG,
            name,
            problem=TargetProblem(
                f"a bet of {player.show(fortune)}, which no test player has, was not refused: "
                f"{said(bet, self.run.redactor)}{left}",
                f"error {self.run.channel.dialect.insufficient_funds}, or another one (BET-03)",
                "let the CLIENT compare the balance with the amount in the database transaction that takes the bet",
            ),
        )

    # The driver's entries

    def _entry(self, name: str) -> DoctorStep:
        tries: dict[str, Callable[[], DoctorStep]] = {
            "balance": self._balance,
            "ban": self._ban,
            "launch": self._launch,
            "restart": self._restart,
        }
        try:
            return tries[name]() if name in tries else untried(name, "it is used by the rules that need it")
        except Problem as problem:
            return DoctorStep(StepOutcome.WRONG, f"driver {name}", problem=problem)

    def _balance(self) -> DoctorStep:
        player = self.run.players[0]
        before = self.driver.balance(player.id)
        paid = self.verbs.result(player, player.unit, purpose=Purpose.DOCTOR)
        try:
            between = self.driver.balance(player.id)
        finally:
            back = self._back(player, paid)
        moved = between - before
        if moved != player.unit:
            raise DriverProblem(
                f"[driver] balance moved by {moved} when {player} was paid {player.show(player.unit)}"
                + ("" if back else f", which {player} keeps"),
                f"the balance in {player.currency}, which moves by {player.unit}",
                _advice_on_balance(moved, player),
            )
        return DoctorStep(StepOutcome.OK, "driver balance", f"{player} has {player.show(before)}")

    def _back(self, player: Player, paid: Exchange) -> bool:
        if paid.refused:
            return True
        taken = paid.ok and self.verbs.bet(player, player.unit, purpose=Purpose.DOCTOR).ok
        return taken or self.verbs.rollback(paid, purpose=Purpose.DOCTOR).ok

    def _ban(self) -> DoctorStep:
        if not self.driver.has("unban"):
            return untried(
                "ban", f"the player would stay banned; to have it tried, add {self.driver.missing('unban')}"
            )
        player = self.run.players[0]
        paid = self.verbs.result(player, player.unit, purpose=Purpose.DOCTOR)
        try:
            with self.driver.banned(player.id):
                bet = self.verbs.bet(player, player.unit, purpose=Purpose.DOCTOR)
        except DriverProblem:
            self._back(player, paid)
            raise
        if bet.unknown:
            self.verbs.rollback(bet, purpose=Purpose.DOCTOR)
        if bet.ok:
            return DoctorStep(
                StepOutcome.OK,
                "driver ban",
                "the ban was set and lifted; the bet between was accepted (BET-08)",
            )
        if not self.verbs.bet(player, player.unit, purpose=Purpose.DOCTOR).ok:
            self.verbs.rollback(paid, purpose=Purpose.DOCTOR)
            raise DriverProblem(
                f"[driver] unban: {player} still cannot bet",
                "a player who bets again",
                "correct the entry unban",
            )
        return DoctorStep(
            StepOutcome.OK, "driver ban", "a banned player's bet was refused, and the ban was lifted"
        )

    def _launch(self) -> DoctorStep:
        operator = self.target.operator
        if operator is None or operator.username is None or operator.password is None:
            return untried("launch", "[operator] has no username or no password")
        player = self.run.players[0]
        with checked(self.run, OPERATOR) as simulator:
            url = self.driver.launch(player.id, player.currency, operator.languages[0])
            versions = {api_version(call) for call in (*simulator.auth_requests, *simulator.session_requests)}
            strange = [caller for caller in simulator.callers if not simulator.agreement.calls_from(caller)]
        if strange:
            raise TargetProblem(
                f"the CLIENT called the OPERATOR from {', '.join(strange)}",
                f"an address that server_ip in [operator] names: {', '.join(operator.server_ip)}",
                "name it in server_ip, as the OPERATOR sees it; `serve` answers 403 to all others",
            )
        agreed = operator.api_version
        if agreed is not None and versions - {agreed}:
            raise TargetProblem(
                f"the CLIENT called {_under(versions)}",
                f"/{agreed}/auth and /{agreed}/start-session, under the agreed API version (OUT-09)",
                "set the CLIENT's API version, or api_version in [operator]",
            )
        return DoctorStep(
            StepOutcome.OK,
            "driver launch",
            f"the iframe opens {self.run.redactor.text(url)[:SHOWN_ANSWER]}; called {_under(versions)}, "
            f"from {', '.join(sorted(simulator.callers))}",
        )

    def _restart(self) -> DoctorStep:
        if not self.try_restart:
            return untried("restart", "it kills the CLIENT; to have it tried: pitboss doctor --restart")
        self.driver.restart()
        step = self._wager(self.run.players[0], first=False)
        if step.problem is not None:
            return DoctorStep(StepOutcome.WRONG, "driver restart", problem=step.problem)
        return DoctorStep(StepOutcome.OK, "driver restart", "the CLIENT was started again and takes wagers")


def _under(versions: set[str]) -> str:
    return " and ".join(
        f"under API version {each!r}" if each else "without an API version" for each in sorted(versions)
    )


def _advice_on_balance(moved: Decimal, player: Player) -> str:
    if moved == 0:
        return "correct its read, or its address: another wallet, a cached or a stale value is read"
    if moved * player.unit == player.unit:
        return f"have the CLIENT's answer in {player.currency}, not in smallest units, or read another field"
    return "stop other traffic of this player, or correct its read"
