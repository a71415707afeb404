"""The engine's reader of answers: what it takes, and what it refuses to guess; each whole and byte by byte."""

import itertools
import re

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.transports.epoll.answers import MAX_BODY, MAX_HEAD, Answer, Heads, Odd, Reader

TAKEN = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Answer(200, b"{}", False)),
    "no reason": (b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}", Answer(200, b"{}", False)),
    "empty": (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", Answer(500, b"", False)),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, b"", False)),
    "close": (
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n{}",
        Answer(200, b"{}", True),
    ),
    "old": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", Answer(200, b"{}", True)),
    "old, kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        Answer(200, b"{}", False),
    ),
    "twice the same": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        Answer(200, b"{}", False),
    ),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1 ;a=b\r\n}\r\n0\r\n\r\n",
        Answer(200, b"{}", False),
    ),
    "trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\nC: d\r\n\r\n",
        Answer(200, b"{}", False),
    ),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        Answer(200, b"{}", False),
    ),
}
ODD = {
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", "status line"),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", "status line"),
    "bare newlines": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}\r\n\r\n", "status line"),
    "no field": (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "not a header field"),
    "folded": (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", "not a header field"),
    "space": (b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "not a header field"),
    "lengths differ": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length",
    ),
    "negative": (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", "Content-Length"),
    "plus": (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}", "Content-Length"),
    "huge": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), "at most"),
    "both": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "both"),
    "gzip": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n..", "Content-Encoding"),
    "coding": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding"),
    "chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "size of a chunk"),
    "chunk 0x": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n", "size of a chunk"),
    "chunk longer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n",
        "longer than its size",
    ),
    "chunk huge": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "more than"),
    "trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n", "trailer"),
    "upgrade": (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "101"),
    "endless head": (b"HTTP/1.1 200 OK\r\nA: " + b"a" * MAX_HEAD, "a head of more than"),
}


def _fed(data: bytes, step: int) -> tuple[Answer | None, Reader]:
    reader = Reader(Heads())
    found = None
    for at in range(0, len(data), step):
        assert found is None, "whole before its last byte"
        found = reader.take(data[at : at + step])
    return found, reader


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("name", TAKEN)
def test_an_answer_is_whole_with_its_last_byte_and_not_before(name: str, step: int) -> None:
    data, expected = TAKEN[name]
    found, reader = _fed(data, step)
    assert found == expected
    assert not reader.begun


@pytest.mark.parametrize("step", [7, 100_000])
@pytest.mark.parametrize("name", ODD)
def test_what_is_not_framed_beyond_doubt_is_no_answer(name: str, step: int) -> None:
    data, reason = ODD[name]
    with pytest.raises(Odd, match=re.escape(reason)):
        _fed(data, step)


def test_one_reader_takes_answer_after_answer() -> None:
    reader = Reader(Heads())
    plain, chunked = TAKEN["length"], TAKEN["chunks"]
    for data, expected in (plain, plain, chunked, plain, chunked):
        assert reader.take(data) == expected


@pytest.mark.parametrize("name", ["length", "chunks", "trailer", "empty"])
def test_bytes_after_the_end_are_no_second_answer(name: str) -> None:
    with pytest.raises(Odd, match="after the end"):
        _fed(TAKEN[name][0] + b"H", 100_000)


def test_a_head_that_was_read_before_does_not_hide_a_surplus() -> None:
    reader = Reader(Heads())
    data, _ = TAKEN["length"]
    reader.take(data)
    with pytest.raises(Odd, match="after the end"):
        reader.take(data + b"}")


def test_a_head_that_was_read_before_is_not_taken_for_whole_when_its_blank_line_is_not() -> None:
    # A head of 36 bytes and a carriage return is 37 - 4 + 1 = 34 bytes longer than a head whose end was not found.
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 034" + b"\r\n\r\n" + b"x" * 34
    reader = Reader(Heads())
    assert reader.take(data) == Answer(200, b"x" * 34, False)
    assert reader.take(data[:37]) is None
    assert reader.take(data[37:]) == Answer(200, b"x" * 34, False)


def test_the_end_of_the_connection_ends_a_body_without_a_length() -> None:
    found, reader = _fed(b"HTTP/1.1 200 OK\r\n\r\n{}", 5)
    assert found is None
    assert reader.ended() == Answer(200, b"{}", True)


@pytest.mark.parametrize("name", ["length", "chunks", "trailer", "interim"])
def test_the_end_of_the_connection_leaves_half_an_answer_unknown(name: str) -> None:
    data, _ = TAKEN[name]
    for end in range(1, len(data)):
        reader = Reader(Heads())
        assert reader.take(data[:end]) is None
        # Between an interim answer and the real one there is nothing of the latter, which is as unknown.
        with pytest.raises(Odd, match="in the middle"):
            reader.ended()


def test_the_end_of_the_connection_before_anything_is_no_answer() -> None:
    assert Reader(Heads()).ended() is None


def test_heads_that_never_repeat_are_not_kept_for_good() -> None:
    heads = Heads()
    for number in range(5_000):
        data = b"HTTP/1.1 200 OK\r\nX-Request: %d\r\nContent-Length: 2\r\n\r\n{}" % number
        assert Reader(heads).take(data) == Answer(200, b"{}", False)
    assert heads.get(b"HTTP/1.1 200 OK\r\nX-Request: 0\r\nContent-Length: 2") is None


_token = st.text("abcXYZ-", min_size=1, max_size=8)
_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)


@given(
    status=st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    fields=st.lists(st.tuples(_token.map(lambda name: f"x-{name}"), _text), max_size=4),
    bodies=st.lists(st.binary(max_size=40), max_size=4),
    chunked=st.booleans(),
    cuts=st.lists(st.integers(1, 400), max_size=6),
)
def test_reads_what_h11_writes(
    status: int, fields: list[tuple[str, str]], bodies: list[bytes], chunked: bool, cuts: list[int]
) -> None:
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    server.next_event()
    whole = b"".join(bodies)
    framing = [("Transfer-Encoding", "chunked")] if chunked else [("Content-Length", str(len(whole)))]
    data = server.send(h11.Response(status_code=status, headers=[*fields, *framing])) or b""
    data += b"".join(server.send(h11.Data(data=body)) or b"" for body in bodies)
    data += server.send(h11.EndOfMessage()) or b""
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    reader = Reader(Heads())
    found = [reader.take(data[a:b]) for a, b in itertools.pairwise(places)]
    assert found[:-1] == [None] * (len(found) - 1)
    assert found[-1] == Answer(status, whole, False)
