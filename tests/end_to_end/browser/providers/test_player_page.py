"""The player's page in a real browser, in each language that was agreed on."""

import re

import pytest
from playwright.sync_api import Browser, expect

from simulators.operator.api import create_app
from simulators.operator.delivery import Callbacks
from simulators.operator.pages.words import LANGUAGES
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.server.wsgi_server import Server
from tests.simulators.operator.tiny_client import channel
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_bet_is_placed_in_the_players_language(browser: Browser, code: str):
    spoken = LANGUAGES[code]
    agreement = Agreement("client", "pass-word", languages=tuple(LANGUAGES))
    with channel() as (_, operator):
        simulator = OperatorSimulator(agreement, Callbacks(operator), seed=7)
        with Server(create_app(simulator)) as server, visit(browser) as page:
            token = simulator.auth(b'{"username": "client", "password": "pass-word"}').token
            asked = f'{{"user_id": "p-1", "currency": "EUR", "lang": "{code}"}}'
            page.goto(simulator.start_session(token, asked.encode(), f"{server.url}/").url)
            expect(page.get_by_text(spoken.word("Choose an outcome."))).to_be_visible()
            page.locator("label.pick").first.click()
            page.get_by_label(f"{spoken.word('Stake in')} EUR").fill(f"2{spoken.point}50")
            summed = rf"{spoken.word('Odds')} \d+\{spoken.point}\d\d, {spoken.word('pays')} \d+\{spoken.point}\d\d EUR"
            expect(page.locator("#totals")).to_have_text(re.compile(summed))
            page.get_by_role("button", name=spoken.word("Place the bet")).click()
            expect(page.locator("#bets")).to_contain_text(f"{spoken.word('stake')} 2{spoken.point}50 EUR")
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)
                screen(page, f"player-page-{code}-{size['width']}")
                assert fits(page)
                assert barriers(page) == []
