"""The player's page over real HTTP: placing, settling, guarding, and hostile strings."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from simulators.operator.api import create_app
from simulators.operator.catalogue import invent
from simulators.operator.delivery import Callbacks
from simulators.operator.lifecycle import SlipEvent, SlipState
from simulators.operator.pages import player_page
from simulators.operator.pages.words import LANGUAGES, language
from simulators.operator.simulator import Agreement, OperatorSimulator, Session
from simulators.server.wsgi_server import Server
from simulators.webhooks.retry_queue import Schedule
from tests.simulators.operator.tiny_client import SECRET, TinyClient, channel

HOSTILE = "<script>alert('p')</script>\"'&{{7*7}}"


class Page:
    """A player in front of the page of one session."""

    def __init__(self, simulator: OperatorSimulator, client: TinyClient, base: str) -> None:
        self.simulator, self.client, self.base = simulator, client, base
        self.session = self.open("p-1")

    def open(self, user_id: str, currency: str = "EUR", lang: str = "en") -> Session:
        credentials = {"username": "client", "password": "pass-word"}
        token = requests.post(f"{self.base}/auth", json=credentials, timeout=20).json()["token"]
        started = requests.post(
            f"{self.base}/start-session",
            json={"user_id": user_id, "currency": currency, "lang": lang},
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        assert started.status_code == 200, started.text
        return self.simulator.sessions[-1]

    def get(self) -> requests.Response:
        return requests.get(self.session.url, timeout=20)

    def post(self, path: str, form_token: str | None = None, **fields: object) -> requests.Response:
        form = {"form_token": self.session.form_token if form_token is None else form_token, **fields}
        return requests.post(self.session.url + path, data=form, timeout=20)

    def place(self, stake: str = "10.00", legs: int = 1) -> requests.Response:
        chosen = [event.markets[0].selections[0].id for event in self.simulator.catalogue.events[:legs]]
        return self.post("/bets", stake=stake, selection=chosen)

    def happen(self, event: SlipEvent, **fields: object) -> requests.Response:
        slip = self.simulator.slips(self.session.player)[0]
        return self.post(f"/bets/{slip.id}", event=event.value, **fields)

    @property
    def state(self) -> SlipState:
        return self.simulator.slips(self.session.player)[0].state

    @property
    def sent(self) -> list[tuple[str, float]]:
        return [(message["action"], message["amount"]) for message in map(json.loads, self.client.bodies)]


@pytest.fixture
def page() -> Iterator[Page]:
    with channel() as (client, operator):
        agreement = Agreement("client", "pass-word", ("EUR", "JPY", "BTC"), ("en",))
        simulator = OperatorSimulator(agreement, Callbacks(operator, Schedule(window=0)), seed=1)
        with Server(create_app(simulator)) as server:
            yield Page(simulator, client, server.url)


class Loads(HTMLParser):
    """Collects what a page loads or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag in ("script", "link", "img", "iframe", "object") or names & {
            "src",
            "style",
            "onclick",
            "onload",
        }:
            self.found.append(tag)


def test_shows_session_events_and_odds_and_loads_nothing(page: Page) -> None:
    answer = page.get()
    text = unescape(answer.text)
    assert "p-1" in text
    assert 'name="viewport"' in text
    for event in page.simulator.catalogue.events:
        assert event.name in text
        for market in event.markets:
            for selection in market.selections:
                assert f'value="{selection.id}"' in text
                assert str(selection.odds) in text
    loads = Loads()
    loads.feed(answer.text)
    assert loads.found == ["link", "script"]  # an icon that is empty, and the page's own script
    assert 'src="/play/slip.js"' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in answer.text
    assert "X-Frame-Options" not in answer.headers


def test_a_bet_is_placed_won_and_shown(page: Page) -> None:
    placed = page.place()
    assert placed.history[0].status_code == 303
    assert placed.status_code == 200
    assert page.state is SlipState.ACCEPTED
    assert page.happen(SlipEvent.WIN).status_code == 200
    paid = page.simulator.slips("p-1")[0].paid
    assert page.sent == [("bet", 10), ("result", float(paid))]
    text = unescape(page.get().text)
    assert f"paid {paid} EUR" in text
    assert '"action":"result"' in text
    assert '"transaction_id": "c-2"' in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("events", "actions", "state"),
    [
        ([SlipEvent.LOSE], ["bet", "result"], SlipState.LOST),
        ([SlipEvent.VOID], ["bet", "rollback"], SlipState.VOID),
        ([SlipEvent.CASH_OUT_PART, SlipEvent.CASH_OUT], ["bet", "result", "result"], SlipState.CASHED_OUT),
        ([SlipEvent.WIN, SlipEvent.CORRECT_TO_LOST], ["bet", "result", "rollback", "result"], SlipState.LOST),
    ],
)
def test_settlements(page: Page, events: list[SlipEvent], actions: list[str], state: SlipState) -> None:
    page.place(legs=2)
    for event in events:
        assert page.happen(event).status_code == 200
    assert [action for action, _ in page.sent] == actions
    assert page.state is state


