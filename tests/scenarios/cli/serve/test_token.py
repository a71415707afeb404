"""``pitboss token`` and the checkout's part of ``serve`` and ``trigger``, as a user runs them."""

import contextlib
import json
import re
import signal
import time
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace

import pytest
import requests
from click.testing import CliRunner

from client_under_test import config as client_config
from scenarios.cli.main import main
from scenarios.target import demo
from simulators.checkout import wire
from simulators.jackpot.credentials import session_jwt
from simulators.values import jws
from tests.simulators.checkout.running import MUTATION
from tests.simulators.jackpot.running import inbox
from tests.support.keys import key_pair
from tests.support.programs.commanding import pitboss, serving, three_beats

SECRET = "the checkout key of the tests"
SIGNATURE = "the api signature of the tests"
MERCHANT = "merchant-7"


@pytest.fixture
def box():
    with inbox() as made:
        yield made


@pytest.fixture
def target(tmp_path, box):
    """A folder with a target file of both providers; decisions go to the box."""
    (tmp_path / "pitboss.toml").write_text(
        f'[jackpot]\nnotification_url = "{box.url}"\napi_key = "the api key of the tests"\n'
        f'api_signature = "{SIGNATURE}"\nclient_secret = "the secret of the tests"\n'
        f'[checkout]\nmerchant_id = "{MERCHANT}"\nkey = "{SECRET}"\ndecision_url = "{box.url}"\n'
    )
    return tmp_path


def inside(*arguments, cwd, text="", **extra):
    """The command run in this process, as if it were one of its own."""
    with contextlib.chdir(cwd):
        done = CliRunner().invoke(main, [*map(str, arguments)], input=text, env=extra)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)


def lines(done):
    """What is said of each claim, by path."""
    found = re.findall(r"^(right|WRONG|advised|absent|ignored|unchecked) +(\S+)", done.stdout, re.MULTILINE)
    return {path: standing for standing, path in found}


def product(**more):
    given = {
        "merchant_id": MERCHANT,
        "iat": int(time.time()),
        "currency": "GBP",
        "value_before_tax": Decimal("16.66"),
        "value_after_tax": Decimal("19.99"),
        "tax_value": Decimal("3.33"),
        "tax_percentage": Decimal(20),
        "variant": "mug-blue",
        "merchant_reference": "order-1",
    }
    return wire.Claims(**{**given, **more})


def verified(token, *options, cwd, code, **extra):
    done = inside("token", "verify", "-", *options, text=token, cwd=cwd, **extra)
    assert done.returncode == code, done.stdout + done.stderr
    for secret in (SECRET, SIGNATURE, *extra.values()):
        assert secret not in done.stdout + done.stderr
    return done


def test_a_good_checkout_token_is_explained(target):
    done = verified(wire.mint(product(), SECRET), cwd=target, code=0)
    said = lines(done)
    assert said.pop("data.callbackUrls") == "absent"
    assert set(said.values()) == {"right"}
    assert list(said) == [
        "header.alg",
        "signature",
        "iss",
        "sub",
        "iat",
        "data.merchantReference",
        "data.currency",
        "data.merchantPrice.valueBeforeTax",
        "data.merchantPrice.valueAfterTax",
        "data.merchantPrice.taxValue",
        "data.merchantPrice.taxPercentage",
        "data.variant.reference",
    ]
    assert "19.99" in done.stdout
    assert done.stdout.endswith("a valid product widget JWT for the checkout\n")


def test_addresses_of_a_checkout_token_are_explained(target):
    urls = wire.CallbackUrls("https://shop.example/decisions", "/thanks")
    said = lines(verified(wire.mint(product(callback_urls=urls), SECRET), cwd=target, code=1))
    assert {path: standing for path, standing in said.items() if "callbackUrls" in path} == {
        "data.callbackUrls.successRedirect": "WRONG",
        "data.callbackUrls.failureRedirect": "absent",
        "data.callbackUrls.serverToServer": "right",
    }


