"""The pages of the OpenAPI documents in a browser: for everybody, tried by keyboard, safe with what servers answer."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from simulators.server import api_docs
from simulators.server.wsgi_server import Server
from tests.simulators.server.openapi_documents import DOCUMENTS
from tests.simulators.server.test_openapi_documents import APPS, PASSWORD, checkout, jackpot, operator
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit

HOSTILE = '<img src=x onerror="alert(1)">\'"'


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_is_for_everybody(browser: Browser, name: str) -> None:
    with APPS[name]() as app, Server(app) as server, visit(browser) as page:
        page.goto(server.url)
        assert barriers(page) == []
        page.get_by_role("link", name=api_docs.PAGE).click()
        for details in page.locator("main > details").all()[:3]:
            details.locator("> summary").click()
        page.locator("[id^=webhook-] > summary").first.click()
        page.locator("[id^=schema-] > summary").first.click()
        # Colours depend on the scheme alone, the layout on the size alone.
        for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            screen(page, f"documentation-{name}-{size['width']}-{scheme}")
            assert fits(page)
            assert barriers(page) == []


def test_a_session_is_started_on_the_page_with_the_keyboard_alone(browser: Browser) -> None:
    with operator() as app, Server(app) as server, visit(browser) as page:
        page.goto(f"{server.url}{api_docs.PAGE}#auth")
        auth = page.locator("#auth")
        body = auth.get_by_label("body")
        expect(body).to_have_value(re.compile('"username": "client"'))
        body.fill(json.dumps({"username": "client", "password": PASSWORD}))
        body.press("Tab")
        page.keyboard.press("Enter")
        expect(auth.locator(".status")).to_contain_text("200")
        auth.get_by_role("button", name="Use as token").press("Enter")
        start = page.locator("#start-session")
        start.locator("summary").press("Enter")
        start.get_by_role("button", name="Send").press("Enter")
        expect(start.locator(".status")).to_contain_text("200")
        shown = start.locator("pre").all_text_contents()
        assert json.loads(shown[0])["url"].startswith(f"{server.url}/play/")
        # A command is meant to be pasted elsewhere, so the credential is not in it.
        assert "$CREDENTIAL" in shown[1]
        token = page.locator("#credential-token").input_value()
        assert token
        assert token not in shown[1]


def test_what_a_server_answers_is_shown_as_text(browser: Browser) -> None:
    with checkout() as app, Server(app) as server, visit(browser) as page:
        page.goto(f"{server.url}{api_docs.PAGE}#graphql")
        form = page.locator("#graphql")
        form.get_by_label("body").fill(json.dumps({"query": HOSTILE}))
        form.get_by_role("button", name="Send").click()
        expect(form.locator(".status")).to_contain_text("400")
        assert form.locator(".answer img").count() == 0
        form.get_by_label("body").fill(json.dumps({"query": "{ merchantId }"}))
        form.get_by_role("button", name="Send").click()
        expect(form.locator(".status")).to_contain_text("200")
        expect(form.locator(".answer pre").first).to_contain_text('"merchantId": "merchant-é"')


def test_numbers_are_shown_as_they_came(browser: Browser) -> None:
    with jackpot() as app, Server(app) as server, visit(browser) as page:
        page.goto(f"{server.url}{api_docs.PAGE}")
        written = page.evaluate('pretty(\'{"a":12345678901234567890.10,"b":[],"c":{"d":[1,"x, {y}"]}}\')')
    lines = ["{", '  "a": 12345678901234567890.10,', '  "b": [],', '  "c": {', '    "d": [', "      1,"]
    assert written.splitlines() == [*lines, '      "x, {y}"', "    ]", "  }", "}"]


def test_a_server_that_is_gone_is_told_of(browser: Browser) -> None:
    with jackpot() as app, Server(app) as server, visit(browser) as page:
        page.goto(f"{server.url}{api_docs.PAGE}#get_v2_stores")
        server.stop()
        form = page.locator("#get_v2_stores")
        form.get_by_role("button", name="Send").click()
        expect(form.locator(".status")).to_contain_text("cannot be reached")
