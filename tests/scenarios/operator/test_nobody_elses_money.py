"""Whom a whole run names: its test players, and names that can be nobody's; read off the bodies as they came.

The CLIENT that listens has habits of its own, which none of the rules tells of.
"""

import json
import re
import uuid

from scenarios.contract import select
from scenarios.run.findings import Standing
from tests.support.in_memory.judging import at, judged
from tests.support.in_memory.odd_wallets import MoreFields

RULES = tuple(rule.id for rule in select(provider="operator"))
PLAYERS = ("p-1", "p-2")
MADE_UP = re.compile(r"nobody-([0-9a-f-]{36})")


class Listening(MoreFields):
    """Keeps every body that came, whatever its path, method, hash and form."""

    def __init__(self):
        super().__init__()
        self.bodies = []

    def answer(self, environ, path, body):
        self.bodies.append(body)
        return super().answer(environ, path, body)


def named(body):
    try:
        document = json.loads(body)
    except ValueError:
        return []
    except RecursionError:
        # Nested deeper than is ever read: the names stand in front as texts.
        return re.findall(r'"user_id": ?"([^"]*)"', body.decode())
    return [document["user_id"]] if isinstance(document, dict) and "user_id" in document else []


def nobody_elses(name):
    if isinstance(name, list):
        return all(nobody_elses(inner) for inner in name)
    if isinstance(name, dict):
        return nobody_elses(list(name.values()))
    if not isinstance(name, str):
        return name is None
    made_up = MADE_UP.match(name)
    if made_up is not None:
        return uuid.UUID(made_up[1]).version == 4
    # Other spellings of a test player's id, and what only JavaScript has.
    return name in ("", "__proto__") or any(player in name.casefold() for player in PLAYERS)


def test_every_body_of_a_run_names_test_players_or_nobody():
    wallet = Listening()
    result = judged(wallet, *RULES)
    assert result.run.warnings == []
    assert len(wallet.bodies) > 1000
    names = [name for body in wallet.bodies for name in named(body)]
    assert [name for name in names if not nobody_elses(name)] == []
    assert any(isinstance(name, str) and MADE_UP.match(name) for name in names)
    assert any(isinstance(name, list) and name for name in names)
    assert at(result, Standing.FAILED, Standing.WARNED, Standing.UNDECIDED) == {}
