"""The simulator's state in a JSON file: stores, vouchers, sessions and deliveries survive a restart.

No secret is in it: tokens and JWTs are kept as hashes, and what was agreed is configured again.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from simulators.jackpot import wire
from simulators.jackpot.account import Confirmation
from simulators.jackpot.catalogue.stores import Listing
from simulators.jackpot.credentials.grants import Session
from simulators.jackpot.credentials.session_jwt import Claims
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.world import Voucher
from simulators.values import decimal_json
from simulators.webhooks.retry_queue import Attempt, DeliveryStanding, QueuedMessage

VERSION: Final = 1

_vouchers: TypeAdapter[list[Voucher]] = TypeAdapter(list[Voucher])
_confirmation: TypeAdapter[Confirmation] = TypeAdapter(Confirmation)


class StateError(ValueError):
    """The file is no state of Jackpot's: what ``came``, what was ``expected``, and the ``next_step``."""

    def __init__(self, path: Path, why: str) -> None:
        self.came = f"{path} is no state of the simulator of Jackpot ({why})"
        self.expected = "a whole one: vouchers half read would be vouchers lost"
        self.next_step = "name the file that pitboss wrote, or another that does not exist yet"
        super().__init__(f"{self.came}. Expected: {self.expected}. Next: {self.next_step}.")


def save(simulator: JackpotSimulator, path: Path) -> None:
    """Write the state of ``simulator`` to ``path``, whole or not at all; only its owner may read it.

    Raises OSError where it cannot be written.
    """
    data = decimal_json.dumps(_snapshot(simulator))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(simulator: JackpotSimulator, path: Path) -> None:
    """Put the state in ``path`` into ``simulator``, which has not started; webhooks that waited are due as before.

    Raises OSError where it cannot be read, StateError where it is none; then nothing changed.
    """
    try:
        state = decimal_json.loads(path.read_bytes())
        if not isinstance(state, dict) or state.get("version") != VERSION:
            raise StateError(path, f"its version is not {VERSION}")
        now = simulator.queue.clock()
        listings = [_listing(each) for each in state["listings"]]
        vouchers = _vouchers.validate_python(state["vouchers"])
        sessions = [_session(each) for each in state["sessions"]]
        servers = {str(name): _finite(end) for name, end in state["servers"].items()}
        deliveries = [_delivery(each, now) for each in state["deliveries"]]
        url = None if state["notification_url"] is None else str(state["notification_url"])
        confirmation = _confirmation.validate_python(state["confirmation"])
    except (KeyError, TypeError, AttributeError, ValidationError, ValueError, OverflowError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(path, type(error).__name__) from None
    with simulator.account.lock:
        simulator.endpoint.url = url
        simulator.account.habits = replace(simulator.account.habits, confirmation=confirmation)
        simulator.account.restore(listings, vouchers)
        simulator.service.credentials.restore(sessions, servers)
        simulator.queue.restore(deliveries)


def _snapshot(simulator: JackpotSimulator) -> dict[str, Any]:
    with simulator.account.lock:
        now = simulator.queue.clock()
        return {
            "version": VERSION,
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
            "vouchers": _vouchers.dump_python(simulator.account.vouchers, mode="json"),
            "sessions": [_written_session(each) for each in simulator.sessions],
            "servers": {name: _exact(end) for name, end in simulator.service.credentials.servers.items()},
            "deliveries": [_written(each, now) for each in simulator.queue.deliveries],
        }


def _finite(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError("a number without bounds")
    return number


def _exact(seconds: float) -> Decimal:
    return Decimal(repr(seconds))


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
        "began": _exact(session.began),
        "ends": _exact(session.ends),
        "voucher_id": session.voucher_id,
    }


def _session(written: Mapping[str, Any]) -> Session:
    return Session(
        str(written["id"]),
        str(written["jwt"]),
        Claims.model_validate(written["claims"]),
        _finite(written["began"]),
        _finite(written["ends"]),
        None if written["voucher_id"] is None else str(written["voucher_id"]),
    )


def _written(delivery: QueuedMessage[wire.Notification], now: float) -> dict[str, Any]:
    """Times of the queue's clock, which begins again with every run, become distances from ``now``."""
    return {
        "id": delivery.id,
        "event": wire.fields(delivery.event),
        "genuine": delivery.genuine,
        "standing": str(delivery.standing),
        "attempts": [
            {"at": _exact(each.at), "status": each.status, "failure": each.failure}
            for each in delivery.attempts
        ],
        "began_ago": None if delivery.began is None else _exact(now - delivery.began),
        "due_in": None if delivery.due is None else _exact(delivery.due - now),
    }


def _delivery(written: Mapping[str, Any], now: float) -> QueuedMessage[wire.Notification]:
    began, due = written["began_ago"], written["due_in"]
    return QueuedMessage(
        id=int(written["id"]),
        event=wire.parse(decimal_json.dumps(written["event"])),
        genuine=bool(written["genuine"]),
        standing=DeliveryStanding(written["standing"]),
        attempts=tuple(
            Attempt(
                None,
                _finite(each["at"]),
                None if each["status"] is None else int(each["status"]),
                each["failure"],
            )
            for each in written["attempts"]
        ),
        began=None if began is None else now - _finite(began),
        due=None if due is None else now + _finite(due),
    )
