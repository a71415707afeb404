"""Webhooks that come again: the same event, and another one that tells of the same change.

Story: a provider that got no answer sends again, and one that lost its place tells everything again. Invariant: money
and catalogue stay as the first delivery left them, for every kind of event, and still at the end of the run. Limits:
copies at once are judged elsewhere.
"""

from functools import partial

import pytest

from scenarios.browsers.voucher_flow import Conversions
from scenarios.contract import Observed
from scenarios.jackpot.steps import catalogue, events
from scenarios.jackpot.steps.purchases import came_to
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.player import Player
from simulators.jackpot.lifecycle import VoucherState
from simulators.jackpot.wire import Coupon, Notification
from simulators.webhooks.message_log import DeliveryStanding, QueuedMessage

_COPIES = 2
# Of the transactions that make a crowd, so many are worth one event; so many of a run's first and last are sent again.
_APART, _ENDS = 5, 10


def _notified(conversions: Conversions, voucher: str | None = None) -> list[QueuedMessage[Notification]]:
    """The genuine webhooks (about ``voucher``) that the CLIENT has acknowledged so far.

    Not those of a voucher of which it was notified in part only: a copy may be what makes it ask for the rest, rightly.
    """
    genuine = [delivery for delivery in conversions.simulator.queue.deliveries if delivery.genuine]
    unsettled = {
        _voucher(delivery) for delivery in genuine if delivery.standing is not DeliveryStanding.ACKNOWLEDGED
    }
    return [
        delivery
        for delivery in genuine
        if _voucher(delivery) is None or _voucher(delivery) not in unsettled
        if delivery.standing is DeliveryStanding.ACKNOWLEDGED
        if voucher is None or _voucher(delivery) == voucher
    ]


def _voucher(delivery: QueuedMessage[Notification]) -> str | None:
    """The id of the voucher that a webhook is about, None for one about a store."""
    notified = delivery.event.message
    return notified.id if isinstance(notified, Coupon) else None


@pytest.mark.rules("EVT-02")
@pytest.mark.needs("voucher_session", "probe")
def test_copies_have_one_effect(conversions: Conversions, player: Player) -> None:
    """Every coupon event delivered again, and once more under a new event id, moves no money again."""
    simulator = conversions.simulator
    for state in (
        VoucherState.CANCELED,
        VoucherState.REFUNDED,
        VoucherState.READY,
        VoucherState.REFUND_REJECTED,
    ):
        conversion, balance = came_to(conversions, player, state)
        notified = _notified(conversions, conversion.voucher)
        sent = [
            each
            for delivery in notified
            for _ in range(_COPIES)
            for each in simulator.queue.again(delivery.id)
        ]
        for delivery in notified:
            same = events.fields_of(delivery) | {"id": events.new_id(), "createdAt": events.just_now()}
            sent.append(events.send(simulator, same, label=f"{delivery.event.event} under a new id"))
        conversions.stays("EVT-02", player, balance, *sent[-8:], case=f"copies and new ids, {state}")


@pytest.mark.players(0)
@pytest.mark.rules("EVT-02")
@pytest.mark.needs("store")
def test_copy_of_an_old_store_event(conversions: Conversions, judge: Judge) -> None:
    """store/enabled delivered again, after the store was disabled, does not bring it back."""
    simulator = conversions.simulator
    data = events.properties(simulator)
    enabled = events.enabled(data, createdAt=events.just_now(-60))
    events.send(simulator, enabled)
    judge.needs(catalogue.appears(conversions, data["id"]), "store/enabled had no effect")
    events.send(simulator, events.disabled(data["id"]))
    judge.needs(catalogue.vanishes(conversions, data["id"]), "store/disabled had no effect")
    copy = events.send(simulator, enabled, label="copy of store/enabled")
    other = events.properties(simulator)
    events.send(simulator, events.enabled(other))
    catalogue.appears(conversions, other["id"])
    judge.holds(
        "EVT-02",
        catalogue.offered(conversions, data["id"]) is None,
        expected="the store stays withdrawn",
        seen="it is offered again",
        exchanges=[copy],
        case="copy of store/enabled",
        observed=Observed.SHOWN,
    )


@pytest.mark.players(0)
@pytest.mark.rules("EVT-02")
@pytest.mark.needs("store")
def test_copies_of_store_events(conversions: Conversions, judge: Judge) -> None:
    """store/update and store/disabled delivered again, after what came later, change nothing."""
    simulator = conversions.simulator
    data = events.properties(simulator)
    first, second = data | {"name": "Enseigne du matin"}, data | {"name": "Enseigne du soir"}
    events.send(simulator, events.enabled(data, createdAt=events.just_now(-60)))
    update = events.updated(data, first, createdAt=events.just_now(-50))
    events.send(simulator, update)
    events.send(simulator, events.updated(first, second, createdAt=events.just_now(-40)))

    def name() -> object:
        return (catalogue.offered(conversions, data["id"]) or {}).get("name")

    judge.needs(conversions.until(lambda: name() == second["name"]), "store/update had no effect")
    copies = [events.send(simulator, update, label="copy of store/update")]
    disabled = events.disabled(data["id"], createdAt=events.just_now(-30))
    events.send(simulator, disabled)
    judge.needs(conversions.until(lambda: name() is None), "store/disabled had no effect")
    events.send(simulator, events.enabled(second, createdAt=events.just_now(-20)))
    judge.needs(conversions.until(lambda: name() is not None), "store/enabled had no effect")
    copies += [events.send(simulator, each, label="copy of a store event") for each in (disabled, update)]
    other = events.properties(simulator)
    events.send(simulator, events.enabled(other))
    catalogue.appears(conversions, other["id"])
    judge.holds(
        "EVT-02",
        name() == second["name"],
        expected=f"the store is offered as {second['name']!r}",
        seen=f"as {name()!r}",
        exchanges=copies,
        case="copies of store/update and store/disabled",
        observed=Observed.SHOWN,
    )


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("EVT-02")
@pytest.mark.needs("voucher_session", "probe")
def test_events_of_the_whole_run_have_one_effect(
    conversions: Conversions, player: Player, judge: Judge, effort: Effort
) -> None:
    """At the end of a run its webhooks are delivered once more, after others and a pause: no money moves."""
    simulator = conversions.simulator
    for state in (VoucherState.CANCELED, VoucherState.REFUNDED):
        came_to(conversions, player, state)
    crowd = [events.disabled(events.new_id()) for _ in range(effort.crowd // _APART)]
    judge.together([partial(events.send, simulator, event) for event in crowd])
    conversions.until(lambda: False, effort.pause)
    balances = {each: judge.fund(each, 8000) for each in (player, *conversions.run.players[-1:])}
    notified = _notified(conversions)
    # The oldest, the latest, and of those between them as many as of a family of cases.
    chosen = [*notified[:_ENDS], *notified[_ENDS:-_ENDS][:: effort.family_share], *notified[_ENDS:][-_ENDS:]]
    copies = judge.together([partial(simulator.queue.again, delivery.id) for delivery in chosen])
    sent = [each for some in copies for each in some]
    conversions.until(lambda: False, effort.pause)
    for each, balance in balances.items():
        judge.balance("EVT-02", each, balance, *sent[-8:], case="webhooks of the whole run")
