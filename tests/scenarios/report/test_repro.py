"""The scripts of a report's folder: they show a fault on the CLIENT that has it, and not on one that has not."""

import hashlib
import hmac
import json
import os
import re
import subprocess
from dataclasses import replace

import pytest
import urllib3

from scenarios.report.files import script_of
from scenarios.report.repro.script import script
from scenarios.report.summary import replay_command
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from tests.support.client_calls import message, plain
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet
from tests.support.programs.mutants import serving

# One for each kind: bets at once, signatures, copies, odd ids, many alike, money that bets before decide, refusals that
# are none, several players, what was refused before, a webhook, connections that are cut, a debt; of tokens the
# signature, the time, what is drawn from a few, sums, and what a browser may not say; of decisions forgeries, copies
# after others, and a page that decides; a body that is no text.
SAMPLE = [
    ("race-lost-update", "BET-04"),
    ("sig-unkeyed", "SIG-02"),
    ("sig-as-number", "SIG-01"),
    ("idm-no-bets", "IDM-01"),
    ("idm-cut", "IDM-08"),
    ("long-97th-result", "BET-10"),
    ("rollback-orphan-matched", "RBK-04"),
    ("msg-error-empty", "MSG-04"),
    ("rollback-anyone-asker", "RBK-10"),
    ("rollback-refused-refused", "RBK-08"),
    ("cat-unknown-fails", "CAT-02"),
    ("crash-cut-again", "IDM-03"),
    ("result-negative", "RES-06"),
    ("vtk-client-secret", "VTK-01"),
    ("vtk-local-time", "VTK-03"),
    ("vtk-key-of-few", "VTK-04"),
    ("chk-unproven", "CHK-01"),
    ("chk-tax-twice", "CHK-06"),
    ("chk-browser-reference", "CHK-08"),
    ("chk-header-price", "CHK-09"),
    ("chk-key-of-example", "CHK-11"),
    ("chk-remembers-few", "CHK-11"),
    ("chk-believes-way-back", "CHK-11"),
    ("evt-stuck", "EVT-07"),
]
# What is judged again finds the CLIENT as the first check left it: with a token of that one's, for example.
AGAIN = [("out-token-for-ever", "OUT-05"), ("bet-ban-ignored", "BET-08")]


@pytest.fixture(scope="module")
def reference():
    with serving() as target:
        # Sessions for vouchers hold money until they end.
        body = plain(message("result", 10**5))
        signature = hmac.new(secrets(target)["SECURITY_HASH"].encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Security-Hash": signature, "Content-Type": "application/json"}
        url = f"{target.operator.callback_url}/transaction"
        assert urllib3.request("POST", url, body=body, headers=headers).json()["error"] is None
        yield target


def secrets(target):
    """What the scripts sign with, and check signatures with, by the variables that hold it."""
    return {
        "SECURITY_HASH": target.operator.security_hash.get_secret_value(),
        "JACKPOT_API_SIGNATURE": target.jackpot.api_signature.get_secret_value(),
        "CHECKOUT_KEY": target.checkout.key.get_secret_value(),
    }


def ran(script, target, cwd, **more):
    """The exit code of the script, and what it said; whatever it says, it says no secret."""
    addresses = {
        "CALLBACK_URL": target.operator.callback_url,
        "NOTIFICATION_URL": target.jackpot.notification_url,
        "CLIENT_URL": target.operator.callback_url.removesuffix("/operator"),
    }
    variables = {"PATH": os.environ["PATH"], **addresses, **more}
    done = subprocess.run(
        ["sh", script], cwd=cwd, env=variables, capture_output=True, text=True, timeout=240, check=False
    )
    assert not any(secret in done.stdout + done.stderr for secret in secrets(target).values())
    return done.returncode, done.stdout + done.stderr


@pytest.mark.sampled_clients(("mutant", "rule"), SAMPLE)
def test_the_script_shows_the_fault_where_it_is_and_nowhere_else(tmp_path, reference, mutant, rule):
    with serving(mutant) as target:
        check(Settings(target, (rule,), QUICK, 7), report=tmp_path)
        assert f"sh repro/{rule}.sh" in (tmp_path / "report.html").read_text()
        script = script_of(tmp_path, rule)
        text = script.read_text()
        assert not any(secret in text for secret in secrets(target).values())
        if "\nneed " in text:
            assert ran(script, target, tmp_path)[0] == 2, "without the secret nothing can be signed"
        code, said = ran(script, target, tmp_path, **secrets(target))
        assert code == 1, said
    kept = "".join(f"{name}='{value}'\n" for name, value in secrets(reference).items())
    (tmp_path / ".env").write_text(f"OTHER=1\n{kept}")
    code, said = ran(script, reference, tmp_path)
    assert code == 0, said


@pytest.mark.parametrize(("mutant", "rule"), AGAIN)
def test_the_printed_command_shows_once_more_what_a_shell_cannot_show(tmp_path, mutant, rule):
    with serving(mutant) as target:
        settings = Settings(target, (rule,), replace(QUICK, patience=2.0), 7)
        runs = [check(settings, report=tmp_path) for _ in range(2)]
        assert [each.verdicts[0].standing for each in runs] in (
            [Standing.FAILED] * 2,
            [Standing.WARNED] * 2,
        )
    assert not script_of(tmp_path, rule).exists()
    assert replay_command(runs[0].run, rule).endswith(f"--only {rule} --seed 7 --effort quick")
    (reported,) = json.loads((tmp_path / "report.json").read_text())["rules"]
    assert reported["no_repro"].startswith("A shell cannot show this")


class OneId(Wallet):
    def new_id(self):
        return "c-1"


def test_answers_that_are_right_each_for_itself_are_no_script_s_to_show():
    found = judged(OneId(), "MSG-05", seed=7)
    made = script(found.run, found.verdicts[0])
    assert (found.verdicts[0].standing, made.text) == (Standing.FAILED, "")
    assert made.why_none.startswith(
        ("The answers are right each for itself", "It was seen in the judge's own")
    )


class ForgetsAfterMany(Wallet):
    """A copy after a hundred others is handled anew."""

    def again(self, known, message):
        place = list(self.entries).index(self.key(message))
        return self.fresh(message) if len(self.entries) - place > 100 else super().again(known, message)


def test_between_a_request_and_its_copy_come_as_many_others_as_came_between_them():
    found = judged(ForgetsAfterMany(), "IDM-04", seed=7, effort=replace(QUICK, crowd=150))
    text = script(found.run, found.verdicts[0]).text
    assert text.count("    send ") < 20
    assert int(re.search(r"^    crowd (\d+)$", text, re.MULTILINE)[1]) in range(150, 200)
