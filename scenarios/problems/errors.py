"""Errors for users, in three beats, and the exit codes of every command. The one place for both."""

import sys
from collections.abc import Iterator
from enum import IntEnum
from typing import IO, Any, ClassVar

import click

from scenarios.problems.plain_text import for_stream

# What a command says that Ctrl-C ended too early for a verdict.
INTERRUPTED = "pitboss: interrupted; nothing was judged"


def note(text: str) -> None:
    """Say ``text`` on standard error, for programs may read the output."""
    click.echo(for_stream("note: ", text, sys.stderr), err=True)


class Exit(IntEnum):
    """What a command's exit code says, so that CI can tell a broken contract from a target that is down."""

    HOLDS = 0
    BROKEN = 1
    USAGE = 2
    UNREACHABLE = 3
    UNDECIDED = 4


class Problem(click.ClickException):
    """Something the user can fix, reported in three beats.

    ``came`` is what was met, ``expected`` what should have been and why it matters, ``next_step`` what to do.
    ``more`` are further problems found in the same reading. None of the texts holds a secret.
    """

    exit_code: ClassVar[int] = Exit.USAGE

    def __init__(self, came: str, expected: str, next_step: str, more: "tuple[Problem, ...]" = ()) -> None:
        super().__init__(came)
        self.came = came
        self.expected = expected
        self.next_step = next_step
        self.more = more

    @property
    def beats(self) -> dict[str, str]:
        """The three of them by name."""
        return {"came": self.came, "expected": self.expected, "next_step": self.next_step}

    def lines(self) -> Iterator[tuple[str, str]]:
        """All three beats, each with what begins its line, and after them those of ``more``."""
        yield from (("", self.came), ("  expected: ", self.expected), ("  next step: ", self.next_step))
        for problem in self.more:
            yield from problem.lines()

    def format_message(self) -> str:
        """All ``lines``, as they are."""
        return "\n".join(start + text for start, text in self.lines())

    def __str__(self) -> str:
        return self.format_message()

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the beats to ``file`` (standard error where it is None)."""
        stream = file or sys.stderr
        for place, (start, text) in enumerate(self.lines()):
            click.echo(for_stream(start if place else "pitboss: ", text, stream), file=stream)


class UsageProblem(Problem):
    """The command line or the target file is wrong."""

    exit_code: ClassVar[int] = Exit.USAGE


class BadValue(click.BadParameter):
    """A value on the command line that does not fit its parameter: what came, and what was expected."""

    def __init__(self, came: str, expected: str) -> None:
        super().__init__(came)
        self.came, self.expected = came, expected


class TargetProblem(Problem):
    """The target cannot be reached, or refuses what a working CLIENT accepts."""

    exit_code: ClassVar[int] = Exit.UNREACHABLE


class DriverProblem(TargetProblem):
    """A driver entry did not do what it is for: the request failed, or its answer holds no such value."""
