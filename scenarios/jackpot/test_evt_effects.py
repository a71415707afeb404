"""Webhooks and their effects: whatever comes at once, out of order, is lost or forged.

Story: a player converts balance, and what Jackpot tells about the voucher arrives as it does in life. Invariant: the
money is where the voucher's real state says, and the CLIENT knows that state. Limits: needs ``voucher_session``, except
where a store shows the same; forgeries are refunds and cancellations, the ones that pay.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import PRICE, Conversions
from scenarios.contract import Observed
from scenarios.generated.families import coupons
from scenarios.generated.families.coupons import Lie
from scenarios.generated.families.family import Cases
from scenarios.jackpot.steps import events
from scenarios.jackpot.steps.disturbing import slow
from scenarios.jackpot.steps.purchases import came_to
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.player import Player
from simulators.exchanges.history import Direction, Exchange
from simulators.exchanges.owners import ALL
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.providers import JACKPOT
from simulators.transport.faults.wire import AnswerLost
from simulators.webhooks.message_log import DeliveryStanding

_FAILING = (503, b'{"error": "UNAVAILABLE", "message": "try again"}', "application/json")
# Seconds that a CLIENT which is started again may be away.
_AWAY = 30.0
# So many times a CLIENT's usual patience until its queue hands out again what a killed worker had taken.
_AFTER_KILL = 4


@pytest.mark.last
@pytest.mark.rules("EVT-03")
@pytest.mark.needs("voucher_session", "probe")
def test_copies_at_once(conversions: Conversions, player: Player, judge: Judge, effort: Effort) -> None:
    """N copies at once of a coupon event that moves money have one effect."""
    bought = conversions.usual_cost(player, VoucherState.READY)
    returned = bought - conversions.usual_cost(player, VoucherState.REFUNDED)
    for _ in range(effort.races):
        balance = judge.fund(player, 8000)
        conversion = conversions.begin(player, 4000)
        conversions.reserve_unheard(conversion)
        _race(conversions, conversion, "canceled", effort, VoucherEvent.CANCEL)
        _judge_race(conversions, "coupon/canceled", player, balance)
        conversion, balance = conversions.bought(player)
        conversions.happen(conversion, VoucherEvent.ASK_REFUND)
        _race(conversions, conversion, "refunded", effort, VoucherEvent.REFUND)
        _judge_race(conversions, "coupon/refunded", player, balance + returned)


def _race(
    conversions: Conversions, conversion: Conversion, name: str, effort: Effort, step: VoucherEvent
) -> None:
    """Let ``step`` come over the voucher and deliver its webhook ``name`` many times at once."""
    with conversions.holding():
        conversions.happen(conversion, step)
        conversions.deliver_at_once(conversion, name, effort.width)


def _judge_race(conversions: Conversions, name: str, player: Player, expected: Decimal) -> None:
    """Judge that the event had no second effect; that it has one at all is other rules' matter."""
    conversions.settles(player, expected)
    conversions.give_time(player)
    judge = conversions.judge
    seen = conversions.measure(player, expected)
    judge.holds(
        "EVT-03",
        seen <= expected,
        expected=f"one effect, which leaves {player.show(expected)}",
        seen=f"balance {player.show(seen)}",
        exchanges=[each for each in conversions.run.history.since(0) if each.provider == JACKPOT][-8:],
        case=f"copies of {name} at once",
        off=abs(seen - expected),
        observed=Observed.MONEY,
    )


