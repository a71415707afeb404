"""What the transactions of a history did to one player's balance: for each, the effects that its answers
leave open.

A transaction here is everything sent under one provider id with the same action, player, currency, amount
and subject. Transactions that name each other (a bet and its rollbacks) share one net effect.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from scenarios.oracles.attempts import Record, settle
from scenarios.oracles.model import DOCUMENTED, Foreign, Late, Model, RefusedCopy, Reused
from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind


@dataclass(frozen=True, slots=True)
class Transaction:
    """All attempts of one transaction. ``amount`` is in units, ``done`` when the earliest ok was answered, ``refused``
    when the earliest refusal was.

    ``after_refusal`` says whether the first ok came after a refusal, None where that is open.
    """

    kind: Kind
    id: str
    amount: int
    player: str
    currency: str
    of: str | None
    outcome: Status
    invoked: float
    done: float | None
    attempts: int
    after_refusal: bool | None = False
    refused: float | None = None

    @property
    def effect(self) -> int:
        """What it adds to the balance when it is applied; a rollback's depends on what it names, so 0."""
        if self.kind is Kind.ROLLBACK:
            return 0
        return -self.amount if self.kind is Kind.BET else self.amount


@dataclass(frozen=True, slots=True)
class Effect:
    """The net effect of one bet or result and of all that rolls it back: one of ``options``, in units."""

    id: str
    options: frozenset[int]
    parts: tuple[Transaction, ...]

    @property
    def sure(self) -> bool:
        """Whether the answers leave only one effect possible."""
        return len(self.options) == 1


def transactions(records: Iterable[Record], model: Model = DOCUMENTED) -> list[Transaction]:
    """Group attempts into transactions, in order of first appearance."""
    groups: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for r in records:
        groups[r.id, r.kind, r.player, r.currency, r.amount, r.of].append(r)
    return [_transaction(group, model) for group in groups.values()]


def _transaction(group: list[Record], model: Model) -> Transaction:
    first, settled = group[0], settle(group, model)
    return Transaction(
        kind=Kind(first.kind),
        id=first.id,
        amount=first.amount,
        player=first.player,
        currency=first.currency,
        of=first.of,
        outcome=settled.outcome,
        invoked=settled.invoked,
        done=settled.done,
        attempts=len(group),
        after_refusal=settled.after_refusal,
        refused=settled.refused,
    )


def _claims(same_id: list[Transaction]) -> list[Transaction]:
    """Which of the transactions under one id may be the one that counted: the first handled (IDM-05 to
    IDM-07).
    """
    done = [t for t in same_id if t.done is not None]
    return [
        t
        for t in same_id
        if t.outcome is not Status.REFUSED
        and not any(other is not t and other.done is not None and other.done < t.invoked for other in done)
    ]


def effects(
    every: Iterable[Transaction], player: str, currency: str, model: Model = DOCUMENTED
) -> list[Effect]:
    """Return the net effects on the balance that ``player`` holds in ``currency``, in order of first
    appearance, under the choices of ``model``.

    ``every`` holds the transactions of all players, since an id counts once whoever it is sent for, where the model
    has it so.
    """
    ways = [
        {one.id: one for one in _effects(seen, player, currency, model)}
        for seen in _ways([*every], player, currency, model)
    ]
    found = ways[0]
    for one in ways[1:]:
        for key in {**found, **one}:
            options = [way[key].options if key in way else frozenset({0}) for way in (found, one)]
            found[key] = replace(found.get(key) or one[key], options=frozenset.union(*options))
    return list(found.values())


def _ways(every: list[Transaction], player: str, currency: str, model: Model) -> Iterator[list[Transaction]]:
    """What counts for ``player`` in each way in which the CLIENT may take reused ids and rollbacks in another currency.

    Most histories have none, and one way.
    """
    others = {t.id for t in every if t.player != player}
    shared = any(t.player == player and t.id in others for t in every)
    own = {
        t.id for t in every if t.kind is not Kind.ROLLBACK and (t.player, t.currency) == (player, currency)
    }
    abroad = [t for t in every if t.of in own and t.player == player and t.currency != currency]
    abroad = [t for t in abroad if t.outcome is not Status.REFUSED]
    for reused in model.reused if shared else [Reused.NOTHING]:
        mine = every if reused is Reused.NOTHING else [t for t in every if t.player == player]
        # What got no answer may have come to nothing.
        unsure = {Foreign.NOTHING} if any(t.done is None for t in abroad) else set[Foreign]()
        for foreign in model.foreign | unsure if abroad else [Foreign.NOTHING]:
            match foreign:
                case Foreign.NOTHING:
                    yield mine
                case Foreign.UNDOES:
                    yield [replace(t, currency=currency) if t in abroad else t for t in mine]
                case Foreign.USES_UP:
                    yield [
                        t
                        for t in mine
                        if not any(t.of == one.of and _surely_before(one, t) for one in abroad)
                    ]


