"""The engine over TLS: as without, and never to somebody who proves nothing."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loadtests.traffic.playing import PATIENCE, Script, engine, play, run, send
from tests.support.racing_certificate import certificate
from tests.support.scripted_server import BODY, Asked, HangUp, Scripted, answer


@contextlib.contextmanager
def over_tls(folder: Path, script: Script) -> Iterator[tuple[Scripted, str, Path]]:
    file = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = Scripted(script, tls=context)
    with server.running() as base_url:
        yield server, base_url, file


def test_over_tls_everything_is_as_without(tmp_path: Path) -> None:
    meeting = threading.Barrier(3)

    def script(asked: Asked) -> bytes:
        if asked.headers["x-security-hash"] == "copies":
            meeting.wait(PATIENCE)
        if asked.headers["x-security-hash"] == "last":
            raise HangUp(answer(extra="Connection: close\r\n"))
        return answer(asked.body)

    body = b"a" * 3_000_000
    copies = send(together=3, headers={"X-Security-Hash": "copies"})
    last = send(headers={"X-Security-Hash": "last"})
    seen: list[Any] = []
    with over_tls(tmp_path, script) as (server, base_url, file):
        made = engine(base_url, tls=ssl.create_default_context(cafile=file))
        run(made, play([send(), send(body=body), send(cut=True), send(), copies, last, send()], seen))
    assert [each.body for each in seen[:2]] == [send().body, body]
    assert (seen[2].status, seen[2].problem) == (0, None)
    assert [each.status for each in seen[4]] == [200] * 3
    assert [each.status for each in (seen[3], *seen[5:])] == [200] * 3
    assert len(server.asked) == 9


@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("localhost", True)])
def test_a_certificate_that_proves_nothing_gets_no_request(tmp_path: Path, host: str, trusted: bool) -> None:
    seen: list[Any] = []
    with over_tls(tmp_path, lambda _: answer()) as (server, base_url, file):
        tls = ssl.create_default_context(cafile=file) if trusted else None
        run(engine(base_url.replace("127.0.0.1", host), tls=tls), play([send()], seen))
    assert seen[0].status == 0
    assert seen[0].problem.startswith("the certificate is not trusted: ")
    assert server.asked == []


@pytest.mark.parametrize("farewell", [True, False])
def test_only_the_farewell_of_tls_ends_a_body_without_a_length(tmp_path: Path, farewell: bool) -> None:
    def script(_: Asked) -> bytes:
        raise HangUp(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, farewell=farewell)

    seen: list[Any] = []
    with over_tls(tmp_path, script) as (_, base_url, file):
        run(engine(base_url, tls=ssl.create_default_context(cafile=file)), play([send()], seen))
    if farewell:
        assert (seen[0].status, seen[0].body) == (200, BODY)
    else:
        assert (seen[0].status, seen[0].problem) == (0, "not a clear answer: cut off without TLS's farewell")


@pytest.mark.parametrize("breaks", [False, True])
def test_no_copy_is_whole_before_every_copy_lacks_nothing_but_its_last_byte(
    tmp_path: Path, breaks: bool
) -> None:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    early: list[bytes] = []
    start = send().body[:-1]

    def serve(listener: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            raw = [stack.enter_context(listener.accept()[0]) for _ in range(3)]
            # The third cannot be sent anything yet: its handshake is not made.
            shaken = [stack.enter_context(context.wrap_socket(each, server_side=True)) for each in raw[:2]]
            for each in shaken:
                received = b""
                while start not in received:
                    received += each.recv(65_536)
                early.append(received[received.index(start) :])
                each.settimeout(0)
                with pytest.raises(ssl.SSLWantReadError):
                    each.recv(1)
                each.settimeout(PATIENCE)
            if breaks:
                shaken.pop(0).close()
            third = stack.enter_context(context.wrap_socket(raw[2], server_side=True))
            received = b""
            while send().body not in received:
                received += third.recv(65_536)
            early.extend(each.recv(65_536) for each in shaken)
            for each in (*shaken, third):
                each.sendall(answer())

    seen: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        base_url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        tls = ssl.create_default_context(cafile=file)
        run(engine(base_url, tls=tls), play([send(together=3)], seen))
        thread.join(PATIENCE)
    # One that breaks meanwhile does not hold up the others.
    assert sorted(each.status for each in seen[0]) == ([0, 200, 200] if breaks else [200, 200, 200])
    assert early == [start, start, b"}", *([] if breaks else [b"}"])]
