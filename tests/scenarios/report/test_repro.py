"""The scripts of a report's folder: they show a fault on the CLIENT that has it, and not on one that has not."""

import os
import subprocess

import pytest

from scenarios.report.files import script_of
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from tests.support.programs.mutants import serving

# One for each kind: money, a signature, copies, odd ids, a rollback, a message, several players, copies at once.
SAMPLE = [
    ("amount-fee", "BET-01"),
    ("sig-unkeyed", "SIG-02"),
    ("idm-no-bets", "IDM-01"),
    ("idm-cut", "IDM-08"),
    ("rollback-orphan-deposits", "RBK-04"),
    ("msg-no-error", "MSG-03"),
    ("rollback-anyone-asker", "RBK-10"),
    ("race-copy-bet", "IDM-02"),
]


@pytest.fixture(scope="module")
def reference():
    with serving(None) as target:
        yield target


def ran(script, target, cwd, **more):
    """The exit code of the script, and what it said; whatever it says, it says no secret."""
    secret = target.operator.security_hash.get_secret_value()
    variables = {"PATH": os.environ["PATH"], "CALLBACK_URL": target.operator.callback_url, **more}
    done = subprocess.run(
        ["sh", script], cwd=cwd, env=variables, capture_output=True, text=True, timeout=240, check=False
    )
    assert secret not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("mutant", "rule"), SAMPLE)
def test_the_script_shows_the_fault_where_it_is_and_nowhere_else(tmp_path, reference, mutant, rule):
    with serving(mutant) as target:
        check(Settings(target, (rule,), QUICK, 7), report=tmp_path)
        assert f"sh repro/{rule}.sh" in (tmp_path / "report.html").read_text()
        script = script_of(tmp_path, rule)
        text = script.read_text()
        secret = target.operator.security_hash.get_secret_value()
        assert secret not in text
        assert ran(script, target, tmp_path)[0] == 2, "without the secret nothing can be signed"
        code, said = ran(script, target, tmp_path, SECURITY_HASH=secret)
        assert code == 1, said
    (tmp_path / ".env").write_text(
        f"OTHER=1\nSECURITY_HASH='{reference.operator.security_hash.get_secret_value()}'\n"
    )
    code, said = ran(script, reference, tmp_path)
    assert code == 0, said
