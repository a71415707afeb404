"""Faults in answers and in reading requests (MSG)."""

import itertools
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, jsonify, make_response, request
from typing_extensions import override

from client_under_test.app import Parts, create_app
from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained, Unguarded, acknowledging, failing
from client_under_test.values.refusals import Refused
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Ledger, Player
from client_under_test.wallet.messages import BODY_LIMIT, Action, Endpoint, Parser, Transaction


def _succeeding(write: Callable[[str], Response]) -> type[Answers]:
    """Return answers whose successes are written by ``write``."""

    class Succeeding(Answers):
        @override
        def success(self, client_id: str) -> Response:
            return write(client_id)

    return Succeeding


def _written(write: Callable[[str], bytes]) -> type[Answers]:
    """Return answers whose successes are JSON that ``write`` makes of the plain text."""

    def success(client_id: str) -> Response:
        plain = json.dumps({"error": None, "transaction_id": client_id})
        return Response(write(plain), content_type="application/json")

    return _succeeding(success)


def _with_status(status: int) -> type[Answers]:
    return failing(lambda code: make_response({"error": code}, 200 if code == "INVALID_HASH" else status))


def _numbered(client_id: str) -> Response:
    return jsonify({"error": None, "transaction_id": int(client_id.replace("-", "")[:12], 16)})


def _numbered_by(shared: Callable[[Transaction], str]) -> type[Ledger]:
    """Mints ids from 1 for all that ``shared`` says the same of."""

    class Numbered(Unconstrained):
        def __init__(self, database: Database) -> None:
            super().__init__(database)
            self._numbers: dict[str, itertools.count[int]] = {}

        @override
        def client_id(self, transaction: Transaction) -> str:
            return str(next(self._numbers.setdefault(shared(transaction), itertools.count(1))))

    return Numbered


class _BySecond(Unconstrained):
    @override
    def client_id(self, transaction: Transaction) -> str:
        return str(int(time.time()))


def _filling(name: str, value: object) -> type[Parser]:
    """Fills in a field that is missing or null."""

    class Filling(Parser):
        @override
        def document(self, body: bytes) -> dict[str, Any]:
            document = super().document(body)
            if document.get(name) is None:
                document[name] = value
            return document

    return Filling


class _AnythingIsText(Parser):
    @override
    def identifier(self, document: dict[str, Any], name: str) -> str:
        given = document.get(name)
        return super().identifier({name: str(given)} if isinstance(given, Decimal | bool) else document, name)


class _FirstOfList(Parser):
    """Reads a list or an object in place of an id as its first part, as query parsers give them."""

    @override
    def identifier(self, document: dict[str, Any], name: str) -> str:
        given = document.get(name)
        parts = list(given.values()) if isinstance(given, dict) else given
        return super().identifier({name: parts[0]} if isinstance(parts, list) and parts else document, name)


class _AnyType(Parser):
    @override
    def media_type(self, content_type: str | None) -> None:
        return


class _Trusting(Parser):
    @override
    def document(self, body: bytes) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        return document

    @override
    def identifier(self, document: dict[str, Any], name: str) -> str:
        return str(document[name])


class _UnknownIsResult(Parser):
    @override
    def action(self, endpoint: Endpoint, document: dict[str, Any]) -> Action:
        if endpoint is Endpoint.TRANSACTION and document.get("action") not in ("bet", "rollback"):
            document = {**document, "action": "result"}
        return super().action(endpoint, document)


class _AnyEndpoint(Parser):
    @override
    def action(self, endpoint: Endpoint, document: dict[str, Any]) -> Action:
        for one in Endpoint:
            try:
                return super().action(one, document)
            except Refused:
                continue
        raise Refused("INVALID_ACTION")


class _NoExtras(Parser):
    known = frozenset(
        {"transaction_id", "rollback_transaction_id", "action", "user_id", "currency", "amount"}
    )

    @override
    def document(self, body: bytes) -> dict[str, Any]:
        document = super().document(body)
        if not document.keys() <= self.known:
            raise Refused("UNKNOWN_FIELD")
        return document