def test_every_fault_of_a_checkout_token_is_told(target):
    fields = product(currency="gbp", tax_percentage=Decimal(-1), merchant_reference=None).fields()
    fields["iat"] = str(fields["iat"])
    del fields["data"]["merchantPrice"]["valueBeforeTax"]
    fields["extra"] = {"deep": Decimal("1e999999")}
    done = verified(jws.sign(fields, "another key", "HS256"), cwd=target, code=1)
    said = lines(done)
    wrong = {path for path, standing in said.items() if standing == "WRONG"}
    assert wrong == {
        "signature",
        "iat",
        "data.currency",
        "data.merchantPrice.valueBeforeTax",
        "data.merchantPrice.taxPercentage",
    }
    assert said["data.merchantReference"] == "advised"
    assert said["extra"] == "ignored"
    for words in ("bad_signature: ", "wrong_type: ", "lower_case: ", "missing: ", "negative: ", "5 wrong"):
        assert words in done.stdout


def test_a_good_session_token_is_explained(target):
    claims = session_jwt.Claims(
        amount=Decimal("40.50"), iat=int(time.time()), user_id="p-1", notification_key="k-1"
    )
    done = verified(session_jwt.mint(claims, SIGNATURE), cwd=target, code=0)
    assert lines(done) == {
        **dict.fromkeys(("header.alg", "signature", "amount", "iat", "userId", "notificationKey"), "right"),
        "forceManualConfirm": "absent",
    }
    assert "40.5" in done.stdout
    assert "session JWT for Jackpot" in done.stdout


@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        ({"amount": "40"}, {"amount"}),
        ({"amount": Decimal("0.001")}, {"amount"}),
        ({"amount": 0, "iat": "1"}, {"amount", "iat"}),
        ({"iat": 5}, {"iat"}),
        ({"iat": 10**13}, {"iat"}),
        (
            {"amount": -1, "iat": 5, "userId": 7, "forceManualConfirm": "yes"},
            {"amount", "iat", "userId", "forceManualConfirm"},
        ),
        ({"notificationKey": ""}, {"notificationKey"}),
    ],
)
def test_every_fault_of_a_session_token_is_told(target, claims, wrong):
    given = {"amount": 40, "iat": int(time.time()), **claims}
    done = verified(session_jwt.mint_raw(given, SIGNATURE), cwd=target, code=1)
    assert {path for path, standing in lines(done).items() if standing == "WRONG"} == wrong
    forged = verified(session_jwt.mint_raw(given, "another"), cwd=target, code=1)
    assert {path for path, standing in lines(forged).items() if standing == "WRONG"} == wrong | {"signature"}


def test_a_session_token_without_what_it_needs(target):
    said = lines(verified(session_jwt.mint_raw({"userId": "p"}, SIGNATURE), cwd=target, code=1))
    assert {path for path, standing in said.items() if standing == "WRONG"} == {"amount", "iat"}
    assert said["notificationKey"] == "advised"


@pytest.mark.parametrize("text", ["", "nonsense", "a.b.c", "\x00\x1b[31m"])
@pytest.mark.parametrize("provider", [(), ("--provider", "jackpot"), ("--provider", "checkout")])
def test_what_is_no_jwt_is_not_valid(target, text, provider):
    done = verified(text, *provider, cwd=target, code=1)
    assert lines(done) == {"token": "WRONG"}
    assert "\x1b" not in done.stdout


def test_a_token_of_nobody_needs_the_provider(target):
    token = jws.sign({"iat": 1}, SECRET, "HS256")
    done = inside("token", "verify", "-", text=token, cwd=target)
    assert "--provider" in three_beats(done, 2)
    assert lines(verified(token, "--provider", "checkout", cwd=target, code=1))["iat"] == "WRONG"


