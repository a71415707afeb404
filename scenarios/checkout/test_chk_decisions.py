"""Decisions: what the provider tells the CLIENT's server of a checkout, and what nobody else may tell it.

Story: tokens of the CLIENT open checkouts; the fake checkout approves some, and others get decisions that the
provider never made. What a checkout has come to is read through driver ``order``. Invariant: a checkout moves by the
first genuine decision about it, once, and by nothing else. Limits: what ``order`` does not show is not seen, and a
CLIENT that knows a checkout by the provider's token only, never by its own merchantReference, cannot be judged.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from scenarios.browsers.checkout_browser import Minted, Minting
from scenarios.contract import Level
from scenarios.generated.families import decisions
from scenarios.generated.families.family import Cases
from scenarios.hosting.checkout import JudgedCheckout
from scenarios.problems.errors import DriverProblem
from scenarios.run.effort import Effort
from scenarios.run.judge import Judge, said
from scenarios.run.run import Run
from simulators.checkout.wire import Decision
from simulators.checkout.world import Checkout
from simulators.exchanges.history import Exchange
from simulators.transport.sending import deliver

_POLL_SECONDS = 0.02
# Of the transactions that make a crowd, so many are worth one decision: each takes a token and a reading.
_APART = 10
_UNTOUCHED = "what it was before: the decision has no effect"


@dataclass(frozen=True)
class _Order:
    """A checkout of the CLIENT's: the token that opened it, and what the provider calls it."""

    minted: Minted
    reference: str
    provider_reference: str
    opening: Any


@dataclass
class _Orders:
    """Opens checkouts, decides about them, and reads what they have come to."""

    run: Run
    minting: Minting
    simulator: JudgedCheckout
    judge: Judge

    def open(self) -> _Order:
        """A fresh checkout that nobody has decided about; undecided where the CLIENT does not know it."""
        for variant in self.minting.variants:
            minted = self.minting.mint(variant)
            reference = minted.token.reference
            named = isinstance(reference, str) and reference
            self.judge.needs(
                named, "the token has no merchantReference, so that no decision can name its checkout"
            )
            # A CLIENT that keeps tokens may still have one of another variant.
            if reference not in self.simulator.opened:
                break
        else:
            self.judge.needs(
                False, "no token has a merchantReference of its own, so that checkouts are mixed up"
            )
        self.simulator.opened.add(reference)
        made = self.simulator.create(minted.token.text)
        token = made.token if isinstance(made, Checkout) else str(uuid.uuid4())
        opening = self.read(reference)
        self.judge.needs(
            opening is not None, "driver order reads nothing for a checkout that was just opened"
        )
        return _Order(minted, reference, token, opening)

    def read(self, reference: str) -> Any:
        """What ``order`` reads, None where the CLIENT says that there is nothing."""
        try:
            return self.run.driver.call("order", merchant_reference=reference)
        except DriverProblem:
            self.run.guard.check()
            return None

    def decision(self, order: _Order, *, approved: bool) -> Decision:
        """What the provider would say of ``order``."""
        decision = self.simulator.decision(order.provider_reference, approved)
        return replace(decision, merchant_reference=order.reference)

    def send(self, decision: Decision) -> list[Exchange]:
        """Send a well signed decision once; the first about a checkout of the CLIENT's is sent again at the end."""
        exchanges = self.simulator.endpoint.deliver(
            self.simulator.endpoint.delivery(self.simulator.sign(decision))
        )
        if decision.merchant_reference in self.simulator.opened:
            self.simulator.decided.setdefault(decision.merchant_reference, exchanges[0])
        return exchanges

    def approve(self, order: _Order) -> Any:
        """Approve for real and return what ``order`` reads then; undecided where it never moves."""
        self.send(self.decision(order, approved=True))
        moved = self.wait(lambda: self.read(order.reference) != order.opening)
        self.judge.needs(moved, "a genuine approval does not show in what driver order reads")
        return self.read(order.reference)

    def wait(self, happened: Callable[[], bool]) -> bool:
        """Wait until it ``happened``, as long as the effort allows; say whether it did."""
        until = time.monotonic() + self.run.settings.effort.patience
        while not (done := happened()) and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        return done

    def stays(self, order: _Order, expected: Any, exchanges: list[Exchange], case: str) -> bool:
        """Judge that ``order`` still reads ``expected``."""
        return self.reads(order.reference, expected, exchanges, case)

    def reads(self, reference: str, expected: Any, exchanges: list[Exchange], case: str) -> bool:
        """Judge that the checkout of that merchantReference still reads ``expected``."""
        seen = self.read(reference)
        return self.judge.holds(
            "CHK-11",
            seen == expected,
            expected=f"order reads {expected!r}, {_UNTOUCHED}",
            seen=f"{seen!r}; it was answered {said(exchanges[-1])}" if exchanges else repr(seen),
            exchanges=exchanges,
            case=case,
        )


