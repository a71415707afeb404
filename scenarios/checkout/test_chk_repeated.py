"""Decisions that say again what was said: the same bytes or new ones, at once or later, after contrary ones or others.

Story: checkouts of the CLIENT are decided, each by decisions of a family, which all checkouts get side by side; what
each has come to is read after every one, through driver ``order``. At the end of the run every genuine decision is sent
once more. Invariant: what was said before has no second effect. Limits: what a contrary decision does, and one that its
own times forbid, no document says: that is the CLIENT's choice, and what it chose must hold.
"""

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from scenarios.browsers.orders import Order, Orders
from scenarios.generated.families import decisions
from scenarios.generated.families.decisions import Repeated
from scenarios.generated.families.family import Cases
from scenarios.run.findings import OrderRead
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from simulators.checkout.wire import Decision
from simulators.exchanges.history import Exchange
from simulators.transport.sending import deliver

pytestmark = pytest.mark.players(0)

# Of the transactions that make a crowd, so many are worth one decision: each takes a token and a reading.
_APART = 10


@dataclass
class _Repeated:
    """A checkout that is ``repeated`` several decisions. ``reads`` is what it read last, ``sent`` what was sent.

    ``moved`` are the outcomes (approved or not) of decisions that changed what it reads.
    """

    case: str
    repeated: tuple[Repeated, ...]
    order: Order
    reads: Any
    sent: list[Exchange] = field(default_factory=list)
    moved: set[bool] = field(default_factory=set)

    def send(self, orders: Orders) -> None:
        """Send the next decision."""
        repeated, simulator = self.repeated[len(self.sent)], orders.simulator
        decision = orders.decision(self.order, approved=repeated.approved)
        # Each has its own time, and none one that is still to come.
        decision = replace(decision, iat=decision.iat - len(self.repeated) + len(self.sent))
        if repeated.copy_of is not None:
            self.sent.append(simulator.endpoint.again(self.sent[repeated.copy_of]))
        elif repeated.times:
            times = {name: decision.iat + seconds for name, seconds in repeated.times.items()}
            self.sent.append(simulator.send_fields(decision, decision.fields() | times, self.case))
        else:
            self.sent += orders.send(decision)[:1]

    def look(self, orders: Orders) -> None:
        """Judge that what was said before changed nothing, or see what became of what was not."""
        place = len(self.sent) - 1
        repeated = self.repeated[place]
        if repeated.copy_of is not None or repeated.approved in self.moved:
            orders.stays(self.order, self.reads, self.sent, f"{self.case}: decision {place + 1}")
            return
        seen = orders.read(self.order.reference)
        if seen != self.reads:
            self.moved.add(repeated.approved)
        self.reads = seen


@pytest.mark.rules("CHK-11")
def test_repeated_decisions_have_one_effect(orders: Orders, cases: Cases, judge: Judge) -> None:
    """A decision sent again, in the same bytes or others, also after a contrary one, has no second effect."""
    opening = orders.open()
    once = orders.approve(opening)
    if not isinstance(once, int | Decimal) or isinstance(once, bool):
        judge.note(
            "CHK-11", "order reads a state, not how often the product was granted: a second effect may hide"
        )
    tried = []
    for case in cases(decisions.repeated()):
        order = orders.open()
        tried.append(_Repeated(case.name, case.value, order, order.opening))
    while going := [one for one in tried if len(one.sent) < len(one.repeated)]:
        for one in going:
            one.send(orders)
        # Whatever is still in the background is done when a later decision is.
        orders.approve(orders.open())
        for one in going:
            one.look(orders)
            if len(one.sent) == 1 and not one.repeated[0].approved and once != opening.opening:
                judge.holds(
                    "CHK-11",
                    one.reads != once,
                    expected="another value than after an approval",
                    seen=f"order reads {once!r}, as after an approval",
                    exchanges=one.sent,
                    case="declined",
                    order=OrderRead(one.order.reference, as_approved=True),
                )
    orders.stays(opening, once, [], "approved, and others after it")


@pytest.mark.rules("CHK-11")
def test_decisions_repeated_at_once_have_one_effect(orders: Orders) -> None:
    """A decision sent many times at once has the effect of one."""
    once = orders.approve(orders.open())
    raced = orders.open()
    exchanges = _at_once(orders, orders.decision(raced, approved=True))
    orders.wait(lambda: orders.read(raced.reference) != raced.opening)
    # Whatever is still in the background is done when a later decision is.
    orders.approve(orders.open())
    if isinstance(once, str | int | Decimal):
        orders.stays(raced, once, exchanges, f"{len(exchanges)} copies at once")


def _at_once(orders: Orders, decision: Decision) -> list[Exchange]:
    route, channel = orders.run.route, orders.simulator.endpoint
    width = route.width(orders.run.settings.effort.width)
    approval = channel.delivery_of(
        channel.request(orders.simulator.sign(decision)), label="approval (at once)"
    )
    return deliver([approval] * width, route, together=True)


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("CHK-11")
def test_decisions_of_the_whole_run_have_one_effect(orders: Orders, effort: Effort, judge: Judge) -> None:
    """At the end of a run every genuine decision is sent once more, after many others and a pause."""
    first = orders.open()
    orders.send(orders.decision(first, approved=True))
    orders.wait(lambda: orders.read(first.reference) != first.opening)
    judge.together(
        [lambda: orders.send(orders.decision(orders.open(), approved=True))] * (effort.crowd // _APART)
    )
    orders.approve(orders.open())
    time.sleep(effort.pause)
    decided = {reference: [*sent] for reference, sent in orders.simulator.decided.items()}
    expected = judge.together([partial(orders.read, reference) for reference in decided])

    def repeat(reference: str, before: Any) -> list[Exchange]:
        again = [orders.simulator.endpoint.again(exchange) for exchange in decided[reference]]
        orders.reads(reference, before, again, "repeated at the end of the run")
        return again

    known = [*zip(decided, expected, strict=True)]
    sent = judge.together([partial(repeat, *each) for each in known])
    orders.approve(orders.open())
    judge.together(
        [
            partial(orders.reads, *each, again, "repeated at the end of the run, later")
            for each, again in zip(known, sent, strict=True)
        ]
    )
