"""What the player's browser gets, and what it can change.

Story: the judge reads everything that reaches the browser (tokens, pages and their scripts, errors) and asks for tokens
that contradict what it is to get: prices, products, merchants, times and names of checkouts in every part of a request
that a browser writes. Invariant: the signing key stays on the server, and so does what is signed.
Limits: pages that no driver entry names are not looked at; a browser's own forms are not filled in.
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from scenarios.browsers.checkout_browser import ENTRY, Minting
from scenarios.browsers.tampering import Where
from scenarios.generated.families import browser, ids
from scenarios.generated.families.family import Cases
from scenarios.generated.leaked_secrets import Shown, by_driver, by_history, judge_secrets
from scenarios.hosting.checkout import agreed_on
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.checkout_token import PRICE_CLAIMS, claim_faults

pytestmark = pytest.mark.players(0)

# How any private key begins, in PEM.
_PRIVATE = "PRIVATE KEY-----"
# The rules of claims that a browser may try to make.
_CLAIMED = ("CHK-02", "CHK-03", "CHK-08")


def _keys_leaked(run: Run, minting: Minting, judge: Judge) -> None:
    """Judge all that the CLIENT answered so far, and what its tokens say."""
    checkout = run.settings.target.need_checkout()
    shown = [*by_driver(run, ENTRY, "checkout_page", "checkout_start"), *by_history(run)]
    for minted in minting.minted:
        said = json.dumps([minted.token.header, minted.token.claims], default=str, ensure_ascii=False)
        shown.append(Shown("the token", f"{minted.token.text} {said}", to_player=True))
    # Of a pair the judge knows the public key alone, which may be seen by anybody.
    private = _PRIVATE if checkout.algorithm != "HS256" else checkout.key.get_secret_value()
    judge_secrets("CHK-09", judge, {"the signing key": private}, shown)


@pytest.mark.rules("CHK-09")
def test_the_key_stays_on_the_server(run: Run, minting: Minting, judge: Judge) -> None:
    """The signing key is in nothing that the player's browser gets, in no way of writing it down."""
    for variant in minting.variants[:2]:
        minting.mint(variant)
        if run.driver.has("checkout_page"):
            minting.page(variant)
    for variant in ("no-such-variant", "'\"<>\\", "\0", "x" * 5000, "../../etc/passwd", "%00{{7*7}}"):
        try:
            minting.fetch(ENTRY, variant=variant)
        except DriverProblem as problem:
            judge.note("CHK-09", f"no answer for an unknown variant: {problem.came}")
    minting.tell(b"{", b'{"payload": "none"}')
    _keys_leaked(run, minting, judge)
    if not run.driver.has("checkout_page"):
        judge.note("CHK-09", f"the product's page was not read: add {run.driver.missing('checkout_page')}")


@pytest.mark.whole_history
@pytest.mark.rules("CHK-09")
def test_no_answer_of_the_run_tells_the_key(run: Run, minting: Minting, judge: Judge) -> None:
    """The signing key is in no answer of the whole run, to whomever it was."""
    _keys_leaked(run, minting, judge)


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
            # A site may sell in the currency that the player chooses, or has at home, at its own price in it.
            own_price = changed.token.price[1] != honest.token.price[1]
            if own_price and ("currency" in case.value or changed.token.price[0] != honest.token.price[0]):
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
                claims=PRICE_CLAIMS,
            )
    judge.holds("CHK-09", True, expected="", seen="")


