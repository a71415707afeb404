"""Callbacks from other addresses than those allowed: refused by the connection's address, whatever headers say."""

import ipaddress
from dataclasses import replace

import pytest
from click.testing import CliRunner
from werkzeug.middleware.proxy_fix import ProxyFix

from client_under_test.app import REFERENCE, create_app
from client_under_test.cli import client as command
from client_under_test.server import threaded
from client_under_test.values.refusals import Refused
from client_under_test.wallet.allow_list import AddressUnusable, AllowList
from tests.support.client_calls import Here, config, message, plain, post, signed


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


# The OPERATOR's address as the CLIENT was told it, its network, and an address that begins like the first.
OPERATOR, NETWORK, LOOKALIKE = "54.151.247.5", "10.0.0.0/8", "54.151.247.50"
# Who calls, what a header says of it, and whether the callback is taken.
CALLS = {
    "the operator": (OPERATOR, {}, True),
    "the operator, written as IPv6": (f"::ffff:{OPERATOR}", {}, True),
    "its network": ("10.200.3.4", {}, True),
    "somebody": ("203.0.113.9", {}, False),
    "a longer address": (LOOKALIKE, {}, False),
    "a network that begins alike": ("100.0.0.1", {}, False),
    **{
        f"somebody, {header}": ("203.0.113.9", {header: value}, False)
        for header, value in {
            "X-Forwarded-For": OPERATOR,
            "X-Real-IP": OPERATOR,
            "Forwarded": f"for={OPERATOR}",
            "True-Client-IP": OPERATOR,
        }.items()
    },
    "the operator, a header of somebody's": (OPERATOR, {"X-Forwarded-For": "203.0.113.9"}, True),
}


class AsText(AllowList):
    """Wrong: addresses are compared as the texts that they are written as."""

    def __init__(self, addresses):
        super().__init__(addresses)
        self.texts = [address.partition("/")[0] for address in addresses]

    def check(self, caller):
        if caller not in self.texts:
            raise Refused("ADDRESS_NOT_ALLOWED")


class Beginning(AsText):
    """Wrong: whatever begins like an address is taken for it."""

    def check(self, caller):
        if not any(caller.startswith(text.rstrip(".0")) for text in self.texts):
            raise Refused("ADDRESS_NOT_ALLOWED")


def wrong(folder, allow_list=AllowList, around=None):
    """The calls of CALLS that a CLIENT with ``allow_list``, behind ``around``, does not answer as it must."""
    agreed = config(folder, operator_addresses=(OPERATOR, NETWORK))
    here = Here(create_app(agreed, replace(REFERENCE, allow_list=allow_list)))
    if around is not None:
        here.app.wsgi_app = around(here.app.wsgi_app)
    browser, found, paid = here.app.test_client(), set(), 0
    for name, (caller, headers, taken) in CALLS.items():
        bet = plain(message("bet", 1))
        answer = browser.post(
            "/operator/transaction",
            data=bet,
            headers={**signed(bet), **headers},
            environ_base={"REMOTE_ADDR": caller},
        ).get_json()
        assert answer["error"] in (None, "ADDRESS_NOT_ALLOWED")
        paid += answer["error"] is None
        if taken is not (answer["error"] is None):
            found.add(name)
    # What was refused took no money.
    assert here.balance() == f"{100 - paid}.00"
    here.close()
    return found


def test_the_connections_address_alone_decides(tmp_path):
    assert wrong(tmp_path) == set()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (
            {"around": ProxyFix},
            {"somebody, X-Forwarded-For", "the operator, a header of somebody's"},
        ),
        ({"allow_list": AsText}, {"the operator, written as IPv6", "its network"}),
        (
            {"allow_list": Beginning},
            {"the operator, written as IPv6", "a longer address", "a network that begins alike"},
        ),
    ],
    ids=["trusts X-Forwarded-For", "compares as text", "compares the beginning"],
)
def test_a_client_that_is_fooled_is_told_from_a_right_one(tmp_path, fault, found):
    assert wrong(tmp_path, **fault) == found


@pytest.mark.parametrize(("allowed", "error"), [("127.0.0.1", None), ("54.151.247.5", "ADDRESS_NOT_ALLOWED")])
def test_over_a_real_connection(tmp_path, allowed, error):
    with threaded(create_app(config(tmp_path, operator_addresses=(allowed,)))) as address:
        assert post(address, message("bet", 1))["error"] == error
