"""Decisions: what the provider tells the CLIENT's server of a checkout, and what nobody else may tell it.

Story: tokens of the CLIENT open checkouts; the fake checkout approves some, and others get decisions that the
provider never made. What a checkout has come to is read through driver ``order``. Invariant: a checkout moves by the
first genuine decision about it, once, and by nothing else. Limits: what ``order`` does not show is not seen, and a
CLIENT that knows a checkout by the provider's token only, never by its own merchantReference, cannot be judged.
Decisions that are repeated are in ``test_chk_repeated``.
"""

import uuid
from dataclasses import replace

import pytest

from scenarios.browsers.orders import Order, Orders
from scenarios.contract import Level
from scenarios.generated.families import decisions
from scenarios.generated.families.family import Cases
from scenarios.run.findings import OrderRead
from scenarios.run.judge import Judge, said
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.players(0)


@pytest.mark.rules("CHK-11")
def test_forged_decisions_have_no_effect(orders: Orders, cases: Cases) -> None:
    """A decision without a signature of the provider's moves nothing, now or once a genuine one was followed."""
    forged: list[tuple[Order, list[Exchange], str]] = []
    for name in (case.value for case in cases(decisions.forged(orders.simulator.agreement))):
        order = orders.open()
        # "changed claims" turns the outcome round: each forgery claims an approval.
        decision = orders.decision(order, approved=name != "changed claims")
        exchanges = [orders.simulator.send_forged(decision, name)]
        if orders.stays(order, order.opening, exchanges, f"forged: {name}"):
            forged.append((order, exchanges, f"forged: {name}, later"))
    # A CLIENT that acts in the background has acted on the forgeries by the time that it acts on this one.
    orders.approve(orders.open())
    for order, exchanges, case in forged:
        orders.stays(order, order.opening, exchanges, case)


@pytest.mark.alone
@pytest.mark.rules("CHK-11")
def test_decisions_on_unknown_checkouts_have_no_effect(orders: Orders, cases: Cases) -> None:
    """A genuine decision about a checkout that the CLIENT never opened makes none, and moves no other."""
    order = orders.open()
    stranger = replace(order, reference=str(uuid.uuid4()), provider_reference=str(uuid.uuid4()))
    stranger = replace(stranger, opening=orders.read(stranger.reference))
    nameless = replace(orders.decision(stranger, approved=True), merchant_reference=None)
    for decision, case in (
        (orders.decision(stranger, approved=True), "unknown"),
        (nameless, "without a name"),
    ):
        exchanges = orders.send(decision)
        orders.stays(order, order.opening, exchanges, f"{case}: the checkout opened last")
        orders.stays(stranger, stranger.opening, exchanges, f"{case}: the checkout that there is not")
    for other in cases(decisions.other_references(order.reference, order.provider_reference)):
        reference, token = other.value
        spelled = replace(
            orders.decision(stranger, approved=True), merchant_reference=reference, reference=token
        )
        for decision, whose in (
            (spelled, "its"),
            (replace(spelled, merchant_reference=None), "the provider's"),
        ):
            if not orders.stays(
                order, order.opening, orders.send(decision), f"{whose} name with {other.name}"
            ):
                # The others are tried on a checkout that nobody decided about.
                order = orders.open()
    orders.approve(orders.open())
    orders.stays(order, order.opening, [], "other spellings of its name, later")
    orders.stays(stranger, stranger.opening, [], "the checkout that there is not, later")


@pytest.mark.rules("CHK-11")
def test_what_is_no_approval_grants_nothing(orders: Orders, cases: Cases, judge: Judge) -> None:
    """A well signed decision grants nothing where its outcome is none; SHOULD not where it is for somebody else."""
    approved = orders.approve(orders.open())
    sent = []
    for family, level in ((decisions.no_approvals(), Level.MUST), (decisions.for_others(), Level.SHOULD)):
        for case in cases(family):
            order = orders.open()
            decision = orders.decision(order, approved=True)
            exchange = orders.simulator.send_fields(decision, case.value(decision.fields()), case.name)
            sent.append((order, exchange, case.name, level))
    # A CLIENT that acts in the background has acted on them by the time that it acts on this one.
    orders.approve(orders.open())
    for order, exchange, name, level in sent:
        seen = orders.read(order.reference)
        judge.holds(
            "CHK-11",
            seen != approved,
            expected="another value than after an approval",
            seen=f"order reads {seen!r}, as after an approval; the decision was answered {said(exchange)}",
            exchanges=[exchange],
            case=f"well signed: {name}",
            level=level,
            order=OrderRead(order.reference, as_approved=True),
        )


@pytest.mark.rules("CHK-11")
def test_coming_back_from_the_checkout_approves_nothing(orders: Orders, judge: Judge) -> None:
    """A player who goes to successRedirect of a token by hand, with no decision made, has bought nothing."""
    order = orders.open()
    address = order.minted.token.claim("data.callbackUrls.successRedirect")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        return
    paid = orders.open()
    approved = orders.approve(paid)
    visited = orders.minting.visit(address)
    # A CLIENT that acts in the background has acted on the visit by the time that it acts on this one.
    orders.approve(orders.open())
    seen = orders.read(order.reference)
    judge.holds(
        "CHK-11",
        # That somebody came back may show; that nothing was paid must.
        paid.opening != order.opening or seen != approved,
        expected="another value than after an approval",
        seen=f"order reads {seen!r}, as after an approval",
        exchanges=[] if visited is None else [visited],
        case="successRedirect opened, nothing decided",
        order=OrderRead(order.reference, as_approved=True),
    )
