"""The driver: reaches into the CLIENT through the ``[driver]`` entries, or a Python class."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal, DecimalException
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import jmespath
from jmespath.exceptions import JMESPathError

from scenarios.driver.python import PythonDriver
from scenarios.driver.shell import run_command, wait_for_port
from scenarios.problems.errors import DriverProblem
from scenarios.target.driver_entries import NUMBER, PLACEHOLDER
from scenarios.target.loading import ENTRIES, Target, Template
from simulators.exchanges.history import Headers, History, Request
from simulators.exchanges.redaction import Redactor
from simulators.transport.raw_connection import ANSWER_LIMIT, failure_of, network
from simulators.transport.route import Route
from simulators.values import decimal_json, money

_SHOWN_BODY = 200

Fields = Mapping[str, str | Decimal | None]


# Entries that stand for what the player's browser asks.
_PLAYERS = frozenset(
    {"launch", "voucher_session", "voucher", "store", "checkout_token", "checkout_page", "checkout_start"}
)


class Raw(NamedTuple):
    """An HTTP answer that nobody has judged yet."""

    status: int
    body: bytes
    headers: Headers = ()


class Driver:
    """Does to the CLIENT what providers cannot: read a balance, ban a player, launch the game, restart.

    ``timeout`` is seconds for one request, ``restart_timeout`` for the restart until the CLIENT listens
    again. Every method raises DriverProblem where its entry is missing or does not do what it is for. Raises
    UsageProblem at once where ``python`` names a class that cannot be had.
    """

    def __init__(self, target: Target, timeout: float = 30.0, restart_timeout: float = 60.0) -> None:
        self.target = target
        self.timeout = timeout
        self.restart_timeout = restart_timeout
        # Of its own: what a gateway wants of each callback is no secret for the addresses of entries.
        self._route = Route(History(), timeout=timeout, ca_file=target.ca_file)
        # The players who asked to convert balance, of which money may move at once or later.
        self.converted: set[str] = set()
        # What entries were answered that stand for the player's browser, each answer once.
        self.reported: dict[tuple[str, Raw], None] = {}
        self._templates = target.driver.templates()
        self._redactor = Redactor(target.secrets())
        spec = target.driver.python
        self._python = PythonDriver.load(spec, target.directory) if spec else None

    def has(self, name: str) -> bool:
        """Whether the entry ``name`` is there, as a template or a method."""
        return name in self._templates or (self._python is not None and self._python.has(name))

    def kind(self, name: str) -> str:
        """How the entry works: "http", "sql", "run" or "python"."""
        if name in self._templates:
            return self._templates[name].kind
        if self.has(name):
            return "python"
        raise self._absent(name)

    def entries(self) -> list[str]:
        """The entries that are there."""
        return [name for name in ENTRIES if self.has(name)]

    def missing(self, name: str) -> str:
        """The line to add to ``[driver]`` in the target file so that ``name`` is there."""
        return self.target.missing(name)

    def balance(self, player: str) -> Decimal:
        """Read the balance of ``player`` in its currency's main unit (euros, not cents), exactly."""
        players = self.target.players
        currency = players.currency_of(player) if players else None
        value = self.call("balance", player=player, currency=currency)
        try:
            return _decimal(value)
        except ValueError as problem:
            raise DriverProblem(
                f"[driver] balance read {repr(value)[:_SHOWN_BODY]} for {player}: {problem}",
                "a decimal number, or a text with one in it",
                'correct its read, a JMESPath into the answer: for {"wallet": {"cash": 1}} it is wallet.cash',
            ) from None

    def ban(self, player: str) -> None:
        """Ban ``player``."""
        self.call("ban", player=player)

    def unban(self, player: str) -> None:
        """Lift the ban of ``player``."""
        self.call("unban", player=player)

    @contextmanager
    def banned(self, player: str) -> Iterator[None]:
        """Ban ``player`` for the time of the block. A ban that fails may have been set all the same: it is lifted."""
        try:
            self.ban(player)
        except Exception:
            with suppress(Exception):
                self.unban(player)
            raise
        try:
            yield
        finally:
            self.unban(player)

    def launch(self, player: str, currency: str, lang: str | None = None) -> str:
        """Open the sportsbook for ``player`` as its browser would, and return the iframe's address."""
        url = self.call("launch", player=player, currency=currency, lang=lang)
        return a_text("launch", url, "the iframe's address")

    def launch_raw(self, player: str, currency: str, lang: str | None = None) -> Raw:
        """Open the sportsbook and return the answer as it is, for rules about errors.

        A Python driver that returns an address counts as 200 with it as the body; one that raises counts as
        500 with the exception's text.
        """
        return self._answer("launch", {"player": player, "currency": currency, "lang": lang}, str)

    def voucher_session(self, player: str, currency: str, amount: Decimal) -> str:
        """Let ``player`` begin to convert ``amount`` and return the session's JWT."""
        token = self.call("voucher_session", player=player, currency=currency, amount=amount)
        return a_text("voucher_session", token, "the session's JWT")

    def sweep(self, now: int) -> None:
        """Let the CLIENT look for sessions that ended unused by ``now``, in seconds since the epoch."""
        self.call("sweep", now=str(now))

    def raw(self, name: str, **fields: str | Decimal | None) -> Raw:
        """Use the entry ``name`` and return the whole answer as it is, whatever its status.

        What a Python driver returns counts as 200 with it as JSON; one that raises counts as 500 with the
        exception's text.
        """
        self._note(name, fields)
        return self._answer(name, fields, partial(json.dumps, default=str))

    def _answer(self, name: str, fields: Fields, written: Callable[[Any], str]) -> Raw:
        """What the entry ``name`` answers; of a Python driver as ``written`` makes it a text."""
        if name in self._templates:
            return self._send(name, self._templates[name], fields)
        python = self._method(name)
        try:
            return self._tell(name, Raw(200, written(python.call(name, fields)).encode()))
        except DriverProblem as problem:
            return self._tell(name, Raw(500, problem.came.encode()))

    def _method(self, name: str) -> PythonDriver:
        """The Python driver, which has ``name``."""
        if self._python is None or not self._python.has(name):
            raise self._absent(name)
        return self._python

    def request(self, name: str, **fields: str | Decimal | None) -> Request:
        """The entry's request as it would leave, for races; raises DriverProblem where it is no request."""
        self._note(name, fields)
        template = self._templates.get(name)
        if template is None or template.kind != "http":
            raise self._absent(name)
        return _request(template, fields)

    def reading(self, name: str, body: bytes) -> Any:
        """What the entry reads in an answer's ``body``; raises DriverProblem."""
        template = self._templates.get(name)
        return json.loads(body) if template is None else self._read(name, template, body)

    def restart(self) -> None:
        """Kill the CLIENT and start it again; return once it listens."""
        started = time.monotonic()
        template = self._templates.get("restart")
        if template is not None and template.run is not None:
            run_command(template.run, self.target.directory, self.restart_timeout)
        else:
            self.call("restart")
        address = self._client_address()
        if address is not None:
            wait_for_port(address, self.restart_timeout - (time.monotonic() - started))

    def call(self, name: str, **fields: str | Decimal | None) -> Any:
        """Use the entry ``name`` with ``fields`` for the words in braces, and return what it reads.

        JSON decimals are read as Decimal. Without ``read`` the whole JSON document is returned, or None where
        the answer has no JSON.
        """
        self._note(name, fields)
        template = self._templates.get(name)
        if template is None:
            return self._method(name).call(name, fields)
        if template.run is not None:
            return run_command(template.run, self.target.directory, self.restart_timeout)
        if template.sql is not None and template.url is not None:
            from scenarios.driver.sql import select_one

            return select_one(name, template.sql, template.url.get_secret_value(), _texts(fields))
        raw = self._send(name, template, fields)
        method, url = template.method_and_url
        if not 200 <= raw.status < 300:
            raise DriverProblem(
                f"[driver] {name}: {method} {url} answered {raw.status} {self._clean(raw.body)}",
                "a status from 200 to 299, which says that it was done",
                f"correct the entry {name}, or fix the address in the CLIENT",
            )
        return self._read(name, template, raw.body)

    def _tell(self, name: str, raw: Raw) -> Raw:
        if name in _PLAYERS:
            self.reported[name, raw] = None
        return raw

    def _note(self, name: str, fields: Fields) -> None:
        if name == "voucher_session":
            self.converted.add(str(fields.get("player")))

    def _send(self, name: str, template: Template, fields: Fields) -> Raw:
        request = _request(template, fields)
        try:
            answer = self._route.ask(request)
        except Exception as error:
            if not (network(error) or isinstance(error, ValueError)):
                raise
            reason = str(failure_of(error, self.timeout)) if network(error) else str(error)
        else:
            if answer.length is None:
                return self._tell(name, Raw(answer.status, answer.body, answer.headers))
            reason = f"its answer is longer than {ANSWER_LIMIT >> 20} MB, and was read no further"
        raise DriverProblem(
            f"[driver] {name}: {request.method} {template.method_and_url[1]}: {self._redactor.text(reason)}",
            "an answer, without which the rules that need this entry cannot be judged",
            "start the CLIENT, or correct the address in the entry",
        )

    def _read(self, name: str, template: Template, body: bytes) -> Any:
        try:
            document = json.loads(body, parse_float=decimal_json.number, parse_int=_whole)
        except (ValueError, RecursionError, DecimalException):
            if template.read is None:
                return None
            raise DriverProblem(
                f"[driver] {name} answered what is no JSON, or has a number without bounds: {self._clean(body)}",
                f"JSON, in which {template.read} is read",
                f"correct the address in the entry {name}",
            ) from None
        if template.read is None:
            return document
        try:
            value = jmespath.search(template.read, document)
        except JMESPathError as error:
            value, reason = None, f": {error}"
        else:
            reason = ""
        if value is None:
            raise DriverProblem(
                f"[driver] {name}: {template.read} is not in {self._clean(body)}{reason}",
                f"a JSON answer in which the JMESPath {template.read} finds a value",
                f"correct read in the entry {name}",
            )
        return value

    def _absent(self, name: str) -> DriverProblem:
        return DriverProblem(
            f"[driver] has no entry {name}",
            "an entry, as a template or a method",
            f"add: {self.missing(name)}",
        )

    def _client_address(self) -> tuple[str, int] | None:
        sections = (self.target.operator, self.target.jackpot)
        urls = [
            getattr(each, "callback_url", None) or getattr(each, "notification_url", None)
            for each in sections
        ]
        url = next((each for each in urls if each), None)
        if url is None:
            return None
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def _clean(self, body: bytes) -> str:
        """The beginning of an answer, without secrets, for an error message."""
        text = " ".join(self._redactor.text(body.decode("utf-8", "replace")).split())
        return text[:_SHOWN_BODY] + (".." if len(text) > _SHOWN_BODY else "")


