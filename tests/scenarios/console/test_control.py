"""The console as a control API: its document, questions about the history, audits, and its clients."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from scenarios.console.control.client import PLACE
from simulators.exchanges.har import write_har
from simulators.exchanges.history import History
from simulators.exchanges.redaction import Redactor
from simulators.operator.delivery import Operator
from simulators.server.access.gate import TOKEN_HEADER
from simulators.transport.route import Route
from simulators.wallet.transactions import Kind, Transaction
from tests.scenarios.console.running import (
    CHECKOUT_KEY,
    CONTROL_TOKEN,
    JACKPOT_SECRETS,
    Inside,
    Scene,
    console_inside,
    served_console,
)
from tests.support.programs.commanding import pitboss, started, three_beats
from tests.support.programs.reference import HASH


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with console_inside(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with served_console(tmp_path_factory.mktemp("control")) as made:
        yield made


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with served_console(tmp_path_factory.mktemp("faulty"), "rollback-orphan-deposits") as made:
        yield made


def ask(url: str, **fields: object) -> list[int]:
    answer = requests.get(f"{url}/exchanges", params=fields, timeout=60)
    assert answer.status_code == 200, answer.text
    return [each["number"] for each in answer.json()["exchanges"]]


def act(scene: Scene, name: str, **fields: object) -> dict:
    headers = {TOKEN_HEADER: CONTROL_TOKEN}
    answer = requests.post(f"{scene.url}/do/{name}", json=fields, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2]),
        ("player:p-1", [0, 1]),
        ("player:p-2", [2]),
        ("status:200 provider:operator client:to", [0, 1, 2]),
        ("status:500", []),
        ("client:from", []),
        (">60000ms", []),
        ("not_enough", [2]),
    ],
)
def test_the_history_is_asked_by_words_that_must_all_fit(inside: Inside, text: str, found: list[int]) -> None:
    inside.write(2)
    inside.write(user="p-2", error="not_enough_balance")
    inside.ask("/auth")  # not over yet
    assert ask(inside.url, filter=text) == found


def test_a_store_event_that_is_raised_changes_the_store_at_jackpot(scene: Scene) -> None:
    def offered() -> dict[str, dict]:
        key = {"apikey": JACKPOT_SECRETS[0]}
        return {
            each["id"]: each
            for each in requests.get(f"{scene.jackpot}/v2/stores", headers=key, timeout=30).json()
        }

    before = offered()
    store = min(before)
    act(scene, "raise", event="store/disabled", store=store)
    assert offered() == {name: each for name, each in before.items() if name != store}
    act(scene, "raise", event="store/enabled", store=store)
    made = act(scene, "raise", event="store/update", store=store, changes='shippingTime="96"')
    assert made["outcome"] == "ok"
    assert offered() == before | {store: before[store] | {"shippingTime": "96"}}
    act(scene, "raise", event="store/disabled", store="one-that-jackpot-never-had")
    assert len(offered()) == len(before)


def test_what_cannot_be_read_is_told_in_three_beats(inside: Inside) -> None:
    for fields in ({"filter": "status:none"}, {"wait": "31"}, {"since": "-1"}):
        answer = requests.get(f"{inside.url}/exchanges", params=fields, timeout=30)
        assert answer.status_code == 422
        reported = answer.json()
        assert reported.pop("fields") == {next(iter(fields)): reported}
        assert reported.keys() == {"came", "expected", "next_step"}


def test_a_question_waits_until_there_are_as_many_as_it_wants(inside: Inside) -> None:
    inside.write()
    threading.Timer(0.3, inside.write).start()
    assert ask(inside.url, count=2, wait=30) == [0, 1]
    assert ask(inside.url, count=3, wait=0) == [0, 1], "nothing is waited for"


@pytest.mark.parametrize("kind", ["scene", "faulty"])
def test_an_audit_says_whether_the_balance_is_what_was_sent(
    kind: str, request: pytest.FixtureRequest
) -> None:
    serving: Scene = request.getfixturevalue(kind)
    since, opening = act(serving, "reset")["since"], str(serving.client.balance("p-2"))
    act(serving, "raise", event="orphan", player="p-2", amount="5.00")
    audit = act(serving, "audit", player="p-2", opening=opening, since=since)
    assert audit["right"] is (kind == "scene"), audit
    assert ("orphan" in audit["said"]) is (kind == "faulty"), audit


def test_tail_shows_what_passes(scene: Scene, tmp_path: Path) -> None:
    since = act(scene, "reset")["since"]
    words = ("tail", "player:p-1", "--console", scene.url, "--since", since, "--count", 2)
    with started(*words, cwd=tmp_path) as tailing:
        act(scene, "raise", event="result", player="p-2", amount="1.00")
        act(scene, "raise", event="result", player="p-1", amount="2.50", copies=1)
        reported = tailing.stdout.read().splitlines()
        assert tailing.wait(60) == 0
    assert len(reported) == 2
    assert all("operator -> " in line and "p-1 2.50 EUR" in line and "ok" in line for line in reported)


def test_tail_says_what_is_wrong(scene: Scene, tmp_path: Path) -> None:
    three_beats(pitboss("tail", "--console", "http://127.0.0.1:9", cwd=tmp_path), 3)
    reported = three_beats(pitboss("tail", "status:none", "--console", scene.url, cwd=tmp_path), 2)
    assert "status:200" in reported


# -- the commands of the folder are its clients


def in_feed(scene: Scene, since: int) -> list[str]:
    """The bodies of what providers sent since then."""
    asked = {"since": since, "filter": "client:to"}
    found = requests.get(f"{scene.url}/exchanges", params=asked, timeout=60).json()["exchanges"]
    return [each["request"]["body"] for each in found]


def test_serve_tells_commands_of_its_folder_where_it_is(scene: Scene) -> None:
    place = scene.folder / PLACE
    assert place.stat().st_mode & 0o777 == 0o600
    reported = json.loads(place.read_text())
    assert (reported["console"], reported["token"]) == (scene.url, CONTROL_TOKEN)
    assert CONTROL_TOKEN not in scene.said
    act(scene, "raise", event="result", amount="1.00")
    assert pitboss("tail", "--since", 0, "--count", 1, cwd=scene.folder).stdout.startswith("#")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bet", "--amount", "1.00", "--id", " spaced ", "--copies", 1), '" spaced "'),
        (("bet", "--amount", "1.00", "--together", 3), '"action":"bet"'),
        (("coupon/ready", "--notification-key", "k-1", "--price", "27"), '"coupon/ready"'),
        (("store/update", "--set", 'name="New"'), '"New"'),
        (("decision", "--declined"), '"payload"'),
    ],
)
def test_what_trigger_does_is_in_the_feed(scene: Scene, words: tuple[object, ...], said: str) -> None:
    since = act(scene, "reset")["since"]
    done = pitboss("trigger", *words, "--curl", cwd=scene.folder)
    sent = in_feed(scene, since)
    assert sent, done.stdout + done.stderr
    assert all(said in body for body in sent)
    assert f"note: through the `pitboss serve` of this folder, {scene.url}" in done.stderr
    assert done.stdout.count("  sent  ") == done.stdout.count("  curl ") == len(sent)
    assert not any(secret in done.stdout for secret in (HASH, *JACKPOT_SECRETS, CHECKOUT_KEY))


def test_what_does_not_fit_is_told_in_three_beats_through_serve_too(scene: Scene) -> None:
    done = pitboss("trigger", "bet", "--amount", "1", "--fault", "client-killed", cwd=scene.folder)
    assert "restart" in three_beats(done, 2)


def test_what_resend_does_is_in_the_feed(scene: Scene) -> None:
    since = act(scene, "reset")["since"]
    history = History()
    with closing(Route(history)) as route:
        operator = Operator(f"{scene.client.url}/operator", HASH, route)
        first = operator.send(Transaction(Kind.RESULT, "t-resent", "p-1", "EUR", Decimal("1.50")))
    report = scene.folder / "out"
    report.mkdir(exist_ok=True)
    write_har(history, report / "history.har", Redactor({"SECURITY_HASH": HASH}))
    copy, fresh = (
        pitboss("resend", 0, "--from", "out", *more, cwd=scene.folder) for more in ((), ("--fresh",))
    )
    assert (copy.returncode, fresh.returncode) == (0, 0), copy.stderr + fresh.stderr
    assert "#0 again" in copy.stdout
    assert "#0 fresh" in fresh.stdout
    again, new = in_feed(scene, since)
    assert again.encode() == first.request.body
    assert json.loads(new) == json.loads(again) | {"transaction_id": json.loads(new)["transaction_id"]}
    assert new != again


@pytest.mark.parametrize("stale", ["gone", "another", "other target", "no JSON"])
def test_where_no_serve_answers_trigger_works_by_itself(scene: Scene, tmp_path: Path, stale: str) -> None:
    scene.client.target(tmp_path)
    reported = {"console": scene.url, "token": CONTROL_TOKEN, "target": str(tmp_path / "pitboss.toml")}
    reported |= {
        "gone": {"console": "http://127.0.0.1:9"},
        "another": {"token": "of a serve before"},
        "other target": {"target": str(scene.folder / "pitboss.toml")},
        "no JSON": {},
    }[stale]
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_text("{" if stale == "no JSON" else json.dumps(reported))
    since = act(scene, "reset")["since"]
    done = pitboss("trigger", "result", "--amount", "1", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert in_feed(scene, since) == []


# -- credentials and stores


def refused(scene: Scene, name: str, **fields: object) -> dict:
    """What is told of what does not fit, by field."""
    headers = {"Authorization": f"Bearer {CONTROL_TOKEN}"}
    answer = requests.post(f"{scene.url}/do/{name}", json=fields, headers=headers, timeout=60)
    assert answer.status_code == 422, answer.text
    return answer.json()


def test_a_field_that_there_is_not_is_a_slip_and_nothing_is_done(scene: Scene) -> None:
    before = ask(scene.url)
    slip = refused(scene, "raise", event="bet", amount="1.00", copys=3)
    beats = slip["fields"]["copys"]
    assert (beats["came"], beats["next_step"]) == ("there is no field 'copys'", "did you mean copies?")
    assert slip["expected"].startswith("one of event, player, currency, amount, id, of, copies, ")
    assert refused(scene, "reset", since=3)["expected"] == "no fields: nothing can be chosen"
    assert list(refused(scene, "check", only="BET-01", efort="quick")["fields"]) == ["efort"]
    asked = requests.get(f"{scene.url}/exchanges", params={"status": "200"}, timeout=60)
    assert (asked.status_code, list(asked.json()["fields"])) == (422, ["status"])
    assert ask(scene.url) == before


def test_the_operators_secret_is_rotated_and_what_it_signs_is_refused_until_the_client_has_it(
    scene: Scene,
) -> None:
    since = act(scene, "reset")["since"]
    new = "a-new-security-hash-of-the-tests"
    rotated = act(scene, "rotate", provider="operator", security_hash=new)
    assert rotated == {"provider": "operator", "changed": ["security_hash"]}
    assert act(scene, "credentials")["values"]["SECURITY_HASH"] == new
    assert act(scene, "raise", event="result", amount="1.00")["outcome"] == "refused"
    act(scene, "rotate", provider="operator", security_hash=HASH)
    assert act(scene, "raise", event="result", amount="1.00")["outcome"] == "ok"
    # Neither is told of what passed, and both kinds of request are in the history.
    reported = requests.get(f"{scene.url}/exchanges", params={"since": since}, timeout=60).text
    assert '"refused"' in reported
    assert new not in reported
    assert HASH not in reported


def test_the_password_is_rotated(scene: Scene) -> None:
    def auth(password: str) -> int:
        asked = {"username": act(scene, "credentials")["values"]["CLIENT_USERNAME"], "password": password}
        return requests.post(f"{scene.operator}/auth", json=asked, timeout=60).status_code

    before = act(scene, "credentials")["values"]["CLIENT_PASSWORD"]
    act(scene, "rotate", provider="operator", password="new-password-of-the-tests")
    assert (auth(before), auth("new-password-of-the-tests")) == (401, 200)
    act(scene, "rotate", provider="operator", password=before)
    assert (auth(before), auth("new-password-of-the-tests")) == (200, 401)


def test_jackpots_key_is_rotated(scene: Scene) -> None:
    def asked(key: str) -> int:
        return requests.get(f"{scene.jackpot}/v2/stores", headers={"apikey": key}, timeout=60).status_code

    names = ("api_key", "api_signature", "client_secret")
    assert act(scene, "credentials", provider="jackpot")["values"] == dict(
        zip(names, JACKPOT_SECRETS, strict=True)
    )
    act(scene, "rotate", provider="jackpot", api_key="new-api-key-of-the-tests")
    assert (asked(JACKPOT_SECRETS[0]), asked("new-api-key-of-the-tests")) == (401, 200)
    act(scene, "rotate", provider="jackpot", api_key=JACKPOT_SECRETS[0])
    assert asked(JACKPOT_SECRETS[0]) == 200


def test_the_checkouts_key_is_rotated(scene: Scene) -> None:
    new = "a-new-checkout-key-of-32-bytes-or-more"
    act(scene, "rotate", provider="checkout", key=new)
    assert act(scene, "raise", event="decision/approved")["outcome"] == "refused"
    act(scene, "rotate", provider="checkout", key=CHECKOUT_KEY)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"provider": "bank"}, "provider"),
        ({"provider": "operator", "security_hash": 5}, "security_hash"),
        ({"provider": "operator"}, None),
        ({"provider": "operator", "api_key": "of another provider"}, None),
    ],
)
def test_credentials_that_do_not_fit_are_told(
    scene: Scene, fields: dict[str, object], field: str | None
) -> None:
    assert list(refused(scene, "rotate", **fields).get("fields", [None])) == [field]


def test_stores_are_listed_added_changed_withdrawn_and_removed(scene: Scene) -> None:
    def stores() -> dict[str, dict]:
        found = requests.get(f"{scene.url}/stores", timeout=60).json()["stores"]
        return {each["id"]: each for each in found}

    def offered() -> dict[str, dict]:
        key = {"apikey": JACKPOT_SECRETS[0]}
        found = requests.get(f"{scene.jackpot}/v2/stores", headers=key, timeout=60).json()
        return {each["id"]: each for each in found}

    before, since = stores(), act(scene, "reset")["since"]
    model = before[min(before)]
    wanted = {name: value for name, value in model.items() if name not in ("id", "slug", "offered")}
    lines = "\n".join(
        f"{name}={json.dumps(value)}" for name, value in (wanted | {"name": "Chez Nous"}).items()
    )
    made = act(scene, "store", act="add", changes=lines)
    store = made["store"]
    assert made["standing"] == "acknowledged"
    assert stores().keys() - before.keys() == {store}
    assert offered()[store] | {"offered": True} == stores()[store]
    assert stores()[store]["slug"] == "chez-nous"
    act(scene, "store", act="change", store=store, changes='shippingTime="96"\nvoucherValueMax=1000.50')
    assert (offered()[store]["shippingTime"], offered()[store]["voucherValueMax"]) == ("96", 1000.5)
    act(scene, "store", act="withdraw", store=store)
    assert store not in offered()
    assert stores()[store]["offered"] is False
    act(scene, "store", act="offer", store=store)
    assert store in offered()
    act(scene, "store", act="remove", store=store)
    assert stores() == before
    reported = [json.loads(body)["event"] for body in in_feed(scene, since)]
    assert reported == ["store/enabled", "store/update", "store/disabled", "store/enabled", "store/disabled"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"act": "burn"}, "act"),
        ({"act": "withdraw"}, "store"),
        ({"act": "change", "store": "none-of-them", "changes": "name=1"}, "store"),
        ({"act": "add", "changes": "voucherValueMax"}, "changes"),
        ({"act": "add", "changes": 'name="Only a name"'}, "changes"),
    ],
)
def test_stores_that_do_not_fit_are_told_at_their_field(
    scene: Scene, fields: dict[str, object], field: str
) -> None:
    assert list(refused(scene, "store", **fields)["fields"]) == [field]
