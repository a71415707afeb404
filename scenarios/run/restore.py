"""Putting players back: every player whose money a run moved owns in the end what it owned when the run began."""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from scenarios.oracles.acceptable import Acceptable, acceptable
from scenarios.oracles.attempts import messages_of
from scenarios.run.guard import Guard, OutOfBounds, TargetGone
from scenarios.run.planning.width import side_by_side
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Declined, Probe, Unreadable, WagersProbe, in_parts
from simulators.exchanges.history import Exchange, Purpose
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction

# From so many players on it is worth finding out how many requests the CLIENT answers at once.
_WORTHWHILE: Final = 3


@dataclass
class Restore:
    """Puts ``players`` back through ``operator``; ``warn`` is called with what cannot be put back.

    ``width`` tells how many requests may be under way at once.
    """

    operator: Verbs
    players: list[Player]
    guard: Guard
    warn: Callable[[str], None]
    width: Callable[[], int]

    def lend(self, player: Player) -> None:
        """Keep in mind what the run moved before it looks at ``player`` for the first time."""
        if not player.touched:
            player.lent = self._moved(player, player.currency)

    def alike(self, player: Player) -> Decimal | None:
        """What ``player`` has if it owned as much as another when the run began, of its own currency or of another.

        Test players are often opened alike.
        """
        others = sorted(self.players, key=lambda one: one.currency != player.currency)
        return next((one.owned + player.lent for one in others if one.owned), None)

    def all(self, probe_of: Callable[[Player], Probe]) -> None:
        """Give every player back what it owned when the run began; say so where that fails.

        ``probe_of`` says what reads a player's balance.
        """
        self.guard.unbounded = True
        named = self._named()
        for player in self.players:
            if player.touched:
                named[player.id].discard(player.currency)
        left = [player for player in self.players if player.touched or named[player.id]]
        try:
            self._side_by_side(left, named, probe_of)
            for player in [*left]:
                try:
                    self.guard.wait_return()
                    self._give_back(player, named[player.id], probe_of(player))
                except (Unreadable, TargetGone, OutOfBounds) as error:
                    self.warn(self._left_behind(player, error))
                left.remove(player)
        except KeyboardInterrupt:
            for player in left:
                self.warn(self._left_behind(player, "stopped by a signal", sent=True))
            raise

    def _side_by_side(
        self, left: list[Player], named: dict[str, set[str]], probe_of: Callable[[Player], Probe]
    ) -> None:
        """Put back at once those of ``left`` who can be, and take them off it; the others are for one by one."""
        own: dict[str, list[Player]] = defaultdict(list)
        for player in left:
            if not player.touched or isinstance(probe_of(player), WagersProbe):
                own[player.id].append(player)
        if len(own) < _WORTHWHILE or self.guard.gone:
            return
        stopped = threading.Event()

        def guard(exchange: Exchange) -> None:
            if stopped.is_set():
                raise OutOfBounds("stopped by a signal")
            self.guard(exchange)

        beside = replace(self, operator=replace(self.operator, guard=guard))

        def each(players: list[Player]) -> None:
            with contextlib.suppress(Unreadable, TargetGone, OutOfBounds):
                for player in players:
                    probe = probe_of(player)
                    if isinstance(probe, WagersProbe):
                        probe = probe.over(beside.operator)
                    beside._give_back(player, named[player.id], probe)
                    left.remove(player)

        side_by_side([partial(each, players) for players in own.values()], self.width(), stopped.set)

    def _give_back(self, player: Player, currencies: Iterable[str], probe: Probe) -> None:
        if player.touched:
            self._put_back(player, probe)
        self._undo(player, currencies)
        player.touched = False

    def _left_behind(self, player: Player, why: object, *, sent: bool = False) -> str:
        """Say what ``player`` owned and, where the CLIENT is gone or ``sent`` asks for it, what it should own by what
        was sent.
        """
        if player.owned is None:
            return f"player {player.id} could not be put back to what it owned: {why}"
        text = f"player {player.id} could not be put back to {player.show(player.owned)}: {why}"
        if not (sent or self.guard.gone):
            return text
        return f"{text}; by what was sent it owns {self._by_what_was_sent(player, player.owned).alternatives()} now"

    def _by_what_was_sent(self, player: Player, owned: Decimal) -> Acceptable:
        """What ``player``, which ``owned`` so much when the run began, may own now."""
        funded = player.funded
        moved = self.operator.channel.route.history.since(funded.since)
        return acceptable(moved, player.id, funded.amount if funded.since else owned, player.currency)

    def _moving(self) -> Iterator[tuple[Exchange, Transaction]]:
        """What may have moved money: what is genuine and left, and what was accepted although it is not."""
        for exchange in self.operator.channel.route.history.since(0):
            if exchange.failure is not None and exchange.failure.kind.unsent:
                continue
            for message in messages_of(exchange) if exchange.genuine or exchange.ok else ():
                yield exchange if exchange.genuine else replace(exchange, genuine=True), message

    def _named(self) -> dict[str, set[str]]:
        """The currencies in which wagers of this run named each player."""
        named: dict[str, set[str]] = defaultdict(set)
        for _, message in self._moving():
            named[message.player].add(message.currency)
        return named

    def _put_back(self, player: Player, probe: Probe) -> None:
        if player.owned is None:
            return
        try:
            probe.empty(player, player.last)
        except Declined:
            self._make_up(player, player.owned)
            return
        if player.owned > 0:
            self._pay(player, player.owned)
        elif player.owned < 0:
            self._owe(player, -player.owned)

    def _make_up(self, player: Player, owned: Decimal) -> None:
        """Where no bet is taken, pay what is missing by what was sent, or roll results of this run back.

        Raises Declined.
        """
        balances = {player.off + balance for balance in self._by_what_was_sent(player, owned).balances}
        balance = min(balances)
        for result in self._results(player) if len(balances) == 1 else ():
            if balance <= owned:
                break
            amount: Decimal = result.message.amount
            if balance < amount:
                # Nothing that was spent is taken back.
                self._pay(player, amount - balance)
                balance = amount
            if self.operator.rollback(result, purpose=Purpose.RESTORE).ok:
                balance -= amount
        if len(balances) > 1 or balance > owned:
            raise Declined("it may not bet, for another reason than missing funds (a limit of the player?)")
        if balance < owned:
            self._pay(player, owned - balance)

    def _results(self, player: Player) -> list[Exchange]:
        """What this run paid ``player`` and did not roll back, the largest first."""
        moving = [*self._moving()]
        undone = {message.of for _, message in moving}
        paid = {
            message.id: exchange
            for exchange, message in moving
            if exchange.ok and message.kind is Kind.RESULT and message.id not in undone
            if (message.player, message.currency) == (player.id, player.currency)
        }
        return sorted(paid.values(), key=lambda exchange: exchange.message.amount, reverse=True)

    def _owe(self, player: Player, amount: Decimal) -> None:
        """Leave a debt of ``amount``: a result that is spent, in as many bets as that takes, and rolled back."""
        loan = self._pay(player, amount)
        in_parts(
            amount,
            player.unit,
            lambda part: self.operator.bet(player, part, purpose=Purpose.RESTORE).ok,
        )
        self.operator.rollback(loan, purpose=Purpose.RESTORE)

    def _pay(self, player: Player, amount: Decimal) -> Exchange:
        paid = self.operator.pay(player, amount, Purpose.RESTORE)
        if not paid.ok:
            raise Unreadable("the result that puts it back was not accepted")
        return paid

    def _undo(self, player: Player, currencies: Iterable[str]) -> None:
        """Undo what this run's wagers moved in ``currencies``, whose balances were never read."""
        for currency in sorted(currencies):
            moved = self._moved(player, currency)
            if not moved:
                continue
            send, kind = (self.operator.bet, "bet") if moved > 0 else (self.operator.result, "result")
            move = partial(self._done, send, player, currency)
            if not in_parts(abs(moved), money.unit(currency), move):
                shown = money.show(moved, currency)
                raise Unreadable(f"the {kind} that undoes what this run moved, {shown}, was not accepted")

    def _done(self, send: Callable[..., Exchange], player: Player, currency: str, amount: Decimal) -> bool:
        return send(player, amount, currency=currency, purpose=Purpose.RESTORE).ok

    def _moved(self, player: Player, currency: str) -> Decimal:
        """What this run's wagers changed the balance by. Raises Unreadable where that cannot be read."""
        moving = [*self._moving()]
        own = [
            (exchange, message.id)
            for exchange, message in moving
            if (message.player, message.currency) == (player.id, currency)
        ]
        if all(exchange.refused for exchange, _ in own):
            return Decimal(0)
        decided = {name for exchange, name in own if not exchange.unknown}
        # What was rolled back is sent no more: it could be paid for coming late.
        decided |= {message.of for exchange, message in moving if exchange.ok and message.of}
        for exchange, name in own:
            if name not in decided:
                decided.add(name)
                self.operator.settle(exchange)
        sent = [exchange for exchange, _ in self._moving()]
        allowed = acceptable(sent, player.id, Decimal(0), currency).balances
        if len(allowed) > 1:
            shown = " or ".join(money.show(each, currency) for each in sorted(allowed))
            raise Unreadable(f"this run moved {shown}, for some wagers got no answer")
        return min(allowed)
