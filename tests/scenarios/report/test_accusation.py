"""What a terminal says of a broken rule: what happened, what was sent and answered, and only then the rule."""

import io
import json
import re
from decimal import Decimal

import pytest
from rich.console import Console

from scenarios.contract import RULES, Observed
from scenarios.contract.rule import CAUSES
from scenarios.report.accusation import numbered
from scenarios.report.document import document
from scenarios.report.drawing.diagram import diagram
from scenarios.report.drawing.diagram_rows import Arrow, rows
from scenarios.report.headline import headline
from scenarios.report.summary import named
from scenarios.report.terminal import Terminal
from tests.support.in_memory.faulty_wallets import OtherCode, PaysOrphans, RollbackAdds
from tests.support.in_memory.judging import judged
from tests.support.in_memory.odd_wallets import CopiesAreErrors
from tests.support.in_memory.wallets import Refused, Wallet


@pytest.fixture(scope="module")
def result():
    return judged(PaysOrphans(), "RBK-04", "BET-08", "RES-04", seed=7)


def shown(result, width: int) -> str:
    file = io.StringIO()
    Terminal(Console(file=file, width=width)).conclude(result, None)
    return file.getvalue()


def test_a_broken_rule_begins_with_what_happened_and_shows_what_was_answered(result):
    text = shown(result, 240)
    block = text[text.index("✗ RBK-04") :].splitlines()
    assert block[0].startswith("✗ RBK-04 broken (MUST): the orphan rollback ")
    assert "was paid, it seems (at a balance of 12.50 EUR): balance 17.50 EUR" in block[0]
    assert block[0].endswith("balance 17.50 EUR, 5.00 EUR too much (expected: balance 12.50 EUR)")
    assert block[1].split(maxsplit=1)[1].startswith("POST /transaction-rollback {")
    assert block[2].strip().startswith('-> 200 {"error')
    names = [line.split()[0] for line in block[3:] if line.startswith("    ") and line[4] != " "]
    assert names == ["balance", "cases", "rule", "why", "causes", "again"]
    # The wagers that only read the balance are not told one by one.
    assert text.count("POST /transaction ") == 0


def test_what_was_sent_wraps_behind_commas_and_stays_the_same_json(result):
    text = shown(result, 80)
    block = text[text.index("#", text.index("✗ RBK-04")) : text.index("    balance")].splitlines()
    assert all(len(line) <= 80 for line in block)
    assert all(line.startswith(" " * 13) for line in block[1:])
    sent, _, answer = "".join(line.strip() for line in block).partition("-> 200 ")
    assert json.loads(sent[sent.index("{") :])["action"] == "rollback"
    assert json.loads(answer)["error"] is None


class PaysCopies(Wallet):
    def key(self, message):
        return object()


def test_the_same_bytes_are_told_once():
    text = shown(judged(PaysCopies(), "IDM-01", seed=7), 200)
    block = text[text.index("✗ IDM-01") :].splitlines()
    first = block[1].split()[0]
    assert any(line.split(maxsplit=1)[1] == f"the same as {first}" for line in block[2:6]), block


def test_what_a_must_says_besides_is_told_and_counted_as_should():
    text = shown(judged(OtherCode(), "BET-01", "BET-03", seed=7), 200)
    assert "! BET-03 broken (SHOULD): " in text
    assert "The one MUST rule judged holds, but 1 SHOULD rule is broken" in text
    assert "MUST 1 passed, 0 failed, 0 skipped, 0 undecided; SHOULD 0 passed, 1 warned" in text


def test_what_did_it_comes_first_and_is_marked_in_the_drawing():
    found = judged(RollbackAdds(), "RBK-02", seed=7)
    block = shown(found, 400).partition("✗ RBK-02")[2].splitlines()
    at = next(place for place, line in enumerate(block) if line.lstrip().startswith("#"))
    assert "/transaction-rollback" in block[at]
    guilty, led = (re.match(r" +#(\d+) ", block[place]) for place in (at, at + 2))
    assert int(led[1]) < int(guilty[1])
    [reported] = document(found.run, found.verdicts).rules
    finding = reported.scenarios[0].findings[0]
    drawn = [row for row in rows(reported.scenarios[0].exchanges, finding.blamed) if isinstance(row, Arrow)]
    marked = [row.aside for row in drawn if row.blamed]
    assert marked == [f"#{number}" for number in finding.blamed]
    assert str(diagram(reported.scenarios[0].exchanges, [finding])).count("✗ #") == len(marked) == 1


class TakesAnyType(Wallet):
    """Looks at no Content-Type."""

    def __call__(self, environ, start_response):
        return super().__call__({**environ, "CONTENT_TYPE": "application/json"}, start_response)


def test_many_cases_are_cut_and_the_content_type_is_shown():
    found = judged(TakesAnyType(), "MSG-06", seed=7)
    text = shown(found, 400)
    block = text[text.index("✗ MSG-06") :].splitlines()
    reported = [
        one
        for scenario in document(found.run, found.verdicts).rules[0].scenarios
        for one in scenario.findings
    ]
    assert [one.headline for one in reported if block[0].endswith(one.headline)]
    assert "result as text/plain" in reported[-1].cases
    assert "as text/plain" in block[0]
    assert re.search(r"result as text/plain, .* and [0-9]+ more: balance ", block[0]), block[0]
    assert any(line.strip().startswith("Content-Type: ") for line in block[:12])


class RefusesOrphans(Wallet):
    def orphan(self, message):
        raise Refused("NOT_FOUND")


