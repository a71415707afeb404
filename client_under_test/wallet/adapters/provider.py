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

    def asks(self, path: str, document: Document) -> str | None:  # noqa: ARG002
        """The player whose balance ``document`` asks for; None where it asks for something else. Raises Refused."""
        return None

    @abstractmethod
    def balance_answer(self, document: Document, account: Account) -> Response:
        """Answer a call for the balance."""

    @abstractmethod
    def success(self, document: Document, client_id: str, account: Account) -> Response:
        """Say that it is done; ``account`` is as it is now."""

    @abstractmethod
    def failure(self, document: Document, code: str, account: Account | None) -> Response:
        """Say that it is refused; ``document`` is empty where it could not be read."""


class Teller:
    """Says what answers report of an account, which is what there is in it now."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts

    def after(self, transaction: Transaction, before: Account) -> Account:  # noqa: ARG002 - for mutants
        """The account after ``transaction``, done or refused; ``before`` is as it was when that came."""
        return self.accounts.get(before.id)

    def called(self, player: str) -> Account:
        """The account for a balance call; raises UnknownPlayer."""
        return self.accounts.get(player)


@dataclass(frozen=True)
class AdapterHandler:
    """Answers callbacks in the ``words`` of a provider, over the ledger of ``callbacks``."""

    callbacks: CallbackHandler
    words: Adapter
    teller: Teller

    def handle(self, path: str) -> Response:
        """Answer the current request, which came to ``path``."""
        document: Document = {}
        account: Account | None = None
        accounts = self.teller.accounts
        try:
            self.callbacks.allow_list.check(request.remote_addr)
            document = self.words.document(request, self.callbacks.body())
            if (asked := self.words.asks(path, document)) is not None:
                return self.words.balance_answer(document, self.teller.called(asked))
            transaction = self.words.transaction(self.words.paths[path], document, accounts)
            before = accounts.get(transaction.player)
            try:
                client_id = self.callbacks.ledger.apply(transaction)
            finally:
                account = self.teller.after(transaction, before)
            return self.words.success(document, client_id, account)
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
    for path in handler.words.paths:
        routes.add_url_rule(
            path,
            endpoint=path.strip("/").replace("/", "_") or "wallet",
            view_func=lambda path=path: handler.handle(path),
            methods=[handler.words.method],
        )
    return routes
