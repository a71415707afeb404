"""Is there an order of these operations that a wallet could have kept? Wing and Gong's search with Lowe's
memory.

One player, one clock. An operation takes effect at one instant between its invocation and its return; one
without a return (unknown) may take effect at any time after its invocation, or never. The search places
operations one after the other, remembers the configurations it has seen, and undoes the last one when it is
stuck. Iterative throughout.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import NamedTuple

from scenarios.oracles.model import DOCUMENTED, Late, Model


class Step(IntEnum):
    """What an operation does to the balance, and when it may."""

    BET = 0  # takes the amount; needs balance >= amount
    CREDIT = 1  # adds the amount
    REFUSED = 2  # saw balance < amount
    READ = 3  # saw balance == amount
    ROLLBACK = 4  # undoes its subject, or keeps it from ever applying
    ADJUST = 5  # adds the amount, which may be negative, whatever the balance


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: all attempts of one transaction, or one observation of the balance.

    ``amount`` is in integer units, ``subject`` the id rolled back (rollbacks only), ``answered`` infinity
    where the outcome is unknown.
    """

    step: Step
    id: str
    amount: int
    invoked: float
    answered: float
    subject: str | None = None

    @property
    def definite(self) -> bool:
        """Whether it surely took place, and so must be placed."""
        return self.answered != inf


