"""report.html in a real browser, opened from the disk as a user does."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from scenarios.contract import RULES
from scenarios.report.page.html import render
from scenarios.report.saved import report_of
from tests.scenarios.report.made_up_reports import (
    document,
    exchange,
    filled,
    lost,
    raced,
    refused,
    rule,
    ten_thousand,
)
from tests.scenarios.report.test_html import HOSTILE
from tests.support.in_memory.faulty_wallets import GenerousAfterOrphan, RefusesOrphans
from tests.support.in_memory.judging import judged
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit

LOAD = {
    "host": "http://127.0.0.1:8710/operator",
    "users": 200,
    "processes": 2,
    "seconds": 60.2,
    "requests": 182_345,
    "failures": 12,
    "rate": 3029.0,
    "rows": [
        {
            "name": "bet",
            "requests": 90_000,
            "rate": 1500,
            "p50_ms": 12,
            "p95_ms": 33,
            "p99_ms": 80,
            "max_ms": 400,
        }
    ],
    "over_time": [
        {"at": t, "users": 200, "rate": 3000 - t, "p50_ms": 12, "p95_ms": 33 + t % 5, "p99_ms": 80}
        for t in range(60)
    ],
    "errors": [{"name": "rollback", "error": "no answer within 5 s", "count": 12}],
}


class RefusesOrphansAndPaysMoreThen(GenerousAfterOrphan, RefusesOrphans):
    """Breaks two rules by two acts."""


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """The page of a real run that fails, and skips."""
    out = tmp_path_factory.mktemp("report")
    rules = ("RBK-04", "RBK-05", "INV-01", "BET-01", "BET-08")
    judged(RefusesOrphansAndPaysMoreThen(), *rules, report=out, seed=7)
    return (out / "report.html").as_uri()


@pytest.fixture
def written(tmp_path):
    """Write a report as a page; its address."""

    def write(made):
        (tmp_path / "report.html").write_text(render(report_of(made)))
        return (tmp_path / "report.html").as_uri()

    return write


def shown(page: Page) -> list[str]:
    return [str(one.get_attribute("id")) for one in page.locator(".rule:visible").all()]


def kinds() -> dict[str, object]:
    """A report with every outcome, a cut, a copy, a race, a silence, and load."""
    reported = [
        lost(1, faults=["answer lost: the connection is reset 1 ms after the last byte"]),
        exchange(2, kind="copy of bet", copy_of=1),
        refused(3),
        *raced(6, 7, 8),
    ]
    return document(
        rule("IDM-03", exchanges=reported),
        rule("RBK-03", "warned", level="SHOULD"),
        rule("RBK-11", "info", level="INFO", reason="it pays"),
        rule("RBK-12", "undecided", reason="a bound was hit"),
        rule("BET-08", "skipped", reason="add ban to [driver]"),
        rule("BET-01", "passed"),
        warnings=["player p-1 was not left with 10.00 EUR by the probe"],
        load=LOAD,
        audit={
            "verdict": "broken",
            "players": 200,
            "transactions": 9,
            "off": "34.00",
            "players off": [{"p": 1}],
        },
    )


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark phone"]
)
def test_a_failing_run(browser: Browser, failing: str, size, scheme: str):
    with visit(browser, size, color_scheme=scheme) as page:
        page.goto(failing)
        expect(page.get_by_role("heading", level=1)).to_contain_text(
            "The contract is broken: 2 of 3 judged MUST rules"
        )
        broken = page.locator("#RBK-04")
        expect(broken.locator("svg.diagram").first).to_be_visible()
        expect(broken.locator("svg.diagram").first).to_contain_text("rollback (orphan)")
        expect(page.locator("#INV-01 svg.plot").first).to_be_visible()
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"report-{size['width']}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_thing_is_within_reach_of_all(browser: Browser, written, scheme: str):
    with visit(browser, color_scheme=scheme) as page:
        page.goto(written(kinds()))
        page.evaluate("document.querySelectorAll('.rule').forEach(rule => { rule.open = true; })")
        page.locator("#IDM-03 .commands > summary").click()
        page.locator("#IDM-03 .exchanges > summary").click()
        page.locator("#IDM-03 .exchange > summary").nth(1).click()
        expect(page.locator("svg.plot")).to_have_count(2)
        page.locator(".chips .failed").focus()
        assert barriers(page) == []
        screen(page, f"report-kinds-{scheme}")


def test_filters_and_search(browser: Browser, failing: str):
    with visit(browser) as page:
        page.goto(failing)
        every = ["BET-01", "BET-08", "RBK-04", "RBK-05", "INV-01"]
        assert shown(page) == every
        status = page.locator(".filters").get_by_role("status")
        expect(status).to_have_text("5 of 5 rules")
        page.get_by_role("button", name="failed").click()
        expect(status).to_have_text("2 of 5 rules")
        assert shown(page) == ["RBK-04", "INV-01"]
        page.get_by_role("button", name="skipped").click()
        assert shown(page) == ["BET-08", "RBK-04", "INV-01"]
        page.get_by_role("button", name="failed").click()
        assert shown(page) == ["BET-08"]
        page.get_by_role("button", name="skipped").click()
        search = page.get_by_role("searchbox")
        search.fill("ORPHAN rbk-05")
        assert shown(page) == ["RBK-05"]
        search.fill("nothing has these words")
        expect(page.get_by_text("No rule fits these filters.")).to_be_visible()
        assert shown(page) == []
        # A link to a rule shows it, whatever the filters say.
        page.get_by_role("link", name="BET-01 passed").click()
        expect(page.locator("#BET-01")).to_have_attribute("open", "")
        assert shown(page) == ["BET-01"]


def test_keys_alone_reach_everything(browser: Browser, failing: str):
    with visit(browser) as page:
        page.goto(failing)
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Skip to the rules")
        page.get_by_role("button", name="passed").focus()
        page.keyboard.press("Space")
        assert shown(page) == ["BET-01"]
        page.locator("#BET-01 > summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#BET-01 .about")).to_be_visible()


def test_exchanges_unfold_with_headers_body_and_command(browser: Browser, failing: str):
    with visit(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(failing)
        rule_ = page.locator("#RBK-04")
        rule_.locator(".exchanges > summary").first.click()
        first = rule_.locator(".exchange").first
        first.locator("summary").click()
        for text in (
            "X-Security-Hash: ",
            '"action":"rollback"',
            "HTTP 200",
            '"error": "NOT_FOUND"',
        ):
            expect(first).to_contain_text(text)
        first.get_by_role("button", name="Copy").click()
        expect(first.get_by_text("Copied")).to_be_visible()
        command = first.locator(".command code").text_content()
        assert command is not None
        assert command.startswith("curl -sS -i -g -X POST")
        assert page.evaluate("navigator.clipboard.readText()") == command
        rule_.locator(".again").get_by_role("button", name="Copy").first.click()
        page.wait_for_function(
            "navigator.clipboard.readText().then(text => text.startsWith('pitboss replay '))"
        )


def test_without_javascript_verdict_rules_and_diagrams_are_there(browser: Browser, failing: str):
    with visit(browser, java_script_enabled=False) as page:
        page.goto(failing)
        expect(page.get_by_role("heading", level=1)).to_contain_text("The contract is broken")
        assert len(shown(page)) == 5
        expect(page.locator("#RBK-04 svg.diagram").first).to_be_visible()
        expect(page.get_by_role("searchbox")).to_have_count(0)
        expect(page.get_by_role("button")).to_have_count(0)
        page.locator("#BET-01 > summary").click()
        expect(page.locator("#BET-01 .about")).to_be_visible()


def test_on_paper_what_is_broken_is_open_and_dark_is_light(browser: Browser, written):
    with visit(browser, color_scheme="dark") as page:
        page.goto(written(kinds()))
        page.locator("#IDM-03 > summary").click()
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(page.locator("#IDM-03")).to_have_attribute("open", "")
        expect(page.locator("#RBK-12")).to_have_attribute("open", "")
        expect(page.locator(".filters")).to_be_hidden()
        colours = page.evaluate(
            "(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(22, 25, 29)", "rgb(255, 255, 255)"]
        expect(page.locator("#IDM-03 line.arrow.copy").first).to_have_css("display", "inline")
        expect(page.get_by_role("button")).to_have_count(0)
        screen(page, "report-paper")


def test_hostile_texts_run_nothing(browser: Browser, written):
    made = kinds() | {"rules": [rule("IDM-03", exchanges=[exchange(1), refused(2), lost(3)])]}
    with visit(browser) as page:
        page.goto(written(filled(made, HOSTILE, ("outcome", "verdict", "id", "direction", "level"))))
        page.locator("#IDM-03 .commands > summary").click()
        page.locator("#IDM-03 .exchanges > summary").click()
        expect(page.locator("#IDM-03 .exchange > summary")).to_have_count(3)
        for each in page.locator("#IDM-03 .exchange > summary").all():
            each.click()
        expect(page.locator("#IDM-03 .exchange pre").first).to_contain_text("onerror=window.stolen=1")
        assert page.evaluate("window.stolen") is None
        assert page.locator("img, iframe, object").count() == 0


def test_ten_thousand_exchanges_open(browser: Browser, written):
    """The page opens, and unfolds what is asked for. How fast it opens is printed, not judged."""
    address = written(ten_thousand(list(RULES)))
    with visit(browser) as page:
        page.goto(address)
        expect(page.locator(".rule")).to_have_count(len(RULES))
        opened = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        last = next(name for name in reversed(RULES) if page.locator(f"#data-{name}").count())
        page.get_by_role("link", name=f"{last} failed").first.click()
        # Its drawing had no room in the page itself.
        expect(page.locator(f"#{last} svg.diagram").first).to_be_visible()
        page.locator(f"#{last} .exchanges > summary").first.click()
        numbers = json.loads(
            page.evaluate(
                f"JSON.stringify(document.querySelector('#{last} .exchanges').dataset.numbers.split(' '))"
            )
        )
        expect(page.locator(f"#{last} .exchanges").first.locator(".exchange")).to_have_count(len(numbers))
        print(f"10,000 exchanges opened in {opened:.0f} ms")
