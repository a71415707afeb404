"""The providers of the target file side by side, until Ctrl-C (``pitboss serve``), or for a test."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import click

from scenarios.hosting import checkout, jackpot, operator
from scenarios.hosting.host import Hosted, hosted
from scenarios.hosting.state_file import StateFile
from scenarios.target.loading import Target
from simulators.checkout.api import GRAPHQL
from simulators.checkout.pages.widget import SCRIPT as PRODUCT_WIDGET
from simulators.checkout.simulator import CREATE
from simulators.exchanges.history import History
from simulators.jackpot.pages.backoffice import routes as backoffice
from simulators.jackpot.pages.widget import SCRIPT as VOUCHER_WIDGET
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.access.gate import Gate
from simulators.server.api_docs import PAGE
from simulators.simulator import Simulator
from simulators.transport.route import Route


@dataclass(frozen=True, slots=True)
class Address:
    """Where a provider is to be served; ``public_url`` is where browsers reach it (None: there)."""

    host: str
    port: int
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """What ``pitboss serve`` was asked for besides: the seed, how long tokens hold, a file for the state, and the gate
    before pages that act.
    """

    seed: int = 0
    token_seconds: int = 3600
    state: StateFile | None = None
    gate: Gate | None = None


@contextmanager
def serving(
    target: Target, log: History, provider: str, place: Address, play: Play, other_port: str
) -> Iterator[Hosted[Any]]:
    """Serve the simulator of ``provider``; ``other_port`` says how another port is chosen. Raises UsageProblem."""
    section = getattr(target, provider)
    with closing(target.route(log)) as route:
        if timeout := getattr(section, "timeout", None):
            route.timeout = timeout
        simulator = _BUILT[provider](target, route, play)
        simulator.gate = play.gate
        if play.state is not None:
            play.state.keep(simulator)
        address, around = (place.host, place.port), play.state.saving if play.state else None
        with hosted(simulator, address, other_port, public_url=place.public_url, around=around) as one:
            yield one


@contextmanager
def served(target: Target, log: History, provider: str, place: Address, play: Play) -> Iterator[Hosted[Any]]:
    """Serve the simulator of ``provider`` and say where; raises UsageProblem."""
    other_port = f"choose another --{provider}-port (or --host)"
    with serving(target, log, provider, place, play, other_port) as one:
        for line in _LINES[provider](one):
            click.echo(line)
        yield one
    for given_up in one.simulator.queue.given_up:
        click.echo(f"given up: {one.simulator.endpoint.label(given_up.event)} {_ids(given_up.event)}")


def _ids(event: Any) -> str:
    return str(getattr(event, "id", None) or event.decision.reference)


def _operator_lines(one: Hosted[Any]) -> Iterator[str]:
    version = one.simulator.agreement.version
    under = f"/{version}" if version else ""
    yield f"OPERATOR        {one.listener.url}  (POST {under}/auth, POST {under}/start-session)"
    yield f"calls back      {one.simulator.endpoint.url}"
    yield f"CLIENT_USERNAME {one.simulator.agreement.username}"


def _jackpot_lines(one: Hosted[Any]) -> Iterator[str]:
    yield f"JACKPOT         {one.listener.url}  (API under /v2, {one.public_url}{PAGE})"
    yield f"notifies        {one.simulator.endpoint.url or 'nobody: no notification URL is set'}"
    yield f"signed URLs     {one.simulator.account.files_url or one.public_url}"
    yield f"widget          {one.public_url}{VOUCHER_WIDGET}"
    yield f"back-office     {one.public_url}{backoffice.PREFIX}"


def _checkout_lines(one: Hosted[Any]) -> Iterator[str]:
    yield f"CHECKOUT        {one.listener.url}  (POST {GRAPHQL})"
    yield f"decides to      {one.simulator.endpoint.url or 'nobody: no decision_url is set'}"
    yield f"authentication  {_authentication(one)}"
    yield f"product widget  {one.public_url}{PRODUCT_WIDGET}"


def _authentication(one: Hosted[Any]) -> str:
    if one.simulator.agreement.client_id is None:
        return "none: checkouts are created without a Bearer token"
    return f"{CREATE} wants the Bearer token of authenticateClient"


_LINES: Final[dict[str, Callable[[Hosted[Any]], Iterator[str]]]] = {
    OPERATOR: _operator_lines,
    JACKPOT: _jackpot_lines,
    CHECKOUT: _checkout_lines,
}
# The simulator of each provider, not started; raises UsageProblem where the target file will not do.
_BUILT: Final[dict[str, Callable[[Target, Route, Play], Simulator[Any]]]] = {
    OPERATOR: lambda target, route, play: operator.build(
        target, route, seed=play.seed, token_seconds=play.token_seconds
    ),
    JACKPOT: lambda target, route, play: jackpot.build(target.need_jackpot(), route, seed=play.seed),
    CHECKOUT: lambda target, route, _play: checkout.build(target.need_checkout(), route),
}
