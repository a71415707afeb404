"""The CLIENT's own site API, which a judge uses as its driver: players, balances, bans, launches.

It has no login, because it exists to be driven by tests: bind it to loopback only.
"""

import uuid
from typing import Any

from flask import Blueprint, Response, render_template, request

from client_under_test.config import Config
from client_under_test.responses import json_response, problem
from client_under_test.sportsbook.operator_api import OperatorApi, OperatorFailed
from client_under_test.values import money
from client_under_test.values.fields import json_object
from client_under_test.values.refusals import Refused
from client_under_test.wallet.accounts import Account, Accounts, PlayerExists, UnknownPlayer


class BadRequest(Exception):
    """The request of the site's user cannot be done: HTTP status, code, and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def blueprint(config: Config, accounts: Accounts, operator_api: OperatorApi) -> Blueprint:
    """Return the routes of the site."""
    routes = Blueprint("site", __name__)

    @routes.get("/")
    def home() -> str:
        player, *_ = config.players
        return render_template("home.html", player=player, prefix=config.callback_prefix)

    @routes.get("/healthz")
    def health() -> Response:
        return json_response({"status": "ok"})

    @routes.post("/players")
    def open_player() -> tuple[Response, int]:
        return json_response(_shown(_open(accounts, _body()))), 201

    @routes.get("/players/<player>/balance")
    def balance(player: str) -> Response:
        return json_response(_shown(accounts.get(player)))

    @routes.post("/players/<player>/ban")
    def ban(player: str) -> Response:
        accounts.ban(player, True)
        return json_response({"id": player, "banned": True})

    @routes.post("/players/<player>/unban")
    def unban(player: str) -> Response:
        accounts.ban(player, False)
        return json_response({"id": player, "banned": False})

    @routes.post("/sportsbook/launch")
    def launch() -> Response:
        return json_response({"url": _launch(config, accounts, operator_api, _body())})

    @routes.errorhandler(BadRequest)
    @routes.errorhandler(OperatorFailed)
    def refuse(error: BadRequest | OperatorFailed) -> tuple[Response, int]:
        return problem(error.code, error.message, error.status)

    @routes.errorhandler(UnknownPlayer)
    def unknown(_error: UnknownPlayer) -> tuple[Response, int]:
        return problem("UNKNOWN_PLAYER", "There is no such player; POST /players opens one.", 404)

    return routes


def _body() -> dict[str, Any]:
    try:
        return json_object(request.get_data())
    except Refused:
        raise BadRequest(
            400, "INVALID_JSON", "The body is not a JSON object; send one with the fields of this route."
        ) from None


def _open(accounts: Accounts, document: dict[str, Any]) -> Account:
    player, currency = document.get("id", str(uuid.uuid4())), document.get("currency", "EUR")
    if (
        not isinstance(player, str)
        or not 0 < len(player) <= 255
        or "\0" in player
        or not isinstance(currency, str)
    ):
        raise BadRequest(
            400, "INVALID_PLAYER", "id and currency must be strings, and id have 1 to 255 characters."
        )
    try:
        minor = money.to_minor(money.exact(document.get("balance", 0)), currency)
        return accounts.open(player, currency, minor)
    except Refused:
        raise BadRequest(
            400,
            "INVALID_BALANCE",
            "balance must be a decimal of a currency of ISO 4217, such as 100.00 and EUR.",
        ) from None
    except PlayerExists:
        raise BadRequest(409, "PLAYER_EXISTS", "There is a player of that id; choose another.") from None


def _launch(config: Config, accounts: Accounts, operator_api: OperatorApi, document: dict[str, Any]) -> str:
    player, lang = document.get("user_id"), document.get("lang")
    if not isinstance(player, str):
        raise BadRequest(400, "INVALID_PLAYER", "user_id must be the player's id, a string.")
    account = accounts.get(player)
    if (
        document.get("currency", account.currency) != account.currency
        or account.currency not in config.currencies
    ):
        raise BadRequest(
            422, "INVALID_CURRENCY", "Launch in the player's own currency, one agreed with the OPERATOR."
        )
    # A language that the sportsbook does not speak is left to its default.
    return operator_api.launch(account.id, account.currency, lang if lang in config.languages else None)


def _shown(account: Account) -> dict[str, str]:
    return {
        "id": account.id,
        "balance": money.written(account.balance, account.currency),
        "currency": account.currency,
    }
