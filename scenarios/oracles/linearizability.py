"""Judging a concurrent history of one player: do all answers, and the balance read at the end, fit in some
order?

Implements ``contract.md``, INV-04, against the wallet model of part A: a bet needs the funds, a rollback
undoes its bet or keeps it from ever applying, a refused bet saw too little money, a request without an
answer may have happened or not. Answers carry no balance, so the audited final balance belongs to the
history as a read: without it a double debit cannot be seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from math import inf

from scenarios.oracles import text
from scenarios.oracles.acceptable import Acceptable, acceptable
from scenarios.oracles.attempts import READ, Record, attempts, places, settle, to_units
from scenarios.oracles.model import DOCUMENTED, CopyAnswer, Model, RefusedCopy
from scenarios.oracles.search import Budget, Found, Operation, Search, Step
from simulators.exchanges.history import Exchange, Status
from simulators.wallet.transactions import Kind

FINAL_READ = "the final balance"


class Verdict(StrEnum):
    """How a history is judged. Undecided is never a pass."""

    LEGAL = "legal"
    ILLEGAL = "illegal"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and what it rests on.

    ``reached`` is the operation that could not be placed (illegal) or the last one tried (undecided);
    ``prefix`` are the operations up to it, by return: the shortest part of the history for which no order
    fits; ``pending`` are those invoked but not answered by then. ``account`` tells that part for people, line by line;
    it is empty where ``why`` says all.
    """

    verdict: Verdict
    why: str = ""
    steps: int = 0
    seconds: float = 0.0
    reached: Operation | None = None
    prefix: tuple[Operation, ...] = ()
    pending: tuple[Operation, ...] = ()
    account: tuple[str, ...] = ()

    @property
    def legal(self) -> bool:
        """Whether some order surely fits."""
        return self.verdict is Verdict.LEGAL


@dataclass
class Prepared:
    """The operations of a history, and what forbids (``violation``) or prevents (``doubt``) a search.

    ``choices`` names the fields of the model that matter to it.
    """

    operations: list[Operation] = field(default_factory=list)
    violation: str | None = None
    doubt: str | None = None
    choices: set[str] = field(default_factory=set)


def judge(
    exchanges: Iterable[Exchange],
    player: str,
    opening: Decimal,
    final: Decimal,
    currency: str,
    *,
    model: Model = DOCUMENTED,
    budget: Budget | None = None,
) -> Judgement:
    """Judge the history of one ``player`` between two audited balances, both amounts of ``currency``.

    Only genuine callbacks count. ``final`` must have been read when no request was under way.
    """
    listed = list(exchanges)
    decimals = places(listed, opening, final)
    every = attempts(listed, decimals)
    records = [r for r in every if r.player == player and r.currency == currency]
    if shared := _shared_with_others(records, every):
        return Judgement(Verdict.ILLEGAL, shared)
    end = max((t for r in every for t in (r.invoked, r.answered) if t is not None), default=0.0)
    read = Record(READ, FINAL_READ, to_units(final, decimals), end + 1, end + 2, Status.OK)
    units = to_units(opening, decimals)
    judgement = check(
        [*records, read], units, decimals=decimals, currency=currency, model=model, budget=budget
    )
    at_the_end = judgement.reached is not None and judgement.reached.id == FINAL_READ
    if judgement.verdict is Verdict.UNDECIDED or (judgement.verdict is Verdict.ILLEGAL and at_the_end):
        return _by_sums(judgement, acceptable(listed, player, opening, currency, model), final)
    return judgement


def _by_sums(judgement: Judgement, oracle: Acceptable, final: Decimal) -> Judgement:
    """A final balance that no sum of effects gives fits no order either; and the sums can often say why."""
    if final in oracle:
        return judgement
    why = oracle.explain(final)
    account = (judgement.why, *judgement.account)
    return replace(judgement, verdict=Verdict.ILLEGAL, why=why, account=account)


