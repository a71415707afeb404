"""The checkout's JWTs to text and back. Pure; the names of their claims are here and in ``claims`` only.

Implements ``product-widget.txt``; the decision's JWT and callbackUrls are from the provider's public documentation
(contract, part C). Decided where the documents are silent: the decision's `reference` is the checkout's token; any 2xx
acknowledges it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from simulators.exchanges.history import Answer, Status
from simulators.transport.delivery import Meaning
from simulators.values import decimal_json, jws

PROVIDER: Final = "checkout"
SUBJECT: Final = "Merchant"
SUCCESS: Final = "success"
FAILURE: Final = "failure"


@dataclass(frozen=True)
class Agreement:
    """What checkout and CLIENT agreed on ahead.

    ``key`` verifies the CLIENT's tokens: the shared secret, or a public key in PEM. ``decision_key`` is what
    the checkout signs decisions with; None: ``key``, which only a shared secret can be.
    ``require_reference`` refuses tokens without data.merchantReference, which the document's table requires and its
    example leaves out. ``client_id`` is what authenticateClient takes; with it, checkouts are created under the Bearer
    token that it gives, and not without (None: no token is asked for).
    Raises signing.BadKey where a key is none of the ``algorithm``'s.
    """

    merchant_id: str
    key: str = field(repr=False)
    algorithm: jws.AlgorithmName = "HS256"
    decision_key: str | None = field(default=None, repr=False)
    require_reference: bool = False
    client_id: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        jws.key_for(self.algorithm, self.key, signing=False)
        if self.decision_key is not None:
            jws.key_for(self.algorithm, self.decision_key, signing=True)


@dataclass(frozen=True, slots=True)
class CallbackUrls:
    """Where the merchant's server is notified, and where its customer goes back to, approved or declined."""

    server_to_server: str
    success_redirect: str | None = None
    failure_redirect: str | None = None

    def fields(self) -> dict[str, Any]:
        """The addresses as JSON values; what has no value is left out."""
        return _given(
            {
                "successRedirect": self.success_redirect,
                "failureRedirect": self.failure_redirect,
                "serverToServer": self.server_to_server,
            }
        )

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "CallbackUrls":
        """The addresses that ``fields`` are, which were checked before."""
        return cls(fields["serverToServer"], fields.get("successRedirect"), fields.get("failureRedirect"))

    def way_back(self, *, approved: bool) -> str | None:
        """Where the customer goes after a decision; None where the merchant named no such address."""
        return self.success_redirect if approved else self.failure_redirect


@dataclass(frozen=True, slots=True)
class Claims:
    """What a merchant's token says: the price of one variant. Amounts are in ``currency``, ``iat`` in seconds."""

    merchant_id: str
    iat: int
    currency: str
    value_before_tax: Decimal
    value_after_tax: Decimal
    tax_percentage: Decimal
    variant: str
    tax_value: Decimal | None = None
    merchant_reference: str | None = None
    callback_urls: CallbackUrls | None = None

    def fields(self) -> dict[str, Any]:
        """The claims as JSON values in the documented order; what has no value is left out."""
        price = {
            "valueBeforeTax": self.value_before_tax,
            "valueAfterTax": self.value_after_tax,
            "taxValue": self.tax_value,
            "taxPercentage": self.tax_percentage,
        }
        data = {
            "merchantReference": self.merchant_reference,
            "currency": self.currency,
            "callbackUrls": None if self.callback_urls is None else self.callback_urls.fields(),
            "merchantPrice": _given(price),
            "variant": {"reference": self.variant},
        }
        return {"iss": self.merchant_id, "sub": SUBJECT, "iat": self.iat, "data": _given(data)}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Claims":
        """The claims that ``fields`` are, which were checked before."""
        data = fields["data"]
        price = data["merchantPrice"]
        return cls(
            merchant_id=fields["iss"],
            iat=int(fields["iat"]),
            currency=data["currency"],
            value_before_tax=price["valueBeforeTax"],
            value_after_tax=price["valueAfterTax"],
            tax_percentage=price["taxPercentage"],
            variant=data["variant"]["reference"],
            tax_value=price.get("taxValue"),
            merchant_reference=data.get("merchantReference"),
            callback_urls=CallbackUrls.of(data["callbackUrls"]) if data.get("callbackUrls") else None,
        )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def mint(claims: Claims, key: str, algorithm: jws.AlgorithmName = "HS256") -> str:
    """Return the JWT of ``claims`` as a CLIENT should mint it; raises signing.BadKey."""
    return jws.sign(claims.fields(), key, algorithm)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a checkout. ``reference`` is the checkout's token, times are seconds since the epoch."""

    merchant_id: str
    reference: str
    merchant_reference: str | None
    approved: bool
    decided_at: float
    iat: int

    def fields(self) -> dict[str, Any]:
        """The decision's claims as JSON values in the documented order."""
        moment = datetime.fromtimestamp(int(self.decided_at), UTC)
        data = {
            "reference": self.reference,
            "merchantReference": self.merchant_reference,
            "outcome": SUCCESS if self.approved else FAILURE,
            "outcomeDecidedAt": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return {"iss": self.merchant_id, "sub": SUBJECT, "iat": self.iat, "data": _given(data)}


@dataclass(frozen=True, slots=True)
class Notice:
    """A decision with its JWT, signed once, so that a copy is the same to the byte.

    ``to`` is the merchant's serverToServer; None: the decision URL agreed ahead.
    """

    decision: Decision
    payload: str
    to: str | None = None


def sign(decision: Decision, agreement: Agreement, to: str | None = None) -> Notice:
    """Return the notice of ``decision``; raises signing.BadKey where the checkout has no key to sign with."""
    return Notice(decision, sign_fields(decision.fields(), agreement), to)


def sign_fields(fields: Mapping[str, Any], agreement: Agreement) -> str:
    """Return the JWT of any ``fields`` as the checkout signs decisions; raises signing.BadKey."""
    key = agreement.key if agreement.decision_key is None else agreement.decision_key
    return jws.sign(fields, key, agreement.algorithm)


def body(notice: Notice) -> bytes:
    """Write the body of a genuine decision."""
    return encode(notice.payload)


def kind(notice: Notice) -> str:
    """The word for a decision in the history."""
    return "approval" if notice.decision.approved else "decline"


def encode(payload: str) -> bytes:
    """Write the body of a decision with the JWT ``payload``."""
    return decimal_json.dumps({"payload": payload})


def read(answer: Answer) -> Meaning:
    """Say what the CLIENT's ``answer`` to a decision means: any 2xx acknowledges it."""
    if 200 <= answer.status < 300:
        return Meaning(Status.OK)
    return Meaning(Status.REFUSED if 400 <= answer.status < 500 else Status.UNCLEAR)
