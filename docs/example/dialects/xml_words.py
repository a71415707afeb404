"""A dialect as a class: a wallet that is asked and answers in XML, which no dialect file can say."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from simulators.exchanges.history import Answer, Headers, Status
from simulators.transport.delivery import Meaning
from simulators.values import money
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Dialect
from simulators.wallet.signers import Signer
from simulators.wallet.transactions import Transaction


class XmlWords(Dialect):
    """``<bet id=".." player=".." currency="EUR" amount="12.50" shop=".."/>``, with ``shop`` as agreed on."""

    name: ClassVar[str] = "xml"
    success: ClassVar[str] = "<done>"
    insufficient_funds: ClassVar[str] = "FUNDS"
    signing: ClassVar[str] = "X-Sign is the hex HMAC-SHA256 of the body under the secret"
    other_bytes: ClassVar[Mapping[str, Style]] = {"with spaces": Style(spaces=True)}

    def __init__(self, shop: str = "demo") -> None:
        self.shop = shop

    def path(self, transaction: Transaction) -> str:  # noqa: ARG002
        """One for all."""
        return "/xml"

    def encode(self, transaction: Transaction, style: Style = PLAIN) -> bytes:
        """One element."""
        fields = {
            "id": transaction.id,
            "player": transaction.player,
            "currency": transaction.currency,
            "amount": money.plain(transaction.amount),
            "shop": self.shop,
            **({"of": transaction.of} if transaction.of is not None else {}),
        }
        between = "\n  " if style.spaces else " "
        written = between.join(f"{name}={quoteattr(text)}" for name, text in fields.items())
        return f"<{transaction.kind}{between}{written}/>".encode()

    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        """Sign in the header."""
        return (("Content-Type", "text/xml"), ("X-Sign", Signer().sign(body, secret))), body

    def read(self, answer: Answer) -> Meaning:
        """``<done id=".."/>`` or ``<refused why=".."/>``."""
        said = _element(answer.body)
        if said is None:
            return Meaning(Status.UNCLEAR, problem="the answer is no XML")
        if said.tag == "done":
            return Meaning(Status.OK, client_id=said.get("id"))
        return Meaning(Status.REFUSED, error=said.get("why"))

    def named(self, body: bytes) -> Sequence[Any]:
        """The one player, where it is XML at all."""
        said = _element(body)
        return [] if said is None else [said.get("player")]


def _element(body: bytes) -> ElementTree.Element | None:
    try:
        # The CLIENT under test is one's own.
        return ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError:
        return None
