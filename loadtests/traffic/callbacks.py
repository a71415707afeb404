"""The callbacks of load traffic, in the dialect of the target: written, signed, and their answers read."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from simulators.exchanges.history import Answer, Request, Status
from simulators.transport.delivery import Meaning
from simulators.values import money
from simulators.wallet.dialect import Dialect
from simulators.wallet.transactions import Kind, Transaction

# The counter of provider ids runs through 48 bits in steps that look random and never meet: the step is odd.
_ID_MASK: Final = (1 << 48) - 1
_ID_STEP: Final = 0x9E3779B97F4B
# So much of an unexpected answer is told: failures are grouped by their text, and kept for the whole run.
_SHOWN: Final = 40

NOTHING: Final = Meaning(Status.UNKNOWN)


def id_maker() -> Callable[[], str]:
    """Return a maker of provider ids: random-looking UUIDs, none of them twice, in this run or another.

    74 random bits tell processes and runs apart and a counter does so inside one; that costs a tenth of a
    random UUID. Ids are never made of the run's seed: a CLIENT remembers them for good.
    """
    own = secrets.randbits(74)
    tail = f"-4{own >> 62:03x}-{(own >> 60 & 3) + 8:x}{own >> 48 & 0xFFF:03x}-{own & _ID_MASK:012x}"
    count = secrets.randbits(48)

    def new_id() -> str:
        nonlocal count
        count = (count + _ID_STEP) & _ID_MASK
        text = f"{count:012x}"
        return f"{text[:8]}-{text[8:]}{tail}"

    return new_id


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
    new_id: Callable[[], str] = field(init=False, default_factory=id_maker)
    # The bets that results name where each has to name one, by player.
    opened: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.decimals = money.decimals(self.currency)

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