class CrashesOnOrphans(Wallet):
    def orphan(self, message):
        raise RuntimeError("no such transaction")


class RefusesInHtml(Wallet):
    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        return answer if b'"error": null' in answer[0] else [b"<h1>no</h1>"]


def test_what_only_wagers_that_read_a_balance_show_is_shown_by_the_first_of_them():
    text = shown(judged(RefusesInHtml(), "MSG-02", "MSG-04", seed=7), 200)
    lines = text[text.index("✗ MSG-02") :].splitlines()
    assert lines[1].split(maxsplit=1)[1].startswith("POST /transaction {")
    assert lines[2].strip() == "-> 200 <h1>no</h1>"
    assert "causes   A page of the framework" in text[text.index("✗ MSG-04") :]


@pytest.mark.parametrize(
    ("rule", "fault", "fitting"),
    [
        ("RBK-04", PaysOrphans, "The amount is credited without looking for the original."),
        ("RBK-04", RefusesOrphans, "An id that is not known is taken for an error."),
        ("RBK-04", CrashesOnOrphans, "An exception that nobody catches"),
        ("IDM-02", CopiesAreErrors, "The unique key does its work"),
    ],
)
def test_causes_fit_what_was_seen(rule, fault, fitting):
    found = judged(fault(), rule, seed=7)
    causes = shown(found, 400).split("causes")[1]
    assert causes.strip().startswith(fitting)
    [reported] = document(found.run, found.verdicts).rules
    assert reported.causes.startswith(fitting)


def test_every_rule_has_causes_for_whatever_is_seen():
    assert all(rule.causes_of(seen) for rule in RULES.values() for seen in Observed)
    assert {rule.causes_of(Observed.FAILED) for rule in RULES.values()} == {CAUSES[Observed.FAILED]}


def test_prose_wraps_with_a_hanging_indent_and_what_is_copied_does_not(result):
    lines = shown(result, 80).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("✗"))
    block = lines[start : next(n for n, line in enumerate(lines) if line.startswith("The contract"))]
    copied = ("    #", "             ->", "    again", "not judged")
    assert all(len(line) <= 80 for line in block if not line.startswith(copied))
    assert block[1].startswith("  ")
    after_rule = block[next(n for n, line in enumerate(block) if line.startswith("    rule")) + 1]
    assert after_rule.startswith(" " * 13)
    assert any(line.startswith("not judged: BET-08, RES-04: needs a driver entry: ban = {") for line in block)


def test_numbers_are_drawn_together():
    assert numbered([7, 3, 8, 9]) == "#3, #7 to #9"
    assert numbered(list(range(0, 20, 2))) == "#0, #2, #4, #6, #8, #10 and 4 more"


def test_rules_are_named_by_group_where_the_whole_of_it_is_meant():
    asked = ("SIG-01", "SIG-02", "CAT-01", "CAT-02", "BET-01")
    assert named(["SIG-01", "SIG-02"], asked) == "SIG (2 rules)"
    assert named(["SIG-01", "CAT-02", "CAT-01"], asked) == "SIG-01, CAT (3 rules)"
    assert named(["BET-01"], asked) == "BET-01"


NONE = {"passed": 0, "failed": 0, "warned": 0, "skipped": 0, "undecided": 0}


@pytest.mark.parametrize(
    ("must", "should", "expected"),
    [
        ({"passed": 104}, {"passed": 26}, ("passed", "All 104 MUST rules hold")),
        ({"passed": 56, "skipped": 48}, {}, ("passed", "56 of 104 MUST rules were judged, and all hold")),
        (
            {"passed": 55, "failed": 1, "skipped": 48},
            {},
            ("failed", "The contract is broken: 1 of 56 judged MUST rules does not hold; 48 were not judged"),
        ),
        ({}, {"passed": 1}, ("passed", "No MUST rule was judged; 1 SHOULD rule holds")),
        ({"passed": 2}, {"warned": 2}, ("warned", "All 2 MUST rules hold, but 2 SHOULD rules are broken")),
    ],
)
def test_the_headline_counts_what_was_judged_and_what_was_not(must, should, expected):
    assert headline(NONE | must, NONE | should) == expected


def test_a_target_that_went_away_is_told_first():
    counts = NONE | {"passed": 3, "undecided": 1}
    standing, words = headline(counts, NONE, gone=True)
    assert standing == "undecided"
    assert words.startswith("The target went away. Nothing is known to be broken")


class CutsCents(Wallet):
    """19.99 is 1998 cents."""

    def amount(self, message):
        return Decimal(int(float(super().amount(message)) * 100)) / 100


def test_what_an_earlier_reading_told_right_explains_nothing():
    found = judged(CutsCents(), "BET-01", seed=7)
    text = shown(found, 240)
    assert "✗ BET-01 broken (MUST): a bet of 19.99 EUR: balance 1977.44 EUR, 0.01 EUR too much (" in text, (
        text
    )


class FailsWithPages(Wallet):
    """Fails with a long page where it does not know the player."""

    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        return [b"<h1>no</h1>" + b"<p>no</p>" * 40] if b"UNKNOWN_PLAYER" in answer[0] else answer


def test_a_page_is_named_in_the_headline_and_shown_once():
    text = shown(judged(FailsWithPages(), "MSG-02", "BET-06", "RBK-15", seed=7), 200)
    reported = text[text.index("✗ MSG-02") : text.index("rule     ")]
    assert "HTTP 200 with an HTML page" in reported.splitlines()[0]
    assert reported.count("<h1>no</h1>") == 1
    assert re.search(r"-> 200 and the same as #\d+ was answered", reported)
