"""Everything that is served, behind a real nginx that ends TLS and takes a path off, as docs/staging.md shows it."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from scenarios.hosting.ports import free_port
from tests.end_to_end.documents.pages import PROXY, TYPED, blocks, steps
from tests.house.__main__ import ROOT
from tests.scenarios.console.running import SERVERS, Scene, served_console
from tests.support.programs.browser import barriers, fits, screen, visit
from tests.support.programs.nginx import nginx
from tests.support.servers.racing_certificate import certificate

PAGE = ROOT / "docs" / "staging.md"
HOST = "staging.example.com"


def documented() -> tuple[str, dict[str, str]]:
    """What the page tells: the block for nginx, and the public URL of each server."""
    (block,) = (each.text for each in blocks(PAGE) if each.language == PROXY)
    (command,) = (
        step.command
        for each in blocks(PAGE)
        if each.language == TYPED
        for step in steps(each)
        if "-public-url" in step.command
    )
    words = shlex.split(command.removesuffix("&"))
    urls = {word: after for word, after in itertools.pairwise(words) if word.endswith("public-url")}
    return block, {
        name: urls["--public-url" if name == "operator" else f"--{name}-public-url"] for name in SERVERS
    }


@contextmanager
def proxied(folder: Path) -> Iterator[tuple[Scene, dict[str, str]]]:
    """``pitboss serve`` and a CLIENT that knows it by its public URLs alone, and nginx as documented in between."""
    block, public = documented()
    ports, at = {name: free_port() for name in SERVERS}, free_port()
    file = certificate(folder, "localhost")
    here = {
        "listen 443 ssl": f"listen 127.0.0.1:{at} ssl",
        f"/etc/ssl/{HOST}.pem": str(file),
        HOST: "localhost",
        **{f"127.0.0.1:{SERVERS[name]}": f"127.0.0.1:{port}" for name, port in ports.items()},
    }
    for written, meant in here.items():
        assert written in block
        block = block.replace(written, meant)
    urls = {name: url.replace(HOST, f"localhost:{at}") for name, url in public.items()}
    with pytest.MonkeyPatch.context() as patch, nginx(folder, block):
        # What the CLIENT, in this process, and the tests' own requests trust.
        patch.setenv("SSL_CERT_FILE", str(file))
        patch.setenv("REQUESTS_CA_BUNDLE", str(file))
        with served_console(folder, ports=ports, public=urls) as scene:
            yield scene, urls


@pytest.fixture(scope="module")
def behind(tmp_path_factory) -> Iterator[tuple[Scene, dict[str, str]]]:
    with proxied(tmp_path_factory.mktemp("proxied")) as served:
        yield served


@pytest.fixture
def page(browser: Browser, behind) -> Iterator[Page]:
    scene, urls = behind
    below = tuple(f"{url}/" for url in (*urls.values(), scene.client.url))
    with visit(browser, ignore_https_errors=True) as opened:
        elsewhere: list[str] = []
        opened.on(
            "response",
            lambda answer: (
                elsewhere.append(f"{answer.status} {answer.url}")
                if answer.status >= 400 or not f"{answer.url}/".startswith((*below, "data:"))
                else None
            ),
        )
        yield opened
        assert elsewhere == [], "every address begins with a public URL, and is answered"


def launched(scene: Scene, player: str, lang: str = "en") -> str:
    """The iframe's address of a session that the CLIENT opened, over the proxy."""
    asked = {"user_id": player, "currency": "EUR", "lang": lang}
    answer = requests.post(f"{scene.client.url}/sportsbook/launch", json=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def test_the_sportsbook_is_played_below_its_path(page: Page, behind):
    scene, urls = behind
    url = launched(scene, "p-1")
    assert url.startswith(f"{urls['operator']}/play/")
    before = scene.client.balance("p-1")
    page.goto(url)
    page.locator(".pick").first.click()
    page.get_by_label("Stake in EUR").fill("2.50")
    # The totals are the script's.
    expect(page.locator("#totals")).to_contain_text("pays ")
    page.get_by_role("button", name="Place the bet").click()
    expect(page.locator(".state.accepted")).to_be_visible()
    assert page.url.startswith(f"{url}#")
    assert scene.client.balance("p-1") < before
    page.get_by_role("button", name="Void", exact=True).click()
    expect(page.locator(".slip .state.void")).to_be_visible()
    assert scene.client.balance("p-1") == before


def test_the_console_is_live_acts_and_frames_the_sportsbook(page: Page, behind):
    scene, urls = behind
    assert scene.url == urls["console"]
    # Without the slash at the end nginx leads to it.
    page.goto(f"{scene.url}#play")
    expect(page.locator("#line")).to_have_text("live")
    page.locator("#session").get_by_label("Player").fill("p-2")
    page.get_by_role("button", name="Open the sportsbook", exact=True).click()
    book = page.frame_locator("#sportsbook")
    book.locator(".pick").first.click()
    book.get_by_label("Stake in EUR").fill("1.25")
    book.get_by_role("button", name="Place the bet").click()
    expect(book.locator(".state.accepted")).to_be_visible()
    row = page.locator(".x", has_text="p-2 1.25 EUR")
    expect(row).to_have_count(1)
    row.click()
    expect(page.locator("#i-body")).to_contain_text("X-Security-Hash")
    screen(page, "nginx-console")


def test_the_console_is_reached_on_this_machine_as_well(browser: Browser, behind):
    scene, _ = behind
    port = re.search(r"--console-port', '(\d+)'", str(scene.process.args))
    assert port, scene.process.args
    with visit(browser) as page:
        page.goto(f"http://127.0.0.1:{port[1]}/")
        expect(page.locator("#line")).to_have_text("live")


def test_documentation_is_whole_and_asks_below_its_path(page: Page, behind):
    _, urls = behind
    for url in urls.values():
        page.goto(f"{url}/documentation")
        assert page.evaluate("document.styleSheets[0].cssRules.length") > 0
        link = page.get_by_role("link", name="openapi.json").get_attribute("href")
        document = requests.get(f"{url}/{link}", timeout=60).json()
        assert document["servers"][0]["url"] == "."
    form = page.locator('form.try[data-method="GET"][data-path="/exchanges"]')
    form.evaluate("form => { form.closest('details').open = true; }")
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".answer .status")).to_contain_text("200")
    expect(form.locator(".answer")).to_contain_text(f"{urls['console']}/exchanges")


