"""Jackpot's state as JSON values: stores, vouchers, sessions, and webhooks that are owed to the CLIENT.

No secret is in it: tokens and JWTs are kept as hashes, and what was agreed is configured again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from simulators.jackpot import wire
from simulators.jackpot.account import Confirmation
from simulators.jackpot.catalogue.stores import Listing
from simulators.jackpot.credentials.grants import Session
from simulators.jackpot.credentials.session_jwt import Claims
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.world import Voucher
from simulators.values import decimal_json
from simulators.webhooks.retry_queue import Attempt, DeliveryStanding, QueuedMessage

_VOUCHERS: Final = TypeAdapter(list[Voucher])
_CONFIRMATION: Final[TypeAdapter[Confirmation]] = TypeAdapter(Confirmation)
_ATTEMPTS: Final = TypeAdapter(tuple[Attempt, ...])


def snapshot(simulator: JackpotSimulator) -> dict[str, Any]:
    """Return the state of ``simulator``, numbers and texts as JSON has them, floats among them."""
    with simulator.account.lock:
        return {
            "notification_url": simulator.endpoint.url,
            "confirmation": simulator.account.habits.confirmation,
            "listings": [
                {
                    "store": each.store.model_dump(),
                    "enabled": each.enabled,
                    "before": None if each.before is None else each.before.model_dump(),
                }
                for each in simulator.account.listings
            ],
            "vouchers": _VOUCHERS.dump_python(simulator.account.vouchers, mode="json"),
            "sessions": [_written_session(each) for each in simulator.sessions],
            "servers": simulator.service.credentials.servers,
            "deliveries": [_written(each) for each in simulator.queue.kept()],
        }


def restore(simulator: JackpotSimulator, written: Mapping[str, Any]) -> None:
    """Put back what ``snapshot`` returned, before ``simulator`` starts; webhooks that waited are due as before.

    Raises KeyError, TypeError, AttributeError or ValueError where it is no such state; then nothing changed.
    """
    listings = [_listing(each) for each in written["listings"]]
    vouchers = _VOUCHERS.validate_python(written["vouchers"])
    for voucher in vouchers:
        # They are texts: what no number of the file could be, no text may be.
        decimal_json.number(str(voucher.value))
        decimal_json.number(str(voucher.price))
    sessions = [_session(each) for each in written["sessions"]]
    servers = {str(name): float(end) for name, end in written["servers"].items()}
    deliveries = [_delivery(each) for each in written["deliveries"]]
    url = None if written["notification_url"] is None else str(written["notification_url"])
    confirmation = _CONFIRMATION.validate_python(written["confirmation"])
    with simulator.account.lock:
        simulator.endpoint.url = url
        simulator.account.habits = replace(simulator.account.habits, confirmation=confirmation)
        simulator.account.restore(listings, vouchers)
        simulator.service.credentials.restore(sessions, servers)
        simulator.queue.restore(deliveries)


def _listing(written: Mapping[str, Any]) -> Listing:
    before = written["before"]
    return Listing(
        wire.Store.model_validate(written["store"]),
        bool(written["enabled"]),
        None if before is None else wire.Store.model_validate(before),
    )


def _written_session(session: Session) -> dict[str, Any]:
    claims = session.claims.model_dump()
    return {
        "id": session.id,
        "jwt": session.jwt,
        "claims": {name: value for name, value in claims.items() if value is not None},
        "began": session.began,
        "ends": session.ends,
        "voucher_id": session.voucher_id,
    }


def _session(written: Mapping[str, Any]) -> Session:
    return Session(
        str(written["id"]),
        str(written["jwt"]),
        Claims.model_validate(written["claims"]),
        float(written["began"]),
        float(written["ends"]),
        None if written["voucher_id"] is None else str(written["voucher_id"]),
    )


def _written(delivery: QueuedMessage[wire.Notification]) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": wire.fields(delivery.event),
        "genuine": delivery.genuine,
        "standing": delivery.standing,
        "attempts": _ATTEMPTS.dump_python(delivery.attempts),
        "began": delivery.began,
        "due": delivery.due,
    }


def _delivery(written: Mapping[str, Any]) -> QueuedMessage[wire.Notification]:
    began, due = written["began"], written["due"]
    return QueuedMessage(
        id=int(written["id"]),
        event=wire.parse(decimal_json.dumps(written["event"])),
        genuine=bool(written["genuine"]),
        standing=DeliveryStanding(written["standing"]),
        attempts=_ATTEMPTS.validate_python(written["attempts"]),
        began=None if began is None else float(began),
        due=None if due is None else float(due),
    )
