"""Spreads the tests that wait over those that compute, so that neither stands alone at the end of a run.

Mutants are waited for, most of all those of vouchers: for what they never do; and so are programs and browsers of
end-to-end tests. Elsewhere tests keep a core busy. xdist gives each worker a stretch of the whole; every stretch has a
share of each.
"""

import os
from itertools import groupby

import pytest

from tests.house.__main__ import ROOT

MUTANTS, END_TO_END = ROOT / "tests" / "mutants", ROOT / "tests" / "end_to_end"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mutants: list[pytest.Item] = []
    # A module's tests stay together: they share fixtures.
    slow: list[list[pytest.Item]] = []
    others: list[list[pytest.Item]] = []
    for path, tests in groupby(items, lambda item: item.path):
        if MUTANTS in path.parents:
            mutants += tests
        else:
            (slow if END_TO_END in path.parents else others).append([*tests])
    # What takes longest comes first in its file: each worker begins with one of these.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    dealt = [[item] for first in range(workers) for item in mutants[first::workers]]
    placed = [each for kind in (dealt, slow, others) for each in _places(kind)]
    items[:] = [item for _, group in sorted(placed, key=lambda each: each[0]) for item in group]


def _places(groups: list[list[pytest.Item]]) -> list[tuple[float, list[pytest.Item]]]:
    """Each of ``groups`` with the share of their tests that comes before it."""
    whole, passed, placed = sum(map(len, groups)), 0, []
    for group in groups:
        placed.append((passed / whole, group))
        passed += len(group)
    return placed
