"""Checkout tokens: what the CLIENT's server signs when a player wants to buy a product.

Story: the judge plays the player's browser (driver ``checkout_token``) and asks for tokens of several variants. Each
token is read whether or not its signature holds. Invariant: a token says what is sold, at a price that adds up,
by whom and when. Limits: what a variant should cost is the CLIENT's own affair, and not judged.
"""

import pytest

from scenarios.browsers.checkout_browser import Minted, Minting
from scenarios.hosting.checkout import agreed_on
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.checkout_token import PRICE_CLAIMS, ClaimFault, claim_faults, signature_fault

pytestmark = pytest.mark.players(0)


def _judge_claims(rule: str, run: Run, judge: Judge, tokens: list[Minted]) -> None:
    """Judge the claims that ``rule`` is about in each of ``tokens``."""
    agreement = agreed_on(run.settings.target.need_checkout())
    for minted in tokens:
        faults = claim_faults(minted.token, agreement, minted.at)
        _blame(rule, judge, minted, [fault for fault in faults if fault.rule == rule])


def _blame(rule: str, judge: Judge, minted: Minted, faults: list[ClaimFault]) -> None:
    judge.holds(rule, True, expected="", seen="")
    for fault in faults:
        judge.holds(
            rule,
            False,
            expected=f"{fault.path}: {fault.expected}",
            seen=fault.seen,
            exchanges=minted.exchanges,
            case=minted.case,
            off=fault.off,
            claims=PRICE_CLAIMS if fault.rule == "CHK-06" else (fault.path,),
        )


@pytest.mark.rules("CHK-01")
def test_is_signed_as_agreed(run: Run, minting: Minting, judge: Judge) -> None:
    """The algorithm is the agreed one and the signature is valid under the agreed key."""
    agreement = agreed_on(run.settings.target.need_checkout())
    for minted in minting.every(times=2):
        fault = signature_fault(minted.token, agreement)
        _blame("CHK-01", judge, minted, [] if fault is None else [fault])


@pytest.mark.rules("CHK-02")
def test_names_the_merchant(run: Run, minting: Minting, judge: Judge) -> None:
    """``iss`` is the merchant id, ``sub`` is "Merchant"."""
    _judge_claims("CHK-02", run, judge, minting.each())


@pytest.mark.rules("CHK-03")
def test_iat_is_now_in_seconds(run: Run, minting: Minting, judge: Judge) -> None:
    """``iat`` is an integer in seconds, within 60 s of now."""
    _judge_claims("CHK-03", run, judge, minting.each(times=2))


@pytest.mark.rules("CHK-04")
def test_currency_is_of_iso_4217(run: Run, minting: Minting, judge: Judge) -> None:
    """``data.currency`` is three capitals of ISO 4217."""
    _judge_claims("CHK-04", run, judge, minting.each())


@pytest.mark.rules("CHK-05")
def test_prices_are_numbers(run: Run, minting: Minting, judge: Judge) -> None:
    """The three figures of a price are JSON numbers, however fine, and none is negative."""
    _judge_claims("CHK-05", run, judge, minting.each())


@pytest.mark.rules("CHK-06")
def test_prices_add_up(run: Run, minting: Minting, judge: Judge) -> None:
    """The price before tax with the tax on top is the price after it, to half a unit; ``taxValue`` is the difference.

    The figures are judged also where they are written as text.
    """
    _judge_claims("CHK-06", run, judge, minting.each())


@pytest.mark.rules("CHK-07")
def test_reference_names_what_was_chosen(run: Run, minting: Minting, judge: Judge) -> None:
    """``data.variant.reference`` is a text, and that of the variant asked for."""
    tokens = minting.each()
    _judge_claims("CHK-07", run, judge, tokens)
    for minted in tokens if minting.named else []:
        named = minted.token.variant
        if not isinstance(named, str) or not named.strip() or of_another(minted, tokens):
            continue
        judge.holds(
            "CHK-07",
            named == minted.variant,
            expected=f"data.variant.reference: {minted.variant!r}, as in [checkout] variants",
            seen=repr(named),
            exchanges=minted.exchanges,
            case=minted.case,
            claims=("data.variant.reference",),
        )


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("CHK-08")
def test_every_checkout_has_its_own_reference(run: Run, minting: Minting, judge: Judge) -> None:
    """``data.merchantReference`` is there, and another one in every token of the whole run."""
    tokens = minting.each(times=3)
    if len({minted.token.text for minted in tokens}) < len(tokens):
        # Two of one second may be alike to the last byte where they name no checkout of their own.
        tokens.append(minting.later(tokens[0]))
    _judge_claims("CHK-08", run, judge, tokens)
    first: dict[str, Minted] = {}
    for minted in minting.minted:
        reference = minted.token.reference
        if not isinstance(reference, str) or not reference.strip():
            continue
        earlier = first.setdefault(reference, minted)
        # The very same token again, or one that is another variant's, is another rule's matter.
        judge.holds(
            "CHK-08",
            earlier is minted or earlier.token.text == minted.token.text,
            expected="data.merchantReference: one that no checkout had before",
            seen="that of an earlier token",
            exchanges=(*earlier.exchanges, *minted.exchanges),
            case=minted.case,
            claims=("data.merchantReference",),
            compared=True,
        )


@pytest.mark.rules("CHK-10")
def test_every_token_is_minted_when_asked_for(minting: Minting, judge: Judge) -> None:
    """A second later the same variant gets a token with a new ``iat``; each variant gets its own."""
    tokens = minting.each()
    first = tokens[0]
    later = minting.later(first)
    if first.token.minted is None:
        judge.note("CHK-10", "iat is no number, so that nobody can tell when a token was minted")
    else:
        judge.holds(
            "CHK-10",
            later.token.minted != first.token.minted,
            expected="a new iat for a token asked for a second later",
            seen="the iat of the first"
            + (", in the same token" if later.token.text == first.token.text else ""),
            exchanges=(*first.exchanges, *later.exchanges),
            case=first.case,
        )
    if not minting.named or len(minting.variants) < 2:
        judge.note("CHK-10", 'one product was looked at: name two or more in variants = ["..", ".."]')
    for minted in tokens if minting.named else []:
        other = of_another(minted, tokens)
        judge.holds(
            "CHK-10",
            other is None,
            expected=f"a token for {minted.variant}",
            seen=f"the token of {other.variant}, price and all" if other else "",
            exchanges=minted.exchanges,
            case=minted.case,
            claims=("data.variant.reference", *PRICE_CLAIMS),
        )


def of_another(minted: Minted, tokens: list[Minted]) -> Minted | None:
    """The token of another variant that ``minted`` is, in reference and price; None where it is not."""
    for other in tokens:
        if other.variant != minted.variant and minted.token.variant == other.variant == other.token.variant:
            return other if minted.token.price == other.token.price else None
    return None
