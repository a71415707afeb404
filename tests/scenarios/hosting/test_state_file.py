"""The state of the OPERATOR and of the checkout in a file: what survives a restart, and what is refused."""

import json
import os
import stat
import threading
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
from simulators.operator.simulator import Agreement, Kept, OperatorSimulator, Session
from simulators.operator.world import Happening
from simulators.server.tokens import TokenStanding
from simulators.simulator import Simulator
from simulators.transport.route import Route
from simulators.wallet.transactions import Kind
from tests.simulators.checkout.running import SECRET, claims, quiet_checkout, wire
from tests.simulators.jackpot.running import Clock
from tests.simulators.operator.tiny_client import channel

SESSION = Session("p-1", "EUR", "en", "http://127.0.0.1/play/key", 1.5, "key", "form-token")
NOWHERE = "http://127.0.0.1:9/operator"


def kept_in(file: Path, *simulators: Simulator[Any]) -> None:
    """Give ``simulators`` the state in ``file``, and write it there as it is then."""
    with opened(file, History()) as made:
        for each in simulators:
            made.keep(each)


def operator(line: Operator, clock: Clock) -> OperatorSimulator:
    return OperatorSimulator(Agreement("client", "word"), Callbacks(line, clock=clock), clock=clock)


def placed(simulator: OperatorSimulator, stake: str) -> str:
    chosen = next(iter(simulator.catalogue.selections))
    return simulator.place(SESSION, Decimal(stake), [chosen]).id


def test_bytes_and_then_the_name_are_on_disk_before_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, bool]] = []
    sync = os.fsync

    def note(handle: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), file.exists()))
        sync(handle)

    file = tmp_path / "state.json"
    monkeypatch.setattr(os, "fsync", note)
    with channel("ok") as (_, line):
        kept_in(file, operator(line, Clock()))
    assert synced[:2] == [(False, False), (True, True)]


def test_the_operator_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file, clock, later = tmp_path / "state.json", Clock(), Clock(5.0)
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


def test_a_bet_that_was_under_way_is_rolled_back_once(tmp_path: Path) -> None:
    file, clock = tmp_path / "state.json", Clock()
    with closing(Route(History())) as route, opened(file, route.history) as made:
        first = operator(Operator(NOWHERE, "s", route), clock)
        made.keep(first)
        before: list[bytes] = []
        # As a kill would find it: the bet has left, and its answer is not there.
        route.history.listeners.append(lambda _: before.append(file.read_bytes()))
        placed(first, "10.00")
    file.write_bytes(before[0])
    for _ in range(2):
        with closing(Route(History())) as route:
            again = operator(Operator(NOWHERE, "s", route), clock)
            kept_in(file, again)
        [slip] = again.slips("p-1")
        assert slip.state is SlipState.UNANSWERED
        [owed] = again.queue.pending
        assert (owed.event.kind, owed.event.of, owed.event.amount) == (Kind.ROLLBACK, slip.bet_id, slip.stake)


def test_the_checkout_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    urls = wire.CallbackUrls("http://127.0.0.1:9/told", "http://127.0.0.1:9/thanks")
    with quiet_checkout() as (first, clock):
        payload, other = (wire.mint(claims(clock.now, callback_urls=each), SECRET) for each in (urls, None))
        token, undecided = first.create(payload).token, first.create(other).token  # type: ignore[union-attr]
        told = first.decide(token, approved=True)
        kept_in(file, first)
        assert SECRET not in file.read_text()
        with quiet_checkout() as (second, _):
            kept_in(file, second)
            assert second.checkouts == first.checkouts
            assert second.create(payload) == second.checkout(token)
            assert [(each.event, each.due) for each in second.queue.pending] == [(told.event, clock.now)]
            assert second.decide(undecided, approved=False).event.to is None


def test_one_is_written_while_another_comes(tmp_path: Path) -> None:
    clock = Clock()
    with quiet_checkout() as (late, _), closing(Route(History())) as route:

        class Meanwhile(OperatorSimulator):
            coming: threading.Thread | None = None

            def kept(self) -> Kept:
                if self.coming is not None and not self.coming.ident:
                    self.coming.start()
                    # It waits for its turn, which is now this one's.
                    self.coming.join(0.2)
                return super().kept()

        first = Meanwhile(Agreement("client", "word"), Callbacks(Operator(NOWHERE, "s", route)), clock=clock)
        with opened(tmp_path / "state.json", route.history) as file:
            file.keep(first)
            first.coming = threading.Thread(target=file.keep, args=(late,))
            file.save()
            first.coming.join()
    assert set(json.loads((tmp_path / "state.json").read_text())["providers"]) == {"operator", "checkout"}


def test_sections_of_providers_that_are_not_served_stay(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with quiet_checkout() as (first, clock):
        token = first.create(wire.mint(claims(clock.now), SECRET)).token  # type: ignore[union-attr]
        kept_in(file, first)
    with closing(Route(History())) as route:
        kept_in(file, operator(Operator(NOWHERE, "s", route), Clock()))
    with quiet_checkout() as (second, _):
        kept_in(file, second)
        assert second.checkout(token).token == token


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("operator", lambda section: section["slips"][0].update(stake="ten")),
        ("operator", lambda section: section["slips"][0].update(state="lost in thought")),
        ("operator", lambda section: section.pop("sessions")),
        ("operator", lambda section: section["tokens"].update(x={"ends": "soon"})),
        ("checkout", lambda section: section["payloads"].update(x="no such checkout")),
        ("checkout", lambda section: section["checkouts"][0]["claims"].pop("currency")),
        ("checkout", lambda section: section["deliveries"].append({})),
    ],
)
def test_a_damaged_section_changes_nothing(tmp_path: Path, name: str, damage: Any) -> None:
    file = tmp_path / "state.json"
    with quiet_checkout() as (checkout, clock), closing(Route(History())) as route:
        player = operator(Operator(NOWHERE, "s", route), clock)
        checkout.create(wire.mint(claims(clock.now), SECRET))
        placed(player, "1.00")
        kept_in(file, player, checkout)
        document = json.loads(file.read_text())
        damage(document["providers"][name])
        file.write_text(json.dumps(document))
        before = player.kept() if name == "operator" else checkout.kept()
        with pytest.raises(UsageProblem, match=f"its section {name}"):
            kept_in(file, player if name == "operator" else checkout)
        assert (player.kept() if name == "operator" else checkout.kept()) == before
