"""Ties the audit to Locust's events. ``register(events)`` after the traffic's own; ``of(environment)`` finds it.

The order in which Locust ends a run decides where things are done:

* ``test_stopping`` comes first on every way to stop, while workers still play and the master still listens: the whole
  audit happens in it, on the master or in a run of one process. It is the runner that waits.
* Ctrl-C makes Locust write its HTML before it tells anyone. So the first Ctrl-C is taken from it: the audit is made,
  and then the interrupt is raised again. A second one gives the audit up. Workers on the same terminal, which are
  struck by it too, go on to play their part for the master.
* ``quitting`` sets the exit code, last of all (its handlers run in reverse order), never to a milder one.

An exception in a handler is only logged by Locust: here it becomes "undecided".

A ramp audits between its steps, too (``between``, then ``go_on``), from Locust's shape greenlet. Whatever ends the run
meanwhile makes the audit of the end: the one between steps then gives way.
"""

import logging
import signal
import sys
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import run
from loadtests.audit import coordinator, report, text, web_tab
from loadtests.audit.coordinator import Book
from loadtests.audit.options import Wishes, add_options, wishes
from loadtests.audit.verdict import Doubt, Finding, Statement, Verdict
from loadtests.audit.worker import Clerk
from loadtests.audit.worker_rpc import Answerer, Asker
from loadtests.monitor import memory_watch
from loadtests.shapes.ramp_search import Search
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.files import prepare_directory

log = logging.getLogger(__name__)

# The key of snapshots in the workers' reports.
SNAPSHOT: Final = "pitboss"
# How long a worker that was interrupted waits for the master's question, in seconds.
_PATIENCE: Final = 5.0
# How long workers may take to send their statistics, or to let traffic go on, in seconds.
_PROMPTLY: Final = 15.0
# Exit codes by gravity; any other is graver than all of these.
_GRAVITY: Final = {None: 0, int(Exit.HOLDS): 1, int(Exit.UNDECIDED): 2, int(Exit.BROKEN): 3}