@pytest.fixture
def orders(run: Run, minting: Minting, checkout: JudgedCheckout, judge: Judge) -> _Orders:
    """Where checkouts are opened and decided."""
    return _Orders(run, minting, checkout, judge)


@pytest.mark.rules("CHK-11")
def test_forged_decisions_have_no_effect(orders: _Orders, cases: Cases) -> None:
    """A decision without a signature of the provider's moves nothing, now or once a genuine one was followed."""
    forged: list[tuple[_Order, list[Exchange], str]] = []
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


@pytest.mark.rules("CHK-11")
def test_decisions_on_unknown_checkouts_have_no_effect(orders: _Orders, cases: Cases) -> None:
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
    for other in cases(decisions.other_references(order.reference)):
        spelled = replace(orders.decision(stranger, approved=True), merchant_reference=other.value)
        if not orders.stays(order, order.opening, orders.send(spelled), f"its name with {other.name}"):
            # The others are tried on a checkout that nobody decided about.
            order = orders.open()
    orders.approve(orders.open())
    orders.stays(order, order.opening, [], "other spellings of its name, later")
    orders.stays(stranger, stranger.opening, [], "the checkout that there is not, later")


@pytest.mark.rules("CHK-11")
def test_what_is_no_approval_grants_nothing(orders: _Orders, cases: Cases, judge: Judge) -> None:
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
            expected=f"order does not read {approved!r}, as after an approval",
            seen=f"{seen!r}; it was answered {said(exchange)}",
            exchanges=[exchange],
            case=f"well signed: {name}",
            level=level,
        )


@pytest.mark.rules("CHK-11")
def test_coming_back_from_the_checkout_approves_nothing(orders: _Orders, judge: Judge) -> None:
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
        expected=f"order does not read {approved!r}, as after an approval",
        seen=repr(seen),
        exchanges=[] if visited is None else [visited],
        case="successRedirect opened, nothing decided",
    )


@pytest.mark.rules("CHK-11")
def test_repeated_decisions_have_one_effect(orders: _Orders, judge: Judge) -> None:
    """A decision sent again, in the same bytes, under a new ``iat`` or many times at once, has no second effect."""
    order = orders.open()
    once = orders.approve(order)
    if not isinstance(once, int | Decimal) or isinstance(once, bool):
        judge.note(
            "CHK-11", "order reads a state, not how often the product was granted: a second effect may hide"
        )
    decision = orders.decision(order, approved=True)
    for case, again in (
        ("the same decision", decision),
        ("the same decision once more", decision),
        ("under a new iat", replace(decision, iat=decision.iat + 1)),
        ("after a refusal", decision),
    ):
        if case == "after a refusal":
            orders.send(orders.decision(order, approved=False))
        orders.stays(order, once, orders.send(again), f"repeated: {case}")
    raced = orders.open()
    exchanges = _at_once(orders, orders.decision(raced, approved=True))
    orders.wait(lambda: orders.read(raced.reference) != raced.opening)
    if isinstance(once, str | int | Decimal):
        orders.stays(raced, once, exchanges, f"{len(exchanges)} copies at once")
    refused = orders.open()
    exchanges = orders.send(orders.decision(refused, approved=False))
    # Whatever is still in the background is done when a later decision is.
    orders.approve(orders.open())
    orders.stays(order, once, [], "repeated: later")
    judge.holds(
        "CHK-11",
        once == order.opening or orders.read(refused.reference) != once,
        expected=f"a declined checkout does not read {once!r}, as an approved one does",
        seen=f"{once!r}",
        exchanges=exchanges,
        case="declined",
    )


@pytest.mark.last
@pytest.mark.rules("CHK-11")
def test_decisions_of_the_whole_run_have_one_effect(orders: _Orders, effort: Effort) -> None:
    """At the end of a run every genuine decision is sent once more, after many others and a pause."""
    first = orders.open()
    exchanges = orders.send(orders.decision(first, approved=True))
    orders.wait(lambda: orders.read(first.reference) != first.opening)
    for _ in range(effort.crowd // _APART):
        orders.send(orders.decision(orders.open(), approved=True))
    orders.approve(orders.open())
    time.sleep(effort.pause)
    expected = {reference: orders.read(reference) for reference in orders.simulator.decided}
    for reference, exchange in orders.simulator.decided.items():
        exchanges = [orders.simulator.endpoint.again(exchange)]
        orders.reads(reference, expected[reference], exchanges, "repeated at the end of the run")
    orders.approve(orders.open())
    for reference, before in expected.items():
        orders.reads(reference, before, exchanges, "repeated at the end of the run, later")


def _at_once(orders: _Orders, decision: Decision) -> list[Exchange]:
    route, channel = orders.run.route, orders.simulator.endpoint
    width = route.limits.width(orders.run.settings.effort.width)
    approval = channel.delivery_of(
        channel.request(orders.simulator.sign(decision)), label="approval (at once)"
    )
    return deliver([approval] * width, route, together=True)
