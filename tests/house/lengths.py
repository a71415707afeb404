"""No Python file longer than 400 lines, no function longer than 60: what is longer is not read any more."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60


def too_long(paths: Iterable[Path]) -> list[str]:
    """Name every file and function of ``paths`` that is over its limit."""
    return [finding for path in paths for finding in _in_file(path)]


def _in_file(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        yield f"{path}:1: the file has {lines} lines, {FILE_LINES} at most; split it by what it is about"
    for node in ast.walk(ast.parse(source, filename=str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES} at most; "
                    "give its steps names of their own"
                )