class _Injectable(Ledger):
    @override
    def player(self, connection: sa.Connection, player_id: str) -> Player:
        statement = f"SELECT id, currency, balance, banned FROM players WHERE id = '{player_id}'"  # noqa: S608
        row = connection.exec_driver_sql(f"{statement} LIMIT 1").first()
        if row is None:
            raise Refused("UNKNOWN_PLAYER")
        return Player(*row)


class _Telling(Unguarded):
    @override
    def handle(self, endpoint: Endpoint) -> Response:
        try:
            return super().handle(endpoint)
        except Exception as error:
            return self.answers.failure(f"{type(error).__name__}: {error}")


class _LateLimit(CallbackHandler):
    """A body that is too large is refused once its bet was booked."""

    @override
    def body(self) -> bytes:
        return request.get_data(cache=False)

    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        client_id = super().process(endpoint, body, given)
        if len(body) > BODY_LIMIT:
            raise Refused("BODY_TOO_LARGE")
        return client_id


class _SlowStrangers(Ledger):
    """An unknown player is refused after 5.5 s, as the group's other brands are asked for it."""

    @override
    def player(self, connection: sa.Connection, player_id: str) -> Player:
        try:
            return super().player(connection, player_id)
        except Refused:
            time.sleep(5.5)
            raise


def _any_method(config: Config) -> Flask:
    app = create_app(config, Parts())
    for endpoint, view in (("transaction", Endpoint.TRANSACTION), ("rollback", Endpoint.ROLLBACK)):
        app.add_url_rule(
            config.callback_prefix + view.value,
            view_func=app.view_functions[f"operator.{endpoint}"],
            methods=["GET", "PUT", "DELETE", "PATCH"],
            endpoint=f"any_{endpoint}",
        )
    return app


_html = failing(lambda code: Response(f"<h1>{code}</h1>", content_type="text/html"))
_text = _succeeding(lambda client_id: Response(json.dumps({"error": None, "transaction_id": client_id})))
_listed = failing(lambda code: jsonify([{"error": code}]))
_created = _succeeding(lambda client_id: make_response({"error": None, "transaction_id": client_id}, 201))
_no_error = _succeeding(lambda client_id: jsonify({"transaction_id": client_id}))
_no_id = _succeeding(lambda _: jsonify({"error": None}))
_null_id = _succeeding(lambda _: jsonify({"error": None, "transaction_id": None}))
_empty_id = _succeeding(lambda _: jsonify({"error": None, "transaction_id": ""}))
_with_nan = _written(lambda plain: f'{plain[:-1]}, "balance": NaN}}'.encode())
_with_mark = _written(lambda plain: plain.encode("utf-8-sig"))
_in_utf_16 = _written(lambda plain: plain.encode("utf-16"))
_two_errors = _written(lambda plain: f'{{"error": "PENDING", {plain[1:]}'.encode())
_as_object = failing(lambda code: jsonify({"error": {"code": code}}))
_as_true = failing(lambda _: jsonify({"error": True}))
_as_empty = failing(lambda _: jsonify({"error": ""}))
_as_number = failing(lambda _: jsonify({"error": 7}))
_as_success = failing(lambda _: jsonify({"error": None, "success": False}))