def check(
    records: Sequence[Record],
    opening: int,
    *,
    decimals: int = 2,
    currency: str = "",
    model: Model = DOCUMENTED,
    budget: Budget | None = None,
) -> Judgement:
    """Judge the ``records`` of one player who held ``opening`` at first, in units of ``10 ** -decimals``.

    ``decimals`` and ``currency`` only serve the account. The caller puts the audited final balance in as a
    read.
    """
    prepared = prepare(records, model)
    money = text.Money(decimals, currency)
    if prepared.violation:
        return Judgement(Verdict.ILLEGAL, prepared.violation)
    if prepared.doubt:
        return Judgement(Verdict.UNDECIDED, prepared.doubt)
    budget = budget or Budget()
    # A CLIENT keeps to one way where there are several, so the whole history must fit one of them.
    best: Found | None = None
    for way in model.ways(prepared.choices):
        found = Search(prepared.operations, opening, way).run(budget)
        if best is None or _further(found) > _further(best):
            best = found
        if found.legal:
            break
    assert best is not None
    return _judgement(best, prepared.operations, opening, money)


def _further(found: Found) -> tuple[bool, bool, int]:
    return (found.legal is True, found.legal is None, found.reached)


def _judgement(found: Found, operations: Sequence[Operation], opening: int, money: text.Money) -> Judgement:
    if found.legal:
        return Judgement(Verdict.LEGAL, steps=found.steps, seconds=found.seconds)
    reached = found.order[found.reached]
    prefix = found.order[: found.reached + 1]
    later = [*found.order[found.reached + 1 :], *(o for o in operations if not o.definite)]
    pending = tuple(o for o in later if o.invoked <= reached.answered)
    if found.legal is None:
        verdict = Verdict.UNDECIDED
        why = text.undecided(reached, found.reached, len(found.order), found.steps, found.seconds)
    else:
        verdict, why = Verdict.ILLEGAL, text.misfit(reached, sorted(found.balances), money)
    account = tuple(text.account(opening, prefix, pending, money))
    return Judgement(verdict, why, found.steps, found.seconds, reached, prefix, pending, account)


def _shared_with_others(own: Iterable[Record], every: Iterable[Record]) -> str | None:
    done = {(r.kind, r.id): r for r in own if r.outcome is Status.OK}
    for other in every:
        mine = done.get((other.kind, other.id))
        if mine and other.outcome is Status.OK and other.player != mine.player:
            return text.two_players(other.kind, other.id, mine.player, other.player)
    return None


