"""One transaction of load, whatever became of it: what the ledger and the journal keep, and what is settled late."""

from typing import Any

from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind

BET, RESULT, ROLLBACK = Kind.BET, Kind.RESULT, Kind.ROLLBACK
OK, REFUSED, UNKNOWN = Status.OK, Status.REFUSED, Status.UNKNOWN

_NOTHING: frozenset[int] = frozenset({0})


class Operation:
    """One transaction that was started: every attempt of it under one provider id.

    ``amount`` is in minor units, ``effect`` what it adds to the balance where it counts (of a rollback 0: what it
    does belongs to ``of``). ``request`` is what was sent. ``names`` is the id of what it rolls back, or of the orphan
    rollback that it comes after. ``outcome`` is what the answers say so far (unknown before the first). ``voided``:
    a rollback of it was answered ok; ``kept``: one was refused. ``counted`` is how much of ``effect`` stands in the
    player's sum. ``unheard``: an attempt of it had no answer.
    """

    __slots__ = (
        "amount",
        "client_id",
        "counted",
        "effect",
        "kept",
        "kind",
        "names",
        "of",
        "outcome",
        "player",
        "request",
        "transaction_id",
        "undoing",
        "unheard",
        "voided",
    )

    def __init__(
        self,
        player: int,
        kind: Kind,
        amount: int,
        transaction_id: str,
        request: Any,
        of: "Operation | None",
    ) -> None:
        self.player = player
        self.kind = kind
        self.amount = amount
        self.effect = -amount if kind is BET else amount if kind is RESULT else 0
        self.transaction_id = transaction_id
        self.request = request
        self.of = of
        self.names = None if of is None else of.transaction_id
        self.outcome = UNKNOWN
        self.client_id: str | int | None = None
        self.voided = False
        self.kept = False
        self.unheard = False
        self.counted = 0
        # How many rollbacks of it are open.
        self.undoing = 0

    def options(self) -> frozenset[int]:
        """What it may have added to the balance, together with all rollbacks of it."""
        if self.voided or self.outcome is REFUSED:
            return _NOTHING
        if self.outcome is UNKNOWN or self.undoing:
            return frozenset((0, self.effect))
        return frozenset((self.effect,))

    def __repr__(self) -> str:
        return f"{self.kind} {self.transaction_id} of {self.amount}: {self.outcome}"
