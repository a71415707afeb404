"""Findings that one fault explains, together: what happened, the rules that it breaks, and the money at stake."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from scenarios.contract import RULES, Level, Observed
from scenarios.contract.follows import FOLLOWS, IN_EVERY_BALANCE
from scenarios.report.accusation import happened
from scenarios.report.schema.report import ToFix
from scenarios.run.findings import Finding, RuleVerdict, Standing, worst
from scenarios.run.run import Run
from simulators.exchanges.history import Exchange, Purpose
from simulators.values import money
from simulators.wallet.transactions import Transaction

# Answers in a form of their own: where two are alike, one place in the CLIENT wrote them.
_FORMS = (Observed.UNREADABLE, Observed.FAILED, Observed.SILENT)
# A finding that says that something was done, by the answer or by the money, or that too little was left for a bet.
_DONE = (Observed.MONEY, Observed.DONE, Observed.OTHER)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding, and what the grouping looks at: kinds of transactions, exchanges, and the form of its answer."""

    finding: Finding
    verdict: RuleVerdict
    currency: str
    kinds: frozenset[str]
    numbers: frozenset[int]
    form: tuple[object, ...] | None

    @property
    def rule(self) -> str:
        """The rule that it is about."""
        return self.finding.rule


@dataclass(slots=True)
class Root:
    """What one fault is behind: ``evidence`` begins with that of the rule that names it."""

    evidence: list[Evidence]

    @property
    def rule(self) -> str:
        """The rule that says what there is to fix."""
        return self.evidence[0].rule

    @property
    def verdicts(self) -> list[RuleVerdict]:
        """All rules that it breaks, the one that names it first, the others in the order of the contract."""
        found = {each.rule: each.verdict for each in self.evidence}
        return [found.pop(self.rule), *(found[rule] for rule in RULES if rule in found)]

    @property
    def finding(self) -> Finding:
        """What happened: the gravest case of the rule that names it."""
        return worst([each.finding for each in self.naming])

    @property
    def naming(self) -> list[Evidence]:
        """The evidence of the rule that names it."""
        return [each for each in self.evidence if each.rule == self.rule]

    @property
    def level(self) -> Level:
        """MUST where a MUST is broken."""
        must = any(each.finding.level is Level.MUST for each in self.evidence)
        return Level.MUST if must else Level.SHOULD

    @property
    def stake(self) -> tuple[Decimal, str]:
        """The most money that one of its findings is off by, and the currency."""
        return max((each.finding.off, each.currency) for each in self.evidence)


def to_fix(run: Run, verdicts: Sequence[RuleVerdict]) -> list[ToFix]:
    """What there is to fix, worst first, as terminal, reports, step summary and console show it."""
    return [
        ToFix(
            rule=root.rule,
            rules=[verdict.rule.id for verdict in root.verdicts],
            level=str(root.level),
            headline=happened(run, root.finding),
            off=_figure(*root.stake),
            currency=root.stake[1],
        )
        for root in roots(run, verdicts)
    ]


def _figure(amount: Decimal, currency: str) -> str:
    """``amount`` with the decimals of ``currency``, where there is one."""
    return money.figure(amount, currency) if currency else format(amount, "f")


def roots(run: Run, verdicts: Sequence[RuleVerdict]) -> list[Root]:
    """What there is to fix: the broken rules of ``verdicts``, worst first. Each rule is in one of them at least."""
    return grouped(chain.from_iterable(_evidence(run, one) for one in verdicts))


def grouped(evidence: Iterable[Evidence]) -> list[Root]:
    """``evidence`` by what is behind it, worst first."""
    found: list[Root] = []
    for each in sorted(evidence, key=_rank):
        root = _root_of(each, found)
        if root is None:
            found.append(Root([each]))
        else:
            root.evidence.append(each)
    return sorted(found, key=lambda root: (root.level is not Level.MUST, -root.stake[0]))


