"""Dialect files: a whole one is read, a bad one is reported in three beats and with exit code 2."""

import base64
import re
from importlib.resources import files

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from scenarios.cli.main import main
from scenarios.dialects.file import read_dialect
from simulators.dialects import SHIPPED

WHOLE = files("scenarios.dialects").joinpath("starter.toml").read_text(encoding="utf-8")


def run(*arguments):
    return CliRunner().invoke(main, ["dialect", *map(str, arguments)])


def test_what_new_writes_is_whole_and_is_not_overwritten(tmp_path):
    file = tmp_path / "acme.toml"
    assert run("new", file).exit_code == 0
    assert file.read_text() == WHOLE
    done = run("check", file)
    assert done.exit_code == 0
    # printf 'p-1EUR1250debitb-1example secret' | md5sum
    assert "514b096943568b5f8753ba6d86b6cb36" in done.output
    again = run("new", file)
    assert again.exit_code == 2
    assert "--force" in again.output
    assert run("new", file, "--force").exit_code == 0
    # Codes are numbers at some providers.
    file.write_text(WHOLE.replace('"FUNDS"', "7"))
    assert read_dialect(file).insufficient_funds == "7"


def test_the_list_names_what_is_built_in_and_what_it_rests_on():
    listed = run("list").output
    assert "igpx" in listed
    for name, path in SHIPPED.items():
        assert f"{name}: {read_dialect(path).signing}\n  after {read_dialect(path).source}" in listed


@pytest.mark.parametrize("name", SHIPPED)
def test_one_that_is_built_in_is_shown_by_its_name_and_is_one_to_begin_with(name, tmp_path):
    file = tmp_path / "own.toml"
    assert run("new", file, "--from", name).exit_code == 0
    assert file.read_text() == SHIPPED[name].read_text()
    shown, own = run("check", name), run("check", file)
    assert shown.exit_code == own.exit_code == 0
    assert shown.output.splitlines()[0] == own.output.splitlines()[0]


