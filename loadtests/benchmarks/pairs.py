"""What all benchmarks share: measuring in turns, medians of pairs, tables, and what the machine was like."""

import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psutil

Rates = dict[str, list[float]]


class Absent(Exception):
    """A program or package that a benchmark needs is not here; the message says how to get it."""


def in_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> Rates:
    """Measure every way ``rounds`` times in turns, after one turn to warm up that does not count.

    A slow moment of the machine then hits all alike.
    """
    measured: Rates = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, measure in ways.items():
            rate = measure()
            if turn:
                measured[name].append(rate)
    return measured


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """The median of the ratios of pairs that were measured together."""
    return statistics.median(mine / other for mine, other in zip(of, to, strict=True))


def spread(of: Sequence[float], to: Sequence[float]) -> str:
    """The least and the greatest of those ratios, as text."""
    pairs = [mine / other for mine, other in zip(of, to, strict=True)]
    return f"{min(pairs):.2f} to {max(pairs):.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table: the first column is text, the others are figures."""
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def machine() -> str:
    """What the figures were measured on, in a sentence."""
    return (
        f"Python {platform.python_version()} on {os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f} "
        "when it ended."
    )


def cores() -> tuple[int | None, int | None]:
    """The core of the driver and the core of what is measured; None where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


@contextmanager
def started(command: Sequence[str]) -> Iterator[psutil.Popen]:
    """What is measured, as a process on a core of its own; it ends with its children."""
    process = psutil.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        core = cores()[1]
        if core is not None:
            process.cpu_affinity([core])
        yield process
    finally:
        for one in [*process.children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            pipe.close()
