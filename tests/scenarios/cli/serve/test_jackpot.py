"""``pitboss serve`` and ``trigger`` for Jackpot, as a user runs them."""

import json
import re
import signal
import time
from contextlib import contextmanager
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
import requests

from client_under_test import config as client_config
from scenarios.target import demo
from simulators.jackpot import wire
from simulators.jackpot.credentials import session_jwt
from tests.client.vouchers.running import until
from tests.simulators.jackpot.running import JWT_BEARER, inbox
from tests.support.programs.commanding import pitboss, serving, three_beats

SECRETS = ("the api key of the tests", "the signature of the tests", "the secret of the tests")


@pytest.fixture
def box():
    with inbox() as made:
        yield made


@pytest.fixture
def target(tmp_path, box):
    """A folder with a target file whose notification URL is the box."""
    key, signature, secret = SECRETS
    (tmp_path / "pitboss.toml").write_text(
        f'[jackpot]\nnotification_url = "{box.url}"\napi_key = "{key}"\napi_signature = "{signature}"\n'
        f'client_secret = "{secret}"\n'
    )
    return tmp_path


@contextmanager
def served(*options, cwd):
    """``pitboss serve`` under way, and the address of its Jackpot."""
    with serving("--console-port", 0, "--jackpot-port", 0, *options, cwd=cwd) as (process, said):
        yield process, re.search(r"JACKPOT +(http://\S+)", said)[1], said


def end(process):
    process.send_signal(signal.SIGINT)
    said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (0, ""), said
    return said


def reserve(url):
    """A player's session that reserves a voucher; the voucher."""
    claims = session_jwt.Claims(amount=Decimal(500), iat=int(time.time()), notification_key="k-1")
    grant = {
        "grant_type": JWT_BEARER,
        "client_id": SECRETS[0],
        "assertion": session_jwt.mint(claims, SECRETS[1]),
    }
    token = requests.post(f"{url}/v2/token", json=grant, timeout=20).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    offer = requests.get(f"{url}/widget/offers", headers=headers, timeout=20).json()["stores"][0]
    path = f"{url}/v2/stores/{offer['store']['id']}/reserve-voucher-by-value"
    body = {"value": offer["proposedVouchers"][0]["value"]}
    return requests.post(path, json=body, headers=headers, timeout=20).json()


def test_serve_prints_where_everything_is(target, box):
    with served(cwd=target) as (process, url, said):
        for path in ("/documentation", "/widget.js", "/back-office"):
            assert f"{url}{path}" in said
            assert requests.get(url + path, timeout=20).status_code == 200
        assert box.url in said
        assert "OPERATOR" not in said
        said += end(process)
    assert not any(secret in said for secret in SECRETS)


def test_a_state_is_its_owners_alone_and_refused_to_a_second_serve(target):
    options = ("--state", "jackpot.db")
    with served(*options, cwd=target) as (process, url, _):
        reserve(url)
        second = pitboss("serve", "--jackpot-port", 0, "--console-port", 0, *options, cwd=target)
        assert "--state jackpot.db is in use by another pitboss serve" in three_beats(second, 2)
        end(process)
    for each in target.glob("jackpot.db*"):
        assert each.stat().st_mode & 0o777 == 0o600
        assert not any(secret.encode() in each.read_bytes() for secret in SECRETS)


def test_what_was_not_acknowledged_when_serve_was_killed_is_sent_when_it_is_back(target, box):
    options = ("--state", "jackpot.db")
    box.always = 500
    with served(*options, cwd=target) as (process, url, _):
        reserve(url)
        until(lambda: box.bodies)
        process.kill()
        process.wait()
    box.always, sent = 200, len(box.bodies)
    with served(*options, cwd=target) as (process, _, _):
        until(lambda: len(box.bodies) > sent)
        process.terminate()
        assert process.wait(60) == 0
    assert len(set(box.bodies)) == 1


def test_a_state_that_cannot_be_written(target):
    done = pitboss("serve", "--jackpot-port", 0, "--state", "no/such/folder.db", cwd=target)
    assert "--state no/such/folder.db" in three_beats(done, 2)