def prepare(records: Iterable[Record], model: Model = DOCUMENTED) -> Prepared:
    """Group the attempts of one player into operations; linear in their number."""
    prepared = Prepared()
    groups: dict[str, dict[Kind, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if isinstance(record.kind, Kind):
            groups[record.id][record.kind].append(record)
        elif record.outcome is Status.OK:
            end = record.invoked if record.answered is None else record.answered
            prepared.operations.append(Operation(Step.READ, record.id, record.amount, record.invoked, end))
    effective: dict[str, tuple[Kind, Record]] = {}
    for kinds in groups.values():
        kept = _one_kind(kinds, prepared, model)
        for kind, group in kept.items():
            renamed = CopyAnswer.RENAMED in model.copy_answer
            prepared.violation = prepared.violation or text.contradiction(kind, group, renamed=renamed)
            _add(prepared, kind, group, effective, model)
    _resolve(prepared, effective)
    return prepared


def _one_kind(kinds: dict[Kind, list[Record]], prepared: Prepared, model: Model) -> dict[Kind, list[Record]]:
    """One id has an effect under one action only (IDM-06): the one that was surely first, or there is
    doubt.
    """
    if len(kinds) == 1:
        return kinds
    settled = {kind: settle(group, model) for kind, group in kinds.items()}
    live = {kind: s for kind, s in settled.items() if s.outcome is not Status.REFUSED}
    for kind, mine in live.items():
        others = [s for other, s in live.items() if other is not kind]
        if mine.done is not None and all(mine.done < s.invoked for s in others):
            return {kind: kinds[kind]}
    if len(live) > 1:
        record = next(iter(kinds.values()))[0]
        prepared.doubt = text.several_kinds(record.id, sorted(live))
    return {kind: kinds[kind] for kind in live} or kinds


_STEPS = {Kind.BET: Step.BET, Kind.RESULT: Step.CREDIT, Kind.ROLLBACK: Step.ROLLBACK}


def _add(
    prepared: Prepared,
    kind: Kind,
    group: list[Record],
    effective: dict[str, tuple[Kind, Record]],
    model: Model,
) -> None:
    settled = settle(group, model)
    live = [r for r in group if r.outcome is not Status.REFUSED]
    said = next((r for r in live if r.outcome is Status.OK), live[0] if live else group[0])
    if len({(r.amount, r.of) for r in live}) > 1 and settled.outcome is not Status.REFUSED:
        prepared.doubt = prepared.doubt or text.several_amounts(kind, said.id)
    # An ok that came after a refusal may repeat it without effect, where the CLIENT was seen to answer so (BET-05).
    hollow = (
        kind is Kind.BET and settled.after_refusal is not False and RefusedCopy.NOTHING in model.refused_copy
    )
    surely = hollow and settled.after_refusal is True
    telling = live == [] or CopyAnswer.REFUSED not in model.copy_answer
    if kind is Kind.BET and (settled.done is None or surely) and telling:
        _add_refusals(prepared, group)
    if surely and RefusedCopy.TAKEN not in model.refused_copy:
        return
    if settled.outcome is Status.REFUSED or (said.amount == 0 and kind is not Kind.ROLLBACK):
        return
    started = settled.invoked if settled.refused is None or settled.done is not None else settled.open_from
    assert started is not None
    end = inf if settled.done is None or hollow else settled.done
    effective[said.id] = (kind, said)
    prepared.operations.append(Operation(_STEPS[kind], said.id, said.amount, started, end, said.of))


def _add_refusals(prepared: Prepared, group: list[Record]) -> None:
    # One observation for all copies: the first one handled saw too little money, no later than the first
    # answer; the copies may have got again what was remembered (BET-05).
    refused = [r for r in group if r.outcome is Status.REFUSED and r.amount > 0]
    for amount in {r.amount for r in refused}:
        settled = settle(r for r in group if r.amount == amount)
        assert settled.refused is not None
        prepared.operations.append(
            Operation(Step.REFUSED, refused[0].id, amount, settled.invoked, settled.refused)
        )


def _resolve(prepared: Prepared, effective: dict[str, tuple[Kind, Record]]) -> None:
    """Look at what each rollback names: nothing that could apply (left out), a bet or result, or a
    rollback.
    """
    observed = {o.id for o in prepared.operations if o.step is Step.REFUSED}
    kept = []
    for operation in prepared.operations:
        if operation.step is not Step.ROLLBACK:
            kept.append(operation)
            continue
        kind, named = effective.get(operation.subject or "", (None, None))
        if kind is Kind.ROLLBACK and named is not None:
            kept.extend(_rollback_of_rollback(operation, named, effective))
        elif named is not None or operation.subject in observed:
            kept.append(operation)
            _choose(prepared, operation, named)
    prepared.operations = kept


def _choose(prepared: Prepared, rollback: Operation, named: Record | None) -> None:
    if named is None:
        return
    prepared.choices |= {"late_bet"} if named.kind is Kind.BET else {"late_result", "spent"}
    if named.amount != rollback.amount:
        prepared.choices.add("returned")


def _rollback_of_rollback(
    operation: Operation, named: Record, effective: dict[str, tuple[Kind, Record]]
) -> list[Operation]:
    """What rolling back a rollback does is left open (RBK-11): it may apply the original again, once."""
    kind, original = effective.get(named.of or "", (None, None))
    if original is None or kind is Kind.ROLLBACK:
        return []
    again = original.amount if kind is Kind.RESULT else -original.amount
    return [Operation(Step.ADJUST, operation.id, again, operation.invoked, inf)]
