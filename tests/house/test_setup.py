"""What sets the project up: constraints, Makefile, and the rule that in CI a skip is a failure."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.__main__ import ROOT
from tests.support.plugins.no_skips import VARIABLE


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in (*project["dependencies"], *extras)]


def test_constraints_are_plain_pins() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_is_pinned_to_a_version_that_it_allows(requirement: Requirement) -> None:
    pinned = constraints()[canonicalize_name(requirement.name)]
    assert pinned in requirement.specifier


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def python_that(folder: Path, says: str) -> Path:
    path = folder / "python-of-another-kind"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "came", "then"),
    [
        ('[ "$1" = --version ] && echo Python 3.9.2; exit 1', "Python 3.9.2", "make demo PYTHON="),
        (
            'case "$2" in *ensurepip*) exit 1;; esac',
            "cannot make virtual environments",
            "install python3-venv",
        ),
    ],
)
def test_a_python_that_will_not_do_is_refused_in_three_beats(
    clone: Path, says: str, came: str, then: str
) -> None:
    done = make(clone, "demo", f"PYTHON={python_that(clone, says)}")
    assert done.returncode == 2
    beats = done.stderr.splitlines()
    assert beats[0].startswith("What came:")
    assert came in beats[0]
    assert beats[1].startswith("Expected:")
    assert beats[2].startswith("Next:")
    assert then in beats[2]
    assert not (clone / ".venv").exists()


def venv_in(clone: Path) -> Path:
    venv.create(clone / ".venv", with_pip=False, symlinks=True)
    [packages] = (clone / ".venv" / "lib").glob("python*/site-packages")
    (packages / "pip.py").touch()  # stands for pip, which takes seconds to unpack
    for stamp in (".installed-run", ".installed-dev"):
        (clone / ".venv" / stamp).touch()
    return clone / ".venv"


def test_set_up_is_done_once_and_again_when_what_it_reads_changes(clone: Path) -> None:
    made = venv_in(clone)
    assert "pip install" not in make(clone, "-n", "demo", "test").stdout
    for stamp in (".installed-run", ".installed-dev"):
        os.utime(made / stamp, (1, 1))
    planned = make(clone, "-n", "demo", "test").stdout
    assert "-e ." in planned
    assert "-e '.[dev]'" in planned
    assert "-m venv --clear" not in planned


def test_a_virtual_environment_that_was_moved_is_made_anew(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    venv_in(clone)
    moved = clone.rename(tmp_path_factory.mktemp("moved") / "clone")
    assert "-m venv --clear" in make(moved, "-n", "demo").stdout


def test_help_names_every_target_of_the_makefile(clone: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (clone / "Makefile").read_text(), re.MULTILINE)
    assert phony
    reported = {line.split()[1] for line in make(clone, "help").stdout.splitlines()}
    assert reported == set(phony[1].split()) - {"new-venv"}


SKIPS = """
import pytest

def test_skips():
    pytest.skip("no PostgreSQL here")

@pytest.mark.skip(reason="not today")
def test_marked():
    pass

@pytest.mark.xfail(reason="known")
def test_expected():
    assert False

def test_passes():
    pass
"""
MODULE_SKIPS = 'import pytest\npytest.importorskip("no_such_module_of_pitboss")\n'


@pytest.mark.parametrize(
    ("strict", "options", "closing"),
    [
        ("1", [], "1 failed, 1 passed, 1 xfailed, 2 errors"),
        ("1", ["-n", "1"], "1 failed, 1 passed, 1 xfailed, 2 errors"),
        ("0", [], "1 passed, 3 skipped, 1 xfailed"),
    ],
)
def test_a_skip_is_a_failure_where_ci_says_so(
    tmp_path: Path, strict: str, options: list[str], closing: str
) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.support.plugins.no_skips"]\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_module.py").write_text(MODULE_SKIPS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "xdist",
        "--continue-on-collection-errors",
        *options,
    ]
    variables = {**os.environ, VARIABLE: strict, "PYTHONPATH": str(ROOT)}
    variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert closing in done.stdout
    assert (done.returncode != 0) is (strict == "1")
    if strict == "1":
        assert "no PostgreSQL here" in done.stdout
        assert "Next:" in done.stdout
