"""The stage: plays steps with the OPERATOR's own verbs, then holds the balance against the model."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, Literal

from scenarios.cases.currencies import other_currencies
from scenarios.oracles.acceptable import acceptable
from scenarios.oracles.fault_hypotheses import Suspicion
from scenarios.oracles.linearizability import Verdict
from scenarios.oracles.linearizability import judge as linearizable
from scenarios.run.run import Run
from scenarios.run.story import Step, Verb
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Declined, Likely, Reading, Unreadable, nothing_likely
from simulators.exchanges.history import Exchange
from simulators.transport.faults.table import parse_fault
from simulators.wallet.transactions import Kind, Transaction

# What comes after its own rollback.
_LATE: Final[dict[Verb, Literal["bet", "result"]]] = {Verb.LATE_BET: "bet", Verb.LATE_RESULT: "result"}


class Broken(Exception):
    """The story ended otherwise than the model allows. ``why`` says it in a line, ``account`` in further ones.

    ``exchanges`` show it; ``off`` is the money.

    ``reading`` is the player whose balance was read and what it was, None where none was. ``rules`` are those that are
    about the single mistakes which would explain it, ``mistake`` the likeliest; ``expected`` says what would be
    right, ``right`` lists it where a balance decides.
    """

    def __init__(
        self,
        why: str,
        exchanges: tuple[int, ...],
        off: Decimal,
        reading: tuple[str, Decimal] | None = None,
        rules: frozenset[str] = frozenset(),
        expected: str = "what the wallet model allows",
        right: tuple[Decimal, ...] = (),
        mistake: Suspicion | None = None,
        account: tuple[str, ...] = (),
    ) -> None:
        super().__init__(why)
        self.why, self.exchanges, self.off, self.reading = why, exchanges, off, reading
        self.rules, self.expected, self.right, self.mistake = rules, expected, right, mistake
        self.account = account

    @property
    def explained(self) -> str:
        """What was seen, and the mistake that would explain it."""
        return self.mistake.explaining(self.why) if self.mistake else self.why


class Open(Exception):
    """The judgement hit its bound."""


@dataclass
class Stage:
    """One story under way for ``players``, each opened with ``opening`` smallest units.

    ``fund`` brings a player to a balance exactly. ``concurrent`` judges by linearizability as well.
    """

    run: Run
    players: list[Player]
    opening: int
    fund: Callable[[Player, int], Decimal]
    concurrent: bool = False
    sent: list[Exchange] = field(default_factory=list)
    start: int = 0
    bystanders: list[Player] = field(default_factory=list)

    def open(self) -> None:
        """Bring every player to the opening balance."""
        for player in self.players:
            self.fund(player, self.opening)
        self.start = len(self.run.history)

    def play(self, step: Step) -> None:
        """Do one step."""
        operator = self.run.verbs
        if step.verb is Verb.RESTART:
            # Nobody opens connections meanwhile: they would not last.
            concurrency = self.run.route.concurrency
            with concurrency.alone(concurrency.most) as own:
                concurrency.turn(own)
                self.run.guard.restart()
            return
        if step.verb is Verb.TOGETHER:
            messages = [message for one in step.group if (message := self._message(one)) is not None]
            exchanges = operator.race(messages) if messages else []
            self.sent += [self._settled(exchange) for exchange in exchanges]
            return
        if step.verb is Verb.BANNED:
            with self.run.driver.banned(self._player(step).id):
                for one in step.group:
                    self.play(one)
            return
        message = self._message(step)
        if message is None:
            return
        if step.fault:
            exchanges = operator.deliver(message, [parse_fault(step.fault)])
            self.sent.append(exchanges[0])
        elif step.verb is Verb.COPY:
            self.sent.append(operator.again(self._earlier(step)))
        else:
            self.sent.append(operator.send(message))

    def finish(self) -> None:
        """Settle what is open as the provider would, and raise Broken where a balance is wrong."""
        for exchange in list(self.sent):
            self._provider_settles(exchange)
        history = self.history()
        for player in self.players:
            self._compare(player, history)

    def history(self) -> list[Exchange]:
        """What the story sent, without the probe's own requests."""
        return self.run.wagers(self.start)

    def _compare(self, player: Player, history: list[Exchange]) -> Decimal:
        """Raise Broken where the balance is wrong; return it."""
        opening = player.money(self.opening)
        model = self.run.model
        allowed = acceptable(history, player.id, opening, player.currency, model)
        # What others of the story did may be what led to it.
        numbers = tuple(one.number for one in history if any(_about(one, each) for each in self.players))
        reading = self.read(player, allowed.nearest(opening), numbers, allowed.likely)
        if reading.amount not in allowed:
            self._leave(player, allowed.balances if allowed.listed else (), reading.amount)
            off = abs(reading.amount - allowed.nearest(reading.amount))
            why, rules = allowed.described(reading.amount), allowed.broken(reading.amount)
            expected = f"balance {allowed.alternatives()}"
            right = tuple(sorted(allowed.balances)) if allowed.listed else ()
            mistake = allowed.mistake(reading.amount)
            raise Broken(why, numbers, off, (player.id, reading.amount), rules, expected, right, mistake)
        if self.concurrent:
            judged = linearizable(history, player.id, opening, reading.amount, player.currency, model=model)
            if judged.verdict is Verdict.UNDECIDED:
                raise Open(judged.why)
            if not judged.legal:
                others = [one for one in allowed.balances if one != reading.amount] if allowed.listed else ()
                self._leave(player, others, reading.amount)
                reported = (player.id, reading.amount)
                raise Broken(judged.why, numbers, player.unit, reported, account=judged.account)
        return reading.amount

    def _leave(self, player: Player, right: Collection[Decimal], seen: Decimal) -> None:
        """Raise Open where what plain transactions do wrong explains the balance ``seen``."""
        sent, whose = self.run.history.since(player.funded.paid), (player.id, player.currency)
        if fault := self.run.plain_faults.explain("", sent, whose, sorted(right), seen):
            raise Open(fault.description)

    def read(
        self, player: Player, guess: Decimal, numbers: tuple[int, ...], likely: Likely = nothing_likely
    ) -> Reading:
        """Read the balance, probably ``guess``, else ``likely``; raises Broken where it can no longer be read."""
        try:
            reading = self.run.read(player, guess, likely, last=True)
        except Declined as error:
            raise Open(str(error)) from error
        except Unreadable as error:
            raise Broken(f"the balance can no longer be read: {error}", numbers, abs(guess)) from error
        return reading

    def _message(self, step: Step) -> Transaction | None:
        operator, player = self.run.verbs, self._player(step)
        match step.verb:
            case Verb.BET:
                return operator.transaction("bet", player, player.money(step.units))
            case Verb.RESULT:
                return operator.transaction("result", player, player.money(step.units))
            case Verb.ROUND:
                bet = operator.transaction("bet", player, player.money(step.units))
                return operator.in_one_request(
                    bet, operator.transaction("result", player, player.money(step.units // 2))
                )
            case Verb.ORPHAN:
                return operator.undo(operator.new_id(), player, player.money(step.units))
        if not self.sent:
            return None
        earlier = self._earlier(step)
        return earlier.message if step.verb is Verb.COPY else self._following(step, earlier)

    def _following(self, step: Step, earlier: Exchange) -> Transaction | None:
        """What ``step`` asks because of ``earlier``; None where that is nothing of its kind.

        Nothing else is sent under the id of what was refused (BET-05): a CLIENT may do there what it likes, and break
        no rule of stories. What comes back of nothing where the rollback names an amount is RBK-09's matter alone.
        """
        operator = self.run.verbs
        message: Transaction = earlier.message
        whose = player_of(self.players, message)
        if message.kind is Kind.ROLLBACK:
            if step.verb not in _LATE or any(one.message.id == message.of for one in self.sent):
                return None
            return operator.transaction(_LATE[step.verb], whose, message.amount, id=message.of)
        match step.verb:
            case Verb.ROLLBACK:
                return operator.undo(message.id, whose, message.amount)
            case Verb.MISNAMED if message.amount:
                return operator.undo(message.id, whose, whose.money(step.units))
            case Verb.STRANGERS if len(self.players) > 1:
                return operator.undo(message.id, self._other(whose), message.amount)
            case Verb.ANOTHERS_ID if earlier.ok and len(self.players) > 1:
                return replace(message, player=self._other(whose).id, beside=())
            case Verb.FOREIGN if earlier.ok:
                abroad = other_currencies(self.run.settings.target, whose)[0]
                return operator.undo(message.id, whose, message.amount, currency=abroad)
            case Verb.OTHER_AMOUNT if earlier.ok:
                return replace(message, amount=whose.money(step.units), beside=())
            case Verb.OTHER_ACTION if earlier.ok:
                return operator.transaction(
                    "result" if message.kind is Kind.BET else "bet", whose, message.amount, id=message.id
                )
        return None

    def _other(self, player: Player) -> Player:
        return self.players[1 - self.players.index(player)]

    def _player(self, step: Step) -> Player:
        return self.players[step.player % len(self.players)]

    def _earlier(self, step: Step) -> Exchange:
        return self.sent[len(self.sent) - 1 - step.of % len(self.sent)]

    def _settled(self, exchange: Exchange) -> Exchange:
        return self.run.verbs.settle(exchange) if exchange.unknown else exchange

    def _provider_settles(self, exchange: Exchange) -> None:
        """A bet without an answer is rolled back; results and rollbacks are sent again."""
        operator = self.run.verbs
        if not exchange.unknown or any(
            one.ok and one.copy_of == exchange.number for one in self.run.history.since(exchange.number)
        ):
            return
        message = exchange.message
        if message.kind == "bet" and not message.beside:
            operator.settle(operator.send(operator.undo(exchange)))
        else:
            operator.settle(operator.again(exchange))


def player_of(players: list[Player], message: Transaction) -> Player:
    """The player that ``message`` is about."""
    return next(player for player in players if player.id == message.player)


# The rule about single bets that are not covered.
_OVERDRAWN = frozenset({"BET-03"})


class BetsOnly(Stage):
    """Bets alone: together they never take more than there was."""

    def _compare(self, player: Player, history: list[Exchange]) -> Decimal:
        """Raise Broken where the balance is below zero, or not what the accepted bets left."""
        left = super()._compare(player, history)
        if left < 0:
            numbers = tuple(exchange.number for exchange in history)
            why = f"the balance is {player.show(left)} after bets alone"
            raise Broken(why, numbers, -left, (player.id, left), _OVERDRAWN)
        return left


@dataclass
class Isolated(Stage):
    """The player at the place ``acts`` does so alone, the others do nothing: their balances stay."""

    acts: int = 0

    def open(self) -> None:
        """Bring every player to the opening balance, and let one alone act."""
        super().open()
        self.bystanders = [*self.players]
        self.players = [self.bystanders.pop(self.acts)]

    def finish(self) -> None:
        """Raise Broken where a bystander's balance moved."""
        numbers = tuple(exchange.number for exchange in self.history())
        for player in self.bystanders:
            opening = player.money(self.opening)
            seen = self.read(player, opening, numbers).amount
            if seen != opening:
                self._leave(player, (opening,), seen)
                raise Broken(
                    f"player {player.id} did nothing and has {player.show(seen)}, not {player.show(opening)}",
                    numbers,
                    abs(seen - opening),
                    (player.id, seen),
                )


def _about(exchange: Exchange, player: Player) -> bool:
    return exchange.message is not None and exchange.message.player == player.id
