"""What is about the CLIENT's own calls to the OPERATOR goes beside other scenarios, and is blamed for nothing there."""

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.server import threaded
from scenarios.cli.reference_client import target_at
from scenarios.hosting.ports import free_port
from scenarios.problems.errors import Exit
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from simulators.exchanges.history import Direction, Purpose

RULES = ("BET-01", "RES-01", "RBK-01", "RBK-10", "OUT-04", "OUT-05", "OUT-06", "OUT-07", "MSG-16")
# Of one player scenarios run one after the other, launches beside them.
NUMBERS = (1, 8)
# Seconds that the judge waits for an answer, and that the CLIENT waits for the OPERATOR's.
PATIENCE, HANGS = 1.5, 2.5


class FreezesWhileItAsks:
    """``app`` that does nothing else while a launch waits for the OPERATOR."""

    def __init__(self, app):
        self.app, self.changed, self.launches = app, threading.Condition(), 0

    def __call__(self, environ, start_response):
        launch = 1 if environ["PATH_INFO"].endswith("/launch") else 0
        with self.changed:
            self.launches += launch
            self.changed.wait_for(lambda: launch or not self.launches)
        try:
            return self.app(environ, start_response)
        finally:
            with self.changed:
                self.launches -= launch
                self.changed.notify_all()


def check_of(folder, number, wrap, *, hangs):
    """A check with a ``number`` of players of a CLIENT with ``wrap`` round it.

    ``hangs`` has the OPERATOR not answer once.
    """
    port, ids = free_port(), tuple(f"p-{each}" for each in range(1, number + 1))
    config = Config(
        database=str(folder / "client.sqlite"),
        security_hash="secret",
        operator_api_url=f"http://127.0.0.1:{port}",
        username="client",
        password="password",
        players=ids,
        timeout=HANGS,
    )
    app = create_app(config)
    app.wsgi_app = wrap(app.wsgi_app)
    with threaded(app) as site:
        target = target_at(site, port, "secret", "password")
        players = target.players.model_copy(update={"ids": ids, "others": {}})
        operator = target.operator.model_copy(update={"timeout": PATIENCE})
        target = target.model_copy(update={"players": players, "operator": operator})
        return check(Settings(target, RULES, replace(QUICK, hangs=hangs), 7))


def spans_of(launching):
    return {one.id: (one.began, one.began + one.seconds) for one in launching}


@pytest.mark.parametrize("number", NUMBERS)
def test_launches_go_beside_wagers_and_one_behind_another(tmp_path, number):
    judged = check_of(tmp_path, number, lambda app: app, hangs=False)
    assert {str(verdict.standing) for verdict in judged.verdicts} == {"passed"}
    spans = spans_of(
        one for one in judged.run.results if one.id.startswith("out.") and judged.run.sent_in(one)
    )
    in_order = sorted(spans.values())
    assert all(end <= begin for (_, end), (begin, _) in pairwise(in_order)), in_order
    wagers = [
        one
        for one in judged.run.history
        if one.direction is Direction.TO_CLIENT and one.purpose is Purpose.SCENARIO
    ]
    assert any(begin < one.invoked < end for one in wagers for begin, end in in_order)
    # What the CLIENT asks belongs to the scenario that launches.
    asked = [one for one in judged.run.history if one.direction is not Direction.TO_CLIENT]
    assert {one.scenario for one in asked} == spans.keys()
    assert all(spans[one.scenario][0] <= one.invoked <= spans[one.scenario][1] for one in asked)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_client_that_freezes_while_it_launches_is_blamed_for_nothing_else(tmp_path, number):
    judged = check_of(tmp_path, number, FreezesWhileItAsks, hangs=True)
    assert judged.code is Exit.HOLDS
    standings = {verdict.rule.id: str(verdict.standing) for verdict in judged.verdicts}
    # That one answer was late is told at most; sent again, it was not.
    assert standings.pop("MSG-16") != "failed"
    assert set(standings.values()) == {"passed"}
