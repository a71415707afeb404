"""Calls of whoever judges to the workers, and their replies: two messages of Locust's own channel.

A call is {"serial", "name", "given"}, a reply {"serial", "answer"} or {"serial", "failed"}. A worker that quits
meanwhile is not waited for. One that is not heard is, from the call on for as long as the user's patience lasts: the
network may be back in time. The worker of a run of one process is called directly.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import gevent
from gevent.event import Event
from locust import runners
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

log = logging.getLogger(__name__)

CALL: Final = "pitboss-call"
REPLY: Final = "pitboss-reply"
# The key of snapshots in the workers' reports.
SNAPSHOT: Final = "pitboss"
# How often the master looks whether a worker has gone missing, in seconds.
_LOOK: Final = 0.25

# What a worker answers to a name and what is given with it.
Answering = Callable[[str, dict[str, Any]], dict[str, Any]]
# Answers by worker, and why others gave none.
Replies = tuple[dict[str, dict[str, Any]], dict[str, str]]


class _Call:
    """One call under way: who has not replied yet, what came, and why there is nothing from others."""

    def __init__(self, clients: Iterable[str]) -> None:
        self.open = set(clients)
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.heard = Event()

    def give_up(self, client: str, why: str) -> None:
        """Wait for ``client`` no longer."""
        self.open.discard(client)
        self.failures[client] = why


class RpcClient:
    """The master's side. Several calls may be under way: the last audit does not wait for one between steps."""

    def __init__(self, runner: MasterRunner, patience: float) -> None:
        """``patience`` is seconds without a heartbeat after which Locust and we give a worker up."""
        # Locust waits for three, and ends the run when no worker is left: busy machines stall for longer.
        runners.HEARTBEAT_LIVENESS = max(1, round(patience / runners.HEARTBEAT_INTERVAL))
        self._patience = patience
        self._runner = runner
        self._serial = 0
        self._calls: dict[int, _Call] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        runner.register_message(REPLY, self._on_reply)
        runner.environment.events.worker_report.add_listener(self._on_worker_report)

    def lost(self, client: str) -> str:
        """What became of the worker ``client`` that has quit, or was not heard for too long; empty for any other."""
        node = self._runner.clients.get(client)
        if node is None:
            return "it was lost: it quit"
        missing = node.state == STATE_MISSING
        return f"it was lost: nothing was heard of it for {self._patience:g} s" if missing else ""

    def _has_quit(self, client: str) -> bool:
        return self._runner.clients.get(client) is None

    def call(
        self, name: str, clients: Iterable[str], limit: float, given: dict[str, Any] | None = None
    ) -> Replies:
        """Call ``name`` on ``clients``, wait ``limit`` seconds at most; return answers, and why others gave none."""
        self._serial += 1
        serial, call = self._serial, _Call(clients)
        self._calls[serial] = call
        message = {"serial": serial, "name": name, "given": given or {}}
        began = time.monotonic()
        try:
            for client in list(call.open):
                if not self._has_quit(client):
                    self._runner.send_message(CALL, message, client)
            while call.open:
                waited = time.monotonic() - began
                for client in list(call.open):
                    patient = waited < self._patience and not self._has_quit(client)
                    why = "" if patient else self.lost(client)
                    if why or waited > limit:
                        call.give_up(client, why or f"it did not answer within {limit:.0f} s")
                if call.open:
                    call.heard.wait(timeout=_LOOK)
                    call.heard.clear()
        finally:
            del self._calls[serial]
        return call.answers, call.failures

    def _on_reply(self, msg: Any, **_: Any) -> None:
        # Called in Locust's receiving greenlet: nothing here may wait.
        call = self._calls.get(msg.data["serial"])
        if call is None or msg.node_id not in call.open:
            return
        call.open.discard(msg.node_id)
        if "failed" in msg.data:
            call.failures[msg.node_id] = msg.data["failed"]
        else:
            call.answers[msg.node_id] = msg.data["answer"]
        call.heard.set()

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Keep the newest of each: they are cumulative."""
        if SNAPSHOT in data:
            self.snapshots[client_id] = data[SNAPSHOT]


class LocalClient:
    """The same for the one worker of this process, ``HERE``; what goes wrong there is raised."""

    HERE: Final = "local"

    def __init__(self, answer: Answering, snapshot: Callable[[], dict[str, Any]]) -> None:
        self._answer, self._snapshot = answer, snapshot

    @property
    def snapshots(self) -> dict[str, dict[str, Any]]:
        """Its figures now."""
        return {self.HERE: self._snapshot()}

    def lost(self, _client: str) -> str:
        """It never is."""
        return ""

    def call(
        self, name: str, clients: Iterable[str], _limit: float, given: dict[str, Any] | None = None
    ) -> Replies:
        """Call ``name``; it takes its time."""
        return {client: self._answer(name, given or {}) for client in clients}, {}


Client = RpcClient | LocalClient


class RpcServer:
    """The worker's side: ``answering`` says what is replied. Each call is answered in a greenlet of its own."""

    def __init__(self, runner: WorkerRunner, answering: Answering) -> None:
        self._runner = runner
        self._answering = answering
        runner.register_message(CALL, self._on_call)

    def _on_call(self, msg: Any, **_: Any) -> None:
        gevent.spawn(self._answer, msg.data)

    def _answer(self, call: dict[str, Any]) -> None:
        runner = self._runner
        try:
            reply = {"serial": call["serial"], "answer": self._answering(call["name"], call["given"])}
            # The last statistics go before the reply, so that the master's are whole when it writes its report.
            statistics: dict[str, Any] = {}
            runner.environment.events.report_to_master.fire(client_id=runner.client_id, data=statistics)
            runner.send_message("stats", statistics)
        except Exception as error:
            log.exception("the audit failed in this worker")
            reply = {"serial": call["serial"], "failed": f"the audit failed in it: {type(error).__name__}"}
        runner.send_message(REPLY, reply)
