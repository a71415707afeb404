"""The ledger of what was sent: per player, in minor units, intent first. One for each worker process.

How traffic uses it, always in this order::

    ledger.prepare(player)                  # by the user, before its first round; may block (the opening is read)
    op = ledger.begin(player, BET, 1050, transaction_id, send)          # before anything leaves
    problem = ledger.settle(op, OK, client_id)                          # for every answer, also a copy's
    void = ledger.begin(player, ROLLBACK, 1050, other_id, send, of=op)  # a rollback names its bet or result
    ledger.settle(void, OK, its_client_id)

    orphan = ledger.begin(player, ROLLBACK, 1050, id, send)             # names a transaction that was never sent
    late = ledger.begin(player, BET, 1050, bet_id, send, after=orphan)  # which comes now, and must move nothing

A forged request (bad signature) is no operation: it must move nothing, so nothing is started for it. What a settled
transaction may have done follows ``contract.md`` (IDM, RBK, INV-05) and ``scenarios.oracles``: ok counts once however
often it is answered, refused counts nothing, no answer leaves both open until a copy's answer or an answered rollback
decides. Memory is bounded by players and open operations: what is settled is folded into one sum a player, and goes to
the journal, a file.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.journal import LIMIT, Journal
from loadtests.traffic.operation import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN, Operation
from scenarios.oracles.subset_sums import Sums
from scenarios.report.schema.load import Breach
from simulators.exchanges.history import Status
from simulators.transport.delivery import Flaw
from simulators.wallet.transactions import Kind

# How many breaches are kept with their texts; all are counted.
BREACHES_KEPT = 20

# What is known of a player, as bits.
_PLAYED, _OPENED, _UNDONE = 1, 2, 4


class Ledger:
    """What was sent for every player and what came of it, as integers of minor units of ``currency``.

    ``players`` are all player ids of the run, also those of other workers: a player is its index. Sums are 64-bit:
    OverflowError beyond. ``preparing`` is called once for each player before its first round (the audit sets it).
    ``orphans_refused`` says that the rollback of what is unknown may be refused.
    """

    def __init__(
        self,
        players: Sequence[str],
        currency: str,
        decimals: int,
        journal_limit: int = LIMIT,
        *,
        orphans_refused: bool = False,
    ) -> None:
        self.orphans_refused = orphans_refused
        self.players = players
        self.currency = currency
        self.decimals = decimals
        self.gate_open = True
        self.preparing: Callable[[int], None] | None = None
        self.transactions = 0
        # How many players anything was started for.
        self.playing = 0
        self.breach_count: Counter[str] = Counter()
        self.breaches: list[Breach] = []
        self.journal = Journal(journal_limit)
        self._sums = array("q", bytes(8 * len(players)))
        self._openings = array("q", bytes(8 * len(players)))
        self._known = bytearray(len(players))
        self._open: dict[Operation, None] = {}
        # What was refused after an attempt without an answer, and whether this CLIENT refuses copies of what it took.
        self._denied: list[Operation] = []
        self._refuses_copies = False

    @classmethod
    def of(cls, players: Sequence[str], callbacks: Callbacks) -> "Ledger":
        """The ledger of what is sent by ``callbacks``: in their currency, with what their dialect leaves open."""
        refused = not callbacks.dialect.abilities.unknown_rollbacks
        return cls(players, callbacks.currency, callbacks.decimals, orphans_refused=refused)

    # What traffic calls.

    def prepare(self, player: int) -> None:
        """Make ``player`` ready for its first round: called from the user's own greenlet, which it may block.

        Once anything was started for a player it is too late: the balance is not the opening one any more.
        """
        if self.preparing is not None and self.gate_open and not self._known[player] & (_OPENED | _PLAYED):
            self.preparing(player)

    def begin(
        self,
        player: int,
        kind: Kind,
        amount: int,
        transaction_id: str,
        request: Any = None,
        *,
        of: Operation | None = None,
        after: Operation | None = None,
    ) -> Operation:
        """Write down the intent to send ``request``, before it leaves.

        ``request`` (anything with ``path``, ``body`` and ``headers``) is what a copy is made of at the end of the run
        where no answer came. ``amount`` is not negative. ``of`` is what a rollback rolls back, None for an orphan;
        ``after`` is the orphan rollback that named this bet or result before it was sent.
        """
        op = Operation(player, kind, amount, transaction_id, request, of)
        self.transactions += 1
        if not self._known[player] & _PLAYED:
            self._known[player] |= _PLAYED
            self.playing += 1
        self._open[op] = None
        if of is not None:
            of.undoing += 1
            if of.kind is RESULT:
                self._known[player] |= _UNDONE
            self._place(of)
        if after is not None:
            op.names = after.transaction_id
            if after.outcome is OK:
                op.voided = True
            elif after.outcome is UNKNOWN:
                after.of = op
                op.undoing += 1
        return op

    def settle(self, op: Operation, outcome: Status, client_id: str | int | None = None) -> str | None:
        """Write down what an answer to ``op``, or to a copy of it, says; return what it breaks, in words, or None.

        ``client_id`` is the answer's ``transaction_id`` where it is ok.
        """
        before = op.outcome
        if before is OK:
            return self._copy_answered(op, outcome, client_id)
        op.outcome = outcome
        op.unheard = op.unheard or outcome is UNKNOWN
        if op.of is not None and outcome is not before:
            self._undo(op.of, before, outcome)
        self._place(op)
        if outcome is OK:
            op.client_id = client_id
            self._keep(op, client_id)
            if op.kind is BET:
                return self._overdrawn(op)
        elif outcome is REFUSED and before is not REFUSED:
            self._keep(op, None)
            problem = self._must_not_refuse(op)
            if op.of is not None:
                op.of.kept = True
            if op.unheard:
                self._denied.append(op)
            elif problem is not None:
                return self._breach(*problem)
        return None

    # What the audit calls.

    def judge_denied(self) -> None:
        """Judge what was refused after an attempt without an answer, when all else is answered.

        Refused means not done, unless this CLIENT refuses copies of what it took: that is IDM-01's, and what the
        attempts before did stays open.
        """
        denied, self._denied = self._denied, []
        for op in denied:
            if op.outcome is not REFUSED:
                continue
            if self._refuses_copies:
                self._breach(
                    "IDM-01", op, f"a {op.kind} without an answer was refused when it was sent again"
                )
                op.outcome = UNKNOWN
                if op.of is not None:
                    self._undo(op.of, REFUSED, UNKNOWN)
                self._place(op)
            elif (problem := self._must_not_refuse(op)) is not None:
                self._breach(*problem)

    def close_gate(self) -> None:
        """Let no new round begin; those under way go on to their end."""
        self.gate_open = False

    def open_gate(self) -> None:
        """Let new rounds begin again."""
        self.gate_open = True

    def set_opening(self, player: int, units: int) -> None:
        """Say what ``player`` owned before its first round, in minor units."""
        self._openings[player] = units
        self._known[player] |= _OPENED

    def opening(self, player: int) -> int | None:
        """What ``player`` owned before its first round, in minor units; None where that was not read."""
        return self._openings[player] if self._known[player] & _OPENED else None

    def moved(self, player: int) -> int:
        """What surely was added to the balance of ``player`` since, in minor units."""
        return self._sums[player]

    def played(self) -> Iterator[int]:
        """The players for whom anything was started."""
        return (player for player, known in enumerate(self._known) if known & _PLAYED)

    def open_operations(self) -> list[Operation]:
        """The operations that no answer has decided yet, oldest first."""
        return [op for op in self._open if op.outcome is UNKNOWN]

    def unsure(self) -> dict[int, list[Operation]]:
        """The bets and results whose effect is not decided, by player."""
        found: dict[int, list[Operation]] = {}
        for op in self._open:
            if op.kind is not ROLLBACK:
                found.setdefault(op.player, []).append(op)
        return found

    def acceptable(self, player: int, unsure: Sequence[Operation] = ()) -> Sums:
        """The balances that ``player`` may have now, in minor units; ``unsure`` are the player's own of ``unsure()``.

        Raises LookupError where the opening balance was not read.
        """
        opening = self.opening(player)
        if opening is None:
            raise LookupError(f"the opening balance of {self.players[player]} was not read")
        return Sums(opening + self._sums[player], tuple(op.options() for op in unsure))

    def snapshot(self) -> dict[str, Any]:
        """Counts so far, of plain numbers and texts: cumulative, so that a lost one is harmless."""
        return {
            "transactions": self.transactions,
            "played": self.playing,
            "open": len(self._open),
            "breaches": dict(self.breach_count),
            "settled": self.journal.settled,
        }

    def close(self) -> None:
        """Give up the journal."""
        self.journal.close()

    # How operations are folded.

    def _keep(self, op: Operation, client_id: str | int | None) -> None:
        self.journal.add(
            op.player,
            op.kind,
            op.amount,
            op.transaction_id,
            client_id,
            refused=op.outcome is REFUSED,
            of=op.names,
        )

    def _place(self, op: Operation) -> None:
        """Bring the player's sum and the list of open operations up to what ``op`` now says."""
        decided = op.outcome is not UNKNOWN and not op.undoing
        if op.kind is not ROLLBACK:
            decided = decided or op.voided
            counts = op.effect if decided and op.outcome is OK and not op.voided else 0
            if counts != op.counted:
                self._sums[op.player] += counts - op.counted
                op.counted = counts
        if decided:
            self._open.pop(op, None)
        else:
            self._open[op] = None

    def _undo(self, op: Operation, before: Status, now: Status) -> None:
        """A rollback of ``op`` was answered: ``now`` ok, refused, or (after a refusal) not at all."""
        if now is OK:
            op.voided = True
        if before is UNKNOWN:
            op.undoing -= 1
        elif now is UNKNOWN:
            op.undoing += 1
        self._place(op)

    def _copy_answered(self, op: Operation, outcome: Status, client_id: str | int | None) -> str | None:
        if outcome is UNKNOWN:
            return None
        if outcome is REFUSED:
            self._refuses_copies = True
            return self._breach("IDM-01", op, f"a copy of a {op.kind} that was answered ok is refused")
        if op.client_id is None or client_id == op.client_id:
            return None
        return self._breach(
            "IDM-01", op, f"a copy of a {op.kind} is answered with another CLIENT id than the first"
        )

    def _must_not_refuse(self, op: Operation) -> tuple[str, Operation, str] | None:
        """The breach that a refusal of ``op`` is, None where it may be refused."""
        if op.kind is BET or (op.kind is ROLLBACK and self._refusable(op)):
            return None
        rule = "RES-01" if op.kind is RESULT else "RBK-01" if op.of is not None else "RBK-04"
        return rule, op, f"a {op.kind} was refused"

    def _refusable(self, rollback: Operation) -> bool:
        """Whether ``rollback`` undoes what the CLIENT may not know, in a dialect that has it refused then.

        What came after its own rollback was refused, it may know as one that never counts.
        """
        of = rollback.of
        return self.orphans_refused and (of is None or of.outcome is not OK or of.kept)

    def _overdrawn(self, op: Operation) -> str | None:
        """Whether the bet ``op``, just accepted, took more than the player can have had (INV-02)."""
        known = self._known[op.player]
        if not known & _OPENED or known & _UNDONE or op.voided:
            return None
        left = self._openings[op.player] + self._sums[op.player]
        if left >= 0:
            return None
        left += sum(max(each.options()) for each in self._open if each.player == op.player and each is not op)
        if left >= 0:
            return None
        return self._breach(
            "INV-02", op, f"a bet was accepted that overdraws the player by {-left} minor units"
        )

    def flawed(self, flaw: Flaw | None, player: int, transaction_id: str = "") -> str | None:
        """Count a ``flaw`` of an answer, which no balance shows, and say it; the first of each rule is listed."""
        if flaw is None:
            return None
        if flaw.rule:
            self.breach_count[flaw.rule] += 1
            if self.breach_count[flaw.rule] == 1:
                self._tell(flaw.rule, self.players[player], transaction_id, flaw.text)
        return str(flaw)

    def _breach(self, rule: str, op: Operation, text: str) -> str:
        self.breach_count[rule] += 1
        listed = {(one.rule, one.transaction) for one in self.breaches}
        if len(listed) < BREACHES_KEPT and (rule, op.transaction_id) not in listed:
            self._tell(rule, self.players[op.player], op.transaction_id, text)
        return f"{rule}: {text}"

    def _tell(self, rule: str, player: str, transaction_id: str, text: str) -> None:
        self.breaches.append(Breach(rule=rule, player=player, transaction=transaction_id, text=text))