class Audit:
    """The audit of one process: of a worker, of the master, or of a run of one process.

    ``verdict`` is there once a test has ended, on the master and in a run of one process. ``search`` is what a ramp
    found so far, where there is one.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.wishes = Wishes()
        self.verdict: Verdict | None = None
        self.search: Search | None = None
        self.clerk: Clerk | None = None
        self.book: Book | None = None
        self.state = "idle"
        # On a worker: the master wants the audit of the end.
        self.asked = Event()
        self._code: int | None = None
        self._shown = False
        runner = environment.runner
        self._asker = Asker(runner) if isinstance(runner, MasterRunner) else None
        self._answerer = (
            Answerer(runner, {what: self._answer(what) for what in coordinator.QUESTIONS})
            if isinstance(runner, WorkerRunner)
            else None
        )

    def _answer(self, what: str) -> Any:
        def answer(given: dict[str, Any]) -> dict[str, Any]:
            if given.get("last"):
                self.asked.set()
            if self.clerk is None:  # an empty statement would pass for one in which all is well
                raise LookupError("the test was not begun properly in this worker")
            return coordinator.answers_of(self.clerk, what, given)

        return answer

    # Locust's events.

    def on_test_start(self, **_: Any) -> None:
        """Begin anew: a test may be started again from the web page."""
        self.verdict, self.search, self.state, self._shown = None, None, "playing", False
        self.asked.clear()
        if self.clerk is not None:
            self.clerk.close()
            self.clerk = None
        parsed = self.environment.parsed_options
        assert parsed is not None
        try:
            if self._asker is not None:
                self._open_book(parsed)
                return
            traffic = run.of(self.environment)
            self.wishes = wishes(parsed, traffic.ledger.currency)
            self.clerk = Clerk(self.environment, traffic, self.wishes)
        except (UsageProblem, LookupError) as problem:
            log.error("nothing can be audited: %s", problem)  # noqa: TRY400 - the beats say it all
            self._code = int(Exit.USAGE)
        except Exception:
            log.exception("nothing can be audited")

    def _open_book(self, parsed: Any) -> None:
        workers = list(getattr(parsed, run.WORKERS, []))
        traffic = run.make(parsed, self.environment.host, run.Shard(-1, max(1, len(workers))))
        traffic.ledger.close()
        self.wishes = wishes(parsed, traffic.ledger.currency)
        self.book = Book(traffic.players, traffic.ledger.currency, workers, {})

    def on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        """A worker tells how far it is."""
        if self.clerk is not None:
            data[SNAPSHOT] = self.clerk.snapshot()

    def on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """The master keeps the newest of each: they are cumulative."""
        if self.book is not None and SNAPSHOT in data:
            self.book.snapshots[client_id] = data[SNAPSHOT]

    def on_test_stopping(self, **_: Any) -> None:
        """Make the audit, unless it is made; workers make theirs when they are asked."""
        if self._answerer is None:
            self.conclude()

    def on_quitting(self, **_: Any) -> None:
        """Set the exit code. Where a test still runs, or its audit was given up, say so first."""
        if self._answerer is not None:
            return
        if self.state == "auditing":
            self._found(self._nothing("the audit was interrupted"), 0.0)
        else:
            self.conclude()
        environment = self.environment
        worst = max((environment.process_exit_code, self._code), key=lambda code: _GRAVITY.get(code, 9))
        if worst is not None and (worst or environment.process_exit_code is not None):
            environment.process_exit_code = worst
        if self.clerk is not None:
            self.clerk.close()

    def on_quit(self, **_: Any) -> None:
        """Print the verdict below Locust's own tables, where it is the last word."""
        self._print()

    # The audit.

    def conclude(self) -> None:
        """Make the audit of the test that runs, once; a failure of its own makes it undecided."""
        if self.state != "playing":
            return
        self.state = "auditing"
        began = time.monotonic()
        log.info("Audit: the gate is closed; open transactions are resolved, then balances are read")
        try:
            verdict = self._judge()
        except Exception as error:
            verdict = self._failed(error)
        if self.state == "auditing":  # and was not given up meanwhile
            self._found(verdict, time.monotonic() - began)

    def _judge(self, *, last: bool = True) -> Verdict:
        if self._asker is not None:
            if self.book is None:
                return self._nothing("the test was not begun properly: see the log")
            return coordinator.together(self.environment, self._asker, self.book, self.wishes, last=last)
        if self.clerk is None:
            return self._nothing("the test was not begun properly: see the log")
        currency = self.clerk.ledger.currency
        return coordinator.alone(self.environment, self.clerk, currency, self.wishes, last=last)

    def _failed(self, error: Exception) -> Verdict:
        log.error("the audit failed", exc_info=error)
        return self._nothing(f"the audit failed: {type(error).__name__}")

    def _nothing(self, why: str) -> Verdict:
        currency = self.book.currency if self.book else self.clerk.ledger.currency if self.clerk else "EUR"
        players = self.book.players if self.book else self.clerk.ledger.players if self.clerk else ()
        statement = Statement(doubts=[Doubt(why, len(players), list(players[:8]))])
        return Verdict(currency, len(self.book.workers) if self.book else 1, statement, compared=False)

    def _grave(self, code: Exit) -> None:
        """End with ``code``, or with what is graver and known already."""
        self._code = max((self._code, int(code)), key=lambda each: _GRAVITY.get(each, 9))

    # Between two steps of a ramp.

    @property
    def ending(self) -> bool:
        """Whether the audit at the end is being made: nothing else may end the run meanwhile."""
        return self.state == "auditing"

    def between(self) -> Verdict | None:
        """Audit as at the end, but so that traffic can go on. None where the audit at the end took over."""
        if self.state != "playing":
            return None
        try:
            verdict = self._judge(last=False)
        except Exception as error:
            verdict = self._failed(error)
        if self.state != "playing":
            return None
        if verdict.finding is Finding.BROKEN:
            self._grave(verdict.code)
        return verdict

    def go_on(self) -> str:
        """Let traffic go on after an audit between steps; return why it cannot, empty where it does."""
        if self._asker is None or self.book is None:
            gone_on = self.clerk is not None and self.clerk.go_on()
            return "" if gone_on else "the gate was not opened again"
        answers, failures = self._asker.ask("go on", self.book.workers, _PROMPTLY)
        failures |= {worker: "it did not go on" for worker, said in answers.items() if not said["gone on"]}
        return "; ".join(self.book.told(*each) for each in failures.items())

    def tell(self) -> int:
        """Have the statistics brought up to now, of all workers; return how many players are not ready to play yet."""
        if self._asker is None or self.book is None:
            return 0 if self.clerk is None else self.clerk.preparing
        answers, _ = self._asker.ask("tell", self.book.workers, _PROMPTLY)
        return sum(said["preparing"] for said in answers.values())

    def lost(self) -> str:
        """Which workers of the test that runs are lost, in words; empty where all are there."""
        if self._asker is None or self.book is None or self.state != "playing":
            return ""
        missing = ((worker, self._asker.lost(worker)) for worker in self.book.workers)
        return "; ".join(self.book.told(worker, why) for worker, why in missing if why)

    def _found(self, verdict: Verdict, seconds: float) -> None:
        verdict.memory = memory_watch.points(self.environment, seconds)
        self.verdict, self.state = verdict, "concluded"
        self._grave(verdict.code)
        text.fire(self.environment, verdict, seconds)
        for line in list(text.lines(verdict))[:2]:
            log.info(line.strip())
        if self.wishes.report is not None:
            try:
                report.write(self.environment, verdict, self.wishes.report, self.search)
            except Exception:
                log.exception("the report cannot be written")
                self._grave(Exit.UNDECIDED)
        options = self.environment.parsed_options
        if options is None or not options.headless:
            self._print()

    def _print(self) -> None:
        if self.verdict is None or self._shown:
            return
        self._shown = True
        for line in text.lines(self.verdict):
            print(line)
        sys.stdout.flush()

    def rows(self) -> list[dict[str, Any]]:
        """What the tab shows."""
        if self.verdict is not None:
            told = (line.strip().partition(": ") for line in text.lines(self.verdict))
            return [{"what": what, "value": value} for what, _, value in told] + self._steps()
        snapshots = list(self.book.snapshots.values()) if self.book else []
        if self.clerk is not None:
            snapshots.append(self.clerk.snapshot())
        total = {
            name: sum(snapshot.get(name, 0) for snapshot in snapshots)
            for name in ("played", "transactions", "settled", "open")
        }
        breaches = sum(sum(snapshot.get("breaches", {}).values()) for snapshot in snapshots)
        phases = ", ".join(sorted({snapshot["phase"] for snapshot in snapshots}))
        rows = {"state": phases or self.state, **total, "breaches of the contract": breaches}
        return [{"what": name, "value": str(value)} for name, value in rows.items()] + self._steps()

    def _steps(self) -> list[dict[str, Any]]:
        """What a ramp found, and each of its steps."""
        if self.search is None:
            return []
        steps = {f"step {number}": str(step) for number, step in enumerate(self.search.steps, 1)}
        found = {} if self.state == "playing" else {"ramp": self.search.verdict().partition(": ")[2]}
        return [{"what": what, "value": value} for what, value in (found | steps).items()]


