"""Faults on what a provider answers to the CLIENT: another answer, a late one, a lost one."""

import threading
from collections.abc import Collection
from dataclasses import dataclass

from simulators.exchanges.owners import ALL, Names

# Status, body and content type of an answer.
Given = tuple[int, bytes, str]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A fault on a request of the CLIENT to ``path``: another answer, or the right one late (seconds).

    ``handled`` says that the request is carried out all the same and only its answer is replaced; ``lost``
    that it is carried out and the connection ends before the answer is complete. It acts on requests about ``about``, a
    voucher or session, only (None: on any).
    """

    path: str
    answer: Given | None = None
    delay_seconds: float = 0.0
    handled: bool = False
    lost: bool = False
    about: str | None = None

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
        # Those that hold a request back.
        self._holding: list[Disturbance] = []
        self._changed = threading.Condition()

    def add(self, fault: Disturbance, times: int | None = 1) -> None:
        """Let ``fault`` act on the next ``times`` requests to its path (None: on all until ``calm``)."""
        with self._changed:
            self._faults.append((fault, times))

    def calm(self, names: Names) -> None:
        """Forget the disturbances about ``names``, and let go of the requests that they hold back."""
        with self._changed:
            self._faults = [] if names is ALL else [one for one in self._faults if one[0].about not in names]
            self._holding = [] if names is ALL else [one for one in self._holding if one.about not in names]
            self._changed.notify_all()

    @property
    def left(self) -> list[tuple[Disturbance, int | None]]:
        """The disturbances that are left, each with how many requests it still acts on (None: all)."""
        with self._changed:
            return list(self._faults)

    def take(self, path: str, about: Collection[str] = ()) -> Disturbance | None:
        """Return the disturbance of the next request to ``path``, which is ``about`` these names, and count it.

        None where none is left.
        """
        with self._changed:
            for index, (fault, left) in enumerate(self._faults):
                if fault.path != path or (fault.about is not None and fault.about not in about):
                    continue
                if left is not None and left <= 1:
                    del self._faults[index]
                else:
                    self._faults[index] = (fault, None if left is None else left - 1)
                if fault.delay_seconds:
                    self._holding.append(fault)
                return fault
        return None

    def hold(self, fault: Disturbance) -> None:
        """Wait as long as ``fault``, which was taken, holds its request back, or until ``calm``."""
        with self._changed:
            self._changed.wait_for(lambda: fault not in self._holding, fault.delay_seconds)
            if fault in self._holding:
                self._holding.remove(fault)
