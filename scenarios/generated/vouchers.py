"""The stage of both providers: wagers and conversions of one player, and the sum that must not change."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import Conversions
from scenarios.generated.playback import Broken, Stage
from scenarios.problems.errors import DriverProblem
from scenarios.run.story import Step, Verb
from simulators.exchanges.history import Purpose
from simulators.jackpot.lifecycle import LIFECYCLE, VoucherEvent, VoucherState
from simulators.jackpot.wire import Notification, about
from simulators.wallet.transactions import Transaction
from simulators.webhooks.message_log import DeliveryStanding, QueuedMessage

# Where the price is spent; everywhere else nothing is, once the session is over.
_SPENT = (VoucherState.CONFIRMED, VoucherState.READY, VoucherState.REFUNDING, VoucherState.REFUND_REJECTED)
# What an event of a step does to a voucher.
_EVENTS = {
    Verb.CANCEL: (VoucherEvent.CANCEL,),
    Verb.EXPIRE: (VoucherEvent.EXPIRE,),
    Verb.REFUND: (VoucherEvent.MAKE_READY, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND),
    Verb.REJECT: (VoucherEvent.MAKE_READY, VoucherEvent.ASK_REFUND, VoucherEvent.REJECT_REFUND),
}
# The cheapest voucher, in smallest units, and how much of its session's amount one costs at most.
_CHEAPEST = 90
_SHOWN = 40


@dataclass(kw_only=True)
class VoucherStage(Stage):
    """One story of wagers and conversions. ``twice`` blames only money that was spent twice.

    With ``spend`` a session that is left over buys a voucher for all of its amount; otherwise it is canceled.
    """

    hands: Conversions
    twice: bool = False
    spend: bool = False
    first_delivery: int = 0
    mine: list[Conversion] = field(default_factory=list)

    def open(self) -> None:
        """Bring the player to the opening balance."""
        super().open()
        self.first_delivery = len(self._deliveries())

    def play(self, step: Step) -> None:
        """Do one step; one that cannot be (an expiry of what is confirmed) does nothing."""
        player = self.players[0]
        match step.verb:
            case Verb.TOGETHER:
                self._together(step)
            case Verb.SESSION:
                try:
                    self.mine.append(self.hands.mint(player, player.money(step.units)))
                except DriverProblem:
                    return  # refused: there may be no money for it
            case Verb.RESERVE:
                self._reserve([each for each in self.mine if each.voucher_id is None], step)
            case Verb.CANCEL | Verb.EXPIRE | Verb.REFUND | Verb.REJECT:
                self._happen([each for each in self.mine if each.voucher_id is not None], step)
            case Verb.AGAIN:
                if not self.hands.held:
                    # A copy is what comes after the first.
                    self.hands.delivered()
                deliveries = self._deliveries()[self.first_delivery :]
                if deliveries:
                    self.hands.simulator.queue.again(deliveries[-1 - step.of % len(deliveries)].id)
            case Verb.HOLD:
                self.hands.hold()
            case Verb.SEND:
                self._worked_off()
                self.hands.resume()
            case _:
                super().play(step)

    def _deliveries(self) -> list[QueuedMessage[Notification]]:
        """The webhooks about the scenario's vouchers, the oldest first."""
        names = {*self.hands.names}
        return [
            one for one in self.hands.simulator.queue.deliveries if not names.isdisjoint(about(one.event))
        ]

    def _worked_off(self) -> None:
        """Wait until the CLIENT sees the end of vouchers that it was notified of: events that come together it may work
        off as one.
        """
        for each in self.mine:
            of_it = [one for one in self._deliveries() if each.voucher_id in about(one.event)]
            reported = bool(of_it) and of_it[-1].standing is DeliveryStanding.ACKNOWLEDGED
            if reported and (state := self.hands.at_provider(each)) in LIFECYCLE.absorbing:
                self.hands.seen_as(each, state)

    def _reported(self, conversion: Conversion) -> bool:
        """Whether the CLIENT knows of the voucher, or will soon."""
        of_it = (one for one in self._deliveries() if conversion.voucher_id in about(one.event))
        return not self.hands.held or any(one.standing is DeliveryStanding.ACKNOWLEDGED for one in of_it)

    def _together(self, step: Step) -> None:
        """Sessions in one race, wagers in another, both released at the same moment."""
        player = self.players[0]
        amounts = [player.money(one.units) for one in step.group if one.verb is Verb.SESSION]
        wagers = tuple(one for one in step.group if one.verb in (Verb.BET, Verb.RESULT))
        with ThreadPoolExecutor(1) as pool:
            mint = partial(copy_context().run, self.hands.mint_at_once, player, amounts)
            sessions = pool.submit(mint) if amounts else None
            if wagers:
                super().play(Step(Verb.TOGETHER, group=wagers))
            if sessions is not None:
                self.mine += sessions.result()

    def _reserve(self, sessions: list[Conversion], step: Step) -> None:
        if not sessions:
            return
        conversion = sessions[-1 - step.of % len(sessions)]
        amount = int(conversion.amount / conversion.player.unit)
        if amount >= _CHEAPEST:
            self.hands.reserve(conversion, min(max(step.units, _CHEAPEST), amount))

    def _happen(self, vouchers: list[Conversion], step: Step) -> None:
        if not vouchers:
            return
        conversion = vouchers[-1 - step.of % len(vouchers)]
        if step.verb in (Verb.REFUND, Verb.REJECT) and self.hands.simulator.confirmed_by_client:
            # Whoever was notified of the reservation confirms it, however busy; so does the CLIENT of a saved story.
            hurry = self.run.settings.story is None and not self._reported(conversion)
            self.hands.leaves(
                conversion, VoucherState.RESERVED, self.run.settings.effort.pause if hurry else None
            )
        for event in _EVENTS[step.verb]:
            self.hands.happen(conversion, event)

    def finish(self) -> None:
        """Bring every conversion to its end and raise Broken where the sum is another."""
        hands, player = self.hands, self.players[0]
        for exchange in list(self.sent):
            self._provider_settles(exchange)
        hands.resume()
        hands.delivered()
        self._close()
        taken = self._taken()
        spent = sum((self._price(each) for each in self.mine), Decimal(0))
        opening = player.money(self.opening)
        expected = opening - taken - spent
        hands.settles(player, expected)
        numbers = self._numbers()
        seen = self.read(player, max(expected, Decimal(0)), numbers).amount
        for each in self.mine:
            hands.made.remove(each)
        if self.twice and expected < 0:
            raise Broken(f"{self._sum(taken, spent)} on {player.show(opening)}", numbers, -expected)
        if seen > expected or (seen < expected and not self.twice):
            why = f"{self._sum(taken, spent)} on {player.show(opening)}, and {player.show(seen)} is left"
            raise Broken(why, numbers, abs(seen - expected))

    def _sum(self, taken: Decimal, spent: Decimal) -> str:
        player = self.players[0]
        return f"{player.show(taken)} by bets (less results) and {player.show(spent)} on vouchers"

    def _close(self) -> None:
        """Let sessions without a voucher buy or be canceled, and reservations that stay unconfirmed expire."""
        hands = self.hands
        for each in self.mine:
            if each.voucher_id is not None:
                continue
            units = max(int(each.amount / each.player.unit), _CHEAPEST)
            if self.spend:
                hands.reserve(each, units, limit=units)
            else:
                with hands.silence():
                    hands.reserve(each, units, limit=units, manual=True)
                hands.happen(each, VoucherEvent.CANCEL)
        open_ones = [each for each in self.mine if hands.at_provider(each) is VoucherState.RESERVED]
        if hands.simulator.confirmed_by_client:
            settled = hands.until(
                lambda: all(hands.at_provider(each) is not VoucherState.RESERVED for each in open_ones)
            )
            hands.simulator.confirmed_by_client = settled
        for each in open_ones:
            hands.happen(each, VoucherEvent.EXPIRE)
        hands.delivered()
        for each in self.mine:
            hands.seen_as(each, hands.at_provider(each))

    def _price(self, conversion: Conversion) -> Decimal:
        voucher = self.hands.simulator.account.voucher(conversion.voucher)
        return voucher.price if voucher.state in _SPENT else Decimal(0)

    def _taken(self) -> Decimal:
        """What accepted bets took, less what results paid."""
        moved = {
            one.message.id: one.message
            for one in self.history()
            if one.ok and isinstance(one.message, Transaction) and one.message.player == self.players[0].id
        }
        signs = {"bet": 1, "result": -1}
        return sum((signs[each.kind] * each.amount for each in moved.values()), Decimal(0))

    def _numbers(self) -> tuple[int, ...]:
        kept = [each for each in self.run.history.since(self.start) if each.purpose is not Purpose.PROBE]
        return tuple(each.number for each in kept[-_SHOWN:])
