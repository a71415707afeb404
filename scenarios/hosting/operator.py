"""The OPERATOR's simulator as the target file has it: for a check, and to be played with."""

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from scenarios.target.loading import Target
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.simulator import TOKEN_SECONDS, Agreement, OperatorSimulator
from simulators.transport.route import Route


def for_check(run: Run) -> OperatorSimulator:
    """Return the simulator as the judge holds it: what the CLIENT asks lands in the history. Raises UsageProblem."""
    return OperatorSimulator(
        agreed_on(run.settings.target), Callbacks(run.channel), seed=run.settings.seed, forgiving=True
    )


def build(
    target: Target,
    route: Route,
    *,
    seed: int = 0,
    token_seconds: int = TOKEN_SECONDS,
) -> OperatorSimulator:
    """Return the simulator of what the target file says, not started; raises UsageProblem."""
    operator, _ = target.need_operator()
    endpoint = Operator(
        operator.callback_url, operator.security_hash.get_secret_value(), route, operator.words
    )
    return OperatorSimulator(agreed_on(target), Callbacks(endpoint), seed=seed, token_seconds=token_seconds)


def agreed_on(target: Target) -> Agreement:
    """What ``[operator]`` says, as the provider has it. Raises UsageProblem."""
    operator, _ = target.need_operator()
    if operator.username is None or operator.password is None:
        raise UsageProblem(
            "[operator] has no username or no password",
            "the credentials that the CLIENT sends to /auth",
            "add both to the target file, or take launch out of [driver]",
        )
    return Agreement(
        operator.username,
        operator.password.get_secret_value(),
        operator.currencies,
        operator.languages,
        operator.api_version,
        operator.website,
        operator.server_ip,
    )
