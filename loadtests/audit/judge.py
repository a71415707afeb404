"""Who comes to the verdict, on the master or in a run of one process: when it is due, and what is done with it."""

import logging
import sys
import time
from argparse import Namespace
from typing import Any, Final

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from loadtests import run
from loadtests.audit import coordinator
from loadtests.audit.coordinator import Roster
from loadtests.audit.options import AuditOptions, read_options
from loadtests.audit.outcome import report, text
from loadtests.audit.outcome.verdict import AuditFinding, AuditVerdict, Ramp, WorkerResult
from loadtests.audit.worker_rpc import Client, LocalClient
from loadtests.monitor import memory_watch
from scenarios.problems.errors import Exit, UsageProblem
from simulators.exchanges.redaction import Redactor

log = logging.getLogger(__name__)

# Seconds between two looks whether traffic has started, and those by which Locust's timer may be early.
_LOOK: Final = 0.25
_TIMER: Final = 1.0
# How long workers may take to send their statistics, or to let traffic go on, in seconds.
_PROMPTLY: Final = 15.0
# Exit codes by gravity; any other is graver than all of these.
_GRAVITY: Final = {None: 0, int(Exit.HOLDS): 1, int(Exit.UNDECIDED): 2, int(Exit.BROKEN): 3}


class Judge:
    """Who comes to the verdict: on the master, or in a run of one process. ``rpc`` calls the workers.

    ``verdict`` is there once a test has ended. ``ramp`` is what a ramp found so far, where there is one: it audits
    between its steps, too (``between``, then ``resume``), from Locust's shape greenlet. Whatever ends the run meanwhile
    makes the audit of the end: the one between steps then gives way.
    """

    def __init__(self, environment: Environment, rpc: Client) -> None:
        self.environment = environment
        self._rpc = rpc
        self._roster: Roster | None = None
        self.options = AuditOptions()
        self.verdict: AuditVerdict | None = None
        self.ramp: Ramp | None = None
        self.state = "idle"
        self._code: int | None = None
        self._shown = False
        self._began = 0.0
        self._waited = False
        events = environment.events
        events.worker_connect.add_listener(self._on_worker_connect)
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(lambda **_: self.conclude())
        events.test_stop.add_listener(self._on_test_stop)
        events.quitting.add_listener(self._on_quitting)
        # Below Locust's own tables, where the verdict is the last word.
        events.quit.add_listener(lambda **_: self._print())

    # What is asked of the workers.

    def snapshots(self) -> list[dict[str, Any]]:
        """The newest figures of all workers."""
        return [] if self._roster is None else [each for each in self._rpc.snapshots.values() if each]

    def resume(self) -> str:
        """Let traffic go on after an audit between steps; return why it cannot, empty where it does."""
        if self._roster is None:
            return "the test did not start properly"
        answers, failures = self._rpc.call("resume", self._roster.workers, _PROMPTLY)
        failures |= {worker: "it did not go on" for worker, said in answers.items() if not said["resumed"]}
        return "; ".join(self._roster.named(*each) for each in failures.items())

    def flush(self) -> int:
        """Have the statistics of all workers brought up to now; return how many players are not ready to play yet."""
        workers = [] if self._roster is None else self._roster.workers
        answers, _ = self._rpc.call("flush", workers, _PROMPTLY)
        return sum(said["preparing"] for said in answers.values())

    def lost(self) -> str:
        """Which workers of the test that runs have quit, or are not heard any more, in words; empty for none."""
        if self._roster is None or self.state != "playing":
            return ""
        missing = ((worker, self._rpc.lost(worker)) for worker in self._roster.workers)
        return "; ".join(self._roster.named(worker, why) for worker, why in missing if why)

    # Locust's events.

    def _on_test_start(self, **_: Any) -> None:
        """Begin again: a test may be started again from the web page."""
        self.verdict, self.ramp, self.state, self._shown = None, None, "playing", False
        self._began, self._waited = time.monotonic(), False
        parsed = self.environment.parsed_options
        assert parsed is not None
        try:
            self._begin(parsed)
        except UsageProblem as problem:
            log.error("nothing can be audited: %s", problem)  # noqa: TRY400 - the beats say it all
            self._code = int(Exit.USAGE)
        except Exception:
            log.exception("nothing can be audited")

    def _begin(self, parsed: Namespace) -> None:
        """Write down who plays."""
        self._roster = None
        self._rpc.snapshots.clear()
        if isinstance(self.environment.runner, MasterRunner):
            workers = list(getattr(parsed, run.WORKERS, []))
            traffic = run.make(parsed, self.environment.host, run.Shard(-1, max(1, len(workers))))
            traffic.ledger.close()
        else:
            workers, traffic = [LocalClient.HERE], run.of(self.environment)
        self.options = read_options(parsed, traffic.ledger.currency)
        redactor = Redactor(traffic.target.secrets())
        self._roster = Roster(traffic.players, traffic.ledger.currency, workers, traffic.asked, redactor)

    def _on_worker_connect(self, client_id: str, **_: Any) -> None:
        """Say what a worker does that comes when the test has started: Locust gives it users all the same."""
        if self.state == "playing" and self._roster is not None and client_id not in self._roster.workers:
            log.warning(
                "a worker joined when the test had started: it plays nobody, and users that Locust moves to it "
                "stand still; start the test again to use it"
            )

    def _on_test_stop(self, **_: Any) -> None:
        """End a run without a page where no worker is left: Locust would sit out the rest of its --run-time."""
        verdict, parsed = self.verdict, self.environment.parsed_options
        if verdict is None or parsed is None or not parsed.headless or len(verdict.lost) < verdict.workers:
            return
        log.error("all workers are lost: the run ends")
        assert self.environment.runner is not None
        # Not from here: it ends the greenlet that is telling us.
        gevent.spawn(self.environment.runner.quit)

    def _on_quitting(self, **_: Any) -> None:
        """Set the exit code. Where a test still runs, or its audit was given up, say so first."""
        if self.state == "auditing":
            self._found(self._nothing("the audit was interrupted"), 0.0)
        else:
            self.conclude()
        environment = self.environment
        worst = max((environment.process_exit_code, self._code), key=lambda code: _GRAVITY.get(code, 9))
        if worst is not None and (worst or environment.process_exit_code is not None):
            environment.process_exit_code = worst

    def interrupted(self) -> bool:
        """Ctrl-C: audit first; say whether Locust is to end now."""
        if self.state == "playing":
            print(
                "pitboss: interrupted; balances are audited first. Ctrl-C again gives that up.",
                file=sys.stderr,
            )
            self.conclude()
        return True

    # The audit.

    def conclude(self) -> None:
        """Make the audit of the test that runs, once; a failure of its own makes it undecided."""
        if self.state == "playing":
            self._await_traffic()
        if self.state != "playing":  # Ctrl-C while we waited has concluded it
            return
        self.state = "auditing"
        began = time.monotonic()
        log.info("Audit: the gate is closed; open transactions are resolved, then balances are read")
        verdict = self._judged(last=True)
        if self.state == "auditing":  # and was not given up meanwhile
            self._found(verdict, time.monotonic() - began)

    def _await_traffic(self) -> None:
        """Let traffic have its --run-time where all of it passed before the first transaction: workers that a busy
        machine stalls, or balances that are long to read. Waits for as long as the patience with workers lasts.
        """
        parsed = self.environment.parsed_options
        asked = float((parsed and parsed.run_time) or 0)
        if self._waited or not asked or time.monotonic() - self._began < asked - _TIMER or self._sent():
            return
        self._waited = True
        patience = self.options.patience
        log.warning("nothing was sent in %g s; traffic is waited for, %g s at most", asked, patience)
        deadline = time.monotonic() + patience
        while self.state == "playing" and not self.lost() and time.monotonic() < deadline:
            gevent.sleep(_LOOK)
            self.flush()
            if self._sent():
                log.info("traffic has started, and goes on for %g s", asked)
                deadline = time.monotonic() + asked
                while self.state == "playing" and time.monotonic() < deadline:
                    gevent.sleep(_LOOK)
                return

    def _sent(self) -> bool:
        return any(snapshot.get("transactions") for snapshot in self.snapshots())

    def _judged(self, *, last: bool) -> AuditVerdict:
        try:
            if self._roster is None:
                return self._nothing("the test did not start properly: see the log")
            return coordinator.audit_run(self.environment, self._rpc, self._roster, self.options, last=last)
        except Exception as error:
            log.exception("the audit failed")
            return self._nothing(f"the audit failed: {type(error).__name__}")

    def _nothing(self, why: str) -> AuditVerdict:
        roster = self._roster
        players, currency, workers = (
            ((), "EUR", 1) if roster is None else (roster.players, roster.currency, len(roster.workers))
        )
        result = WorkerResult()
        result.add_undecided(why, *players[:8], count=len(players))
        return AuditVerdict(currency, workers, result, compared=False)

    def _grave(self, code: Exit) -> None:
        """End with ``code``, or with what is graver and known already."""
        self._code = max((self._code, int(code)), key=lambda each: _GRAVITY.get(each, 9))

    def _found(self, verdict: AuditVerdict, seconds: float) -> None:
        verdict.memory = memory_watch.points(self.environment, seconds)
        self.verdict, self.state = verdict, "concluded"
        self._grave(verdict.code)
        text.fire(self.environment, verdict, seconds)
        for line in list(text.lines(verdict))[:2]:
            log.info(line.strip())
        if self.options.report is not None:
            try:
                report.write(self.environment, verdict, self.options.report, self.ramp)
            except OSError as error:  # the verdict stands without it
                log.error("the report cannot be written: %s", error)  # noqa: TRY400 - one line is enough
            except Exception:
                log.exception("the report cannot be written")
                self._grave(Exit.UNDECIDED)
        parsed = self.environment.parsed_options
        if parsed is None or not parsed.headless:
            self._print()

    def _print(self) -> None:
        if self.verdict is None or self._shown:
            return
        self._shown = True
        for line in text.lines(self.verdict):
            print(line)
        sys.stdout.flush()

    # Between two steps of a ramp.

    @property
    def ending(self) -> bool:
        """Whether the audit at the end is being made: nothing else may end the run meanwhile."""
        return self.state == "auditing"

    def between(self) -> AuditVerdict | None:
        """Audit as at the end, but so that traffic can go on. None where the audit at the end took over."""
        if self.state != "playing":
            return None
        verdict = self._judged(last=False)
        if self.state != "playing":
            return None
        if verdict.finding is AuditFinding.BROKEN:
            self._grave(verdict.code)
        return verdict
