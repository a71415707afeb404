"""What the player's browser gets, and what it can change.

Story: the judge reads everything that reaches the browser (tokens, pages and their scripts, errors) and asks for tokens
with prices of its own among the parameters. Invariant: the signing key stays on the server, and so does the price.
Limits: pages that no driver entry names are not looked at; a browser's own forms are not filled in.
"""

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from scenarios.browsers.checkout_browser import ENTRY, Minting
from scenarios.driver.driver import Raw
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.run import Run

# A shorter key may be a word that any page has.
_SHORT = 8
_CHEAP = "0.01"
# Names under which a careless CLIENT may take a price from the browser.
_PRICES = (
    "price",
    "amount",
    "value",
    "total",
    "valueBeforeTax",
    "valueAfterTax",
    "taxPercentage",
    "taxValue",
    "merchantPrice[valueAfterTax]",
    "merchantPrice.valueAfterTax",
)
_CURRENCIES = ("USD", "EUR", "JPY")


def _forms(run: Run) -> dict[str, str]:
    """The ways in which the key might be written down, each with its name."""
    checkout = run.settings.target.need_checkout()
    if checkout.algorithm != "HS256":
        # The judge knows the public key alone, which may be seen by anybody.
        return {"a private key": "PRIVATE KEY-----"}
    key = checkout.key.get_secret_value()
    if len(key) < _SHORT:
        return {}
    raw = key.encode()
    return {
        "the key": key,
        "the key in HTML": html.escape(key),
        "the key in JSON": json.dumps(key)[1:-1],
        "the key in an address": quote(key, safe=""),
        "the key in hex": raw.hex(),
        "the key in HEX": raw.hex().upper(),
        "the key in base64": base64.b64encode(raw).decode().rstrip("="),
        "the key in base64url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


def _told(run: Run, minting: Minting, judge: Judge) -> Iterator[tuple[str, str]]:
    """All texts that reach the browser, each with what it is."""
    for variant in minting.variants[:2]:
        minted = minting.mint(variant)
        said = json.dumps([minted.token.header, minted.token.claims], default=str, ensure_ascii=False)
        yield "the token", f"{minted.token.text} {said}"
        for exchange in minted.exchanges:
            answer = exchange.answer
            if answer is not None:
                yield "the answer with the token", _text(Raw(answer.status, answer.body, answer.headers))
        if run.driver.has("checkout_page"):
            for name, raw in minting.page(variant):
                yield name, _text(raw)
    for variant in ("no-such-variant", "'\"<>\\"):
        try:
            yield "the answer for an unknown variant", _text(minting.fetch(ENTRY, variant=variant)[0])
        except DriverProblem as problem:
            judge.note("CHK-09", f"no answer for an unknown variant: {problem.came}")


def _text(raw: Raw) -> str:
    return raw.body.decode("utf-8", "replace") + "".join(f"\n{name}: {value}" for name, value in raw.headers)


@pytest.mark.rules("CHK-09")
def test_the_key_stays_on_the_server(run: Run, minting: Minting, judge: Judge) -> None:
    """The signing key is in nothing that the player's browser gets, in no way of writing it down."""
    forms = _forms(run)
    for case, text in _told(run, minting, judge):
        leaked = [name for name, form in forms.items() if form in text]
        judge.holds(
            "CHK-09",
            not leaked,
            expected="no signing key in what the player gets",
            seen=f"{leaked[0] if leaked else ''} in {case}",
            case=case,
        )
    if not run.driver.has("checkout_page"):
        judge.note("CHK-09", f"the product's page was not read: add {run.driver.missing('checkout_page')}")


@pytest.mark.rules("CHK-09")
def test_the_browser_sets_no_price(minting: Minting, judge: Judge) -> None:
    """A token asked for with a price among the parameters has the price that it has without, or is refused."""
    if not minting.can_tamper:
        pytest.skip(f"needs {ENTRY} in [driver] as a request, whose parameters can be changed")
    variant = minting.variants[0]
    tries = [{name: _CHEAP} for name in _PRICES]
    tries.append(dict.fromkeys(_PRICES, _CHEAP))
    tries += [{"currency": code} for code in _CURRENCIES]
    honest = minting.mint(variant)
    judge.needs(honest.token.claims is not None, "the token is no JWT, so that no price can be read in it")
    for changes in tries:
        changed = minting.tampered(variant, changes)
        if changed is None or changed.token.claims is None or changed.token.price == honest.token.price:
            continue
        # A site may sell in the currency that the player chooses, at its own price in it.
        if "currency" in changes and changed.token.price[1] != honest.token.price[1]:
            continue
        # A price may change by itself.
        if changed.token.price == minting.mint(variant).token.price:
            continue
        judge.holds(
            "CHK-09",
            False,
            expected="the price of the catalogue, or no token",
            seen=f"another price, with {_said(changes)} in the request",
            exchanges=(*honest.exchanges, *changed.exchanges),
            case=", ".join(changes) if len(changes) == 1 else "all at once",
        )
    judge.holds("CHK-09", True, expected="", seen="")


def _said(changes: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in changes.items())
