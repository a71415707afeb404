"""The fake checkout for the length of a check: its API, and the decisions that it sends."""

from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from scenarios.target.loading import Checkout
from simulators.checkout.api import create_app
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.wire import Agreement
from simulators.server.wsgi_server import PortInUse, Server
from simulators.values.jws import BadKey
from simulators.webhooks.retry_queue import Schedule

# The five minutes of the retry window pass in one and a half seconds.
_SCALE = 0.005


class FakeCheckout(CheckoutSimulator):
    """The twin as the judge holds it. ``opened`` are the merchantReferences of checkouts looked at so far."""

    def __init__(self, run: Run) -> None:
        checkout = run.settings.target.need_checkout()
        self.opened: set[str] = set()
        super().__init__(
            agreed_on(checkout),
            run.sender,
            decision_url=checkout.decision_url,
            schedule=Schedule().scaled(_SCALE),
        )


def agreed_on(checkout: Checkout) -> Agreement:
    """What ``[checkout]`` says, as the provider has it. Raises UsageProblem where a key is none."""
    decision_key = checkout.decision_key
    try:
        return Agreement(
            checkout.merchant_id,
            checkout.key.get_secret_value(),
            checkout.algorithm,
            None if decision_key is None else decision_key.get_secret_value(),
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


@contextmanager
def checkout_twin(run: Run) -> Iterator[FakeCheckout]:
    """Serve the checkout's API at ``listen`` of the target file; all that passes lands in the run's history.

    Raises UsageProblem where the port is taken or a key is none.
    """
    checkout = run.settings.target.need_checkout()
    twin = FakeCheckout(run)
    host, port = checkout.listen_address
    try:
        server = Server(create_app(twin), host, port)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            "a free port for the fake checkout's API, where the CLIENT creates its checkouts",
            "stop the other program (another check, or pitboss serve?), or change listen in [checkout] "
            "and the CLIENT's API URL with it",
        ) from None
    with server:
        twin.public_url = server.url
        twin.start()
        try:
            yield twin
        finally:
            twin.stop()
