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


class _Asked:
    """One question under way: who has not answered yet, what came, and why there is nothing from others."""

    def __init__(self, clients: Iterable[str]) -> None:
        self.open = set(clients)
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.heard = Event()

    def give_up(self, client: str, why: str) -> None:
        """Wait for ``client`` no longer."""
        self.open.discard(client)
        self.failures[client] = why


class Asker:
    """The master's side. Several questions may be under way: the last audit does not wait for one between steps."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._serial = 0
        self._asked: dict[int, _Asked] = {}
        self._missing: dict[str, float] = {}
        runner.register_message(ANSWER, self._on_answer)

    def lost(self, client: str) -> str:
        """What became of the worker ``client`` that has quit, or was not heard for too long; empty for any other."""
        node = self._runner.clients.get(client)
        if node is None:
            return "it was lost: it quit"
        if node.state != STATE_MISSING:
            self._missing.pop(client, None)
            return ""
        missing = time.monotonic() - self._missing.setdefault(client, time.monotonic())
        return "it was lost: it was not heard any more" if missing > _MISSING else ""

    def ask(
        self, what: str, clients: Iterable[str], limit: float, given: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Ask ``clients`` and wait at most ``limit`` seconds; return the answers, and why others gave none."""
        self._serial += 1
        serial, asked = self._serial, _Asked(clients)
        self._asked[serial] = asked
        question = {"serial": serial, "what": what, "with": given or {}}
        deadline = time.monotonic() + limit
        try:
            for client in list(asked.open):
                if not self.lost(client):
                    self._runner.send_message(QUESTION, question, client)
            while asked.open:
                for client in list(asked.open):
                    why = self.lost(client)
                    if why or time.monotonic() > deadline:
                        asked.give_up(client, why or f"it did not answer within {limit:.0f} s")
                if asked.open:
                    asked.heard.wait(timeout=_LOOK)
                    asked.heard.clear()
        finally:
            del self._asked[serial]
        return asked.answers, asked.failures

    def _on_answer(self, msg: Any, **_: Any) -> None:
        # Called in Locust's receiving greenlet: nothing here may wait.
        asked = self._asked.get(msg.data["serial"])
        if asked is None or msg.node_id not in asked.open:
            return
        asked.open.discard(msg.node_id)
        if "failed" in msg.data:
            asked.failures[msg.node_id] = msg.data["failed"]
        else:
            asked.answers[msg.node_id] = msg.data["answer"]
        asked.heard.set()


class Answerer:
    """The worker's side: ``answers`` by what is asked. Each is answered in a greenlet of its own."""

    def __init__(self, runner: WorkerRunner, answers: Answers) -> None:
        self._runner = runner
        self._answers = answers
        runner.register_message(QUESTION, self._on_question)

    def _on_question(self, msg: Any, **_: Any) -> None:
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
