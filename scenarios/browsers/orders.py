"""Checkouts of the CLIENT that the judge opens, decides about, and reads: what the scenarios of decisions share."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from scenarios.browsers.checkout_browser import Minted, Minting
from scenarios.browsers.waiting import wait_until
from scenarios.hosting.checkout import JudgedCheckout
from scenarios.problems.errors import DriverProblem
from scenarios.run.findings import OrderRead
from scenarios.run.judge import Judge, said
from scenarios.run.run import Run
from simulators.checkout.wire import Decision
from simulators.checkout.world import Checkout
from simulators.exchanges.history import Exchange

_UNTOUCHED = "what it was before: the decision has no effect"


@dataclass(frozen=True)
class Order:
    """A checkout of the CLIENT's: the token that opened it, and what the provider calls it."""

    minted: Minted
    reference: str
    provider_reference: str
    opening: Any


@dataclass
class Orders:
    """Opens checkouts, decides about them, and reads what they have come to."""

    run: Run
    minting: Minting
    simulator: JudgedCheckout
    judge: Judge

    def open(self) -> Order:
        """A fresh checkout that nobody has decided about; undecided where the CLIENT does not know it."""
        for variant in self.minting.variants:
            minted = self.minting.mint(variant)
            reference = minted.token.reference
            named = isinstance(reference, str) and reference
            self.judge.needs(
                named, "the token has no merchantReference, so that no decision can name its checkout"
            )
            # A CLIENT that keeps tokens may still have one of another variant.
            if self.simulator.opens(reference):
                break
        else:
            self.judge.needs(
                False, "no token has a merchantReference of its own, so that checkouts are mixed up"
            )
        token = self._create(minted, reference)
        opening = self.read(reference)
        self.judge.needs(
            opening is not None, "driver order reads nothing for a checkout that was just opened"
        )
        return Order(minted, reference, token, opening)

    def _create(self, minted: Minted, reference: str) -> str:
        """Have the checkout made, and return what the provider calls it.

        Where the driver has ``checkout_start`` the CLIENT's server makes it, for it may know a checkout by no other
        name than the one that the provider gave it then; otherwise a browser does.
        """
        if self.run.driver.has("checkout_start"):
            self.run.driver.raw("checkout_start", merchant_reference=reference)
            for checkout in reversed(self.simulator.checkouts):
                if checkout.claims.merchant_reference == reference:
                    return checkout.token
        made = self.simulator.create(minted.token.text)
        return made.token if isinstance(made, Checkout) else str(uuid.uuid4())

    def read(self, reference: str) -> Any:
        """What ``order`` reads, None where the CLIENT says that there is nothing."""
        try:
            return self.run.driver.call("order", merchant_reference=reference)
        except DriverProblem:
            self.run.guard.check()
            return None

    def decision(self, order: Order, *, approved: bool) -> Decision:
        """What the provider would say of ``order``."""
        decision = self.simulator.decision(order.provider_reference, approved)
        return replace(decision, merchant_reference=order.reference)

    def send(self, decision: Decision) -> list[Exchange]:
        """Send a well signed decision; one about a checkout of the CLIENT's is sent once more when the run ends."""
        exchanges = self.simulator.endpoint.deliver(
            self.simulator.endpoint.delivery(self.simulator.sign(decision))
        )
        if decision.merchant_reference in self.simulator.opened:
            self.simulator.decided.setdefault(decision.merchant_reference, []).append(exchanges[0])
        return exchanges

    def approve(self, order: Order) -> Any:
        """Approve for real and return what ``order`` reads then; undecided where it never moves."""
        answered = said(self.send(self.decision(order, approved=True))[-1])
        moved = self.wait(lambda: self.read(order.reference) != order.opening)
        # The CLIENT may know its checkouts by the provider's names alone, and never have heard of this one.
        advice = (
            ""
            if self.run.driver.has("checkout_start")
            else "; where the CLIENT's server makes its checkouts, add to [driver]: "
            + self.run.settings.target.missing("checkout_start")
        )
        self.judge.needs(
            moved,
            f"a genuine approval does not show in what driver order reads; it was answered {answered}{advice}",
        )
        return self.read(order.reference)

    def wait(self, happened: Callable[[], bool]) -> bool:
        """Wait until it ``happened``, as long as the effort allows; say whether it did."""
        return wait_until(happened, self.run.settings.effort.patience)

    def stays(self, order: Order, expected: Any, exchanges: list[Exchange], case: str) -> bool:
        """Judge that ``order`` still reads ``expected``."""
        return self.reads(order.reference, expected, exchanges, case)

    def reads(self, reference: str, expected: Any, exchanges: list[Exchange], case: str) -> bool:
        """Judge that the checkout of that merchantReference still reads ``expected``."""
        seen = self.read(reference)
        answered = f"; the decision was answered {said(exchanges[-1])}" if exchanges else ""
        return self.judge.holds(
            "CHK-11",
            seen == expected,
            expected=f"{expected!r}, {_UNTOUCHED}",
            seen=f"order reads {seen!r}{answered}",
            exchanges=exchanges,
            case=case,
            order=OrderRead(reference),
        )
