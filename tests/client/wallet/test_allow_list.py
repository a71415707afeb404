"""Callbacks from other addresses than those allowed: refused by the connection's address, whatever headers say."""

import ipaddress

import pytest
from click.testing import CliRunner

from client_under_test.cli import client as command
from client_under_test.values.refusals import Refused
from client_under_test.wallet.allow_list import AddressUnusable, AllowList
from tests.support.client_calls import Here, message, plain, signed


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


OPERATOR, SOMEBODY = "54.151.247.5", "203.0.113.9"


def test_the_connections_address_alone_decides(tmp_path):
    here = Here.over(tmp_path, operator_addresses=(OPERATOR,))
    names = {"X-Forwarded-For": OPERATOR, "X-Real-IP": OPERATOR, "Forwarded": f"for={OPERATOR}"}
    calls = [(SOMEBODY, {name: value}, "ADDRESS_NOT_ALLOWED") for name, value in names.items()]
    for caller, headers, error in (*calls, (OPERATOR, {"X-Forwarded-For": SOMEBODY}, None)):
        bet = plain(message("bet", 1))
        answer = here.app.test_client().post(
            "/operator/transaction",
            data=bet,
            headers={**signed(bet), **headers},
            environ_base={"REMOTE_ADDR": caller},
        )
        assert answer.get_json()["error"] == error, headers
    # What was refused took no money.
    assert here.balance() == "99.00"
    here.close()
