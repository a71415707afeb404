"""The wheel and the sdist: what they hold, and that a fresh environment runs the command from the wheel alone."""

import importlib.metadata
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.__main__ import ROOT
from tests.house.leftovers import committed
from tests.support.programs.commanding import run_program

PACKAGES = ("simulators", "client_under_test", "scenarios", "loadtests")
# Measures the project, and is of no use to those who install it.
LEFT_OUT = ROOT / "loadtests" / "benchmarks"


def shipped() -> set[str]:
    """Every file of the packages that git keeps, as the wheel must hold them."""
    files = {
        path.relative_to(ROOT)
        for path in committed(ROOT)
        if path.relative_to(ROOT).parts[0] in PACKAGES and LEFT_OUT not in path.parents
    }
    return {path.as_posix() for path in files} | {"pitboss_pytest.py"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, made of a fresh clone, and the wheel, made of the sdist."""
    root = tmp_path_factory.mktemp("built")
    for path in committed(ROOT):
        copy = root / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    done = run_program(sys.executable, "-m", "build", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SetuptoolsDeprecationWarning" not in done.stdout + done.stderr
    return root / "dist"


def test_the_wheel_holds_the_packages_with_all_their_files_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == shipped()


def test_the_sdist_holds_what_the_wheel_is_made_of_and_no_tests(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if archive.getmember(name).isfile()}
    made = {name for name in names if ".egg-info/" in name} | {"PKG-INFO", "setup.cfg"}
    assert names - made == shipped() | {"pyproject.toml", "README.md", "LICENSE"}


def needed(name: str, extras: frozenset[str], found: dict[str, Distribution]) -> dict[str, Distribution]:
    """The distributions here that ``name`` asks for without extras of its own, and those that they ask for."""
    distribution = importlib.metadata.distribution(name)
    for line in distribution.requires or []:
        wanted = Requirement(line)
        applies = [{"extra": extra} for extra in extras] or [{"extra": ""}]
        if wanted.marker is None or any(wanted.marker.evaluate(each) for each in applies):
            known = canonicalize_name(wanted.name)
            if known not in found:
                found[known] = importlib.metadata.distribution(wanted.name)
                needed(wanted.name, frozenset(wanted.extras), found)
    return found


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and what its metadata asks for, which lies here already, and no more."""
    made = tmp_path_factory.mktemp("fresh") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    [packages] = made.glob("lib/python*/site-packages")
    for distribution in needed("pitboss", frozenset(), {}).values():
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(distribution.locate_file(top)))
    [wheel] = built.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "-q", "--python", made, "install", "--no-deps", "--no-index", wheel)
    subprocess.run(pip, check=True)
    return made


def test_a_fresh_environment_runs_the_command_from_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        reported = run_program(environment / "bin" / "pitboss", *words, cwd=tmp_path)
        assert reported.returncode == 0, reported.stdout + reported.stderr
        return reported.stdout

    assert run("--version").split()[-1] == importlib.metadata.version("pitboss")
    assert "pitboss demo" in run("--help")
    run("init")
    assert (tmp_path / "pitboss.toml").exists()
    # A rule of each provider, told with the files of pages and reports that the wheel brings.
    assert "rules hold." in run("demo", "--only", "RBK-04,EVT-01,CHK-01", "--report", "report")
    assert (tmp_path / "report" / "report.html").exists()


def test_every_module_of_the_wheel_is_imported_in_a_fresh_environment(built: Path, environment: Path) -> None:
    modules = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in shipped()
        if name.endswith(".py") and not name.endswith("__main__.py")
    )
    # Locust replaces parts of the standard library, and is imported before what it replaces.
    text = "import locust, importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = run_program(environment / "bin" / "python", "-c", text, *modules, cwd=built)
    assert done.returncode == 0, done.stderr
