"""Mutants of part C: each breaks the rule that it names first, and the reference breaks none."""

import jwt
import pytest

from client_under_test.mutants.table import ALL
from scenarios.contract import select
from tests.client.shop.proofs import PROBES, fine
from tests.support.shop import shop

MUTANTS = [mutant for mutant in ALL if mutant.provider == "checkout"]


def test_every_rule_of_part_c_has_a_mutant():
    assert len(MUTANTS) >= 50
    rules = {rule.id for rule in select(provider="checkout")}
    assert {mutant.rules[0] for mutant in MUTANTS} == rules == PROBES.keys()


def test_reference_keeps_every_rule(tmp_path):
    with shop(tmp_path) as here:
        for probe in (*PROBES.values(), fine):
            probe(here)


@pytest.mark.mutants("checkout")
def test_mutant_breaks_the_rule_it_names(mutant, tmp_path):
    with shop(tmp_path, build=mutant.build) as here:
        # An answer that is refused, or lacks what is looked for, breaks it as well.
        with pytest.raises((AssertionError, KeyError, jwt.InvalidTokenError)) as problem:
            PROBES[mutant.rules[0]](here)
        print(mutant.name, repr(problem.value)[:150])
        # Of the decisions a faulty shop mints good tokens all the same, and the other way round.
        if mutant.rules[0] == "CHK-11":
            fine(here)
        elif mutant.rules[0] not in {"CHK-10", "CHK-08"}:
            PROBES["CHK-11"](here)
