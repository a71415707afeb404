"""Faults in handling a transaction only once, one request after the other (IDM)."""

import hashlib
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.values.refusals import Refused
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Endpoint, Transaction


def _new(which: Callable[[Transaction], bool]) -> type[Ledger]:
    """Copies of transactions of ``which`` that is said are new ones."""

    class New(Unconstrained):
        @override
        def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
            return None if which(transaction) else super().recall(connection, transaction)

    return New


def _never(action: Action) -> type[Ledger]:
    return _new(lambda transaction: transaction.action is action)


def _copies(change: Callable[[Stored, Transaction], Stored]) -> type[Ledger]:
    """Copies are answered with what ``change`` makes of what was stored."""

    class Copies(Ledger):
        @override
        def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
            stored = super().recall(connection, transaction)
            return None if stored is None else change(stored, transaction)

    return Copies


def _refused(_stored: Stored, _transaction: Transaction) -> Stored:
    raise Refused("DUPLICATE_TRANSACTION")


def _rollback_refused(stored: Stored, transaction: Transaction) -> Stored:
    if transaction.action is Action.ROLLBACK:
        raise Refused("ALREADY_ROLLED_BACK")
    return stored


class _WithAmount(Unconstrained):
    @override
    def key(self, transaction: Transaction) -> str:
        return digest(f"{transaction.id}/{transaction.amount}")

    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return False

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        target = f"{transaction.target}/{transaction.amount}"
        return super().rollback(connection, replace(transaction, target=target), player)


class _AmountCorrected(Unconstrained):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        if stored is None or stored.amount == transaction.amount or transaction.action is not Action.BET:
            return stored
        player = self.player(connection, transaction.player)
        self.post(connection, player, Effect(stored.amount - transaction.amount), stored.id)
        return stored


def _known_by(same: Callable[[Stored, Transaction], bool]) -> type[Ledger]:
    """What has the id is a copy only where ``same`` says so."""

    class KnownBy(Unconstrained):
        @override
        def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
            stored = self.stored(connection, self.key(transaction))
            return stored if stored is not None and same(stored, transaction) else None

        @override
        def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
            return False

    return KnownBy


def _folded(fold: Callable[[str], str]) -> type[Ledger]:
    """Compares ids as a column of a lenient collation would: as ``fold`` makes them."""

    class Folded(Ledger):
        @override
        def apply(self, transaction: Transaction) -> str:
            target = None if transaction.target is None else fold(transaction.target)
            return super().apply(replace(transaction, id=fold(transaction.id), target=target))

    return Folded


def _unaccented(given: str) -> str:
    plain = unicodedata.normalize("NFD", given)
    return "".join(char for char in plain if not unicodedata.combining(char)) or given


class _ByBytes(CallbackHandler):
    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        self.signature.check(body, given)
        transaction = self.parser.read(endpoint, "application/json", body)
        seen: dict[str, str] = self.__dict__.setdefault("seen", {})
        name = hashlib.sha256(body).hexdigest()
        if name not in seen:
            seen[name] = self.ledger.apply(transaction)
        return seen[name]


MUTANTS: tuple[Mutant, ...] = (
    mutant("idm-no-bets", ("IDM-01",), "A copy of a bet is a new bet.", ledger=_never(Action.BET)),
    mutant("idm-no-results", ("IDM-01",), "A copy of a result is paid again.", ledger=_never(Action.RESULT)),
    mutant(
        "idm-no-rollbacks",
        ("IDM-01", "RBK-05"),
        "A copy of a rollback is a new one.",
        ledger=_never(Action.ROLLBACK),
    ),
    mutant(
        "idm-euros-alone",
        ("IDM-01",),
        "Copies are recognised in euros alone.",
        ledger=_new(lambda transaction: transaction.currency != "EUR"),
        needs=("dollars",),
    ),
    mutant("idm-copy-error", ("IDM-01",), "A copy is an error.", ledger=_copies(_refused)),
    mutant(
        "idm-copy-new-id",
        ("IDM-01",),
        "A copy is answered with a new CLIENT id.",
        ledger=_copies(lambda stored, _: replace(stored, client_id=str(uuid.uuid4()))),
    ),
    mutant(
        "idm-copy-empty-id",
        ("IDM-01",),
        "A copy is answered without a CLIENT id.",
        ledger=_copies(lambda stored, _: replace(stored, client_id="")),
    ),
    mutant(
        "idm-rollback-error",
        ("IDM-01",),
        "A copy of a rollback is an error.",
        ledger=_copies(_rollback_refused),
    ),
    mutant("idm-with-amount", ("IDM-05",), "Id and amount together are the key.", ledger=_WithAmount),
    mutant("idm-corrected", ("IDM-05",), "A bet's copy corrects its amount.", ledger=_AmountCorrected),
    mutant(
        "idm-lost-bets",
        ("IDM-05",),
        "A result of 0 is not kept, and is paid once its id comes with an amount.",
        ledger=_known_by(lambda stored, transaction: bool(stored.amount) or not transaction.amount),
    ),
    mutant(
        "idm-by-action",
        ("IDM-06",),
        "Id and action together are the key.",
        ledger=_known_by(lambda stored, transaction: stored.action == transaction.action),
    ),
    mutant(
        "idm-by-player",
        ("IDM-07",),
        "Id and player together are the key.",
        ledger=_known_by(lambda stored, transaction: stored.player == transaction.player),
        needs=("players",),
    ),
    mutant("idm-case", ("IDM-08",), "Ids are compared without case.", ledger=_folded(str.casefold)),
    mutant(
        "idm-trimmed",
        ("IDM-08",),
        "Blanks around ids are dropped.",
        ledger=_folded(lambda given: given.strip() or given),
    ),
    mutant(
        "idm-composed",
        ("IDM-08",),
        "Ids are normalised to NFC.",
        ledger=_folded(lambda given: unicodedata.normalize("NFC", given)),
    ),
    mutant("idm-unaccented", ("IDM-08",), "Accents in ids do not count.", ledger=_folded(_unaccented)),
    mutant("idm-cut", ("IDM-08",), "Ids are cut to 36 characters.", ledger=_folded(lambda given: given[:36])),
    mutant(
        "idm-by-bytes",
        ("IDM-09",),
        "The body's bytes are the key.",
        callbacks=_ByBytes,
        ledger=_new(lambda _: True),
    ),
)
