"""A dialect that signs by RSA takes its private key from the target file, a variable or a file, and nothing else."""

import json
from decimal import Decimal

import pytest

from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import load
from simulators.wallet.signers import RSA, Signer
from simulators.wallet.transactions import Kind, Transaction

PRIVATE, PUBLIC = Signer(RSA).new_secrets()


def loaded(folder, secret, **environ):
    (folder / "pitboss.toml").write_text(
        '[operator]\ncallback_url = "http://127.0.0.1:1"\ndialect = "hub88"\n'
        f'security_hash = {json.dumps(secret)}\n[players]\nids = ["p-1"]\ncurrency = "EUR"\n'
    )
    return load(folder / "pitboss.toml", environ)


def test_it_is_read_from_a_file_a_variable_or_the_target_file(tmp_path):
    (tmp_path / "key.pem").write_text(PRIVATE)
    for target in (
        loaded(tmp_path, "key.pem"),
        loaded(tmp_path, "env:KEY", KEY=f"{PRIVATE}\n"),
        loaded(tmp_path, PRIVATE),
    ):
        assert target.operator.security_hash.get_secret_value() == PRIVATE.strip()
        assert target.operator.words.name == "hub88"
        assert PRIVATE.strip() in target.secrets().values()


@pytest.mark.parametrize(
    ("secret", "reported"),
    [
        (PUBLIC, "public key"),
        (PRIVATE[:300], "no private key in PEM"),
        ("s3cret-that-is-shared", "neither a key in PEM nor the path of a file"),
        ("missing.pem", "neither a key in PEM nor the path of a file"),
        ("public.pem", "the file that"),
        ("notes.txt", "holds no key in PEM"),
    ],
)
def test_what_cannot_sign_is_told_in_three_beats_without_the_secret(secret, reported, tmp_path):
    (tmp_path / "public.pem").write_text(PUBLIC)
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(UsageProblem) as problem:
        loaded(tmp_path, secret)
    assert reported in problem.value.came
    assert "security_hash" in problem.value.came
    assert "private key" in problem.value.expected
    assert "openssl" in problem.value.next_step
    assert secret not in str(problem.value)


def test_results_name_a_bet_and_rounds_are_the_players(tmp_path):
    words = loaded(tmp_path, PRIVATE).operator.words
    bet, result = (
        json.loads(words.encode(Transaction(kind, f"{kind}-1", "p-1", "EUR", Decimal(1), bet=named)))
        for kind, named in ((Kind.BET, None), (Kind.RESULT, "bet-1"))
    )
    assert result["reference_transaction_uuid"] == "bet-1"
    assert bet["round"] == result["round"]
    assert bet["request_uuid"] != result["request_uuid"]
