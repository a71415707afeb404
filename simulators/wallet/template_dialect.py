"""A dialect that is data: its messages are templates, its answers are read by expressions."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final, Literal
from urllib.parse import parse_qsl

import jmespath

from simulators.exchanges.history import Answer, Headers, Request, Status
from simulators.transport.delivery import Flaw, Meaning
from simulators.values import money
from simulators.values.decimal_json import quoted
from simulators.wallet import codec
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Abilities, Dialect
from simulators.wallet.signers import HASHES, RSA, Signer
from simulators.wallet.transactions import BalanceCall, Kind, Transaction

Encoding = Literal["json", "form"]
# What asks may also stand in the address of a GET, in pairs like those of a form.
AskedIn = Literal["json", "form", "query"]
Amount = Literal["number", "text", "minor", "scaled"]

CONTENT_TYPES: Final[dict[AskedIn, str]] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
}
# What may stand in a template in place of a value.
PLACES: Final = ("{id}", "{of}", "{bet}", "{player}", "{currency}", "{amount}", "{round}", "{uuid}")


@dataclass(frozen=True, slots=True)
class Answers:
    """How an answer is read: ``done`` is an expression (JMESPath) that is true where the transaction was processed.

    ``error`` finds the reason of a refusal, ``client_id`` the CLIENT's own id of what it processed, ``balance`` what
    the player has then, written as amounts are.
    """

    encoding: Encoding
    done: str
    error: str
    client_id: str | None
    insufficient_funds: str
    balance: str | None = None


@dataclass(frozen=True)
class TemplateDialect(Dialect):
    """The words of one provider, as a file describes them.

    ``paths`` and ``messages`` say for each kind where it goes and what it holds: values, tables and lists, with PLACES
    in place of a transaction's own. ``amount`` says how amounts are written: as a number or a text of the currency's
    main unit, in its minor units, or as a whole number of parts of ten to the power of ``digits``. The signature stands
    in ``header`` or in ``field``. ``source`` names the document that all this is taken from. ``agreed`` are further
    places and what the two sides agreed on for them: a text, or one for each player ("" for others). ``asks`` is the
    path and the message that ask for a balance. ``several`` names the field whose list may hold more than the one part
    that it has in ``messages``.
    """

    called: str
    paths: Mapping[Kind, str]
    encoding: AskedIn
    messages: Mapping[Kind, Mapping[str, Any]]
    amount: Amount
    digits: int
    signer: Signer
    header: str | None
    field: str | None
    answers: Answers
    decisions: Abilities
    source: str = ""
    agreed: Mapping[str, str | Mapping[str, str]] = made(default_factory=dict)
    asks: tuple[str, Mapping[str, Any]] | None = None
    several: str | None = None

    # Of every kind at once; styles spell what stands at the top.
    _other_json: ClassVar[Mapping[str, Style]] = {"spaces and newlines": Style(spaces=True)}
    _other_pairs: ClassVar[Mapping[str, Style]] = {
        "percent-encoded where it could do without": Style(escape=True)
    }

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.called

    @property
    def success(self) -> str:
        """The expression that is true then."""
        return self.answers.done

    @property
    def insufficient_funds(self) -> str:
        """The refusal's word for a bet that is not covered."""
        return self.answers.insufficient_funds

    @property
    def signing(self) -> str:
        """How a message is signed, in words."""
        signer, place = self.signer, self.header or self.field
        hashed = f"with the secret {signer.place} it"
        keyed = "under the private key" if signer.method == RSA else "under the secret"
        beside = hashed if signer.method in HASHES else keyed
        whole = "the query string" if self.encoding == "query" else "the raw body"
        over = {"body": whole, "values": "the sorted values", "pairs": "the sorted name=value pairs"}
        return f"{place} is the {signer.output} {signer.method} of {over[signer.over]} {beside}"

    @property
    def hmac_header(self) -> str | None:
        """The header of a hex HMAC-SHA256 over the raw body, where that is the signature."""
        return self.header if self.signer == Signer() else None

    @property
    def abilities(self) -> Abilities:
        """What the provider decided where providers differ."""
        return self.decisions

    @property
    def other_bytes(self) -> Mapping[str, Style]:
        """Other spellings of the same message."""
        backwards = tuple(reversed([*self.messages[Kind.BET]]))
        others = self._other_pairs if self.pairs else self._other_json
        return {"fields in another order": Style(order=backwards), **others}

    @property
    def pairs(self) -> bool:
        """Whether messages are names and texts, as in a form or a query string."""
        return self.encoding != "json"

    def path(self, transaction: Transaction) -> str:
        """The path of the transaction's kind."""
        return self.paths[transaction.kind]

    def encode(self, transaction: Transaction, style: Style = PLAIN) -> bytes:
        """Fill in the template of the transaction's kind; of several, the fields beside the list are the last's."""
        every = [_filled(self.messages[each.kind], self._values(each)) for each in transaction.all]
        filled = {name: part for one in every for name, part in one.items()}
        if transaction.beside:
            filled[self.several] = [part for one in every for part in one[self.several]]
        return self._written(filled, style)

    def _written(self, filled: Mapping[str, Any], style: Style = PLAIN) -> bytes:
        if self.pairs:
            return codec.form({name: _text(part) for name, part in filled.items()}, style)
        return codec.json_object({name: _json(part) for name, part in filled.items()}, style)

    def balance_message(self, call: BalanceCall) -> tuple[str, bytes] | None:
        """What asks for a balance, under an id of its own each time; None where the file does not say."""
        if self.asks is None:
            return None
        path, message = self.asks
        values = self._known(call.player, call.currency, str(uuid.uuid4()))
        return path, self._written(_filled(message, values))

    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        """Sign ``body``, in the header or as its last field; a field cannot be added to what is no message."""
        content_type = CONTENT_TYPES.get(self.encoding)
        headers: Headers = () if content_type is None else (("Content-Type", content_type),)
        signature = self.signer.sign(self.signed_text(body), secret)
        if self.header is not None:
            return (*headers, (self.header, signature)), body
        assert self.field is not None
        if self.pairs:
            return headers, body + (b"&" if body else b"") + codec.form({self.field: signature})
        if not body.rstrip().endswith(b"}"):
            return headers, body
        head = body.rstrip()[:-1].rstrip()
        comma = b"" if head.endswith(b"{") else b","
        return headers, head + comma + f"{quoted(self.field)}:{quoted(signature)}}}".encode()

    def checked_with(self, secret: str) -> str:
        """The secret, or the public half of a private key."""
        return self.signer.checked_with(secret)

    def placed(self, request: Request, sealed: bytes) -> Request:
        """In the body, or with the address of a GET."""
        if self.encoding != "query":
            return super().placed(request, sealed)
        address = request.url.partition("?")[0]
        return replace(request, method="GET", url=f"{address}?{sealed.decode('latin-1')}", body=b"")

    def sealed_in(self, request: Request) -> bytes:
        """The body, or what stands behind the address of a GET."""
        if self.encoding != "query":
            return super().sealed_in(request)
        return request.url.partition("?")[2].encode("latin-1")

    def signed_text(self, body: bytes) -> bytes:
        """What of ``body`` is signed, without the secret."""
        return self.signer.text(body, {} if self.signer.over == "body" else self._fields(body))

    def read(self, answer: Answer) -> Meaning:
        """Say what ``answer`` means; a 4xx that says nothing is a refusal, a 5xx leaves open what was done."""
        document = self._document(answer.body)
        if document is None or answer.status >= 500:
            status = Status.REFUSED if 400 <= answer.status < 500 else Status.UNCLEAR
            problem = Flaw(f"HTTP {answer.status} with no {self.answers.encoding} that can be read")
            return Meaning(status, problem=problem)
        ids = self._client_ids(document)
        client_id = ids[0] if len(ids) == 1 else ", ".join(sorted(map(str, ids))) or None
        if _found(self.answers.done, document) is True:
            return Meaning(Status.OK, client_id=client_id)
        error = _found(self.answers.error, document)
        if error is None and answer.status < 400:
            problem = Flaw(f"neither {self.answers.done} nor {self.answers.error}")
            return Meaning(Status.UNCLEAR, problem=problem)
        return Meaning(Status.REFUSED, error=None if error is None else str(error))

    def client_ids(self, answer: Answer) -> Sequence[str | int]:
        """Each of a list, where that is what the expression finds."""
        return self._client_ids(self._document(answer.body))

    def _client_ids(self, document: Any) -> list[str | int]:
        own = _found(self.answers.client_id, document) if self.answers.client_id else None
        listed = own if isinstance(own, list) else [own]
        return [each for each in listed if isinstance(each, str | int) and not isinstance(each, bool)]

    def balance_in(self, answer: Answer, currency: str) -> Decimal | None:
        """What the answer says the player has, to the last digit."""
        found = None
        if self.answers.balance is not None:
            found = _found(self.answers.balance, self._document(answer.body, exact=True))
        return None if found is None else self._read_amount(found, currency)

    def named(self, body: bytes) -> Sequence[Any]:
        """Every value of a field that stands for the player in one of the templates."""
        asked = () if self.asks is None else (self.asks[1],)
        messages = (*self.messages.values(), *asked)
        keys = {key for message in messages for key in _keys_of("{player}", message)}
        if self.pairs:
            return [value for name, value in _pairs(body) if name in keys]
        return [value for key in sorted(keys) for value in codec.values_of(body, key)]

    def unsigned(self, body: bytes) -> bytes:
        """Without the signature where that is a field."""
        if self.field is None:
            return body
        own = re.escape(self.field).encode()
        sealed = rb"(?:^|&)%s=[^&]*" if self.pairs else rb',?\s*"%s"\s*:\s*"[^"]*"'
        return re.sub(sealed % own, b"", body)

    def renewed(self, body: bytes, id: str) -> bytes | None:  # noqa: A002
        """Another id in the same bytes, and no signature field yet; None for a rollback that has no id of its own.

        Of several transactions the first has it, and the others have ids that are made of it.
        """
        if not self.decisions.rollback_ids and self._is_rollback(body):
            return None
        keys = {re.escape(key) for message in self.messages.values() for key in _keys_of("{id}", message)}
        names = "|".join(sorted(keys)).encode()
        pattern = (
            rb"((?:^|&)(?:%s)=)([^&]*)" if self.pairs else rb'("(?:%s)"\s*:\s*)("(?:[^"\\]|\\.)*")'
        ) % names
        renamed: dict[bytes, bytes] = {}
        for _, old in re.findall(pattern, body):
            new = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{id} {len(renamed)}")) if renamed else id
            renamed.setdefault(old, codec.form({"": new})[1:] if self.pairs else quoted(new).encode())
        if not renamed:
            return None
        return self.unsigned(re.sub(pattern, lambda hit: hit[1] + renamed[hit[2]], body))

    def _is_rollback(self, body: bytes) -> bool:
        """Whether the fields of ``body`` are those of a rollback, and not also those of a bet or a result."""
        given = self._fields(body)

        def fits(kind: Kind) -> bool:
            flat = {
                name: part for name, part in self.messages[kind].items() if not isinstance(part, dict | list)
            }
            return all(name in given and _stands_for(part, given[name]) for name, part in flat.items())

        return fits(Kind.ROLLBACK) and not (fits(Kind.BET) or fits(Kind.RESULT))

    def _values(self, transaction: Transaction) -> dict[str, Any]:
        own = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{transaction.kind} {transaction.id}"))
        return self._known(transaction.player, transaction.currency, own) | {
            "{id}": transaction.id,
            "{of}": transaction.of,
            # Who knows of no bet has a result name one that never was.
            "{bet}": transaction.bet or transaction.id,
            "{amount}": self._amount(transaction.amount, transaction.currency),
        }

    def _known(self, player: str, currency: str, own: str) -> dict[str, Any]:
        """What any message may hold; ``own`` is its id."""
        agreed = {
            f"{{{name}}}": value if isinstance(value, str) else value.get(player, "")
            for name, value in self.agreed.items()
        }
        return agreed | {
            "{player}": player,
            "{currency}": currency,
            # One round for each player, which nothing ends.
            "{round}": str(uuid.uuid5(uuid.NAMESPACE_OID, f"round of {player}")),
            "{uuid}": own,
        }

    def _amount(self, amount: Decimal, currency: str) -> Any:
        if self.amount == "minor":
            return money.to_minor(amount, currency)
        if self.amount == "scaled":
            # Exactly, or not at all: what is finer must not leave as another amount.
            return int(money.plain(amount.scaleb(self.digits)))
        return money.plain(amount) if self.amount == "text" else amount

    def _read_amount(self, given: Any, currency: str) -> Decimal | None:
        """The reverse of ``_amount``; numbers and texts mean the same."""
        try:
            amount = Decimal(str(given)) if isinstance(given, str | int | float | Decimal) else None
        except InvalidOperation:
            return None
        if amount is None or isinstance(given, bool) or not amount.is_finite():
            return None
        digits = {"minor": money.decimals(currency), "scaled": self.digits}.get(self.amount, 0)
        return amount.scaleb(-digits)

    def _document(self, body: bytes, *, exact: bool = False) -> Any:
        if self.answers.encoding == "json":
            return codec.object_of(body, exact=exact)
        return dict(_pairs(body)) or None

    def _fields(self, body: bytes) -> dict[str, str]:
        if self.pairs:
            return dict(_pairs(body))
        try:
            document = json.loads(body, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            return {}
        pairs = document.items() if isinstance(document, dict) else ()
        return {name: _text(value) for name, value in pairs if not isinstance(value, dict | list)}


def _stands_for(part: Any, given: str) -> bool:
    """Whether ``part`` of a template may have become ``given``."""
    return (isinstance(part, str) and part.startswith("{")) or _text(part) == given


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, Mapping):
        return {name: _filled(inner, values) for name, inner in part.items()}
    if isinstance(part, list | tuple):
        return [_filled(inner, values) for inner in part]
    return values.get(part, part) if isinstance(part, str) else part


def _keys_of(place: str, part: Any, key: str = "") -> Iterator[str]:
    """The names of the fields whose value ``place`` is, at any depth."""
    if isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _keys_of(place, inner, name)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _keys_of(place, inner, key)
    elif part == place:
        yield key


def _json(part: Any) -> str:
    if isinstance(part, Mapping):
        return "{" + ",".join(f"{quoted(name)}:{_json(inner)}" for name, inner in part.items()) + "}"
    if isinstance(part, list):
        return "[" + ",".join(map(_json, part)) + "]"
    if isinstance(part, Decimal):
        return money.plain(part)
    return quoted(part) if isinstance(part, str) else json.dumps(part)


def _text(part: Any) -> str:
    """A value as it stands in a form, or in a text that is signed."""
    return part if isinstance(part, str) else "" if part is None else _json(part)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _found(expression: str, document: Any) -> Any:
    try:
        return jmespath.search(expression, document)
    except jmespath.exceptions.JMESPathError:
        # A function met a value of another type than it takes.
        return None