@pytest.mark.rules("CHK-09")
def test_two_variants_in_one_request_are_not_mixed(minting: Minting, judge: Judge, cases: Cases) -> None:
    """A token asked for with two variants at once is for one of them, at that one's price, or is refused."""
    if not minting.can_tamper or not minting.named or len(minting.variants) < 2:
        pytest.skip(f"needs {ENTRY} in [driver] as a request, and two products in [checkout] variants")
    minted = {variant: minting.mint(variant) for variant in minting.variants[:3]}
    # A token that names another product than was asked for is CHK-07's finding.
    honest = {variant: one for variant, one in minted.items() if one.token.variant == variant}
    mixed = [(minting.doubled(one, other), "") for one, other in itertools.permutations(honest, 2)]
    for one, other in itertools.islice(itertools.permutations(honest, 2), 1):
        for where in Where:
            mixed += [
                (minting.tampered(one, case.value, where), f" ({case.name} in the {where})")
                for case in cases(browser.products(where, other))
            ]
    for token, case in mixed:
        priced = None if token is None else honest.get(str(token.token.variant))
        if token is None or priced is None:
            continue
        judge.holds(
            "CHK-09",
            token.token.price == priced.token.price,
            expected=f"the price of {token.token.variant}, or no token",
            seen="another price, with two variants in the request",
            exchanges=(*priced.exchanges, *token.exchanges),
            case=f"two variants{case}",
            claims=("data.variant.reference", *PRICE_CLAIMS),
        )
    judge.holds("CHK-09", True, expected="", seen="")


@pytest.mark.rules("CHK-09")
def test_another_spelling_of_a_variant_sets_no_price(minting: Minting, judge: Judge, cases: Cases) -> None:
    """A token asked for by another spelling of a variant is for a product, at that one's price, or is refused."""
    if not minting.named:
        pytest.skip("needs the products in [checkout] variants")
    honest = {variant: minting.mint(variant) for variant in minting.variants[-2:]}
    variant = minting.variants[-1]
    for case in cases(ids.other_spellings(variant)):
        other = minting.perhaps(case.value)
        if other is None or other.token.claims is None:
            continue
        priced = honest.get(str(other.token.variant), honest[variant])
        judge.holds(
            "CHK-09",
            other.token.price == priced.token.price,
            expected=f"the price of {priced.variant}, or no token",
            seen=f"another price, for variant {case.value!r}",
            exchanges=(*priced.exchanges, *other.exchanges),
            case=f"the variant with {case.name}",
            claims=("data.variant.reference", *PRICE_CLAIMS),
        )
    judge.holds("CHK-09", True, expected="", seen="")


@pytest.mark.rules("CHK-02", "CHK-03", "CHK-08")
def test_the_browser_makes_no_claims(run: Run, minting: Minting, judge: Judge, cases: Cases) -> None:
    """A token asked for with another merchant, time or checkout in the request has its own, or is refused."""
    if not minting.can_tamper:
        pytest.skip(f"needs {ENTRY} in [driver] as a request, whose parameters can be changed")
    honest = [minting.mint(variant) for variant in minting.variants[:2]]
    first, last = honest[0], honest[-1]
    judge.needs(first.token.claims is not None, "the token is no JWT, so that no claim can be read in it")
    agreement = agreed_on(run.settings.target.need_checkout())
    # What is wrong with the claims anyhow is another scenario's finding.
    known = {(each.rule, each.path) for each in claim_faults(last.token, agreement, last.at)}
    for where in Where:
        for case in cases(browser.claims(where, str(first.token.reference))):
            changed = minting.tampered(last.variant, case.value, where)
            if changed is None or changed.token.claims is None:
                continue
            case_name = f"{case.name} in the {where}"
            for fault in claim_faults(changed.token, agreement, changed.at):
                if fault.rule in _CLAIMED and (fault.rule, fault.path) not in known:
                    judge.holds(
                        fault.rule,
                        False,
                        expected=f"{fault.path}: {fault.expected}, or no token",
                        seen=fault.seen,
                        exchanges=(*last.exchanges, *changed.exchanges),
                        case=case_name,
                        claims=(fault.path,),
                    )
            # That a checkout is gone on with is right: the same product, under the same name.
            judge.holds(
                "CHK-08",
                changed.token.reference != first.token.reference
                or changed.token.variant == first.token.variant
                or last.token.reference == first.token.reference,
                expected="data.merchantReference: one that no other product's checkout has, or no token",
                seen="that of an earlier checkout, which the browser named",
                exchanges=(*first.exchanges, *changed.exchanges),
                case=case_name,
                claims=("data.merchantReference",),
                compared=True,
            )
    for rule in _CLAIMED:
        judge.holds(rule, True, expected="", seen="")


def _said(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in changes.items())
