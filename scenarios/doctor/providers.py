"""The doctor at the other providers' doors: Jackpot's notification URL, the checkout's tokens and decisions.

Nothing that is tried here moves money: Jackpot closes a store that nobody has, the checkout asks for prices.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from scenarios.doctor.steps import DoctorStep, StepOutcome, untried
from scenarios.driver.driver import a_text
from scenarios.hosting.checked import checked
from scenarios.hosting.checkout import agreed_on
from scenarios.jackpot.steps import events
from scenarios.problems.errors import DriverProblem, Problem, TargetProblem
from scenarios.problems.unanswered import body, unanswered
from scenarios.run.run import Run
from scenarios.tokens.checkout_token import claim_faults, signature_fault, taken_apart
from simulators.checkout.api import GRAPHQL
from simulators.checkout.simulator import CREATE
from simulators.exchanges.history import Purpose
from simulators.providers import CHECKOUT, JACKPOT
from simulators.server.access.tokens import TokenStanding

_AUTHENTICATION = "checkout authentication"
_ACKNOWLEDGED = "HTTP 200, by which alone Jackpot knows that an event has arrived"


def jackpot_steps(run: Run) -> Iterator[DoctorStep]:
    """Try ``[jackpot]``: whether its port is free, and whether the CLIENT acknowledges an event."""
    yield _tried("jackpot webhooks", partial(_notification, run))
    if run.driver.has("voucher_session"):
        yield untried("voucher_session", "it may hold a player's money: pitboss check --only VTK tries it")


def _notification(run: Run) -> DoctorStep:
    name = "jackpot webhooks"
    with checked(run, JACKPOT) as simulator:
        exchange = events.send(simulator, events.disabled(events.new_id()), purpose=Purpose.DOCTOR)
    if exchange.ok:
        return DoctorStep(
            StepOutcome.OK, name, "store/disabled, for a store that nobody has, was acknowledged"
        )
    if exchange.answer is not None and exchange.answer.status in (401, 403):
        problem: Problem = TargetProblem(
            f"a genuine event was answered HTTP {exchange.answer.status}: {body(exchange, run.redactor)}",
            f"{_ACKNOWLEDGED}. Events carry no credentials",
            "let Jackpot's events in without a log-in at notification_url, and guard it by its path or addresses",
        )
    else:
        address = run.settings.target.need_jackpot().notification_url
        problem = unanswered(exchange, "notification_url", address, JACKPOT, _ACKNOWLEDGED, run.redactor)
    return DoctorStep(StepOutcome.WRONG, name, problem=problem)


def checkout_steps(run: Run) -> Iterator[DoctorStep]:
    """Try ``[checkout]``: whether its port is free, its keys are keys, and the CLIENT's tokens are signed by them."""
    yield _tried(CHECKOUT, partial(_port_and_keys, run))
    if run.driver.has("checkout_token"):
        for variant in run.settings.target.need_checkout().variants:
            yield _tried(f"checkout token, {variant}", partial(_token, run, variant))
    yield _tried(_AUTHENTICATION, partial(_authentication, run))


def _port_and_keys(run: Run) -> DoctorStep:
    with checked(run, CHECKOUT) as simulator:
        address = simulator.public_url
    required = run.settings.target.need_checkout().require_merchant_reference
    return DoctorStep(
        StepOutcome.OK,
        CHECKOUT,
        f"the fake checkout can listen at {address}, and its keys are keys; tokens without merchantReference are "
        f"{'refused' if required else 'taken'} (require_merchant_reference)",
    )


def _authentication(run: Run) -> DoctorStep:
    """Tell whether checkouts want a Bearer token, and whether the CLIENT shows one where that can be tried."""
    checkout = run.settings.target.need_checkout()
    agreed = (
        "checkouts are created without a Bearer token (no authentication in [checkout])"
        if checkout.authentication is None
        else "checkouts are created under the Bearer token of authenticateClient (authentication in [checkout])"
    )
    if not (run.driver.has("checkout_start") and run.driver.has("checkout_token") and checkout.variants):
        if checkout.authentication is None:
            return DoctorStep(StepOutcome.OK, _AUTHENTICATION, agreed)
        advice = (
            f"{agreed}; to have it tried, add to [driver]: {run.settings.target.missing('checkout_start')}"
        )
        return DoctorStep(StepOutcome.OPEN, _AUTHENTICATION, advice=advice)
    with checked(run, CHECKOUT) as simulator:
        token = taken_apart(str(run.driver.call("checkout_token", variant=checkout.variants[0])).strip())
        answer = run.driver.raw("checkout_start", merchant_reference=str(token.reference))
        asked, shown = simulator.requests(CREATE), simulator.bearers
    if not asked:
        raise DriverProblem(
            f"[driver] checkout_start answered {answer.status}, and the CLIENT asked the checkout's API for nothing",
            f"{CREATE} at {simulator.public_url}{GRAPHQL}",
            "set the CLIENT's checkout API to that address, or correct the entry",
        )
    if checkout.authentication is not None and not shown[TokenStanding.VALID]:
        came = "asked for a checkout without a Bearer token that holds" if shown else "got no Bearer token"
        raise TargetProblem(
            f"the CLIENT {came}",
            "Authorization: Bearer, with what authenticateClient gives for the clientId in authentication",
            "let the CLIENT authenticate with that clientId, or take authentication out of [checkout]",
        )
    used = "with one that holds" if shown[TokenStanding.VALID] else "without one"
    return DoctorStep(StepOutcome.OK, _AUTHENTICATION, f"{agreed}; the CLIENT asked for one {used}")


def _token(run: Run, variant: str) -> DoctorStep:
    agreement = agreed_on(run.settings.target.need_checkout())
    text = run.driver.call("checkout_token", variant=variant)
    token = taken_apart(a_text("checkout_token", text, "the token").strip())
    forged = signature_fault(token, agreement)
    if forged is not None:
        raise TargetProblem(
            f"{forged.path}: {run.redactor.text(forged.seen)}",
            forged.expected,
            "compare key and algorithm in [checkout] with those that the CLIENT signs with",
        )
    faults = claim_faults(token, agreement, time.time())
    wrong = f", but breaks {', '.join(sorted({fault.rule for fault in faults}))}" if faults else ""
    return DoctorStep(StepOutcome.OK, f"checkout token, {variant}", f"it is signed as agreed{wrong}")


def _tried(name: str, attempt: Callable[[], DoctorStep]) -> DoctorStep:
    try:
        return attempt()
    except Problem as problem:
        return DoctorStep(StepOutcome.WRONG, name, problem=problem)
