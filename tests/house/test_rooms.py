"""Breaking any line of the table of rooms in pyproject.toml is caught. That the project keeps it: ``make imports``."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.__main__ import ROOMS, ROOT

LINT_IMPORTS = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT_IMPORTS, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with the same rooms under the same contracts, whose files are empty."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, "tests"):
        for path in (ROOT / room).rglob("*.py"):
            empty = tmp_path / path.relative_to(ROOT)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    return tmp_path


FORBIDDEN = [
    ("simulators", "client_under_test"),
    ("simulators", "scenarios"),
    ("simulators", "loadtests"),
    ("simulators", "tests"),
    ("client_under_test", "simulators"),
    ("client_under_test", "scenarios"),
    ("client_under_test", "loadtests"),
    ("client_under_test", "tests"),
    ("scenarios", "client_under_test"),
    ("scenarios", "loadtests"),
    ("scenarios", "tests"),
    ("loadtests", "client_under_test"),
    ("loadtests", "tests"),
]
ALLOWED = [
    ("scenarios", "simulators"),
    ("scenarios.cli.main", "client_under_test"),
    ("scenarios.cli.main", "loadtests"),
    ("loadtests", "simulators"),
    ("loadtests", "scenarios"),
]


def add_import(house: Path, importer: str, imported: str, *, inside: bool = False) -> None:
    place = house / importer.replace(".", "/")
    module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    with module.open("a") as file:
        file.write(f"def f():\n    import {imported}\n" if inside else f"import {imported}\n")


def test_a_forbidden_import_is_caught_also_inside_a_function(house: Path) -> None:
    for importer, imported in FORBIDDEN:
        add_import(house, importer, imported, inside=True)
    done = lint(house)
    assert done.returncode == 1, done.stdout
    assert [pair for pair in FORBIDDEN if " -> ".join(pair) not in done.stdout] == [], done.stdout


def test_an_import_up_the_layers_is_caught(house: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    for contract in layered:
        [container] = contract.get("containers", [""])
        names = [re.findall(r"[\w.]+", contract["layers"][end])[0] for end in (0, -1)]
        top, bottom = (f"{container}.{name}".lstrip(".") for name in names)
        add_import(house, bottom, top, inside=True)
    done = lint(house)
    assert done.returncode == 1, done.stdout
    broken = re.sub(r"\s+", " ", done.stdout)
    assert [each["name"] for each in layered if f"{each['name']} BROKEN" not in broken] == [], done.stdout


def test_an_allowed_import_is_no_finding(house: Path) -> None:
    for importer, imported in ALLOWED:
        add_import(house, importer, imported)
    done = lint(house)
    assert done.returncode == 0, done.stdout
