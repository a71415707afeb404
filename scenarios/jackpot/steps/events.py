"""Webhooks that scenarios build by hand: in other spellings, for stores and vouchers of their own."""

import uuid
from typing import Any

from scenarios.contract import Level, Observed
from scenarios.hosting.jackpot import JudgedJackpot
from scenarios.run.judge import Judge
from simulators.exchanges.history import Exchange, Purpose
from simulators.jackpot import wire, world
from simulators.jackpot.field_types import at, moment
from simulators.jackpot.wire import Notification
from simulators.jackpot.world import Voucher
from simulators.values import decimal_json
from simulators.values.clocks import increasing_time
from simulators.webhooks.message_log import QueuedMessage

# So often is an event sent that the CLIENT fails at.
_COPIES = 3


def new_id() -> str:
    """An id that was never used before."""
    return str(uuid.uuid4())


def just_now(ahead: float = 0.0) -> str:
    """The moment ``ahead`` seconds from now, as events write it."""
    return moment(at(increasing_time() + ahead))


def envelope(name: str, message: Any, **more: Any) -> dict[str, Any]:
    """An event of any name with any message; ``more`` are other values for its other fields."""
    return {"event": name, "id": new_id(), "createdAt": just_now(), "message": message, **more}


def properties(simulator: JudgedJackpot, **changes: Any) -> dict[str, Any]:
    """All properties of a store that the CLIENT has never heard of; a change to None leaves one out."""
    document = simulator.account.published(simulator.account.listings[-1].store).model_dump()
    document |= {"id": new_id(), "slug": f"store-{new_id()}", **changes}
    return {name: value for name, value in document.items() if value is not None}


def enabled(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """store/enabled for a store with the properties ``data``."""
    return envelope("store/enabled", {"storeId": data["id"], "data": data}, **more)


def disabled(store_id: str, **more: Any) -> dict[str, Any]:
    """store/disabled."""
    return envelope("store/disabled", {"storeId": store_id}, **more)


def updated(before: dict[str, Any], after: dict[str, Any], **more: Any) -> dict[str, Any]:
    """store/update from ``before`` to ``after``, with what changed; what would be empty is left out."""
    parts: dict[str, Any] = {
        "removedAttributes": [name for name in before if name not in after],
        "addedAttributes": [name for name in after if name not in before],
        "updatedAttributes": {
            name: {"previousValue": before[name], "newValue": after[name]}
            for name in after
            if name in before and before[name] != after[name]
        },
    }
    message = {"storeId": after["id"], "data": after} | {name: part for name, part in parts.items() if part}
    return envelope("store/update", message, **more)


def send(
    simulator: JudgedJackpot,
    event: dict[str, Any],
    *,
    label: str = "",
    genuine: bool = True,
    purpose: Purpose = Purpose.SCENARIO,
) -> Exchange:
    """Send an event now, and again at once while the CLIENT says that it failed; return the last exchange."""
    name = label or str(event.get("event", "event"))
    body = decimal_json.dumps(event)
    for _ in range(_COPIES):
        exchange = simulator.endpoint.send_raw(body, label=name, purpose=purpose, genuine=genuine)
        if not exchange.unknown:
            break
    return exchange


def tell(simulator: JudgedJackpot, name: wire.CouponName, voucher: Voucher) -> Exchange:
    """Tell of ``voucher``, which need not be so, as ``send`` does."""
    event = wire.fields(world.announce(voucher, name, simulator.account.environment()))
    return send(simulator, event, genuine=False)


def status(exchange: Exchange) -> str:
    """What the CLIENT answered to a webhook, in words."""
    if exchange.answer is None:
        return f"no answer ({exchange.failure})"
    return f"HTTP {exchange.answer.status}"


def acknowledged(
    simulator: JudgedJackpot,
    judge: Judge,
    rule: str,
    exchange: Exchange,
    *,
    case: str,
    level: Level | None = None,
    observed: Observed | None = None,
) -> bool:
    """Judge by ``rule`` that a webhook was answered 200.

    Where the CLIENT answers every event with another 2xx, as EVT-01 reports, that is undecided.
    """
    if rule != "EVT-01" and exchange.answer is not None and 200 < exchange.answer.status < 300:
        plain = send(simulator, enabled(properties(simulator)))
        judge.needs(plain.ok, f"every event is answered {status(exchange)}, which EVT-01 reports")
    return judge.holds(
        rule,
        exchange.ok,
        expected="HTTP 200",
        seen=status(exchange),
        exchanges=[exchange],
        case=case,
        level=level,
        observed=observed,
    )


def fields_of(delivery: QueuedMessage[Notification]) -> dict[str, Any]:
    """The event of a delivery as JSON values."""
    return wire.fields(delivery.event)
