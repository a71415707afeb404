"""Conversions of balance into vouchers: the provider's hands beside the player's browser, and the judge's waits.

A CLIENT acts on webhooks when it sees fit: every wait is for what is expected, the effort's ``patience`` at most.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from scenarios.browsers.polling import without_polling
from scenarios.browsers.voucher_browser import Browser, Conversion
from scenarios.browsers.waiting import wait_until
from scenarios.contract import Level
from scenarios.problems.errors import DriverProblem
from scenarios.run.balances import Undecided
from scenarios.run.findings import Overdue
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange, Purpose
from simulators.exchanges.owners import ALL
from simulators.jackpot.catalogue.pricing import CURRENCY
from simulators.jackpot.lifecycle import IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.world import Voucher
from simulators.providers import JACKPOT
from simulators.transport.sending import deliver
from simulators.values.clocks import running_time

# Seconds that closing a session, or passing the time, may take: nothing is judged by it.
_UNJUDGED = 2.0
# So many exchanges, the last ones, show what became of a voucher.
_SHOWN = 12
# What the player gets whose conversions only pass the time, and one price, in smallest units.
_PURSE, _PRICE_MEANWHILE = 1_000_000, 2000
# So often that may be in vain before it is left out.
_TRIES = 2
# What scenarios convert and pay unless they say otherwise, in smallest units: part of it is left over.
AMOUNT, PRICE = 4000, 2500
# After so many waits in vain the CLIENT's own pace bounds the others, if not below these seconds.
_VAIN_WAITS, _LEAST_PATIENCE = 2, 1.0
# Longer than these seconds no CLIENT takes to say that it is there, unless it is stopped or has more to do than it can.
_STOPPED = 0.5


@dataclass
class Conversions(Browser):
    """What scenarios do with sessions and vouchers. Made for one scenario; ``finish`` closes what it opened.

    ``full_patience`` is for scenarios in which the CLIENT may have to try again after a pause of its own; it ends
    with the first wait in vain.
    """

    full_patience: bool = False

    @property
    def patience(self) -> float:
        """Seconds that a CLIENT may take."""
        return self.run.settings.effort.patience

    # -- the provider's hands

    def reserve(
        self, conversion: Conversion, units: int, *, limit: int | None = None, manual: bool | None = None
    ) -> Voucher:
        """Reserve a voucher at the price of ``units`` in the session, whatever its JWT is worth."""
        player = conversion.player
        asked = self.simulator.account.reservation(
            conversion.amount if limit is None else player.money(limit),
            manual=manual,
            price=player.money(units),
            notification_key=conversion.key,
            user_id=player.id,
            email="player@client.example",
        )
        with self.simulator.account.lock:
            # Known before any webhook of it can be answered.
            voucher = self.simulator.account.reserve(self.simulator.store_id, asked)
            conversion.voucher_id = voucher.id
        return voucher

    def reserve_unheard(self, conversion: Conversion, units: int = PRICE) -> None:
        """Reserve a voucher without a word to the CLIENT: what it does not confirm can be canceled in any mode."""
        with self.silence():
            self.reserve(conversion, units, manual=True)

    def happen(self, conversion: Conversion, *events: VoucherEvent) -> bool:
        """Let ``events`` come over the voucher, as far as they can; say whether all could."""
        could = True
        for event in events:
            try:
                self.simulator.account.happen(conversion.voucher, event)
            except IllegalTransition:
                could = False
        return could

    def deliver(self, conversion: Conversion, *names: str) -> None:
        """Deliver the voucher's webhooks ``names`` now, in this order."""
        for name in names:
            self.simulator.queue.again(self.simulator.posted(conversion.voucher, f"coupon/{name}").id)

    def deliver_at_once(self, conversion: Conversion, name: str, copies: int) -> list[Exchange]:
        """Deliver so many copies of the voucher's webhook ``name`` at once."""
        route = self.run.route
        event = self.simulator.posted(conversion.voucher, f"coupon/{name}").event
        return deliver([self.simulator.endpoint.delivery(event)] * route.width(copies), route, together=True)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Send no webhook of what happens to the scenario's vouchers meanwhile, not even later."""
        self.delivered()
        with self.simulator.queue.silence(self.names):
            yield

    @contextlib.contextmanager
    def unready(self, conversion: Conversion) -> Iterator[None]:
        """Let the session's voucher not become READY by itself meanwhile."""
        unready = self.simulator.account.habits.unready
        unready.add(conversion.key)
        try:
            yield
        finally:
            unready.discard(conversion.key)

    def at_provider(self, conversion: Conversion) -> VoucherState:
        """The voucher's state at the provider."""
        return self.simulator.account.voucher(conversion.voucher).state

    # -- waits

    def until(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until ``condition`` holds, for ``seconds`` (None: the CLIENT's patience); say whether it does.

        Raises TargetGone, OutOfBounds where it does not and the reason is one of these.
        """
        began = running_time()
        bound = self._bound() if seconds is None else seconds
        if not wait_until(condition, bound) and not (self._stood_still() and wait_until(condition, bound)):
            if bound < self.patience:
                self.judge.wait_cut_short = True
            if seconds is None:
                self.simulator.vain_waits, self.full_patience = self.simulator.vain_waits + 1, False
            return False
        self.simulator.longest_wait = max(self.simulator.longest_wait, running_time() - began)
        return True

    def _stood_still(self) -> bool:
        """Whether the CLIENT, asked after a wait in vain, took so long to answer that it may have been stopped."""
        began = time.monotonic()
        self.run.guard.check()
        return time.monotonic() - began > _STOPPED

    def _bound(self) -> float:
        """Seconds of patience: less with a CLIENT that was in vain waited for, and is quick otherwise."""
        if self.full_patience or self.simulator.vain_waits < _VAIN_WAITS:
            return self.patience
        return min(self.patience, max(_LEAST_PATIENCE, 4 * self.simulator.longest_wait))

    def delivered(self) -> None:
        """Wait until every webhook about the scenario's vouchers is acknowledged or given up."""
        if self.names:
            self.simulator.wait_idle(self.patience, *self.names)

    def reaches(self, conversion: Conversion, state: VoucherState) -> bool:
        """Wait until the voucher is in ``state``, at the provider and in the CLIENT's eyes; say whether it is."""
        there = self.until(lambda: self.at_provider(conversion) is state)
        self.delivered()
        return there and self.seen_as(conversion, state)

    def leaves(self, conversion: Conversion, state: VoucherState, seconds: float | None = None) -> bool:
        """Wait until the voucher is no longer in ``state`` at the provider; say whether it is not."""
        return self.until(lambda: self.at_provider(conversion) is not state, seconds)

    def asked_to_confirm(self, conversion: Conversion) -> bool:
        """Wait until the CLIENT asks to confirm the voucher; say whether it did."""
        return self.until(lambda: bool(self.simulator.confirm_requests(conversion.voucher)))

    def seen_as(self, conversion: Conversion, *states: VoucherState) -> bool:
        """Wait until the CLIENT says that the purchase is in one of ``states``, where the driver can tell."""
        wanted = {str(state) for state in states}
        return not self.run.driver.has("voucher") or self.until(lambda: self.state(conversion) in wanted)

    def settles(self, player: Player, expected: Decimal, seconds: float | None = None) -> bool:
        """Wait as ``until`` does until the balance is ``expected``; say whether it is. Never disturbs it for long."""
        return self.until(lambda: self._owns(player, expected), seconds)

    def _owns(self, player: Player, expected: Decimal) -> bool:
        if self.run.driver.has("balance"):
            try:
                return self.run.driver.balance(player.id) == expected
            except DriverProblem:
                return False
        return self._can_bet(player, expected)

    def _can_bet(self, player: Player, expected: Decimal) -> bool:
        """Whether exactly ``expected`` can be bet; unlike the probe it takes at most that, and at once back."""
        verbs = self.run.verbs
        taken = Decimal(0)
        if expected > 0:
            if not verbs.bet(player, expected, purpose=Purpose.PROBE).ok:
                return False
            taken = expected
        more = verbs.bet(player, player.unit, purpose=Purpose.PROBE).ok
        back = taken + (player.unit if more else Decimal(0))
        if back:
            verbs.result(player, back, purpose=Purpose.PROBE)
        return not more

    def measure(self, player: Player, expected: Decimal) -> Decimal:
        """Wait for ``expected`` and read the balance without judging it; raises Undecided."""
        self.settles(player, expected)
        try:
            return self.judge.measure(player, expected)
        except Unreadable as error:
            raise Undecided(f"the balance cannot be read: {error}") from error

    # -- what scenarios build on, and what they conclude with

    def bought(self, player: Player) -> tuple[Conversion, Decimal]:
        """A voucher that is READY, and the balance after it; none of it is judged here."""
        balance = self.judge.fund(player, 2 * AMOUNT)
        conversion = self.begin(player, AMOUNT)
        self.reserve(conversion, PRICE)
        self.make_ready(conversion)
        return conversion, self.measure(player, balance - player.money(PRICE))

    def usual_cost(self, player: Player, state: VoucherState) -> Decimal:
        """What a conversion of AMOUNT at PRICE costs that ends in ``state`` with nothing going wrong.

        Rules about what goes wrong compare with it, so that a CLIENT which always charges another sum is
        blamed by the rule about that alone. Measured once in a run.
        """
        costs = self.simulator.costs
        with self.simulator.learning:
            if state not in costs:
                due = self._due(player, state)
                try:
                    costs[state] = self._cost(player, state, due)
                except Undecided:
                    costs[state] = due
            return costs[state]

    def left(self, player: Player, balance: Decimal, state: VoucherState) -> Decimal:
        """What such a conversion leaves of ``balance``: as usually, or as is right, where just that is there."""
        usual, right = balance - self.usual_cost(player, state), balance - self._due(player, state)
        if self.settles(player, usual) or usual == right:
            return usual
        # Where refunds are wrong, so may be what was held and never paid.
        held = balance - player.money(AMOUNT)
        return next((one for one in (right, held) if self._owns(player, one)), usual)

    def _due(self, player: Player, state: VoucherState) -> Decimal:
        return player.money(0 if state in (VoucherState.CANCELED, VoucherState.REFUNDED) else PRICE)

    def _cost(self, player: Player, state: VoucherState, due: Decimal) -> Decimal:
        funds = player.money(2 * AMOUNT)
        if state is VoucherState.CANCELED:
            self.judge.fund(player, 2 * AMOUNT)
            conversion = self.begin(player, AMOUNT)
            self.reserve_unheard(conversion)
            self.happen(conversion, VoucherEvent.CANCEL)
        else:
            conversion, _ = self.bought(player)
            if state is VoucherState.REFUNDED:
                self.happen(conversion, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND)
        self.reaches(conversion, state)
        return funds - self.measure(player, funds - due)

    def make_ready(self, conversion: Conversion) -> None:
        """Wait until the CLIENT has confirmed; where it does not, confirm in its place."""
        confirmed = (VoucherState.CONFIRMED, VoucherState.READY)
        if self.simulator.confirmed_by_client:
            self.simulator.confirmed_by_client = self.until(lambda: self.at_provider(conversion) in confirmed)
        self.happen(conversion, VoucherEvent.CONFIRM, VoucherEvent.MAKE_READY)
        self.judge.needs(
            self.at_provider(conversion) is VoucherState.READY, "the voucher did not become READY"
        )
        self.delivered()
        self.seen_as(conversion, VoucherState.READY)

    def ends(
        self,
        rule: str,
        conversion: Conversion,
        state: VoucherState,
        balance: Decimal,
        *,
        case: str = "",
    ) -> Decimal:
        """Judge by ``rule`` that the purchase ends in ``state`` with ``balance``; return that as read."""
        player, seconds = conversion.player, self._bound()
        if not self.reaches(conversion, state):
            self._overdue(rule, conversion, state, seconds)
        there = self.at_provider(conversion)
        self.judge.holds(
            rule,
            there is state,
            expected=f"the voucher becomes {state}",
            seen=f"it is {there} after {seconds:.2g} s",
            exchanges=self.evidence(conversion),
            case=case,
        )
        if there is state and self.run.driver.has("voucher"):
            shown = self.state(conversion)
            self.judge.holds(
                rule,
                shown == str(state),
                expected=f"the purchase is {state}, as the provider says",
                seen=f"the CLIENT says {shown} after {seconds:.2g} s",
                exchanges=self.evidence(conversion),
                case=case,
            )
        self.settles(player, balance)
        return self.judge.balance(rule, player, balance, *self.evidence(conversion), case=case)

    def _overdue(self, rule: str, conversion: Conversion, state: VoucherState, seconds: float) -> None:
        """Keep in mind that the purchase was not in ``state`` in time."""
        came = f"a purchase of {conversion.player}'s was {state} in the end, later than after {seconds:.2g} s"
        wanted = (state, str(state)) if self.run.driver.has("voucher") else (state, None)

        def here() -> bool:
            shown = self.state(conversion) if wanted[1] else None
            return (self.at_provider(conversion), shown) == wanted

        self.run.overdue.append(Overdue(rule, came, here))

    def stays(
        self,
        rule: str,
        player: Player,
        balance: Decimal,
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
    ) -> Decimal:
        """Judge by ``rule`` that the balance is ``balance`` still, once the CLIENT had time to change it."""
        self.give_time(player, lambda: not self._owns(player, balance))
        return self.judge.balance(rule, player, balance, *exchanges, case=case, level=level)

    def give_time(self, player: Player, happened: Callable[[], bool] = lambda: False) -> None:
        """Give the CLIENT time for what it should not do: another player's conversion goes through meanwhile.

        Where there is none, or it does not, wait for ``happened`` or the effort's pause.
        """
        self.delivered()
        other = self.run.aside or next((one for one in reversed(self.run.players) if one is not player), None)
        if other and other.currency == CURRENCY and self.simulator.failed_meanwhile < _TRIES:
            try:
                if self._convert_meanwhile(other):
                    return
            except Undecided:
                pass
            self.simulator.failed_meanwhile += 1
        self.until(happened, self.run.settings.effort.pause)

    def _convert_meanwhile(self, other: Player) -> bool:
        with self.simulator.learning:
            if self.simulator.purse < _PRICE_MEANWHILE or other.funded.since != self.simulator.filled:
                self.judge.fund(other, _PURSE)
                self.simulator.purse, self.simulator.filled = _PURSE, other.funded.since
            self.simulator.purse -= _PRICE_MEANWHILE
        conversion = self.begin(other, _PRICE_MEANWHILE)
        self.reserve(conversion, _PRICE_MEANWHILE)
        done = self.until(lambda: self.at_provider(conversion) is VoucherState.READY, _UNJUDGED)
        self.happen(conversion, VoucherEvent.CONFIRM)
        self.delivered()
        if not self.run.driver.has("voucher"):
            return done
        return done and self.until(lambda: self.state(conversion) == str(VoucherState.READY), _UNJUDGED)

    def calm(self) -> None:
        """End what disturbs the scenario's own vouchers, and alone all that does."""
        self.held = False
        self.simulator.calm(ALL if self.run.free is None else self.names)

    def evidence(self, conversion: Conversion) -> list[Exchange]:
        """What passed between Jackpot and the CLIENT since the session began, the last of it."""
        since = self.run.history.since(conversion.first_exchange)
        return without_polling(one for one in since if one.provider == JACKPOT)[-_SHOWN:]

    def finish(self) -> None:
        """Close every session that is open, so that nothing stays held; nothing is judged."""
        self.calm()
        left = [each for each in self.made if self._open_still(each)]
        for conversion in left:
            if conversion.voucher_id is None:
                with self.silence():
                    self.reserve(conversion, 100, limit=100, manual=True)
            self.happen(conversion, VoucherEvent.CANCEL)
        self.delivered()
        if self.run.driver.has("voucher") and self.simulator.closes:
            final = (str(VoucherState.CANCELED), str(VoucherState.READY))
            self.simulator.closes = self.until(
                lambda: all(self.state(each) in final for each in left), _UNJUDGED
            )

    def _open_still(self, conversion: Conversion) -> bool:
        if conversion.token.key is None:
            return False
        return conversion.voucher_id is None or self.at_provider(conversion) is VoucherState.RESERVED
