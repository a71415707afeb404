"""How Jackpot's records are kept: stores, vouchers, sessions, and webhooks that are owed to the CLIENT.

No secret is in them: tokens and JWTs are kept as hashes, and what was agreed is configured again.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from simulators.jackpot import wire
from simulators.jackpot.catalogue.stores import Listing
from simulators.jackpot.credentials.grants import Session
from simulators.jackpot.credentials.session_jwt import Claims
from simulators.jackpot.simulator import Settings
from simulators.jackpot.world import Voucher
from simulators.values import decimal_json
from simulators.values.records import Form, form
from simulators.webhooks.retry_queue import Attempt, DeliveryStanding, QueuedMessage

_VOUCHER: Final = TypeAdapter(Voucher)
_ATTEMPTS: Final = TypeAdapter(tuple[Attempt, ...])


def _listing(written: Mapping[str, Any]) -> Listing:
    before = written["before"]
    return Listing(
        wire.Store.model_validate(written["store"]),
        bool(written["enabled"]),
        None if before is None else wire.Store.model_validate(before),
    )


def _written_listing(listing: Listing) -> dict[str, Any]:
    return {
        "store": listing.store.model_dump(),
        "enabled": listing.enabled,
        "before": None if listing.before is None else listing.before.model_dump(),
    }


def _voucher(written: Any) -> Voucher:
    voucher = _VOUCHER.validate_python(written)
    # They are texts: what no number of the file could be, no text may be.
    decimal_json.number(str(voucher.value))
    decimal_json.number(str(voucher.price))
    return voucher


def _written_voucher(voucher: Voucher) -> Any:
    return _VOUCHER.dump_python(voucher, mode="json")


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


FORMS: Final = {
    "settings": form(Settings),
    "listings": Form(_written_listing, _listing),
    "vouchers": Form(_written_voucher, _voucher),
    "sessions": Form(_written_session, _session),
    "servers": form(float),
    "deliveries": Form(_written, _delivery),
    "clock": form(float),
}
