"""The application of docs/example/fastapi holds under its own tests; faults put into it fail the tests about them."""

import shutil

import pytest

from tests.house.__main__ import ROOT
from tests.support.programs.commanding import PYTEST, run_program

EXAMPLE = ROOT / "docs" / "example" / "fastapi"
APP = "shop_app.py"
# Two faults of each provider's part: what stands there, what a fault makes of it, and the tests that fail then.
FAULTS = {
    "operator: a copy is a new bet": (
        'if asked["transaction_id"] in self.seen:',
        "if False:",
        {
            "test_a_bet_is_taken_and_a_copy_of_it_is_not",
            "test_a_bet_whose_answer_is_lost_is_taken_once",
            "test_a_rollback_of_a_bet_that_never_arrived_pays_nothing",
        },
    ),
    "operator: an orphan rollback pays": (
        "return -moved",
        'return -moved or int(Decimal("10.00") * 100)',
        {"test_a_rollback_of_a_bet_that_never_arrived_pays_nothing", "test_all_that_was_sent_adds_up"},
    ),
    "jackpot: a store stays on offer": (
        'if webhook["event"] == "store/disabled":',
        'if webhook["event"] == "store/closed":',
        {"test_a_store_that_jackpot_withdraws_is_not_offered"},
    ),
    "jackpot: a refund that nobody verifies": (
        'self.notices.add(webhook["id"])',
        'self.notices.add(webhook["id"]); self.balances["alice"] += int(webhook["event"] == "coupon/refunded")',
        {"test_a_refund_of_a_voucher_that_nobody_bought_pays_nothing"},
    ),
    "checkout: anybody decides": (
        "issuer=self.settings.merchant_id",
        'options={"verify_signature": False}',
        {"test_a_decision_that_somebody_else_signed_decides_nothing"},
    ),
    "checkout: the last decision counts": (
        '== "open":',
        "is not None:",
        {"test_the_checkout_decides_about_an_order_once"},
    ),
}


def _tested(folder):
    """The exit code of the example's own tests in ``folder``, and the names of those that failed."""
    done = run_program(PYTEST, "-q", "-rf", "-p", "no:cacheprovider", cwd=folder, PYTHONDONTWRITEBYTECODE="1")
    failed = {
        line.partition("::")[2].split(" - ")[0]
        for line in done.stdout.splitlines()
        if line.startswith("FAILED")
    }
    return done, failed


@pytest.fixture
def project(tmp_path):
    """A copy of the example."""
    return shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))


def test_the_example_holds_under_its_own_tests(project):
    done, failed = _tested(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert failed == set()


# A fault of each provider's part at once: they have nothing to do with each other.
@pytest.mark.parametrize("first", [0, 1])
def test_each_fault_fails_the_tests_about_it_and_no_other(project, first):
    faults = [*FAULTS.values()][first::2]
    source = (project / APP).read_text()
    for right, wrong, _ in faults:
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    (project / APP).write_text(source)
    done, failed = _tested(project)
    assert failed == set.union(*(expected for _, _, expected in faults)), done.stdout
