"""The doctor at the other providers' doors: Jackpot's notification URL, the checkout's tokens and decisions.

Nothing that is tried here moves money: Jackpot closes a store that nobody has, the checkout asks for prices, and
entries that read are asked about what there is not.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

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
# Entries that only read, each with the word for what it is asked about.
_READ_OF: Final = {
    JACKPOT: {"voucher": "notification_key", "store": "store"},
    CHECKOUT: {"checkout_page": "variant", "order": "merchant_reference"},
}
# What is tried here rather than with the OPERATOR's entries.
TRIED: Final = frozenset(
    {"voucher_session", "checkout_token", "checkout_start", *_READ_OF[JACKPOT], *_READ_OF[CHECKOUT]}
)
_ACKNOWLEDGED = "HTTP 200, by which alone Jackpot knows that an event has arrived"


def jackpot_steps(run: Run) -> Iterator[DoctorStep]:
    """Try ``[jackpot]``: whether its port is free, and whether the CLIENT acknowledges an event."""
    yield _tried("jackpot webhooks", partial(_notification, run))
    yield from _entries_that_read(run, JACKPOT)
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
    yield from _entries_that_read(run, CHECKOUT)
    if run.driver.has("checkout_start") and not _starts(run):
        yield untried(
            "checkout_start", "it is about a token: checkout_token in [driver], and variants in [checkout]"
        )
    yield _tried(_AUTHENTICATION, partial(_authentication, run))


def _starts(run: Run) -> bool:
    """Whether the CLIENT's server can be asked to start a checkout."""
    entries = run.driver.has("checkout_start") and run.driver.has("checkout_token")
    return entries and bool(run.settings.target.need_checkout().variants)


def _entries_that_read(run: Run, provider: str) -> Iterator[DoctorStep]:
    """Ask each entry of ``provider`` that only reads: for the first product's page, else about what there is not."""
    variants = run.settings.target.checkout.variants if run.settings.target.checkout else ()
    for name, word in _READ_OF[provider].items():
        if not run.driver.has(name):
            continue
        if word == "variant" and not variants:
            yield untried(name, "it is about a product: add variants to [checkout]")
        else:
            about = variants[0] if word == "variant" else str(uuid.uuid4())
            yield _tried(f"driver {name}", partial(_read, run, name, word, about))


def _read(run: Run, name: str, word: str, about: str) -> DoctorStep:
    answer = run.driver.raw(name, **{word: about})
    there = word == "variant"
    # A driver in Python raises for what there is not.
    failed = answer.status >= 500 and (there or run.driver.kind(name) == "http")
    if failed or answer.status in (401, 403) or (there and answer.status >= 400):
        raise DriverProblem(
            f"[driver] {name} answered HTTP {answer.status}, asked about {about if there else 'what there is not'}",
            "the page" if there else "what says that there is none: HTTP 404, or an empty answer",
            "correct the address or the headers of the entry, or fix the CLIENT",
        )
    asked = f"the page of {about}" if there else f"asked about a {word} that there is not"
    return DoctorStep(StepOutcome.OK, f"driver {name}", f"{asked}: HTTP {answer.status}")


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
    if not _starts(run):
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
