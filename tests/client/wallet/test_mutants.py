"""Mutants: each is there under one name, and names rules of the contract.

That each serves ordinary traffic: whoever does not is no target to tests.mutants.
"""

import pytest

from client_under_test.app import UnfitForDialect
from client_under_test.mutants import host
from client_under_test.mutants.table import ALL
from scenarios.contract import RULES
from tests.support.client_calls import config, message, post


def test_names_are_unique_and_rules_exist():
    assert len({mutant.name for mutant in ALL}) == len(ALL) >= 95
    assert sum(mutant.sequential for mutant in ALL) >= 50
    assert {rule for mutant in ALL for rule in mutant.rules} <= RULES.keys()
    assert all(mutant.rules for mutant in ALL)


def test_a_mutant_of_other_words_is_refused_in_these(tmp_path):
    # They speak the words of a provider whose answers tell balances.
    for name in (mutant.name for mutant in ALL if "balances" in mutant.needs):
        with pytest.raises(UnfitForDialect, match="the balances that answers report"):
            host.create(name, config(tmp_path))


def test_host_serves_a_mutant_over_http(tmp_path):
    with host.serve("bet-overdraft", config(tmp_path)) as address:
        assert post(address, message("bet", 1000))["error"] is None


def test_unknown_name_suggests_the_nearest(tmp_path):
    with pytest.raises(host.UnknownMutant, match="did you mean bet-overdraft"):
        host.create("bet-overdraf", config(tmp_path))
