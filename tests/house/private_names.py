"""No private name of a library is read or patched: the next release of it may have another."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def private_names(paths: Iterable[Path], rooms: tuple[str, ...]) -> list[str]:
    """Name every import of, or access to, a name with a leading underscore of a module that is in no room."""
    return [finding for path in paths for finding in _in_file(path, rooms)]


def _in_file(path: Path, rooms: tuple[str, ...]) -> Iterator[str]:
    foreign: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign |= {
                each.asname or each.name.split(".")[0]
                for each in node.names
                if each.name.split(".")[0] not in rooms
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in rooms:
            foreign |= {each.asname or each.name for each in node.names}
            for name in [*(node.module or "").split("."), *(each.name for each in node.names)]:
                if _private(name):
                    yield f"{path}:{node.lineno}: {name} is private to {node.module}; use what it offers"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _private(node.attr) and _root(node) in foreign:
            if ast.unparse(node) in _OFFERED:
                continue
            yield f"{path}:{node.lineno}: {ast.unparse(node)} is private to its library; use what it offers"


# Documented, in spite of its name.
_OFFERED = {"os._exit"}


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
