"""What scripts about wagers read in what was sent, and how a bet is undone."""

import uuid
from dataclasses import replace
from decimal import Decimal

from scenarios.report.repro.sending import NoScript
from simulators.exchanges.history import Exchange
from simulators.values import money
from simulators.wallet.dialect import Dialect
from simulators.wallet.transactions import Kind, Transaction


def player_of(exchange: Exchange) -> str:
    """The player that a wager is of; "" where it is none."""
    return exchange.message.player if isinstance(exchange.message, Transaction) else ""


def ids_in(exchange: Exchange) -> list[str]:
    """The ids in it, its own first."""
    message = exchange.message
    return [each for each in (message.id, message.of) if each] if isinstance(message, Transaction) else []


def is_bet(exchange: Exchange) -> bool:
    """Whether it is a bet."""
    return isinstance(exchange.message, Transaction) and exchange.message.kind is Kind.BET


def in_units(amount: Decimal, currency: str) -> int:
    """``amount`` in smallest units. Raises NoScript where it is finer."""
    units = amount / money.unit(currency)
    if units != int(units):
        raise NoScript("The balance is finer than the currency's smallest unit.")
    return int(units)


def undone(bet: Exchange, dialect: Dialect, url: str, secret: str) -> Exchange:
    """The rollback of a bet that was sent, as it would be sent to the callback ``url``."""
    rollback = replace(bet.message, kind=Kind.ROLLBACK, id=str(uuid.uuid4()), of=bet.message.id, bet=None)
    return replace(bet, message=rollback, request=dialect.request(url, rollback, secret))
