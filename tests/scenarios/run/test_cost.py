"""What a verdict cost: which exchanges were in a row, how far the CLIENT is, and what took the time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from loadtests.benchmarks.relay import delayed
from scenarios.run.planning.cost import cost, in_a_row, round_trip, turn
from simulators.exchanges.history import Direction, Exchange, Purpose, Request, Status
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet, served


def exchanges(*times):
    """Genuine wagers that left and were answered at these seconds; None: never."""
    request = Request("POST", "http://client")
    return [
        Exchange(
            number,
            "operator",
            "bet",
            Purpose.SCENARIO,
            Direction.TO_CLIENT,
            request,
            started=0.0,
            invoked=left,
            message="a bet",
            status=Status.UNKNOWN if back is None else Status.OK,
            answered=back,
        )
        for number, (left, back) in enumerate(times)
    ]


@pytest.mark.parametrize(
    ("times", "row"),
    [
        ([], 0),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 3), (0, 1), (1, 2), (0.5, 2.5)], 2),
        # All at once, and one after them.
        ([(0, 2), (0, 2), (0, 2), (2, 3)], 2),
        # When one that was never answered was over, nobody knows.
        ([(0, 1), (1, None), (1, 2)], 2),
    ],
)
def test_exchanges_in_a_row(times, row):
    assert in_a_row(exchanges(*times)) == row


def test_the_round_trip_is_the_median_of_the_first_wagers():
    assert round_trip(exchanges((0, 5), (5, 6), (6, 8), (8, None))) == 2
    assert round_trip(exchanges((0, None))) is None


def test_a_turn_is_the_round_trip_and_what_the_judge_does_before_the_next():
    assert turn(exchanges((0, 1), (3, 4), (6, 9), (9, 10))) == 3
    # What left before the one before was answered says nothing.
    assert turn(exchanges((0, 2), (1, 3), (1, None))) is None


def test_a_run_tells_its_cost():
    run = judged(Wallet(), "BET-01", "RES-01").run
    spent = cost(list(run.history), run.results)
    assert (spent.exchanges, set(spent.seconds)) == (len(run.history), {"BET", "RES"})
    assert 0 < spent.in_a_row <= spent.exchanges
    assert 0 < sum(spent.seconds.values()) < run.history.now()


def test_what_passes_the_relay_takes_its_time_each_way():
    here = threading.Barrier(8)

    class Meeting(Wallet):
        """Answers eight requests once all of them are here: what carried them in a row would never end."""

        def __call__(self, environ, start_response):
            here.wait()
            return super().__call__(environ, start_response)

    def seconds(_):
        start = time.monotonic()
        assert urllib3.request("GET", far).status == 200
        return time.monotonic() - start

    with served(Meeting()) as url, delayed(url, 0.2) as far, ThreadPoolExecutor(8) as pool:
        assert min(pool.map(seconds, range(8))) >= 0.4  # the handshake, too
