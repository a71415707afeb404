"""Webhooks and their acknowledgement: what the CLIENT answers, whatever it is sent.

Story: Jackpot tells of stores and vouchers, of types that do not exist yet, of vouchers that are not the CLIENT's, and
of nothing that makes sense. Invariant: what is documented, or may come later, is answered 200 in time; what nobody can
read has no effect. Limits: without ``voucher_session`` the CLIENT has no voucher of its own, and events about others'
cannot show whether it acknowledges its own.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import AMOUNT, PRICE, Conversions
from scenarios.cases.at_once import holds
from scenarios.contract import Level
from scenarios.hosting.jackpot import JudgedJackpot
from scenarios.jackpot.steps import events
from scenarios.jackpot.steps.disturbing import slow
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.jackpot import wire
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.jackpot.wire import Notification
from simulators.webhooks.message_log import DeliveryStanding, QueuedMessage

# Seconds within which Jackpot wants its acknowledgement.
_IN_TIME = 5.0


def _reported(
    conversions: Conversions, judge: Judge, rule: str, delivery: QueuedMessage[Notification]
) -> None:
    """Judge that a webhook on its way was answered 200, if not at once then upon a retry."""
    done = conversions.simulator.queue.wait(delivery.id, conversions.patience)
    last = done.attempts[-1] if done.attempts else None
    judge.holds(
        rule,
        done.standing is DeliveryStanding.ACKNOWLEDGED,
        expected="HTTP 200",
        seen="no attempt"
        if last is None
        else f"HTTP {last.status}"
        if last.status
        else f"no answer ({last.failure})",
        exchanges=[
            conversions.run.history[each.exchange] for each in done.attempts[:3] if each.exchange is not None
        ],
        case=done.event.event,
    )


@pytest.mark.alone
@pytest.mark.rules("EVT-01")
def test_store_events_are_acknowledged(conversions: Conversions, judge: Judge) -> None:
    """store/enabled, store/disabled and store/update in their documented shapes are answered 200."""
    account = conversions.simulator.account
    store_id = account.listings[-1].store.id
    raised: tuple[Callable[[], QueuedMessage[Notification]], ...] = (
        lambda: account.enable_store(store_id),
        lambda: account.update_store(store_id, {"name": "Enseigne nouvelle"}),
        lambda: account.disable_store(store_id),
        lambda: account.enable_store(store_id),
        lambda: account.make_continuous(store_id),
        lambda: account.make_discrete(store_id, [20, 30, 50]),
    )
    for raise_event in raised:
        _reported(conversions, judge, "EVT-01", raise_event())


@pytest.mark.rules("EVT-01")
@pytest.mark.needs("voucher_session", "probe")
def test_coupon_events_are_acknowledged(conversions: Conversions, player: Player, judge: Judge) -> None:
    """All six coupon events about vouchers of the CLIENT's own are answered 200."""
    judge.fund(player, 20_000)
    for decided in (VoucherEvent.REFUND, VoucherEvent.REJECT_REFUND):
        conversion = conversions.begin(player, 4000)
        conversions.reserve(conversion, 2500)
        conversions.make_ready(conversion)
        conversions.happen(conversion, VoucherEvent.ASK_REFUND, decided)
        _all_notified(conversions, judge, conversion)
    conversion = conversions.begin(player, 4000)
    conversions.reserve_unheard(conversion, 2500)
    conversions.happen(conversion, VoucherEvent.CANCEL)
    _all_notified(conversions, judge, conversion)


def _all_notified(conversions: Conversions, judge: Judge, conversion: Conversion) -> None:
    for delivery in conversions.simulator.queue.deliveries:
        about = getattr(delivery.event.message, "id", None)
        if about == conversion.voucher_id and delivery.standing is not DeliveryStanding.UNADDRESSED:
            _reported(conversions, judge, "EVT-01", delivery)


