"""The fixtures scenarios are written with, ours and those of integrators alike."""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

import pytest

from scenarios.cases.choices import learn_all
from scenarios.driver.driver import Driver
from scenarios.generated.families.family import Cases
from scenarios.run.guard import TargetGone
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.runner.fixture_values import FixtureValues, Simulators
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.providers import OPERATOR

if TYPE_CHECKING:
    from scenarios.browsers.checkout_browser import Minting
    from scenarios.browsers.orders import Orders
    from scenarios.browsers.voucher_flow import Conversions
    from scenarios.hosting.checkout import JudgedCheckout
    from scenarios.hosting.jackpot import JudgedJackpot
    from simulators.operator.simulator import OperatorSimulator

RUN: pytest.StashKey[Run] = pytest.StashKey()
JUDGE: pytest.StashKey[Judge] = pytest.StashKey()
SIMULATORS: pytest.StashKey[Simulators] = pytest.StashKey()


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run of the judge that all scenarios share; ``judge.run`` is that of the currency that is judged."""
    return request.config.stash[RUN]


@pytest.fixture
def judge(request: pytest.FixtureRequest, run: Run) -> Judge:  # noqa: ARG001
    """Compares, and writes findings; the scenario's rules are those of its ``rules`` marker."""
    found: Judge | None = request.node.stash.get(JUDGE, None)
    if found is None:
        pytest.fail(
            f"{request.node.name} asks for a judge and proves no rule; a verdict is about rules; "
            'mark it with @pytest.mark.rules("RES-01") or whichever it proves',
            pytrace=False,
        )
    return found


@pytest.fixture
def operator(run: Run) -> Verbs:
    """The OPERATOR's verbs: bet, result, rollback, again."""
    return run.verbs


@pytest.fixture
def target(run: Run) -> Target:
    """The target file, as read."""
    return run.settings.target


@pytest.fixture
def driver(run: Run) -> Driver:
    """Reaches into the CLIENT through the target file's [driver] entries."""
    return run.driver


@pytest.fixture
def effort(run: Run) -> Effort:
    """How hard to try."""
    return run.settings.effort


@pytest.fixture
def cases(run: Run) -> Cases:
    """Which members of a family of cases this run tries: ``for case in cases(family)``."""
    return Cases(run.settings.effort, run.settings.seed)


@pytest.fixture
def rng(run: Run, judge: Judge) -> Random:
    """Chance that a seed repeats, the scenario's own."""
    return run.rng(judge.result.id)


@pytest.fixture
def judged_currency(request: pytest.FixtureRequest) -> str:
    """The currency in which the scenario is judged once more; "" where it is the players' own."""
    return getattr(request, "param", "")


@pytest.fixture
def players(request: pytest.FixtureRequest, run: Run, judged_currency: str) -> list[Player]:  # noqa: ARG001
    """All test players of the target who have the currency that is judged."""
    judge: Judge | None = request.node.stash.get(JUDGE, None)
    return (run if judge is None else judge.run).players


@pytest.fixture
def player(players: list[Player]) -> Player:
    """The first test player. Fund it with ``judge.fund`` before use; it is put back when the run ends."""
    return players[0]


@pytest.fixture
def choices_learned(run: Run, judge: Judge, operator: Verbs, player: Player) -> None:
    """What the CLIENT chooses where the contract leaves a choice is known, or was tried in vain."""
    if run.at_its_word:
        return
    try:
        learn_all(judge, operator, player)
    except TargetGone:
        judge.run.guard.wait_return()
        learn_all(judge, operator, player)


@pytest.fixture
def another_player(players: list[Player]) -> Player:
    """A second test player; the scenario is skipped where the target has one only."""
    if len(players) < 2:
        pytest.skip('needs a second player: add one to ids = ["..", ".."] in [players]')
    return players[1]


@pytest.fixture(scope="session")
def simulators(request: pytest.FixtureRequest) -> Simulators:
    """The providers' simulators, each served from when a scenario asks for it until the run ends."""
    return request.config.stash[SIMULATORS]


@pytest.fixture
def fixture_values(judge: Judge, simulators: Simulators) -> Iterator[FixtureValues]:
    """What scenarios ask for beside wagers, made when it is asked for."""
    values = FixtureValues(judge, simulators)
    yield values
    values.finish()


@pytest.fixture(scope="session")
def simulator(simulators: Simulators) -> "OperatorSimulator":
    """The fake OPERATOR's API, listening where the target file says, for what the CLIENT asks."""
    found: OperatorSimulator = simulators.of(OPERATOR)
    return found


@pytest.fixture
def jackpot(fixture_values: FixtureValues) -> "JudgedJackpot":
    """The fake Jackpot, listening where the target file says, with its webhooks on their way."""
    return fixture_values.jackpot


@pytest.fixture
def conversions(fixture_values: FixtureValues) -> "Conversions":
    """The player's browser and the provider's hands: sessions, reservations, and what becomes of them."""
    return fixture_values.conversions


@pytest.fixture
def checkout(fixture_values: FixtureValues) -> "JudgedCheckout":
    """The fake checkout, listening where the target file says, with its decisions on their way."""
    return fixture_values.checkout


@pytest.fixture
def minting(fixture_values: FixtureValues) -> "Minting":
    """The player's browser at a product; the scenario is skipped where nobody said which products there are."""
    return fixture_values.minting


@pytest.fixture
def orders(fixture_values: FixtureValues) -> "Orders":
    """Where checkouts are opened, decided about and read."""
    return fixture_values.orders
