"""What report.html says, worked out from report.json: the verdict in one sentence, groups, evidence. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from markupsafe import Markup

from scenarios.contract import GROUPS
from scenarios.report.drawing.diagram import diagram
from scenarios.report.drawing.plot import balance_plot, load_plot
from scenarios.report.headline import headline
from scenarios.report.schema.report import Exchange, Finding, Report, Rule, Scenario, ToFix

# The order of the filters, gravest first, and the sign of each, which stands beside its colour.
SIGNS: dict[str, str] = {
    "failed": "✗",
    "warned": "!",
    "undecided": "?",
    "passed": "✓",
    "info": "i",
    "skipped": "–",
}
_FIXED = ("failed", "warned")
# Drawings that stand in the page itself, readable without JavaScript, in characters; later ones are packed.
STATIC_FIGURES = 400_000
# Rules that are open when the page is, broken ones, in order.
_OPEN = 4
# Of each scenario the first and the worst finding are drawn; so many findings are listed.
_LISTED = 20
# What the sentence about the audit says of it.
_IN_THE_SENTENCE = {"verdict", "players", "transactions", "off"}
# So many records of one kind the audit shows.
_ROWS = 100
_CURLS = 3


@dataclass(slots=True)
class Drawn:
    """A drawing: its markup, or the key under which it is packed."""

    title: str
    markup: Markup | None
    key: str


@dataclass(slots=True)
class ScenarioView:
    """One scenario as shown."""

    scenario: Scenario
    findings: list[Finding]
    more: int
    figures: list[Drawn]
    curls: list[Exchange]

    @property
    def numbers(self) -> str:
        """The numbers of its exchanges, for the page's script."""
        return " ".join(str(one.number) for one in self.scenario.exchanges)


@dataclass(slots=True)
class RuleView:
    """One rule as shown."""

    rule: Rule
    scenarios: list[ScenarioView]
    stake: str
    open: bool = False

    @property
    def broken(self) -> bool:
        """Whether there is something to fix, or to decide."""
        return self.rule.outcome in (*_FIXED, "undecided")

    @property
    def found(self) -> list[Finding]:
        """What broke it."""
        return [finding for view in self.scenarios for finding in view.scenario.findings]

    @property
    def happened(self) -> str:
        """What happened in the gravest case; why it is undecided, where nothing was found."""
        if not self.found:
            return self.rule.reason
        worst = _worst(self.found)
        case = f"{worst.case}: " if worst.case else ""
        more = f"; {len(self.found)} cases" if len(self.found) > 1 else ""
        return f"{worst.headline or f'{case}{worst.seen} (expected: {worst.expected})'}{more}"

    @property
    def has_story(self) -> bool:
        """Whether a generated history was saved for it."""
        return any(view.scenario.story for view in self.scenarios)


