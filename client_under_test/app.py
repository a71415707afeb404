"""The CLIENT put together: a Flask application over one database."""

import logging
from dataclasses import dataclass

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.responses import problem
from client_under_test.shop import routes as shop_routes
from client_under_test.shop.checkout_api import CheckoutApi
from client_under_test.shop.decisions import DecisionReader
from client_under_test.shop.orders import Orders
from client_under_test.shop.products import ProductCatalogue
from client_under_test.shop.service import CheckoutService
from client_under_test.shop.tokens import CheckoutTokenMinter
from client_under_test.sportsbook import routes as sportsbook_routes
from client_under_test.sportsbook.operator_api import OperatorApi
from client_under_test.values import money
from client_under_test.values.misuse import Misuse
from client_under_test.vouchers import routes as voucher_routes
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import JackpotApi
from client_under_test.vouchers.notifications import NotificationReader
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.service import VoucherService
from client_under_test.vouchers.session_tokens import SessionTokenMinter
from client_under_test.vouchers.worker import Worker
from client_under_test.wallet import callbacks
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.adapters import provider
from client_under_test.wallet.adapters.provider import AdapterHandler, Teller
from client_under_test.wallet.adapters.table import ADAPTERS
from client_under_test.wallet.allow_list import AllowList
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import Parser
from client_under_test.wallet.signature import SignatureCheck

log = logging.getLogger(__name__)


class UnfitForDialect(Misuse):
    """A mutant is asked for in words in which its fault cannot be."""


@dataclass(frozen=True)
class Parts:
    """What the CLIENT is made of. The defaults are the reference; a mutant replaces one or two."""

    allow_list: type[AllowList] = AllowList
    signature: type[SignatureCheck] = SignatureCheck
    parser: type[Parser] = Parser
    ledger: type[Ledger] = Ledger
    answers: type[Answers] = Answers
    callbacks: type[CallbackHandler] = CallbackHandler
    teller: type[Teller] = Teller
    operator_api: type[OperatorApi] = OperatorApi
    database: type[Database] = Database
    session_tokens: type[SessionTokenMinter] = SessionTokenMinter
    conversions: type[Conversions] = Conversions
    jackpot_api: type[JackpotApi] = JackpotApi
    notifications: type[NotificationReader] = NotificationReader
    catalogue: type[Catalogue] = Catalogue
    inbox: type[Inbox] = Inbox
    resolver: type[Resolver] = Resolver
    worker: type[Worker] = Worker
    voucher_service: type[VoucherService] = VoucherService
    product_catalogue: type[ProductCatalogue] = ProductCatalogue
    checkout_tokens: type[CheckoutTokenMinter] = CheckoutTokenMinter
    orders: type[Orders] = Orders
    decisions: type[DecisionReader] = DecisionReader
    checkout_api: type[CheckoutApi] = CheckoutApi
    checkout_service: type[CheckoutService] = CheckoutService


REFERENCE = Parts()


def create_app(config: Config, parts: Parts = REFERENCE) -> Flask:
    """Build the CLIENT: tables and players are created where they are missing.

    Raises DatabaseUnreachable, KeyUnusable, AddressUnusable; PublicKeyUnusable and UnfitForDialect, where another
    provider's adapter takes the callbacks.

    ``app.extensions["database"]`` is its Database, to close; ``app.extensions["accounts"]`` its Accounts,
    ``app.extensions["conversions"]`` its Conversions, ``app.extensions["orders"]`` its Orders.
    ``app.extensions["worker"]`` is the Worker behind the voucher notifications: servers start it, so that what
    an earlier run left is done; it stops when the Database is closed.
    """
    database = parts.database(config.database, fsync=config.fsync)
    database.prepare()
    accounts = Accounts(database)
    accounts.seed(config.players, config.currency, money.to_minor(config.balance, config.currency))
    handler = parts.callbacks(
        parts.allow_list(config.operator_addresses),
        parts.signature(config.security_hash),
        parts.parser(),
        parts.ledger(database),
        parts.answers(),
    )
    app = Flask("client_under_test")
    app.extensions["database"] = database
    app.extensions["accounts"] = accounts
    app.register_blueprint(_callbacks(config, handler, parts.teller(accounts)))
    app.register_blueprint(sportsbook_routes.blueprint(config, accounts, parts.operator_api(config)))
    app.register_blueprint(voucher_routes.blueprint(_voucher_service(app, config, parts)))
    app.register_blueprint(shop_routes.blueprint(_checkout_service(app, config, parts)))

    @app.errorhandler(HTTPException)
    def ordinary(error: HTTPException) -> tuple[Response, int]:
        return problem(error.name.upper().replace(" ", "_"), error.description or "", error.code or 500)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[Response, int]:
        log.error("a request failed", exc_info=error)
        return problem("INTERNAL_ERROR", "Something went wrong here. Please try again.", 500)

    return app


def _callbacks(config: Config, handler: CallbackHandler, teller: Teller) -> Blueprint:
    if config.dialect is None:
        if type(teller) is not REFERENCE.teller:
            raise UnfitForDialect(
                "this mutant is wrong in the balances that answers report, and those of the documents report none",
                "the words of a provider whose answers do",
                f"add --dialect {next(iter(ADAPTERS))}, or choose another mutant",
            )
        return callbacks.blueprint(config.callback_prefix, handler)
    own = (REFERENCE.signature, REFERENCE.parser, REFERENCE.answers, REFERENCE.callbacks)
    if (type(handler.signature), type(handler.parser), type(handler.answers), type(handler)) != own:
        raise UnfitForDialect(
            f"this mutant is wrong in the words of the documents, and {config.dialect} has others",
            "a mutant of the ledger, which every provider's words reach",
            "leave --dialect out, or choose another mutant",
        )
    words = ADAPTERS[config.dialect](config.security_hash)
    return provider.blueprint(config.callback_prefix, AdapterHandler(handler, words, teller))


def _checkout_service(app: Flask, config: Config, parts: Parts) -> CheckoutService:
    orders = parts.orders(app.extensions["database"])
    app.extensions["orders"] = orders
    return parts.checkout_service(
        config,
        parts.product_catalogue(),
        parts.checkout_tokens(config),
        orders,
        parts.decisions(config),
        parts.checkout_api(config),
    )


def _voucher_service(app: Flask, config: Config, parts: Parts) -> VoucherService:
    database = app.extensions["database"]
    catalogue = parts.catalogue(database)
    conversions = parts.conversions(database, config)
    inbox = parts.inbox(database, catalogue, config)
    jackpot_api = parts.jackpot_api(config)
    resolver = parts.resolver(conversions, inbox, jackpot_api)
    worker = parts.worker(database, inbox, resolver, config)
    app.extensions["conversions"] = conversions
    app.extensions["worker"] = worker
    return parts.voucher_service(
        config,
        parts.session_tokens(config),
        conversions,
        parts.notifications(config.voucher_currency),
        inbox,
        catalogue,
        resolver,
        worker,
        jackpot_api,
    )
