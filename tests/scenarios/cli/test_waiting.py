"""A CLIENT that does not answer: what is waited for is on the screen while it is, and not for longer than it says."""

import socket
import threading

import pytest

from scenarios.problems.waiting import said_if_slow
from tests.support.programs.commanding import pitboss, started, target_file
from tests.support.servers.hostile import OK, answering

# The command, what it says while it waits, and how many requests it makes of a CLIENT that never answers.
COMMANDS = {
    "check": ("note: waiting for an answer to the first wager, up to 25 s (5 s a request)", 5),
    "load": ("note: waiting for an answer to the first wager, up to 25 s (5 s a request)", 5),
    "doctor": ("waiting   for the CLIENT to answer, up to 5 s a request", 3),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_waited_for_is_told_meanwhile(command, tmp_path):
    reported = threading.Event()

    def answer(connection: socket.socket) -> None:
        # A CLIENT that answers nothing until the user has read what is waited for: 4xx, so that the command ends.
        reported.wait()
        connection.sendall(OK.replace(b"200 OK", b"404 N") + b"Content-Length: 0\r\n\r\n")

    with answering(answer) as url:
        target_file(tmp_path, url)
        with started(command, cwd=tmp_path) as process:
            stream = process.stderr if command == "load" else process.stdout
            assert any(line.rstrip() == COMMANDS[command][0] for line in stream)
            reported.set()
            assert process.wait() == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_client_that_never_answers_is_asked_no_more_than_that(command, tmp_path):
    asked = []

    def answer(connection: socket.socket) -> None:
        asked.append(connection)
        # Until the judge hangs up.
        while connection.recv(65536):
            pass

    with answering(answer) as url:
        target_file(tmp_path, url, more="timeout = 0.2")
        done = pitboss(command, cwd=tmp_path)
    assert done.returncode == 3
    assert "no answer within 0.2 s" in done.stdout + done.stderr
    assert len(asked) == COMMANDS[command][1]


def test_what_is_done_soon_is_not_told():
    reported = []
    before = threading.active_count()
    with said_if_slow(lambda: reported.append(1), after=3600):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert reported == []
