"""The state of the OPERATOR and of the checkout in a file: what survives a restart, and what is refused."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scenarios.hosting.state_file import opened
from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import History
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.lifecycle import SlipEvent, SlipState
from simulators.operator.simulator import Agreement, OperatorSimulator, Session
from simulators.operator.world import Happening
from simulators.server.access.tokens import TokenStanding
from simulators.simulator import Simulator
from simulators.transport.route import Route
from simulators.values import decimal_json
from simulators.values.records import Table
from simulators.wallet.transactions import Kind
from tests.simulators.checkout.running import SECRET, claims, quiet_checkout, wire
from tests.simulators.jackpot.running import quiet_simulator
from tests.simulators.operator.tiny_client import channel
from tests.support.clock import Clock
from tests.support.programs.state_files import as_a_kill_leaves_it, change, everything, kept_in, put, records

SESSION = Session("p-1", "EUR", "en", "http://127.0.0.1/play/key", 1.5, "key", "form-token")
NOWHERE = "http://127.0.0.1:9/operator"


def operator(line: Operator, clock: Clock) -> OperatorSimulator:
    return OperatorSimulator(Agreement("client", "word"), Callbacks(line, clock=clock), clock=clock)


def placed(simulator: OperatorSimulator, stake: str) -> str:
    chosen = next(iter(simulator.catalogue.selections))
    return simulator.place(SESSION, Decimal(stake), [chosen]).id


def test_the_operator_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file, clock, later = tmp_path / "state.db", Clock(), Clock(5.0)
    # Two bets are taken; what is paid for the first gets no answer, once.
    with channel("ok", "ok", "drop") as (client, line):
        first = operator(line, clock)
        good, revoked = first.tokens.issue(100), first.tokens.issue(100)
        won, opened_still = placed(first, "10.00"), placed(first, "0.10")
        first.happen(won, Happening(SlipEvent.WIN))
        clock.now += 0.5
        kept_in(file, first)
        assert file.stat().st_mode & 0o777 == 0o600
        second = operator(line, later)
        kept_in(file, second)
        assert second.slips("p-1") == first.slips("p-1")
        assert second.sessions == first.sessions
        assert second.tokens.standing(good) is TokenStanding.VALID
        assert second.tokens.standing("other") is TokenStanding.UNKNOWN
        # One second after the first attempt, half of which had passed.
        assert second.queue.work() == 0.5
        later.now += 0.5
        assert second.queue.work() is None
        assert client.bodies[2] == client.bodies[3]
        second.happen(opened_still, Happening(SlipEvent.VOID))
        assert json.loads(client.bodies[-1])["amount"] == 0.1
        second.revoke_tokens()
        file.unlink()
        kept_in(file, second)
        kept_in(file, third := operator(line, later))
    assert third.tokens.standing(revoked) is TokenStanding.REVOKED


def left_by_a_kill(folder: Path, simulator: Simulator[Any], act: Callable[[], object]) -> Path:
    """The file of ``simulator`` as a kill leaves it once the first message of ``act`` has left, unanswered."""
    file, killed = folder / "state.db", folder / "killed.db"
    with opened(file, simulator.history) as made:
        made.keep(simulator)
        simulator.history.listeners.append(lambda _: killed.exists() or as_a_kill_leaves_it(file, killed))
        act()
    return killed


def test_a_bet_that_was_under_way_is_rolled_back_once(tmp_path: Path) -> None:
    clock = Clock()
    with closing(Route(History())) as route:
        first = operator(Operator(NOWHERE, "s", route), clock)
        killed = left_by_a_kill(tmp_path, first, lambda: placed(first, "10.00"))
    for _ in range(2):
        with closing(Route(History())) as route:
            again = operator(Operator(NOWHERE, "s", route), clock)
            kept_in(killed, again)
        [slip] = again.slips("p-1")
        assert slip.state is SlipState.UNANSWERED
        [owed] = again.queue.pending
        assert (owed.event.kind, owed.event.of, owed.event.amount) == (Kind.ROLLBACK, slip.bet_id, slip.stake)


@pytest.mark.parametrize(
    ("before", "last", "owed"),
    [
        ([], SlipEvent.WIN, [Kind.RESULT]),
        # The first of them has left, the other has not.
        ([SlipEvent.WIN], SlipEvent.VOID, [Kind.ROLLBACK, Kind.ROLLBACK]),
    ],
)
def test_what_follows_from_an_event_is_owed_after_a_kill(
    tmp_path: Path, before: list[SlipEvent], last: SlipEvent, owed: list[Kind]
) -> None:
    with channel() as (_, line):
        first = operator(line, Clock())
        slip = placed(first, "10.00")
        for event in before:
            first.happen(slip, Happening(event))
        killed = left_by_a_kill(tmp_path, first, lambda: first.happen(slip, Happening(last)))
        kept_in(killed, again := operator(line, Clock()))
        assert again.slips("p-1") == first.slips("p-1")
        assert [each.event.kind for each in again.queue.pending] == owed


def test_a_webhook_that_was_under_way_is_owed_after_a_kill(tmp_path: Path) -> None:
    def decided() -> None:
        made = checkout.create(wire.mint(claims(clock.now), SECRET))
        checkout.decide(made.token, approved=True)  # type: ignore[union-attr]
        checkout.queue.work()

    def reserved() -> None:
        store = jackpot.account.listings[0].store
        price = store.voucher_value_max
        jackpot.account.reserve(store.id, jackpot.account.reservation(price, value=price))
        jackpot.queue.work()

    with quiet_checkout(NOWHERE) as (checkout, clock), quiet_simulator(NOWHERE) as (jackpot, _):
        for number, (simulator, act) in enumerate(((checkout, decided), (jackpot, reserved))):
            folder = tmp_path / str(number)
            folder.mkdir()
            killed = left_by_a_kill(folder, simulator, act)
            before = everything(simulator)
            with quiet_checkout() as (merchants, _), quiet_simulator() as (vouchers, _):
                again: Simulator[Any] = merchants if simulator is checkout else vouchers
                kept_in(killed, again)
                assert [each.event for each in again.queue.pending] == [
                    each.event for each in simulator.queue.pending
                ]
                assert {name for name, table in everything(again).items() if table} == {
                    name for name, table in before.items() if table
                }


def test_the_checkout_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    urls = wire.CallbackUrls("http://127.0.0.1:9/told", "http://127.0.0.1:9/thanks")
    with quiet_checkout() as (first, clock):
        payload, other = (wire.mint(claims(clock.now, callback_urls=each), SECRET) for each in (urls, None))
        token, undecided = first.create(payload).token, first.create(other).token  # type: ignore[union-attr]
        reported = first.decide(token, approved=True)
        kept_in(file, first)
        assert SECRET.encode() not in file.read_bytes()
        with quiet_checkout() as (second, _):
            kept_in(file, second)
            assert second.checkouts == first.checkouts
            assert second.create(payload) == second.checkout(token)
            assert [(each.event, each.due) for each in second.queue.pending] == [(reported.event, clock.now)]
            assert second.decide(undecided, approved=False).event.to is None


def test_one_is_written_while_another_comes(tmp_path: Path) -> None:
    clock = Clock()
    with quiet_checkout() as (late, _), closing(Route(History())) as route:

        class Meanwhile(OperatorSimulator):
            coming: threading.Thread | None = None

            def tables(self) -> dict[str, Table[Any, Any]]:
                if self.coming is not None and not self.coming.ident:
                    self.coming.start()
                    # It waits for its turn, which is now this one's.
                    self.coming.join(0.2)
                return super().tables()

        first = Meanwhile(Agreement("client", "word"), Callbacks(Operator(NOWHERE, "s", route)), clock=clock)
        first.tokens.issue(100)
        late.tokens.issue(100)
        with opened(tmp_path / "state.db", route.history) as file:
            file.keep(first)
            first.coming = threading.Thread(target=file.keep, args=(late,))
            file.save()
            first.coming.join()
    assert records(tmp_path / "state.db", "operator", "tokens")
    assert records(tmp_path / "state.db", "checkout", "tokens")


def test_sections_of_providers_that_are_not_served_stay(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with quiet_checkout() as (first, clock):
        token = first.create(wire.mint(claims(clock.now), SECRET)).token  # type: ignore[union-attr]
        kept_in(file, first)
    with closing(Route(History())) as route:
        kept_in(file, operator(Operator(NOWHERE, "s", route), Clock()))
    with quiet_checkout() as (second, _):
        kept_in(file, second)
        assert second.checkout(token).token == token


@pytest.mark.parametrize(
    ("provider", "name", "damage"),
    [
        ("operator", "slips", {"stake": "ten"}),
        ("operator", "slips", {"state": "lost in thought"}),
        ("operator", "sessions", {}),
        ("operator", "tokens", {"ends": "soon"}),
        ("operator", "heirlooms", {}),
        ("checkout", "checkouts", {"claims": None}),
        ("checkout", "payloads", "no such checkout"),
        ("checkout", "deliveries", {}),
    ],
)
def test_a_damaged_record_changes_nothing(tmp_path: Path, provider: str, name: str, damage: Any) -> None:
    file = tmp_path / "state.db"
    with quiet_checkout() as (checkout, clock), closing(Route(History())) as route:
        player = operator(Operator(NOWHERE, "s", route), clock)
        checkout.create(wire.mint(claims(clock.now), SECRET))
        placed(player, "1.00")
        kept_in(file, player, checkout)
        if damage and name in ("slips", "checkouts"):
            change(file, provider, name, **damage)
        else:
            put(file, provider, name, 7, json.dumps(damage))
        damaged = player if provider == "operator" else checkout
        before = everything(damaged)
        with pytest.raises(UsageProblem, match=f"its section {provider}"):
            kept_in(file, damaged)
        assert everything(damaged) == before


def test_a_change_costs_what_changed(tmp_path: Path) -> None:
    with closing(Route(History())) as route, opened(tmp_path / "state.db", route.history) as file:
        simulator = operator(Operator(NOWHERE, "s", route), Clock())
        file.keep(simulator)
        for _ in range(3000):
            simulator.tokens.issue(100)
        file.save()
        before = on_disk(tmp_path)
        for _ in range(5):
            simulator.tokens.issue(100)
            file.save()
        # Pages of 4 kB: three thousand tokens are more than a hundred of them.
        assert on_disk(tmp_path) - before < 5 * 8 * 4096
        before = on_disk(tmp_path)
        file.save()
        assert on_disk(tmp_path) == before


def test_what_could_not_be_written_is_written_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with quiet_checkout() as (first, clock):
        with opened(tmp_path / "state.db", History()) as file:
            file.keep(first)
            made = first.create(wire.mint(claims(clock.now), SECRET))
            with monkeypatch.context() as disk:
                disk.setattr(decimal_json, "dumps", full)
                file.save()
            assert "state.db cannot be written: disk is full" in capsys.readouterr().err
        with quiet_checkout() as (second, _):
            kept_in(tmp_path / "state.db", second)
            assert second.checkouts == [made]


def full(_: Any) -> bytes:
    raise sqlite3.OperationalError("disk is full")


def on_disk(folder: Path) -> int:
    """How much the file and its journal hold, in bytes."""
    return sum(each.stat().st_size for each in folder.iterdir())
