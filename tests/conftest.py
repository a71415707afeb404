"""What every test of the project shares."""

import configparser
import gc
import signal

import hypothesis
import pytest

from tests.house.__main__ import ROOT

pytest_plugins = [
    "tests.support.plugins.sampling",
    "tests.support.plugins.spread",
    "tests.support.plugins.no_skips",
    "tests.support.plugins.postgres",
]

# A deadline would test the machine: examples take as long as whatever else runs lets them.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

# A shell's background job ignores Ctrl-C, what nohup starts SIGHUP, and so would every program that a test starts.
for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)


def pytest_configure(config):
    # Tests import scenarios, whose markers are declared where scenarios run.
    declared = configparser.ConfigParser()
    declared.read(ROOT / "scenarios" / "pytest.ini")
    for line in declared["pytest"]["markers"].strip().splitlines():
        config.addinivalue_line("markers", line)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    # What is collected and imported stays till the end: looking through it again and again for garbage finds none.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
