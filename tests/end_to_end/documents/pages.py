"""Reads the Markdown pages of the project: what they tell to type, what they promise, where they link.

The convention: a fenced block ``console`` is typed, line by line: ``$ `` begins a command, what follows is its
output, where ``…`` stands for any text within a line, or alone for any lines. A block in another language whose
fence names a file ("toml pitboss.toml") is saved under that name. A block ``diff`` is an edit by hand. A block
``text`` is shown only, ``mermaid`` drawn; ``nginx`` is what a test of its own starts. Code is never indented instead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.house.__main__ import ROOT
from tests.house.leftovers import committed

ANY = "…"
TYPED, EDIT, SHOWN, DRAWN, PROXY = "console", "diff", "text", "mermaid", "nginx"
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is saved as (perhaps none), and its text."""

    page: Path
    line: int
    language: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command to type, and the lines that the page promises; ``line`` is where it stands."""

    line: int
    command: str
    promised: tuple[str, ...]

    @property
    def in_background(self) -> bool:
        """Whether it goes on while the next command is typed."""
        return self.command.rstrip().endswith("&")

    @property
    def asks_for_status(self) -> bool:
        """Whether it shows the exit code of the command before it, which may then be any."""
        return self.command.strip() == "echo $?"


def pages() -> list[Path]:
    """README.md and every page below docs/ that git keeps or would keep."""
    docs = ROOT / "docs"
    return [
        path
        for path in committed(ROOT)
        if path.suffix == ".md" and (path.parent == ROOT or docs in path.parents)
    ]


def tokens(page: Path) -> list[Token]:
    """The page as CommonMark with tables."""
    return _MARKDOWN.parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of ``page``, in order."""
    found = []
    for token in tokens(page):
        if token.type == "fence":
            language, _, file = token.info.strip().partition(" ")
            found.append(Block(page, token.map[0] + 1 if token.map else 0, language, file, token.content))
    return found


def indented(page: Path) -> list[int]:
    """The lines of ``page`` at which an indented block of code begins."""
    return [token.map[0] + 1 for token in tokens(page) if token.type == "code_block" and token.map]


def steps(block: Block) -> list[Step]:
    """The commands of a ``console`` block. Raises ValueError where output has no command before it."""
    found: list[Step] = []
    lines = iter(enumerate(block.text.splitlines(), block.line + 1))
    for number, line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)[1]
            found.append(Step(number, command, ()))
        elif not found:
            raise ValueError(f"{block}: {line!r} is shown, and no command before it; begin with '$ '")
        else:
            last = found[-1]
            found[-1] = Step(last.line, last.command, (*last.promised, line))
    return found


def kept(promised: tuple[str, ...], output: list[str]) -> bool:
    """Whether ``output`` has all ``promised`` lines and, where no ``…`` stands between, no others."""
    if not promised:
        return True
    patterns = [None if line.strip() == ANY else _pattern(line) for line in promised]
    reached = {0}
    for line in output:
        reached = set(_further(patterns, reached, line.rstrip()))
    return any(all(pattern is None for pattern in patterns[place:]) for place in reached)


def _further(patterns: list[re.Pattern[str] | None], places: set[int], line: str) -> Iterator[int]:
    for place in places:
        here = place
        # Any lines may be none at all, so that the pattern behind them is tried as well.
        while here < len(patterns) and patterns[here] is None:
            yield here
            here += 1
        if here < len(patterns):
            pattern = patterns[here]
            if pattern is not None and pattern.fullmatch(line):
                yield here + 1


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.rstrip().split(ANY)))


def links(page: Path) -> list[str]:
    """Where ``page`` links, as written."""
    inline = [child for token in tokens(page) for child in token.children or ()]
    found = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
    return found + [str(token.attrs["src"]) for token in inline if token.type == "image"]


def anchors(page: Path) -> set[str]:
    """The anchors that a renderer makes of the headings of ``page``."""
    made = tokens(page)
    titles = [made[place + 1].content for place, token in enumerate(made) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
