"""The bench on which the judge sits in a pytest session: order, results, and putting everything back."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from scenarios import ENGINE
from scenarios.contract import RULES, Level
from scenarios.hosting.checkout import checkout_twin, undecidable
from scenarios.hosting.jackpot import jackpot_twin
from scenarios.hosting.operator import operator_twin
from scenarios.problems.errors import Exit, Problem, UsageProblem
from scenarios.report.files import write_reports
from scenarios.run.findings import (
    Finding,
    RuleVerdict,
    ScenarioResult,
    Standing,
    exit_code,
    judge_rule,
    message,
)
from scenarios.run.judge import Enough, Judge, Undecided, said, shortened
from scenarios.run.run import OutOfBounds, Run, TargetGone
from scenarios.runner.fixtures import JUDGE, RUN
from scenarios.wallet.probe_self_test import Diagnosis
from scenarios.wallet.probes import Unreadable


class Watcher(Protocol):
    """Told of the run's progress; a terminal or a page."""

    def planned(self, run: Run, scenarios: int) -> None:
        """``scenarios`` are about to run."""

    def finished(self, run: Run, result: ScenarioResult) -> None:
        """One scenario has ended."""


class Bench:
    """A pytest plugin that owns one run. ``problem`` is set where the target could not be judged at all."""

    def __init__(self, run: Run, watchers: list[Watcher] | None = None) -> None:
        self.__name__ = ENGINE
        self.run = run
        self.report: Path | None = None
        self.watchers = watchers or []
        self.problem: Problem | None = None
        self.finished = False
        self._planned: list[ScenarioResult] = []

    def verdicts(self) -> list[RuleVerdict]:
        """The verdict of every selected rule, in the contract's order."""
        results = [*self.run.results]
        chosen = set(self.run.settings.rules)
        return [judge_rule(rule, results) for rule in RULES.values() if rule.id in chosen]

    def exit_code(self) -> Exit:
        """The exit code that follows from the verdicts."""
        if self.problem is not None:
            return Exit(self.problem.exit_code)
        code = exit_code(self.verdicts(), strict=self.run.settings.strict)
        return Exit.UNDECIDED if self.run.interrupted and code is Exit.HOLDS else code

    def pytest_configure(self, config: pytest.Config) -> None:
        """Lend the run to the fixtures."""
        config.stash[RUN] = self.run

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the scenarios of the selected rules; risky ones late, judges of the whole history last."""
        chosen = set(self.run.settings.rules)
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            ids = scenario_rules(item)
            (kept if not ids or chosen & set(ids) else dropped).append(item)
        kept.sort(key=_turn)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Reach the target before the first scenario."""
        scenarios = [item for item in session.items if scenario_rules(item)]
        for item in scenarios:
            result = _result_of(item)
            self._planned.append(result)
            item.stash[JUDGE] = Judge(self.run, result)
        if not scenarios or session.config.option.collectonly:
            return
        try:
            self._try_twin(session.items)
            self.run.begin()
        except Problem as problem:
            self.problem = problem
            pytest.exit(str(problem), returncode=int(problem.exit_code))
        for watcher in self.watchers:
            watcher.planned(self.run, len(scenarios))

    def _try_twin(self, items: list[pytest.Item]) -> None:
        """Find out before the first wager whether the providers' APIs can be served, where needed."""
        operator = [item for item in items if "twin" in getattr(item, "fixturenames", ())]
        if any(not self._lacking(item) and not self._missing_section(item) for item in operator):
            with operator_twin(self.run):
                pass
        jackpot = [item for item in items if "jackpot" in getattr(item, "fixturenames", ())]
        if any(not self._lacking(item) and not self._missing_section(item) for item in jackpot):
            with jackpot_twin(self.run):
                pass
        checkout = [item for item in items if "checkout" in getattr(item, "fixturenames", ())]
        if any(not self._lacking(item) and not self._missing_section(item) for item in checkout):
            with checkout_twin(self.run):
                pass

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a scenario file that cannot even be read; its scenarios are missing from the verdict."""
        if report.failed:
            self.run.warnings.append(
                f"{report.nodeid or 'a scenario file'} could not be read: {_reason(report.longrepr)}"
            )

    def pytest_internalerror(self, excrepr: object) -> None:
        """Tell what went wrong in the judge itself."""
        self.run.warnings.append(f"the judge itself crashed: {_reason(excrepr)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what cannot be judged, with the reason or the line to add."""
        judge = item.stash.get(JUDGE, None)
        if judge is None:
            return
        history = self.run.history
        judge.result.first_exchange = len(history)
        history.scenario = judge.result.id
        whole = item.get_closest_marker("whole_history") is not None
        if self.run.gone_after is not None and not whole:
            pytest.skip(f"not run: the target stopped answering after {self.run.gone_after}")
        if missing := self._missing_section(item):
            pytest.skip(missing)
        for entry in self._lacking(item):
            pytest.skip(f"needs a driver entry: {self.run.driver.missing(entry)}")
        if self.run.diagnosis.why and not whole and "judge" in getattr(item, "fixturenames", ()):
            self._blame_basics(judge, reads="player" in getattr(item, "fixturenames", ()))

    def _missing_section(self, item: pytest.Item) -> str | None:
        """The section that ``item`` needs and the target file does not have, with what to add."""
        target, names = self.run.settings.target, getattr(item, "fixturenames", ())
        providers = {RULES[rule].provider for rule in scenario_rules(item)}
        try:
            if "jackpot" in providers:
                target.need_jackpot()
            if "checkout" in providers:
                deaf = undecidable(target.need_checkout()) if "checkout" in names else None
                if deaf is not None:
                    return deaf
            if "operator" in providers or {"player", "players", "operator"} & set(names):
                target.need_operator()
        except UsageProblem as problem:
            return f"{problem.came}; {problem.next_step}"
        return None

    def _lacking(self, item: pytest.Item) -> list[str]:
        """The driver entries that ``item`` needs and the target does not have."""
        marker = item.get_closest_marker("needs")
        entries = [entry for rule in scenario_rules(item) for entry in RULES[rule].needs]
        return [
            entry for entry in [*entries, *(marker.args if marker else ())] if not self.run.driver.has(entry)
        ]

    def _blame_basics(self, judge: Judge, *, reads: bool) -> None:
        _accuse(judge.result, self.run.diagnosis)
        if reads or judge.result.findings:
            raise Undecided(self.run.diagnosis.why)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Turn findings and exceptions into the scenario's standing and the test's outcome."""
        report: pytest.TestReport = yield  # type: ignore[assignment]
        judge = item.stash.get(JUDGE, None)
        if judge is None or (call.when == "teardown" and call.excinfo is None):
            return report  # type: ignore[return-value]
        result = judge.result
        if call.excinfo is not None:
            self._ended(judge, call.excinfo.value)
        if call.when == "call" or call.excinfo is not None:
            self._close(result)
            self._redact(result)
            _set_outcome(report, result, self.run)
            for watcher in self.watchers:
                watcher.finished(self.run, result)
        return report  # type: ignore[return-value]

    def _ended(self, judge: Judge, error: BaseException) -> None:
        result = judge.result
        match error:
            case pytest.skip.Exception():
                result.ended, result.reason = Standing.SKIPPED, str(error.msg)
            case Enough():
                pass  # what was found says it all
            case TargetGone():
                self._blame_gone(judge, str(error))
            case Undecided() | Unreadable() | OutOfBounds():
                result.ended, result.reason = Standing.UNDECIDED, str(error)
                if not result.findings:
                    _accuse(result, self.run.suspicion)
            case Problem():
                result.ended = Standing.UNDECIDED
                result.reason = f"{error.came}; {error.next_step}"
            case _:
                result.ended = Standing.UNDECIDED
                result.reason = f"the check crashed: {type(error).__name__}: {error}"

    def _blame_gone(self, judge: Judge, why: str) -> None:
        result = judge.result
        rule = next(rule for rule in result.rules if rule in self.run.settings.rules)
        if self.run.gone_after is None:
            self.run.gone_after = rule
            last = self.run.history[len(self.run.history) - 1]
            result.findings.append(
                Finding(
                    rule,
                    Level.MUST,
                    "the service keeps serving",
                    f"it stopped answering: {why}; {said(last)}",
                    tuple(range(max(0, len(self.run.history) - 6), len(self.run.history))),
                )
            )
        result.ended = Standing.UNDECIDED
        result.reason = f"the target stopped answering: {why}"

    def _redact(self, result: ScenarioResult) -> None:
        def clean(text: str) -> str:
            return shortened(self.run.redactor.text(text))

        result.reason = clean(result.reason)
        result.notes = {rule: [clean(note) for note in notes] for rule, notes in result.notes.items()}
        result.findings[:] = [
            replace(
                finding, seen=clean(finding.seen), expected=clean(finding.expected), case=clean(finding.case)
            )
            for finding in result.findings
        ]

    def _close(self, result: ScenarioResult) -> None:
        result.last_exchange = len(self.run.history)
        if result not in self.run.results:
            self.run.results.append(result)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Remember that the run is not whole."""
        if self.problem is None:
            self.run.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Put every player back, and account for the scenarios that never ran."""
        if self.finished:
            return
        self.finished = True
        self.run.history.scenario = None
        for result in self._planned:
            if result not in self.run.results:
                result.ended, result.reason = Standing.SKIPPED, "not run: the run was interrupted"
                self._redact(result)
                self.run.results.append(result)
        if self.run.gone_after is None:
            try:
                self.run.restore()
            except KeyboardInterrupt:
                self.run.warnings.append("interrupted while players were put back; check their balances")
            except Exception as error:
                self.run.warnings.append(f"players were not put back: {type(error).__name__}: {error}")
        elif self.run.gone_after is not None:
            self.run.warnings.append("players could not be put back: the target stopped answering")
        self.run.close()
        if self.report is not None and self.problem is None:
            write_reports(self.run, self.verdicts(), self.report)


def scenario_rules(item: pytest.Item) -> tuple[str, ...]:
    """The rules that a test proves; empty for a test that is no scenario. Raises UsageError."""
    marker = item.get_closest_marker("rules")
    ids = tuple(marker.args) if marker else ()
    for rule in ids:
        if rule not in RULES:
            raise pytest.UsageError(f"{item.nodeid} names rule {rule!r}, which the contract does not have")
    return ids


def scenario_id(item: pytest.Item) -> str:
    """``bet.takes_exactly_its_amount`` for test_takes_exactly_its_amount in test_bet.py."""
    module = item.path.stem.removeprefix("test_")
    return f"{module}.{item.name.removeprefix('test_')}"


def _result_of(item: pytest.Item) -> ScenarioResult:
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
    title = doc.strip().splitlines()[0]
    return ScenarioResult(scenario_id(item), title, scenario_rules(item), nodeid=item.nodeid)


def _accuse(result: ScenarioResult, found: Diagnosis) -> None:
    """Blame the culprit of ``found``, where ``result`` is about it."""
    if found.culprit in result.rules:
        result.judged.add(found.culprit)
        result.findings.append(
            Finding(
                found.culprit, Level.MUST, found.expected, found.seen, found.exchanges, "basics", found.off
            )
        )


def _reason(trace: object) -> str:
    """The line of a traceback, as pytest shows it, that names the error."""
    lines = str(trace).strip().splitlines() or [""]
    told = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return told[0] if told else lines[-1]


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("whole_history"):
        return sys.maxsize
    last = item.get_closest_marker("last")
    return 0 if last is None else int(last.args[0]) if last.args else 1


def _set_outcome(report: pytest.TestReport, result: ScenarioResult, run: Run) -> None:
    asked = [finding for finding in result.findings if finding.rule in run.settings.rules]
    broken = [finding for finding in asked if finding.level is Level.MUST or run.settings.strict]
    if broken:
        report.outcome = "failed"
        rules = sorted({finding.rule for finding in broken})
        report.longrepr = "\n".join(
            f"{rule} {RULES[rule].statement}\n  {message([f for f in broken if f.rule == rule])}"
            for rule in rules
        )
    elif result.ended is Standing.UNDECIDED:
        report.outcome = "failed"
        report.longrepr = f"undecided: {result.reason}"
    elif result.ended is None:
        report.outcome = "passed"
        if asked:
            report.sections.append(("warned", message(asked)))
