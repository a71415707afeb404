"""``[driver]`` of the target file: how to reach into the CLIENT, entry by entry."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.target.sections import EXAMPLE_ORIGIN
from scenarios.toml_files.section import Section
from scenarios.toml_files.values import Url, table

# What each entry of [driver] may put in braces.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "balance": ("player", "currency"),
    "ban": ("player",),
    "unban": ("player",),
    "launch": ("player", "currency", "lang"),
    "voucher_session": ("player", "currency", "amount"),
    "voucher": ("notification_key",),
    "store": ("store",),
    "sweep": ("now",),
    "checkout_token": ("variant",),
    "checkout_page": ("variant",),
    "checkout_start": ("merchant_reference",),
    "order": ("merchant_reference",),
    "restart": (),
}
_KINDS: dict[str, tuple[str, ...]] = {"balance": ("http", "sql"), "restart": ("run",)}
# As :number, a JSON value that is nothing but the word is a number rather than a text.
PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)(?::number)?\}")
NUMBER = re.compile(r"\{([A-Za-z_]+):number\}")
_SECRET_NAME = re.compile(r"auth|cookie|key|token|secret|passw|signature", re.IGNORECASE)


class Template(Section):
    """One entry of ``[driver]``: an HTTP request, a SELECT or a shell command.

    Words in braces are filled in for each call. ``read`` is a JMESPath into the JSON answer.
    """

    get: Url | None = Field(None, description="an http(s) address", examples=[f'"{EXAMPLE_ORIGIN}/.."'])
    post: Url | None = Field(None, description="an http(s) address", examples=[f'"{EXAMPLE_ORIGIN}/.."'])
    put: Url | None = Field(None, description="an http(s) address", examples=[f'"{EXAMPLE_ORIGIN}/.."'])
    delete: Url | None = Field(None, description="an http(s) address", examples=[f'"{EXAMPLE_ORIGIN}/.."'])
    json_body: Any = Field(
        None, alias="json", repr=False, description="the JSON to send", examples=['{ user_id = "{player}" }']
    )
    headers: dict[str, SecretStr] = Field(
        default_factory=dict, description="names and texts", examples=['{ Authorization = "env:TOKEN" }']
    )
    read: str | None = Field(None, description="a JMESPath into the JSON answer", examples=['"balance"'])
    sql: str | None = Field(
        None,
        description="a SELECT of one value, with :player in it",
        examples=['"SELECT balance FROM players WHERE id = :player"'],
    )
    url: SecretStr | None = Field(
        None,
        description="a database address of SQLAlchemy",
        examples=['"postgresql+psycopg://user@host/database"'],
    )
    run: str | None = Field(None, description="a shell command", examples=['"./restart.sh"'])

    @property
    def kind(self) -> str:
        """``http``, ``sql`` or ``run``."""
        return "sql" if self.sql else "run" if self.run else "http"

    @property
    def method_and_url(self) -> tuple[str, str]:
        """The HTTP method and address; raises LookupError for the other kinds."""
        for method in ("get", "post", "put", "delete"):
            url = getattr(self, method)
            if url:
                return method.upper(), url
        raise LookupError("this entry is no HTTP request")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("get", "post", "put", "delete", "sql", "run") if getattr(self, name)]
        if len(ways) != 1:
            raise ValueError(
                f"it has {' and '.join(ways) or 'none'} of get, post, put, delete, sql, run: have one"
            )
        if (self.sql is None) != (self.url is None):
            raise ValueError("sql and url belong together")
        if self.kind != "http" and (self.json_body is not None or self.headers or self.read):
            raise ValueError("json, headers and read belong to HTTP requests")
        if self.read is not None:
            try:
                jmespath.compile(self.read)
            except JMESPathError:
                raise ValueError(f"read = {self.read!r} is no JMESPath") from None
        return self

    def placeholders(self) -> Iterator[str]:
        """The words in braces, wherever they stand."""
        values = [self.get, self.post, self.put, self.delete, json.dumps(self.json_body, default=str)]
        values += [value.get_secret_value() for value in self.headers.values()]
        for value in values:
            yield from PLACEHOLDER.findall(value or "")

    def secrets(self) -> Iterator[tuple[str, str]]:
        """Names and values not to be shown: telling headers and JSON fields, the password in a database's address."""
        for name, value in self.headers.items():
            if _SECRET_NAME.search(name):
                yield from spellings(f"headers.{name}", value.get_secret_value())
        yield from _telling("json", self.json_body)
        with suppress(ValueError):
            password = urlsplit(self.url.get_secret_value()).password if self.url else None
            if password:
                yield "url", password


