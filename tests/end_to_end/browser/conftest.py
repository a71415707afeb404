"""The back-office of a Jackpot with a CLIENT's notification URL behind it, and somebody who looks at it."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from simulators.jackpot.api import create_app
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.wsgi_server import Server
from tests.simulators.jackpot.running import Inbox, inbox, quiet_simulator
from tests.support.programs.browser import PATIENCE, chromium, visit


class Scene:
    """Somebody at the back-office, and the CLIENT's notification URL behind it."""

    def __init__(self, simulator: JackpotSimulator, box: Inbox, page: Page, url: str) -> None:
        self.simulator, self.box, self.page, self.url = simulator, box, page, url
        self.store = simulator.account.listings[0].store

    def open(self, path: str = "") -> Page:
        self.page.goto(f"{self.url}/back-office{path}")
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def events(self) -> list[dict[str, object]]:
        with self.box.lock:
            return [json.loads(body) for body in self.box.bodies]

    def reserve(self, **more: object):
        asked = self.simulator.account.reservation(Decimal(150), value=self.store.voucher_value_min, **more)
        return self.simulator.account.reserve(self.store.id, asked)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # As in every wait of these tests: only a broken page ever needs it.
    expect.set_options(timeout=PATIENCE)
    with chromium() as running:
        yield running
    expect.set_options(timeout=None)


@pytest.fixture
def jackpot() -> Iterator[tuple[JackpotSimulator, Inbox, str]]:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _), Server(create_app(simulator)) as server:
        simulator.account.public_url = server.url
        simulator.start()
        yield simulator, box, server.url
        simulator.stop()


@pytest.fixture
def scene(jackpot, browser: Browser) -> Iterator[Scene]:
    simulator, box, url = jackpot
    with visit(browser) as page:
        yield Scene(simulator, box, page, url)
