"""The catalogue: what the CLIENT offers is what Jackpot said last.

Story: stores that the CLIENT has never heard of appear, change and vanish by webhooks, some of which arrive late; the
driver's ``store`` reads what is offered. Invariant: a store that is offered has exactly the properties of the newest
event. Limits: the answer of ``store`` must hold the properties by their documented names; a store that is withdrawn is
404, null, or says so in ``enabled`` or ``available``.
"""

from decimal import Decimal
from typing import Any

import pytest

from scenarios.browsers.voucher_flow import Conversions
from scenarios.contract import Level, Observed
from scenarios.driver import offers
from scenarios.generated.families import stores
from scenarios.generated.families.family import Cases
from scenarios.jackpot.steps import catalogue, events
from scenarios.run.judge import Judge
from simulators.exchanges.history import Exchange
from simulators.jackpot import wire

pytestmark = pytest.mark.players(0)

_KNOWN = tuple(str(info.alias or name) for name, info in wire.Store.model_fields.items())
_EXTRA = {"deliveryModes": ["email", "post"]}


def _becomes(conversions: Conversions, data: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """Wait until the store is offered with ``data``; return what of it is wrong still."""
    conversions.until(lambda: not offers.wrong(catalogue.offered(conversions, data["id"]), data, names))
    return offers.wrong(catalogue.offered(conversions, data["id"]), data, names)


def _is_offered(conversions: Conversions, data: dict[str, Any], judge: Judge) -> tuple[str, ...]:
    """Make a store known for a rule about later events; return the properties that are right at first."""
    events.send(conversions.simulator, events.enabled(data, createdAt=events.just_now(-60)))
    catalogue.appears(conversions, data["id"])
    offered = catalogue.offered(conversions, data["id"])
    judge.needs(offered is not None, "the store that the rule is about was not made available")
    wrong = offers.wrong(offered, data, tuple(data))
    return tuple(name for name in (*data, "voucherPossibleDiscreteValues", *_EXTRA) if name not in wrong)


def _judge(
    judge: Judge,
    rule: str,
    wrong: list[str],
    sent: list[Exchange],
    *,
    case: str = "",
    level: Level | None = None,
) -> None:
    judge.holds(
        rule,
        not wrong,
        expected="the store with exactly the properties of data",
        seen=f"not as in data: {', '.join(wrong)}",
        exchanges=sent,
        case=case,
        level=level,
    )


@pytest.mark.rules("CAT-01")
def test_enabled_makes_it_available(conversions: Conversions, judge: Judge, cases: Cases) -> None:
    """store/enabled makes the store available with every property of ``data``, whatever its value."""
    discrete = {"voucherWithContinuousValue": False, "voucherPossibleDiscreteValues": [20, Decimal("30.5")]}
    tried = [("single values", discrete), ("any value", {})]
    for case, changes in tried + [(odd.name, odd.value) for odd in cases(stores.odd())]:
        data = events.properties(conversions.simulator, **changes)
        sent = events.send(conversions.simulator, events.enabled(data))
        _judge(judge, "CAT-01", _becomes(conversions, data, _KNOWN), [sent], case=case)
    # Older than the last of another store, it is still the last of its own.
    data = events.properties(conversions.simulator)
    sent = events.send(conversions.simulator, events.enabled(data, createdAt=events.just_now(-60)))
    case = "older than another store's event"
    _judge(judge, "CAT-01", _becomes(conversions, data, _KNOWN), [sent], case=case)
    data = events.properties(conversions.simulator, **_EXTRA)
    sent = events.send(conversions.simulator, events.enabled(data))
    wrong = _becomes(conversions, data, tuple(_EXTRA))
    case = "a property that no document knows yet"
    _judge(judge, "CAT-01", wrong, [sent], case=case, level=Level.SHOULD)


@pytest.mark.rules("CAT-02")
def test_disabled_withdraws_it(conversions: Conversions, judge: Judge) -> None:
    """store/disabled withdraws the store; for a store that nobody knows it is acknowledged."""
    simulator = conversions.simulator
    data = events.properties(simulator)
    _is_offered(conversions, data, judge)
    sent = events.send(simulator, events.disabled(data["id"]))
    gone = catalogue.vanishes(conversions, data["id"])
    judge.holds("CAT-02", gone, expected="the store is not offered any more", seen="it is", exchanges=[sent])
    unknown = events.send(simulator, events.disabled(events.new_id()))
    events.acknowledged(
        conversions.simulator, judge, "CAT-02", unknown, case="unknown store", observed=Observed.OTHER
    )


@pytest.mark.rules("CAT-03")
def test_update_leaves_exactly_data(conversions: Conversions, judge: Judge) -> None:
    """store/update leaves exactly ``data``: changed, added and removed attributes; a removed one is gone."""
    simulator = conversions.simulator
    before = events.properties(
        simulator, voucherValueMax=50, voucherPossibleDiscreteValues=None, voucherWithContinuousValue=True
    )
    right = _is_offered(conversions, before, judge)
    for case, after in (
        ("every property changed", stores.changed(before)),
        ("removed", {name: value for name, value in before.items() if name != "mentions"}),
        ("added again", before),
    ):
        sent = events.send(simulator, events.updated(before, after))
        _judge(judge, "CAT-03", _becomes(conversions, after, right), [sent], case=case)
        before = after


@pytest.mark.rules("CAT-02", "CAT-03")
def test_other_stores_stay(conversions: Conversions, judge: Judge) -> None:
    """Of stores that are alike but for id and slug one is changed, one withdrawn; the others stay as they are."""
    simulator = conversions.simulator
    changed, withdrawn, left = (events.properties(simulator) for _ in range(3))
    rights = [_is_offered(conversions, each, judge) for each in (changed, withdrawn, left)]
    after = stores.changed(changed)
    sent = events.send(simulator, events.updated(changed, after))
    # That an event has an effect at all is judged elsewhere.
    _becomes(conversions, after, ("name",))
    for other, right in ((withdrawn, rights[1]), (left, rights[2])):
        wrong = offers.wrong(catalogue.offered(conversions, other["id"]), other, right)
        _judge(judge, "CAT-03", wrong, [sent], case="another store is updated")
    sent = events.send(simulator, events.disabled(withdrawn["id"]))
    catalogue.vanishes(conversions, withdrawn["id"])
    wrong = offers.wrong(catalogue.offered(conversions, left["id"]), left, rights[2])
    _judge(judge, "CAT-02", wrong, [sent], case="another store is withdrawn")


@pytest.mark.rules("CAT-04")
def test_update_makes_it_known(conversions: Conversions, judge: Judge) -> None:
    """store/update for an unknown store makes it known, since ``data`` is complete."""
    after = events.properties(conversions.simulator)
    before = after | {"name": "Enseigne ancienne"}
    sent = events.send(conversions.simulator, events.updated(before, after))
    catalogue.appears(conversions, after["id"])
    offered = catalogue.offered(conversions, after["id"])
    known = offered is not None and offered.get("name") == after["name"]
    judge.holds("CAT-04", known, expected="the store is offered", seen="it is not", exchanges=[sent])


@pytest.mark.rules("CAT-05")
def test_older_event_changes_nothing(conversions: Conversions, judge: Judge) -> None:
    """An older store event (``createdAt``) that arrives late does not overwrite a newer one."""
    simulator = conversions.simulator
    first = events.properties(simulator)
    _is_offered(conversions, first, judge)
    older, newer = first | {"name": "Enseigne du matin"}, first | {"name": "Enseigne du soir"}
    events.send(simulator, events.updated(older, newer))
    judge.needs(not _becomes(conversions, newer, ("name",)), "the update that came first had no effect")
    late = events.send(simulator, events.updated(first, older, createdAt=events.just_now(-30)))
    _later(conversions, judge)
    offered = catalogue.offered(conversions, first["id"])
    judge.holds(
        "CAT-05",
        offered is not None and offered.get("name") == newer["name"],
        expected=f"the name of the newer event, {newer['name']!r}",
        seen=f"{offered.get('name')!r}" if offered else "no store",
        exchanges=[late],
        case="store/update",
    )
    events.send(simulator, events.disabled(first["id"]))
    gone = catalogue.vanishes(conversions, first["id"])
    judge.needs(gone, "store/disabled had no effect")
    tried = [(first, "store/enabled")]
    unheard = events.properties(simulator)
    # That it is acknowledged at all is CAT-02's.
    if events.send(simulator, events.disabled(unheard["id"])).ok:
        tried.append((unheard, "store/enabled, the store's first"))
    sent = [
        (data, events.send(simulator, events.enabled(data, createdAt=events.just_now(-30))), case)
        for data, case in tried
    ]
    _later(conversions, judge)
    for data, exchange, case in sent:
        judge.holds(
            "CAT-05",
            catalogue.offered(conversions, data["id"]) is None,
            expected="the store stays withdrawn, as the newer event says",
            seen="it is offered",
            exchanges=[exchange],
            case=case,
        )


def _later(conversions: Conversions, judge: Judge) -> None:
    """Wait until an event about another store, sent now, has had its effect: those before it had time."""
    data = events.properties(conversions.simulator)
    events.send(conversions.simulator, events.enabled(data))
    shown = catalogue.appears(conversions, data["id"])
    judge.needs(shown, "a later store event had no effect, so that it cannot be seen when one has none")


@pytest.mark.rules("CAT-06")
def test_discrete_and_continuous(conversions: Conversions, judge: Judge) -> None:
    """Single values become any value and back, as documented: the list of values goes and comes."""
    simulator = conversions.simulator
    discrete = events.properties(
        simulator, voucherWithContinuousValue=False, voucherPossibleDiscreteValues=[20, 30, 50]
    )
    continuous = {name: value for name, value in discrete.items() if name != "voucherPossibleDiscreteValues"}
    continuous |= {"voucherWithContinuousValue": True}
    _is_offered(conversions, discrete, judge)
    names = ("voucherWithContinuousValue", "voucherPossibleDiscreteValues")
    for case, before, after in (
        ("single values to any value", discrete, continuous),
        ("any value to single values", continuous, discrete),
    ):
        sent = events.send(simulator, events.updated(before, after))
        _judge(judge, "CAT-06", _becomes(conversions, after, names), [sent], case=case)


@pytest.mark.rules("CAT-07")
def test_enabled_again(conversions: Conversions, judge: Judge) -> None:
    """A store that was disabled and is enabled again is offered again, as it is by then."""
    simulator = conversions.simulator
    data = events.properties(simulator)
    right = _is_offered(conversions, data, judge)
    events.send(simulator, events.disabled(data["id"]))
    gone = catalogue.vanishes(conversions, data["id"])
    judge.needs(gone, "store/disabled had no effect")
    data = stores.changed(data)
    sent = events.send(simulator, events.enabled(data))
    back = catalogue.appears(conversions, data["id"])
    judge.holds("CAT-07", back, expected="the store is offered again", seen="it is not", exchanges=[sent])
    if back:
        _judge(judge, "CAT-07", _becomes(conversions, data, right), [sent])
