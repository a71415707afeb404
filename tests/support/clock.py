"""A clock that moves only when a test moves it, or somebody sleeps by it."""

from dataclasses import dataclass

START = 1_700_000_000.25


@dataclass
class Clock:
    """Calling it tells the time, in seconds."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
