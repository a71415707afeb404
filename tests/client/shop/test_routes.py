"""The shop of the reference CLIENT: what CHK-01 to CHK-10, judged in ``tests/mutants``, leave open."""

import os
import subprocess
import sys
import time
from decimal import Decimal

import iso4217
import jwt
import pytest
import requests
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from client_under_test.cli import client
from client_under_test.shop.products import Product, ProductCatalogue
from client_under_test.shop.tokens import KeyUnusable
from simulators.checkout import claims, wire
from simulators.values import decimal_json
from tests.support.keys import key_pair
from tests.support.shop import KEY, MERCHANT, NOW, Shop, shop

AGREEMENT = wire.Agreement(MERCHANT, KEY)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with shop(tmp_path_factory.mktemp("shop")) as found:
        yield found


def test_claims_are_as_documented_to_the_byte(here):
    token = here.token("scarf-red")
    assert token.payload == (
        f'{{"iss":"{MERCHANT}","sub":"Merchant","iat":{NOW},"data":{{"merchantReference":"{token.reference}",'
        '"currency":"GBP","merchantPrice":{"valueBeforeTax":16.66,"valueAfterTax":19.99,"taxValue":3.33,'
        '"taxPercentage":20},"variant":{"reference":"scarf-red"}}}'
    )
    assert token.header == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize(
    ("variant", "before", "tax", "after"),
    [
        ("mug-blue", "12.50", "2.50", "15.00"),
        ("rulebook", "9.99", "0.00", "9.99"),
        # 4.205, the very half.
        ("heater-s", "84.10", "4.21", "88.31"),
        # 6.3365, up, and 4.3945, down.
        ("lamp-desk", "33.35", "6.34", "39.69"),
        ("chair-oak", "79.90", "4.39", "84.29"),
        # 199.5
        ("fan-paper", "1995", "200", "2195"),
        # 0.35625
        ("pearl-box", "7.125", "0.356", "7.481"),
    ],
)
def test_tax_is_rounded_half_up(here, variant, before, tax, after):
    (shown,) = [each for each in here.products() if each["reference"] == variant]
    assert (shown["valueBeforeTax"], shown["taxValue"], shown["valueAfterTax"]) == (before, tax, after)
    price = here.token(variant).price
    assert Decimal(str(price["valueBeforeTax"])) == Decimal(before)
    assert Decimal(str(price["valueAfterTax"])) == Decimal(after)


@given(
    st.sampled_from(["GBP", "JPY", "KWD"]),
    st.integers(0, 10**12),
    st.decimals(0, 100, places=3, allow_nan=False),
)
def test_any_price_adds_up_to_half_a_unit(currency, minor, percentage):
    before = Decimal(minor).scaleb(-iso4217.Currency(currency).exponent)
    price = ProductCatalogue().price(Product("any", "Any", currency, before, percentage))
    assert price.before == minor
    assert price.after == price.before + price.tax
    assert abs(price.before * (1 + percentage / 100) - price.after) <= Decimal("0.5")


def test_unknown_variants_are_404(here):
    for query in (
        "?variant=nothing",
        "?variant=",
        "",
        "?variant=MUG-BLUE",
        "?variant=mug-blue%20",
        "?variant=%00",
    ):
        for path in ("token", "page"):
            answer = here.get(f"/checkout/{path}{query}")
            assert (answer.status_code, answer.get_json()["error"]) == (404, "UNKNOWN_PRODUCT"), query


def test_price_stays_as_it_was_shown(tmp_path):
    with shop(tmp_path) as here:
        token = here.token("mug-blue")
        again = here.app.test_client().get(f"/checkout/orders/{token.reference}").get_json()
        assert again == {
            "merchantReference": token.reference,
            "variant": "mug-blue",
            "state": "open",
            "granted": 0,
        }


def test_page_has_a_token_of_the_product(here):
    page = here.get("/checkout/page?variant=lamp-desk&price=1")
    text = page.text.partition('data-token="')[2].partition('"')[0]
    verdict = claims.verify(text, AGREEMENT, NOW, 60)
    assert verdict.holds
    assert (verdict.claims.variant, verdict.claims.value_after_tax) == ("lamp-desk", Decimal("39.69"))
    assert "39.69 EUR" in page.text
    assert "http://127.0.0.1:8703/widget.js" in page.text
    assert "http://127.0.0.1:8703" in page.headers["Content-Security-Policy"]
    assert here.order(verdict.claims.merchant_reference) == ("open", 0)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_public_keys_verify_tokens_and_decisions(tmp_path, algorithm):
    (ours, our_public), (theirs, their_public) = key_pair(algorithm), key_pair(algorithm, "theirs")
    agreed = {"checkout_key": ours, "checkout_decision_key": their_public, "checkout_algorithm": algorithm}
    with shop(tmp_path, **agreed) as plain:
        here = Shop(plain.app, theirs, algorithm)
        token = here.token()
        assert claims.verify(token.text, wire.Agreement(MERCHANT, our_public, algorithm), NOW, 60).holds
        # The public key as a secret, by hand: the library would not.
        forged = jwt.PyJWS(algorithms=[])
        forged.register_algorithm("HS256", _Confused(jwt.algorithms.HMACAlgorithm.SHA256))
        body = decimal_json.dumps(here.claims(token.reference))
        assert here.deliver(forged.encode(body, their_public, "HS256")).status_code == 401
        assert here.decide(token.reference, key=ours).status_code == 401
        assert here.order(token.reference) == ("open", 0)
        assert here.decide(token.reference).status_code == 200
        assert here.order(token.reference) == ("approved", 1)


class _Confused(jwt.algorithms.HMACAlgorithm):
    def prepare_key(self, key):
        return key.encode()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", "a secret"), ("ES256", "a secret"), ("HS256", "PEM"), ("RS256", "public"), ("ES256", "RSA")],
)
def test_key_of_another_kind_is_refused_at_the_start(tmp_path, algorithm, key):
    private, public = key_pair("RS256")
    given = {"a secret": "a secret of more than 32 bytes....", "public": public}.get(key, private)
    with (
        pytest.raises(KeyUnusable) as problem,
        shop(tmp_path, checkout_key=given, checkout_algorithm=algorithm),
    ):
        pass
    assert given not in str(problem.value)
    assert f"CHECKOUT_KEY holds no key for {algorithm}" in str(problem.value)


def test_command_takes_the_agreement(tmp_path):
    environment = {**os.environ, "CHECKOUT_KEY": KEY}
    command = [sys.executable, "-m", "client_under_test", "--port", "0", "--merchant-id", MERCHANT]
    command += ["--database", str(tmp_path / "client.sqlite"), "--checkout", "http://127.0.0.1:8799"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as client:
        try:
            address = client.stdout.readline().split()[-1]
            token = requests.get(f"{address}/checkout/token?variant=mug-blue", timeout=20).json()["token"]
            page = requests.get(f"{address}/checkout/page?variant=mug-blue", timeout=20).text
        finally:
            client.terminate()
    assert claims.verify(token, AGREEMENT, time.time(), 60).holds
    assert "http://127.0.0.1:8799/widget.js" in page


def test_command_tells_an_unusable_key(monkeypatch):
    monkeypatch.setenv("CHECKOUT_KEY", KEY)
    done = CliRunner().invoke(client, ["--checkout-algorithm", "ES256", "--port", "0"])
    assert done.exit_code == 2
    assert "CHECKOUT_KEY holds no key for ES256" in done.output
    assert KEY not in done.output