MUTANTS: tuple[Mutant, ...] = (
    mutant("msg-400", ("MSG-01",), "Refusals have HTTP status 400.", answers=_with_status(400)),
    mutant("msg-201", ("MSG-01",), "A success has HTTP status 201.", answers=_created),
    mutant("msg-html", ("MSG-02", "MSG-04"), "Refusals are pages of HTML.", answers=_html),
    mutant("msg-content-type", ("MSG-02",), "Successes are called text/html.", answers=_text),
    mutant("msg-list", ("MSG-02", "MSG-04"), "Refusals are JSON lists.", answers=_listed),
    mutant("msg-nan", ("MSG-02",), "The balance in the answer is NaN.", answers=_with_nan),
    mutant("msg-mark", ("MSG-02",), "A success begins with a byte order mark.", answers=_with_mark),
    mutant("msg-utf-16", ("MSG-02",), "A success is written in UTF-16.", answers=_in_utf_16),
    mutant("msg-two-errors", ("MSG-02",), "A success has `error` twice.", answers=_two_errors),
    mutant("msg-no-error", ("MSG-03",), "A success has no `error` field.", answers=_no_error),
    mutant("msg-no-id", ("MSG-03",), "A success has no `transaction_id`.", answers=_no_id),
    mutant("msg-null-id", ("MSG-03",), "The CLIENT's id is null.", answers=_null_id),
    mutant("msg-empty-id", ("MSG-03",), "The CLIENT's id is empty.", answers=_empty_id),
    mutant("msg-number-id", ("MSG-03",), "The CLIENT's id is a number.", answers=_succeeding(_numbered)),
    mutant("msg-error-object", ("MSG-04",), "`error` is an object.", answers=_as_object),
    mutant("msg-error-true", ("MSG-04",), "`error` is true.", answers=_as_true),
    mutant("msg-error-empty", ("MSG-04",), "`error` is an empty text.", answers=_as_empty),
    mutant("msg-error-number", ("MSG-04",), "`error` is a number.", answers=_as_number),
    mutant(
        "msg-error-null", ("MSG-04", "BET-03", "SIG-02"), "A refusal says `error: null`.", answers=_as_success
    ),
    mutant(
        "msg-ids-per-action",
        ("MSG-05",),
        "Bets and results are numbered apart.",
        ledger=_numbered_by(lambda transaction: transaction.action),
    ),
    mutant(
        "msg-ids-per-player",
        ("MSG-05",),
        "Each player's transactions are numbered from 1.",
        ledger=_numbered_by(lambda transaction: transaction.player),
        needs=("players",),
    ),
    mutant("msg-ids-by-second", ("MSG-05",), "The CLIENT's id is the time in seconds.", ledger=_BySecond),
    mutant(
        "msg-currency-default", ("MSG-06",), "A missing currency is EUR.", parser=_filling("currency", "EUR")
    ),
    mutant(
        "msg-no-amount-zero", ("MSG-06",), "A missing amount is 0.", parser=_filling("amount", Decimal(0))
    ),
    mutant("msg-no-amount-one", ("MSG-06",), "A missing amount is 1.", parser=_filling("amount", Decimal(1))),
    mutant(
        "msg-no-action", ("MSG-06",), "A missing action is a result.", parser=_filling("action", "result")
    ),
    mutant("msg-any-id-type", ("MSG-06",), "Ids of any type are made text.", parser=_AnythingIsText),
    mutant("msg-id-in-list", ("MSG-06",), parser=_FirstOfList),
    mutant("msg-any-content-type", ("MSG-06",), "The Content-Type is not looked at.", parser=_AnyType),
    mutant(
        "msg-crash",
        ("MSG-06", "MSG-01"),
        "Malformed input is HTTP 500.",
        callbacks=Unguarded,
        parser=_Trusting,
    ),
    mutant("msg-unknown-result", ("MSG-09",), "Whatever is no bet is a result.", parser=_UnknownIsResult),
    mutant(
        "msg-unknown-ok",
        ("MSG-09",),
        "An unknown action is acknowledged.",
        callbacks=acknowledging("INVALID_ACTION"),
    ),
    mutant("msg-any-endpoint", ("MSG-10",), "Both endpoints serve every action.", parser=_AnyEndpoint),
    mutant("msg-no-extras", ("MSG-11",), "Fields that are not known are refused.", parser=_NoExtras),
    mutant("msg-injectable", ("MSG-13",), "SQL is put together from the player's id.", ledger=_Injectable),
    mutant(
        "msg-telling",
        ("MSG-13",),
        "The exception's text is the answer.",
        callbacks=_Telling,
        ledger=_Injectable,
    ),
    mutant("msg-late-limit", ("MSG-14",), callbacks=_LateLimit),
    Mutant("msg-any-method", ("MSG-15",), "GET, PUT and DELETE work as POST does.", _any_method),
    mutant("msg-slow", ("MSG-16",), ledger=_SlowStrangers),
)
