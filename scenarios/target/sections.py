"""What a target file says, as models: where the CLIENT is and what it shares with the providers.

Descriptions say what is expected of a key, examples how it is written in TOML; error messages and the hints
of locked rules are made of them, so that each is written once.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
)

from scenarios.dialects.names import dialect_name
from scenarios.toml_files.section import Section
from scenarios.toml_files.values import (
    Addresses,
    CallbackUrl,
    Count,
    CurrencyCode,
    Duration,
    Name,
    PathPart,
    Pause,
    Seconds,
    Secret,
    Url,
    distinct,
    listed,
    table,
)
from simulators.dialects import DEFAULT
from simulators.operator.dialect import AmountFormat, Sportsbook
from simulators.values.jws import AlgorithmName
from simulators.wallet.dialect import Dialect

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Headers that say how a request is to be read, or prove who sent it.
_OURS = frozenset(
    {"content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "te"}
)

DEFAULT_FILE = "pitboss.toml"
EXAMPLE_ORIGIN = "http://127.0.0.1:8710"


def _header_fields(fields: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in fields.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is what each request has of its own")
        text = value.get_secret_value()
        if not text.isprintable() or not text.isascii() or text != text.strip():
            raise ValueError(f"the value of {name} is no line of printable ASCII")
    return fields


def _listen(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("it is no host:port")
    return address


class _Served(Section):
    """A provider, which is served at its ``listen``."""

    @property
    def listen_address(self) -> tuple[str, int]:
        """``listen`` as host and port."""
        host, _, port = self.listen.rpartition(":")  # type: ignore[attr-defined]  # each says where in its own order
        return host.strip("[]"), int(port)


class Operator(_Served):
    """``[operator]``: what CLIENT and OPERATOR agreed on (``sportsbook.txt``, *Terms and concepts*)."""

    callback_url: CallbackUrl = Field(
        description="the CLIENT's http(s) address; /transaction and /transaction-rollback are appended",
        examples=[f'"{EXAMPLE_ORIGIN}/operator"'],
    )
    security_hash: Secret = Field(
        description="the secret SECURITY_HASH that signs each callback; for RSA a private key in PEM, or its file",
        examples=['"env:SECURITY_HASH"'],
    )
    amount_format: AmountFormat = Field(
        "number", description='"number" or "string": how `amount` is written in JSON', examples=['"number"']
    )
    dialect: Annotated[str, AfterValidator(dialect_name)] = Field(
        DEFAULT,
        description="whose words transactions are in: a name of `pitboss dialect list`, the path of a dialect file, or "
        "module:Class",
        examples=[f'"{DEFAULT}"'],
    )
    agreed: Annotated[dict[str, SecretStr | dict[str, SecretStr]], BeforeValidator(table)] = Field(
        default_factory=dict,
        description="what the dialect's [agreed] names, for this CLIENT: one text, or a text for each player",
        examples=['{ token = { alice = "env:ALICE_TOKEN" } }'],
    )
    username: Name | None = Field(
        None, description="CLIENT_USERNAME, which the CLIENT sends to /auth", examples=['"client"']
    )
    password: Secret | None = Field(
        None,
        description="CLIENT_PASSWORD, which the CLIENT sends to /auth",
        examples=['"env:OPERATOR_PASSWORD"'],
    )
    api_version: PathPart | None = Field(
        None,
        description="API_VERSION, under which the CLIENT calls /auth and /start-session",
        examples=['"v1"'],
    )
    website: Url | None = Field(
        None,
        description="the CLIENT's http(s) website, which alone may show the sportsbook in its iframe; without it any "
        "may",
        examples=['"https://www.example.com"'],
    )
    server_ip: Annotated[tuple[Addresses, ...], BeforeValidator(listed)] = Field(
        (),
        description="IP addresses or networks that the CLIENT's server calls from, as the OPERATOR sees them: `serve` "
        "answers no others; without any it answers all",
        examples=['["54.151.247.5"]'],
    )
    currencies: Annotated[tuple[CurrencyCode, ...], BeforeValidator(listed)] = Field(
        ("EUR", "USD", "GBP"),
        min_length=1,
        description="the agreed currencies, as ISO 4217 codes",
        examples=['["EUR", "USD", "GBP"]'],
    )
    languages: Annotated[tuple[Name, ...], BeforeValidator(listed)] = Field(
        ("en", "es", "fr"), min_length=1, description="the agreed languages", examples=['["en", "es", "fr"]']
    )
    timeout: Seconds = Field(
        5.0,
        description="seconds above 0 that the OPERATOR waits for an answer before the outcome is unknown",
        examples=["5.0"],
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        "127.0.0.1:8701",
        description="host:port where the fake OPERATOR's own API listens during a check, for the CLIENT's "
        "/auth and /start-session",
        examples=['"127.0.0.1:8701"'],
    )
    ca_file: Name | None = Field(
        None,
        description="as ca_file in [target], which is meant where there is none here",
        examples=['"ca.pem"'],
    )

    _words: Dialect | None = PrivateAttr(None)

    @property
    def words(self) -> Dialect:
        """``dialect`` as agreed with the CLIENT; another than the documents' own once it was read (``speaking``)."""
        assert self._words or self.dialect == DEFAULT, f"the dialect {self.dialect} was not read"
        return self._words or Sportsbook(self.amount_format)

    def speaking(self, dialect: Dialect, secret: str) -> Self:
        """A copy that speaks ``dialect``, as its file describes it, and signs with ``secret``."""
        copy = self.model_copy(update={"security_hash": SecretStr(secret)})
        copy._words = dialect
        return copy

    def agreed_values(self) -> dict[str, str | dict[str, str]]:
        """``agreed`` as plain texts."""
        return {
            name: value.get_secret_value()
            if isinstance(value, SecretStr)
            else {player: text.get_secret_value() for player, text in value.items()}
            for name, value in self.agreed.items()
        }


