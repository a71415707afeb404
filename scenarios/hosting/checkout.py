"""The checkout's simulator as the target file has it: as the judge holds it, and to be played with."""

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from scenarios.target.loading import Checkout
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.wire import Agreement
from simulators.exchanges.history import Exchange
from simulators.transport.route import Route
from simulators.values.jws import BadKey
from simulators.webhooks.retry_queue import Schedule

# The five minutes of the retry window pass in one and a half seconds.
_SCALE = 0.005


class JudgedCheckout(CheckoutSimulator):
    """The simulator as the judge holds it.

    ``opened`` are the merchantReferences of checkouts looked at so far, ``decided`` those of them that were decided,
    each with its decisions, every one once.
    """

    def __init__(self, run: Run) -> None:
        checkout = run.settings.target.need_checkout()
        self.opened: set[str] = set()
        self.decided: dict[str, list[Exchange]] = {}
        super().__init__(
            agreed_on(checkout),
            run.route,
            decision_url=checkout.decision_url,
            schedule=Schedule().scaled(_SCALE),
        )

    def opens(self, reference: str) -> bool:
        """Have the checkout of that merchantReference be looked at; False where it was before."""
        with self.lock:
            new = reference not in self.opened
            self.opened.add(reference)
            return new


def agreed_on(checkout: Checkout) -> Agreement:
    """What ``[checkout]`` says, as the provider has it. Raises UsageProblem where a key is none."""
    decision_key = checkout.decision_key
    try:
        return Agreement(
            checkout.merchant_id,
            checkout.key.get_secret_value(),
            checkout.algorithm,
            None if decision_key is None else decision_key.get_secret_value(),
            checkout.require_merchant_reference,
            None if checkout.authentication is None else checkout.authentication.get_secret_value(),
        )
    except BadKey as problem:
        raise UsageProblem(
            f"[checkout] {problem}",
            f"keys for {checkout.algorithm}: a shared secret for HS256, PEM otherwise, of which key verifies the "
            "CLIENT's tokens and decision_key signs the provider's decisions",
            "correct key, decision_key or algorithm in [checkout]",
        ) from None


def undecidable(checkout: Checkout) -> str | None:
    """Why no decisions can be sent, with the line to add; None where they can."""
    wanted = "decision_url" if checkout.decision_url is None else "decision_key"
    if wanted == "decision_key" and (checkout.algorithm == "HS256" or checkout.decision_key is not None):
        return None
    example = (Checkout.model_fields[wanted].examples or [""])[0]
    return f"needs {wanted}: add {wanted} = {example} in [checkout]"


def build(checkout: Checkout, route: Route) -> CheckoutSimulator:
    """Return the simulator of what ``[checkout]`` of the target file says, not started; raises UsageProblem."""
    agreement = agreed_on(checkout)
    if checkout.decision_url and agreement.decision_key is None and agreement.algorithm != "HS256":
        raise UsageProblem(
            f"[checkout] has a decision_url and {agreement.algorithm}, but no decision_key",
            "the private key that the checkout signs its decisions with",
            f"add: decision_key = {(Checkout.model_fields['decision_key'].examples or [''])[0]}",
        )
    return CheckoutSimulator(agreement, route, decision_url=checkout.decision_url)
