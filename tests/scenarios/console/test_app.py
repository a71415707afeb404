"""The console's server over real HTTP: who may ask, what is refused and how, and that no secret is on any page."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
import requests

from scenarios.console import start_page
from scenarios.console.providers import ServedProviders
from scenarios.hosting import checkout
from scenarios.hosting.host import hosted
from scenarios.target.demo import target_or_demo
from scenarios.target.loading import load
from simulators.exchanges.history import History, header
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.providers import CHECKOUT
from simulators.server.access.gate import TOKEN_HEADER
from simulators.transport.route import Route
from tests.scenarios.console.running import Inside, console_inside
from tests.simulators.operator.tiny_client import TinyClient, channel

SECRETS = ("security-hash-of-the-tests", "password-of-the-tests")


@pytest.fixture
def inside(tmp_path) -> Iterator[Inside]:
    with console_inside(tmp_path) as made:
        yield made


@pytest.fixture
def beside(tmp_path) -> Iterator[tuple[Inside, TinyClient]]:
    """A console whose OPERATOR calls a small CLIENT."""
    with channel() as (client, operator), console_inside(tmp_path, operator.url) as made:
        yield made, client


def post(inside: Inside, path: str, fields: object = None, **headers: str) -> requests.Response:
    sent = {TOKEN_HEADER: inside.console.gate.token, "Content-Type": "application/json"} | headers
    return requests.post(
        inside.url + path, data=json.dumps({} if fields is None else fields), headers=sent, timeout=30
    )


def beats(answer: requests.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    reported = answer.json()
    wrong = reported.pop("fields", None)
    assert set(reported) == {"came", "expected", "next_step"}
    assert all(reported.values()), reported
    # What is wrong with a field is told there as well.
    assert wrong is None or reported in wrong.values()
    return reported["came"]


ACTIONS = (
    "raise",
    "deliver",
    "faults",
    "autoplay",
    "stop_autoplay",
    "disturb",
    "end_faults",
    "session",
    "check",
    "cancel",
    "agree",
    "credentials",
    "rotate",
    "store",
    "reset",
    "audit",
    "resend",
)


@pytest.mark.parametrize(
    "headers",
    [
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "wrong"},
        {TOKEN_HEADER: "é".encode().decode("latin-1")},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["no token", "wrong token", "odd token", "origin", "null origin", "cross-site", "same-site"],
)
def test_actions_are_for_the_page_itself_alone(inside: Inside, headers: dict[str, str]):
    inside.write()
    for path in (*(f"/do/{action}" for action in ACTIONS), "/exchanges/0/again"):
        answer = post(inside, path, {"provider": "operator", "faults": ["copies"]}, **headers)
        assert "Nothing was done" in json.dumps(answer.json()), path
        assert answer.status_code == 403, path
        assert len(inside.providers.history) == 1, path
        assert list(inside.providers.faults()) == [], path
        assert not inside.console.checks.running, path


@pytest.mark.parametrize(
    "path", ["/", "/events", "/rules", "/exchanges/0", "/static/main.js", "/report/report.json"]
)
def test_names_that_are_not_this_machines_are_refused(inside: Inside, path: str):
    inside.write()
    for host in (
        "evil.example",
        "evil.example:8700",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[",
    ):
        answer = requests.get(inside.url + path, headers={"Host": host}, timeout=30)
        assert answer.status_code in (400, 421), host
        assert inside.console.gate.token not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.5.5.5", "console.localhost"])
def test_names_of_this_machine_and_the_public_one_are_taken(inside: Inside, host: str):
    assert requests.get(inside.url, headers={"Host": f"{host}:8700"}, timeout=30).status_code == 200
    inside.console.public_urls = ("https://console.example.org",)
    public = {"Host": "console.example.org"}
    assert requests.get(inside.url, headers=public, timeout=30).status_code == 200
    behind = post(inside, "/do/end_faults", Host="console.example.org", Origin="https://console.example.org")
    assert behind.status_code == 200


def test_other_pages_may_open_it_but_not_read_it(inside: Inside):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert requests.get(inside.url, headers=foreign, timeout=30).status_code == 200
    for path in ("/rules", "/events"):
        read = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
        assert requests.get(inside.url + path, headers=read, timeout=30).status_code == 403


def test_the_policy_runs_no_script_but_the_pages_own(inside: Inside):
    answer = requests.get(inside.url, timeout=30)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert inside.providers.operator.listener.url in policy["frame-src"]
    assert not re.search(r"<script(?![^>]* src=)", answer.text)
    assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # Every asset is our own, and there.
    for asset in set(re.findall(r'(?:src|href)="(/[^"]+)"', answer.text)):
        assert requests.get(inside.url + asset, timeout=30).status_code == 200, asset
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', answer.text)


def test_no_secret_is_on_any_page(inside: Inside):
    inside.write()
    inside.ask("/auth", b'{"username": "client", "password": "password-of-the-tests"}')
    pages = [
        requests.get(inside.url + path, timeout=30).text for path in ("/", "/exchanges/0", "/exchanges/1")
    ]
    with requests.get(f"{inside.url}/events", stream=True, timeout=30) as answer:
        seen = b""
        for chunk in answer.iter_content(None):
            seen += chunk
            if b"event: deliveries" in seen:
                break
    for text in (*pages, seen.decode()):
        assert not any(secret in text for secret in SECRETS)
    assert "[operator] password" in pages[0]


def test_a_wager_is_raised_raced_copied_and_sent_again(beside: tuple[Inside, TinyClient]):
    inside, client = beside
    bet = {"event": "bet", "amount": "1.50", "player": "p-2", "id": "t-1"}
    made = post(inside, "/do/raise", bet | {"copies": "2"}).json()
    assert made == {"exchanges": [0, 1, 2], "outcome": "ok", "said": ""}
    raced = post(inside, "/do/raise", {"event": "result", "amount": "7", "together": "4"}).json()
    assert len(raced["exchanges"]) == 4
    assert post(inside, "/exchanges/2/again").json()["exchanges"] == [7]
    again = inside.providers.history[7]
    assert (again.copy_of, again.title, again.request) == (
        0,
        "copy of bet",
        inside.providers.history[0].request,
    )
    assert len(set(client.bodies[:3])) == 1
    assert post(inside, "/exchanges/2/again?fresh=on").json() == {
        "exchanges": [8],
        "outcome": "ok",
        "said": "",
    }
    assert client.bodies[8] not in client.bodies[:8]
    other = client.bodies[0].replace(b"1.5", b" 2.5 ").decode()
    for how, rightly in ({}, True), ({"signature": "kept"}, False):
        (number,) = post(inside, "/exchanges/2/again", {"body": other} | how).json()["exchanges"]
        sent = inside.providers.history[number].request
        signed = dict(SPORTSBOOK.seal(sent.body, SECRETS[0])[0])[HASH_HEADER]
        assert (sent.body.decode(), header(sent.headers, HASH_HEADER) == signed) == (other, rightly)
        assert post(inside, "/exchanges/2/again", {"body": "{"} | how).status_code == 200
    for wrong, field in (
        ({"body": 7}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"body": "", "signature": "none"}, "signature"),
        ({"bodi": ""}, "bodi"),
    ):
        assert [*post(inside, "/exchanges/2/again", wrong).json()["fields"]] == [field]
    assert [*post(inside, "/exchanges/2/again?fresh=on", {"body": ""}).json()["fields"]] == ["body"]
    lost = post(inside, "/do/raise", bet | {"faults": "answer-lost\nslow-body:chunk=64"}).json()
    assert lost["outcome"] == "unknown"
    assert len(inside.providers.history[lost["exchanges"][0]].faults) == 2


def test_a_fault_that_is_on_acts_on_all_that_is_sent(beside: tuple[Inside, TinyClient]):
    inside, client = beside
    acting = post(inside, "/do/faults", {"provider": "operator", "faults": ["copies:n=2"]}).json()
    assert acting["on"] == {"operator": ["copies:n=2"]}
    post(inside, "/do/raise", {"event": "bet", "amount": "1"})
    assert len(client.bodies) == 3
    # What the provider sends of itself, too.
    simulator = inside.providers.operator.simulator
    result = inside.providers.verbs.transaction("result", "p-1", Decimal(1), currency="EUR")
    simulator.queue.send(simulator.queue.claim([result]))
    assert len(client.bodies) == 6
    assert post(inside, "/do/end_faults").json()["on"] == {"operator": []}
    post(inside, "/do/raise", {"event": "bet", "amount": "1"})
    assert len(client.bodies) == 7


def test_an_answer_is_bad_so_many_times(beside: tuple[Inside, TinyClient]):
    inside, _ = beside
    wanted = {"provider": "operator", "path": "auth", "how": "401", "times": "5"}
    assert "5 more" in post(inside, "/do/disturb", wanted).json()["disturbed"]["operator"][0]
    url = f"{inside.providers.operator.listener.url}/auth"
    credentials = {"username": "client", "password": SECRETS[1]}
    statuses = [requests.post(url, json=credentials, timeout=30).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [200]


def test_a_session_opens_without_the_client(inside: Inside):
    url = post(inside, "/do/session", {"player": "p-9", "currency": "USD", "lang": "en"}).json()["url"]
    assert url.startswith(f"{inside.providers.operator.listener.url}/play/")
    assert "p-9" in requests.get(url, timeout=30).text
    assert "CURRENCY" not in beats(post(inside, "/do/session", {"currency": "CHF"}), 422)
    assert len(inside.providers.history) == 0


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/do/raise", {"event": "steal"}, "event is 'steal'"),
        ("/do/raise", [], "no JSON object"),
        ("/do/raise", {"event": "bet"}, "amount is empty"),
        ("/do/raise", {"event": "bet", "amount": "NaN"}, "not a decimal number"),
        ("/do/raise", {"event": "bet", "amount": "1", "currency": "EUO"}, "EUO"),
        ("/do/raise", {"event": "bet", "amount": "1", "copies": "1001"}, "copies is '1001'"),
        ("/do/raise", {"event": "bet", "amount": "1", "together": True}, "together is 'True'"),
        ("/do/raise", {"event": "bet", "amount": "1", "faults": "answer-lots"}, "answer-lots"),
        ("/do/raise", {"event": "bet", "amount": "1", "faults": "copies", "together": "2"}, "--together"),
        ("/do/raise", {"event": "rollback", "amount": "1"}, "nothing to roll back"),
        ("/do/raise", {"event": "coupon/ready"}, "'jackpot' is no provider"),
        ("/do/raise", {"event": "bet", "amount": "1" * 2001}, "longer than 2000"),
        ("/do/faults", {"provider": "operator", "faults": ["client-killed"]}, "no way to restart"),
        ("/do/faults", {"provider": "operator", "faults": [1]}, "no list of faults"),
        ("/do/disturb", {"provider": "operator", "path": "confirm"}, "path is 'confirm'"),
        ("/do/check", {"only": "RBX"}, "RBX names no rule"),
        ("/do/check", {"effort": "lazy"}, "effort is 'lazy'"),
        ("/do/cancel", {}, "no check is under way"),
        ("/exchanges/0/again", {}, "there is no exchange #0"),
    ],
)
def test_what_does_not_fit_is_told_in_three_beats(inside: Inside, path: str, fields: object, said: str):
    assert said in beats(post(inside, path, fields), 422)
    assert len(inside.providers.history) == 0


def test_what_the_client_sent_cannot_be_sent_again_from_here(inside: Inside):
    inside.ask("/auth")
    assert "was sent by the CLIENT" in beats(post(inside, "/exchanges/0/again"), 422)


@pytest.mark.parametrize(
    "path", ["/nothing", "/exchanges/7", "/report/report.html", "/report/..%2fapp.py", "/static/..%2fapp.py"]
)
def test_what_is_not_there_is_told_in_words(inside: Inside, path: str):
    answer = requests.get(inside.url + path, timeout=30)
    assert answer.status_code == 404
    assert answer.json()["came"]


def test_the_variables_of_the_snippet_are_those_that_serve_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for key, variable in start_page.VARIABLES.items():
        monkeypatch.setenv(variable, f"the value of {key}, and more of it")
    target = target_or_demo(None)
    secrets = target.secrets()
    assert {key: secrets[key] for key in start_page.VARIABLES} == {
        key: f"the value of {key}, and more of it" for key in start_page.VARIABLES
    }
    assert start_page.is_demo(target)
    assert start_page.snippet(ServedProviders(target, History())) == "\n"
    assert start_page.whereabouts(target)["jackpot.api_key"].words == "env:JACKPOT_API_KEY, else the demo's"


@pytest.mark.parametrize("agreed", [True, False])
def test_the_checkouts_card_tells_whether_a_bearer_token_is_asked_for(tmp_path, agreed: bool):
    file = tmp_path / "pitboss.toml"
    line = 'authentication = "env:CLIENT_ID"\n' if agreed else ""
    file.write_text(f'[checkout]\nmerchant_id = "m"\nkey = "a key of thirty-two bytes or more"\n{line}')
    target = load(file, {"CLIENT_ID": "the client id of the tests"})
    with (
        closing(Route(History())) as route,
        hosted(checkout.build(target.need_checkout(), route), ("127.0.0.1", 0)) as one,
    ):
        providers = ServedProviders(target, route.history, {CHECKOUT: one})
        facts = {fact.name: fact.value for fact in start_page.cards(providers)[0].facts}
        lines = start_page.snippet(providers)
    assert facts.get("clientId") == ("env:CLIENT_ID" if agreed else None)
    assert facts.get("authentication") == (None if agreed else "none: no Bearer token is asked for")
    assert ("CHECKOUT_CLIENT_ID=${CLIENT_ID}" in lines) is agreed


def test_passwords_in_addresses_are_not_shown():
    assert start_page.shown_url("https://me:secret@a.example:1/x?y") == "https://a.example:1/x?y"
    assert start_page.shown_url("https://a.example/@x") == "https://a.example/@x"
