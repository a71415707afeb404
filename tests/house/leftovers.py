"""No file of the project names a path of one machine, and none carries a note of work left undone."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

# Written in pieces, so that this file is not its own first finding.
_MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|root)(?![\w-])")
_UNDONE = re.compile(r"(?:#|//|/\*|<!--|--|;|\{#)[^\n]*?\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")


def committed(root: Path) -> list[Path]:
    """Every file below ``root`` that git keeps or would keep (not ignored) and that exists."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    return [root / name for name in sorted(set(names)) if name and (root / name).is_file()]


def leftovers(paths: Iterable[Path]) -> list[str]:
    """Name every line with a machine's path or an undone note; what is no text is passed over."""
    return [finding for path in paths for finding in _in_file(path)]


def _in_file(path: Path) -> Iterator[str]:
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(source.splitlines(), start=1):
        if found := _MACHINE_PATH.search(line):
            yield f"{path}:{number}: {found[0]} is a path of one machine; write it relative to the project"
        if found := _UNDONE.search(line):
            yield f"{path}:{number}: {found[1]} in a comment; do it, or leave it out"
