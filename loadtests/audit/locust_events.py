"""Ties the audit to Locust's events.

A ``Worker`` plays its part when whoever comes to the verdict (``judge``) calls: the master, or a run of one process,
which has one of its own. The order in which Locust ends a run decides where things are done:

* ``test_stopping`` comes first on every way to stop, while workers still play and the master still listens: the whole
  audit happens in it, on the master or in a run of one process. It is the runner that waits.
* Ctrl-C makes Locust write its HTML before it tells anyone: see ``loadtests.audit.interrupts``.
* ``quitting`` sets the exit code, last of all (its handlers run in reverse order), never to a milder one.

An exception in a handler is only logged by Locust: here it becomes "undecided".
"""

import logging
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from gevent.event import Event
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import run
from loadtests.audit import coordinator
from loadtests.audit.interrupts import Interrupts
from loadtests.audit.judge import Judge
from loadtests.audit.options import add_options, read_options
from loadtests.audit.outcome import web_tab
from loadtests.audit.worker import WorkerAudit
from loadtests.audit.worker_rpc import SNAPSHOT, Client, LocalClient, RpcClient, RpcServer
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.files import prepare_directory

log = logging.getLogger(__name__)

# How long a worker that was interrupted waits for the master's call, in seconds.
_PATIENCE: Final = 5.0


class Worker:
    """The audit on a worker, or in a run of one process: of the players that it plays, when it is called for."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._audit: WorkerAudit | None = None
        # The master wants the audit of the end.
        self._last = Event()
        environment.events.report_to_master.add_listener(self._on_report_to_master)
        environment.events.quitting.add_listener(lambda **_: self.close())

    def begin(self) -> None:
        """A test begins; an error in the log says why nothing can be audited."""
        self._last.clear()
        self.close()
        try:
            traffic, parsed = run.of(self.environment), self.environment.parsed_options
            assert parsed is not None
            self._audit = WorkerAudit(
                self.environment, traffic, read_options(parsed, traffic.ledger.currency)
            )
        except (UsageProblem, LookupError) as problem:
            log.error("nothing can be audited: %s", problem)  # noqa: TRY400 - the beats say it all
            self.environment.process_exit_code = int(Exit.USAGE)
        except Exception:
            log.exception("nothing can be audited")

    def close(self) -> None:
        """Close the audit's own connections."""
        if self._audit is not None:
            self._audit.close()
            self._audit = None

    def snapshot(self) -> dict[str, Any]:
        """Figures as of now; empty before a test has started properly."""
        return {} if self._audit is None else self._audit.snapshot()

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        if figures := self.snapshot():
            data[SNAPSHOT] = figures

    def answer(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do what is called ``name``. Raises LookupError."""
        if given.get("last"):
            self._last.set()
        if self._audit is None:  # an empty result would pass for one in which all is well
            raise LookupError("the test did not start properly in this worker")
        return coordinator.dispatch(self._audit, name, given)

    def interrupted(self) -> bool:
        """Ctrl-C: say whether Locust is to end now. The master, struck by the same, calls and then lets this go."""
        return not self._last.wait(timeout=_PATIENCE)


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
    with run.refusing():
        asked = read_options(parsed, run.target(parsed).need_operator()[1].currency)
        # Workers write no report; two that try the same folder at once would be in each other's way.
        if asked.report is not None and not isinstance(runner, WorkerRunner):
            prepare_directory(asked.report)
    if isinstance(runner, MasterRunner):
        rpc: Client = RpcClient(runner, asked.patience)
    else:
        worker = _workers[environment] = Worker(environment)
        if isinstance(runner, WorkerRunner):
            RpcServer(runner, worker.answer)
            Interrupts(worker.interrupted).take()
            return
        rpc = LocalClient(worker.answer, worker.snapshot)
    judge = _judges[environment] = Judge(environment, rpc)
    if web_ui is not None:
        web_tab.add(web_ui, partial(web_tab.rows, judge))
    Interrupts(judge.interrupted).take()
