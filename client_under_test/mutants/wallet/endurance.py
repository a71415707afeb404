"""Faults that only long traffic shows (BET-10, IDM-04, INV-01)."""

from dataclasses import replace

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.wallet.ledger import Decision, Ledger, Player, Stored
from client_under_test.wallet.messages import Action, Transaction


class _Counting(Unconstrained):
    """Counts the transactions of each player, and does every n-th otherwise."""

    every = 97
    action: Action = Action.RESULT

    @override
    def decide(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        decision = super().decide(connection, transaction, player)
        counts: dict[tuple[str, str], int] = self.__dict__.setdefault("counts", {})
        if transaction.action is self.action and decision.error is None:
            name = (player.id, transaction.action.value)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] % self.every == 0:
                return self.odd(decision)
        return decision

    def odd(self, decision: Decision) -> Decision:
        return replace(decision, movement=decision.movement * 2)


class _EverySecondHundredBet(_Counting):
    every = 150
    action = Action.BET

    @override
    def odd(self, decision: Decision) -> Decision:
        return Decision()


class _HundredthResultLost(_Counting):
    every = 100

    @override
    def odd(self, decision: Decision) -> Decision:
        return Decision()


class _Drifting(Unconstrained):
    """After 300 wagers of a player the sum of floats is a unit off, and so on every 50."""

    @override
    def post(
        self, connection: sa.Connection, player: Player, decision: Decision, transaction_id: int
    ) -> None:
        counts: dict[str, int] = self.__dict__.setdefault("counts", {})
        counts[player.id] = counts.get(player.id, 0) + 1
        if counts[player.id] > 300 and counts[player.id] % 50 == 0:
            decision = replace(decision, movement=decision.movement - 1)
        super().post(connection, player, decision, transaction_id)


class _Snapshots(Unconstrained):
    """Every 250 postings the balance is written to a snapshot in tenths, and read back from there."""

    @override
    def post(
        self, connection: sa.Connection, player: Player, decision: Decision, transaction_id: int
    ) -> None:
        counts: dict[str, int] = self.__dict__.setdefault("counts", {})
        counts[player.id] = counts.get(player.id, 0) + 1
        if counts[player.id] % 250 == 0:
            decision = replace(
                decision, movement=decision.movement - (player.balance + decision.movement) % 10
            )
        super().post(connection, player, decision, transaction_id)


class _ArchivedBets(Ledger):
    """Bets that 300 transactions lie behind are archived, where rollbacks and copies do not look."""

    @override
    def stored(self, connection: sa.Connection, key: str) -> Stored | None:
        stored = super().stored(connection, key)
        if stored is None or stored.id + 300 > self.__dict__.get("newest", 0):
            return stored
        return replace(stored, client_id=f"archived-{stored.client_id}"[:36])

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Decision
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        self.__dict__["newest"] = max(stored.id, self.__dict__.get("newest", 0))
        return stored


class _TiredOfRefusals(Ledger):
    """After forty refused bets the funds check is taken to be broken, and skipped once."""

    @override
    def affordable(self, amount: int, player: Player) -> bool:
        if super().affordable(amount, player):
            return True
        refusals: int = self.__dict__.get("refusals", 0) + 1
        self.__dict__["refusals"] = refusals
        return refusals % 40 == 0


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "long-97th-result",
        "Every 97th result is doubled.",
        ("BET-10",),
        ledger=_Counting,
        sequential=False,
    ),
    mutant(
        "long-100th-result",
        "Every 100th result is lost.",
        ("BET-10",),
        ledger=_HundredthResultLost,
        sequential=False,
    ),
    mutant(
        "long-150th-bet",
        "Every 150th bet is free.",
        ("BET-10",),
        ledger=_EverySecondHundredBet,
        sequential=False,
    ),
    mutant(
        "long-drift",
        "After 300 wagers a unit is lost now and then.",
        ("BET-10",),
        ledger=_Drifting,
        sequential=False,
    ),
    mutant(
        "long-snapshots",
        "Every 250th posting cuts the balance to tenths.",
        ("BET-10",),
        ledger=_Snapshots,
        sequential=False,
    ),
    mutant(
        "long-archived",
        "A copy after 300 others has another CLIENT id.",
        ("IDM-04",),
        ledger=_ArchivedBets,
        sequential=False,
    ),
    mutant(
        "long-tired",
        "Every 40th refusal is none.",
        ("BET-03", "INV-02", "BET-10"),
        ledger=_TiredOfRefusals,
        sequential=False,
    ),
)