@pytest.mark.players(0)
@pytest.mark.rules("EVT-01")
def test_coupon_events_have_an_address(conversions: Conversions, judge: Judge) -> None:
    """Where one coupon event about anybody's voucher is answered 200, all six are."""
    account = conversions.simulator.account
    voucher = account.invent_voucher(notification_key=events.new_id())
    sent = {name: events.tell(conversions.simulator, name, voucher) for name in wire.EVENT_OF.values()}
    if not any(exchange.ok for exchange in sent.values()):
        # That others' vouchers are not acknowledged is EVT-08's; the CLIENT's own are tried where it has some.
        judge.needs(
            conversions.run.driver.has("voucher_session"),
            "no coupon event about others' vouchers is acknowledged; add voucher_session to [driver]",
        )
        return
    for name, exchange in sent.items():
        events.acknowledged(conversions.simulator, judge, "EVT-01", exchange, case=f"{name}, as others are")


@pytest.mark.players(0)
@pytest.mark.rules("EVT-06")
def test_unknown_types_are_acknowledged(conversions: Conversions, judge: Judge) -> None:
    """An event of a type that no document knows is answered 200."""
    for name, message in (
        ("coupon/extended", {"id": events.new_id(), "state": "EXTENDED", "price": "10.00"}),
        ("store/moved", {"storeId": events.new_id(), "data": {"id": events.new_id()}}),
        ("platform/news", {"text": "Bonjour"}),
    ):
        sent = events.send(conversions.simulator, events.envelope(name, message))
        events.acknowledged(conversions.simulator, judge, "EVT-06", sent, case=name)


@pytest.mark.rules("EVT-06")
@pytest.mark.needs("voucher_session", "probe")
def test_unknown_types_are_ignored(conversions: Conversions, player: Player) -> None:
    """An unknown type of event about a voucher of the CLIENT's own moves no money."""
    conversion, balance = conversions.bought(player)
    message = _message(conversions, conversion, "coupon/ready") | {"state": "EXTENDED"}
    sent = events.send(conversions.simulator, events.envelope("coupon/extended", message))
    conversions.stays("EVT-06", player, balance, sent, case="coupon/extended")


def _message(conversions: Conversions, conversion: Conversion, name: str) -> dict[str, Any]:
    """The message of the last webhook ``name`` about a voucher."""
    found = events.fields_of(conversions.simulator.posted(conversion.voucher, name))["message"]
    return dict(found)


