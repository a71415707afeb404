"""TOML files that users write: read, or reported in three beats why they cannot be."""

import tomllib
from pathlib import Path
from typing import Any

from scenarios.problems.errors import UsageProblem


def read_toml(path: Path, example: str) -> dict[str, Any]:
    """Read the file at ``path``; ``example`` is the command that writes one that is whole.

    Raises UsageProblem, and FileNotFoundError where there is none.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(path, problem, "a readable TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageProblem(
            f"{path} is not valid TOML: {problem}",
            'lines such as key = "value" under [section], with texts in quotes',
            f"fix it at that line; `{example}` writes a file to compare with",
        ) from None


def unreadable(file: Path, problem: OSError | UnicodeDecodeError, expected: str) -> UsageProblem:
    """Why ``file`` cannot be read."""
    reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
    return UsageProblem(f"{file} cannot be read: {reason}", expected, "check the path and its rights")
