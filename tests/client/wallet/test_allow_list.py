"""Callbacks from other addresses than those allowed: refused by the connection's address, whatever headers say."""

import ipaddress

import pytest
from click.testing import CliRunner

from client_under_test.app import create_app
from client_under_test.cli import client as command
from client_under_test.server import threaded
from client_under_test.values.refusals import Refused
from client_under_test.wallet.allow_list import AddressUnusable, AllowList
from tests.support.client_calls import Here, config, message, plain, post, signed

REFUSED = {"error": "ADDRESS_NOT_ALLOWED"}


@pytest.mark.parametrize(
    ("allowed", "caller", "passes"),
    [
        ((), "203.0.113.9", True),
        (("54.151.247.5",), "54.151.247.5", True),
        (("54.151.247.5",), "54.151.247.50", False),
        (("54.151.247.5",), "54.151.247.4", False),
        (("10.0.0.0/8",), "10.200.3.4", True),
        (("10.0.0.0/8",), "100.0.0.1", False),
        (("10.0.0.0/8", "54.151.247.5"), "54.151.247.5", True),
        (("54.151.247.5",), "::ffff:54.151.247.5", True),
        (("54.151.247.5",), "::1", False),
        (("2001:db8::/32",), "2001:DB8:0:0::7", True),
        (("2001:db8::/32",), "2001:db9::7", False),
    ],
)
def test_who_is_allowed(allowed, caller, passes):
    allow_list = AllowList(allowed)
    if passes:
        allow_list.check(caller)
    else:
        with pytest.raises(Refused, match="ADDRESS_NOT_ALLOWED"):
            allow_list.check(caller)
    assert all(ipaddress.ip_network(each) for each in allowed)


@pytest.mark.parametrize("given", ["", "operator.example", "10.0.0.1/8", "54.151.247.5:443"])
def test_what_is_no_address_is_explained(given):
    with pytest.raises(AddressUnusable, match="neither an IP address nor a network"):
        AllowList([given])
    ran = CliRunner().invoke(command, ["--operator-address", given, "--detached", "--port", "0"])
    assert ran.exit_code == 2
    assert "--operator-address" in ran.output


def test_headers_open_nothing(tmp_path):
    here = Here.over(tmp_path, operator_addresses=("54.151.247.5",))
    bet = message("bet", 10)
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"):
        assert here.raw(plain(bet), **{header: "54.151.247.5"}) == REFUSED
    assert here.balance() == "100.00"
    answer = here.app.test_client().post(
        "/operator/transaction",
        data=plain(bet),
        headers=signed(plain(bet)),
        environ_base={"REMOTE_ADDR": "54.151.247.5"},
    )
    assert answer.get_json()["error"] is None
    assert here.balance() == "90.00"
    here.close()


@pytest.mark.parametrize(("allowed", "error"), [("127.0.0.1", None), ("54.151.247.5", "ADDRESS_NOT_ALLOWED")])
def test_over_a_real_connection(tmp_path, allowed, error):
    with threaded(create_app(config(tmp_path, operator_addresses=(allowed,)))) as address:
        assert post(address, message("bet", 1))["error"] == error
