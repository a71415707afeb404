"""The fake OPERATOR's API for the length of a check, for what the CLIENT asks of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from simulators.operator.api import create_app
from simulators.operator.delivery import Callbacks
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.server.wsgi_server import PortInUse, Server

OperatorTwin = OperatorSimulator


@contextmanager
def operator_twin(run: Run) -> Iterator[OperatorSimulator]:
    """Serve the OPERATOR's API at ``listen`` of the target file; what the CLIENT asks lands in the history.

    Raises UsageProblem where the port is taken or the credentials agreed are not in the target file.
    """
    operator, _ = run.settings.target.need_operator()
    if operator.username is None or operator.password is None:
        raise UsageProblem(
            "[operator] has no username or no password",
            "the credentials that the CLIENT sends to /auth, for launches are judged",
            "add both to the target file, or take launch out of [driver]",
        )
    twin = OperatorSimulator(
        Agreement(
            operator.username, operator.password.get_secret_value(), operator.currencies, operator.languages
        ),
        Callbacks(run.channel),
        seed=run.settings.seed,
        forgiving=True,
    )
    host, port = operator.listen_address
    try:
        server = Server(create_app(twin), host, port)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            "a free port for the fake OPERATOR's API, where the CLIENT sends /auth and /start-session",
            "stop the other program (another check, or pitboss serve?), or change listen in [operator] "
            "and the CLIENT's API URL with it",
        ) from None
    with server:
        yield twin
