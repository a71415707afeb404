"""Conversions without a CLIENT: what each answer to them comes to, in the ledger and in words."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest

from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Vouchers
from loadtests.traffic.voucher_script import Conversion, VoucherScript
from loadtests.traffic.voucher_steps import Answered, Ask, Pause, Resend
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.lifecycle import VoucherEvent
from tests.simulators.jackpot.running import AGREEMENT, quiet_simulator


class Client:
    """Answers what a script asks: sessions with ``status``, and of a voucher what ``state`` says of Jackpot's."""

    def __init__(self, rates: Vouchers, *, status: int = 200, confirms: bool = True) -> None:
        self.status, self.confirms, self.now = status, confirms, 0.0
        self.rates, self.state = rates, str

    def convert(self, ledger: Ledger) -> Conversion:
        with quiet_simulator() as (simulator, _):
            self.account = simulator.account
            script = VoucherScript(
                simulator, ledger, self.rates, 0.0, Random(1), set(), clock=lambda: self.now
            )
            made = Conversion(0)
            drive(script.convert(made), self.carry)
        return made

    def carry(self, step: Ask | Resend | Pause) -> Answered:
        if isinstance(step, Pause):
            self.now += step.seconds
            if self.confirms:
                self.account.happen(self.account.vouchers[-1].id, VoucherEvent.CONFIRM)
            return Answered()
        assert isinstance(step, Ask)
        self.now += step.wait
        if step.entry == "voucher":
            return Answered(200, self.state(self.account.vouchers[-1].state.value.lower()))
        if self.status >= 400:
            return Answered(self.status, problem=f"voucher_session was answered {self.status}")
        amount = step.fields["amount"]
        assert isinstance(amount, Decimal)
        claims = session_jwt.Claims(amount=amount, iat=1, notification_key="key-1")
        return Answered(200, session_jwt.mint(claims, AGREEMENT.api_signature))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    made = Ledger(["p-1"], "EUR", 2)
    made.set_opening(0, 10_000)
    yield made
    made.close()


ALL = Vouchers(cancels=0, refunds=0)


@pytest.mark.parametrize(
    ("client", "name", "problem", "spends"),
    [
        (Client(ALL), "conversion", None, {True}),
        (Client(Vouchers(cancels=1)), "conversion canceled", None, {False}),
        (Client(ALL, status=422), "conversion refused", None, {False}),
        (Client(ALL, status=404), "conversion refused", "was answered 404", {False}),
        (Client(ALL, status=500), "conversion", "was answered 500", {True, False}),
        (Client(ALL, confirms=False), "conversion canceled", "confirmed nothing in 10 s", {False}),
    ],
)
def test_what_a_conversion_comes_to(
    ledger: Ledger, client: Client, name: str, problem: str | None, spends: set[bool]
):
    made = client.convert(ledger)
    assert made.name == name
    assert (made.problem is None) if problem is None else (problem in (made.problem or ""))
    assert made.op is not None
    assert {option != 0 for option in made.op.options()} == spends


def test_a_client_that_tells_another_end_leaves_it_open(ledger: Ledger):
    client = Client(ALL)
    client.state = lambda _: "reserved"
    made = client.convert(ledger)
    assert made.problem == "the voucher is READY, and after 10 s the CLIENT says RESERVED"
    assert made.op is not None
    assert len(made.op.options()) == 2