def _request(template: Template, fields: Fields) -> Request:
    """The HTTP request of ``template`` with ``fields`` filled in."""
    method, url = template.method_and_url
    texts = _texts(fields)
    headers = {key: _filled(value.get_secret_value(), texts) for key, value in template.headers.items()}
    body = b""
    if template.json_body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = decimal_json.dumps(_filled_json(template.json_body, texts))
    filled = _filled(url, {key: quote(value, safe="") for key, value in texts.items()})
    return Request(method, filled, tuple(headers.items()), body)


def _texts(fields: Fields) -> dict[str, str]:
    return {
        key: money.plain(value) if isinstance(value, Decimal) else value
        for key, value in fields.items()
        if value is not None
    }


def _filled(text: str, fields: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: fields.get(found[1], ""), text)


def _filled_json(value: Any, fields: Mapping[str, str]) -> Any:
    """Fill in JSON; a member that is nothing but a word without a value is left out."""
    match value:
        case dict():
            kept = {key: inner for key, inner in value.items() if not _unfilled(inner, fields)}
            return {key: _filled_json(inner, fields) for key, inner in kept.items()}
        case list():
            return [_filled_json(inner, fields) for inner in value]
        case str():
            number = NUMBER.fullmatch(value)
            return _filled(value, fields) if number is None else _number(number[1], fields[number[1]])
        case float():
            return Decimal(repr(value))
    return value