@pytest.mark.rules("EVT-04")
@pytest.mark.needs("voucher_session", "probe")
def test_out_of_order(conversions: Conversions, player: Player, judge: Judge) -> None:
    """Coupon events that overtake each other end in the state that the voucher really has."""
    bought, canceled = (VoucherEvent.CONFIRM, VoucherEvent.MAKE_READY), (VoucherEvent.CANCEL,)
    refunded = (*bought, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND)
    orders: tuple[tuple[tuple[VoucherEvent, ...], VoucherState, tuple[str, ...]], ...] = (
        (bought, VoucherState.READY, ("reserved", "ready", "confirmed")),
        (bought, VoucherState.READY, ("ready", "confirmed", "reserved")),
        (canceled, VoucherState.CANCELED, ("canceled", "reserved")),
        (refunded, VoucherState.REFUNDED, ("refunded", "ready", "confirmed", "reserved")),
    )
    for steps, state, order in orders:
        # Measured before the player is funded.
        conversions.usual_cost(player, state)
        balance = judge.fund(player, 8000)
        conversion = conversions.begin(player, 4000)
        with conversions.holding():
            conversions.reserve(conversion, PRICE, manual=True)
            conversions.happen(conversion, *steps)
            conversions.deliver(conversion, *order)
        expected = conversions.left(player, balance, state)
        conversions.give_time(player)
        conversions.ends("EVT-04", conversion, state, expected, case=", then ".join(order).upper())


