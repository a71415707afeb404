"""Spreads the tests that wait over those that compute, so that neither stands alone at the end of a run.

Mutants are waited for, most of all those of vouchers: for what they never do. Elsewhere tests keep a core busy. xdist
gives each worker a stretch of the whole; every stretch has a share of both.
"""

import os
from itertools import groupby

import pytest

from tests.house.__main__ import ROOT

WAITING = ROOT / "tests" / "mutants"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    waiting: list[pytest.Item] = []
    # A module's tests stay together: they share fixtures.
    modules: list[list[pytest.Item]] = []
    for path, tests in groupby(items, lambda item: item.path):
        if WAITING in path.parents:
            waiting += tests
        else:
            modules.append([*tests])
    if not waiting or not modules:
        return
    # What takes longest comes first in its file: each worker begins with one of these.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    waiting = [item for first in range(workers) for item in waiting[first::workers]]
    rest, spread = len(items) - len(waiting), []
    given = passed = 0
    for tests in modules:
        due = len(waiting) * passed // rest
        spread += waiting[given:due] + tests
        given, passed = due, passed + len(tests)
    items[:] = spread + waiting[given:]