class Jackpot(_Served):
    """``[jackpot]``: what CLIENT and Jackpot agreed on (``voucher-widget.txt``, ``voucher-webhook.txt``)."""

    notification_url: Url = Field(
        description="the CLIENT's http(s) address that receives webhooks",
        examples=[f'"{EXAMPLE_ORIGIN}/jackpot/notifications"'],
    )
    api_key: Secret = Field(description="the CLIENT's API key", examples=['"env:JACKPOT_API_KEY"'])
    api_signature: Secret = Field(
        description="apiSignature, under which session tokens are signed",
        examples=['"env:JACKPOT_API_SIGNATURE"'],
    )
    client_secret: Secret = Field(
        description="the secret of the CLIENT's own server calls", examples=['"env:JACKPOT_CLIENT_SECRET"']
    )
    confirmation: Literal["manual", "automatic"] = Field(
        "manual", description='"manual" or "automatic": who confirms a reservation', examples=['"manual"']
    )
    ready_after: Pause = Field(
        2.0,
        description="seconds, 0 or more, from a voucher's confirmation until it is READY; a check passes them "
        "two hundred times as fast",
        examples=["2.0"],
    )
    client_id: Name | None = Field(
        None,
        description="the client_id that the CLIENT sends to /v2/token; without it the API key",
        examples=['"client"'],
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        "127.0.0.1:8702",
        description="host:port where the fake Jackpot's own API listens during a check, for the CLIENT's "
        "tokens, confirmations and questions",
        examples=['"127.0.0.1:8702"'],
    )
    files_url: CallbackUrl | None = Field(
        None,
        description="the http(s) address under which signed URLs of vouchers lie, which must lead to listen; without "
        "it they get a free port of their own",
        examples=['"http://files.example.com:8702"'],
    )


class Checkout(_Served):
    """``[checkout]``: what CLIENT and checkout agreed on (``product-widget.txt``)."""

    merchant_id: Name = Field(
        description="the merchant id, which tokens carry in `iss`", examples=['"merchant-1"']
    )
    key: Secret = Field(
        description="the key that verifies the CLIENT's tokens: the shared secret, or a PEM public key",
        examples=['"env:CHECKOUT_KEY"'],
    )
    algorithm: AlgorithmName = Field("HS256", description='"HS256", "RS256" or "ES256"', examples=['"HS256"'])
    variants: Annotated[tuple[Name, ...], BeforeValidator(listed), AfterValidator(distinct)] = Field(
        (),
        description="references of products that the CLIENT sells, to ask tokens for; two or more are best",
        examples=['["mug-blue", "scarf-red"]'],
    )
    require_merchant_reference: bool = Field(
        False,
        description="true or false: whether tokens without data.merchantReference make no checkout; the documents "
        "contradict themselves",
        examples=["true"],
    )
    authentication: Secret | None = Field(
        None,
        description="the clientId that authenticateClient takes; with it checkouts are created under the Bearer token "
        "that it gives, and not without",
        examples=['"env:CHECKOUT_CLIENT_ID"'],
    )
    decision_url: Url | None = Field(
        None,
        description="the CLIENT's http(s) address that receives decisions",
        examples=[f'"{EXAMPLE_ORIGIN}/checkout/decisions"'],
    )
    decision_key: Secret | None = Field(
        None,
        description="what the checkout signs decisions with where algorithm is RS256 or ES256: a PEM private key, "
        "whose public half the CLIENT has; with HS256 it is key",
        examples=['"env:CHECKOUT_DECISION_KEY"'],
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        "127.0.0.1:8703",
        description="host:port where the fake checkout listens during a check, for the CLIENT's checkouts",
        examples=['"127.0.0.1:8703"'],
    )


class Limits(Section):
    """``[target]``: how balances are read, and how much traffic the target is given."""

    probe: Literal["", "wagers", "call", "http", "sql"] = Field(
        "",
        description='"wagers", "call", "http" or "sql": how balances are read; "call", the balance call of a dialect, '
        "is the default where the dialect has one; the last two need [driver] balance",
        examples=['"wagers"'],
    )
    max_connections: Count = Field(
        32,
        ge=1,
        description="a whole number of connections, at least 1, open at the same time",
        examples=["32"],
    )
    max_requests_per_second: Count = Field(
        0, ge=0, description="a whole number of requests a second; 0 sets no limit", examples=["0"]
    )
    time_limit: Duration | None = Field(
        None,
        description="how long a check may take, as a text such as 90s, 5m or 1h; without it about four times as long "
        "as it probably takes",
        examples=['"10m"'],
    )
    ca_file: Name | None = Field(
        None,
        description="a file with the certificates that every https address of the target is verified against; "
        "without it the system's",
        examples=['"ca.pem"'],
    )
    headers: Annotated[dict[str, SecretStr], BeforeValidator(table), AfterValidator(_header_fields)] = Field(
        default_factory=dict,
        description="names and texts of headers that a gateway before the CLIENT wants of every request; no report has "
        "them",
        examples=['{ Authorization = "env:GATEWAY" }'],
    )
