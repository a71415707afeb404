"""Questions of the master to its workers, and their answers: two messages of Locust's own channel.

A question is {"serial", "what", "with"}, an answer {"serial", "answer"} or {"serial", "failed"}. A worker that quits
meanwhile is not waited for, nor is one that stays missing: on a busy machine heartbeats may come late.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import gevent
from gevent.event import Event
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

log = logging.getLogger(__name__)

QUESTION: Final = "pitboss-question"
ANSWER: Final = "pitboss-answer"
# How often the master looks whether a worker has gone missing, in seconds.
_LOOK: Final = 0.25
# How long a worker may be missing before it counts as lost, in seconds.
_MISSING: Final = 8.0

Answers = dict[str, Callable[[dict[str, Any]], dict[str, Any]]]


class Asker:
    """The master's side."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._serial = 0
        self._open: set[str] = set()
        self._answers: dict[str, dict[str, Any]] = {}
        self._failures: dict[str, str] = {}
        self._missing: dict[str, float] = {}
        self._heard = Event()
        runner.register_message(ANSWER, self._on_answer)

    def _lost(self, client: str) -> bool:
        """Whether the worker ``client`` has quit, or was not heard for too long."""
        node = self._runner.clients.get(client)
        if node is None:
            return True
        if node.state != STATE_MISSING:
            self._missing.pop(client, None)
            return False
        return time.monotonic() - self._missing.setdefault(client, time.monotonic()) > _MISSING

    def ask(
        self, what: str, clients: Iterable[str], limit: float, given: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Ask ``clients`` and wait at most ``limit`` seconds; return the answers, and why others gave none."""
        self._serial += 1
        self._answers, self._failures = {}, {}
        self._open = set(clients)
        question = {"serial": self._serial, "what": what, "with": given or {}}
        deadline = time.monotonic() + limit
        for client in list(self._open):
            if not self._lost(client):
                self._runner.send_message(QUESTION, question, client)
        while self._open:
            for client in [each for each in self._open if self._lost(each)]:
                quitted = client not in self._runner.clients
                self._close(client, "it was lost: " + ("it quit" if quitted else "it was not heard any more"))
            if self._open and time.monotonic() > deadline:
                for client in list(self._open):
                    self._close(client, f"it did not answer within {limit:.0f} s")
            if self._open:
                self._heard.wait(timeout=_LOOK)
                self._heard.clear()
        return self._answers, self._failures

    def _close(self, client: str, why: str) -> None:
        self._open.discard(client)
        self._failures[client] = why

    def _on_answer(self, msg: Any, **_: Any) -> None:
        # Called in Locust's receiving greenlet: nothing here may wait.
        if msg.data["serial"] != self._serial or msg.node_id not in self._open:
            return
        self._open.discard(msg.node_id)
        if "failed" in msg.data:
            self._failures[msg.node_id] = msg.data["failed"]
        else:
            self._answers[msg.node_id] = msg.data["answer"]
        self._heard.set()


class Answerer:
    """The worker's side: ``answers`` by what is asked. Each is answered in a greenlet of its own."""

    def __init__(self, runner: WorkerRunner, answers: Answers) -> None:
        self._runner = runner
        self._answers = answers
        self.asked = Event()
        runner.register_message(QUESTION, self._on_question)

    def _on_question(self, msg: Any, **_: Any) -> None:
        self.asked.set()
        gevent.spawn(self._answer, msg.data)

    def _answer(self, data: dict[str, Any]) -> None:
        try:
            reply = {"serial": data["serial"], "answer": self._answers[data["what"]](data["with"])}
            # The last statistics go before the answer, so that the master's are whole when it writes its report.
            self._runner._send_stats()
        except Exception as error:
            log.exception("the audit failed in this worker")
            reply = {"serial": data["serial"], "failed": f"the audit failed in it: {type(error).__name__}"}
        self._runner.send_message(ANSWER, reply)
