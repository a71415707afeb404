"""A scenario for tests of the judge: a result of 7.00 is accepted."""

import pytest


@pytest.mark.rules("RES-01")
def test_pays_seven(judge, player, operator):
    judge.fund(player, 1000)
    judge.accepted("RES-01", operator.result(player, player.money(700)))
