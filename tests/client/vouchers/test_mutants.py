"""Mutants of part B: each breaks a rule that it names, and the reference breaks none."""

from functools import partial

import pytest

from client_under_test.mutants.table import ALL
from scenarios.contract import select
from tests.client.vouchers.proofs import PROBES
from tests.client.vouchers.running import place

MUTANTS = [mutant for mutant in ALL if mutant.provider == "jackpot"]
# What only a kill shows.
KILLED = {"evt-in-memory"}


def test_every_rule_of_part_b_has_a_mutant():
    assert len(MUTANTS) >= 50
    assert {rule for mutant in MUTANTS for rule in mutant.rules} == {
        rule.id for rule in select(provider="jackpot")
    }


@pytest.mark.parametrize("rule", PROBES)
def test_reference_keeps(rule, tmp_path):
    folders = (tmp_path / str(number) for number in range(9))
    PROBES[rule](partial(made, folders))


@pytest.mark.mutants("jackpot", but=KILLED)
def test_mutant_breaks_a_rule_it_names(mutant, tmp_path):
    folders = (tmp_path / str(number) for number in range(99))
    broken = []
    for rule in mutant.rules:
        try:
            PROBES[rule](partial(made, folders, build=mutant.build))
        except Exception as problem:
            broken.append(f"{rule}: {problem!r}")
    print(mutant.name, *(line[:150] for line in broken), sep="\n")
    assert len(broken) > 0, mutant.fault
    assert broken[0].startswith(mutant.rules[0]), broken


def made(folders, **more):
    folder = next(folders)
    folder.mkdir()
    return place(folder, **more)