@dataclass(slots=True)
class GroupView:
    """A group of rules, and how many of them came out how."""

    name: str
    title: str
    rules: list[RuleView]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """Records of the audit as rows; ``more`` were left out."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    more: int


@dataclass(slots=True)
class Page:
    """All that the template shows. ``packed`` are drawings by rule and key that the page draws later.

    ``to_fix`` are the broken rules by what is behind them, worst first; ``undecided`` those that are, by the reason.
    """

    report: Report
    standing: str
    sentence: str
    counts: dict[str, int]
    groups: list[GroupView]
    to_fix: list[ToFix]
    undecided: dict[str, list[str]]
    load_plots: list[tuple[str, Markup]]
    audit_more: list[tuple[str, str]]
    audit_tables: list[Table]
    packed: dict[str, dict[str, Markup]] = field(default_factory=dict)


def page(report: Report) -> Page:
    """Work out what to show of ``report``."""
    packed: dict[str, dict[str, Markup]] = {}
    figures = _Figures(packed)
    views = [RuleView(one, _scenarios(one, figures), _stake(one, report.currency)) for one in report.rules]
    for view in [view for view in views if view.rule.outcome in _FIXED][:_OPEN]:
        view.open = True
    groups = [
        GroupView(name, GROUPS.get(name, ""), members, _counts([one.rule for one in members]))
        for name, found in groupby(views, key=lambda view: view.rule.id.partition("-")[0])
        if (members := list(found))
    ]
    undecided: dict[str, list[str]] = {}
    for view in views:
        if view.rule.outcome == "undecided":
            undecided.setdefault(view.happened, []).append(view.rule.id)
    standing, sentence = verdict(report)
    return Page(
        report,
        standing,
        sentence,
        _counts(report.rules),
        groups,
        _to_fix(report, views),
        undecided,
        list(_load_plots(report)),
        _audit_more(report),
        _audit_tables(report),
        packed,
    )


def _to_fix(report: Report, views: list[RuleView]) -> list[ToFix]:
    """What there is to fix: as the report says, else each broken rule alone."""
    if report.to_fix:
        return report.to_fix
    broken = sorted((view for view in views if view.rule.outcome in _FIXED), key=_gravity)
    return [
        ToFix(
            rule=view.rule.id,
            rules=[view.rule.id],
            level="MUST" if view.rule.outcome == "failed" else "SHOULD",
            headline=view.happened,
        )
        for view in broken
    ]


def _gravity(view: RuleView) -> tuple[int, Decimal]:
    return _FIXED.index(view.rule.outcome), -max(
        (_amount(each.off) for each in view.found), default=Decimal(0)
    )


@dataclass(slots=True)
class _Figures:
    """Draws, and decides which drawings stand in the page itself."""

    packed: dict[str, dict[str, Markup]]
    spent: int = 0

    def add(self, rule: str, title: str, markup: Markup) -> Drawn:
        key = str(len(self.packed.get(rule, {})))
        self.spent += len(markup)
        if self.spent <= STATIC_FIGURES:
            return Drawn(title, markup, "")
        self.packed.setdefault(rule, {})[key] = markup
        return Drawn(title, None, key)


def _scenarios(rule: Rule, figures: _Figures) -> list[ScenarioView]:
    return [_scenario(rule, one, figures) for one in rule.scenarios]


def _scenario(rule: Rule, scenario: Scenario, figures: _Figures) -> ScenarioView:
    by_number = {one.number: one for one in scenario.exchanges}
    drawn: list[Drawn] = []
    if scenario.balance is not None and (plot := balance_plot(scenario.balance)) is not None:
        drawn.append(figures.add(rule.id, f"Balance of {scenario.balance.player}", plot))
    for findings in _telling(scenario.findings):
        numbers = sorted({number for finding in findings for number in finding.exchanges} & set(by_number))
        if numbers:
            case = findings[0].case
            title = f"Messages: {case}" if case else "Messages"
            drawn.append(figures.add(rule.id, title, diagram([by_number[one] for one in numbers], findings)))
    first = scenario.findings[0].exchanges if scenario.findings else []
    curls = [by_number[number] for number in first if number in by_number and by_number[number].curl]
    return ScenarioView(
        scenario,
        scenario.findings[:_LISTED],
        max(0, len(scenario.findings) - _LISTED),
        drawn,
        [one for one in curls if one.direction == "to CLIENT"][:_CURLS],
    )


def _telling(findings: list[Finding]) -> list[list[Finding]]:
    """The first finding and the worst; in one drawing where they are about the same exchanges."""
    if not findings:
        return []
    first = findings[0]
    worst = _worst(findings)
    if worst is first:
        return [[first]]
    return [[first, worst]] if set(first.exchanges) & set(worst.exchanges) else [[first], [worst]]


def _worst(findings: list[Finding]) -> Finding:
    """A MUST before a SHOULD, then the most money; the first of equals."""
    return max(findings, key=lambda finding: (finding.level == "MUST", _amount(finding.off)))


def _stake(rule: Rule, currency: str) -> str:
    """The most money that one finding about ``rule`` is off by, with its currency; "" where none moved."""
    offs = [
        (_amount(found.off), one.currency or currency) for one in rule.scenarios for found in one.findings
    ]
    worst, named = max(offs, default=(Decimal(0), ""))
    return f"{worst:f} {named}".rstrip() if worst else ""


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return abs(amount) if amount.is_finite() else Decimal(0)


def _counts(rules: list[Rule]) -> dict[str, int]:
    return {outcome: sum(rule.outcome == outcome for rule in rules) for outcome in SIGNS}


def verdict(report: Report) -> tuple[str, str]:
    """How it stands (an outcome, for the colour) and the verdict in one sentence."""
    audit = "" if report.audit is None else _audit_sentence(report)
    if not report.rules and audit:
        standing = {"clean": "passed", "broken": "failed"}.get(report.audit.verdict if report.audit else "")
        return standing or "undecided", f"{audit[0].upper()}{audit[1:]}."
    standing, words = headline(
        dict(report.summary.must),
        dict(report.summary.should),
        strict=report.strict,
        interrupted=report.interrupted,
        gone=bool(report.target_gone),
    )
    if report.audit is not None and report.audit.verdict == "broken":
        standing = "failed"
    return standing, f"{words}; {audit}." if audit else f"{words}."


def _audit_sentence(report: Report) -> str:
    audit = report.audit
    assert audit is not None
    figures = f"{audit.players:,} players and {audit.transactions:,} transactions"
    match audit.verdict:
        case "clean":
            return f"the audit of {figures} is clean"
        case "broken" if _amount(audit.off):
            return f"the audit of {figures} finds balances off by {audit.off} in all"
        case "broken":
            return f"the audit of {figures} finds the contract broken"
    return f"the audit of {figures} could not be decided"


def _load_plots(report: Report) -> Iterator[tuple[str, Markup]]:
    if report.load is None:
        return
    moments = report.load.over_time
    plots = (
        (
            "Requests per second",
            load_plot(
                "Requests per second",
                moments,
                [("requests/s", lambda one: one.rate), ("failures/s", lambda one: one.failures)],
            ),
        ),
        (
            "Response times in milliseconds",
            load_plot(
                "Response times in milliseconds",
                moments,
                [
                    ("p50", lambda one: one.p50_ms),
                    ("p95", lambda one: one.p95_ms),
                ],
            ),
        ),
        (
            "Memory of the generator in MB",
            load_plot(
                "Memory of the generator in MB",
                report.load.memory,
                [
                    ("all processes", lambda one: one.bytes / 1e6),
                    ("the largest of them", lambda one: one.greatest / 1e6),
                ],
            ),
        ),
    )
    for title, plot in plots:
        if plot is not None:
            yield title, plot


def _audit_more(report: Report) -> list[tuple[str, str]]:
    """What else the audit says, one line an entry, whatever the entries are; those that say nothing are left out."""
    return [
        (_title(name), _reported(value))
        for name, value in _audit_extra(report)
        if value not in (None, "", [], {}) and not _is_table(value)
    ]


def _audit_tables(report: Report) -> list[Table]:
    """The audit's lists of records: players that are off, those that are open, and their like."""
    tables = []
    for name, value in _audit_extra(report):
        if _is_table(value):
            columns = list(dict.fromkeys(key for record in value for key in record))
            rows = [[_reported(record.get(key, ""), 1) for key in columns] for record in value[:_ROWS]]
            more = max(0, len(value) - _ROWS)
            tables.append(Table(_title(name), [_title(key) for key in columns], rows, more))
    return tables


def _audit_extra(report: Report) -> list[tuple[str, Any]]:
    """What the sentence about the audit does not say, as far as the file says it."""
    if report.audit is None:
        return []
    return list(report.audit.model_dump(exclude=_IN_THE_SENTENCE, exclude_unset=True).items())


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _title(name: str) -> str:
    return name.replace("_", " ")


def _reported(value: object, depth: int = 0) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_reported(one, depth + 1)}" for name, one in value.items())
    if isinstance(value, list):
        shown = [_reported(one, depth + 1) for one in value[:50]]
        more = [f"and {len(value) - 50} more"] if len(value) > 50 else []
        return ("; " if depth else "\n").join(shown + more) or "none"
    return "none" if value is None else str(value)
