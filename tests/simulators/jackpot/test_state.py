"""Jackpot's state in a file: what survives a restart, and what is refused."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from scenarios.problems.errors import UsageProblem
from simulators.jackpot.account import Habits
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.requests import ClientCredentialsGrant, JwtBearerGrant
from simulators.server.responses import ApiError
from simulators.webhooks.message_log import DeliveryStanding
from tests.simulators.jackpot.running import AGREEMENT, JWT_BEARER, inbox, quiet_simulator
from tests.support.programs.state_files import change, everything, kept_in, put


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "jackpot.db"
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
            opened = second.service.voucher_at(voucher.id, *dict(parse_qsl(urlsplit(url).query)).values())
            assert opened.id == voucher.id
            assert [each.id for each in second.queue.pending] == waiting
            assert [len(each.attempts) for each in second.queue.deliveries] == [1, 1, 1, 1, 1]
            assert second.queue.work() == 1
            later.now += 1
            assert second.queue.work() is None
            assert {each.standing for each in second.queue.deliveries} == {DeliveryStanding.ACKNOWLEDGED}
            again = second.account.notify("coupon/ready", voucher.id)
            assert again.id == len(second.queue.deliveries)


def test_no_secret_is_written_and_only_the_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "jackpot.db"
    with quiet_simulator() as (simulator, clock):
        jwt = session_jwt.mint_raw({"amount": 1, "iat": int(clock.now)}, AGREEMENT.api_signature)
        token = simulator.service.token(
            JwtBearerGrant(grant_type=JWT_BEARER, client_id="acme", assertion=jwt)  # type: ignore[arg-type]
        )
        kept_in(file, simulator)
    text = file.read_bytes()
    for secret in (
        jwt,
        token.access_token,
        AGREEMENT.api_signature,
        AGREEMENT.client_secret,
        AGREEMENT.api_key,
    ):
        assert secret.encode() not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [file]


def damage(file: Path, how: str) -> None:
    match how:
        case "cut":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        case "a page is lost":
            file.write_bytes(file.read_bytes()[:-4096])
        case "version":
            with closing(sqlite3.connect(file)) as database:
                database.execute("PRAGMA user_version = 4")
        case "another program's":
            with closing(sqlite3.connect(file)) as database:
                database.execute("PRAGMA application_id = 1")
        case "version 2":
            file.write_text('{"version": 2, "providers": {"jackpot": {}}}')
        case "state":
            put(file, "jackpot", "settings", "now", '{"notification_url": null, "confirmation": "never"}')
        case "store":
            change(file, "jackpot", "listings", store={"name": 7})
        case "delivery":
            change(file, "jackpot", "deliveries", event={"event": "coupon/unheard-of"})
        case "text":
            change(file, "jackpot", "vouchers", value="1e999999999")
        case "number":
            put(file, "jackpot", "servers", "c", "1e999999999")
        case "late":
            put(file, "jackpot", "servers", "c", "1e900")


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "a page is lost",
        "version",
        "another program's",
        "version 2",
        "state",
        "store",
        "delivery",
        "text",
        "number",
        "late",
    ],
)
def test_a_damaged_file_changes_nothing(tmp_path: Path, how: str) -> None:
    file = tmp_path / "jackpot.db"
    with quiet_simulator() as (simulator, _):
        store = simulator.account.listings[1].store
        asked = simulator.account.reservation(store.voucher_value_max, value=store.voucher_value_max)
        simulator.account.reserve(store.id, asked)
        simulator.account.disable_store(simulator.account.listings[0].store.id)
        kept_in(file, simulator)
        damage(file, how)
        before, there = everything(simulator), file.read_bytes()
        with pytest.raises(UsageProblem, match="is no state of pitboss serve"):
            kept_in(file, simulator)
        assert everything(simulator) == before
        assert file.read_bytes() == there
