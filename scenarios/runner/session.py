"""The judge in a pytest session: which scenarios run and when, their results, and everything put back at the end."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from scenarios.contract import RULES
from scenarios.oracles.answers import answers
from scenarios.problems.errors import Exit, Problem
from scenarios.run.balances import Undecided
from scenarios.run.begin import begin, in_currency
from scenarios.run.findings import RuleVerdict, ScenarioResult, Standing, exit_code, judge_rule
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.runner.ending import end
from scenarios.runner.fixture_values import Simulators
from scenarios.runner.fixtures import JUDGE, RUN, SIMULATORS
from scenarios.runner.lanes import AHEAD, Ahead, Lanes
from scenarios.runner.needs import (
    CURRENCY,
    check_declared,
    currency_of,
    in_any_currency,
    judges_history,
    lacking,
    needs_probe,
    players_for,
    provider_of,
    rules_of,
    sayable,
    served_for,
)
from scenarios.runner.order import Order
from scenarios.runner.outcome import accuse, broken_by, ended, error_line, redact, result_of, tell_pytest
from scenarios.runner.second_look import look
from scenarios.target.lock import PlayerLock
from simulators.providers import PROVIDERS
from simulators.values.clocks import watched


class Watcher(Protocol):
    """Called on the run's progress; a terminal or a page."""

    def planned(self, run: Run, scenarios: int) -> None:
        """``scenarios`` are about to run."""

    def finished(self, run: Run, result: ScenarioResult) -> None:
        """One scenario has ended."""

    def noticed(self, run: Run, text: str) -> None:
        """Something of the run itself that is to be known at once: that the CLIENT is waited for, say."""


