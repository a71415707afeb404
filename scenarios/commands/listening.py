"""Taking a port for a fake provider, with errors for users."""

from scenarios.errors import UsageProblem
from simulators.serving import App, PortInUse, Server


def listening(app: App, host: str, port: int, provider: str, option: str) -> Server:
    """Return a server of ``app`` that is bound, not started; ``option`` names the port on the command line.

    Raises UsageProblem where the address cannot be taken.
    """
    try:
        return Server(app, host, port)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            f"a free port for the {provider}'s API",
            f"stop the other program, or choose another {option}",
        ) from None
    except OSError as error:
        raise UsageProblem(
            f"the {provider} cannot listen on {host}, port {port}: {error.strerror or error}",
            "an address of this machine, and a port that this user may take",
            f"correct --host or {option}",
        ) from None