def _evidence(run: Run, verdict: RuleVerdict) -> Iterator[Evidence]:
    if verdict.standing not in (Standing.FAILED, Standing.WARNED):
        return
    usual = next((player.currency for player in run.players), "")
    for result in verdict.results:
        for finding in result.of(verdict.rule.id):
            shown = [run.history[number] for number in dict.fromkeys(finding.exchanges)]
            telling = [exchange for exchange in shown if exchange.purpose is not Purpose.PROBE]
            did = [exchange for exchange in telling if exchange.number in finding.blamed] or telling
            yield Evidence(
                finding,
                verdict,
                finding.currency or result.currency or usual,
                frozenset(one.message.kind for one in did if isinstance(one.message, Transaction)),
                frozenset(one.number for one in did),
                _form(finding, telling or shown),
            )


def _form(finding: Finding, exchanges: Sequence[Exchange]) -> tuple[object, ...] | None:
    """What an answer looks like that says nothing of what was done; None where it does, or a balance decides."""
    if finding.observed not in _FORMS or not exchanges:
        return None
    last = exchanges[-1]
    if finding.observed is Observed.UNREADABLE:
        return finding.observed, last.answer.status if last.answer is not None else None
    return finding.observed, last.purpose, last.race is not None


_ORDER = {rule: place for place, rule in enumerate(FOLLOWS)}


def _rank(each: Evidence) -> tuple[bool, int, bool]:
    """Rules that lead come first, in their order, and of each what answers show; stories, which mix all, come last."""
    return _is_story(each), _ORDER.get(each.rule, len(_ORDER)), each.finding.observed is Observed.MONEY


def _root_of(each: Evidence, found: Sequence[Root]) -> Root | None:
    """That of ``found`` which explains ``each``, by the surest sign; None where none does."""
    for sign in (_shares, _same_rule, _same_form, _follows, _same_mistake, _in_every_balance, _in_a_story):
        for root in found:
            if sign(each, root):
                return root
    return None


def _shares(each: Evidence, root: Root) -> bool:
    """It is about an exchange that the root is about."""
    return any(each.numbers & one.numbers for one in root.evidence)


def _same_rule(each: Evidence, root: Root) -> bool:
    """It is another case of the rule that names the root, or of another that it breaks, with the same kind."""
    named = each.rule == root.rule and any(_same_way(each.finding, one.finding) for one in root.naming)
    return named or any(each.rule == one.rule and _alike(each, one) for one in root.evidence)


def _same_form(each: Evidence, root: Root) -> bool:
    """It was answered in the same strange form."""
    return each.form is not None and any(each.form == one.form for one in root.evidence)


def _follows(each: Evidence, root: Root) -> bool:
    """Whoever breaks the rule that names the root in the way it is broken breaks this one as well."""
    if each.rule not in FOLLOWS.get(root.rule, ()):
        return False
    # Where plain wagers move wrong amounts, too little is left for others, of any kind.
    return root.rule in IN_EVERY_BALANCE or any(
        _alike(each, one) and _same_way(each.finding, one.finding) for one in root.naming
    )


def _same_mistake(each: Evidence, root: Root) -> bool:
    """Its balance is what the mistake would leave that the rule which names the root was seen broken by."""
    mistake = _mistake(each.finding)
    return mistake is not None and mistake in {_mistake(one.finding) for one in root.naming}


def _in_every_balance(each: Evidence, root: Root) -> bool:
    """Plain wagers move wrong amounts, and its balance is explained by no mistake, or by one that is known of it."""
    if root.rule not in IN_EVERY_BALANCE or each.finding.observed is not Observed.MONEY:
        return False
    named = any(one.finding.observed is Observed.MONEY for one in root.naming)
    return named and _mistake(each.finding) in {_mistake(one.finding) for one in root.evidence} | {None}


def _in_a_story(each: Evidence, root: Root) -> bool:
    """It is a generated history with such transactions, in which what is wrong by itself is wrong as well."""
    return _is_story(each) and any(
        _alike(each, one) and _same_way(each.finding, one.finding) for one in root.naming
    )


def _is_story(each: Evidence) -> bool:
    return each.verdict.rule.group == "INV"


def _mistake(finding: Finding) -> tuple[str, str] | None:
    return None if finding.mistake is None else (finding.mistake.act, finding.mistake.kind)


def _alike(one: Evidence, other: Evidence) -> bool:
    return not one.kinds or not other.kinds or bool(one.kinds & other.kinds)


def _same_way(one: Finding, other: Finding) -> bool:
    return one.observed is other.observed or (one.observed in _DONE and other.observed in _DONE)
