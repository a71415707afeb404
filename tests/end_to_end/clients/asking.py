"""A bare OPERATOR for the tests of these CLIENTs: it asks, and reads the balance each program shows."""

import http.client
import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from simulators.operator.dialect import (
    HASH_HEADER,
    ROLLBACK_PATH,
    SPORTSBOOK,
    TRANSACTION_PATH,
    AmountFormat,
    Sportsbook,
)
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.transactions import Kind, Transaction

JSON_HEADER = ("Content-Type", "application/json")
TRANSACTION = TRANSACTION_PATH
ROLLBACK = ROLLBACK_PATH


@dataclass(frozen=True)
class Said:
    """What came back; ``status`` 0 where the connection closed without an answer."""

    status: int
    content_type: str
    text: bytes

    @property
    def document(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def ok(self) -> bool:
        """Accepted: an object without an error, status 200."""
        return self.status == 200 and isinstance(self.document, dict) and self.document.get("error") is None

    @property
    def error(self) -> Any:
        return self.document.get("error") if isinstance(self.document, dict) else None

    @property
    def client_id(self) -> Any:
        return self.document["transaction_id"]


@dataclass
class Asking:
    """Sends to the CLIENT on ``port``. ``player`` and ``other`` are two of its players, in EUR."""

    port: int
    secret: str
    player: str = "p-1"
    other: str = "p-2"
    timeout: float = 10.0
    _local: threading.local = field(default_factory=threading.local)

    def send(
        self,
        path: str,
        body: bytes,
        headers: list[tuple[str, str]],
        method: str = "POST",
        *,
        plain: bool = False,
    ) -> Said:
        """Send exactly these bytes and headers once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value.encode())
            if not plain:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Said(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        except (http.client.HTTPException, ConnectionError):
            return Said(0, "", b"")
        finally:
            connection.close()

    def signed(
        self, path: str, body: bytes, method: str = "POST", content_type: str = "application/json"
    ) -> Said:
        """Send ``body`` with its right hash."""
        hashed = (HASH_HEADER, SPORTSBOOK.sign(body, self.secret))
        return self.send(path, body, [("Content-Type", content_type), hashed], method)

    def message(self, kind: str, amount: object = "10", **fields: Any) -> Transaction:
        """A transaction with a new id, for ``player``."""
        given = {"id": new_id(), "player": self.player, "currency": "EUR", "amount": Decimal(str(amount))}
        return Transaction(Kind(kind), **{**given, **fields})

    def tell(self, message: Transaction, style: Style = PLAIN, amounts: AmountFormat = "number") -> Said:
        """Send ``message`` signed, in ``style``."""
        return self.signed(SPORTSBOOK.path(message), Sportsbook(amounts).encode(message, style))

    def bet(self, amount: object = "10", **fields: Any) -> Said:
        return self.tell(self.message("bet", amount, **fields))

    def result(self, amount: object = "10", **fields: Any) -> Said:
        return self.tell(self.message("result", amount, **fields))

    def rollback(self, of: str, amount: object = "10", **fields: Any) -> Said:
        return self.tell(self.message("rollback", amount, of=of, **fields))

    def balance(self, player: str | None = None) -> Decimal:
        """The balance as the program shows it; a float is shown with all its digits."""
        return Decimal(
            self.send(f"/_balance/{quote(player or self.player)}", b"", [], "GET", plain=True).text.decode()
        )

    def moved(self, act: Callable[[], object], player: str | None = None) -> Decimal:
        """By how much ``act`` moves the balance, to the cent (a float's noise is the business of BET-10)."""
        before = self.balance(player)
        act()
        return round(self.balance(player) - before, 2)

    def together(self, messages: list[Transaction]) -> list[Said]:
        """Send all at once, each in a thread and connection of its own."""
        gate = threading.Barrier(len(messages))

        def one(message: Transaction) -> Said:
            gate.wait()
            return self.tell(message)

        with ThreadPoolExecutor(len(messages)) as pool:
            return list(pool.map(one, messages))


def new_id() -> str:
    return str(uuid.uuid4())
