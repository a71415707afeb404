"""What one player does, round after round, as a generator: it yields what to send and is sent what came back.

No I/O happens here. The ledger hears of each transaction before it is yielded, and of each answer before the next
request is. ``driving.drive`` plays a generator over whatever carries its requests.

Sources: ``sportsbook.txt``, *Transactions* and *Transaction-rollback*; how the OPERATOR sends again is decided in
``simulators.operator.delivery``: bets once, then a rollback; results and rollbacks until they are answered.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from random import Random
from typing import Any, Final

from loadtests.traffic.callbacks import NOTHING, Callbacks, Written
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Match, Rates
from loadtests.traffic.operation import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN, Operation
from simulators.transport.delivery import Fault, Flaw, Meaning
from simulators.wallet.transactions import Kind, Transaction

# How callbacks are sent: with a body, and without one.
_POST, _GET = METHODS = ("POST", "GET")
# Seconds before each copy of what got no answer; the last is repeated. The first copy follows at once.
_PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
# A player who ran out of money is given so many of the highest stakes.
_TOP_UP: Final = 20
# What a win pays, in quarters of the stake: 1.25 to 3.5 times.
_LEAST_QUARTERS, _MOST_QUARTERS = 5, 14
# After how many results without an answer the player's next bet comes before their copies: it meets them at work.
_BETTING_ON: Final = 0.5
# How many of the late bets come together with the rollback that names them, not once it was answered.
_OVERTAKEN: Final = 0.5
# Locust's rows for what is no first attempt.
COPY, AT_ONCE, FAULTY, FORGED = "copy", "copies at once", "with a fault", "bad signature"
TWO_VOIDS, OVERTAKEN = "two voids at once", "orphan and bet at once"


@dataclass(slots=True)
class Send:
    """One request. ``name`` is Locust's row, ``headers`` those beside the transport's own.

    ``message`` is what it means, ``genuine`` whether it comes from who has the secret. ``faults`` act on it on its
    way. ``wait`` is seconds to pass before it leaves.
    """

    path: str
    body: bytes
    name: str
    headers: dict[str, str]
    faults: tuple[Fault, ...] = ()
    wait: float = 0.0
    message: Transaction | None = None
    genuine: bool = True

    @classmethod
    def of(cls, written: Written, name: str, wait: float = 0.0, *, genuine: bool = True) -> "Send":
        """The first attempt of what was ``written``."""
        path, body, headers, message = written
        return cls(path, body, name, headers, (), wait, message, genuine)

    def copy(self, wait: float = 0.0) -> "Send":
        """The same bytes once more, undisturbed."""
        return Send(self.path, self.body, COPY, self.headers, (), wait, self.message)

    @property
    def method(self) -> str:
        """How it is sent: one of METHODS; a callback that has no body stands in its address."""
        return _POST if self.body else _GET


@dataclass(slots=True)
class Seen:
    """What came back: ``status`` 0 is no answer. ``seconds`` from the first byte sent to the last received.

    ``problem`` makes the request a failure in Locust's statistics: no answer came that should have, or the answer
    breaks the contract. An answer that was lost as planned is none.
    """

    status: int
    body: bytes
    seconds: float
    problem: str | None = None


# Yields what leaves together, mostly one; is sent what came to each, of one with faults to each time it was sent.
Play = Generator[list[Send], list[Seen], Any]
_Ask = Generator[list[Send], list[Seen], Meaning]


def of_each(report: Callable[[Send, Seen], None]) -> Callable[[list[Send], list[Seen]], None]:
    """What ``drive`` tells of requests: ``report`` hears of each, with what its answer breaks in ``Seen.problem``."""

    def heard(sends: list[Send], seen: list[Seen]) -> None:
        # Copies that a fault made are reported as what they are copies of.
        for number, one in enumerate(seen):
            report(sends[number if len(sends) > 1 else 0], one)

    return heard


@dataclass(slots=True)
class _Bet:
    """A bet that was accepted and is to be settled."""

    op: Operation
    stake: int


@dataclass(slots=True)
class PlayerScript:
    """What a player does, one round at a time. ``player`` is its id."""

    number: int
    ledger: Ledger
    rates: Rates
    rng: Random
    callbacks: Callbacks
    player: str
    # The shares of Rates of which something was sent.
    kinds: set[str]
    poor: bool = False
    wait: float = 0.0

    @classmethod
    def of(
        cls, player: int, ledger: Ledger, rates: Rates, rng: Random, callbacks: Callbacks, kinds: set[str]
    ) -> "PlayerScript":
        """The script of ``player``, its index in the ledger; ``kinds`` is shared with all players of a worker."""
        return cls(player, ledger, rates, rng, callbacks, ledger.players[player], kinds)

    # -- rounds

    def round(self) -> Play:
        """One full round: of the day, or of the match where there is one."""
        return self._day() if self.rates.match is None else self._match(self.rates.match)

    def _day(self) -> Play:
        """One bet and what becomes of it, with a disturbance here and there."""
        rates, chance = self.rates, self.rng.random
        self.wait = rates.pause * (0.5 + chance()) if rates.pause else 0.0
        if self.poor:
            yield from self._top_up()
        if rates.forgeries and chance() < rates.forgeries:
            yield from self._forgery()
        if rates.orphans and chance() < rates.orphans:
            yield from self._orphan()
        bet, following = (yield from self._bet()), None
        if bet is not None and rates.late_results and chance() < rates.late_results:
            self.kinds.add("late_results")
            following = yield from self._bet()
        for each in (bet, following):
            if each is not None:
                yield from self._settle(each)

    def _match(self, match: Match) -> Play:
        """The bets of one match, before the whistle, and after it their settlement: see ``Match``."""
        self.wait = match.until_bets() + self.rng.random() * match.crowd_seconds
        if self.poor:
            yield from self._top_up()
        bets = []
        for _ in range(match.bets):
            bet = yield from self._bet()
            if bet is not None:
                bets.append(bet)
        self.wait = match.until_goal()
        for bet in bets:
            yield from self._settle(bet)

    def _bet(self) -> Generator[list[Send], list[Seen], _Bet | None]:
        """Place a bet; return it where it was accepted."""
        stake = self._stake()
        provider_id = self.callbacks.new_id()
        send = self._send(BET, provider_id, stake, "bet")
        op = self.ledger.begin(self.number, BET, stake, provider_id, send)
        said = yield from self._attempt(op, send)
        if said.effect is OK:
            yield from self._copies(op, send)
            return _Bet(op, stake)
        if said.effect is UNKNOWN:
            # The OPERATOR sends a bet once, and rolls back one that it heard nothing of.
            yield from self._rollback(op, stake, "rollback")
        elif said.error == self.callbacks.dialect.insufficient_funds:
            self.poor = True
        return None

    def _settle(self, bet: _Bet) -> Play:
        """Let a bet be won, lost, voided or cashed out."""
        rates, stake = self.rates, bet.stake
        drawn = self.rng.random()
        if drawn < rates.wins:
            self.kinds.add("wins")
            paid = stake * self._draw(_LEAST_QUARTERS, _MOST_QUARTERS) // 4
            yield from self._result(paid, "win")
        elif drawn < rates.wins + rates.voids:
            self.kinds.add("voids")
            if rates.races and self.rng.random() < rates.races:
                yield from self._void_twice(bet)
            else:
                yield from self._rollback(bet.op, stake, "void")
        elif drawn < rates.wins + rates.voids + rates.cash_outs:
            self.kinds.add("cash_outs")
            yield from self._result(self._draw(0, stake), "cash-out")
        else:
            yield from self._result(0, "loss")

    # -- what a round is made of

    def _top_up(self) -> Play:
        self.poor = False
        yield from self._result(_TOP_UP * self.rates.most_stake, "top-up")

    def _result(self, amount: int, name: str) -> Play:
        """Send a result until one copy is answered; a player who hears nothing of it may bet on meanwhile."""
        provider_id = self.callbacks.new_id()
        send = self._send(RESULT, provider_id, amount, name)
        op, bet = self._begin(RESULT, amount, provider_id, send), None
        said = yield from self._attempt(op, send)
        if said.effect is UNKNOWN:
            if self.ledger.gate_open and self.rng.random() < _BETTING_ON:
                bet = yield from self._bet()
            said = yield from self._copies_until_answered(op, send)
        if said.effect is OK:
            yield from self._copies(op, send)
        if bet is not None:
            yield from self._settle(bet)

    def _rollback(self, of: Operation, amount: int, name: str) -> Play:
        provider_id = self.callbacks.new_id()
        send = self._send(ROLLBACK, provider_id, amount, name, of.transaction_id)
        yield from self._until_answered(self._begin(ROLLBACK, amount, provider_id, send, of), send)

    def _void_twice(self, bet: _Bet) -> Play:
        """Roll a bet back under two ids that arrive together (RBK-14)."""
        asked = []
        for _ in range(2):
            provider_id = self.callbacks.new_id()
            send = self._send(ROLLBACK, provider_id, bet.stake, TWO_VOIDS, bet.op.transaction_id)
            asked.append((self._begin(ROLLBACK, bet.stake, provider_id, send, bet.op), send))
        self.kinds.add("races")
        yield from self._together(asked)
        for op, send in asked:
            if op.outcome is UNKNOWN:
                yield from self._copies_until_answered(op, send)

    def _orphan(self) -> Play:
        """Roll back what was never sent; then, at times, send it: once that is answered, or together with it.

        It is not sent where such a rollback is refused, and so nothing that comes after it is late.
        """
        amount = self._stake()
        provider_id, never_sent = self.callbacks.new_id(), self.callbacks.new_id()
        late = self.callbacks.dialect.abilities.unknown_rollbacks and self.rng.random() < self.rates.late_bets
        overtaken = late and self.rng.random() < _OVERTAKEN
        name = OVERTAKEN if overtaken else "orphan"
        send = self._send(ROLLBACK, provider_id, amount, name, never_sent)
        orphan = self._begin(ROLLBACK, amount, provider_id, send)
        self.kinds.add("orphans")
        if overtaken:
            yield from self._together([(orphan, send), self._late_bet(amount, never_sent, orphan, OVERTAKEN)])
            if orphan.outcome is UNKNOWN:
                yield from self._copies_until_answered(orphan, send)
            return
        said = yield from self._until_answered(orphan, send)
        if late and said.effect is OK:
            yield from self._together([self._late_bet(amount, never_sent, orphan, "late bet")])

    def _late_bet(
        self, amount: int, provider_id: str, orphan: Operation, name: str
    ) -> tuple[Operation, Send]:
        """Begin the bet that ``orphan`` named before (RBK-06), or names at the same time (RBK-12); sent once.

        Whether it is accepted or refused is the CLIENT's choice: with the rollback it moves nothing.
        """
        self.kinds.add("late_bets")
        send = self._send(BET, provider_id, amount, name)
        return self.ledger.begin(self.number, BET, amount, provider_id, send, after=orphan), send

    def _forgery(self) -> Play:
        """Send a result whose hash is wrong. It must move nothing, so the ledger has nothing to keep of it."""
        amount = self._stake()
        new_id = self.callbacks.new_id()
        written = self.callbacks.write(RESULT, new_id, self.player, amount, forged=True)
        self.kinds.add("forgeries")
        # Faults of whoever carries it may send it more often than once.
        for seen in (yield [Send.of(written, FORGED, self._waited(), genuine=False)]):
            said = self.callbacks.read(seen.status, seen.body)
            if said.effect is OK:
                taken = Flaw("a request with a wrong hash was accepted", "SIG-02")
                seen.problem = self.ledger.flawed(taken, self.number, new_id)
            elif said.effect is UNKNOWN and seen.status:
                seen.problem = self.ledger.flawed(said.problem, self.number, new_id)

    def _stake(self) -> int:
        return self._draw(self.rates.least_stake, self.rates.most_stake)

    def _draw(self, least: int, most: int) -> int:
        # A fifth of the time of randint; that it is not quite even, far behind the point, is nothing here.
        return least + int(self.rng.random() * (most - least + 1))

    # -- sending

    def _begin(
        self, kind: Kind, amount: int, provider_id: str, send: Send, of: Operation | None = None
    ) -> Operation:
        return self.ledger.begin(self.number, kind, amount, provider_id, send, of=of)

    def _send(self, kind: Kind, provider_id: str, amount: int, name: str, of: str | None = None) -> Send:
        return Send.of(self.callbacks.write(kind, provider_id, self.player, amount, of), name, self._waited())

    def _waited(self) -> float:
        wait, self.wait = self.wait, 0.0
        return wait

    def _until_answered(self, op: Operation, send: Send) -> _Ask:
        """Send a rollback, and copies of it until one is answered or the gate is closed."""
        said = yield from self._attempt(op, send)
        if said.effect is UNKNOWN:
            said = yield from self._copies_until_answered(op, send)
        if said.effect is OK:
            yield from self._copies(op, send)
        return said

    def _copies_until_answered(self, op: Operation, send: Send) -> _Ask:
        return copies_until_answered(self.ledger, self.callbacks, op, send, self._pauses())

    def _pauses(self) -> Iterator[float]:
        """Seconds before each copy, while the gate is open."""
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            if not self.ledger.gate_open:
                return
            yield pause

    def _attempt(self, op: Operation, send: Send) -> _Ask:
        """Make the first attempt: plain, with a fault, or with copies at the same time."""
        rates = self.rates
        if rates.cuts and self.rng.random() < rates.cuts:
            self.kinds.add("cuts")
            fault = self.rng.choice(rates.faults)
            return (yield from self._together([(op, replace(send, name=FAULTY, faults=(fault,)))]))
        if rates.races and self.rng.random() < rates.races:
            self.kinds.add("races")
            return (yield from self._together([(op, replace(send, name=AT_ONCE))] * rates.race_width))
        return (yield from self._together([(op, send)]))

    def _together(self, asked: Sequence[tuple[Operation, Send]]) -> _Ask:
        return together(self.ledger, self.callbacks, asked)

    def _copies(self, op: Operation, send: Send) -> Play:
        if self.rates.copies and self.rng.random() < self.rates.copies:
            self.kinds.add("copies")
            yield from self._together([(op, send.copy())])


_ORDER: Final = {OK: 0, REFUSED: 1, UNKNOWN: 2}


def together(ledger: Ledger, callbacks: Callbacks, asked: Sequence[tuple[Operation, Send]]) -> _Ask:
    """Send one attempt, with its faults if it has some, or several that leave together, and settle what came.

    Copies have one effect, and every answer to them is the same.
    """
    seen = yield [send for _, send in asked]
    read = [
        (callbacks.read(each.status, each.body), asked[number % len(asked)][0], each)
        for number, each in enumerate(seen)
    ]
    # Accepted ones first, so that a refusal beside them is seen as what it is, in whatever order they came.
    read.sort(key=lambda found: _ORDER[found[0].effect])
    for said, op, each in read:
        _settle(ledger, op, said, each)
    sure = read[0][0]
    # Refused to one and unanswered to another: the other may still have been accepted.
    return sure if sure.effect is OK else read[-1][0]


def copies_until_answered(
    ledger: Ledger, callbacks: Callbacks, op: Operation, send: Send, pauses: Iterable[float]
) -> _Ask:
    """Send a copy of ``send`` after each of ``pauses`` (in seconds), until one is answered; the last answer."""
    said = NOTHING
    for pause in pauses:
        said = yield from together(ledger, callbacks, [(op, send.copy(pause))])
        if said.effect is not UNKNOWN:
            break
    return said


def _settle(ledger: Ledger, op: Operation, said: Meaning, seen: Seen) -> None:
    broken = ledger.settle(op, said.effect, said.client_id or None)
    if seen.problem is None:
        seen.problem = broken or ledger.flawed(said.problem, op.player, op.transaction_id)
