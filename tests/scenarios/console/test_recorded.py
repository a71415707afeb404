"""Requests that a report holds go to nobody but whom they went to."""

from contextlib import closing

import pytest

from scenarios.console.control import recorded
from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import History, Request
from simulators.operator.delivery import Operator
from simulators.transport.route import Route
from tests.support.programs.reference import HASH


@pytest.mark.parametrize(
    "other",
    ["http://127.0.0.1:8710", "http://127.0.0.1:871.evil.example/transaction", "http://127.0.0.1:871@evil/"],
)
def test_what_is_resent_goes_to_nobody_whose_address_begins_like_the_clients(other: str) -> None:
    with closing(Route(History())) as route:
        operator = Operator("http://127.0.0.1:871", HASH, route)
        for own in ("http://127.0.0.1:871/transaction", "http://127.0.0.1:871?action=debit"):
            assert recorded.endpoint([operator], Request("POST", own, (), b""), 0) is operator
        with pytest.raises(UsageProblem, match="went to"):
            recorded.endpoint([operator], Request("POST", other, (), b""), 0)
