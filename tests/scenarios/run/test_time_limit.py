"""How long a run may take, and what becomes of what was not reached."""

import pytest

from scenarios.contract import RULES
from scenarios.generated.playback import Stage
from scenarios.generated.search import Plan, search
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.guard import OutOfBounds
from scenarios.run.planning.effort import NORMAL, QUICK
from scenarios.run.planning.estimate import PARTS, about, bound, spoken
from scenarios.run.story import Verb
from scenarios.toml_files.values import duration
from simulators.providers import OPERATOR, PROVIDERS
from tests.documents.scenarios_by_rule import scenarios_by_rule
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), (90, 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), (" 2 m ", 120)]
)
def test_durations_as_people_write_them(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-5", "5 days", "m", "1e3", "nan"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="duration above 0"):
        duration(text)


def test_a_far_client_takes_longer_and_is_given_longer():
    assert about(QUICK, 0.05) < about(QUICK, 0.2) < about(NORMAL, 0.2)
    assert about(QUICK, 0.05, players=8) < about(QUICK, 0.05, players=2) == about(QUICK, 0.05)
    assert bound(QUICK, None) == QUICK.seconds
    assert bound(QUICK, 0.3) > about(QUICK, 0.3) > QUICK.seconds
    assert [spoken(seconds) for seconds in (0.2, 45, 200, 9000)] == ["1 s", "45 s", "3 min", "2.5 h"]


def test_the_estimate_knows_how_many_scenarios_each_provider_has():
    providers = list(PROVIDERS)
    of: dict[tuple[str, str], int] = {}
    for rule, found in scenarios_by_rule().items():
        # Those of other dialects are not the sportsbook's.
        for one in [] if RULES[rule].beside_documents else found:
            if one.ability:
                continue
            place = providers.index(RULES[rule].provider)
            of[one.path, one.name] = min(place, of.get((one.path, one.name), place))
    assert {name: [*of.values()].count(place) for place, name in enumerate(providers)} == {
        name: part.scenarios for name, part in PARTS.items()
    }


def test_judging_more_takes_longer():
    everything = {name: part.scenarios for name, part in PARTS.items()}
    assert about(QUICK, 0.05, {}) == 0 < about(QUICK, 0.05, {OPERATOR: 1}) < about(QUICK, 0.05)
    assert about(QUICK, 0.05) < about(QUICK, 0.05, everything)


def test_what_was_not_reached_is_undecided_and_not_run():
    wallet = Wallet()
    result = judged(wallet, "BET-01", "RES-01", time_limit=0.001)
    assert {verdict.standing for verdict in result.verdicts} == {Standing.UNDECIDED}
    assert all("--time-limit" in verdict.reason for verdict in result.verdicts)
    assert any(verdict.reason.startswith("not run: ") for verdict in result.verdicts)
    assert result.code is Exit.UNDECIDED
    assert set(wallet.balances.values()) == {50}


class EndsAfter(Stage):
    """A stage on which time is over with the third step."""

    steps = 0

    def open(self):
        """Nothing is there to be opened."""

    def play(self, step):
        type(self).steps += 1
        if self.steps > 2:
            raise OutOfBounds("time is over")

    def finish(self):
        """Nothing is left to be judged."""


def test_a_bound_in_the_middle_of_a_search_is_that_bound():
    plan = Plan("INV-01", (Verb.BET, Verb.RESULT, Verb.COPY), 1000)
    with pytest.raises(OutOfBounds, match="time is over"):
        search(plan, lambda: EndsAfter(None, [], 0, None), seed=1, examples=5, steps=10)
    assert EndsAfter.steps == 3
