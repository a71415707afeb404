"""Mutants: each is there under one name, names rules of the contract, and serves ordinary traffic."""

import json

import pytest

from client_under_test.app import OtherWords
from client_under_test.mutants import host
from client_under_test.mutants.table import ALL
from scenarios.contract import RULES
from tests.support.client_calls import Here, config, message, path, plain, post, signed


def test_names_are_unique_and_rules_exist():
    assert len({mutant.name for mutant in ALL}) == len(ALL) >= 95
    assert sum(mutant.sequential for mutant in ALL) >= 50
    assert {rule for mutant in ALL for rule in mutant.rules} <= RULES.keys()
    assert all(mutant.rules for mutant in ALL)


# They speak the words of a provider whose answers tell balances.
ELSEWHERE = {mutant.name for mutant in ALL if "balances" in mutant.needs}


@pytest.mark.mutants(but=ELSEWHERE)
def test_mutant_answers_a_genuine_bet(mutant, tmp_path):
    here = Here(mutant.build(config(tmp_path)))
    try:
        bet = message("bet", 10.5)
        # Read as it comes: its form may be the very fault.
        answer = here.app.test_client().post(path(bet), data=plain(bet), headers=signed(plain(bet)))
        assert json.loads(answer.data).get("error") is None
        assert here.balance() in {"89.50", "90.00", "89.40"}
        assert here.sound()
    finally:
        here.close()


def test_a_mutant_of_other_words_is_refused_in_these(tmp_path):
    for name in ELSEWHERE:
        with pytest.raises(OtherWords, match="answers tell of balances"):
            host.create(name, config(tmp_path))


def test_host_serves_a_mutant_over_http(tmp_path):
    with host.serve("bet-overdraft", config(tmp_path)) as address:
        assert post(address, message("bet", 1000))["error"] is None


def test_unknown_name_suggests_the_nearest(tmp_path):
    with pytest.raises(host.UnknownMutant, match="did you mean bet-overdraft"):
        host.create("bet-overdraf", config(tmp_path))