def test_control_signs_in_claims_do_not_reach_the_terminal(target):
    done = verified(wire.mint(product(variant="\x1b[2J\u202eevil"), SECRET), cwd=target, code=0)
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_key_from_the_environment(tmp_path, algorithm):
    private, public = key_pair(algorithm)
    options = ("--key", "env:KEY", "--algorithm", algorithm)
    made = inside(
        "token", "sign", *options, "--merchant-id", "m-9", "--before", "10", "--tax", "20", "--reference", "v",
        cwd=tmp_path, KEY=private,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    verified(made.stdout, *options, cwd=tmp_path, code=0, KEY=public)
    wrong = verified(made.stdout, *options, "--merchant-id", "m-8", cwd=tmp_path, code=1, KEY=public)
    assert lines(wrong)["iss"] == "WRONG"
    confused = verified(made.stdout, "--key", "env:KEY", cwd=tmp_path, code=1, KEY="a secret of ours")
    assert lines(confused)["header.alg"] == "WRONG"
    assert lines(confused)["signature"] == "unchecked"
    refused = inside(
        "token", "sign", *options, "--merchant-id", "m", "--before", "1", "--tax", "0", "--reference", "v",
        cwd=tmp_path, KEY=public,
    )  # fmt: skip
    assert "private" in three_beats(refused, 2)


def test_sign_and_verify_a_checkout_token(target):
    done = inside(
        "token", "sign", "--currency", "JPY", "--before", "105", "--tax", "10", "--reference", "fan",
        "--merchant-reference", "o-1", cwd=target,
    )  # fmt: skip
    _, fields = jws.unverified(done.stdout.strip())
    assert fields["data"]["merchantPrice"] == {
        "valueBeforeTax": 105,
        "valueAfterTax": 116,
        "taxValue": 11,
        "taxPercentage": 10,
    }
    assert (fields["iss"], fields["data"]["merchantReference"]) == (MERCHANT, "o-1")
    (target / "token.txt").write_text(done.stdout)
    assert pitboss("token", "verify", "token.txt", cwd=target).returncode == 0


def test_sign_and_verify_a_session_token(target):
    options = ("--amount", "40.5", "--user-id", "p-1", "--notification-key", "k-1", "--force-manual-confirm")
    done = inside("token", "sign", *options, cwd=target)
    claims = session_jwt.verify(done.stdout.strip(), SIGNATURE, time.time())
    assert (claims.amount, claims.user_id, claims.notification_key) == (Decimal("40.5"), "p-1", "k-1")
    assert claims.force_manual_confirm
    verified(done.stdout, cwd=target, code=0)


def test_wrong_tokens_can_be_signed_to_see_them_refused(target):
    options = ("--before", "16.66", "--tax", "20", "--after", "25", "--reference", "")
    done = inside("token", "sign", *options, "--currency", "eur", "--iat", "1700000000000", cwd=target)
    said = lines(verified(done.stdout, cwd=target, code=1))
    assert {path for path, standing in said.items() if standing == "WRONG"} == {
        "iat",
        "data.currency",
        "data.merchantPrice.valueAfterTax",
        "data.variant.reference",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "--before", "10"], "--tax and --reference"),
        (["sign", "--provider", "jackpot"], "--amount"),
        (["sign", "--amount", "1", "--algorithm", "RS256"], "--algorithm"),
        (["sign", "--amount", "1", "--key", "a-literal-key-here"], "env:NAME"),
        (["sign", "--amount", "1", "--key", "env:NOT_SET_ANYWHERE"], "env:NAME"),
        (["sign", "--before", "1", "--tax", "1", "--reference", "v", "--algorithm", "ES256"], "private key"),
    ],
)
def test_usage(target, arguments, said):
    done = inside("token", *arguments, cwd=target)
    assert said in three_beats(done, 2)
    assert "a-literal-key-here" not in done.stderr


def test_a_file_that_is_not_there(target):
    done = inside("token", "verify", "nowhere.txt", cwd=target)
    assert done.returncode == 2
    assert "nowhere.txt" in done.stderr


def test_without_a_target_file_it_fits_the_client_by_default(tmp_path):
    assert client_config.DEMO_CHECKOUT_KEY == demo.DEMO_CHECKOUT_KEY
    assert client_config.Config().merchant_id == demo.DEMO_MERCHANT_ID
    token = wire.mint(product(merchant_id=demo.DEMO_MERCHANT_ID), client_config.DEMO_CHECKOUT_KEY)
    verified(token, cwd=tmp_path, code=0)
    session = {"amount": 1, "iat": int(time.time()), "notificationKey": "k"}
    verified(session_jwt.mint_raw(session, client_config.DEMO_JACKPOT_API_SIGNATURE), cwd=tmp_path, code=0)


