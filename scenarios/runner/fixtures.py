"""The fixtures scenarios are written with, ours and those of integrators alike."""

import pytest

from scenarios.cases.choices import learn_all
from scenarios.run.guard import TargetGone
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.runner import fixture_values as values
from scenarios.runner.fixture_values import Simulators
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player

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


operator = pytest.fixture(values.operator)
target = pytest.fixture(values.target)
driver = pytest.fixture(values.driver)
effort = pytest.fixture(values.effort)
cases = pytest.fixture(values.cases)
rng = pytest.fixture(values.rng)


@pytest.fixture
def judged_currency(request: pytest.FixtureRequest) -> str:
    """The currency in which the scenario is judged once more; "" where it is the players' own."""
    return getattr(request, "param", "")


@pytest.fixture
def players(request: pytest.FixtureRequest, run: Run, judged_currency: str) -> list[Player]:  # noqa: ARG001
    """All test players of the target who have the currency that is judged."""
    judge: Judge | None = request.node.stash.get(JUDGE, None)
    return (run if judge is None else judge.run).players


player = pytest.fixture(values.player)


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


another_player = pytest.fixture(values.another_player)


@pytest.fixture(scope="session")
def simulators(request: pytest.FixtureRequest) -> Simulators:
    """The providers' simulators, each served from when a scenario asks for it until the run ends."""
    return request.config.stash[SIMULATORS]


simulator = pytest.fixture(values.simulator)
jackpot = pytest.fixture(values.jackpot)
conversions = pytest.fixture(values.conversions)
checkout = pytest.fixture(values.checkout)
minting = pytest.fixture(values.minting)
orders = pytest.fixture(values.orders)
