"""The verbs scenarios speak: ``operator.bet(player, amount)`` and its like, each one exchange."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, Literal, TypedDict, Unpack

from scenarios.wallet.noticed import Noticed
from scenarios.wallet.player import Player
from simulators.exchanges.history import OWN, Exchange, Purpose
from simulators.operator.delivery import Operator
from simulators.transport.delivery import Delivery, Fault
from simulators.transport.sending import deliver
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.names import Names
from simulators.wallet.transactions import BalanceCall, Kind, Transaction

# How often what got no answer is sent again, and how many requests are made for one of the judge's own that none of
# which is ever answered: itself, its copies, and its rollback.
_COPIES: Final = 3
UNANSWERED: Final = 1 + _COPIES + 1


class NoRace(Exception):
    """Nothing can leave together; the text says why."""


def _nothing(exchange: Exchange) -> None:
    """Guard of verbs that nobody watches."""


# In how many results at most a player is paid what one does not pay whole.
_PARTS: Final = 32


class How(TypedDict, total=False):
    """How a callback is sent: as it is written, what it is called in reports, and for which purpose."""

    style: Style | None
    label: str | None
    purpose: Purpose | None


class WagerHow(How, total=False):
    """How a bet or a result is sent: also under which id, and in which currency."""

    id: str | None
    currency: str | None


@dataclass
class Verbs:
    """The OPERATOR as scenarios see it.

    Every verb sends one request, waits for its answer and returns the exchange. Amounts are decimals in the
    player's currency. Ids are new UUIDs unless given: a CLIENT remembers ids for good, so they can never
    repeat from one run to the next. ``guard`` is called after every exchange and may raise. ``noticed`` is what wagers
    that no scenario made showed of the CLIENT.

    Where results name a bet, each names the one bet, of nothing, that was placed for its player before the first.

    What is sent for a purpose of the judge's own (to read, fund or put back a balance) is settled as a provider would:
    sent again until it is answered, else rolled back, and then returned as unknown. A result or a rollback that is
    refused is sent again once, for only bets may be refused.
    """

    channel: Operator
    guard: Callable[[Exchange], None] = field(default=_nothing)
    style: Style = PLAIN
    noticed: list[Noticed] = field(default_factory=list)
    # The largest result that is paid whole in a currency, where the CLIENT was seen to pay larger ones in part or not.
    largest_results: dict[str, Decimal] = field(default_factory=dict)
    # That of players who are named by their ids alone.
    currency: str | None = None

    @staticmethod
    def new_id() -> str:
        """A provider id that was never used before."""
        return str(uuid.uuid4())

    def made_up_player(self, ending: str = "") -> str:
        """A player that is nobody, new each time, with ``ending`` behind the name; wagers may name it."""
        return self._names.make_up(ending)

    def other_spelling(self, player: Player, text: str) -> str:
        """Let wagers name ``text``, another spelling of the id of a test player; return it."""
        return self._names.add_spelling(player.id, text)

    def may_name(self, player: str) -> bool:
        """Whether wagers may name ``player``: a test player, or one made up for this run."""
        return player in self._names

    @property
    def _names(self) -> Names:
        if self.channel.names is None:
            raise ValueError("names are made up for runs of the judge only: this channel may name anybody")
        return self.channel.names

    def transaction(
        self,
        kind: Literal["bet", "result"],
        player: Player | str,
        amount: Decimal,
        *,
        id: str | None = None,  # noqa: A002
        currency: str | None = None,
    ) -> Transaction:
        """Build a bet or a result without sending it. ``currency`` defaults to the player's."""
        name, own = self._name_and_currency(player, currency)
        bet = self._bet_of(name, own) if kind == "result" else None
        return Transaction(Kind(kind), self.new_id() if id is None else id, name, own, amount, bet=bet)

    def _name_and_currency(self, player: Player | str, currency: str | None) -> tuple[str, str]:
        if isinstance(player, Player):
            return player.id, player.currency if currency is None else currency
        currency = self.currency if currency is None else currency
        if currency is None:
            raise ValueError(f"no currency is known for player {player!r}; pass currency=")
        return player, currency

    def _bet_of(self, player: str, currency: str) -> str | None:
        """The id of the bet that results of ``player`` name, which is placed now where there is none yet."""
        if self.channel.dialect.abilities.results_alone:
            return None
        opened, key = self.channel.opened, (player, currency)
        if key not in opened:
            bet = Transaction(Kind.BET, self.new_id(), player, currency, Decimal(0))
            # What it was answered shows in the results that name it.
            self.send(bet, label="bet of 0 (for results to name)", purpose=Purpose.FUNDING)
            opened[key] = bet.id
        return opened[key]

    @staticmethod
    def in_one_request(first: Transaction, *others: Transaction) -> Transaction:
        """The ``first`` with the ``others`` beside it in one request; what is a result beside a bet names that."""
        named = (
            replace(each, bet=first.id) if first.kind is Kind.BET and each.kind is Kind.RESULT else each
            for each in others
        )
        return replace(first, beside=tuple(named))

    def client_ids(self, exchange: Exchange) -> Sequence[str | int]:
        """The CLIENT's ids in the answer of ``exchange``, one for each transaction, in any order."""
        return () if exchange.answer is None else self.channel.dialect.client_ids(exchange.answer)

    def undo(
        self,
        of: Exchange | str,
        player: Player | str | None = None,
        amount: Decimal | None = None,
        *,
        id: str | None = None,  # noqa: A002
        currency: str | None = None,
    ) -> Transaction:
        """Build a rollback of an exchange (whose player and amount it takes over) or of any provider id.

        ``id`` is its own, where rollbacks have one.
        """
        if isinstance(of, str):
            undone = of
        else:
            original = of.message
            undone = original.id
            player = original.player if player is None else player
            amount = original.amount if amount is None else amount
            currency = original.currency if currency is None else currency
        if player is None or amount is None:
            raise ValueError("a rollback of a bare id needs the player and the amount")
        name, own = self._name_and_currency(player, currency)
        if not self.rollback_ids:
            # What it undoes, and for whom, is all that tells it from others.
            id = f"rollback of {undone} for {name}"  # noqa: A001
        return Transaction(Kind.ROLLBACK, self.new_id() if id is None else id, name, own, amount, undone)

    @property
    def rollback_ids(self) -> bool:
        """Whether rollbacks have ids of their own; otherwise all rollbacks of one transaction are copies of one."""
        return self.channel.dialect.abilities.rollback_ids

    def wager(
        self,
        kind: Literal["bet", "result"],
        player: Player | str,
        amount: Decimal,
        *,
        id: str | None = None,  # noqa: A002
        currency: str | None = None,
        **how: Unpack[How],
    ) -> Exchange:
        """Make a bet or a result, under a new ``id`` and in the player's ``currency`` where none is given."""
        return self.send(self.transaction(kind, player, amount, id=id, currency=currency), **how)

    def bet(self, player: Player | str, amount: Decimal, **how: Unpack[WagerHow]) -> Exchange:
        """Take ``amount`` from the player's balance."""
        return self.wager("bet", player, amount, **how)

    def result(self, player: Player | str, amount: Decimal, **how: Unpack[WagerHow]) -> Exchange:
        """Put ``amount`` on the player's balance."""
        return self.wager("result", player, amount, **how)

    def pay(self, player: Player, amount: Decimal, purpose: Purpose) -> Exchange:
        """Put ``amount`` on the balance, also where the CLIENT wrongly pays results only after bets, or small ones.

        Returns the last exchange, or the first that was not accepted.
        """
        largest = self.largest_results.get(player.currency, amount)
        while largest < amount <= _PARTS * largest:
            part = self.pay(player, largest, purpose)
            if not part.ok:
                return part
            amount -= largest
        if not self.channel.dialect.abilities.results_alone:
            return self.result(player, amount, purpose=purpose)
        refused: list[Exchange] = []
        # Refused twice, for once may be by chance.
        for _ in range(2):
            paid = self.result(player, amount, purpose=purpose)
            if not paid.refused:
                return paid
            refused.append(paid)
        bet = self.bet(player, player.unit, purpose=purpose)
        if not bet.ok:
            return paid
        paid = self.result(player, amount + player.unit, purpose=purpose)
        if paid.refused:
            self.rollback(bet, purpose=purpose)
        elif paid.ok:
            numbers = tuple(one.number for one in (*refused, bet, paid))
            seen = f"error {refused[0].error!r} twice, and accepted once a bet was placed"
            self.noticed.append(
                Noticed("RES-03", "a result that no bet precedes is accepted", seen, numbers, amount)
            )
        return paid

    def undo_bet(self, player: Player, amount: Decimal) -> Exchange | None:
        """Roll back a bet of ``player`` of at least ``amount``, if there is one; None where none is rolled back."""
        now = self.channel.route.history.scenario

        def worth(bet: Exchange) -> tuple[bool, bool, Decimal]:
            return bet.scenario == now, bet.message.amount < amount, abs(bet.message.amount - amount)

        bet = min(self._taken(player), key=worth, default=None)
        back = None if bet is None else self.rollback(bet, purpose=Purpose.PROBE)
        return back if back is not None and back.ok else None

    def _taken(self, player: Player) -> list[Exchange]:
        """The bets of ``player`` that were accepted, and that nobody rolled back."""
        sent = [one for one in self.channel.route.history if isinstance(one.message, Transaction)]
        undone = {one.message.of for one in sent}
        return [
            one
            for one in sent
            if one.ok and one.genuine and one.message.kind is Kind.BET and not one.message.beside
            if (one.message.player, one.message.currency) == (player.id, player.currency)
            if one.copy_of is None and one.message.id not in undone
            if one.message.amount and not one.message.amount % player.unit
        ]

    def rollback(
        self,
        of: Exchange | str,
        player: Player | str | None = None,
        amount: Decimal | None = None,
        *,
        id: str | None = None,  # noqa: A002
        currency: str | None = None,
        **how: Unpack[How],
    ) -> Exchange:
        """Undo ``of``: an earlier exchange, or any provider id (which needs ``player`` and ``amount``)."""
        return self.send(self.undo(of, player, amount, id=id, currency=currency), **how)

    def ask(self, player: Player) -> tuple[Exchange, Decimal | None] | None:
        """Call for the balance: the exchange and what it reports; None where the dialect has no such call."""
        exchange = self.channel.ask(BalanceCall(player.id, player.currency))
        if exchange is None:
            return None
        exchange = self.watched(exchange)
        return exchange, self.balance_in(exchange, player) if exchange.ok else None

    def balance_in(self, exchange: Exchange, player: Player) -> Decimal | None:
        """The balance of ``player`` that the answer of ``exchange`` reports, in whole units; None: none is reported."""
        answer = exchange.answer
        reported = None if answer is None else self.channel.dialect.balance_in(answer, player.currency)
        return None if reported is None else player.whole(reported)

    def again(self, exchange: Exchange, purpose: Purpose | None = None) -> Exchange:
        """Send a copy of ``exchange``, byte for byte; for its ``purpose`` (None: for that of ``exchange``)."""
        return self.watched(self.channel.again(exchange, purpose))

    def send(
        self,
        message: Transaction,
        *,
        style: Style | None = None,
        label: str | None = None,
        purpose: Purpose | None = None,
    ) -> Exchange:
        """Send any callback, signed, in ``style``."""
        style = self.style if style is None else style
        exchange = self.watched(self.channel.send(message, style=style, label=label, purpose=purpose))
        if purpose not in OWN:
            return exchange
        if exchange.refused and message.kind is not Kind.BET:
            again = self.again(exchange)
            return again if again.ok else exchange
        return exchange if heard(exchange) else self._settled(exchange)

    def _settled(self, exchange: Exchange) -> Exchange:
        last = self.settle(exchange)
        # Nothing but a bet may be refused: a copy that is says nothing of what became of the first.
        reported = last.ok or last.copy_of is None or exchange.message.kind is Kind.BET or not heard(last)
        if reported and last.answer is not None and not last.not_now:
            return last
        if exchange.message.kind is not Kind.ROLLBACK:
            undone = self.watched(self.channel.send(self.undo(exchange), purpose=exchange.purpose))
            if last.answer is not None:
                # Who was silent four times is silent now, and each time costs the whole timeout.
                self.settle(undone)
        return exchange

    def race(self, messages: Sequence[Transaction]) -> list[Exchange]:
        """Send callbacks so that their last bytes leave together; in the order of ``messages``.

        Equal messages are copies of one another. The race is no wider than the target's limits allow: what is
        too much is left out, from the end. Raises NoRace where one request may leave at a time.
        """
        kept = list(messages)[: self.channel.route.width(len(messages))]
        if len(kept) < min(2, len(messages)):
            raise NoRace(
                "the target's limits, or the pace at which it takes requests, let none leave together"
            )
        exchanges = deliver(
            [self._delivery(message) for message in kept], self.channel.route, together=True, alone=True
        )
        unanswered = next((exchange for exchange in exchanges if exchange.unknown), None)
        if unanswered is not None:
            self.guard(unanswered)
        return exchanges

    def deliver(
        self, messages: Transaction | Sequence[Transaction], faults: Sequence[Fault]
    ) -> list[Exchange]:
        """Send callbacks with ``faults`` round them; return the exchanges as they left, copies among them.

        What a fault cuts off is unknown, as planned, and does not alarm the guard.
        """
        group = [messages] if isinstance(messages, Transaction) else list(messages)
        return deliver([self._delivery(message) for message in group], self.channel.route, faults)

    def _delivery(self, message: Transaction) -> Delivery:
        request = self.channel.request(message, self.style)
        return self.channel.delivery_of(request, label=message.title, message=message)

    def settle(self, exchange: Exchange, copies: int = _COPIES) -> Exchange:
        """Send copies of an unanswered exchange, as a provider does, until one is answered; return that."""
        for _ in range(copies):
            if not exchange.unknown:
                break
            exchange = self.again(exchange)
        return exchange

    def watched(self, exchange: Exchange) -> Exchange:
        """Tell the guard of an exchange, and return it."""
        self.guard(exchange)
        return exchange


def heard(exchange: Exchange) -> bool:
    """Whether it was answered, if with what cannot be read: some CLIENTs refuse with a page."""
    answer = exchange.answer
    return answer is not None and not answer.failed and not exchange.not_now
