"""``pitboss doctor`` at Jackpot's and the checkout's doors, against the reference CLIENT and against wrong targets."""

import socket
from contextlib import closing

import pytest
import requests
from click.testing import CliRunner

from client_under_test.app import create_app
from client_under_test.config import Config
from scenarios.cli.commands.doctor import command
from scenarios.hosting.ports import free_port
from simulators.server.wsgi_server import Server

CONFIG = Config(checkout_key="the-checkout-key-of-these-tests-32")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    database = str(tmp_path_factory.mktemp("client") / "client.sqlite")
    elsewhere = f"http://127.0.0.1:{free_port()}"
    app = create_app(Config(database=database, checkout_key=CONFIG.checkout_key, checkout_url=elsewhere))
    with Server(app) as server:
        yield server.url


@pytest.fixture
def examine(tmp_path, site):
    def examine(*, jackpot=None, checkout=None, driver=""):
        said = ""
        if jackpot is not None:
            given = {
                "notification_url": f"{site}/jackpot/notifications",
                "listen": f"127.0.0.1:{free_port()}",
            }
            said += "[jackpot]\napi_key = 'a'\napi_signature = 'sssh-b'\nclient_secret = 'sssh-c'\n"
            said += "".join(f"{key} = '{value}'\n" for key, value in {**given, **jackpot}.items())
        if checkout is not None:
            given = {"key": CONFIG.checkout_key, "listen": f"127.0.0.1:{free_port()}"}
            said += f"[checkout]\nmerchant_id = '{CONFIG.merchant_id}'\nvariants = ['mug-blue']\n"
            said += "".join(f"{key} = '{value}'\n" for key, value in {**given, **checkout}.items())
        file = tmp_path / "pitboss.toml"
        file.write_text(said + driver.replace("SITE", site))
        result = CliRunner().invoke(command, ["-c", str(file)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "sssh" not in result.output
        assert CONFIG.checkout_key not in result.output
        return result

    return examine


# Entries that only read.
READS = (
    '[driver]\nstore = { get = "SITE/stores/{store}" }\nvoucher = { get = "SITE/vouchers/{notification_key}" }\n'
    'order = { get = "SITE/checkout/orders/{merchant_reference}" }\ncheckout_page = { get = "SITE/PAGE" }\n'
)
TOKEN = '[driver]\ncheckout_token = { get = "SITE/checkout/token?variant={variant}", read = "token" }\n'


def test_right_doors_are_found_right_without_an_operator(examine):
    result = examine(jackpot={}, checkout={}, driver=TOKEN)
    assert result.exit_code == 0, result.output
    assert "jackpot webhooks: store/disabled, for a store that nobody has, was acknowledged" in result.output
    assert "checkout token, mug-blue: it is signed as agreed\n" in result.output
    assert "locked" in result.output


def test_entries_that_read_are_asked_about_what_there_is_not(examine):
    page = "checkout/page?variant={variant}"
    result = examine(jackpot={}, checkout={}, driver=READS.replace("PAGE", page))
    assert result.exit_code == 0, result.output
    for name, word in (("store", "store"), ("voucher", "notification_key"), ("order", "merchant_reference")):
        assert f"driver {name}: asked about a {word} that there is not: HTTP 404" in result.output
    assert "driver checkout_page: the page of mug-blue: HTTP 200" in result.output
    assert "not tried" not in result.output
    result = examine(checkout={}, driver=READS.replace("PAGE", "nowhere"))
    assert result.exit_code == 3
    assert "[driver] checkout_page answered HTTP 404, asked about mug-blue" in result.output


def test_a_wrong_notification_url_is_told(examine, site):
    result = examine(jackpot={"notification_url": f"{site}/nowhere"})
    assert result.exit_code == 3
    assert "HTTP 404" in result.output
    assert "correct notification_url in [jackpot]: nothing serves POST" in result.output


def test_a_client_that_is_down_is_told(examine):
    result = examine(jackpot={"notification_url": f"http://127.0.0.1:{free_port()}/hook"})
    assert result.exit_code == 3
    assert "start the CLIENT, or correct notification_url in [jackpot]" in result.output


@pytest.mark.parametrize("section", ["jackpot", "checkout"])
def test_a_taken_port_is_told(examine, section):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        result = examine(**{section: {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}})
    assert result.exit_code == 2
    assert "is taken" in result.output
    assert f"change listen in [{section}]" in result.output


def test_another_checkout_key_is_told(examine):
    result = examine(checkout={"key": "another-key-that-is-long-enough-too"}, driver=TOKEN)
    assert result.exit_code == 3
    assert "compare key and algorithm in [checkout]" in result.output


def test_no_event_that_is_tried_closes_a_store(examine, site):
    before = requests.get(f"{site}/stores", timeout=60).text
    assert examine(jackpot={}).exit_code == 0
    assert requests.get(f"{site}/stores", timeout=60).text == before


def test_checkouts_without_authentication_are_told(examine):
    result = examine(checkout={}, driver=TOKEN)
    assert "checkout authentication: checkouts are created without a Bearer token" in result.output
    result = examine(checkout={"authentication": "sssh-client-id"}, driver=TOKEN)
    assert result.exit_code == 0, result.output
    assert "to have it tried, add to [driver]: checkout_start = " in result.output


@pytest.mark.parametrize(
    ("agreed", "has", "code", "said"),
    [
        (None, "", 0, "the CLIENT asked for one without one"),
        ("sssh-client-id", "sssh-client-id", 0, "the CLIENT asked for one with one that holds"),
        ("sssh-client-id", "", 3, "the CLIENT asked for a checkout without a Bearer token that holds"),
        ("sssh-client-id", "sssh-another", 3, "the CLIENT got no Bearer token"),
    ],
)
def test_whether_the_client_authenticates_is_told(tmp_path, examine, agreed, has, code, said):
    port = free_port()
    config = Config(
        database=str(tmp_path / "client.sqlite"),
        checkout_key=CONFIG.checkout_key,
        checkout_url=f"http://127.0.0.1:{port}",
        checkout_client_id=has,
    )
    with Server(create_app(config)) as server:
        driver = TOKEN.replace("SITE", server.url)
        driver += (
            f'checkout_start = {{ post = "{server.url}/checkout/orders/{{merchant_reference}}/start" }}\n'
        )
        checkout = {"listen": f"127.0.0.1:{port}"} | ({} if agreed is None else {"authentication": agreed})
        result = examine(checkout=checkout, driver=driver)
    assert result.exit_code == code, result.output
    assert said in result.output


def test_a_client_that_asks_another_checkout_is_told(examine):
    driver = TOKEN + 'checkout_start = { post = "SITE/checkout/orders/{merchant_reference}/start" }\n'
    result = examine(checkout={}, driver=driver)
    assert result.exit_code == 3
    assert "the CLIENT asked the checkout's API for nothing" in result.output
