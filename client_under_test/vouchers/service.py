"""What vouchers do for the site: sessions, purchases, returns of unused sessions; and what notifications start."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from client_under_test.config import Config
from client_under_test.values import money
from client_under_test.values.fields import text
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import JackpotApi
from client_under_test.vouchers.notifications import NotificationReader
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.session_tokens import SessionTokenMinter
from client_under_test.vouchers.worker import Worker


@dataclass(frozen=True)
class VoucherService:
    """The parts behind the routes of vouchers, and what each route does with them."""

    config: Config
    session_tokens: SessionTokenMinter
    conversions: Conversions
    notifications: NotificationReader
    inbox: Inbox
    catalogue: Catalogue
    resolver: Resolver
    worker: Worker
    jackpot: JackpotApi

    def session(self, document: dict[str, Any]) -> dict[str, str]:
        """Hold what the player asks to convert and mint the token for it; raises Refused, UnknownPlayer."""
        player = text(document, "user_id")
        amount = self.amount(money.exact(document.get("amount")))
        row = self.conversions.open(player, amount)
        return {"token": self.token(row), "notification_key": row.notification_key}

    def amount(self, given: Decimal) -> int:
        """Read what the player asks to convert, in minor units; raises Refused."""
        return money.to_minor(given, self.config.voucher_currency)

    def token(self, row: Conversion) -> str:
        """Return the JWT of a session."""
        return self.session_tokens.mint(row.player, row.amount, row.currency, row.notification_key, row.iat)

    def purchase(self, notification_key: str) -> dict[str, Any] | None:
        """Return how a conversion stands, None where there is none."""
        row = self.conversions.by_key(notification_key)
        if row is None:
            return None
        return {
            "notification_key": row.notification_key,
            "state": row.state,
            "voucher_id": row.voucher_id,
            "amount": self.shown(row.amount, row),
            "price": None if row.price is None else self.shown(row.price, row),
            "held": self.shown(row.held, row),
            "spent": self.shown(row.spent, row),
            "currency": row.currency,
            "url": self.resolver.url(row, self.config.clock()),
        }

    def shown(self, minor: int, row: Conversion) -> str:
        """Write an amount of a conversion."""
        return money.written(minor, row.currency)

    def sweep(self, now: int) -> list[str]:
        """Give back what sessions hold that ended unused by ``now``; return their notificationKeys."""
        return [
            self.conversions.get(conversion_id).notification_key
            for conversion_id in self.conversions.ended(now)
            if not self.inbox.pending(conversion_id) and self.conversions.expire(conversion_id, now)
        ]

    def notified(self, content_type: str | None, body: bytes) -> str:
        """Keep a notification and have it worked on; return what became of it. Raises Refused.

        It is safe when this returns, done or not: what the provider is too slow for is done later.
        """
        notification = self.notifications.read(content_type, body)
        if notification is None:
            return "ignored"
        conversion_id = self.inbox.receive(notification, body)
        if conversion_id is None:
            return "done"
        return "done" if self.worker.wait(conversion_id, self.config.acknowledge_within) else "kept"
