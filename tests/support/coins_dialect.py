"""A fourth provider's words: forms, an MD5 over the sorted fields, cents, one path, and the balance in each answer."""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import parse_qsl

from simulators.exchanges.history import Answer, Headers, Status
from simulators.operator.dialect import AmountFormat
from simulators.transport.delivery import Meaning
from simulators.values import money
from simulators.wallet import codec, signers
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Abilities, Dialect
from simulators.wallet.transactions import Kind, Transaction

_OPERATIONS = {Kind.BET: "debit", Kind.RESULT: "credit", Kind.ROLLBACK: "cancel"}


class Coins(Dialect):
    name: ClassVar[str] = "coins"
    insufficient_funds: ClassVar[str] = "FUNDS"
    abilities: ClassVar[Abilities] = Abilities(fine_amounts=False)
    signing: ClassVar[str] = "sign is the hex MD5 over the sorted fields and it"
    other_bytes: ClassVar[Mapping[str, Style]] = {
        "fields in another order": Style(order=("cents", "account")),
        "percent-encoded where it could do without": Style(escape=True),
    }

    def __init__(self, _amounts: AmountFormat = "number") -> None:
        """There is one spelling of amounts."""

    def path(self, transaction: Transaction) -> str:
        return "/wallet"

    def encode(self, transaction: Transaction, style: Style = PLAIN) -> bytes:
        fields = {"op": _OPERATIONS[transaction.kind], "ref": transaction.id}
        if transaction.of is not None:
            fields["cancels"] = transaction.of
        cents = money.to_minor(transaction.amount, transaction.currency)
        fields |= {"account": transaction.player, "ccy": transaction.currency, "cents": str(cents)}
        return codec.form(fields, style)

    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        sign = signers.md5_of_sorted(dict(parse_qsl(body.decode(), keep_blank_values=True)), secret)
        return (("Content-Type", "application/x-www-form-urlencoded"),), body + f"&sign={sign}".encode()

    def named(self, body: bytes) -> Sequence[str]:
        return [value for name, value in parse_qsl(body.decode("utf-8", "replace")) if name == "account"]

    def read(self, answer: Answer) -> Meaning:
        fields = dict(parse_qsl(answer.body.decode("utf-8", "replace")))
        if answer.status != 200 or "status" not in fields:
            return Meaning(Status.UNKNOWN, problem="no status")
        balance = money.from_minor(int(fields["cents"]), fields["ccy"]) if "cents" in fields else None
        if fields["status"] != "OK":
            return Meaning(Status.REFUSED, error=fields["status"], balance=balance)
        return Meaning(Status.OK, client_id=fields.get("ref"), balance=balance)
