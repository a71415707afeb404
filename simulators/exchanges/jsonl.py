"""Exchanges as JSON lines, written as they happen, without secrets."""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Exchange, History, Status
from simulators.exchanges.redaction import Redactor


def write_jsonl(history: History, path: Path, redactor: Redactor) -> "JsonLines":
    """Append a JSON line to ``path`` whenever an exchange of ``history`` is invoked or completed.

    Close what is returned when done. Lines are those of ``as_json`` and "event": "invoked" or "completed".
    """
    writer = JsonLines(path, redactor)
    history.listeners.append(writer)
    return writer


@dataclass
class JsonLines:
    """A listener of a history that writes a JSON line for every change, at once."""

    path: Path
    redactor: Redactor
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # Who reads it reads players and their money: it is its owner's alone.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._file = os.fdopen(handle, "a", encoding="utf-8")

    def __call__(self, exchange: Exchange) -> None:
        """Write ``exchange`` as it stands now."""
        event = "invoked" if exchange.status is Status.PENDING else "completed"
        line = {"event": event, **as_json(exchange, self.redactor)}
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

    def close(self) -> None:
        """Close the file; later changes are not written."""
        with self._lock:
            self._file.close()