def test_the_back_office_and_the_widget(page: Page, behind):
    scene, urls = behind
    page.goto(f"{urls['jackpot']}/back-office/stores")
    page.locator("a.store").first.click()
    page.get_by_role("link", name="Send a test webhook").click()
    page.get_by_role("button", name="Send a test webhook").click()
    page.wait_for_url(f"{urls['jackpot']}/back-office/deliveries/*")
    page.get_by_role("link", name="FR", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto(f"{scene.client.url}/vouchers/page?user_id=p-3")
    page.get_by_label("Amount").fill("40")
    page.get_by_role("button", name="Show vouchers").click()
    page.locator("#jackpot [data-store]").first.click()
    page.locator("#jackpot").get_by_role("radio").first.check()
    page.locator("#jackpot").get_by_role("button", name=re.compile("^Reserve for")).click()
    expect(page.locator("#state")).to_have_text("READY")
    voucher = json.loads(page.locator("#voucher").text_content() or "")
    pdf = page.locator("#url").get_attribute("href") or ""
    assert pdf.startswith(f"{urls['jackpot']}/")
    assert voucher["id"] in pdf
    assert requests.get(pdf, timeout=60).content[:4] == b"%PDF"


def test_a_product_is_paid_for_below_the_path(page: Page, behind):
    scene, urls = behind
    page.goto(f"{scene.client.url}/checkout/page?variant=mug-blue")
    page.get_by_role("button", name="Continue to checkout").click()
    page.wait_for_url(f"{urls['checkout']}/checkout/*")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("approved").first).to_be_visible()
    assert page.url.startswith(f"{urls['checkout']}/checkout/")


# Of pages that differ in an id, a language or a filter alone, one is looked at.
_ALIKE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|(?<=/)[0-9]+|(?<=[?&])[^=&]+=[^&]*")


def test_a_walk_over_all_links_meets_no_barrier_and_no_error(page: Page, behind):
    scene, urls = behind
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    waiting = [
        *urls.values(),
        launched(scene, "p-1"),
        f"{scene.client.url}/",
        *(f"{url}/documentation" for url in urls.values()),
    ]
    waiting += [
        f"{scene.client.url}/vouchers/page?user_id=p-3",
        f"{scene.client.url}/checkout/page?variant=mug-blue",
    ]
    below, seen = (*urls.values(), scene.client.url), set()
    while waiting:
        url = waiting.pop().partition("#")[0]
        kind = _ALIKE.sub("..", url).rstrip("/")
        if kind in seen or not url.startswith(below):
            continue
        seen.add(kind)
        answer = page.request.get(url)
        assert answer.ok, url
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page.goto(url)
        assert barriers(page) == [], url
        assert fits(page), url
        waiting += page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    assert errors == []
    print(*sorted(seen), sep="\n")
