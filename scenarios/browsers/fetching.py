"""What a player's browser asks of the CLIENT by an entry of the driver: shown in the history where it is a request."""

from decimal import Decimal
from urllib.parse import urlsplit

from scenarios.driver.driver import Raw
from scenarios.problems.errors import DriverProblem
from scenarios.run.run import Run
from simulators.exchanges.history import Answer, Exchange, Purpose, Request, Status
from simulators.transport.delivery import Delivery, Meaning
from simulators.transport.sending import deliver


def fetch(
    run: Run, provider: str, name: str, **words: str | Decimal | None
) -> tuple[Raw, tuple[Exchange, ...]]:
    """Use the driver entry ``name`` and return the whole answer. Raises DriverProblem where nothing answers."""
    if run.driver.kind(name) != "http":
        return run.driver.raw(name, **words), ()
    raw, exchange = ask(run, provider, run.driver.request(name, **words), f"{name} (browser)")
    return raw, (exchange,)


def ask(run: Run, provider: str, request: Request, label: str) -> tuple[Raw, Exchange]:
    """Send ``request`` as the player's browser. Raises DriverProblem where nothing answers."""
    [exchange] = deliver(
        Delivery(request, by_status, provider, label, Purpose.BROWSER, genuine=False), run.route
    )
    if exchange.answer is None:
        run.guard.check()
        raise DriverProblem(
            f"{request.method} {urlsplit(request.url).path}: {exchange.failure}",
            "an answer from the CLIENT",
            "start the CLIENT, or correct the address in [driver]",
        )
    answer = exchange.answer
    return Raw(answer.status, answer.body, answer.headers), exchange


def by_status(answer: Answer) -> Meaning:
    """An answer that nobody reads further."""
    return Meaning(Status.OK if 200 <= answer.status < 300 else Status.REFUSED)