_audits: WeakKeyDictionary[Environment, Audit] = WeakKeyDictionary()


def of(environment: Environment) -> Audit:
    """The audit of ``environment``. Raises KeyError before Locust's ``init``."""
    return _audits[environment]


def register(events: Events) -> None:
    """Audit every test that is run with ``events``."""
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_on_init)


def _on_init(environment: Environment, web_ui: Any = None, **_: Any) -> None:
    parsed = environment.parsed_options
    assert parsed is not None
    try:
        asked = wishes(parsed, run.target(parsed).need_operator()[1].currency)
        # Workers write no report; two that try the same folder at once would be in each other's way.
        if asked.report is not None and not isinstance(environment.runner, WorkerRunner):
            prepare_directory(asked.report)
    except UsageProblem as problem:
        run.refuse(problem)
    audit = _audits[environment] = Audit(environment)
    events = environment.events
    events.test_start.add_listener(audit.on_test_start)
    events.test_stopping.add_listener(audit.on_test_stopping)
    events.report_to_master.add_listener(audit.on_report_to_master)
    events.worker_report.add_listener(audit.on_worker_report)
    events.quitting.add_listener(audit.on_quitting)
    events.quit.add_listener(audit.on_quit)
    if web_ui is not None:
        web_tab.add(web_ui, audit.rows)
    Interrupts(audit).take()


class Interrupts:
    """What Ctrl-C does: the first lets the audit be made, the second is Locust's own."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._watcher: Any = None

    def take(self) -> None:
        """Take the first Ctrl-C."""
        # In a greenlet apart from the watcher's own, which forgets everything when it is cancelled.
        self._watcher = gevent.signal_handler(signal.SIGINT, gevent.spawn, self._first)

    def _first(self) -> None:
        self._watcher.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.audit._answerer is not None:
            if self.audit.asked.wait(timeout=_PATIENCE):
                return  # the master, struck by the same Ctrl-C, asks and then lets it go
        elif self.audit.state == "playing":
            print(
                "pitboss: interrupted; balances are audited first. Ctrl-C again gives that up.",
                file=sys.stderr,
            )
            self.audit.conclude()
        # Where Locust waits for the end, as if the signal had come now.
        main = gevent.get_hub().parent
        assert main is not None
        gevent.kill(main, KeyboardInterrupt)
