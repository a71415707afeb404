"""``pitboss check`` is touched by nothing where it runs, and leaves nothing there but the report."""

import json
import sys
from pathlib import Path

import pytest

import scenarios
from tests.support.in_memory.faulty_wallets import PaysOrphans
from tests.support.in_memory.wallets import Wallet, served
from tests.support.programs.commanding import PITBOSS, PYTEST, run_program, target_file

ROOT = Path(scenarios.__file__).parent.parent
RULES = "RES-01,RES-02,RBK-04"
REPORTS = {"report.json", "report.html", "junit.xml", "history.har"}

OWN_SCENARIO = """
import pytest
from scenarios.run.judge import Judge

@pytest.mark.rules("RES-01")
def test_pays(judge, operator, player):
    balance = judge.fund(player, 1000)
    judge.balance("RES-01", player, balance + player.money(5), operator.result(player, player.money(5)))

def test_ordinary():
    assert True
"""


@pytest.fixture
def hostile(tmp_path):
    """A project with all that could disturb: its own pytest settings, conftest, plugins and scenarios."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option -n 7\npython_files = *.txt\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('conftest of the project')\n")
    for name in ("scenarios", "simulators"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('package of the project')\n")
    (tmp_path / "scenarios" / "test_own.py").write_text("def test_own(): raise RuntimeError\n")
    return tmp_path


def files(folder):
    # The report, and where the last one is.
    ours = {".git", "out", ".pitboss"}
    return {path for path in folder.rglob("*") if ours.isdisjoint(path.relative_to(folder).parts)}


def test_check_is_alone(hostile, tmp_path_factory):
    # Tests that run at the same time write their caches beside the scenarios; those of this check come here.
    cache = tmp_path_factory.mktemp("cache")
    with served(Wallet()) as url:
        target_file(hostile, url)
        before = files(hostile)
        done = run_program(
            PITBOSS,
            "check",
            "--only",
            "RES,INV-01",
            "--effort",
            "quick",
            "--report",
            "out",
            cwd=hostile,
            PYTEST_ADDOPTS="--also-not-there",
            PYTEST_PLUGINS="no_such_plugin",
            PYTHONPYCACHEPREFIX=str(cache),
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(hostile) == before
    assert {path.name for path in (hostile / "out").iterdir()} == REPORTS
    # No scenario is compiled again to explain its assertions.
    assert list(cache.rglob("test_*-pytest-*")) == []


def outcomes(folder):
    report = json.loads((folder / "report.json").read_text())
    return {rule["id"]: rule["outcome"] for rule in report["rules"]}


def test_pytest_says_the_same(tmp_path):
    with served(PaysOrphans()) as url:
        target_file(tmp_path, url)
        options = ("--pitboss-only", RULES, "--pitboss-effort", "quick", "--pitboss-report", "there")
        done = run_program(
            PYTEST, "--pitboss", "pitboss.toml", *options, "--pyargs", "scenarios", "-q", cwd=tmp_path
        )
        front = run_program(
            PITBOSS, "check", "--only", RULES, "--effort", "quick", "--report", "here", cwd=tmp_path
        )
    assert (done.returncode, front.returncode) == (1, 1), done.stdout + done.stderr + front.stdout
    assert outcomes(tmp_path / "there") == outcomes(tmp_path / "here")
    assert {path.name for path in (tmp_path / "there").iterdir()} == REPORTS | {"repro"}


def test_integrators_add_their_own_scenarios(tmp_path):
    (tmp_path / "my_test.py").write_text(OWN_SCENARIO)
    with served(Wallet()) as url:
        target_file(tmp_path, url)
        done = run_program(PYTEST, "--pitboss", "pitboss.toml", "my_test.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_target_that_is_down_ends_pytest_with_the_code_of_check(tmp_path):
    (tmp_path / "my_test.py").write_text(OWN_SCENARIO)
    target_file(tmp_path, "http://127.0.0.1:9")
    done = run_program(PYTEST, "--pitboss", "pitboss.toml", "my_test.py", cwd=tmp_path)
    assert done.returncode == 3, done.stdout
    assert "callback_url" in done.stdout + done.stderr


def test_without_a_target_scenarios_are_skipped_and_the_rest_is_untouched(tmp_path):
    (tmp_path / "my_test.py").write_text(OWN_SCENARIO)
    (tmp_path / "conftest.py").write_text(
        "import sys\ndef pytest_sessionfinish():\n"
        "    heavy = {'scenarios', 'simulators', 'sqlalchemy', 'rich'}\n"
        "    print('loaded', sorted(heavy & set(sys.modules)))\n"
    )
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n")
    done = run_program(PYTEST, "my_test.py", "test_plain.py", "-rs", "--strict-markers", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 passed, 1 skipped" in done.stdout
    assert "no target: give --pitboss" in done.stdout
    plain = run_program(PYTEST, "test_plain.py", "-s", cwd=tmp_path)
    assert "loaded []" in plain.stdout


def test_a_problem_with_the_target_file_is_told_by_pytest(tmp_path):
    (tmp_path / "my_test.py").write_text(OWN_SCENARIO)
    done = run_program(PYTEST, "--pitboss", "none.toml", "my_test.py", cwd=tmp_path)
    assert done.returncode == 4, "pytest's own code for usage"
    assert "none.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_several_processes_are_refused(tmp_path):
    (tmp_path / "my_test.py").write_text(OWN_SCENARIO)
    target_file(tmp_path, "http://127.0.0.1:9")
    done = run_program(PYTEST, "--pitboss", "pitboss.toml", "-n", "2", "my_test.py", cwd=tmp_path)
    assert done.returncode == 4
    assert "pytest-xdist" in done.stderr


WAYS = {"pytest": [PYTEST], "python -m pytest": [sys.executable, "-m", "pytest"]}
NAMED_AS_OURS = {
    "scenarios/__init__.py": "MINE = True\n",
    "scenarios/helpers.py": "def two(): return 2\n",
    "scenarios/test_mine.py": "import pytest\nimport scenarios\nfrom scenarios.helpers import two\n\n"
    "@pytest.fixture\ndef judge(): return 'mine'\n\n"
    "@pytest.mark.rules('offside')\ndef test_mine(judge): assert (scenarios.MINE, two(), judge) == (True, 2, 'mine')\n",
    "simulators/__init__.py": "",
    "simulators/test_other.py": "def test_other(): pass\n",
}


@pytest.fixture
def namesake(tmp_path):
    """A project with packages of its own by our names, and nothing else to do with pitboss."""
    for name, text in NAMED_AS_OURS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("way", [*WAYS, "pythonpath"])
def test_a_project_with_packages_by_our_names_is_untouched(namesake, way):
    if way == "pythonpath":
        (namesake / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    program, *first = WAYS.get(way, [PYTEST])
    done = run_program(program, *first, "-q", cwd=namesake)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_simulator_among_packages_by_our_names_says_what_to_do(namesake):
    (namesake / "test_bet.py").write_text("def test_bet(operator_simulator): raise AssertionError\n")
    done = run_program(PYTEST, "test_bet.py", cwd=namesake)
    assert done.returncode == 1
    assert "1 error" in done.stdout
    assert f"{namesake / 'scenarios'} is a package, too" in done.stdout
    assert "pitboss serve" in done.stdout


def test_fixtures_of_the_project_by_our_names_come_first(namesake):
    (namesake / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef operator_simulator(): return 'mine'\n"
    )
    (namesake / "test_bet.py").write_text(
        "def test_bet(operator_simulator): assert operator_simulator == 'mine'\n"
    )
    done = run_program(PYTEST, "test_bet.py", cwd=namesake)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_a_judge_among_packages_by_our_names_says_what_to_do(namesake, way):
    target_file(namesake, "http://127.0.0.1:9")
    program, *first = WAYS[way]
    done = run_program(program, *first, "--pitboss", "pitboss.toml", cwd=namesake)
    assert done.returncode == 4
    assert f"{namesake / 'scenarios'} is a package, too" in done.stderr
    assert "pitboss check" in done.stderr
    assert "Traceback" not in done.stderr
