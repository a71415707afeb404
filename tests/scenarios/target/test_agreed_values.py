"""What a dialect leaves to agree on stands in the target file: one text for all players, or one for each."""

import json
from decimal import Decimal

import pytest

from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import load
from simulators.wallet.signers import RSA, Signer
from simulators.wallet.transactions import Kind, Transaction

PRIVATE, _ = Signer(RSA).new_secrets()


def loaded(folder, agreed, dialect="hub88"):
    (folder / "pitboss.toml").write_text(
        f'[operator]\ncallback_url = "http://127.0.0.1:1"\ndialect = "{dialect}"\nagreed = {agreed}\n'
        f'security_hash = {json.dumps(PRIVATE)}\n[players]\nids = ["p-1"]\ncurrency = "EUR"\n'
    )
    return load(folder / "pitboss.toml", {"TOKEN": "token-of-p-1"})


def bet(target, player):
    return json.loads(target.operator.words.encode(Transaction(Kind.BET, "b-1", player, "EUR", Decimal(1))))


def test_a_text_is_for_all_and_a_table_for_each(tmp_path):
    target = loaded(tmp_path, '{ game_code = "clt", token = { p-1 = "env:TOKEN" } }')
    assert (bet(target, "p-1")["token"], bet(target, "p-1")["game_code"]) == ("token-of-p-1", "clt")
    # Whoever has none, such as a player who is made up, has an empty one.
    assert bet(target, "nobody")["token"] == ""
    assert "token-of-p-1" in target.secrets().values()


def test_what_is_not_said_is_as_the_dialect_says(tmp_path):
    target = loaded(tmp_path, '{ game_code = "clt" }')
    assert bet(target, "p-1")["token"] == bet(target, "p-2")["token"] != ""


@pytest.mark.parametrize(
    ("agreed", "dialect", "reported"),
    [('{ tokn = "x" }', "hub88", "token"), ('{ token = "x" }', "igpx", "igpx")],
)
def test_what_the_dialect_does_not_ask_for_is_told_in_three_beats(agreed, dialect, reported, tmp_path):
    with pytest.raises(UsageProblem) as problem:
        loaded(tmp_path, agreed, dialect)
    assert "agreed" in problem.value.came
    assert reported in f"{problem.value.came} {problem.value.next_step}"
