"""Ties the audit to Locust's events: one class for each role that a process may play.

``Worker`` plays its part when the master calls; ``Alone`` and ``Master`` come to the verdict (``judge``). The order in
which Locust ends a run decides where things are done:

* ``test_stopping`` comes first on every way to stop, while workers still play and the master still listens: the whole
  audit happens in it, on the master or in a run of one process. It is the runner that waits.
* Ctrl-C makes Locust write its HTML before it tells anyone: see ``loadtests.audit.interrupts``.
* ``quitting`` sets the exit code, last of all (its handlers run in reverse order), never to a milder one.

An exception in a handler is only logged by Locust: here it becomes "undecided".
"""

import logging
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import run
from loadtests.audit import coordinator
from loadtests.audit.coordinator import Roster
from loadtests.audit.interrupts import Interrupts
from loadtests.audit.judge import Judge
from loadtests.audit.options import add_options, read_options
from loadtests.audit.outcome import web_tab
from loadtests.audit.outcome.verdict import AuditVerdict
from loadtests.audit.worker import WorkerAudit
from loadtests.audit.worker_rpc import RpcClient, RpcServer
from loadtests.run import Traffic
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.files import prepare_directory
from simulators.exchanges.redaction import Redactor

log = logging.getLogger(__name__)

# The key of snapshots in the workers' reports.
SNAPSHOT: Final = "pitboss"
# How long a worker that was interrupted waits for the master's call, in seconds.
_PATIENCE: Final = 5.0
# How long workers may take to send their statistics, or to let traffic go on, in seconds.
_PROMPTLY: Final = 15.0


class Worker:
    """The audit on a worker: of the players that it plays, when the master calls for it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._audit: WorkerAudit | None = None
        # The master wants the audit of the end.
        self._last = Event()
        runner = environment.runner
        assert isinstance(runner, WorkerRunner)
        RpcServer(runner, {name: partial(self._answer, name) for name in coordinator.PROCEDURES})
        environment.events.report_to_master.add_listener(self._on_report_to_master)

    def begin(self) -> None:
        """A test begins."""
        self._last.clear()
        if self._audit is not None:
            self._audit.close()
        self._audit = start_audit(self.environment)

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        if self._audit is not None:
            data[SNAPSHOT] = self._audit.snapshot()

    def _answer(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("last"):
            self._last.set()
        if self._audit is None:  # an empty result would pass for one in which all is well
            raise LookupError("the test did not start properly in this worker")
        return coordinator.dispatch(self._audit, name, given)

    def interrupted(self) -> bool:
        """Ctrl-C: say whether Locust is to end now. The master, struck by the same, calls and then lets this go."""
        return not self._last.wait(timeout=_PATIENCE)


def start_audit(environment: Environment) -> WorkerAudit | None:
    """The audit of the test that begins in this process; None, with an error in the log, where there is none."""
    try:
        traffic, parsed = run.of(environment), environment.parsed_options
        assert parsed is not None
        return WorkerAudit(environment, traffic, read_options(parsed, traffic.ledger.currency))
    except (UsageProblem, LookupError) as problem:
        log.error("nothing can be audited: %s", problem)  # noqa: TRY400 - the beats say it all
        environment.process_exit_code = int(Exit.USAGE)
    except Exception:
        log.exception("nothing can be audited")
    return None


class Alone(Judge):
    """The audit of a run of one process."""

    _audit: WorkerAudit | None = None

    def begin(self, parsed: Namespace) -> None:  # noqa: ARG002
        """Audit the traffic of this process."""
        self.close()
        self._audit = start_audit(self.environment)
        if self._audit is not None:
            self.options = self._audit.options

    def judge(self, *, last: bool) -> AuditVerdict | None:
        """Audit the players of this process."""
        if self._audit is None:
            return None
        return coordinator.audit_alone(self.environment, self._audit, self.options, last=last)

    def snapshots(self) -> list[dict[str, Any]]:
        """The figures of this process."""
        return [] if self._audit is None else [self._audit.snapshot()]

    def known(self) -> tuple[Sequence[str], str, int]:
        """Players, currency, and the one process."""
        ledger = None if self._audit is None else self._audit.ledger
        return ((), "EUR", 1) if ledger is None else (ledger.players, ledger.currency, 1)

    def resume(self) -> str:
        """Open the gate again."""
        resumed = self._audit is not None and self._audit.resume()
        return "" if resumed else "the gate was not opened again"

    def flush(self) -> int:
        """The statistics are always up to date."""
        return 0 if self._audit is None else self._audit.preparing

    def close(self) -> None:
        """Close the audit's own connections."""
        if self._audit is not None:
            self._audit.close()
            self._audit = None


