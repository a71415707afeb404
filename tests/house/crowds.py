"""No folder holds more than a dozen Python files side by side, or little more: what is more has rooms in it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

FILES = 13


def crowded(paths: Iterable[Path]) -> list[str]:
    """Name every folder of ``paths`` that holds too many files, those that make it a package left out."""
    held = Counter(path.parent for path in paths if path.name != "__init__.py")
    return [
        f"{folder}: {number} files side by side, {FILES} at most; give those that belong together a folder"
        for folder, number in held.items()
        if number > FILES
    ]
