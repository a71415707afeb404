"""Every text of the back-office is there in French, and none that no page has."""

import re
from pathlib import Path
from typing import get_args

import pytest
import requests

from simulators.jackpot.account import Confirmation
from simulators.jackpot.api import create_app
from simulators.jackpot.pages.backoffice import vouchers
from simulators.jackpot.pages.backoffice.words import LANGUAGES
from simulators.server.wsgi_server import Server
from simulators.webhooks.message_log import DeliveryStanding
from tests.simulators.jackpot.running import quiet_simulator

TEMPLATES = Path(vouchers.__file__).parents[1] / "templates" / "backoffice"


def test_every_text_of_the_pages_is_in_french() -> None:
    reported = {
        text
        for template in TEMPLATES.glob("*.html")
        for text in re.findall(r'_\("([^"]+)"\)', template.read_text(encoding="utf-8"))
    }
    reported |= {*vouchers.WORDS.values(), *get_args(Confirmation), *(str(each) for each in DeliveryStanding)}
    assert reported == set(LANGUAGES["fr"].words)


@pytest.mark.parametrize(
    ("path", "headers", "said"),
    [
        ("", {}, "Notification URL (https)"),
        ("", {"Accept-Language": "de, fr;q=0.8, en;q=0.5"}, "URL de notification (https)"),
        ("", {"Accept-Language": "de"}, "Notification URL (https)"),
        ("?lang=fr", {"Accept-Language": "en"}, "URL de notification (https)"),
        ("?lang=xx", {"Accept-Language": "fr"}, "URL de notification (https)"),
        ("", {"Accept-Language": "en", "Cookie": "lang=fr"}, "URL de notification (https)"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(
    path: str, headers: dict[str, str], said: str
) -> None:
    with quiet_simulator() as (simulator, _), Server(create_app(simulator)) as server:
        answer = requests.get(f"{server.url}/back-office{path}", headers=headers, timeout=20)
        assert said in answer.text
        assert ("lang=fr" in answer.headers.get("Set-Cookie", "")) == (path == "?lang=fr")