class Session:
    """A pytest plugin that owns one run. ``problem`` is set where the target could not be judged at all.

    ``sure`` says that there are scenarios: the target is reached before they are read, which takes longer.
    """

    def __init__(
        self,
        run: Run,
        watchers: list[Watcher] | None = None,
        report: Path | None = None,
        *,
        sure: bool = False,
    ) -> None:
        self.run = run
        self.sure = sure
        self.report = report
        self.watchers = watchers or []
        self.problem: Problem | None = None
        self.finished = False
        self._planned: list[ScenarioResult] = []
        # The run in each further currency, by its code; "" is the players' own.
        self._runs: dict[str, Run] = {"": run}
        self._simulators = Simulators(run)
        self._keeping = threading.Lock()
        self._order = Order(run, self._tell)
        run.guard.tell = run.reach.tell = run.pace.tell = self._tell
        run.pace.slowed = self._order.slowed

    def _tell(self, text: str) -> None:
        for watcher in self.watchers:
            watcher.noticed(self.run, text)

    def verdicts(self) -> list[RuleVerdict]:
        """The verdict of every selected rule, in the contract's order."""
        results = [*self.run.results]
        chosen = set(self.run.settings.rules)
        stated = (self.run.settings.stated(rule) for rule in RULES if rule in chosen)
        return [judge_rule(rule, results, interrupted=self.run.interrupted) for rule in stated]

    def exit_code(self) -> Exit:
        """The exit code that follows from the verdicts."""
        if self.problem is not None:
            return Exit(self.problem.exit_code)
        code = exit_code(self.verdicts(), strict=self.run.settings.strict, known=self.run.settings.known)
        if self.run.gone_after is not None and code is not Exit.BROKEN:
            return Exit.UNREACHABLE
        return Exit.UNDECIDED if self.run.interrupted and code is Exit.HOLDS else code

    def pytest_configure(self, config: pytest.Config) -> None:
        """Lend the run to the fixtures, and notice from now on when this program is stopped."""
        config.stash[RUN], config.stash[SIMULATORS] = self.run, self._simulators
        watching = ExitStack()
        watching.enter_context(watched())
        config.add_cleanup(watching.close)
        if self.sure:
            # Nobody sees tracebacks; others take longer to write than the scenarios that end by an exception.
            config.option.tbstyle = "native"
        config.pluginmanager.register(self._order)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Reach the target, so that one that is down is reported at once; before it, look for a port that is taken."""
        if self.sure:
            with self._problems_end_it():
                self._try_ports()
                self.run.reach.begin()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the scenarios of the selected rules; risky ones late, judges of the whole history last."""
        chosen = set(self.run.settings.rules)
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            if ids := rules_of(item):
                check_declared(item)
            wanted = not ids or (chosen & set(ids) and sayable(item, self.run))
            (kept if wanted else dropped).append(item)
        self._order.sort(kept)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Judge each scenario about money once more in every further currency that was agreed on and has a player."""
        least = players_for(metafunc.definition)[0]
        players = Counter(player.currency for player in self.run.further_players)
        further = [code for code, count in players.items() if count >= least]
        if further and CURRENCY in metafunc.fixturenames and in_any_currency(metafunc.definition):
            metafunc.parametrize(CURRENCY, ["", *further], ids=[pytest.HIDDEN_PARAM, *further], indirect=True)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Reach the target before the first scenario."""
        scenarios = [item for item in session.items if rules_of(item)]
        for item in scenarios:
            result = result_of(item)
            self._planned.append(result)
            item.stash[JUDGE] = Judge(self.run, result)
        # What a further currency has once more is reckoned by their number.
        able = [item for item in scenarios if lacking(item, self.run) is None]
        self.run.planned = Counter(provider_of(item) for item in able if not currency_of(item))
        if not scenarios or session.config.option.collectonly:
            return
        with self._problems_end_it():
            self._try_to_serve(scenarios)
            self._lock_players()
            begin(self.run)
            self._begin_further(scenarios)
        self._order.said_about = self.run.about or 0.0
        for watcher in self.watchers:
            watcher.planned(self.run, len(scenarios))

    def _begin_further(self, scenarios: list[pytest.Item]) -> None:
        """Find out in each further currency whether balances can be read, and let its scenarios have its players."""
        wanted = {currency_of(item) for item in scenarios}
        for code in self.run.further_currencies:
            if code in wanted:
                self._runs[code] = in_currency(self.run, code)
        for item in scenarios:
            item.stash[JUDGE].run = self._runs[currency_of(item)]

    def _lock_players(self) -> None:
        """Tell of another run that uses the same players."""
        players = (player.id for player in (*self.run.players, *self.run.other_players))
        self.run.lock = PlayerLock.on(self.run.reach.address, players)
        if note := self.run.lock.note():
            self.run.warn(note)
            self._tell(note)

    @contextmanager
    def _problems_end_it(self) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            self.problem = problem
            pytest.exit(str(problem), returncode=int(problem.exit_code))

    def _try_ports(self) -> None:
        target, has = self.run.settings.target, self.run.driver.has
        rules = [RULES[name] for name in self.run.settings.rules]
        asked = {rule.provider for rule in rules if rule.served and all(map(has, rule.needs))}
        for name in PROVIDERS:
            if name in asked and (section := getattr(target, name)) is not None:
                # Loaded when one is needed.
                from scenarios.hosting.host import try_address

                try_address(name, section.listen_address)

    def _try_to_serve(self, scenarios: list[pytest.Item]) -> None:
        """Find out before the first wager whether the providers' APIs can be served, where needed."""
        wanted = [name for item in scenarios for name in served_for(item) if lacking(item, self.run) is None]
        for name in dict.fromkeys(wanted):
            self._simulators.of(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Let run side by side, before the others, what can run so."""
        if self.sure and not session.config.option.collectonly:
            session.config.pluginmanager.register(
                Ahead(Lanes(self.run, self._simulators, session.items, self._keep_from_lane))
            )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a scenario file that cannot even be read; its scenarios are missing from the verdict."""
        if report.failed:
            self.run.warn(
                f"{report.nodeid or 'a scenario file'} could not be read: {error_line(report.longrepr)}"
            )

    def pytest_internalerror(self, excrepr: object) -> None:
        """Tell what went wrong in the judge itself."""
        self.run.warn(f"the judge itself crashed: {error_line(excrepr)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what cannot be judged, with the reason or the line to add."""
        judge = item.stash.get(JUDGE, None)
        if judge is None:
            return
        history = self.run.history
        history.scenario = judge.result.id
        if item.stash.get(AHEAD, False):
            return
        judge.result.first_exchange, judge.result.began = len(history), history.now()
        if self.run.gone_after is not None and not judges_history(item):
            pytest.skip(f"not run: the target stopped answering after {self.run.gone_after}")
        if (missing := lacking(item, self.run)) is not None:
            pytest.skip(missing)
        if self.run.guard.over and not judges_history(item):
            raise Undecided(f"not run: {self.run.guard.limit}")
        if judge.result.currency and self.run.diagnosis.why:
            pytest.skip(f"not run in {judge.result.currency}: {self.run.diagnosis.why}")
        if not judges_history(item):
            self._look_at_balances(item, judge)

    def _look_at_balances(self, item: pytest.Item, judge: Judge) -> None:
        """Blame who keeps balances from being read. Raises Undecided where ``item`` says nothing without them."""
        run = judge.run
        if not run.diagnosis.why:
            return
        accuse(judge.result, run.diagnosis.noticed)
        if judge.result.findings or (needs_probe(item) and not run.at_its_word):
            raise Undecided(run.diagnosis.why)
        if needs_probe(item):
            judge.result.unreported = run.diagnosis.why
            asked = [RULES[rule] for rule in rules_of(item)]
            if not any(rule.by_answers or rule.broken_by_answers for rule in asked):
                raise Undecided(run.diagnosis.why)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """Judge again what a CLIENT that went away interrupted; look again at what broke a rule before saying so."""
        judge = pyfuncitem.stash.get(JUDGE, None)
        error: Exception | None = None
        outcome: object = None
        try:
            outcome = yield
        except Exception as ending:
            error = ending
        # Every later look comes through here, too.
        if judge is not None and not judge.again and not judges_history(pyfuncitem):
            error = look(pyfuncitem, judge, error)
        if error is not None:
            raise error
        return outcome  # type: ignore[return-value]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Turn findings and exceptions into the scenario's standing and the test's outcome."""
        report: pytest.TestReport = yield  # type: ignore[assignment]
        judge = item.stash.get(JUDGE, None)
        if judge is None or (call.when == "teardown" and call.excinfo is None):
            return report  # type: ignore[return-value]
        result = judge.result
        if call.excinfo is not None:
            ended(self.run, result, call.excinfo.value, judge.run.suspicion.noticed)
        if call.when == "call" or call.excinfo is not None:
            if not item.stash.get(AHEAD, False):
                result.seconds = self.run.history.now() - result.began
            self._count_answers(result, whole=judges_history(item))
            for noticed in judge.run.noticed:
                accuse(result, noticed)
            self._keep(result)
            tell_pytest(report, result, self.run)
            if self.run.settings.first_only and broken_by(result, self.run):
                item.session.shouldfail = "the run was to end with the first that breaks a rule"
        return report  # type: ignore[return-value]

    def _keep_from_lane(self, result: ScenarioResult) -> bool:
        """Take over a scenario that ran in a lane; False where it was answered too seldom to tell."""
        self._count_answers(result, whole=False)
        if result.ended is not None:
            result.ended, result.reason = None, ""
            return False
        self._keep(result)
        return True

    def _count_answers(self, result: ScenarioResult, *, whole: bool) -> None:
        """Note on how many answers ``result`` rests; where they are too few to tell, it is undecided."""
        sent = self.run.while_there(None if whole else self.run.sent_in(result))
        result.answers = answers(sent, own=whole)
        if result.ended is None and result.answers.too_few:
            result.ended, result.reason = Standing.UNDECIDED, result.answers.too_few

    def _keep(self, result: ScenarioResult) -> None:
        """Take over how a scenario ended, and tell of it, once; lanes do so, too."""
        with self._keeping:
            redact(result, self.run.redactor.text)
            if any(result is one for one in self.run.results):
                return
            self.run.results.append(result)
            for watcher in self.watchers:
                watcher.finished(self.run, result)

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
        self._simulators.close()
        end(self.run, self._runs, self._planned, self._tell)
        if self.report is not None and self.problem is None:
            from scenarios.report.write import write_reports

            write_reports(self.run, self.verdicts(), self.report)