def test_a_void_leg_of_an_accumulator(page: Page) -> None:
    page.place("100.00", legs=2)
    first, second = page.simulator.slips("p-1")[0].selections
    page.happen(SlipEvent.WIN, void_leg=first.id)
    assert page.simulator.slips("p-1")[0].paid == 100 * second.odds


@pytest.mark.parametrize(
    ("word", "state", "shown"),
    [("broke", SlipState.REFUSED, "INSUFFICIENT_FUNDS"), ("drop", SlipState.UNANSWERED, "without an answer")],
)
def test_refused_and_unanswered_bets(page: Page, word: str, state: SlipState, shown: str) -> None:
    page.client.script.append(word)
    text = unescape(page.place().text)
    assert page.state is state
    assert shown in text
    assert page.happen(SlipEvent.WIN).status_code == 422
    assert [action for action, _ in page.sent] == (["bet"] if word == "broke" else ["bet", "rollback"])


@pytest.mark.parametrize(
    "stake", ["", "abc", "0", "-1", "0.001", "NaN", "1e999999", "1,000", "1e-999999", "<b>"]
)
def test_bad_stakes(page: Page, stake: str) -> None:
    answer = page.place(stake)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<b></p>" not in answer.text
    assert page.client.seen == []


def test_bad_selections(page: Page) -> None:
    event = page.simulator.catalogue.events[0]
    both = [selection.id for selection in event.markets[0].selections[:2]]
    for chosen in ([], both, [HOSTILE]):
        answer = page.post("/bets", stake="1", selection=chosen)
        assert answer.status_code == 422
        assert HOSTILE not in answer.text
    assert page.client.seen == []


def test_events_that_are_not_the_players(page: Page) -> None:
    page.place()
    for event in (SlipEvent.ACCEPT, SlipEvent.REFUSE, SlipEvent.NO_ANSWER):
        answer = page.happen(event)
        assert answer.status_code == 422
        assert "is the CLIENT's to say" in unescape(answer.text)
    assert page.post(f"/bets/{page.simulator.slips('p-1')[0].id}", event="steal").status_code == 422
    assert page.state is SlipState.ACCEPTED


@pytest.mark.parametrize("form_token", ["", "wrong", "é", "\x00"])
def test_forms_from_elsewhere_are_refused(page: Page, form_token: str) -> None:
    page.place()
    seen = len(page.client.seen)
    slip = page.simulator.slips("p-1")[0]
    for path, fields in (("/bets", {"stake": "1"}), (f"/bets/{slip.id}", {"event": "win"})):
        answer = page.post(path, form_token, **fields)
        assert answer.status_code == 403
        assert "did not come from your own page" in answer.text
    assert len(page.client.seen) == seen


def test_unknown_sessions_and_other_players_slips(page: Page) -> None:
    page.place()
    slip = page.simulator.slips("p-1")[0]
    page.session = page.open("p-2")
    assert page.post(f"/bets/{slip.id}", event="win").status_code == 404
    assert requests.get(page.session.url + "x", timeout=20).status_code == 404
    assert slip.id not in page.get().text
    assert page.simulator.slips("p-1")[0].state is SlipState.ACCEPTED


def test_hostile_strings_are_harmless(page: Page) -> None:
    page.session = page.open(HOSTILE)
    page.client.script.append("hostile")
    page.place()
    answer = page.get()
    assert answer.text.count("<script") == 1  # the page's own
    assert "{{7*7}}" in unescape(answer.text)
    assert "<script>alert(1)</script>" in unescape(answer.text)


def test_a_part_is_cashed_out_by_percent(page: Page) -> None:
    page.place("10.00")
    assert page.happen(SlipEvent.CASH_OUT_PART, percent="25").status_code == 200
    assert page.state is SlipState.PARTLY_CASHED_OUT
    assert page.simulator.slips("p-1")[0].open_stake == 7.5
    for percent in ("0", "100", "-5", "abc", "1e9"):
        assert page.happen(SlipEvent.CASH_OUT_PART, percent=percent).status_code == 422
    assert len(page.sent) == 2


