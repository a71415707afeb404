"""The callbacks of load traffic, in the dialect of the target: written, signed, and their answers read."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from simulators.exchanges.history import Answer, Request, Status
from simulators.transport.delivery import Meaning
from simulators.values import money
from simulators.values.ids import random_id
from simulators.wallet.dialect import Dialect
from simulators.wallet.transactions import Kind, Transaction

# So much of an unexpected answer is shown: failures are grouped by their text, and kept for the whole run.
_SHOWN: Final = 40

NOTHING: Final = Meaning(Status.UNKNOWN)


class Written(NamedTuple):
    """One callback: its path, its bytes, its headers with the signature, and what it means."""

    path: str
    body: bytes
    headers: dict[str, str]
    message: Transaction


@dataclass
class Callbacks:
    """Writes callbacks in one currency, and reads their answers; amounts are integers in its minor units.

    Raises money.UnknownCurrency.
    """

    dialect: Dialect
    secret: str = field(repr=False)
    currency: str
    decimals: int = field(init=False)
    # The bets that results name where each has to name one, by player.
    opened: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.decimals = money.decimals(self.currency)

    def new_id(self) -> str:
        """A new provider id. None is made of the run's seed: a CLIENT remembers them for good."""
        return random_id()

    def write(
        self,
        kind: Kind,
        provider_id: str,
        player: str,
        minor: int,
        of: str | None = None,
        *,
        forged: bool = False,
    ) -> Written:
        """Write a transaction; a rollback is one ``of`` another. ``forged``: by somebody without the secret."""
        amount = money.from_minor(minor, self.currency)
        bet = self.opened.get(player) if kind is Kind.RESULT else None
        transaction = Transaction(kind, provider_id, player, self.currency, amount, of, bet)
        secret = f"not {self.secret}" if forged else self.secret
        headers, sealed = self.dialect.seal(self.dialect.encode(transaction), secret)
        placed = self.dialect.placed(Request("POST", self.dialect.path(transaction), headers), sealed)
        return Written(placed.url, placed.body, dict(headers), transaction)

    def read(self, status: int, body: bytes) -> Meaning:
        """Say what an answer means, and what in it breaks the contract; ``status`` 0 is the lack of one."""
        return self.dialect.read(Answer(status, (), body)) if status else NOTHING
