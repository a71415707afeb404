"""One simulator in a process of its own, to be measured: ``python -m loadtests.benchmarks.simulators PROVIDER``.

It prints the port where it listens on 127.0.0.1, and ends when its standard input does. Nothing is called back.
"""

import secrets
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from scenarios.hosting.host import hosted
from simulators.checkout import wire as checkout_wire
from simulators.checkout.simulator import CheckoutSimulator
from simulators.exchanges.history import History
from simulators.jackpot.service import Agreement as JackpotAgreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.wsgi_server import watch_parent
from simulators.simulator import Simulator
from simulators.transport.route import Route

# Agreed for the benchmark only; nothing outside it knows them.
USERNAME: Final = "client"
PASSWORD: Final = "benchmark-password"  # noqa: S105
API_KEY: Final = "benchmark-api-key"
CLIENT_SECRET: Final = "benchmark-client-secret"  # noqa: S105
MERCHANT: Final = "benchmark-merchant"
CHECKOUT_KEY: Final = "benchmark-checkout-key-of-32-bytes-or-more"
SEED: Final = 7


def payload(number: int) -> str:
    """The signed payload of checkout ``number``: another merchantReference for each."""
    claims = checkout_wire.Claims(
        merchant_id=MERCHANT,
        iat=int(time.time()),
        currency="EUR",
        value_before_tax=Decimal(10),
        value_after_tax=Decimal(12),
        tax_value=Decimal(2),
        tax_percentage=Decimal(20),
        variant="mug-blue",
        merchant_reference=f"benchmark-{number}",
    )
    return checkout_wire.mint(claims, CHECKOUT_KEY)


def _operator(route: Route) -> Simulator[Any]:
    queue = Callbacks(Operator("http://127.0.0.1:9/operator", secrets.token_hex(16), route))
    return OperatorSimulator(Agreement(USERNAME, PASSWORD), queue, seed=SEED)


def _jackpot(route: Route) -> Simulator[Any]:
    return JackpotSimulator(JackpotAgreement(API_KEY, secrets.token_hex(16), CLIENT_SECRET), route, seed=SEED)


def _checkout(route: Route) -> Simulator[Any]:
    return CheckoutSimulator(checkout_wire.Agreement(MERCHANT, CHECKOUT_KEY), route)


SIMULATORS: Final[dict[str, Callable[[Route], Simulator[Any]]]] = {
    OPERATOR: _operator,
    JACKPOT: _jackpot,
    CHECKOUT: _checkout,
}


def main() -> None:
    """Serve until the parent has ended."""
    watch_parent(sys.stdin.buffer)
    with hosted(SIMULATORS[sys.argv[1]](Route(History())), ("127.0.0.1", 0)) as one:
        print(one.listener.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