def test_a_bet_and_its_payment_are_sent_again(page: Page) -> None:
    page.place()
    page.happen(SlipEvent.WIN)
    slip = page.simulator.slips("p-1")[0]
    for transaction in (slip.bet_id, slip.payments[0].id):
        assert page.post(f"/bets/{slip.id}/copies", of=transaction).status_code == 200
    bet, result, bet_copy, result_copy = page.client.bodies
    assert (bet, result) == (bet_copy, result_copy)
    assert [each.title for each in page.simulator.history][-2:] == ["copy of bet", "copy of result"]
    page.happen(SlipEvent.VOID)
    sent = len(page.client.bodies)
    for transaction in (slip.payments[0].id, "", HOSTILE):
        assert page.post(f"/bets/{slip.id}/copies", of=transaction).status_code == 422
    assert page.post(f"/bets/{slip.id}/copies", "wrong", of=slip.bet_id).status_code == 403
    assert page.post("/bets/none/copies", of=slip.bet_id).status_code == 404
    assert len(page.client.bodies) == sent


def test_any_website_may_frame_it_and_it_keeps_no_cookie(page: Page) -> None:
    answer = page.get()
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    page.simulator.agreement = replace(page.simulator.agreement, website="https://www.example.com/sports?a=1")
    page.simulator.framers.append("http://127.0.0.1:8700")
    for shown in (page.get(), requests.get(f"{page.base}/play/none", timeout=20)):
        policy = shown.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors https://www.example.com http://127.0.0.1:8700")
    assert "Set-Cookie" not in answer.headers
    script = requests.get(page.base + "/play/slip.js", timeout=20)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert len(page.client.seen) == 0


@pytest.mark.parametrize(
    ("lang", "words", "odds", "paid"),
    [
        ("en", ("Bet slip", "Place the bet", "Football", "Winner", "won"), ".", "paid {} EUR"),
        ("es", ("Boleto", "Apostar", "Fútbol", "Ganador", "ganada"), ",", "pagado {} EUR"),
        ("fr", ("Panier", "Parier", "Football", "Vainqueur", "gagné"), ",", "payé {} EUR"),
    ],
)
def test_the_page_speaks_the_language_of_the_session(
    page: Page, lang: str, words: tuple[str, ...], odds: str, paid: str
) -> None:
    page.simulator.agreement = replace(page.simulator.agreement, languages=("en", "es", "fr"))
    page.session = page.open("p-1", lang=lang)
    # An amount as the language writes it.
    assert page.place(f"10{odds}50").status_code == 200
    assert page.happen(SlipEvent.WIN).status_code == 200
    text = unescape(page.get().text)
    assert f'<html lang="{lang}">' in text
    assert [word for word in words if word not in text] == []
    first = page.simulator.catalogue.events[0].markets[0].selections[0].odds
    assert f"<b>{str(first).replace('.', odds)}</b>" in text
    assert paid.format(str(page.simulator.slips("p-1")[0].paid).replace(".", odds)) in text


def test_every_text_of_the_page_is_in_each_language() -> None:
    template = (Path(player_page.__file__).parent / "templates" / "session.html").read_text(encoding="utf-8")
    reported = set(re.findall(r'_\("([^"]+)"\)', template))
    states, events = {state.value for state in SlipState}, {event.value for event in player_page.OFFERED}
    shown = {
        name
        for event in invent(0, datetime(2024, 1, 6, tzinfo=UTC)).events
        for name in (event.sport, *(market.name for market in event.markets))
    }
    for known in (LANGUAGES["es"], LANGUAGES["fr"]):
        assert reported | states | events | shown <= set(known.words), known.code
    assert set(LANGUAGES["es"].words) == set(LANGUAGES["fr"].words)
    assert language("es-ES").code == "es"
    assert language("xx").code == language(None).code == "en"
    assert LANGUAGES["fr"].moment(datetime(2024, 8, 3, 9, 5, tzinfo=UTC)) == "sam. 03 août 09:05"


@pytest.mark.parametrize(("currency", "status"), [("JPY", 422), ("BTC", 422)])
def test_currencies_with_other_units_or_none(page: Page, currency: str, status: int) -> None:
    page.session = page.open("p-1", currency)
    assert page.get().status_code == 200
    answer = page.place("0.5")
    assert answer.status_code == status
    assert page.client.seen == []
