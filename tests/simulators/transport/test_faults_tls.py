"""Faults of one send over TLS, against a real wallet with a self-signed certificate."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.exchanges.history import History, Purpose, Request
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Delivery
from simulators.transport.faults.wire import AnswerLost, ResetWhileSending, SlowBody, SlowReader
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.racing_certificate import certificate

WALLET = Path(__file__).parents[2] / "support" / "in_memory" / "racing_wallet.py"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    file = str(certificate(tmp_path_factory.mktemp("tls")))
    command = [sys.executable, str(WALLET), "0", "1000", "0", file]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield f"https://127.0.0.1:{int(process.stdout.readline())}", file
        process.stdin.close()


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (SlowBody(chunk=1, pause=0.0), True),
        (SlowReader(chunk=1, pause=0.0), True),
        (AnswerLost(), False),
        (AnswerLost(after="first-byte"), False),
        (AnswerLost(cut="close"), False),
        (ResetWhileSending(after_bytes=3), False),
    ],
)
def test_faults_act_over_tls_and_the_client_goes_on(target, fault, answered) -> None:
    url, file = target
    history = History()
    delivery = Delivery(
        Request("POST", f"{url}/bet", (), b'{"id":1}'), SPORTSBOOK.read, "operator", "bet", Purpose.SCENARIO
    )
    route = Route(history, ca_file=file)
    [exchange] = deliver(delivery, route, [fault])
    assert exchange.ok is answered
    assert exchange.unknown is not answered
    [after] = deliver(delivery, route, [])
    assert after.ok
