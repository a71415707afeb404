"""The CLIENT put together: a Flask application over one database."""

import logging
from dataclasses import dataclass

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.shop import site as checkout
from client_under_test.shop.checkout_api import CheckoutApi
from client_under_test.shop.decisions import DecisionReader
from client_under_test.shop.orders import Orders
from client_under_test.shop.products import Shelf
from client_under_test.shop.site import CheckoutDesk
from client_under_test.shop.tokens import CheckoutMinter
from client_under_test.sportsbook import site
from client_under_test.sportsbook.operator_api import Outbound
from client_under_test.vouchers import site as vouchers
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import Jackpot
from client_under_test.vouchers.notifications import NoticeReader
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.session_tokens import Minter
from client_under_test.vouchers.site import VoucherDesk
from client_under_test.vouchers.worker import Worker
from client_under_test.wallet import callbacks, money
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.callbacks import Desk
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import Parser
from client_under_test.wallet.signature import Gate

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
    minter: type[Minter] = Minter
    conversions: type[Conversions] = Conversions
    jackpot: type[Jackpot] = Jackpot
    reader: type[NoticeReader] = NoticeReader
    catalogue: type[Catalogue] = Catalogue
    inbox: type[Inbox] = Inbox
    resolver: type[Resolver] = Resolver
    worker: type[Worker] = Worker
    voucher_desk: type[VoucherDesk] = VoucherDesk
    shelf: type[Shelf] = Shelf
    checkout_minter: type[CheckoutMinter] = CheckoutMinter
    orders: type[Orders] = Orders
    decisions: type[DecisionReader] = DecisionReader
    checkout_api: type[CheckoutApi] = CheckoutApi
    checkout_desk: type[CheckoutDesk] = CheckoutDesk


REFERENCE = Parts()


def create_app(config: Config, parts: Parts = REFERENCE) -> Flask:
    """Build the CLIENT: tables and players are created where they are missing.

    Raises DatabaseUnreachable, KeyUnusable.

    ``app.extensions["database"]`` is its Database, to close; ``app.extensions["accounts"]`` its Accounts,
    ``app.extensions["conversions"]`` its Conversions, ``app.extensions["orders"]`` its Orders.
    ``app.extensions["worker"]`` is the Worker behind the voucher notifications: servers start it, so that what
    an earlier run left is done; it stops when the Database is closed.
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
    app.register_blueprint(vouchers.blueprint(_voucher_desk(app, config, parts)))
    app.register_blueprint(checkout.blueprint(_checkout_desk(app, config, parts)))

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


def _checkout_desk(app: Flask, config: Config, parts: Parts) -> CheckoutDesk:
    orders = parts.orders(app.extensions["database"])
    app.extensions["orders"] = orders
    return parts.checkout_desk(
        config,
        parts.shelf(),
        parts.checkout_minter(config),
        orders,
        parts.decisions(config),
        parts.checkout_api(config),
    )


def _voucher_desk(app: Flask, config: Config, parts: Parts) -> VoucherDesk:
    database = app.extensions["database"]
    catalogue = parts.catalogue(database)
    conversions = parts.conversions(database, config)
    inbox = parts.inbox(database, catalogue, config)
    jackpot = parts.jackpot(config)
    resolver = parts.resolver(conversions, inbox, jackpot)
    worker = parts.worker(database, inbox, resolver, config)
    app.extensions["conversions"] = conversions
    app.extensions["worker"] = worker
    return parts.voucher_desk(
        config,
        parts.minter(config),
        conversions,
        parts.reader(config.voucher_currency),
        inbox,
        catalogue,
        resolver,
        worker,
        jackpot,
    )