def spellings(name: str, value: str) -> Iterator[tuple[str, str]]:
    """``value`` of a header that is called ``name``, and the credentials in it, as secrets."""
    yield name, value
    scheme, _, credentials = value.partition(" ")
    if scheme.lower() in ("bearer", "basic") and credentials:
        yield f"{name} ({scheme})", credentials


def _telling(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and _SECRET_NAME.search(key) and not PLACEHOLDER.search(inner):
                yield f"{name}.{key}", inner
            else:
                yield from _telling(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _telling(f"{name}.{number}", inner)


Entry = Annotated[Template | None, BeforeValidator(table)]


def _entry(description: str, example: str) -> Any:
    return Field(None, description=description, examples=[example])


class DriverSection(Section):
    """``[driver]``: how to reach into the CLIENT. All optional; each entry unlocks rules."""

    balance: Entry = _entry(
        "a request that reads a player's balance, or a SELECT",
        f'{{ get = "{EXAMPLE_ORIGIN}/players/{{player}}/balance", read = "balance" }}',
    )
    ban: Entry = _entry(
        "a request that bans a player", f'{{ post = "{EXAMPLE_ORIGIN}/players/{{player}}/ban" }}'
    )
    unban: Entry = _entry(
        "a request that lifts the ban", f'{{ post = "{EXAMPLE_ORIGIN}/players/{{player}}/unban" }}'
    )
    launch: Entry = _entry(
        "a request that opens the sportsbook for a player and reads the iframe's address",
        f'{{ post = "{EXAMPLE_ORIGIN}/sportsbook/launch", '
        'json = { user_id = "{player}", currency = "{currency}", lang = "{lang}" }, read = "url" }',
    )
    voucher_session: Entry = _entry(
        "a request that opens a voucher session and reads its token",
        f'{{ post = "{EXAMPLE_ORIGIN}/vouchers/session", '
        'json = { user_id = "{player}", amount = "{amount}" }, read = "token" }',
    )
    voucher: Entry = _entry(
        "a request that reads a purchase's state, in Jackpot's words (READY)",
        f'{{ get = "{EXAMPLE_ORIGIN}/vouchers/{{notification_key}}", read = "state" }}',
    )
    store: Entry = _entry("a request that reads a store", f'{{ get = "{EXAMPLE_ORIGIN}/stores/{{store}}" }}')
    sweep: Entry = _entry(
        "a request that makes the CLIENT look for sessions that ended unused by {now}, seconds since the epoch",
        f'{{ post = "{EXAMPLE_ORIGIN}/vouchers/sweep", json = {{ now = "{{now}}" }} }}',
    )
    checkout_token: Entry = _entry(
        "a request that reads a checkout token",
        f'{{ get = "{EXAMPLE_ORIGIN}/checkout/token?variant={{variant}}", read = "token" }}',
    )
    checkout_page: Entry = _entry(
        "a request that reads a product's page, as the player's browser does",
        f'{{ get = "{EXAMPLE_ORIGIN}/checkout/page?variant={{variant}}" }}',
    )
    checkout_start: Entry = _entry(
        "a request that has the CLIENT's server create the checkout of a token (createMerchantCheckout)",
        f'{{ post = "{EXAMPLE_ORIGIN}/checkout/orders/{{merchant_reference}}/start" }}',
    )
    order: Entry = _entry(
        "a request that reads what a checkout has come to: its state, or how often its product was granted",
        f'{{ get = "{EXAMPLE_ORIGIN}/checkout/orders/{{merchant_reference}}", read = "granted" }}',
    )
    restart: Entry = _entry(
        "a shell command that kills the CLIENT and starts it again", '{ run = "./restart-the-client.sh" }'
    )
    python: Annotated[str | None, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] = Field(
        None,
        description="module:Class, whose methods have the names of the entries above",
        examples=['"my_driver:Driver"'],
    )

    @field_validator(*PLACEHOLDERS)
    @classmethod
    def _fits(cls, template: Template | None, info: ValidationInfo) -> Template | None:
        name = info.field_name or ""
        if template is None:
            return None
        kinds = _KINDS.get(name, ("http",))
        if template.kind not in kinds:
            raise ValueError(f"it is of the kind {template.kind}, and {name} takes {' or '.join(kinds)}")
        known = PLACEHOLDERS[name]
        for word in template.placeholders():
            if word not in known:
                words = ", ".join(f"{{{each}}}" for each in known) or "no words in braces"
                hint = did_you_mean(f"{word}", known, f"{name} takes {words}")
                raise ValueError(f"{{{word}}} is no word that {name} fills in; {hint}")
        return template

    def templates(self) -> dict[str, Template]:
        """The entries that are set, by name."""
        found = {name: getattr(self, name) for name in ENTRIES}
        return {name: template for name, template in found.items() if template is not None}


ENTRIES: tuple[str, ...] = tuple(PLACEHOLDERS)