# -- serve and trigger


@contextmanager
def served(*options, cwd):
    ports = ("--console-port", 0, "--jackpot-port", 0, "--checkout-port", 0)
    with serving(*ports, *options, cwd=cwd) as (process, said):
        yield re.search(r"CHECKOUT +(http://\S+)", said)[1], said
        process.send_signal(signal.SIGINT)
        reported, wrong = process.communicate(timeout=60)
        assert (process.returncode, wrong) == (0, ""), reported


def test_serve_makes_and_decides_checkouts(target, box):
    with served("--history", "seen.jsonl", cwd=target) as (url, said):
        assert box.url in said
        assert requests.get(f"{url}/widget.js", timeout=20).status_code == 200
        variables = {"merchantId": MERCHANT, "payload": wire.mint(product(), SECRET)}
        document = {"query": MUTATION, "variables": variables}
        made = requests.post(f"{url}/graphql", json=document, timeout=20).json()
        page = f"{url}/checkout/{made['data']['createMerchantCheckout']['checkout']['token']}"
        shown = requests.get(page, timeout=20).text
        form = {"form_token": re.search(r'"form_token" value="(\w+)"', shown)[1], "decision": "approve"}
        assert "Approved" in requests.post(page, data=form, timeout=20).text
    payload = json.loads(box.bodies[0])["payload"]
    jws.verify(payload, SECRET, "HS256")
    assert jws.unverified(payload)[1]["data"]["outcome"] == "success"
    kinds = {json.loads(line)["kind"] for line in (target / "seen.jsonl").read_text().splitlines()}
    assert kinds == {"createMerchantCheckout", "approval"}
    assert SECRET not in said + (target / "seen.jsonl").read_text()


def test_trigger_sends_a_decision_and_its_copy(target, box):
    options = ("--checkout", "c-1", "--merchant-reference", "o-1", "--declined", "--copies", "1")
    done = inside("trigger", "decision", *options, cwd=target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("answered  HTTP 200") == 2
    first, second = box.bodies
    assert first == second
    payload = json.loads(first)["payload"]
    jws.verify(payload, SECRET, "HS256")
    data = jws.unverified(payload)[1]["data"]
    assert (data["reference"], data["merchantReference"], data["outcome"]) == ("c-1", "o-1", "failure")
    assert SECRET not in done.stdout


def test_trigger_forges_and_disturbs(target, box):
    box.always = 401
    done = inside("trigger", "decision", "--forged", "changed claims", cwd=target)
    assert done.returncode == 1
    assert "forged decision (changed claims)" in done.stdout
    with pytest.raises(jws.BadSignature):
        jws.verify(json.loads(box.bodies[0])["payload"], SECRET, "HS256")
    assert inside("trigger", "decision", "--fault", "answer-lost", cwd=target).returncode == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--forged", "public key as secret"], "public half"),
        (["--forged", "alg none", "--copies", "1"], "--forged"),
    ],
)
def test_trigger_refuses_what_it_cannot_send(target, box, options, said):
    assert said in three_beats(inside("trigger", "decision", *options, cwd=target), 2)
    assert box.bodies == []


def test_trigger_names_what_the_target_file_lacks(tmp_path):
    file = tmp_path / "pitboss.toml"
    file.write_text(f'[checkout]\nmerchant_id = "m"\nkey = "{SECRET}"\n')
    assert "decision_url" in three_beats(inside("trigger", "decision", cwd=tmp_path), 2)
    public = json.dumps(key_pair("ES256")[1])
    more = 'algorithm = "ES256"\ndecision_url = "http://127.0.0.1:9/"\n'
    file.write_text(f'[checkout]\nmerchant_id = "m"\nkey = {public}\n{more}')
    assert "decision_key" in three_beats(inside("trigger", "decision", cwd=tmp_path), 2)
    file.write_text(f'[checkout]\nmerchant_id = "m"\nkey = "{SECRET}"\n{more}')
    error = three_beats(inside("trigger", "decision", cwd=tmp_path), 2)
    assert "P-256" in error
    assert SECRET not in error