def test_without_a_target_file_both_fit_the_client_by_default(tmp_path):
    with served("--operator-port", 0, "--checkout-port", 0, cwd=tmp_path) as (process, url, said):
        assert "OPERATOR" in said
        assert f"notifies        {demo.DEMO_NOTIFICATION_URL}" in said
        headers = {"apikey": client_config.DEMO_JACKPOT_API_KEY}
        assert requests.get(f"{url}/v2/stores", headers=headers, timeout=20).status_code == 200
        end(process)


@pytest.mark.parametrize("name", ["API_KEY", "API_SIGNATURE", "CLIENT_SECRET"])
def test_the_demo_and_the_client_agree(name, monkeypatch):
    constant = f"DEMO_JACKPOT_{name}"
    assert getattr(demo, constant) == getattr(client_config, constant)
    monkeypatch.setenv(f"JACKPOT_{name}", "from the environment")
    assert demo.demo_sections()["jackpot"][name.lower()] == "from the environment"
    assert getattr(client_config.Config(), f"jackpot_{name.lower()}") == "from the environment"


@pytest.mark.parametrize("name", wire.EVENTS)
def test_trigger_sends_every_event_in_its_shape(target, box, name):
    options = ("--notification-key", "k-9", "--price", "27.5") if name.startswith("coupon") else ()
    done = pitboss("trigger", name, *options, "--id", "e-1", "--copies", "1", cwd=target)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("answered  HTTP 200") == 2
    first, second = box.bodies
    assert first == second
    event = wire.parse(first)
    assert (event.event, event.id) == (name, "e-1")
    if isinstance(event, wire.CouponEvent):
        assert (event.message.notification_key, event.message.price) == ("k-9", Decimal("27.50"))
        assert event.message.state is wire.STATE_OF[name]
    assert not any(secret in done.stdout for secret in SECRETS)


def test_trigger_changes_properties_and_names_ids(target, box):
    changes = ("--set", "voucherValueMax=140", "--set", 'name="Neu"')
    assert pitboss("trigger", "store/update", "--store", "s-1", *changes, cwd=target).returncode == 0
    ids = ("--voucher", "v-1", "--value", "80")
    assert pitboss("trigger", "coupon/reserved", *ids, cwd=target).returncode == 0
    update, reserved = (json.loads(body)["message"] for body in box.bodies)
    assert (update["storeId"], update["data"]["id"], update["data"]["name"]) == ("s-1", "s-1", "Neu")
    assert set(update["updatedAttributes"]) == {"name", "voucherValueMax"}
    assert (reserved["id"], reserved["value"]) == ("v-1", "80.00")
    assert "notificationKey" not in reserved


def test_trigger_tells_what_the_client_answers(target, box):
    box.always = 500
    assert pitboss("trigger", "coupon/ready", cwd=target).returncode == 3
    box.always = 404
    done = pitboss("trigger", "coupon/ready", "--fault", "answer-lost", "--copies", "1", cwd=target)
    assert done.returncode == 1
    assert "answer was lost" in done.stdout
    assert "outcome   refused" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "colour=1"], "'colour'"),
        (["--set", "name"], "--set is 'name'"),
        (["--set", "discounts=null"], "discounts"),
    ],
)
def test_trigger_refuses_what_it_cannot_send(target, box, options, said):
    assert said in three_beats(pitboss("trigger", "store/enabled", *options, cwd=target), 2)
    assert box.bodies == []


def test_trigger_without_the_section_makes_it_up_and_says_so(tmp_path, box):
    origin = box.url.removesuffix(urlsplit(box.url).path)
    (tmp_path / "pitboss.toml").write_text(f'[operator]\ncallback_url = "{origin}/"\nsecurity_hash = "x"\n')
    done = pitboss("trigger", "coupon/ready", cwd=tmp_path)
    assert done.stderr.count("note: ") == 1
    assert "[jackpot] is not there" in done.stderr
    assert f"POST {origin}/jackpot/notifications" in done.stdout
