"""The CLIENT put together: a Flask application over one database."""

import logging
from dataclasses import dataclass

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from client_under_test import callbacks, money, site
from client_under_test.accounts import Accounts
from client_under_test.answers import Answers
from client_under_test.callbacks import Desk
from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.ledger import Ledger
from client_under_test.messages import Parser
from client_under_test.outbound import Outbound
from client_under_test.signature import Gate

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the CLIENT is made of. The defaults are the reference; a mutant replaces one or two."""

    gate: type[Gate] = Gate
    parser: type[Parser] = Parser
    ledger: type[Ledger] = Ledger
    answers: type[Answers] = Answers
    desk: type[Desk] = Desk
    outbound: type[Outbound] = Outbound
    database: type[Database] = Database


REFERENCE = Parts()


def create_app(config: Config, parts: Parts = REFERENCE) -> Flask:
    """Build the CLIENT: tables and players are created where they are missing; raises DatabaseUnreachable.

    ``app.extensions["database"]`` is its Database, to close; ``app.extensions["accounts"]`` its Accounts.
    """
    database = parts.database(config.database)
    database.prepare()
    accounts = Accounts(database)
    accounts.seed(config.players, config.currency, money.to_minor(config.balance, config.currency))
    desk = parts.desk(
        parts.gate(config.security_hash), parts.parser(), parts.ledger(database), parts.answers()
    )
    app = Flask("client_under_test")
    app.extensions["database"] = database
    app.extensions["accounts"] = accounts
    app.register_blueprint(callbacks.blueprint(config.callback_prefix, desk))
    app.register_blueprint(site.blueprint(config, accounts, parts.outbound(config)))

    @app.errorhandler(HTTPException)
    def ordinary(error: HTTPException) -> tuple[Response, int]:
        code = error.code or 500
        return jsonify({"error": error.name.upper().replace(" ", "_"), "message": error.description}), code

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[Response, int]:
        log.error("a request failed", exc_info=error)
        return jsonify(
            {"error": "INTERNAL_ERROR", "message": "Something went wrong here. Please try again."}
        ), 500

    return app
