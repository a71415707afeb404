"""No provider's name is written down outside the table of providers and that provider's own folders."""

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path


def provider_names(paths: Iterable[Path], names: Collection[str], table: str) -> list[str]:
    """Name every string of ``paths`` that is one of ``names``, except in ``table`` and in folders of that name."""
    return [
        finding for path in paths if not path.as_posix().endswith(table) for finding in _in_file(path, names)
    ]


def _in_file(path: Path, names: Collection[str]) -> Iterator[str]:
    strange = set(names) - set(path.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in strange:
            yield f"{path}:{node.lineno}: {node.value!r} is a provider's name; take it from the table of providers"
