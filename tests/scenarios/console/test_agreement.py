"""The form that the CLIENT fills in, and what the OPERATOR hands back: told at the field, and masked until asked."""

import json
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scenarios.dialects.file import read_dialect
from scenarios.target.loading import load
from simulators.dialects import SHIPPED
from simulators.server.access.gate import TOKEN_HEADER
from tests.scenarios.console.running import Inside, console_inside

SECRETS = {"CLIENT_PASSWORD": "password-of-the-tests", "SECURITY_HASH": "security-hash-of-the-tests"}
FORM = {
    "server_ip": "54.151.247.5, 127.0.0.0/8",
    "callback_url": "http://127.0.0.1:9/elsewhere",
    "website": "https://www.example.com",
    "currencies": "USD, EUR,GBP",
    "languages": "en, fr",
}


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with console_inside(tmp_path) as made:
        yield made


def post(inside: Inside, name: str, **fields: object) -> requests.Response:
    headers = {TOKEN_HEADER: inside.console.gate.token}
    return requests.post(f"{inside.url}/do/{name}", json=fields, headers=headers, timeout=30)


def test_what_is_filled_in_holds_at_once_and_its_lines_keep_it(inside: Inside, tmp_path: Path) -> None:
    agreed = post(inside, "agree", **FORM)
    assert agreed.status_code == 200, agreed.text
    assert agreed.json()["fields"] == FORM | {"currencies": "USD, EUR, GBP"}
    simulator = inside.providers.operator.simulator
    assert simulator.endpoint.url == "http://127.0.0.1:9/elsewhere"
    assert simulator.agreement.website == "https://www.example.com"
    assert tuple(simulator.agreement.currencies) == ("USD", "EUR", "GBP")
    assert tuple(simulator.agreement.languages) == ("en", "fr")
    # What the page shows is what holds.
    page = requests.get(inside.url, timeout=30).text
    assert 'value="54.151.247.5, 127.0.0.0/8"' in page
    # In the target file the lines say the same.
    lines = tomllib.loads(agreed.json()["lines"])["operator"]
    secrets = 'security_hash = "h"\nusername = "client"\npassword = "p"\n'
    file = tmp_path / "kept.toml"
    file.write_text(agreed.json()["lines"] + secrets + '[players]\nids = ["p-1"]\n')
    operator = load(file).operator
    assert {name: getattr(operator, name) for name in lines} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in lines.items()
    }
    assert operator.server_ip == ("54.151.247.5", "127.0.0.0/8")


def test_calls_from_other_addresses_than_the_clients_are_refused(inside: Inside) -> None:
    credentials = {"username": "client", "password": SECRETS["CLIENT_PASSWORD"]}
    url = f"{inside.providers.operator.listener.url}/auth"
    assert requests.post(url, json=credentials, timeout=30).status_code == 200
    post(inside, "agree", **FORM | {"server_ip": "54.151.247.5"})
    answer = requests.post(url, json=credentials, headers={"X-Forwarded-For": "54.151.247.5"}, timeout=30)
    assert answer.status_code == 403
    assert "came from 127.0.0.1" in answer.json()["message"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("server_ip", "localhost", "neither an IP address nor a network"),
        ("server_ip", "127.0.0.1, 300.0.0.1", "'300.0.0.1'"),
        ("callback_url", "", "Callback URL: "),
        ("callback_url", "ftp://x", "no http://"),
        ("callback_url", "http://127.0.0.1/x?a=b", "no ?"),
        ("website", "www.example.com", "no http://"),
        ("currencies", "", "empty"),
        ("currencies", "EUR, EURO", "EURO"),
        ("currencies", "USD", '"EUR"'),
        ("languages", "", "empty"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field_and_changes_nothing(
    inside: Inside, field: str, value: str, said: str
) -> None:
    answer = post(inside, "agree", **FORM | {field: value})
    assert answer.status_code == 422, answer.text
    reported = answer.json()
    assert list(reported["fields"]) == [field]
    beats = reported["fields"][field]
    assert set(beats) == {"came", "expected", "next_step"} == set(reported) - {"fields"}
    assert all(beats.values())
    assert said in beats["came"]
    assert inside.providers.operator.simulator.endpoint.url == "http://127.0.0.1:9/operator"


def test_each_field_that_does_not_fit_is_told(inside: Inside) -> None:
    reported = post(inside, "agree", **FORM | {"website": "x", "server_ip": "y"}).json()
    assert set(reported["fields"]) == {"website", "server_ip"}


def test_what_is_handed_back_is_written_as_it_is_needed(inside: Inside) -> None:
    env = post(inside, "credentials", way="env").json()
    assert SECRETS.items() <= env["values"].items()
    assert dict(line.split("=", 1) for line in env["text"].splitlines()) == {
        name: shlex.quote(value) for name, value in env["values"].items()
    }
    assert json.loads(post(inside, "credentials", way="json").json()["text"]) == env["values"]
    words = shlex.split(post(inside, "credentials", way="curl").json()["text"])
    assert words[:4] == ["curl", "-X", "POST", f"{env['values']['API_URL']}/auth"]
    body = json.loads(words[-1])
    assert requests.post(words[3], json=body, timeout=30).status_code == 200
    assert post(inside, "credentials", way="xml").status_code == 422


def test_of_a_private_key_the_public_half_is_handed_back(inside: Inside) -> None:
    words = read_dialect(SHIPPED["hub88"])
    private, public = words.signer.new_secrets()
    operator = inside.providers.target.need_operator()[0].speaking(words, private)
    inside.providers.target = inside.providers.target.model_copy(update={"operator": operator})
    assert post(inside, "credentials", way="env").json()["values"]["SECURITY_HASH"] == public


def test_secrets_are_told_to_nobody_elsewhere(inside: Inside) -> None:
    assert not any(secret in requests.get(inside.url, timeout=30).text for secret in SECRETS.values())
    assert requests.get(f"{inside.url}/do/credentials", timeout=30).status_code == 405
    assert requests.post(f"{inside.url}/do/credentials", json={}, timeout=30).status_code == 403
    inside.console.public_urls = ("https://console.example.com",)
    answer = post(inside, "credentials")
    assert answer.status_code == 403
    assert set(answer.json()) == {"came", "expected", "next_step"}
    assert not any(secret in answer.text for secret in SECRETS.values())