def _malformed(name: str, message: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Bodies that nobody can read as an event, made of the genuine event ``name`` with ``message``."""
    whole = events.envelope(name, message)
    text = json.dumps(whole, default=str).encode()

    def without(field: str) -> bytes:
        return json.dumps({key: value for key, value in whole.items() if key != field}, default=str).encode()

    def instead(**fields: Any) -> bytes:
        return json.dumps(whole | fields, default=str).encode()

    return [
        ("not JSON", b"event=coupon"),
        ("an empty body", b""),
        ("JSON that ends early", text[:-20]),
        ("a list", b"[" + text + b"]"),
        ("a text", json.dumps("coupon").encode()),
        ("no event", without("event")),
        ("no message", without("message")),
        ("event null", instead(event=None)),
        ("event a number", instead(event=7)),
        ("message null", instead(message=None)),
        ("message a text", instead(message="READY")),
        ("message a list", instead(message=[message])),
        ("message empty", instead(message={})),
        ("not UTF-8", b'{"event": "coupon/\xff"}'),
    ]


@pytest.mark.players(0)
@pytest.mark.last(2)
@pytest.mark.rules("EVT-07")
def test_malformed_is_not_acknowledged(conversions: Conversions, judge: Judge) -> None:
    """What nobody can read is not answered 200, and events that come after it are answered as before."""
    simulator = conversions.simulator
    data = events.properties(simulator)
    before = _still_read(conversions)
    judge.needs(
        any(one.ok for one in before.values()),
        "events that anybody can read are not answered 200 either; where malformed ones of an earlier check left it "
        "so, start the CLIENT anew and judge it again",
    )
    bodies = _malformed("store/enabled", {"storeId": data["id"], "data": data})
    sent = [_refused(conversions, judge, case, body) for case, body in bodies]
    after = _still_read(conversions)
    for name, exchange in after.items():
        judge.holds(
            "EVT-07",
            exchange.answer is not None and (exchange.ok or not before[name].ok),
            expected=f"{name} answered as before",
            seen=events.status(exchange),
            exchanges=[*sent[-2:], exchange],
            case="after the malformed ones",
            level=Level.MUST,
        )


def _refused(conversions: Conversions, judge: Judge, case: str, body: bytes) -> Exchange:
    sent = conversions.simulator.endpoint.send_raw(body, label=f"malformed ({case})")
    judge.holds(
        "EVT-07",
        not sent.ok,
        expected="anything but HTTP 200",
        seen="HTTP 200",
        exchanges=[sent],
        case=case,
        level=Level.SHOULD,
    )
    return sent


def _still_read(conversions: Conversions) -> dict[str, Exchange]:
    """What is answered to events that anybody can read and that change nothing."""
    simulator = conversions.simulator
    foreign = simulator.account.invent_voucher(notification_key=events.new_id())
    notified = {"store/disabled": events.send(simulator, events.disabled(events.new_id()))}
    notified["coupon/ready"] = events.tell(simulator, "coupon/ready", foreign)
    return notified


@pytest.mark.last(2)
@pytest.mark.rules("EVT-07")
@pytest.mark.needs("voucher_session", "probe")
def test_malformed_moves_no_money(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A coupon event that nobody can read moves no money, whatever it seems to say."""
    acts = partial(_malformed_refunds, conversions, player, judge)
    if not judge.again and holds(judge, acts):
        return
    believed = _believed(conversions, player)
    judge.needs(
        not believed, "what breaks here is what EVT-09 reports: fix that first, then judge this again"
    )
    acts()


def _believed(conversions: Conversions, player: Player) -> bool:
    """Whether a refund that anybody can read moves money, though the provider knows of none (EVT-09)."""
    conversion, balance = conversions.bought(player)
    voucher = conversions.simulator.account.voucher(conversion.voucher)
    events.tell(conversions.simulator, "coupon/refunded", voucher)
    conversions.give_time(player)
    return conversions.measure(player, balance) != balance


def _malformed_refunds(conversions: Conversions, player: Player, judge: Judge) -> None:
    conversion, balance = conversions.bought(player)
    message = _message(conversions, conversion, "coupon/ready") | {"state": "REFUNDED"}
    del message["signedUrl"]
    cases = _malformed("coupon/refunded", message)
    for field, value in (("price", "abc"), ("price", None), ("id", None), ("id", [conversion.voucher])):
        event = events.envelope("coupon/refunded", message | {field: value})
        cases.append((f"{field} {value!r:.12}", json.dumps(event, default=str).encode()))
    sent = [_refused(conversions, judge, f"coupon/refunded, {case}", body) for case, body in cases]
    conversions.stays("EVT-07", player, balance, *sent[-6:], level=Level.MUST)


@pytest.mark.players(0)
@pytest.mark.rules("EVT-08")
def test_foreign_vouchers_are_acknowledged(conversions: Conversions, judge: Judge) -> None:
    """A coupon event for a voucher that is not the CLIENT's is answered 200."""
    account = conversions.simulator.account
    for key in (events.new_id(), None):
        voucher = account.invent_voucher(notification_key=key)
        for name in wire.EVENT_OF.values():
            sent = events.tell(conversions.simulator, name, voucher)
            case = f"{name}, {'a' if key else 'no'} notificationKey"
            events.acknowledged(conversions.simulator, judge, "EVT-08", sent, case=case, level=Level.SHOULD)


@pytest.mark.needs("probe")
@pytest.mark.rules("EVT-08")
def test_foreign_vouchers_move_no_money(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A coupon event for a voucher that is not the CLIENT's moves no money."""
    account = conversions.simulator.account
    balance = judge.fund(player, 50_000)
    for key in (events.new_id(), player.id, None):
        voucher = account.invent_voucher(notification_key=key)
        sent = [events.tell(conversions.simulator, name, voucher) for name in wire.EVENT_OF.values()]
        case = "a notificationKey that nobody minted" if key else "no notificationKey"
        if key == player.id:
            case = "the player's id for a notificationKey"
        balance = conversions.stays("EVT-08", player, balance, *sent, case=case, level=Level.MUST)


@pytest.mark.rules("EVT-08")
@pytest.mark.needs("voucher_session", "probe")
def test_own_key_makes_no_voucher_own(conversions: Conversions, player: Player) -> None:
    """A voucher that somebody else was refunded, notified under the key of a purchase here, moves no money."""
    simulator, account = conversions.simulator, conversions.simulator.account
    conversion, balance = conversions.bought(player)
    key = conversions.strange_key()
    with conversions.silence():
        asked = account.reservation(
            player.money(AMOUNT), manual=True, price=player.money(PRICE), notification_key=key
        )
        foreign = account.reserve(simulator.store_id, asked)
        for event in (VoucherEvent.CONFIRM, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND):
            account.happen(foreign.id, event)
    notified = replace(account.voucher(foreign.id), notification_key=conversion.key)
    sent = events.tell(simulator, "coupon/refunded", notified)
    case = "another's voucher under a key of the CLIENT's own"
    # Whoever believes what it is sent cannot know better, and breaks another SHOULD by it.
    conversions.stays("EVT-08", player, balance, sent, case=case, level=Level.SHOULD)


@pytest.mark.alone
@pytest.mark.rules("EVT-11")
def test_acknowledgement_comes_in_time(conversions: Conversions, judge: Judge) -> None:
    """Events about stores and others' vouchers are answered within 5 s while the provider's API is slow."""
    account = conversions.simulator.account
    with slow(conversions.simulator):
        foreign = account.invent_voucher(notification_key=events.new_id())
        for delivery in (
            account.notify_foreign("coupon/reserved", foreign),
            account.notify_store("store/update", account.listings[-1].store.id),
        ):
            _in_time(judge, conversions.simulator, delivery)


@pytest.mark.alone
@pytest.mark.rules("EVT-11")
@pytest.mark.needs("voucher_session", "probe")
def test_own_events_are_acknowledged_in_time(conversions: Conversions, player: Player, judge: Judge) -> None:
    """Events that make the CLIENT call the provider back are answered within 5 s while that is slow."""
    judge.fund(player, 20_000)
    first, second = conversions.begin(player, 4000), conversions.begin(player, 4000)
    conversions.reserve(first, 2500)
    conversions.make_ready(first)
    conversions.happen(first, VoucherEvent.ASK_REFUND)
    with slow(conversions.simulator):
        conversions.reserve(second, 2500)
        conversions.happen(first, VoucherEvent.REFUND)
        _in_time(
            judge, conversions.simulator, conversions.simulator.posted(second.voucher, "coupon/reserved")
        )
        _in_time(judge, conversions.simulator, conversions.simulator.posted(first.voucher, "coupon/refunded"))
    conversions.make_ready(second)
    conversions.seen_as(first, VoucherState.REFUNDED)


def _in_time(judge: Judge, simulator: JudgedJackpot, delivery: QueuedMessage[Notification]) -> None:
    arrived: Callable[[], bool] = lambda: bool(simulator.queue.delivery(delivery.id).attempts)  # noqa: E731
    simulator.queue.wait(delivery.id, _IN_TIME + 1)
    if not arrived():
        raise Undecided("a webhook was never sent")
    number = simulator.queue.delivery(delivery.id).attempts[0].exchange
    assert number is not None
    first = simulator.history[number]
    judge.holds(
        "EVT-11",
        first.answer is not None and first.seconds is not None and first.seconds <= _IN_TIME,
        expected=f"an answer within {_IN_TIME:g} s",
        seen=f"{events.status(first)}" + (f" after {first.seconds:.1f} s" if first.seconds else ""),
        exchanges=[first],
        case=delivery.event.event,
    )
