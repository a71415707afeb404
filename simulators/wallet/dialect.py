"""A dialect: how one wallet provider writes, signs and sends transactions, and how it is answered.

Rules about money are proved with transactions, in any dialect; rules about bytes with the dialect itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from simulators.exchanges.history import Answer, Headers, Request
from simulators.transport.delivery import Meaning
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.transactions import BalanceCall, Transaction


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the words of a dialect can tell, where dialects differ.

    ``copies_as_first``: a copy gets the answer of the first, with the same CLIENT id; otherwise it may get
    that it was processed before. ``unknown_rollbacks``: the rollback of an unknown transaction is a success.
    ``results_alone``: a result need not name a bet that the CLIENT knows. ``fine_amounts``: amounts finer than the
    currency's unit can be written. ``rollback_currency``: a rollback says in which currency it is. ``rollback_ids``: a
    rollback has an id of its own; otherwise all rollbacks of one transaction are one. ``ids_across_players``: an id
    is never used for two players. ``client_ids``: an answer that says done has an id of the CLIENT's own.
    ``balance_reported``: it reports the player's balance. ``balance_call``: there is a call that asks for the balance.
    ``several``: one request may ask for several transactions of a player, and is done as a whole or not at all.
    """

    copies_as_first: bool = True
    unknown_rollbacks: bool = True
    results_alone: bool = True
    fine_amounts: bool = True
    rollback_currency: bool = True
    rollback_ids: bool = True
    ids_across_players: bool = True
    client_ids: bool = True
    balance_reported: bool = False
    balance_call: bool = False
    several: bool = False


# How it is with a dialect that lacks one of the abilities that rules need.
LACKING: Final[Mapping[str, str]] = {
    "copies_as_first": "a copy is answered otherwise than the first",
    "unknown_rollbacks": "the rollback of what is unknown is refused",
    "results_alone": "each result names a bet",
    "fine_amounts": "amounts finer than the unit cannot be written",
    "rollback_currency": "a rollback says no currency",
    "rollback_ids": "a rollback has no id of its own",
    "ids_across_players": "two players may share an id",
    "client_ids": "answers have no id of the CLIENT's",
    "balance_reported": "answers report no balance",
    "balance_call": "no call asks for the balance",
    "several": "a request asks for one transaction",
}


class Otherwise(NamedTuple):
    """The same dialect as agreed in another way: in words, as a setting of the target file, and itself."""

    words: str
    setting: str
    dialect: "Dialect"


class Dialect(ABC):
    """One provider's words."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What target files call it."""

    @property
    @abstractmethod
    def success(self) -> str:
        """What an answer says where a transaction was processed, in words."""

    @property
    @abstractmethod
    def insufficient_funds(self) -> str:
        """The refusal's word for a bet that is not covered."""

    @property
    @abstractmethod
    def signing(self) -> str:
        """How a message is signed, in words."""

    @property
    @abstractmethod
    def other_bytes(self) -> Mapping[str, Style]:
        """Spellings, by a description, that mean the same as the plain one."""

    @property
    def hmac_header(self) -> str | None:
        """The header that holds the hex HMAC-SHA256 of the raw body, where nothing else signs."""
        return None

    @property
    def abilities(self) -> Abilities:
        """What its words can tell."""
        return Abilities()

    @abstractmethod
    def path(self, transaction: Transaction) -> str:
        """The path that is appended to the callback URL for ``transaction``."""

    @abstractmethod
    def encode(self, transaction: Transaction, style: Style = PLAIN) -> bytes:
        """Write ``transaction``, and what is beside it, not signed yet; amounts exactly."""

    @abstractmethod
    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        """Sign ``body``: the headers and the message as they are sent."""

    def checked_with(self, secret: str) -> str:
        """What the CLIENT is given to check what is signed with ``secret``: mostly the same."""
        return secret

    @abstractmethod
    def read(self, answer: Answer) -> Meaning:
        """Say what ``answer`` means, leniently: its form is judged by rules."""

    @abstractmethod
    def named(self, body: bytes) -> Sequence[Any]:
        """The values by which ``body`` names players, of any type and wherever they stand; none where it names nobody.

        ``body`` is any bytes that may be signed; what no CLIENT could read as a message names nobody.
        """

    def unsigned(self, body: bytes) -> bytes:
        """``body``, which may be a signed message, as it is before it is signed."""
        return body

    def renewed(self, body: bytes, id: str) -> bytes | None:  # noqa: A002, ARG002
        """``body`` with ``id`` as the id of its transaction and nothing else changed; None where that is not known."""
        return None

    def client_ids(self, answer: Answer) -> Sequence[str | int]:
        """The CLIENT's ids in ``answer``, in any order: one for each transaction of the request."""
        own = self.read(answer).client_id
        return () if own is None else (own,)

    def balance_in(self, answer: Answer, currency: str) -> Decimal | None:  # noqa: ARG002
        """The balance, in ``currency``, that ``answer`` tells; None where it tells none that can be read."""
        return None

    def balance_message(self, call: BalanceCall) -> tuple[str, bytes] | None:  # noqa: ARG002
        """The path and the message, not signed yet, that ask for a balance; None where nothing does."""
        return None

    def otherwise(self) -> Sequence[Otherwise]:
        """What else may have been agreed on, to be tried where nothing is accepted."""
        return ()

    def request(self, url: str, transaction: Transaction, secret: str, style: Style = PLAIN) -> Request:
        """Return ``transaction`` as the signed request to the callback URL ``url``.

        Raises ValueError where something is beside it that the dialect cannot say.
        """
        if transaction.beside and not self.abilities.several:
            raise ValueError(f"in {self.name} {LACKING['several']}")
        return self.signed(url, self.path(transaction), self.encode(transaction, style), secret)

    def signed(self, url: str, path: str, body: bytes, secret: str) -> Request:
        """Return ``body`` as the signed request to ``path`` behind the callback URL ``url``."""
        headers, sealed = self.seal(body, secret)
        return self.placed(Request("POST", url.rstrip("/") + path, headers), sealed)

    def placed(self, request: Request, sealed: bytes) -> Request:
        """``request`` with the signed message ``sealed`` where the dialect has it: in the body."""
        return replace(request, body=sealed)

    def sealed_in(self, request: Request) -> bytes:
        """The signed message that ``request`` holds."""
        return request.body
