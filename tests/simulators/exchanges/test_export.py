"""Exports: no secret gets out, shapes hold, and a curl line sends the very bytes again."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.exchanges.as_json import BODY_LIMIT, as_json
from simulators.exchanges.curl import CURL_LIMIT, as_curl
from simulators.exchanges.har import write_har
from simulators.exchanges.history import (
    Answer,
    Direction,
    Exchange,
    Failure,
    FailureKind,
    FaultNote,
    History,
    Purpose,
    Request,
    Status,
)
from simulators.exchanges.jsonl import write_jsonl
from simulators.exchanges.redaction import MINTED_PREFIX, Redactor
from tests.simulators.operator.tiny_client import channel

SECRET = 's3cret"\\/ü&x'
REDACTOR = Redactor({"SECURITY_HASH": SECRET, "EMPTY": "", "SHORT": "abc"})


NEEDS_CURL = pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is not installed: apt-get install curl"
)


def exchange(
    body: bytes = b"{}",
    *,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    answer: bytes | None = b'{"error":null}',
    url: str = "http://127.0.0.1:1/transaction",
    label: str = "bet",
) -> Exchange:
    history = History()
    pending = history.invoke(
        Request("POST", url, headers, body), provider="operator", label=label, purpose=Purpose.SCENARIO
    )
    if answer is None:
        return history.complete(
            pending.number, answer=None, failure=Failure(FailureKind.TIMEOUT, "no answer within 5 s")
        )
    given_back = Answer(200, (("Content-Type", "application/json"),), answer)
    return history.complete(pending.number, answer=given_back, status=Status.OK)


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("s3cret", "s3cret"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        # With letters written otherwise that need not be.
        quote(SECRET, safe="").replace("e", "%65"),
        "".join(f"&#{ord(sign)};" for sign in SECRET),
        "".join(f"\\u{ord(sign):04x}" for sign in SECRET),
    ],
)
def test_every_spelling_is_replaced(spelling: str) -> None:
    assert REDACTOR.text(f"a {spelling} b") == "a <SECURITY_HASH> b"
    assert REDACTOR.data(b"\xff" + spelling.encode()) == b"\xff<SECURITY_HASH>"


@pytest.mark.parametrize(
    "encoded",
    [
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        SECRET[::-1],
        *(base64.b64encode(b"x" * before + SECRET.encode() + b"more").decode() for before in range(3)),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_what_stands_for_a_secret_is_replaced(encoded: str) -> None:
    shown = REDACTOR.text(f"a {encoded} b")
    assert "<SECURITY_HASH>" in shown
    # What belongs to the secret and to its neighbours in one character stays.
    assert len(shown) <= len("a <SECURITY_HASH> b") + len("eHhYm9yZQ==")


def test_empty_and_short_secrets_are_ignored() -> None:
    short = Redactor({"SHORT": "abcd"})
    assert short.text("abcd 61626364") == "<SHORT> 61626364"
    assert REDACTOR.text("abc abcd") == "abc abcd"


def test_a_secret_inside_another_is_no_hole() -> None:
    redactor = Redactor({"INNER": "password", "OUTER": "my-password-2"})
    assert redactor.text("my-password-2 password") == "<OUTER> <INNER>"


def test_tokens_are_replaced() -> None:
    assert REDACTOR.text(f"x={MINTED_PREFIX}abc-_9.") == "x=<TOKEN>."
    assert REDACTOR.text("Authorization: Bearer abc.def") == "Authorization: Bearer <TOKEN>"
    assert REDACTOR.value("authorization", "Basic dXNlcjpwYXNz") == "Basic <TOKEN>"
    assert REDACTOR.value("AUTHORIZATION", "raw") == "<TOKEN>"


@pytest.mark.parametrize("value", ['"se\\"cret"', "123456", '"unended', "null"])
def test_auth_fields_are_replaced(value: str) -> None:
    body = f'{{"username":"u", "password" : {value}'.encode()
    shown = as_json(
        exchange(body, answer=b'{"token": "tok","expires_in":1}', url="http://127.0.0.1:1/auth"), REDACTOR
    )
    assert shown["request"]["body"] == '{"username":"u", "password" : "<REDACTED>"'
    assert shown["answer"]["body"] == '{"token": "<REDACTED>","expires_in":1}'


def test_auth_as_a_form_is_replaced_and_names_are_kept() -> None:
    shown = as_json(exchange(b"username=u&password=p%20w&x=1", url="http://h/v1/auth"), REDACTOR)
    assert shown["request"]["body"] == "username=u&password=<REDACTED>&x=1"
    known = as_json(
        exchange(json.dumps({"password": SECRET}).encode(), url="http://127.0.0.1:1/auth"), REDACTOR
    )
    assert known["request"]["body"] == '{"password": "<SECURITY_HASH>"}'


def test_shape() -> None:
    shown = as_json(
        replace(exchange(b'{"a":1}'), copy_of=3, faults=(FaultNote("answer-lost", "cut"),), scenario="s"),
        REDACTOR,
    )
    assert list(shown) == [
        "number", "provider", "kind", "label", "purpose", "direction", "at", "seconds", "request", "answer",
        "outcome", "status", "error", "failure", "failure_kind", "copy_of", "race", "faults", "fault_names",
        "scenario",
    ]  # fmt: skip
    assert list(shown["request"]) == ["method", "url", "headers", "body"]
    assert list(shown["answer"]) == ["status", "headers", "body"]
    assert (shown["direction"], shown["outcome"], shown["copy_of"]) == ("to CLIENT", "ok", 3)
    assert (shown["kind"], shown["label"], shown["purpose"]) == ("copy of bet", "bet", "scenario")
    assert (shown["faults"], shown["fault_names"]) == (["cut"], ["answer-lost"])
    assert json.loads(json.dumps(shown)) == shown


def test_no_answer_is_null() -> None:
    shown = as_json(exchange(answer=None), REDACTOR)
    assert (shown["answer"], shown["seconds"], shown["outcome"]) == (None, None, "unknown")
    assert (shown["failure"], shown["failure_kind"]) == ("no answer within 5 s", "timeout")


def test_bodies_that_are_no_text_or_long() -> None:
    assert as_json(exchange(b"\xff\x00a"), REDACTOR)["request"]["body"] == "\\xff\x00a"
    long = ("a" * (BODY_LIMIT - 1) + "ü" * 10).encode()
    shown = as_json(exchange(long), REDACTOR)["request"]["body"]
    assert (
        shown == "a" * (BODY_LIMIT - 1) + f"... ({len(long)} bytes in all, the first {BODY_LIMIT - 1} shown)"
    )


def test_a_secret_at_the_cut_is_no_hole() -> None:
    shown = as_json(exchange(b"a" * (BODY_LIMIT - 5) + SECRET.encode() + b"b" * 99), REDACTOR)
    assert SECRET[:5] not in shown["request"]["body"]


def replay(line: str) -> None:
    variables = {"SECURITY_HASH": SECRET, "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-c", line], env=variables, check=True, capture_output=True, timeout=60)


BODIES = st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
@NEEDS_CURL
def test_a_curl_line_sends_the_same_request(body: bytes) -> None:
    with channel() as (client, operator):
        sent = operator.send_raw(
            body, path="/transaction?a=[1]&b={x}'", label="any bet", headers={"X-Security-Hash": "a'b"}
        )
        replay(as_curl(sent, REDACTOR))
    assert len(client.seen) == 2
    (path, headers, first), (path_again, headers_again, second) = client.seen
    assert first == second == body
    assert unquote(path) == unquote(path_again)
    for name in ("X-Security-Hash", "Content-Type"):
        assert headers[name] == headers_again[name]


@NEEDS_CURL
@pytest.mark.parametrize(
    "body",
    [
        b"@/etc/passwd",
        b"'; echo $HOME `id` \\",
        b"\0",
        b"%s%d\\n",
        b"",
        b"<SECURITY_HASH> " + SECRET.encode(),
    ],
)
def test_awkward_bodies_in_curl(body: bytes) -> None:
    with channel() as (client, operator):
        line = as_curl(
            operator.send_raw(body, path="/x", label="any", headers={"X-Security-Hash": None}), REDACTOR
        )
        if b"\0" not in body:
            assert SECRET not in line
        replay(line)
    assert client.bodies == [body, body]


def test_curl_names_the_secret_and_never_shows_it() -> None:
    headers = (("X-Security-Hash", SECRET), ("Authorization", "Bearer abc"), ("X-Empty", ""))
    line = as_curl(exchange(headers=headers), REDACTOR)
    assert "'X-Security-Hash: '\"${SECURITY_HASH}\"" in line
    assert "'Authorization: Bearer '\"${TOKEN}\"" in line
    assert "'X-Empty;'" in line
    assert "-H Content-Type:" in line
    assert SECRET not in line
    assert "abc" not in line


def test_curl_of_a_huge_body_is_a_comment() -> None:
    assert as_curl(exchange(b"x" * (CURL_LIMIT + 1)), REDACTOR).startswith(
        "# POST with a body of 100001 bytes"
    )


def test_json_lines_are_written_as_things_happen(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = History()
    lines = write_jsonl(history, path, REDACTOR)
    pending = history.invoke(
        Request("POST", "http://h/", (), SECRET.encode()),
        provider="operator",
        label="bet",
        purpose=Purpose.SCENARIO,
    )
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["invoked"]
    history.complete(pending.number, answer=Answer(200, (), b"{}"), status=Status.OK)
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["event"], line["outcome"]) for line in written] == [
        ("invoked", "unknown"),
        ("completed", "ok"),
    ]
    assert SECRET not in path.read_text()
    lines.close()
    history.invoke(Request("POST", "http://h/"), provider="operator", label="bet", purpose=Purpose.SCENARIO)
    assert len(path.read_text().splitlines()) == 2


def test_har(tmp_path: Path) -> None:
    path = tmp_path / "history.har"
    from_client = replace(
        exchange(json.dumps({"password": SECRET}).encode(), url="http://127.0.0.1:1/auth", label="auth"),
        direction=Direction.FROM_CLIENT,
    )
    unanswered = exchange(answer=None, url=f"http://h/?q={quote(SECRET)}&é=1")
    write_har([from_client, unanswered], path, REDACTOR)
    log = json.loads(path.read_text())["log"]
    assert log["version"] == "1.2"
    first, second = log["entries"]
    assert first["request"]["postData"]["text"] == '{"password": "<SECURITY_HASH>"}'
    assert first["response"]["status"] == 200
    assert first["comment"].startswith("#0 operator <- CLIENT: auth, ok")
    assert (second["response"]["status"], second["time"]) == (0, 0.0)
    assert "no answer within 5 s" in second["comment"]
    assert REDACTOR.text(path.read_text()) == path.read_text()


def test_empty_har(tmp_path: Path) -> None:
    write_har([], tmp_path / "empty.har", REDACTOR)
    assert json.loads((tmp_path / "empty.har").read_text())["log"]["entries"] == []
