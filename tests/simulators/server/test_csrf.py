"""Guards of the pages: hosts and sites as values, and Jackpot's back-office behind them."""

import pytest
import requests

from simulators.jackpot.api import create_app
from simulators.server.access.csrf import local, made_elsewhere, trusted_host
from simulators.server.wsgi_server import Server
from tests.simulators.jackpot.running import inbox, quiet_simulator


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "a.localhost:1", "127.0.0.1", "127.9.9.9:2", "[::1]:3", "localhost."],
)
def test_names_of_this_machine(host: str) -> None:
    assert local(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[",
        "0.0.0.0",
        "[::2]",
    ],
)
def test_names_of_others(host: str) -> None:
    assert not local(host)


@pytest.mark.parametrize(
    ("host", "peer", "public", "trusted"),
    [
        ("evil.example", "127.0.0.1", (), False),
        ("evil.example", "::1", (), False),
        ("evil.example", "::ffff:127.0.0.1", (), False),
        ("evil.example", None, (), False),
        ("jackpot.example", "127.0.0.1", ("https://jackpot.example/x",), True),
        ("evil.example", "127.0.0.1", ("https://jackpot.example",), False),
        ("staging.example", "10.1.2.3", (), True),  # a server that was bound to the network on purpose
        ("localhost:8702", "127.0.0.1", (), True),
    ],
)
def test_whose_name_may_be_used(host: str, peer: str | None, public: tuple[str, ...], trusted: bool) -> None:
    assert trusted_host(host, peer, public) is trusted


@pytest.mark.parametrize(
    ("site", "origin", "elsewhere"),
    [
        (None, None, False),
        ("same-origin", "http://a:1", False),
        ("none", None, False),
        (None, "http://a:1", False),
        (None, "http://a:2", True),
        (None, "null", True),
        ("cross-site", None, True),
        ("same-site", "http://a:1", True),
    ],
)
def test_where_a_request_was_made(site: str | None, origin: str | None, elsewhere: bool) -> None:
    assert made_elsewhere(site, origin, {"a:1"}) is elsewhere


def test_the_back_office_answers_under_its_own_names_only() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _), Server(create_app(simulator)) as server:
        simulator.account.public_url = "https://jackpot.example"
        office = f"{server.url}/back-office"

        def status(**headers: str) -> int:
            return requests.get(office, headers=headers, timeout=20).status_code

        assert status() == 200
        assert status(Host="localhost:1") == 200
        assert status(Host="jackpot.example") == 200
        assert status(Host="evil.example") == 421
        assert "evil.example" in requests.get(office, headers={"Host": "evil.example"}, timeout=20).text
        foreign = {"Sec-Fetch-Site": "same-site"}
        posted = requests.post(f"{office}/settings", headers=foreign, timeout=20)
        assert posted.status_code == 403
        # The API is for the CLIENT's server, under whatever name it knows.
        stores = requests.get(f"{server.url}/v2/stores", headers={"Host": "jackpot.internal"}, timeout=20)
        assert stores.status_code == 401
