"""The table of rooms in pyproject.toml holds, and breaking any line of it is caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.__main__ import ROOMS, ROOT

LINT_IMPORTS = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT_IMPORTS, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with the same rooms under the same contracts, all but empty."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, "tests"):
        (tmp_path / room).mkdir()
        for name in ("__init__", "module"):
            (tmp_path / room / f"{name}.py").write_text('"""Empty."""\n')
    return tmp_path


def test_the_project_keeps_its_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_an_empty_house_keeps_them_too(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
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
    ],
)
def test_a_forbidden_import_is_caught_also_inside_a_function(
    house: Path, importer: str, imported: str
) -> None:
    module = house / importer / "module.py"
    module.write_text(f'"""."""\n\n\ndef f():\n    import {imported}.module\n    return {imported}\n')
    done = lint(house)
    assert done.returncode == 1, done.stdout
    assert f"{importer}.module -> {imported}" in done.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("scenarios.module", "simulators.module"),
        ("scenarios.cli.module", "client_under_test.module"),
        ("scenarios.cli.module", "loadtests.module"),
        ("loadtests.module", "simulators.module"),
        ("loadtests.module", "scenarios.module"),
    ],
)
def test_an_allowed_import_is_no_finding(house: Path, importer: str, imported: str) -> None:
    module = house / f"{importer.replace('.', '/')}.py"
    module.parent.mkdir(exist_ok=True)
    module.with_name("__init__.py").touch()
    module.write_text(f'"""."""\n\nimport {imported}\n')
    done = lint(house)
    assert done.returncode == 0, done.stdout
