"""Where PITBOSS_NO_SKIPS is 1 (in CI) a skipped test is a failed one: what is not run proves nothing."""

import os

import pytest

VARIABLE = "PITBOSS_NO_SKIPS"

ADVICE = (
    "What came: this was skipped: {reason}\n"
    f"Expected:  with {VARIABLE}=1 everything runs; what is skipped proves nothing\n"
    "Next:      install what the reason names. From PyPI: add it to the dev extra in pyproject.toml and to\n"
    "           constraints.txt, then `make test`. From Debian: apt-get install it, in .ci/run too"
)


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _forbid(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if os.environ.get(VARIABLE) == "1" and report.skipped and not expected_failure:
        report.outcome = "failed"
        report.longrepr = ADVICE.format(reason=_reason(report.longrepr))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    _forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    _forbid(report)
    return report
