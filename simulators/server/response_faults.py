"""Faults on what a provider answers to the CLIENT: another answer, a late one, a lost one."""

import threading
from dataclasses import dataclass

# Status, body and content type of an answer.
Given = tuple[int, bytes, str]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault on a request of the CLIENT to ``path``: another answer, or the right one late (seconds).

    ``handled`` says that the request is carried out all the same and only its answer is replaced; ``lost``
    that it is carried out and the connection ends before the answer is complete.
    """

    path: str
    answer: Given | None = None
    delay_seconds: float = 0.0
    handled: bool = False
    lost: bool = False

    def __str__(self) -> str:
        words = [f"answered {self.answer[0]} ({self.answer[2]})"] if self.answer else []
        words += ["carried out all the same"] if self.handled else []
        words += ["carried out, its answer lost"] if self.lost else []
        words += [f"delayed by {self.delay_seconds:g} s"] if self.delay_seconds else []
        return f"{self.path} " + " and ".join(words)


class Disturbances:
    """The disturbances that wait for their requests. Safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: list[tuple[Disturbance, int | None]] = []
        self._calm = threading.Event()
        self._lock = threading.Lock()

    def add(self, fault: Disturbance, times: int | None = 1) -> None:
        """Let ``fault`` act on the next ``times`` requests to its path (None: on all until ``calm``)."""
        with self._lock:
            self._calm.clear()
            self._faults.append((fault, times))

    def calm(self) -> None:
        """Forget the disturbances that are left and let go of the requests that are held back."""
        with self._lock:
            self._faults.clear()
            self._calm.set()

    @property
    def left(self) -> list[tuple[Disturbance, int | None]]:
        """The disturbances that are left, each with how many requests it still acts on (None: all)."""
        with self._lock:
            return list(self._faults)

    def take(self, path: str) -> Disturbance | None:
        """Return the disturbance of the next request to ``path`` and count it; None where none is left."""
        with self._lock:
            for index, (fault, left) in enumerate(self._faults):
                if fault.path != path:
                    continue
                if left is not None and left <= 1:
                    del self._faults[index]
                else:
                    self._faults[index] = (fault, None if left is None else left - 1)
                return fault
        return None

    def hold(self, seconds: float) -> None:
        """Wait ``seconds``, or until ``calm``."""
        self._calm.wait(seconds)