@dataclass(frozen=True, slots=True)
class Budget:
    """How far a search may go: ``steps`` placements, ``seconds`` by ``clock``."""

    steps: int = 1_000_000
    seconds: float = 20.0
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended: ``legal`` is None where the budget ran out.

    ``reached`` counts the operations, by return, that could be placed; ``order`` is every definite
    operation by return. ``balances`` are those under which the next one was tried in vain (a sample, in
    units).
    """

    legal: bool | None
    steps: int
    seconds: float
    reached: int
    order: tuple[Operation, ...]
    balances: frozenset[int]


# After how many steps the clock is read, and how many balances are kept to explain.
_TICK = 256
_SAMPLE = 8


class _Undo(NamedTuple):
    op: int
    balance: int
    first: int
    ahead: frozenset[int]
    moved: int
    closed: bool
    reopened: frozenset[int]
    dropped: list[int]


class Search:
    """One search, under a ``model`` each of whose choices that matter here is settled in one way."""

    def __init__(self, operations: Sequence[Operation], opening: int, model: Model = DOCUMENTED) -> None:
        definite = sorted((o for o in operations if o.definite), key=lambda o: (o.answered, o.invoked))
        unknown = sorted((o for o in operations if not o.definite), key=lambda o: o.invoked)
        self.order = tuple(definite)
        self._all = [*definite, *unknown]
        self._definite = len(definite)
        self._model = model
        late = {Step.BET: next(iter(model.late_bet)), Step.CREDIT: next(iter(model.late_result))}
        self._steps = [o.step for o in self._all]
        self._amounts = [o.amount for o in self._all]
        self._answered = [o.answered for o in self._all]
        # What each does once its slot is closed; what moves nothing then can be placed at once.
        self._late = [late.get(o.step, Late.NOTHING) for o in self._all]
        # The two list heads stand behind the operations; their invocation is never reached.
        self._invoked = [*(o.invoked for o in self._all), inf, inf]
        self._heads = (len(self._all), len(self._all) + 1)
        self._link_up()
        self._find_slots()
        self._classes = self._classify()
        self._placed = bytearray(len(self._all))
        self._balance = opening
        self._first = 0  # the unplaced operation that returns first
        self._ahead: frozenset[int] = frozenset()  # placed although they return later, or never
        self._reopened: frozenset[int] = frozenset()  # slots whose original was applied after its rollback

    def _link_up(self) -> None:
        total = len(self._all)
        self._next = [0] * (total + 2)
        self._previous = [0] * (total + 2)
        by_call = sorted(range(self._definite), key=self._invoked.__getitem__)
        for head, members in zip(self._heads, (by_call, range(self._definite, total)), strict=True):
            before = head
            for op in members:
                self._next[before], self._previous[op] = op, before
                before = op
            self._next[before], self._previous[head] = head, before

    def _find_slots(self) -> None:
        """A slot is an id that some rollback names: whether it is closed, and what it has moved so far."""
        slots = {o.subject: -1 for o in self._all if o.subject is not None}
        slots = {subject: number for number, subject in enumerate(slots)}
        self._slot = [slots.get(o.id if o.subject is None else o.subject, -1) for o in self._all]
        self._closed = [False] * len(slots)
        self._moved = [0] * len(slots)
        self._mover = [-1] * len(slots)  # the operation that moves money, if there is one
        self._loose: list[list[int]] = [[] for _ in slots]  # its unknown operations
        for op, slot in enumerate(self._slot):
            if slot >= 0:
                if self._steps[op] in (Step.BET, Step.CREDIT):
                    self._mover[slot] = op
                if op >= self._definite:
                    self._loose[slot].append(op)

    def _classify(self) -> list[int]:
        """Number the operations so that two that cannot be told apart (kind, amount, outcome) share a
        number.
        """
        numbers: dict[tuple[int, ...], int] = {}
        classes = []
        for op, slot in enumerate(self._slot):
            alike = (self._steps[op], self._amounts[op], op < self._definite)
            classes.append(numbers.setdefault(alike if slot < 0 else (op,), len(numbers)))
        return classes

    def run(self, budget: Budget) -> Found:
        """Search until an order is found, none is left, or the budget is spent."""
        began = budget.clock()
        steps, most, balances = 0, 0, {self._balance}
        seen: set[tuple[int, frozenset[int], frozenset[int], int]] = set()
        stack: list[tuple[_Undo, list[int], int]] = []
        choices = self._choices() if self._definite else []
        at = branches = 0  # branches counts the frames of the stack with choices left
        legal: bool | None = True if not self._definite else None
        while legal is None:
            if at == len(choices):
                if not stack:
                    legal = False
                    break
                undo, choices, at = stack.pop()
                branches -= at < len(choices)
                self._undo(undo)
                continue
            out_of_time = steps % _TICK == 0 and budget.clock() - began > budget.seconds
            if steps >= budget.steps or out_of_time:
                break
            steps += 1
            undo = self._place(choices[at])
            at += 1
            if self._first == self._definite:
                most, legal = self._first, True
                break
            if branches or at < len(choices):  # else nothing can lead here a second time
                key = (self._first, self._ahead, self._reopened, self._balance)
                if key in seen:
                    self._undo(undo)
                    continue
                seen.add(key)
            stack.append((undo, choices, at))
            branches += at < len(choices)
            if self._first > most:
                most, balances = self._first, {self._balance}
            elif self._first == most and len(balances) < _SAMPLE:
                balances.add(self._balance)
            choices, at = self._choices(), 0
        return Found(legal, steps, budget.clock() - began, most, self.order, frozenset(balances))

    def _choices(self) -> list[int]:
        """Which operations to try now, in this order. Reductions 1, 2 and 3 are here, 4 is in _place.

        3 is used also while unknown bets and results are pending. Proof: let A return first and be legal
        now, and Q be what some fitting order places before A: bets and results pending now, so all
        concurrent. A, then the results of Q, then its bets fits too: the balance after all of them is not
        negative where Q holds a bet or A is one, since in the order given the last bet of them left it so
        and only results followed.
        """
        first, balance, limit = self._first, self._balance, self._answered[self._first]
        steps, amounts, invoked, following = self._steps, self._amounts, self._invoked, self._next
        choices: list[int] = []
        plain, leads = True, False
        op = following[self._heads[0]]
        while invoked[op] <= limit:
            step, slot = steps[op], self._slot[op]
            if slot >= 0 and self._idle(op, slot):
                return [op]  # reduction 1: no effect, legal: at once
            if step == Step.REFUSED:
                if balance < amounts[op]:
                    return [op]
                plain = False
            elif step == Step.READ:
                if balance == amounts[op]:
                    return [op]
                plain = False
            elif step != Step.BET or balance >= amounts[op]:
                choices.append(op)
                plain = plain and step <= Step.CREDIT
                leads = leads or op == first
            op = following[op]
        loose: list[int] = []
        op = following[self._heads[1]]
        while invoked[op] <= limit:
            plain = plain and steps[op] <= Step.CREDIT
            if steps[op] != Step.BET or balance >= amounts[op]:
                loose.append(op)
            op = following[op]
        if plain and leads:
            return [first]  # reduction 3
        if len(choices) + len(loose) > 1:
            # What surely happened goes first, by return: what may not have happened waits until it is needed.
            choices.sort()
            return self._distinct(choices + loose)
        return choices or loose

    def _idle(self, op: int, slot: int) -> bool:
        """Whether placing ``op`` changes nothing, now or later."""
        step, mover, closed = self._steps[op], self._mover[slot], self._closed[slot]
        if step == Step.ROLLBACK:
            if mover < 0:
                return True
            # Where a late original is applied, a rollback that waits for it would undo it.
            return closed and (self._late[mover] is not Late.APPLIED or bool(self._placed[mover]))
        return closed and (step == Step.REFUSED or self._late[op] is Late.NOTHING)

    def _distinct(self, choices: list[int]) -> list[int]:
        # Reduction 2. The first of each class is the one that returns first.
        firsts: dict[int, int] = {}
        for op in choices:
            firsts.setdefault(self._classes[op], op)
        return list(firsts.values())

    def _place(self, op: int) -> _Undo:
        slot, step = self._slot[op], self._steps[op]
        moved, closed = (self._moved[slot], self._closed[slot]) if slot >= 0 else (0, False)
        undo = _Undo(op, self._balance, self._first, self._ahead, moved, closed, self._reopened, [])
        self._unlink(op)
        self._placed[op] = 1
        if op >= self._definite or op != self._first:
            self._ahead |= {op}
        if slot < 0:
            if step == Step.BET:
                self._balance -= self._amounts[op]
            elif step in (Step.CREDIT, Step.ADJUST):
                self._balance += self._amounts[op]
        elif step == Step.ROLLBACK:
            if not self._closed[slot]:
                self._close(op, slot, undo.dropped)
        elif step != Step.REFUSED:
            self._move(op, slot)
        if op == self._first:
            first = op + 1
            while first < self._definite and self._placed[first]:
                first += 1
            self._first = first
            if self._ahead:
                self._ahead = frozenset(o for o in self._ahead if o > first)
        return undo

    def _move(self, op: int, slot: int) -> None:
        """Apply the original of a slot, in time or late."""
        effect = -self._amounts[op] if self._steps[op] == Step.BET else self._amounts[op]
        if self._closed[slot]:
            if self._late[op] is Late.NOTHING:
                return
            if self._late[op] is Late.APPLIED:
                self._closed[slot], self._reopened = False, self._reopened | {slot}
        self._balance += effect
        if not self._closed[slot]:
            self._moved[slot] = effect

    def _close(self, op: int, slot: int, dropped: list[int]) -> None:
        """Roll a slot back. Reduction 4: forget whether it was applied, and drop what else could apply it."""
        moved = self._moved[slot]
        if moved:
            (left,) = self._model.left(moved, self._amounts[op], self._balance)
            self._balance += left - moved
        self._moved[slot] = 0
        self._closed[slot] = True
        self._reopened -= {slot}
        mover = self._mover[slot]
        if mover >= 0 and self._late[mover] is not Late.NOTHING:
            return
        for loose in self._loose[slot]:
            if not self._placed[loose]:
                self._unlink(loose)
                dropped.append(loose)
        self._ahead = self._ahead.difference(o for o in self._loose[slot] if o != op)

    def _undo(self, undo: _Undo) -> None:
        op, self._balance, self._first, self._ahead, moved, closed, self._reopened, dropped = undo
        slot = self._slot[op]
        for loose in reversed(dropped):
            self._relink(loose)
        if slot >= 0:
            self._moved[slot], self._closed[slot] = moved, closed
        self._placed[op] = 0
        self._relink(op)

    def _unlink(self, op: int) -> None:
        before, after = self._previous[op], self._next[op]
        self._next[before], self._previous[after] = after, before

    def _relink(self, op: int) -> None:
        before, after = self._previous[op], self._next[op]
        self._next[before] = self._previous[after] = op
