"""What the player's browser gets, and what it can change.

Story: the judge reads everything that reaches the browser (tokens, pages and their scripts, errors) and asks for tokens
with prices of its own among the parameters. Invariant: the signing key stays on the server, and so does the price.
Limits: pages that no driver entry names are not looked at; a browser's own forms are not filled in.
"""

import itertools
import json
from collections.abc import Iterator, Mapping

import pytest

from scenarios.browsers.checkout_browser import ENTRY, Minting, Where
from scenarios.driver.driver import Raw
from scenarios.generated.families import browser, secrets
from scenarios.generated.families.family import Cases
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.run import Run


def _leak(run: Run, text: str) -> str | None:
    """How the signing key is written down in ``text``; None where it is not."""
    checkout = run.settings.target.need_checkout()
    if checkout.algorithm != "HS256":
        # The judge knows the public key alone, which may be seen by anybody.
        return "a private key" if "PRIVATE KEY-----" in text else None
    how = secrets.written(checkout.key.get_secret_value(), text)
    return None if how is None else f"the key {how}"


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
    for variant in ("no-such-variant", "'\"<>\\", "\0", "x" * 5000, "../../etc/passwd", "%00{{7*7}}"):
        try:
            yield "the answer for an unknown variant", _text(minting.fetch(ENTRY, variant=variant)[0])
        except DriverProblem as problem:
            judge.note("CHK-09", f"no answer for an unknown variant: {problem.came}")


def _text(raw: Raw) -> str:
    return raw.body.decode("utf-8", "replace") + "".join(f"\n{name}: {value}" for name, value in raw.headers)


@pytest.mark.rules("CHK-09")
def test_the_key_stays_on_the_server(run: Run, minting: Minting, judge: Judge) -> None:
    """The signing key is in nothing that the player's browser gets, in no way of writing it down."""
    for case, text in _told(run, minting, judge):
        leak = _leak(run, text)
        judge.holds(
            "CHK-09",
            leak is None,
            expected="no signing key in what the player gets",
            seen=f"{leak} in {case}",
            case=case,
        )
    if not run.driver.has("checkout_page"):
        judge.note("CHK-09", f"the product's page was not read: add {run.driver.missing('checkout_page')}")


@pytest.mark.rules("CHK-09")
def test_the_browser_sets_no_price(minting: Minting, judge: Judge, cases: Cases) -> None:
    """A token asked for with a price in the request, wherever, has the price that it has without, or is refused."""
    if not minting.can_tamper:
        pytest.skip(f"needs {ENTRY} in [driver] as a request, whose parameters can be changed")
    variant = minting.variants[0]
    honest = minting.mint(variant)
    judge.needs(honest.token.claims is not None, "the token is no JWT, so that no price can be read in it")
    for where in Where:
        for case in cases(browser.prices(where)):
            changed = minting.tampered(variant, case.value, where)
            if changed is None or changed.token.claims is None or changed.token.price == honest.token.price:
                continue
            # A site may sell in the currency that the player chooses, at its own price in it.
            if "currency" in case.value and changed.token.price[1] != honest.token.price[1]:
                continue
            # A price may change by itself.
            if changed.token.price == minting.mint(variant).token.price:
                continue
            judge.holds(
                "CHK-09",
                False,
                expected="the price of the catalogue, or no token",
                seen=f"another price, with {_said(case.value)} in the {where}",
                exchanges=(*honest.exchanges, *changed.exchanges),
                case=f"{case.name} in the {where}",
            )
    judge.holds("CHK-09", True, expected="", seen="")


@pytest.mark.rules("CHK-09")
def test_two_variants_in_one_request_are_not_mixed(minting: Minting, judge: Judge) -> None:
    """A token asked for with two variants at once is for one of them, at that one's price, or is refused."""
    if not minting.can_tamper or not minting.named or len(minting.variants) < 2:
        pytest.skip(f"needs {ENTRY} in [driver] as a request, and two products in [checkout] variants")
    minted = {variant: minting.mint(variant) for variant in minting.variants[:3]}
    # A token that names another product than was asked for is CHK-07's finding.
    honest = {variant: one for variant, one in minted.items() if one.token.variant == variant}
    for one, other in itertools.permutations(honest, 2):
        mixed = minting.doubled(one, other)
        priced = None if mixed is None else honest.get(str(mixed.token.variant))
        if mixed is None or priced is None:
            continue
        judge.holds(
            "CHK-09",
            mixed.token.price == priced.token.price,
            expected=f"the price of {mixed.token.variant}, or no token",
            seen="another price, with two variants in the request",
            exchanges=(*priced.exchanges, *mixed.exchanges),
            case="two variants",
        )
    judge.holds("CHK-09", True, expected="", seen="")


def _said(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in changes.items())