class Master(Judge):
    """The audit of a run of several workers, each of which makes its part."""

    def __init__(self, environment: Environment, patience: float) -> None:
        """``patience`` is seconds without a word of a worker after which it is lost."""
        super().__init__(environment)
        runner = environment.runner
        assert isinstance(runner, MasterRunner)
        self._rpc = RpcClient(runner, patience)
        self._roster: Roster | None = None
        environment.events.worker_connect.add_listener(self._on_worker_connect)
        environment.events.worker_report.add_listener(self._on_worker_report)
        environment.events.test_stop.add_listener(self._on_test_stop)

    def _on_test_stop(self, **_: Any) -> None:
        """End a run without a page where no worker is left: Locust would sit out the rest of its --run-time."""
        verdict, parsed = self.verdict, self.environment.parsed_options
        if verdict is None or parsed is None or not parsed.headless or len(verdict.lost) < verdict.workers:
            return
        log.error("all workers are lost: the run ends")
        assert self.environment.runner is not None
        # Not from here: it ends the greenlet that is telling us.
        gevent.spawn(self.environment.runner.quit)

    def _on_worker_connect(self, client_id: str, **_: Any) -> None:
        """Say what a worker does that comes when the test has started: Locust gives it users all the same."""
        if self.state == "playing" and self._roster is not None and client_id not in self._roster.workers:
            log.warning(
                "a worker joined when the test had started: it plays nobody, and users that Locust moves to it "
                "stand still; start the test again to use it"
            )

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Keep the newest of each: they are cumulative."""
        if self._roster is not None and SNAPSHOT in data:
            self._roster.snapshots[client_id] = data[SNAPSHOT]

    def begin(self, parsed: Namespace) -> None:
        """Write down who plays."""
        self._roster = None
        workers = list(getattr(parsed, run.WORKERS, []))
        traffic: Traffic = run.make(parsed, self.environment.host, run.Shard(-1, max(1, len(workers))))
        traffic.ledger.close()
        self.options = read_options(parsed, traffic.ledger.currency)
        redactor = Redactor(traffic.target.secrets())
        self._roster = Roster(traffic.players, traffic.ledger.currency, workers, traffic.asked, redactor)

    def judge(self, *, last: bool) -> AuditVerdict | None:
        """Have every worker audit its players."""
        if self._roster is None:
            return None
        return coordinator.audit_workers(self.environment, self._rpc, self._roster, self.options, last=last)

    def snapshots(self) -> list[dict[str, Any]]:
        """What the workers told last."""
        return [] if self._roster is None else list(self._roster.snapshots.values())

    def known(self) -> tuple[Sequence[str], str, int]:
        """Players, currency and number of the workers."""
        roster = self._roster
        return ((), "EUR", 1) if roster is None else (roster.players, roster.currency, len(roster.workers))

    def resume(self) -> str:
        """Have every worker open its gate again."""
        if self._roster is None:
            return "the test did not start properly"
        answers, failures = self._rpc.call("resume", self._roster.workers, _PROMPTLY)
        failures |= {worker: "it did not go on" for worker, said in answers.items() if not said["resumed"]}
        return "; ".join(self._roster.named(*each) for each in failures.items())

    def flush(self) -> int:
        """Have every worker send its statistics."""
        workers = [] if self._roster is None else self._roster.workers
        answers, _ = self._rpc.call("flush", workers, _PROMPTLY)
        return sum(said["preparing"] for said in answers.values())

    def close(self) -> None:
        """Nothing: its connections are Locust's."""

    def lost(self) -> str:
        """The workers that have quit, or are not heard any more."""
        if self._roster is None or self.state != "playing":
            return ""
        missing = ((worker, self._rpc.lost(worker)) for worker in self._roster.workers)
        return "; ".join(self._roster.named(worker, why) for worker, why in missing if why)


_judges: WeakKeyDictionary[Environment, Judge] = WeakKeyDictionary()
_workers: WeakKeyDictionary[Environment, Worker] = WeakKeyDictionary()


def of(environment: Environment) -> Judge:
    """Who judges the run of ``environment``. Raises KeyError before Locust's ``init``, and on a worker."""
    return _judges[environment]


def register(events: Events) -> None:
    """Audit every test that is run with ``events``."""
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_on_init)
    # From here on: a worker's first test may have begun when it is made, and events call who listened then.
    events.test_start.add_listener(_on_test_start)


def _on_test_start(environment: Environment, **_: Any) -> None:
    worker = _workers.get(environment)
    if worker is not None:
        worker.begin()


def _on_init(environment: Environment, web_ui: Any = None, **_: Any) -> None:
    parsed, runner = environment.parsed_options, environment.runner
    assert parsed is not None
    try:
        asked = read_options(parsed, run.target(parsed).need_operator()[1].currency)
        # Workers write no report; two that try the same folder at once would be in each other's way.
        if asked.report is not None and not isinstance(runner, WorkerRunner):
            prepare_directory(asked.report)
    except UsageProblem as problem:
        run.refuse(problem)
    if isinstance(runner, WorkerRunner):
        worker = _workers[environment] = Worker(environment)
        Interrupts(worker.interrupted).take()
        return
    judge = _judges[environment] = (
        Master(environment, asked.patience) if isinstance(runner, MasterRunner) else Alone(environment)
    )
    if web_ui is not None:
        web_tab.add(web_ui, partial(web_tab.rows, judge))
    Interrupts(judge.interrupted).take()
