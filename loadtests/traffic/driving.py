"""Plays a script, a generator that yields what to do and is sent what came of it, over whatever carries that out."""

from collections.abc import Callable, Generator
from typing import TypeVar

Step = TypeVar("Step")
Came = TypeVar("Came")
Done = TypeVar("Done")


def drive(
    play: Generator[Step, Came, Done],
    carry: Callable[[Step], Came],
    heard: Callable[[Step, Came], None] | None = None,
) -> Done:
    """Play to the end and return its result: ``carry`` waits, does a step, and returns what came.

    ``heard`` is called with each step once ``play`` has taken note of what came.
    """
    try:
        step = next(play)
        while True:
            came = carry(step)
            try:
                following = play.send(came)
            finally:
                if heard is not None:
                    heard(step, came)
            step = following
    except StopIteration as end:
        done: Done = end.value
        return done
