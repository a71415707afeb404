"""A console that asks for its token: what is open without it, how it is shown, and how wrong ones are slowed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scenarios.console.control.client import PLACE
from scenarios.hosting.ports import free_port
from simulators.server.access.gate import (
    COOKIE,
    FREE,
    TOKEN_HEADER,
    Gate,
    TooMany,
    WrongToken,
    reached_by_others,
)
from tests.scenarios.console.running import CONTROL_TOKEN, Inside, console_inside
from tests.support.programs.commanding import pitboss, serving

BEARER = {"Authorization": f"Bearer {CONTROL_TOKEN}"}
READS = (
    "/",
    "/events",
    "/rules",
    "/exchanges",
    "/exchanges/0",
    "/report/report.json",
    "/stores",
    "/openapi.json",
)


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with console_inside(tmp_path, guarded=True) as made:
        made.write()
        yield made


@pytest.mark.parametrize("path", [*READS, "/documentation", "/nothing"])
def test_nothing_is_told_without_the_token(inside: Inside, path: str) -> None:
    answer = requests.get(inside.url + path, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert CONTROL_TOKEN not in answer.text
    assert "p-1" not in answer.text


def test_nothing_is_done_without_the_token(inside: Inside) -> None:
    for path in ("/do/end_faults", "/exchanges/0/again"):
        answer = requests.post(inside.url + path, json={}, timeout=30)
        assert answer.status_code == 401
        assert answer.json().keys() == {"came", "expected", "next_step"}


@pytest.mark.parametrize(
    "header", [BEARER, {TOKEN_HEADER: CONTROL_TOKEN}, {"Authorization": f"bearer  {CONTROL_TOKEN}"}]
)
def test_the_token_opens_all_by_either_header(inside: Inside, header: dict[str, str]) -> None:
    assert requests.get(f"{inside.url}/exchanges/0", headers=header, timeout=30).json()["number"] == 0
    assert (
        requests.post(f"{inside.url}/do/end_faults", json={}, headers=header, timeout=30).status_code == 200
    )
    handed = requests.post(f"{inside.url}/do/credentials", json={}, headers=header, timeout=30).json()
    assert handed["values"]["CLIENT_PASSWORD"] == "password-of-the-tests"


def test_a_bearer_token_acts_on_a_console_that_does_not_ask_as_well(tmp_path: Path) -> None:
    with console_inside(tmp_path) as inside:
        for token, status in ((inside.console.gate.token, 200), ("another", 403), ("", 403)):
            headers = {"Authorization": f"Bearer {token}"}
            asked = requests.post(f"{inside.url}/do/end_faults", json={}, headers=headers, timeout=30)
            assert asked.status_code == status


def log_in(inside: Inside, token: str, path: str = "/") -> requests.Response:
    return requests.post(inside.url + path, data={"token": token}, allow_redirects=False, timeout=30)


def test_a_browser_logs_in_by_a_cookie_that_no_script_reads(inside: Inside) -> None:
    done = log_in(inside, CONTROL_TOKEN, "/?exchange=0&filter=status%3A200")
    assert (done.status_code, done.headers["Location"]) == (303, "?exchange=0&filter=status%3A200")
    assert log_in(inside, CONTROL_TOKEN).headers["Location"] == "."
    cookie = done.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert CONTROL_TOKEN not in cookie
    cookies = {COOKIE: done.cookies[COOKIE]}
    assert requests.get(f"{inside.url}/exchanges/0", cookies=cookies, timeout=30).status_code == 200
    # The cookie alone does nothing: a page of another website could have it sent along.
    acted = requests.post(f"{inside.url}/do/end_faults", json={}, cookies=cookies, timeout=30)
    assert acted.status_code == 403
    page = requests.get(inside.url, cookies=cookies, timeout=30)
    assert f'content="{CONTROL_TOKEN}"' in page.text
    wrong = requests.get(f"{inside.url}/exchanges/0", cookies={COOKIE: "another"}, timeout=30)
    assert wrong.status_code == 401


def test_behind_a_public_url_of_https_the_cookie_goes_by_https_alone(inside: Inside) -> None:
    inside.console.public_urls = ("https://console.example.org/pitboss",)
    assert "Secure" in log_in(inside, CONTROL_TOKEN).headers["Set-Cookie"]


def test_a_foreign_page_logs_nobody_in(inside: Inside) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = requests.post(
        inside.url, data={"token": CONTROL_TOKEN}, headers=foreign, allow_redirects=False, timeout=30
    )
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_login_page_runs_no_script_and_sends_its_form_home_alone(inside: Inside) -> None:
    page = requests.get(inside.url, timeout=30)
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert requests.get(f"{inside.url}/static/console.css", timeout=30).status_code == 200
    after = requests.get(inside.url, headers=BEARER, timeout=30)
    assert "form-action 'none'" in after.headers["Content-Security-Policy"]


def test_wrong_tokens_are_told_and_slowed_by_either_way(inside: Inside) -> None:
    said = [log_in(inside, "wrong") for _ in range(FREE + 1)]
    assert [each.status_code for each in said] == [401] * FREE + [429]
    assert "the token is not right" in said[0].text
    assert "too many wrong tokens" in said[-1].text
    by_header = requests.get(f"{inside.url}/exchanges", headers=BEARER, timeout=30)
    assert by_header.status_code == 429, "not looked at, right or wrong"


def test_each_wrong_token_more_costs_twice_the_time_of_its_own_address() -> None:
    now = [100.0]
    gate = Gate("right", asks=True, clock=lambda: now[0])
    waits = []
    for number in range(FREE + 8):
        with pytest.raises(WrongToken):
            gate.check("wrong", "10.0.0.1")
        if number + 1 >= FREE:
            with pytest.raises(TooMany) as slowed:
                gate.check("right", "10.0.0.1")
            waits.append(slowed.value.seconds)
            now[0] += slowed.value.seconds
    assert waits == sorted(waits)
    assert waits[-1] <= 61
    assert waits[-1] > 50
    gate.check("right", "10.0.0.2")
    gate.check("right", "10.0.0.1")
    with pytest.raises(WrongToken):
        gate.check("\udcff", "10.0.0.1")
    gate.check("right", "10.0.0.1")


def test_serve_asks_where_it_is_told_to_and_its_commands_know_the_token(tmp_path: Path) -> None:
    ports = ("--operator-port", free_port(), "--jackpot-port", free_port(), "--checkout-port", free_port())
    with serving(*ports, "--console-port", free_port(), "--require-token", cwd=tmp_path) as (_, said):
        url = re.search(r"CONSOLE +(\S+)", said)[1]
        token = re.search(r"TOKEN +(\S+)", said)[1]
        assert json.loads((tmp_path / PLACE).read_text())["token"] == token
        office = re.search(r"back-office +(\S+)", said)[1]
        with requests.Session() as browser:
            assert [browser.get(page, timeout=30).status_code for page in (url, office)] == [401, 401]
            assert browser.post(url, data={"token": token}, timeout=30).status_code == 200
            assert browser.get(office, timeout=30).status_code == 200, "one login for all of one host"
        done = pitboss("trigger", "result", "--amount", "1.00", cwd=tmp_path)
        assert "through the `pitboss serve` of this folder" in done.stderr
        for more in ((), ("--console", url)):
            tail = pitboss("tail", "--since", 0, "--count", 1, *more, cwd=tmp_path)
            assert tail.stdout.startswith("#0"), tail.stderr
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        there = ("tail", "--since", 0, "--count", 1, "--console", url)
        assert "there is no token" in pitboss(*there, cwd=elsewhere).stderr
        known = pitboss(*there, cwd=elsewhere, PITBOSS_CONTROL_TOKEN=token)
        assert known.stdout.startswith("#0"), known.stderr


@pytest.mark.parametrize(
    ("host", "others"),
    [
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("localhost", False),
        ("::1", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.7", True),
        ("pitboss.internal", True),
    ],
)
def test_where_others_reach_it_the_token_is_asked_for(host: str, others: bool) -> None:
    assert reached_by_others(host) is others
