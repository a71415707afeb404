"""Races against a server with a check-then-act gap of 1 ms: on loopback, behind a slow network, over TLS."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.benchmarks.relay import delayed
from simulators.exchanges.history import History, Purpose, Request
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Delivery
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.racing_certificate import certificate

RUNS = 20
RACES = 5
FUNDS = 1
GAP = "0.001"
WALLET = Path(__file__).parents[2] / "support" / "in_memory" / "racing_wallet.py"


@contextmanager
def wallet(*arguments: str, balance: int = FUNDS) -> Iterator[int]:
    command = [sys.executable, str(WALLET), GAP, str(balance), "0", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def delivery(url: str, body: bytes) -> Delivery:
    request = Request("POST", url, (), body)
    return Delivery(request, SPORTSBOOK.read, "operator", "bet", Purpose.SCENARIO)


def found(url: str, width: int, ca_file: str | None = None) -> int:
    """One run: which race overdrew the wallet, from 1; 0 where none of ``RACES`` did.

    A machine without a processor to spare may run the wallet's threads one after the other, however close
    together the bets arrive; so a run has a few races. On a quiet machine the first one finds the gap.
    """
    history = History()
    for number in range(1, RACES + 1):
        route = Route(history, ca_file=ca_file)
        deliver(delivery(f"{url}/fund", b"{}"), route)
        route.close()
        bets = [delivery(f"{url}/bet", b'{"transaction_id":"%d"}' % i) for i in range(width)]
        exchanges = deliver(bets, route, together=True)
        assert not any(exchange.unknown for exchange in exchanges)
        if sum(exchange.ok for exchange in exchanges) > FUNDS:
            return number
    return 0


@pytest.mark.parametrize("width", [4, 20])
def test_a_gap_of_1_ms_is_found_in_every_run_on_loopback(width: int) -> None:
    with wallet() as port:
        runs = [found(f"http://127.0.0.1:{port}", width) for _ in range(RUNS)]
    assert all(runs), runs


def test_a_gap_of_1_ms_is_found_behind_50_ms_of_network() -> None:
    with wallet() as port, delayed(f"http://127.0.0.1:{port}", 0.1, handshake=False) as url:
        runs = [found(url, 10) for _ in range(RUNS)]
    assert all(runs), runs


def test_a_gap_of_1_ms_is_found_in_every_run_over_tls(tmp_path: Path) -> None:
    file = str(certificate(tmp_path))
    with wallet(file) as port:
        runs = [found(f"https://127.0.0.1:{port}", 10, file) for _ in range(RUNS)]
    assert all(runs), runs


def test_bets_one_after_the_other_do_not_show_the_gap() -> None:
    """The wallet is right when nothing races: what the others find is the race and nothing else."""
    history = History()
    with wallet() as port:
        route = Route(history)
        answers = deliver([delivery(f"http://127.0.0.1:{port}/bet", b"{}")] * 10, route)
        route.close()
    assert sum(answer.ok for answer in answers) == FUNDS


def test_an_untrusted_certificate_is_unknown_and_named(tmp_path: Path) -> None:
    with wallet(str(certificate(tmp_path))) as port:
        bet = delivery(f"https://127.0.0.1:{port}/bet", b"{}")
        [exchange] = deliver(bet, Route(History()), together=True)
    assert exchange.unknown
    assert exchange.failure.text.startswith("TLS failed: ")
