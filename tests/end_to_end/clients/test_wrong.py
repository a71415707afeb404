"""What each wrong CLIENT says of itself is true: it breaks what it says it breaks, and nothing else.

Its header is what the judge's verdict is compared with, so the header is itself compared with experiments
that share no code with the judge.
"""

import pytest

from tests.end_to_end.clients.asking import Asking
from tests.end_to_end.clients.experiments_form import FORM
from tests.end_to_end.clients.experiments_money import MONEY, RACES
from tests.end_to_end.clients.running import SECRET, WRONG, faults, running

EXPERIMENTS = {**FORM, **MONEY, **RACES}


def broken(asking: Asking) -> dict[str, str]:
    """Every rule whose experiment fails, and how."""
    found = {}
    for rule, experiment in EXPERIMENTS.items():
        asking.result("1000")
        try:
            experiment(asking)
        except Exception as error:
            found[rule] = f"{type(error).__name__}: {error}".splitlines()[0]
    return found


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_client_breaks_what_it_says_and_nothing_else(name: str) -> None:
    said = faults(name)
    with running(name, {"p-1": "0", "p-2": "500"}) as client:
        found = broken(Asking(client.port, SECRET))
    told = {rule for rule in {**said.breaks, **said.warns} if rule in EXPERIMENTS}
    missed = told - set(found)
    unsaid = {rule: why for rule, why in found.items() if rule not in told and rule not in said.may}
    assert not missed
    assert not unsaid


@pytest.mark.parametrize("name", WRONG)
def test_a_header_names_each_rule_once_and_several_that_break(name: str) -> None:
    said = faults(name)
    named = [*said.breaks, *said.warns, *said.may]
    assert len(named) == len(set(named))
    assert len(said.breaks) >= 3


def test_there_are_at_least_five() -> None:
    assert len(WRONG) >= 5