@pytest.mark.rules("EVT-04")
@pytest.mark.needs("voucher_session", "voucher")
def test_confirmed_is_not_ready(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A voucher that is CONFIRMED, and not READY yet, is notified as it is, and READY when Jackpot says so."""
    judge.fund(player, 8000)
    conversion = conversions.begin(player, 4000)
    with conversions.unready(conversion):
        conversions.reserve(conversion, PRICE)
        conversions.leaves(conversion, VoucherState.RESERVED)
        conversions.happen(conversion, VoucherEvent.CONFIRM)
        conversions.delivered()
        conversions.seen_as(conversion, VoucherState.CONFIRMED, VoucherState.READY)
        shown = conversions.state(conversion)
        judge.holds(
            "EVT-04",
            shown != str(VoucherState.READY),
            expected="the purchase is not READY before coupon/ready",
            seen="the CLIENT says READY",
            exchanges=conversions.evidence(conversion),
            case="coupon/confirmed, and coupon/ready not yet",
            observed=Observed.SHOWN,
        )
    conversions.happen(conversion, VoucherEvent.MAKE_READY)
    conversions.reaches(conversion, VoucherState.READY)
    shown = conversions.state(conversion)
    judge.holds(
        "EVT-04",
        shown == str(VoucherState.READY),
        expected="the purchase is READY, as the provider says",
        seen=f"the CLIENT says {shown}",
        exchanges=conversions.evidence(conversion),
        case="coupon/ready a while after coupon/confirmed",
        observed=Observed.SHOWN,
    )


@pytest.mark.rules("EVT-05")
@pytest.mark.needs("voucher_session", "probe")
def test_temporary_failures(conversions: Conversions, player: Player) -> None:
    """Lost answers, and an API that fails for a while, are made good by the provider's retries."""
    simulator = conversions.simulator

    def lose(fault: AnswerLost) -> Callable[[str], None]:
        return lambda key: simulator.endpoint.faults_about.update({key: [fault]})

    for case, go_wrong in (
        ("answers lost", lose(AnswerLost(attempts=2))),
        ("answers lost late", lose(AnswerLost(after=0.005))),
        ("the provider's API fails", lambda key: simulator.disturb("voucher", 1, answer=_FAILING, about=key)),
    ):
        _made_good(conversions, player, case, go_wrong)


@pytest.mark.alone
@pytest.mark.rules("EVT-05")
@pytest.mark.needs("voucher_session", "probe")
def test_no_token_for_a_while(conversions: Conversions, player: Player) -> None:
    """A provider that gives no token for a while is asked again."""

    def go_wrong(_: str) -> None:
        conversions.simulator.revoke_server_tokens()
        conversions.simulator.disturb("token", 1, answer=_FAILING, about=ALL)

    _made_good(conversions, player, "the provider gives no token", go_wrong)


def _made_good(conversions: Conversions, player: Player, case: str, go_wrong: Callable[[str], None]) -> None:
    """Judge that a purchase and its refund come to what they should, though both ``go_wrong`` at first."""
    conversions.full_patience = True
    bought, refunded = (
        conversions.usual_cost(player, each) for each in (VoucherState.READY, VoucherState.REFUNDED)
    )
    balance = conversions.judge.fund(player, 8000)
    conversion = conversions.begin(player, 4000)
    go_wrong(conversion.key)
    conversions.reserve(conversion, PRICE)
    conversions.leaves(conversion, VoucherState.RESERVED)
    conversions.happen(conversion, VoucherEvent.CONFIRM)
    expected = balance - bought
    balance = conversions.ends("EVT-05", conversion, VoucherState.READY, expected, case=f"{case}, purchase")
    conversions.calm()
    go_wrong(conversion.key)
    conversions.happen(conversion, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND)
    expected = balance + bought - refunded
    conversions.ends("EVT-05", conversion, VoucherState.REFUNDED, expected, case=f"{case}, refund")
    conversions.calm()


@pytest.mark.rules("EVT-09")
@pytest.mark.needs("voucher_session", "probe")
def test_lies_move_no_money(conversions: Conversions, player: Player, cases: Cases) -> None:
    """Events about a voucher that the provider says is in another state leave the money where that state says."""
    for case in cases(coupons.lies()):
        _lie(conversions, player, case.value, case.name)


def _lie(conversions: Conversions, player: Player, lie: Lie, case: str) -> None:
    account = conversions.simulator.account
    moves = lie.unheard or lie.state is VoucherState.RESERVED
    ends = (VoucherState.CANCELED, VoucherState.READY, VoucherState.REFUNDED) if moves else ()
    costs = {state: conversions.usual_cost(player, state) for state in ends}
    conversion, balance = came_to(conversions, player, lie.state)
    with conversions.silence():
        conversions.happen(conversion, *lie.unheard)
    voucher = account.voucher(conversion.voucher)
    if lie.price is not None:
        voucher = replace(voucher, price=player.money(lie.price))
    sent = [events.tell(conversions.simulator, name, voucher) for name in lie.names]
    if lie.state is VoucherState.RESERVED:
        # The CLIENT may confirm what it now knows of; what it does not runs out.
        conversions.leaves(conversion, VoucherState.RESERVED, conversions.run.settings.effort.pause)
        conversions.happen(conversion, VoucherEvent.EXPIRE)
    if moves:
        end = conversions.at_provider(conversion)
        balance += costs.get(lie.state, Decimal(0)) - costs.get(end, costs[VoucherState.READY])
    conversions.settles(player, balance)
    conversions.stays("EVT-09", player, balance, *sent, case=case)
    if lie.state is VoucherState.CONFIRMED:
        # What a CLIENT holds until it is READY comes back before the next case.
        conversions.happen(conversion, VoucherEvent.MAKE_READY)
        conversions.reaches(conversion, VoucherState.READY)


@pytest.mark.rules("EVT-10")
@pytest.mark.needs("voucher_session", "probe")
def test_amounts_as_numbers(conversions: Conversions, player: Player, judge: Judge) -> None:
    """Amounts as JSON numbers mean the same as the texts of the document: the player pays the price."""
    usual = conversions.usual_cost(player, VoucherState.READY)
    judge.needs(usual == player.money(PRICE), "purchases cost another sum than their price as it is")
    for units, case in ((820, "8.2"), (3000, "30")):
        balance = judge.fund(player, 8000)
        conversion = conversions.begin(player, 4000)
        with conversions.holding():
            conversions.reserve(conversion, units, manual=True)
            sent = [_in_numbers(conversions, conversion, "coupon/reserved")]
            conversions.leaves(conversion, VoucherState.RESERVED, 1.0)
            conversions.happen(conversion, VoucherEvent.CONFIRM, VoucherEvent.MAKE_READY)
            sent += [
                _in_numbers(conversions, conversion, f"coupon/{name}") for name in ("confirmed", "ready")
            ]
            for exchange in sent:
                events.acknowledged(
                    conversions.simulator, judge, "EVT-10", exchange, case=f"{exchange.title}, price {case}"
                )
            expected = balance - player.money(units)
            conversions.settles(player, expected)
            judge.balance("EVT-10", player, expected, *sent, case=f"price {case}")


def _in_numbers(conversions: Conversions, conversion: Conversion, name: str) -> Exchange:
    event = events.fields_of(conversions.simulator.posted(conversion.voucher, name))
    amounts = {field: Decimal(event["message"][field]) for field in ("value", "price", "initialAmount")}
    event["message"] = {**event["message"], **amounts}
    return events.send(conversions.simulator, event, label=name)


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("EVT-12")
@pytest.mark.needs("voucher_session", "probe")
def test_acknowledged_survives_a_kill(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A CLIENT that is killed once it has acknowledged events acts on them when it is started again."""
    bought = conversions.usual_cost(player, VoucherState.READY)
    refunded = conversions.usual_cost(player, VoucherState.REFUNDED)
    conversions.full_patience = True
    judge.fund(player, 20_000)
    new, old = conversions.begin(player, 4000), conversions.begin(player, 4000)
    conversions.reserve(old, PRICE)
    conversions.make_ready(old)
    conversions.happen(old, VoucherEvent.ASK_REFUND)
    both = player.money(20_000 - 4000) - bought
    balance = conversions.measure(player, both)
    _killed_meanwhile(conversions, new, old)
    patience = _AFTER_KILL * conversions.patience
    if conversions.run.settings.target.need_jackpot().confirmation == "manual":
        judge.holds(
            "EVT-12",
            conversions.leaves(new, VoucherState.RESERVED, patience),
            expected="the reservation is confirmed after the restart",
            seen=f"it is {conversions.at_provider(new)} {patience:.0f} s later",
            exchanges=conversions.evidence(new),
            case="coupon/reserved",
            observed=Observed.ASKED,
        )
    conversions.make_ready(new)
    # The other session cost as much as the refunded one did; a CLIENT may not have held anything for it.
    held = player.money(4000) if balance == both else Decimal(0)
    expected = balance + held - refunded
    conversions.settles(player, expected, patience)
    conversions.ends("EVT-12", old, VoucherState.REFUNDED, expected, case="coupon/refunded")


def _killed_meanwhile(conversions: Conversions, new: Conversion, old: Conversion) -> None:
    """Kill the CLIENT once it has acknowledged a refund and a reservation, while it waits for the provider.

    Before it asks, what it acknowledged may wait in a queue, and get lost only once work on it has begun. One that
    asks before it acknowledges is killed when it has done both.
    """
    queue, first = conversions.simulator.queue, len(conversions.run.history)
    with slow(conversions.simulator):
        conversions.happen(old, VoucherEvent.REFUND)
        conversions.reserve(new, PRICE)
        posted = {
            name: conversions.simulator.posted(conversion.voucher, name).id
            for conversion, name in ((old, "coupon/refunded"), (new, "coupon/reserved"))
        }
        waited = [queue.wait(delivery, conversions.patience) for delivery in posted.values()]
        at_once = all(one.standing is DeliveryStanding.ACKNOWLEDGED for one in waited)
        if at_once:
            conversions.until(
                lambda: any(
                    one.direction is Direction.FROM_CLIENT and one.provider == JACKPOT
                    for one in conversions.run.history.since(first)
                )
            )
            conversions.full_patience = True
            conversions.run.driver.restart()
    if not at_once:
        for name, delivery in posted.items():
            acknowledged = all(sent.ok for sent in queue.again(delivery))
            conversions.judge.needs(acknowledged, f"{name} was not acknowledged before the kill")
        conversions.full_patience = True
        conversions.run.driver.restart()
    conversions.run.guard.wait_back(_AWAY)


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("EVT-12")
@pytest.mark.needs("store")
def test_store_event_survives_a_kill(conversions: Conversions, judge: Judge) -> None:
    """A store that was enabled, and acknowledged, just before a kill is offered after the restart."""
    conversions.full_patience = True
    data = events.properties(conversions.simulator)
    sent = events.send(conversions.simulator, events.enabled(data))
    judge.needs(sent.ok, "store/enabled was not acknowledged")
    conversions.run.guard.restart()
    offered = conversions.until(lambda: conversions.run.driver.raw("store", store=data["id"]).status < 400)
    judge.holds(
        "EVT-12",
        offered,
        expected="the store is offered after the restart",
        seen="it is not",
        exchanges=[sent],
        case="store/enabled",
        observed=Observed.SHOWN,
    )
