"""Every benchmark of the project, into one document. Run as ``python -m loadtests.benchmarks.run`` (``make bench``).

Each is measured side by side with what it is compared to, in one run and in turns: trust ratios, not figures. With
``--only`` or ``--skip`` the other parts of the document stay as they were.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.benchmarks import providers, start, verdict
from loadtests.benchmarks.pairs import Absent
from loadtests.benchmarks.traffic import ratios as traffic

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_HEAD: Final = """# Benchmarks

Made by `make bench`; `make bench ARGS="--only c"` measures one part again. Everything is measured side by side with
what it is compared to, in one run and in turns: trust ratios, not figures.
"""
_MARK: Final = re.compile(r"^<!-- part ([a-z]) -->\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark: its heading, and what measures it and returns the lines below."""

    title: str
    section: Callable[[], list[str]]


PARTS: Final[Mapping[str, Part]] = {
    "a": Part(traffic.TITLE, traffic.section),
    "b": Part(providers.TITLE, providers.section),
    "c": Part(start.TITLE, start.section),
    "d": Part(verdict.TITLE, verdict.section),
}


def read(text: str) -> dict[str, str]:
    """The parts of a document that was written before, by letter."""
    found = _MARK.split(text)[1:]
    return {letter: body.strip("\n") for letter, body in zip(found[::2], found[1::2], strict=True)}


def written(parts: Mapping[str, str]) -> str:
    """The document of ``parts``, in the order of the letters."""
    marked = [f"<!-- part {letter} -->\n{parts[letter]}\n" for letter in sorted(parts)]
    return "\n".join([_HEAD, *marked])


def measured(part: Part) -> str:
    """Measure ``part``; what is absent for it is legend in its place."""
    try:
        lines = part.section()
    except Absent as absent:
        lines = [str(absent)]
    return "\n".join([f"## {part.title}", "", *lines])


def main(
    arguments: Sequence[str] | None = None, parts: Mapping[str, Part] = PARTS, to: Path = DOCUMENT
) -> int:
    """Measure, print and write; 1 where a benchmark failed, which keeps none of the others from running."""
    legend = "; ".join(f"{letter}: {part.title}" for letter, part in parts.items())
    parser = argparse.ArgumentParser(
        prog="make bench", description=f"Measure and write {to.name}. Parts: {legend}."
    )
    parser.add_argument("--only", default="", metavar="a,c", help="measure these parts only")
    parser.add_argument("--skip", default="", metavar="b", help="leave these parts out")
    given = parser.parse_args(arguments)
    only, skip = (set(filter(None, text.replace(" ", "").split(","))) for text in (given.only, given.skip))
    if unknown := (only | skip) - set(parts):
        parser.error(
            f"there is no part {', '.join(sorted(unknown))}; expected were letters of {', '.join(parts)}, for the "
            f"parts named above. Correct --only or --skip."
        )
    to.parent.mkdir(exist_ok=True)
    failed = 0
    for letter, part in parts.items():
        if letter in skip or (only and letter not in only):
            continue
        try:
            text = measured(part)
        except Exception as error:
            print(f"part {letter} failed: {type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
            continue
        print(text, end="\n\n", flush=True)
        # Written after each part: an interruption loses one at most.
        before = read(to.read_text(encoding="utf-8")) if to.exists() else {}
        to.write_text(written({**before, letter: text}), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
