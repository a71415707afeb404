"""Run every check on the house: findings to standard output, exit code 1 when there is one."""

import sys
from pathlib import Path

from simulators.providers import PROVIDERS
from tests.house.crowds import crowded
from tests.house.cycles import cycles
from tests.house.leftovers import committed, leftovers
from tests.house.lengths import too_long
from tests.house.private_names import private_names
from tests.house.provider_names import provider_names

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("simulators", "client_under_test", "scenarios", "loadtests")


def python_files(*rooms: str) -> list[Path]:
    """Every Python file of ``rooms``; of all of them and of the tests where none is named."""
    return [path for room in rooms or (*ROOMS, "tests") for path in sorted((ROOT / room).rglob("*.py"))]


CHECKS = {
    "lengths of files and functions": lambda: too_long(python_files()),
    "files side by side": lambda: crowded(python_files(*ROOMS)),
    "private names of libraries": lambda: private_names(python_files(), (*ROOMS, "tests")),
    "names of providers": lambda: provider_names(
        python_files("simulators", "scenarios", "loadtests"), PROVIDERS, "simulators/providers.py"
    ),
    "import cycles": lambda: cycles(*ROOMS, "tests"),
    "paths of one machine and undone notes": lambda: leftovers(committed(ROOT)),
}


def main() -> int:
    """Run all checks; return the exit code."""
    broken = 0
    for name, check in CHECKS.items():
        findings = check()
        broken += bool(findings)
        print(f"{name}: {'kept' if not findings else 'BROKEN'}")
        for finding in findings:
            print(f"  {finding.replace(f'{ROOT}/', '')}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
