"""Servers: they answer, tell a taken port, stop, and die with their parent."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask

from simulators.server.wsgi_server import PortInUse, Server

ROOT = Path(__file__).parents[3]


def greeter() -> Flask:
    app = Flask("greeter")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def test_serves_and_stops() -> None:
    with Server(greeter()) as server:
        assert requests.get(server.url, timeout=60).text == "hello"
        port = server.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_same_port_again_after_stop() -> None:
    with Server(greeter()) as server:
        port = server.port
        requests.get(server.url, timeout=60)
    with Server(greeter(), port=port) as server:
        assert requests.get(server.url, timeout=60).text == "hello"


def test_stop_without_start_and_twice_frees_the_port() -> None:
    server = Server(greeter())
    server.stop()
    server.stop()
    Server(greeter(), port=server.port).stop()


def test_taken_port_is_told_in_three_beats() -> None:
    with Server(greeter()) as server, pytest.raises(PortInUse) as raised:
        Server(greeter(), port=server.port)
    text = str(raised.value)
    assert f"Port {server.port} on 127.0.0.1 is taken" in text
    assert "of its own" in text
    assert "choose another port" in text


def test_sixteen_requests_are_answered_at_once() -> None:
    together = threading.Barrier(16, timeout=20)
    app = Flask("meeting")
    app.add_url_rule("/", view_func=lambda: str(together.wait() >= 0))
    with Server(app, threads=16) as server, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: requests.get(server.url, timeout=30).text, range(16)))
    assert answers == ["True"] * 16


CHILD = """
    import sys, threading
    from simulators.server.wsgi_server import watch_parent
    watch_parent({arguments})
    print("watching", flush=True)
    threading.Event().wait()
"""
PARENT = """
    import subprocess, sys, threading
    child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin={stdin}, stdout=sys.stdout)
    threading.Event().wait()
"""


def test_child_dies_with_a_killed_parent() -> None:
    child = textwrap.dedent(CHILD.format(arguments=""))
    code = textwrap.dedent(PARENT.format(child=child, stdin="subprocess.DEVNULL"))
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"watching\n"
        os.kill(parent.pid, signal.SIGKILL)
        # The end of the file comes only when the child, too, has let go of the pipe.
        assert parent.stdout.read() == b""


def test_child_dies_when_the_pipe_closes() -> None:
    code = textwrap.dedent(CHILD.format(arguments="sys.stdin.buffer"))
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"watching\n"
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=30) == 1


ECHO = """
    import sys
    from simulators.server.wsgi_server import watch_parent
    watch_parent()
    for line in sys.stdin:
        print(line, end="", flush=True)
"""


def test_child_survives_the_end_of_the_thread_that_started_it() -> None:
    command = [sys.executable, "-c", textwrap.dedent(ECHO)]
    started: list[subprocess.Popen[str]] = []

    def say(word: str) -> str:
        child = started[0]
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{word}\n")
        child.stdin.flush()
        return child.stdout.readline()

    def start() -> None:
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
        assert say("one") == "one\n"

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with started[0]:
        assert [say(word) for word in "abcdefgh"] == [f"{word}\n" for word in "abcdefgh"]
