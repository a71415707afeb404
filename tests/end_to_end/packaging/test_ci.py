"""The templates for CI: of the shape that their systems take, and every command in them run as these would run it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scenarios.hosting.ports import free_port
from tests.house.__main__ import ROOT
from tests.support.programs.commanding import environment, run_program
from tests.support.programs.reference import HASH

EXAMPLE = ROOT / "docs" / "example"
CI = EXAMPLE / "ci"
BIN = Path(sys.executable).parent
SCHEMAS = {
    "github-actions.yml": "vendor.github-workflows",
    "action.yml": "vendor.github-actions",
    "gitlab-ci.yml": "vendor.gitlab-ci",
}
# Stand for what a runner installs: the commands of this project, judging by few rules only.
SHIMS = {
    "pip": 'echo "$@" >> "$SHIM_LOG"',
    "pitboss": '[ "$1" = check ] && set -- "$@" --only RES\nexec "$SHIM_BIN/pitboss" "$@"',
    "pytest": 'exec "$SHIM_BIN/pytest" "$@" -p no:cacheprovider',
}
SOURCE = "https://git.example.com/tools/pitboss@4f2c9e1"


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CI / name).read_text())
    return loaded


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_template_is_of_the_shape_that_its_system_takes(name: str) -> None:
    assert {path.name for path in CI.iterdir()} == set(SCHEMAS)
    done = run_program(BIN / "check-jsonschema", "--builtin-schema", SCHEMAS[name], CI / name, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


class Runner:
    """A runner's machine in ``folder``, with the team's repository checked out."""

    def __init__(self, folder: Path) -> None:
        ignored = shutil.ignore_patterns("__pycache__", "report")
        self.folder, self.project = folder, shutil.copytree(EXAMPLE, folder / "project", ignore=ignored)
        self.port = str(free_port())
        shims = folder / "shims"
        shims.mkdir()
        for name, text in SHIMS.items():
            (shims / name).write_text(f"#!/bin/sh\n{text}\n")
            (shims / name).chmod(0o755)
        site = f"http://127.0.0.1:{self.port}"
        self.variables = {
            **environment(),
            "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}",
            "SHIM_BIN": str(BIN),
            "SHIM_LOG": str(folder / "installed"),
            "SECURITY_HASH": HASH,
            "SITE": site,
            "PITBOSS_OPERATOR__CALLBACK_URL": f"{site}/operator",
        }

    def run(self, lines: list[tuple[str, Mapping[str, str]]]) -> str:
        """Run scripts one after the other, each with variables of its own; ends with the first that fails."""
        written = ["set -eo pipefail"]
        for text, variables in lines:
            exported = "\n".join(f"export {name}={self._here(value)!r}" for name, value in variables.items())
            written.append(f"{exported}\n{text}")
        with subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", "\n".join(written)],
            cwd=self.project,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as shell:
            try:
                said, _ = shell.communicate(timeout=240)
            finally:
                # The CLIENT was left to run.
                os.killpg(shell.pid, signal.SIGKILL)
        assert shell.returncode == 0, said
        return said

    def _here(self, value: str) -> str:
        return value.replace("8710", self.port).replace(
            "pitboss client", f"pitboss client --port {self.port} --player p-1 --player p-2"
        )

    def leaves(self) -> None:
        """What was installed, and what the reports hold."""
        assert (self.folder / "installed").read_text().split() == ["install", "pitboss", "@", f"git+{SOURCE}"]
        suites = sorted(self.project.glob("report/*/junit.xml"))
        assert [path.parent.name for path in suites] == ["contract", "own"]
        for path in suites:
            suite = ElementTree.parse(path).find("testsuite")
            assert suite is not None
            assert suite.get("failures") == "0"
            assert int(suite.get("tests", "0")) > 1


def evaluated(text: str, known: Mapping[str, str]) -> str:
    """``text`` with the values of its expressions. Raises KeyError for one that is not known."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda hit: known[hit[1]], text)


def github_steps() -> Iterator[tuple[str, Mapping[str, str]]]:
    [job] = read("github-actions.yml")["jobs"].values()
    action = read("action.yml")
    known = {"secrets.SECURITY_HASH": HASH, "vars.JUDGE_SOURCE": SOURCE}
    yield "", {name: evaluated(value, known) for name, value in job["env"].items()}
    for step in job["steps"]:
        if step.get("uses") == "./.github/actions/contract":
            given = {name: evaluated(value, known) for name, value in step["with"].items()}
            assert given.keys() <= action["inputs"].keys()
            inputs = {name: one.get("default") for name, one in action["inputs"].items()} | given
            for inner in action["runs"]["steps"]:
                if "run" in inner and "failure()" not in inner.get("if", ""):
                    inside = known | {f"inputs.{name}": value for name, value in inputs.items()}
                    own = {name: evaluated(value, inside) for name, value in inner.get("env", {}).items()}
                    assert "${{" not in inner["run"], "what is given is quoted by the shell, as a variable"
                    yield inner["run"], own
        elif "run" in step:
            yield step["run"], {}


def test_github_actions_judge_and_tell_it(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    reported = tmp_path / "summary.md"
    reported.touch()
    runner.variables |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(reported),
        "RUNNER_TEMP": str(tmp_path),
    }
    runner.run([*github_steps()])
    runner.leaves()
    assert "rules hold" in reported.read_text()
    assert read("github-actions.yml")["concurrency"]["group"]


def test_gitlab_judges_and_keeps_what_it_shows(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    [job] = read("gitlab-ci.yml").values()
    variables = {"JUDGE_SOURCE": SOURCE, **job["variables"]}
    runner.run([("", variables), *((line, {}) for line in (*job["before_script"], *job["script"]))])
    runner.leaves()
    assert job["resource_group"]
    kept = [path for pattern in job["artifacts"]["paths"] for path in runner.project.glob(pattern)]
    assert {path.name for path in kept} == {"client.log", "report"}
    assert len(list(runner.project.glob(job["artifacts"]["reports"]["junit"]))) == 2
