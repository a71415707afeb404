"""The feed in a real browser: nothing is lost at 1,000 a second; permalinks, the filter, marks, races, the row."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from scenarios.console.feed import OPENING_ROWS
from tests.scenarios.console.running import Inside, console_inside
from tests.support.programs.browser import PHONE, SCREENS, barriers, fits, visit

SIZE = {"width": 1440, "height": 900}
# What comes in a second, and for how long.
RATE = 1000
SECONDS = 5


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with console_inside(tmp_path) as made:
        yield made


@pytest.fixture
def page(browser: Browser, inside: Inside) -> Iterator[Page]:
    with visit(browser, SIZE) as opened:
        yield opened


def go(page: Page, inside: Inside, rest: str = "") -> None:
    page.goto(f"{inside.url}/{rest}")
    expect(page.locator("#line")).to_have_text("live")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def field(page: Page) -> Locator:
    return page.get_by_label("Search the feed")


def count(page: Page) -> Locator:
    return page.locator("#feed-count")


def listed(page: Page, word: str) -> Locator:
    """The list that writes the word into the filter."""
    return page.locator(f'[data-word="{word}"]')


def order(page: Page) -> list[str]:
    """The rows from top to bottom."""
    return page.locator(".x").evaluate_all(
        "rows => rows.map((row) => [row.getBoundingClientRect().top, row.id])"
        ".sort(([one], [other]) => one - other).map(([, id]) => id)"
    )


def chosen(page: Page) -> Locator:
    return page.locator('.x[aria-selected="true"]')


def test_a_permalink_opens_and_selects_an_exchange_that_is_long_past(page: Page, inside: Inside):
    inside.write(40)
    inside.write(user="p-9")
    inside.write(OPENING_ROWS + 200)
    go(page, inside)
    expect(count(page)).to_have_text(f"{OPENING_ROWS} exchanges")
    go(page, inside, "?exchange=40")
    expect(page.locator("#i-title")).to_have_text("#40 bet")
    expect(page.locator("#i-body")).to_contain_text('"p-9"')
    expect(chosen(page)).to_have_attribute("id", "x-40")
    expect(chosen(page)).to_be_in_viewport()
    # What comes later moves it nowhere.
    inside.write(50)
    expect(count(page)).to_have_text(f"{OPENING_ROWS + 251} exchanges")
    expect(chosen(page)).to_have_attribute("id", "x-40")
    expect(chosen(page)).to_be_in_viewport()
    page.keyboard.press("Escape")
    press(page, "Close the exchange")
    expect(page).to_have_url(f"{inside.url}/")


def test_the_address_follows_what_is_chosen_and_is_copied(browser: Browser, inside: Inside):
    inside.write(5)
    with visit(browser, PHONE, permissions=["clipboard-read", "clipboard-write"]) as page:
        go(page, inside, "#feed")
        page.locator("#x-3").click()
        expect(page.locator("#i-title")).to_have_text("#3 bet")
        expect(page).to_have_url(f"{inside.url}/?exchange=3#feed")
        press(page, "Copy link")
        expect(page.locator("#said")).to_contain_text("copied")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == page.url
    with visit(browser, PHONE) as page:
        # On a phone the feed is a view of its own: the address leads there.
        page.goto(f"{inside.url}/?exchange=3")
        expect(page.locator("#i-title")).to_have_text("#3 bet")
        expect(chosen(page)).to_have_attribute("id", "x-3")
        assert barriers(page) == []
        assert fits(page)


def test_an_address_that_names_no_exchange_is_told(page: Page, inside: Inside):
    go(page, inside, "?exchange=7")
    expect(page.locator(".toast.bad")).to_contain_text("there is no exchange #7")


def test_the_filter_is_one_line_that_stands_in_the_address(page: Page, inside: Inside):
    inside.write(2)
    inside.write(http=500, user="p-2", error="boom")
    go(page, inside)
    expect(count(page)).to_have_text("3 exchanges")
    field(page).fill("status:500")
    expect(count(page)).to_have_text("1 of 3 exchanges")
    expect(page).to_have_url(re.compile("status%3A500"))
    # What comes is told apart, too.
    inside.write(3)
    inside.write(http=500, user="p-3", error="boom")
    expect(count(page)).to_have_text("2 of 7 exchanges")
    # The lists write words of the same line, and show what it says.
    listed(page, "outcome").select_option("refused")
    expect(field(page)).to_have_value("status:500 outcome:refused")
    field(page).fill("player:p-2 client:to")
    expect(count(page)).to_have_text("1 of 7 exchanges")
    expect(listed(page, "client")).to_have_value("to")
    expect(listed(page, "outcome")).to_have_value("")
    page.reload()
    expect(field(page)).to_have_value("player:p-2 client:to")
    expect(count(page)).to_have_text("1 of 7 exchanges")
    expect(page.locator(".x")).to_have_count(1)
    listed(page, "client").select_option("")
    field(page).fill("")
    expect(count(page)).to_have_text("7 exchanges")
    expect(page).to_have_url(f"{inside.url}/")


def test_an_exchange_leaves_the_filter_when_it_ends(page: Page, inside: Inside):
    waiting = inside.ask("/auth")
    go(page, inside, "?filter=outcome:waiting")
    expect(count(page)).to_have_text("1 of 1 exchange")
    inside.providers.history.complete(waiting.number, answer=None)
    expect(page.locator(".x")).to_have_count(0)


def test_a_filter_that_cannot_be_read_is_told_at_the_field(page: Page, inside: Inside):
    inside.write(2)
    go(page, inside, "?filter=status:none")
    wrong = page.locator("#feed-wrong")
    expect(wrong).to_contain_text("the filter 'status:none' cannot be read")
    expect(wrong).to_contain_text("outcome:ok|refused")
    expect(field(page)).to_have_attribute("aria-invalid", "true")
    expect(count(page)).to_have_text("2 exchanges")
    assert barriers(page) == []
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "feed-wrong.png")
    field(page).fill("status:200")
    expect(wrong).to_be_hidden()
    expect(field(page)).not_to_have_attribute("aria-invalid", "true")


def test_a_mark_stands_between_what_was_there_and_what_comes(page: Page, inside: Inside):
    inside.write(2)
    go(page, inside)
    expect(count(page)).to_have_text("2 exchanges")
    press(page, "Mark")
    press(page, "Mark")  # nothing came: there is no second line
    inside.write(user="p-9")
    expect(count(page)).to_have_text("3 exchanges")
    lines = page.locator(".x")
    expect(lines).to_have_count(4)
    expect(page.locator(".x.mark")).to_contain_text("from here")
    assert order(page) == ["x-0", "x-1", "x-1.5", "x-2"]
    # The keys go over it.
    page.locator("#list").focus()
    for key, number in (("End", 2), ("ArrowUp", 1), ("ArrowDown", 2)):
        page.keyboard.press(key)
        expect(chosen(page)).to_have_attribute("id", f"x-{number}")
    assert barriers(page) == []
    # A filter hides no mark.
    field(page).fill("player:p-9")
    expect(lines).to_have_count(2)
    expect(count(page)).to_have_text("1 of 3 exchanges")


def test_what_is_there_is_cleared_away_and_comes_back(page: Page, inside: Inside):
    inside.write(3)
    go(page, inside)
    expect(count(page)).to_have_text("3 exchanges")
    press(page, "Mark")
    press(page, "Clear")
    expect(page.locator(".x")).to_have_count(0)
    expect(count(page)).to_have_text("0 of 3 exchanges")
    expect(field(page)).to_have_value("from:3")
    inside.write()
    expect(page.locator(".x")).to_have_count(1)
    press(page, "Clear")
    expect(field(page)).to_have_value("from:4")
    expect(page.locator(".x")).to_have_count(0)
    assert len(inside.providers.history) == 4
    field(page).fill("")
    expect(page.locator(".x")).to_have_count(4)


def test_those_of_one_race_stand_together(page: Page, inside: Inside):
    history = inside.providers.history
    race = history.new_race()
    inside.write()
    inside.write(race=race, kind="result")
    inside.write(user="p-2")
    inside.write(race=race, kind="result")
    inside.write(race=history.new_race())
    go(page, inside)
    expect(count(page)).to_have_text("5 exchanges")
    assert order(page) == ["x-0", "x-1", "x-3", "x-2", "x-4"]
    expect(page.locator("#x-1")).to_have_class(re.compile("raced first$"))
    expect(page.locator("#x-3")).to_have_class(re.compile("raced last$"))
    expect(page.locator("#x-3")).to_contain_text(f"⇉{race} result")
    expect(page.locator("#x-4")).to_have_class(re.compile("raced first last$"))
    page.screenshot(path=SCREENS / "feed-races.png")
    page.locator("#x-3").click()
    expect(page.locator("#i-body")).to_contain_text(f"race:{race}")
    field(page).fill(f"race:{race}")
    expect(page.locator(".x")).to_have_count(2)
    expect(chosen(page)).to_have_attribute("id", "x-3")


def test_the_chosen_row_stays_chosen_and_in_sight(page: Page, inside: Inside):
    inside.write(100)
    go(page, inside)
    expect(count(page)).to_have_text("100 exchanges")
    page.locator("#x-95").click()
    expect(page.get_by_label("follow")).not_to_be_checked()
    inside.write(100)
    expect(count(page)).to_have_text("200 exchanges")
    expect(chosen(page)).to_have_attribute("id", "x-95")
    expect(chosen(page)).to_be_in_viewport()


def test_a_thousand_a_second_arrive_whole_and_in_time(browser: Browser, tmp_path, capsys):
    with console_inside(tmp_path) as inside, visit(browser) as page:
        page.goto(f"{inside.url}/#feed")
        expect(page.locator("#line")).to_have_text("live")
        began = time.monotonic()
        for batch in range(RATE * SECONDS // 50):
            inside.write(50)
            threading.Event().wait(max(0.0, began + (batch + 1) * 50 / RATE - time.monotonic()))
        sent = time.monotonic() - began
        expect(page.locator("#feed-count")).to_have_text(f"{RATE * SECONDS} exchanges")
        reported = page.locator("#feed").evaluate("element => ({...element.dataset})")
        drawn = page.locator(".x").count()
        page.get_by_label("Search the feed").fill(f"#{RATE * SECONDS - 1} ")
        expect(page.locator("#feed-count")).to_contain_text(f"1 of {RATE * SECONDS}")
    with capsys.disabled():
        print(
            f"\nfeed: {RATE * SECONDS / sent:.0f} exchanges/s for {sent:.1f} s, none lost, "
            f"at most {(int(reported['worst']) + int(reported['offset'])) / 1000:.2f} s behind, {drawn} rows"
        )
    assert int(reported["received"]) == RATE * SECONDS
    assert drawn < 100
