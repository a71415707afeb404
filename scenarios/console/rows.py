"""Exchanges and deliveries as the console's feed shows them: short, JSON values only, and never a secret."""

from typing import Any, Final
from urllib.parse import urlsplit

from scenarios.console.providers import ServedProviders
from simulators.checkout.wire import Notice
from simulators.exchanges.as_json import as_json, is_auth
from simulators.exchanges.curl import as_curl
from simulators.exchanges.history import Direction, Exchange, Status
from simulators.exchanges.redaction import Redactor
from simulators.jackpot import wire as vouchers
from simulators.values import money
from simulators.wallet.transactions import Transaction
from simulators.webhooks.message_log import DeliveryStanding, QueuedMessage

# How many deliveries that wait or were given up are listed.
LISTED: Final = 50


def row(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    """One line of the feed. ``at`` is milliseconds since the epoch, ``ms`` how long the answer took."""
    answer, seconds = exchange.answer, exchange.seconds
    url = urlsplit(exchange.request.url)
    waiting = exchange.status is Status.PENDING
    why = exchange.error if exchange.error is not None else exchange.failure
    return {
        "n": exchange.number,
        "at": round(exchange.started * 1000, 1),
        "p": exchange.provider,
        "k": redactor.text(exchange.title),
        "to": exchange.direction is Direction.TO_CLIENT,
        "m": exchange.request.method,
        "u": redactor.text(url.path + (f"?{url.query}" if url.query else "")),
        "a": redactor.text(about(exchange)),
        "s": None if answer is None else answer.status,
        "ms": None if seconds is None else round(seconds * 1000, 1),
        "o": "waiting" if waiting else str(exchange.effect),
        "w": "" if waiting or why is None else redactor.text(str(why), auth=is_auth(exchange))[:200],
        "f": len(exchange.faults),
        "c": exchange.copy_of,
        "r": exchange.race,
    }


def about(exchange: Exchange) -> str:
    """Whom and what it is about, in a few words; "" where the request is no genuine message."""
    return _about(exchange.message)


def _about(message: Any) -> str:
    match message:
        case Transaction():
            return f"{message.player} {_amount(message.amount, message.currency)}"
        case vouchers.CouponEvent(message=coupon):
            return f"{coupon.id} {_amount(coupon.price, 'EUR')}"
        case Notice(decision=decision):
            return decision.reference
        case _:
            store = getattr(getattr(message, "message", None), "store_id", None)
            return store if isinstance(store, str) else ""


def _amount(amount: Any, currency: str) -> str:
    try:
        return money.show(amount, currency)
    except (money.UnknownCurrency, ValueError, ArithmeticError, AttributeError):
        return f"{amount} {currency}"


def detail(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    """Everything there is to see of one exchange, with its curl command."""
    shown = as_json(exchange, redactor)
    shown["curl"] = as_curl(exchange, redactor)
    shown["again"] = exchange.direction is Direction.TO_CLIENT
    shown["fresh"] = shown["again"] and isinstance(exchange.message, Transaction)
    shown["genuine"] = exchange.genuine
    shown["sizes"] = [len(exchange.request.body), len(exchange.answer.body) if exchange.answer else None]
    return shown


def deliveries(providers: ServedProviders) -> list[dict[str, Any]]:
    """What waits for its next attempt, or was given up; the newest of each provider first."""
    listed: list[dict[str, Any]] = []
    for provider, served in providers.served.items():
        waiting = [each for each in served.simulator.queue.deliveries[-1000:] if _open(each)]
        for each in reversed(waiting[-LISTED:]):
            what = f"{served.simulator.endpoint.label(each.event)} {_about(each.event)}".rstrip()
            listed.append(
                {
                    "provider": provider,
                    "id": each.id,
                    "what": providers.redactor.text(what),
                    "standing": str(each.standing),
                    "attempts": len(each.attempts),
                }
            )
    return listed


def _open(delivery: QueuedMessage[Any]) -> bool:
    return delivery.standing in (
        DeliveryStanding.WAITING,
        DeliveryStanding.GIVEN_UP,
        DeliveryStanding.UNADDRESSED,
    )
