"""Faults in handling a transaction only once, one request after the other (IDM)."""

import hashlib
import unicodedata
import uuid
from collections import OrderedDict
from dataclasses import replace

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.values.refusals import Refused
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Decision, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Endpoint, Transaction


class _Never(Unconstrained):
    """Copies of ``actions`` are new transactions."""

    actions: tuple[Action, ...] = (Action.BET,)

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        return None if transaction.action in self.actions else super().recall(connection, transaction)


class _NeverResults(_Never):
    actions = (Action.RESULT,)


class _NeverRollbacks(_Never):
    actions = (Action.ROLLBACK,)


class _CopyIsError(Ledger):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        if super().recall(connection, transaction) is not None:
            raise Refused("DUPLICATE_TRANSACTION")
        return None


class _CopyIsNewId(Ledger):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        return None if stored is None else replace(stored, client_id=str(uuid.uuid4()))


class _CopyHasNoId(Ledger):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        return None if stored is None else replace(stored, client_id="")


class _CopyOfRollbackIsError(Ledger):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        if stored is not None and transaction.action is Action.ROLLBACK:
            raise Refused("ALREADY_ROLLED_BACK")
        return stored


class _LastOfPlayer(Unconstrained):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        last: dict[str, str] = self.__dict__.setdefault("last", {})
        known = last.get(transaction.player) == transaction.id
        last[transaction.player] = transaction.id
        return super().recall(connection, transaction) if known else None


class _LastFew(Unconstrained):
    size = 20

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._kept: OrderedDict[str, None] = OrderedDict()

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        known = transaction.id in self._kept
        self._kept[transaction.id] = None
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return super().recall(connection, transaction) if known else None


class _Keyed(Unconstrained):
    """Remembers transactions by more, or by less, than the provider's id."""

    @override
    def key(self, transaction: Transaction) -> str:
        return digest(self.spelled(transaction))

    def spelled(self, transaction: Transaction) -> str:
        return transaction.id

    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return False


class _WithAmount(_Keyed):
    @override
    def spelled(self, transaction: Transaction) -> str:
        return f"{transaction.id}/{transaction.amount}"

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        target = f"{transaction.target}/{transaction.amount}"
        return super().rollback(connection, replace(transaction, target=target), player)


class _AmountCorrected(Unconstrained):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        if stored is None or stored.amount == transaction.amount or transaction.action is not Action.BET:
            return stored
        player = self.player(connection, transaction.player)
        self.post(connection, player, Decision(stored.amount - transaction.amount), stored.id)
        return stored


class _ByAction(_Keyed):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = self.stored(connection, self.key(transaction))
        return stored if stored is not None and stored.action == transaction.action else None


class _ByPlayer(_Keyed):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = self.stored(connection, self.key(transaction))
        return stored if stored is not None and stored.player == transaction.player else None


class _Folded(Ledger):
    """Compares ids as a column of a lenient collation would."""

    @override
    def apply(self, transaction: Transaction) -> str:
        target = None if transaction.target is None else self.fold(transaction.target)
        return super().apply(replace(transaction, id=self.fold(transaction.id), target=target))

    def fold(self, given: str) -> str:
        return given.casefold()


class _Trimmed(_Folded):
    @override
    def fold(self, given: str) -> str:
        return given.strip() or given


class _Composed(_Folded):
    @override
    def fold(self, given: str) -> str:
        return unicodedata.normalize("NFC", given)


class _Unaccented(_Folded):
    @override
    def fold(self, given: str) -> str:
        plain = unicodedata.normalize("NFD", given)
        return "".join(char for char in plain if not unicodedata.combining(char)) or given


class _Cut(_Folded):
    @override
    def fold(self, given: str) -> str:
        return given[:36]


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


class _Nameless(_Never):
    actions = (Action.BET, Action.RESULT, Action.ROLLBACK)


class _InMemory(Unconstrained):
    """Ids are kept in the process, balances in the database."""

    remembered: tuple[Action, ...] = ()

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        if transaction.action in self.remembered:
            return super().recall(connection, transaction)
        here: dict[str, Stored] = self.__dict__.setdefault("here", {})
        return here.get(transaction.id)

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Decision
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        self.__dict__.setdefault("here", {})[transaction.id] = stored
        return stored


class _BetsInMemory(_InMemory):
    remembered = (Action.RESULT, Action.ROLLBACK)


class _ResultsInMemory(_InMemory):
    remembered = (Action.BET, Action.ROLLBACK)


MUTANTS: tuple[Mutant, ...] = (
    mutant("idm-no-bets", "A copy of a bet is a new bet.", ("IDM-01",), ledger=_Never),
    mutant("idm-no-results", "A copy of a result is paid again.", ("IDM-01",), ledger=_NeverResults),
    mutant(
        "idm-no-rollbacks", "A copy of a rollback is a new one.", ("IDM-01", "RBK-05"), ledger=_NeverRollbacks
    ),
    mutant("idm-copy-error", "A copy is an error.", ("IDM-01",), ledger=_CopyIsError),
    mutant("idm-copy-new-id", "A copy is answered with a new CLIENT id.", ("IDM-01",), ledger=_CopyIsNewId),
    mutant("idm-copy-empty-id", "A copy is answered without a CLIENT id.", ("IDM-01",), ledger=_CopyHasNoId),
    mutant(
        "idm-rollback-error", "A copy of a rollback is an error.", ("IDM-01",), ledger=_CopyOfRollbackIsError
    ),
    mutant("idm-last-of-player", "Only the player's last id is kept.", ("IDM-04",), ledger=_LastOfPlayer),
    mutant("idm-last-20", "Only the last 20 ids are kept.", ("IDM-04",), ledger=_LastFew),
    mutant("idm-with-amount", "Id and amount together are the key.", ("IDM-05",), ledger=_WithAmount),
    mutant("idm-corrected", "A bet's copy corrects its amount.", ("IDM-05",), ledger=_AmountCorrected),
    mutant("idm-by-action", "Id and action together are the key.", ("IDM-06",), ledger=_ByAction),
    mutant(
        "idm-by-player",
        "Id and player together are the key.",
        ("IDM-07",),
        ledger=_ByPlayer,
        needs=("players",),
    ),
    mutant("idm-case", "Ids are compared without case.", ("IDM-08",), ledger=_Folded),
    mutant("idm-trimmed", "Blanks around ids are dropped.", ("IDM-08",), ledger=_Trimmed),
    mutant("idm-composed", "Ids are normalised to NFC.", ("IDM-08",), ledger=_Composed),
    mutant("idm-unaccented", "Accents in ids do not count.", ("IDM-08",), ledger=_Unaccented),
    mutant("idm-cut", "Ids are cut to 36 characters.", ("IDM-08",), ledger=_Cut),
    mutant(
        "idm-by-bytes", "The body's bytes are the key.", ("IDM-09",), callbacks=_ByBytes, ledger=_Nameless
    ),
    mutant(
        "idm-in-memory", "Ids are kept in the process.", ("IDM-10",), ledger=_InMemory, needs=("restart",)
    ),
    mutant(
        "idm-bets-in-memory",
        "Ids of bets are kept in the process.",
        ("IDM-10",),
        ledger=_BetsInMemory,
        needs=("restart",),
    ),
    mutant(
        "idm-results-in-memory",
        "Ids of results are kept in the process.",
        ("IDM-10",),
        ledger=_ResultsInMemory,
        needs=("restart",),
    ),
)
