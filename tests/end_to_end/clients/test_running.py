"""The CLIENTs of the tests start on a free port and end with whoever started them; one deadlocks."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.clients.asking import Asking
from tests.end_to_end.clients.experiments_form import FORM
from tests.end_to_end.clients.experiments_money import MONEY
from tests.end_to_end.clients.running import CORRECT, DEADLOCKING, FOLDER, SECRET, WRONG, faults, running

ALL = (*CORRECT, *WRONG, DEADLOCKING)


def gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("name", ALL)
def test_a_client_answers_while_it_runs_and_is_gone_afterwards(name: str) -> None:
    with running(name, {"p-1": "12.5"}) as client:
        asking = Asking(client.port, SECRET)
        assert asking.result("2.5").status == 200
        assert asking.balance() == 15
    assert gone(client.process.pid)


STARTS_AND_WAITS = """
import sys
from tests.end_to_end.clients.running import running
with running({name!r}, {{"p-1": "0"}}) as client:
    print(client.process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("name", [CORRECT[0], "wrong_statuses.js", "wrong_floats.py", DEADLOCKING])
def test_a_client_ends_when_its_parent_is_killed(name: str) -> None:
    command = [sys.executable, "-c", STARTS_AND_WAITS.format(name=name)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=FOLDER.parents[2], **pipes) as parent:
        assert parent.stdout
        client = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    ended, _, _ = select.select([client], [], [], 30)
    os.close(client)
    assert ended, "the client outlived its parent"


def test_a_client_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="ended before it listened"), running("node_client.js", {}):
        pass


def test_the_deadlocking_client_is_right_as_long_as_requests_come_one_by_one() -> None:
    with running(DEADLOCKING, {"p-1": "0", "p-2": "500"}) as client:
        asking = Asking(client.port, SECRET)
        for experiment in {**FORM, **MONEY}.values():
            asking.result("1000")
            experiment(asking)


def test_twenty_at_once_stop_the_deadlocking_client_for_good() -> None:
    assert set(faults(DEADLOCKING).breaks) == {"IDM-02"}
    with running(DEADLOCKING, {"p-1": "0"}) as client:
        asking = Asking(client.port, SECRET, timeout=2.0)
        copies = [asking.message("result")] * 20
        with pytest.raises(TimeoutError):
            asking.together(copies)
        with pytest.raises(TimeoutError):
            asking.result()


def test_no_client_shares_code_with_the_project() -> None:
    for path in (FOLDER / name for name in (*ALL, "starting.py")):
        for room in ("simulators", "client_under_test", "scenarios", "loadtests"):
            assert room not in Path(path).read_text(encoding="utf-8"), (path, room)