def _effects(every: Iterable[Transaction], player: str, currency: str, model: Model) -> list[Effect]:
    by_id: dict[str, list[Transaction]] = defaultdict(list)
    for transaction in every:
        by_id[transaction.id].append(transaction)
    claims = {key: _claims(same_id) for key, same_id in by_id.items()}

    def mine(t: Transaction) -> bool:
        return (t.player, t.currency) == (player, currency)

    named: dict[str, list[Transaction]] = defaultdict(list)
    for found in claims.values():
        for t in found:
            if t.of is not None and mine(t):
                named[t.of].append(t)
    orphans: dict[str, list[Transaction]] = defaultdict(list)
    if model.orphans_refused:
        for same_id in by_id.values():
            for t in same_id:
                if t.of is not None and t.refused is not None and mine(t):
                    orphans[t.of].append(t)
    result = []
    for key, found in claims.items():
        moving = [t for t in found if t.kind is not Kind.ROLLBACK and mine(t)]
        if not moving:
            continue
        base = {effect for t in moving for effect in _alone(t, model)}
        if any(_maybe_late(t, orphans[key], model) for t in moving):
            base.add(0)
        if len(moving) < len(found) or not any(t.done is not None for t in found):
            base.add(0)
        parts = (*moving, *named[key])
        again = [t for rollback in named[key] for t in named[rollback.id]]
        done = any(_surely_names(claims[r.id], key) and mine(r) for r in named[key])
        net = _net(base, moving, named[key], model) if named[key] else base
        options = net if done else net | base
        result.append(Effect(key, frozenset(options | base if again else options), (*parts, *again)))
    return result


def _alone(t: Transaction, model: Model) -> set[int]:
    """What ``t`` may have moved before any rollback: an ok that came after a refusal is the CLIENT's choice."""
    if t.after_refusal is False or t.kind is not Kind.BET:
        return {t.effect}
    moved = {RefusedCopy.TAKEN: t.effect, RefusedCopy.NOTHING: 0}
    return {moved[way] for way in model.refused_copy} | ({t.effect} if t.after_refusal is None else set())


def _maybe_late(t: Transaction, orphans: list[Transaction], model: Model) -> bool:
    """Whether ``t`` may have moved nothing, as a refused rollback of it may have come first and been remembered."""
    return Late.NOTHING in model.late(t.effect) and not all(_surely_before(t, one) for one in orphans)


def _surely_names(claims: list[Transaction], key: str) -> bool:
    return any(t.done is not None for t in claims) and all(
        (t.kind, t.of, t.player, t.currency) == (Kind.ROLLBACK, key, claims[0].player, claims[0].currency)
        for t in claims
    )


def _net(base: set[int], moving: list[Transaction], rollbacks: list[Transaction], model: Model) -> set[int]:
    """What may remain of ``base`` after the rollbacks that name it, where one of them was done.

    Which of the two came first is open where they overlap; a rollback that surely came first makes the
    original a late one. (That a rollback of a rollback may apply the original again, RBK-11, is the
    caller's to add.)
    """
    net = {0} if 0 in base else set()
    for effect in base - {0}:
        late = model.late(effect)
        remains = ({0} if Late.NOTHING in late else set()) | ({effect} if late - {Late.NOTHING} else set())
        void = any(_surely_before(r, t) for r in rollbacks for t in moving)
        if void and late == {Late.NOTHING}:
            return {0}
        for rollback in rollbacks:
            if not all(_surely_before(rollback, t) for t in moving):
                net |= model.left(effect, rollback.amount)
            if not all(_surely_before(t, rollback) for t in moving):
                net |= remains
    return net


def _surely_before(one: Transaction, other: Transaction) -> bool:
    return one.done is not None and one.done < other.invoked
