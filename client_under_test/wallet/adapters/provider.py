"""What an adapter says of its provider's words, and the handler that all of them share."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Blueprint, Request, Response, request

from client_under_test.values.refusals import Refused
from client_under_test.wallet.accounts import Account, Accounts, UnknownPlayer
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.messages import Action, Transaction

log = logging.getLogger(__name__)

Document = Mapping[str, Any]


class Adapter(ABC):
    """The words of one provider. ``secret`` is what its signatures are checked with."""

    # What each path behind the callback URL asks for; None where the message says it.
    paths: ClassVar[Mapping[str, Action | None]]
    method: ClassVar[str] = "POST"

    @abstractmethod
    def __init__(self, secret: str) -> None:
        """Raises Misuse where nothing can be checked with ``secret``."""

    @abstractmethod
    def document(self, asked: Request, body: bytes) -> Document:
        """Check the signature of what is asked, and read it; raises Refused."""

    @abstractmethod
    def transaction(self, action: Action | None, document: Document, accounts: Accounts) -> Transaction:
        """What ``document`` asks for; raises Refused, UnknownPlayer."""

    @abstractmethod
    def success(self, document: Document, client_id: str, account: Account) -> Response:
        """Say that it is done; ``account`` is as it is now."""

    @abstractmethod
    def failure(self, document: Document, code: str, account: Account | None) -> Response:
        """Say that it is refused; ``document`` is empty where it could not be read."""


@dataclass(frozen=True)
class AdapterHandler:
    """Answers callbacks in the ``words`` of a provider, over the ledger of ``callbacks``."""

    callbacks: CallbackHandler
    words: Adapter
    accounts: Accounts

    def handle(self, action: Action | None) -> Response:
        """Answer the current request."""
        document: Document = {}
        account: Account | None = None
        try:
            self.callbacks.allow_list.check(request.remote_addr)
            document = self.words.document(request, self.callbacks.body())
            transaction = self.words.transaction(action, document, self.accounts)
            account = self.accounts.get(transaction.player)
            client_id = self.callbacks.ledger.apply(transaction)
            return self.words.success(document, client_id, self.accounts.get(transaction.player))
        except UnknownPlayer:
            return self.words.failure(document, "UNKNOWN_PLAYER", None)
        except Refused as refusal:
            return self.words.failure(document, refusal.code, account)
        except Exception:
            log.exception("a callback failed")
            return self.words.failure(document, "INTERNAL_ERROR", account)


def blueprint(prefix: str, handler: AdapterHandler) -> Blueprint:
    """Return the routes for the provider below ``prefix``, the path of the callback URL."""
    routes = Blueprint("operator", __name__, url_prefix=prefix.rstrip("/") or None)
    for path, action in handler.words.paths.items():
        routes.add_url_rule(
            path,
            endpoint=path.strip("/").replace("/", "_") or "wallet",
            view_func=lambda action=action: handler.handle(action),
            methods=[handler.words.method],
        )
    return routes
