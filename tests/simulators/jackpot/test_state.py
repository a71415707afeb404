"""Jackpot's state in a file: what survives a restart, and what is refused."""

import json
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from scenarios.hosting.state_file import opened
from scenarios.problems.errors import UsageProblem
from simulators.jackpot.account import Habits
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.requests import ClientCredentialsGrant, JwtBearerGrant
from simulators.server.responses import ApiError
from simulators.simulator import Simulator
from simulators.webhooks.retry_queue import DeliveryStanding
from tests.simulators.jackpot.running import AGREEMENT, JWT_BEARER, inbox, quiet_simulator


def kept_in(file: Path, simulator: Simulator[Any]) -> None:
    """Give ``simulator`` the state in ``file``, and write it there as it is then."""
    with opened(file, simulator.history) as made:
        made.keep(simulator)


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "jackpot.json"
    with inbox() as box:
        box.script.extend([200, 500])
        with quiet_simulator(box.url) as (first, clock):
            jwt = session_jwt.mint_raw(
                {"amount": 100, "iat": int(clock.now), "notificationKey": "k", "userId": "ü"},
                AGREEMENT.api_signature,
            )
            session = first.service.token(
                JwtBearerGrant(grant_type=JWT_BEARER, client_id="acme", assertion=jwt)  # type: ignore[arg-type]
            )
            server = first.service.token(
                ClientCredentialsGrant(
                    grant_type="client_credentials", client_id="acme", client_secret=AGREEMENT.client_secret
                )
            )
            store = first.account.listings[1].store
            first.account.update_store(store.id, {"name": "Neu"})
            asked = first.account.reservation(store.voucher_value_max, value=store.voucher_value_max)
            voucher = first.account.reserve(store.id, asked)
            first.account.happen(voucher.id, VoucherEvent.CONFIRM)
            first.account.habits = Habits(confirmation="automatic")
            first.account.disable_store(first.account.listings[0].store.id)
            url = first.service.signed_url(voucher.id).signed_url
            first.queue.work()
            kept_in(file, first)
            kept = (first.account.vouchers, first.account.listings, first.sessions)
            waiting = [each.id for each in first.queue.pending]
        with quiet_simulator(None) as (second, later):
            kept_in(file, second)
            assert (second.account.vouchers, second.account.listings, second.sessions) == kept
            assert second.account.habits.confirmation == "automatic"
            assert second.endpoint.url == box.url
            assert second.service.authenticate(Kind.SESSION, None, session.access_token) == kept[2][0]
            assert second.service.authenticate(Kind.SERVER, None, server.access_token) is None
            with pytest.raises(ApiError) as caught:
                second.service.token(
                    JwtBearerGrant(grant_type=JWT_BEARER, client_id="acme", assertion=jwt)  # type: ignore[arg-type]
                )
            assert caught.value.code == "JWT_USED"
            pdf = second.service.pdf(voucher.id, *dict(parse_qsl(urlsplit(url).query)).values())
            assert pdf.startswith(b"%PDF-")
            assert [each.id for each in second.queue.pending] == waiting
            assert [len(each.attempts) for each in second.queue.deliveries] == [1, 1, 1, 1, 1]
            assert second.queue.work() == 1
            later.now += 1
            assert second.queue.work() is None
            assert {each.standing for each in second.queue.deliveries} == {DeliveryStanding.ACKNOWLEDGED}
            again = second.account.notify("coupon/ready", voucher.id)
            assert again.id == len(second.queue.deliveries)


def test_no_secret_is_written_and_only_the_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "jackpot.json"
    with quiet_simulator() as (simulator, clock):
        jwt = session_jwt.mint_raw({"amount": 1, "iat": int(clock.now)}, AGREEMENT.api_signature)
        token = simulator.service.token(
            JwtBearerGrant(grant_type=JWT_BEARER, client_id="acme", assertion=jwt)  # type: ignore[arg-type]
        )
        kept_in(file, simulator)
    text = file.read_text()
    for secret in (
        jwt,
        token.access_token,
        AGREEMENT.api_signature,
        AGREEMENT.client_secret,
        AGREEMENT.api_key,
    ):
        assert secret not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {file.name, f".{file.name}.lock"}


def damaged(text: str, how: str) -> str:
    document = json.loads(text)
    section = document["providers"]["jackpot"]
    match how:
        case "cut":
            return text[:-10]
        case "version":
            document["version"] = 3
        case "jackpot alone":
            return json.dumps({"version": 1, **section})
        case "list":
            return "[]"
        case "missing":
            del section["vouchers"]
        case "state":
            section["confirmation"] = "never"
        case "store":
            section["listings"][0]["store"]["name"] = 7
        case "delivery":
            section["deliveries"][0]["event"]["event"] = "coupon/unheard-of"
        case "text":
            section["vouchers"][0]["value"] = "1e999999999"
        case "number":
            return text.replace('"servers":{}', '"servers":{"c":1e999999999}')
        case "late":
            return text.replace('"servers":{}', '"servers":{"c":1e900}')
    return json.dumps(document)


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "version",
        "jackpot alone",
        "list",
        "missing",
        "state",
        "store",
        "delivery",
        "text",
        "number",
        "late",
    ],
)
def test_a_damaged_file_changes_nothing(tmp_path: Path, how: str) -> None:
    file = tmp_path / "jackpot.json"
    with quiet_simulator() as (simulator, _):
        store = simulator.account.listings[1].store
        asked = simulator.account.reservation(store.voucher_value_max, value=store.voucher_value_max)
        simulator.account.reserve(store.id, asked)
        simulator.account.disable_store(simulator.account.listings[0].store.id)
        kept_in(file, simulator)
        file.write_text(damaged(file.read_text(), how))
        before = (simulator.account.listings, simulator.queue.deliveries, simulator.account.habits)
        with pytest.raises(UsageProblem, match="is no state of pitboss serve"):
            kept_in(file, simulator)
        assert (simulator.account.listings, simulator.queue.deliveries, simulator.account.habits) == before