def _number(word: str, text: str) -> Decimal:
    """The number that ``{word:number}`` stands for; raises DriverProblem where it is none."""
    with suppress(ValueError):
        number = decimal_json.loads(text)
        if isinstance(number, Decimal):
            return number
    raise DriverProblem(
        f"{{{word}:number}} came to {text!r}", "what JSON has as a number", f"write {{{word}}} for a text"
    )


def _unfilled(value: Any, fields: Mapping[str, str]) -> bool:
    whole = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return whole is not None and whole[1] not in fields


def _whole(text: str) -> int | Decimal:
    """A whole number; as Decimal where it has more digits than Python makes an int of."""
    return int(text) if len(text) <= money.DIGITS else decimal_json.number(text)


def a_text(entry: str, value: object, what: str) -> str:
    """``value``, which ``entry`` read for ``what``. Raises DriverProblem where it is no text, or an empty one."""
    if isinstance(value, str) and value:
        return value
    read = "an empty text" if isinstance(value, str) else f"{type(value).__name__}, not a text"
    raise DriverProblem(f"[driver] {entry} read {read}", f"{what}, a text", "correct its read, a JMESPath")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str | float):
        raise ValueError("it is no number")  # noqa: TRY004 - one exception for all that is no number
    # A float comes from a database column or a JMESPath function; its shortest text is what the CLIENT holds.
    try:
        text = repr(value) if isinstance(value, float) else str(value).strip()
    except ValueError:  # an int of a Python driver, with more digits than Python writes
        raise ValueError("it is a number without bounds") from None
    return money.parse(text)
