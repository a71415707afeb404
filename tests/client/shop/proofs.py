"""One short probe for each rule of part C: it fails where the shop breaks the rule."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jwt

from simulators.checkout import claims as provider
from simulators.checkout import forgeries, wire
from tests.support.shop import KEY, MERCHANT, NOW, Shop

AGREEMENT = wire.Agreement(MERCHANT, KEY)
UNITS = {"GBP": Decimal("0.01"), "EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}


def _variants(here: Shop) -> list[str]:
    return [product["reference"] for product in here.products()]


def signature(here: Shop) -> None:
    token = here.token()
    assert token.header["alg"] == "HS256"
    assert token.payload


def issuer(here: Shop) -> None:
    claims = here.token().claims
    assert (claims["iss"], claims["sub"]) == (MERCHANT, "Merchant")


def issued(here: Shop) -> None:
    iat = here.token().claims["iat"]
    assert isinstance(iat, int)
    assert abs(iat - NOW) <= 60


def currency(here: Shop) -> None:
    for variant in _variants(here):
        assert here.token(variant).data["currency"] in UNITS


def numbers(here: Shop) -> None:
    for variant in _variants(here):
        price = here.token(variant).price
        for name in ("valueBeforeTax", "valueAfterTax", "taxPercentage"):
            assert isinstance(price[name], int | Decimal), name
            assert price[name] >= 0


def sums(here: Shop) -> None:
    for variant in _variants(here):
        token = here.token(variant)
        price = {name: Decimal(value) for name, value in token.price.items()}
        taxed = price["valueBeforeTax"] * (1 + price["taxPercentage"] / 100)
        assert abs(taxed - price["valueAfterTax"]) <= UNITS[token.data["currency"]] / 2
        assert price["taxValue"] == price["valueAfterTax"] - price["valueBeforeTax"]


def variant(here: Shop) -> None:
    for reference in _variants(here):
        assert here.token(reference).data["variant"] == {"reference": reference}


def reference(here: Shop) -> None:
    found = [here.token(name).data["merchantReference"] for name in ("mug-blue", "mug-blue", "rulebook")]
    assert all(isinstance(each, str) and each for each in found)
    assert len(set(found)) == 3


def secret(here: Shop) -> None:
    token = here.token()
    page = here.get("/checkout/page?variant=mug-blue")
    assert KEY not in f"{token.answer.headers} {token.answer.text} {token.header} {token.claims}"
    assert KEY not in f"{page.headers} {page.text}"
    minted = re.search(r'data-token="([^"]+)"', page.text)
    assert minted
    said = json.dumps(jwt.decode(minted[1], options={"verify_signature": False}))
    assert KEY not in said
    offers: list[dict[str, Any]] = [{"price": "0.01"}, {"currency": "JPY"}, {"taxPercentage": "0"}]
    for offer in offers:
        query = "".join(f"&{name}={value}" for name, value in offer.items())
        for tried in (here.token("mug-blue", query), here.token("mug-blue", json=offer)):
            assert tried.price == token.price
            assert tried.data["currency"] == token.data["currency"]


def minted_each_time(here: Shop) -> None:
    tokens = [here.token(name) for name in ("mug-blue", "scarf-red", "mug-blue")]
    assert len({token.text for token in tokens}) == 3
    for token, name in zip(tokens, ("mug-blue", "scarf-red", "mug-blue"), strict=True):
        assert token.data["variant"]["reference"] == name
        assert NOW - 60 <= token.claims["iat"] <= NOW


def decisions(here: Shop) -> None:
    checkout = here.token().reference
    notice = wire.sign(wire.Decision(MERCHANT, "chk-1", checkout, True, NOW, NOW), AGREEMENT)
    for name in forgeries.fitting(AGREEMENT):
        here.deliver(forgeries.FORGERIES[name](notice, AGREEMENT))
        assert here.order(checkout) == ("open", 0)
    for unknown in ("chk-2", None):
        decision = wire.Decision(MERCHANT, "chk-2", unknown, True, NOW, NOW)
        assert here.deliver(wire.sign(decision, AGREEMENT).payload).status_code == 404
        assert here.get("/checkout/orders/chk-2").status_code == 404
        assert here.order(checkout) == ("open", 0)
    here.deliver(notice.payload)
    assert here.order(checkout) == ("approved", 1)
    for approved in (True, False, True):
        later = wire.Decision(MERCHANT, "chk-1", checkout, approved, NOW, NOW + 1)
        here.deliver(wire.sign(later, AGREEMENT).payload)
        assert here.order(checkout) == ("approved", 1)
    together = here.token().reference
    here.together(here.signed(here.claims(together)), 6)
    assert here.order(together) == ("approved", 1)
    assert here.app.extensions["orders"].recompute() == []


def fine(here: Shop) -> None:
    """What the provider itself says of every token."""
    for name in _variants(here):
        verdict = provider.verify(here.token(name).text, AGREEMENT, NOW, provider.LEEWAY)
        assert (verdict.faults, verdict.advice) == ((), ())


PROBES: dict[str, Callable[[Shop], None]] = {
    "CHK-01": signature,
    "CHK-02": issuer,
    "CHK-03": issued,
    "CHK-04": currency,
    "CHK-05": numbers,
    "CHK-06": sums,
    "CHK-07": variant,
    "CHK-08": reference,
    "CHK-09": secret,
    "CHK-10": minted_each_time,
    "CHK-11": decisions,
}