def test_messages_that_are_signed_by_rsa_are_shown_with_the_key_that_verifies_them():
    shown = run("check", "hub88").output
    signature = re.search(r"X-Hub88-Signature: (\S+)", shown)[1]
    signed = re.search(r"signed:    (.*)", shown)[1]
    public = re.search(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", shown, re.DOTALL)[0]
    load_pem_public_key(public.encode()).verify(
        base64.b64decode(signature), signed.encode(), PKCS1v15(), SHA256()
    )
    assert "PRIVATE KEY" not in shown


# What is changed in a whole file, and what is said of it.
BAD = {
    "no name": ('name = "coins"', "", "no name"),
    "unknown key": ('name = "coins"', 'name = "coins"\nnmae = "x"', "nmae in"),
    "no text": ('name = "coins"', "name = 3", "pitboss: name in"),
    "path without /": ('path = "/wallet"', 'path = "wallet"', "/"),
    "path of one kind": ('path = "/wallet"', 'path = { bet = "/b" }', "result is missing"),
    "encoding": ('encoding = "form"\n\n#', 'encoding = "xml"\n\n#', "xml"),
    "unknown kind": ("[messages.bet]", "[messages.wager]", "wager"),
    "unknown place": ('account = "{player}"', 'account = "{user}"', "{player}"),
    "place inside a text": ('ref = "{id}"', 'ref = "x-{id}"', "{id}"),
    "unknown place besides": ('op = "debit"', 'op = "{op}"', "{op}"),
    "of in a bet": ('op = "debit"', 'op = "{of}"', "{of}"),
    "no of": ('cancels = "{of}"', "", "{of}"),
    "table in a form": ('op = "debit"', "op = { a = 1 }", "form"),
    "amount": ('form = "minor"', 'form = "cents"', "cents"),
    "digits": ('form = "minor"', 'form = "scaled"\ndigits = 40', "40"),
    "bet in a bet": ('op = "debit"', 'op = "{bet}"', "{bet}"),
    "no bet": ("copies_as_first = true", "results_alone = false", "{bet}"),
    "method": ('method = "md5"', 'method = "md6"', "md6"),
    "over": ('over = "values"', 'over = "fields"', "fields"),
    "two places": ('field = "sign"', 'field = "sign"\nheader = "X"', "header or field"),
    "no place": ('field = "sign"', "", "header or field"),
    "expression": ("done = \"status == 'OK'\"", 'done = "status =="', "JMESPath"),
    "no answer": ('insufficient_funds = "FUNDS"', "", "insufficient_funds"),
    "decision": ("copies_as_first = true", 'copies_as_first = "perhaps"', "perhaps"),
    "balance": ('balance = "cents"', "", "[answer] balance"),
    "balance of nobody": ('account = "{player}"\nccy = "{currency}"\n\n[dec', 'a = "b"\n\n[dec', "{player}"),
    "balance of a bet": ('op = "balance"', 'op = "{id}"', "{id}"),
    "no list": (
        'path = "/wallet"',
        'path = "/wallet"\nseveral = "actions"',
        "no list of one part in 'actions'",
    ),
    "no TOML": ('name = "coins"', "name = coins", "TOML"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_told_in_three_beats(what, tmp_path):
    old, new, reported = BAD[what]
    assert old in WHOLE
    file = tmp_path / "acme.toml"
    file.write_text(WHOLE.replace(old, new, 1))
    done = run("check", file)
    assert done.exit_code == 2, done.output
    assert reported in done.output
    assert "expected: " in done.output
    # What to do is said, not only that something is wrong.
    assert "next step: " in done.output
    assert "correct this value" not in done.output


def test_a_field_of_a_json_body_cannot_sign_that_body(tmp_path):
    file = tmp_path / "acme.toml"
    signed = WHOLE.replace('over = "values"', 'over = "body"')
    file.write_text(signed)
    assert run("check", file).exit_code == 0
    file.write_text(signed.replace('encoding = "form"\n\n#', 'encoding = "json"\n\n#'))
    done = run("check", file)
    assert done.exit_code == 2
    assert 'a field inside a JSON body cannot be over = "body"' in done.output


ROUNDS = """
name = "rounds"
path = "/wallet"
several = "acts"
amount.form = "minor"
signature = { method = "hmac-sha256", header = "X-Sign" }
answer = { done = "ok", error = "why", client_id = "ids", insufficient_funds = "BROKE" }
[messages]
bet = { who = "{player}", acts = [{ bet = "{id}", cents = "{amount}" }] }
result = { who = "{player}", acts = [{ win = "{id}", cents = "{amount}" }] }
rollback = { who = "{player}", acts = [{ undo = "{of}" }] }
"""


def test_a_list_of_several_holds_what_is_one_transactions_own(tmp_path):
    file = tmp_path / "rounds.toml"
    file.write_text(ROUNDS)
    shown = run("check", file)
    assert shown.exit_code == 0, shown.output
    assert '"acts":[{"bet":"b-1","cents":1250},{"win":"r-1","cents":1250}]' in shown.output
    for old, new, reported in (
        (
            '[{ undo = "{of}" }]',
            '[{ what = "undo" }], of = "{of}"',
            "rollback has {of} outside the list of 'acts'",
        ),
        ('path = "/wallet"', 'path = { bet = "/b", result = "/r", rollback = "/u" }', "their paths differ"),
    ):
        assert old in ROUNDS
        file.write_text(ROUNDS.replace(old, new))
        assert reported in run("check", file).output


def test_a_message_in_the_address_is_shown_with_its_signature(tmp_path):
    file = tmp_path / "acme.toml"
    query = WHOLE.replace('encoding = "form"\n\n#', 'encoding = "query"\n\n#').replace("md5", "sha1")
    file.write_text(query.replace('over = "values"', 'over = "body"'))
    done = run("check", file)
    assert done.exit_code == 0, done.output
    asked = "op=debit&ref=b-1&account=p-1&ccy=EUR&cents=1250"
    # printf 'op=debit&ref=b-1&account=p-1&ccy=EUR&cents=1250example secret' | sha1sum
    assert f"GET callback_url/wallet?{asked}&sign=5818f536c322e38acdf315ca066c9586cef71fbc" in done.output


def test_a_file_that_is_not_there_is_told_also_of_a_target_file(tmp_path):
    assert run("check", tmp_path / "none.toml").exit_code == 2
    target = tmp_path / "pitboss.toml"
    target.write_text(
        '[operator]\ncallback_url = "http://127.0.0.1:9"\nsecurity_hash = "s"\ndialect = "none.toml"\n'
        '[players]\nids = ["p-1"]\n'
    )
    done = CliRunner().invoke(main, ["check", "-c", str(target)])
    assert done.exit_code == 2
    assert "none.toml" in done.output
    assert "pitboss dialect new" in done.output
