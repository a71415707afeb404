"""report.html from report.json: the verdict, what is in the page, what never is, and how large it may be."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from scenarios.contract import RULES
from scenarios.problems.errors import UsageProblem
from scenarios.report.page.html import render
from scenarios.report.page.html_view import verdict
from scenarios.report.saved import read_report, report_of
from tests.scenarios.report.made_up_reports import (
    blocks,
    document,
    exchange,
    filled,
    finding,
    refused,
    rule,
    ten_thousand,
)
from tests.support.in_memory.faulty_wallets import PaysOrphans
from tests.support.in_memory.judging import judged
from tests.support.programs.commanding import pitboss, three_beats

HOSTILE = (
    "</script><script>window.stolen=1</script>\"'><img src=x onerror=window.stolen=1>"
    "<svg/onload=window.stolen=1>{{7*7}}"
)
LIMIT = 5_000_000


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the texts of scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts, self._script = [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._script = tag == "script"

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script:
            self.scripts.append(data)


def page(*rules, **more):
    return render(report_of(document(*rules, **more)))


def should(name, outcome):
    return rule(name, outcome, level="SHOULD")


AUDIT = {"verdict": "clean", "players": 200, "transactions": 12_000, "off": "0.00"}


@pytest.mark.parametrize(
    ("rules", "more", "expected"),
    [
        (
            [rule(outcome="failed"), rule("RBK-01", "passed"), rule("RBK-02", "skipped")],
            {},
            ("failed", "The contract is broken: 1 of 2 judged MUST rules does not hold; 1 was not judged."),
        ),
        (
            [rule(outcome="passed"), should("RBK-03", "warned")],
            {"strict": True},
            ("failed", "The contract is broken: 1 SHOULD rule is broken, and the run was strict."),
        ),
        (
            [rule(outcome="undecided"), rule("RBK-01", "passed")],
            {},
            ("undecided", "Nothing is known to be broken, but 1 rule could not be decided."),
        ),
        ([rule(outcome="skipped")], {}, ("undecided", "No rule was judged.")),
        (
            [rule(outcome="passed"), rule("RBK-01", "skipped")],
            {"interrupted": True},
            ("undecided", "Interrupted. 1 of 2 MUST rules was judged, and it holds."),
        ),
        (
            [rule(outcome="failed")],
            {"interrupted": True},
            (
                "failed",
                "Interrupted. The contract is broken: the one MUST rule judged does not hold.",
            ),
        ),
        ([], {"audit": AUDIT}, ("passed", "The audit of 200 players and 12,000 transactions is clean.")),
        (
            [],
            {"audit": AUDIT | {"verdict": "broken", "off": "34.00"}},
            (
                "failed",
                "The audit of 200 players and 12,000 transactions finds balances off by 34.00 in all.",
            ),
        ),
        (
            [],
            {"audit": AUDIT | {"verdict": "undecided"}},
            ("undecided", "The audit of 200 players and 12,000 transactions could not be decided."),
        ),
        (
            [rule(outcome="passed")],
            {"audit": AUDIT | {"verdict": "broken"}},
            (
                "failed",
                "The one MUST rule judged holds; the audit of 200 players and 12,000 transactions "
                "finds the contract broken.",
            ),
        ),
    ],
)
def test_the_verdict_is_one_sentence(rules, more, expected):
    assert verdict(report_of(document(*rules, **more))) == expected


def test_a_broken_rule_is_told_whole_without_any_script():
    shown = exchange(3, "rollback (orphan)")
    text = page(rule(exchanges=[shown]), rule("RBK-01", "passed"), rule("BET-08", "skipped", reason="no ban"))
    plain = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    for part in (
        "The contract is broken",
        "the statement of RBK-04, with <code>code</code> in it",
        "sportsbook.txt, Transactions",
        "It costs money.",
        "A cause. Its fix.",
        "balance 12.50 EUR",
        "balance 17.50 EUR",
        "off by 5.00",
        '<svg role="img"',
        "pitboss replay report.json --rule RBK-04",
        "pitboss check --only RBK-04 --seed 7 --effort quick",
        "curl -sS http://127.0.0.1:8710",
        "skipped: no ban",
    ):
        assert part in plain, part


def test_what_happened_in_the_gravest_case_stands_first_and_its_ids_are_whole():
    reported = "495addbb-05b7-48bf-b10c-5ed85c6347c5"
    findings = [
        finding(case="one", off="0"),
        finding(case="two", seen=f"{reported} was paid <b>", off="7.50"),
    ]
    text = page(rule(findings=findings))
    first = text.partition("To fix, worst")[2].partition("</ol>")[0]
    whole = f'two: <span class="whole">{reported}</span> was paid &lt;b&gt; (expected: balance 12.50 EUR); 2 cases'
    assert whole in first
    assert text.count(f'<span class="whole">{reported}</span>') == 3, (
        "and beside the rule, and in the table of findings"
    )


def test_a_broken_rule_names_its_script_or_says_why_there_is_none():
    assert "<code>SECURITY_HASH=... sh repro/RBK-04.sh</code>" in page(rule(repro="repro/RBK-04.sh"))
    reported = page(rule("EVT-01", no_repro="A shell cannot show this & that."))
    assert "A shell cannot show this &amp; that. Judge it again instead." in reported
    assert "sh repro/" not in reported


def test_the_page_asks_no_network_and_runs_nothing_but_its_own():
    text = page(rule(exchanges=[exchange(1)]))
    elements = Elements(text)
    policy = next(
        attrs["content"]
        for tag, attrs in elements.found
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    (script,) = [part for part in elements.scripts if "use strict" in part]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert not [attrs for _, attrs in elements.found if "style" in attrs]
    addresses = [attrs[name] for _, attrs in elements.found for name in ("src", "href") if name in attrs]
    assert all(address.startswith(("#", "data:,")) for address in addresses), addresses


def test_hostile_texts_stay_texts():
    story = rule(exchanges=[exchange(1), refused(2)])
    story["scenarios"][0] |= {
        "story": ["1. bet", "=> broken"],
        "balance": {
            "player": "p",
            "currency": "EUR",
            "opening": "1",
            "points": [],
            "seen": None,
        },
    }
    load = {
        "host": "h",
        "rows": [{"name": "bet"}],
        "errors": [{"name": "bet", "error": "e"}],
        "over_time": [{"at": 0, "rate": 1}, {"at": 1, "rate": 2}],
    }
    made = document(
        story,
        rule("RBK-01", "passed", reason="x"),
        rule("RBK-02", "skipped", reason="x"),
        warnings=["w"],
        load=load,
        audit=AUDIT | {"extra": {"key": ["x", {"y": "z"}]}, HOSTILE: "x"},
    )
    elements = Elements(render(report_of(filled(made, HOSTILE))))
    assert [tag for tag, _ in elements.found if tag in ("img", "iframe", "object", "base")] == []
    kinds = [attrs.get("type") for tag, attrs in elements.found if tag == "script"]
    assert sorted(map(str, kinds)) == ["None", "text/plain"]
    handlers = [name for _, attrs in elements.found for name in attrs if name.startswith("on")]
    assert handlers == []


def test_hostile_ids_of_rules_break_out_of_no_attribute():
    elements = Elements(page(rule(HOSTILE, exchanges=[exchange(1)])))
    assert [tag for tag, _ in elements.found if tag == "img"] == []
    assert not [name for _, attrs in elements.found for name in attrs if name.startswith("on")]


def test_what_a_screen_would_obey_is_written_as_escapes(tmp_path):
    hidden = "a\u202eb\x00c\ud800d\x1b[31m"
    (tmp_path / "report.json").write_text(json.dumps(document(rule(outcome="undecided", reason=hidden))))
    text = render(read_report(tmp_path))
    assert not set(text) & {"\u202e", "\x00", "\x1b", "\ud800"}
    assert "a\\u202eb\\x00c\\ud800d\\x1b[31m" in text


def test_a_generated_history_has_its_balance_over_time(tmp_path):
    judged(PaysOrphans(), "INV-01", report=tmp_path, seed=7)
    report = json.loads((tmp_path / "report.json").read_text())
    broken = next(one for one in report["rules"][0]["scenarios"] if one["story"])
    curve = broken["balance"]
    assert curve["opening"] == "10.00"
    assert len(curve["points"]) == len(broken["findings"][-1]["exchanges"])
    assert curve["points"][0]["at"] == 0
    assert curve["seen"] is not None
    # The oracle and the curve agree: what was seen is off the model's end by what the finding says.
    last = curve["points"][-1]
    ends = (float(last["low"]), float(last["high"]))
    off = min(abs(float(curve["seen"]) - end) for end in ends)
    assert off == pytest.approx(float(broken["findings"][-1]["off"]))
    text = (tmp_path / "report.html").read_text()
    assert 'class="plot"' in text
    assert "pitboss replay failures/INV-01.json" in text


def test_an_audit_tells_all_it_holds_and_names_no_command_that_cannot_replay_it():
    off = [{"player": "load-17", "off": "12.00", "transactions": ["t-1", "t-2"]}, {"player": "load-99"}]
    audit = AUDIT | {"verdict": "broken", "off": "34.00", "off_players": 2, "lost": [], "broken": off}
    text = page(rule("INV-05", "failed", replay=""), audit=audit, load={"host": "http://127.0.0.1:8710"})
    for part in ("<dt>off players</dt>", "<td>load-17</td>", "<td>t-1; t-2</td>", "<td>load-99</td>"):
        assert part in text
    assert "<dt>lost</dt>" not in text
    assert "pitboss replay" not in text


def test_exchanges_are_packed_once_a_rule_and_whole():
    shown = [exchange(1), refused(2)]
    one = rule(exchanges=shown)
    one["scenarios"].append(rule(exchanges=shown[1:])["scenarios"][0])
    inside = blocks(page(one))["RBK-04"]["exchanges"]
    assert sorted(inside) == ["1", "2"]
    assert inside["2"]["error"] == "INSUFFICIENT_FUNDS"
    assert inside["1"]["body"] == shown[0]["request"]["body"]
    assert inside["1"]["curl"] == shown[0]["curl"]


def test_a_page_of_ten_thousand_exchanges_stays_small():
    text = page_of_ten_thousand()
    assert len(text.encode()) < LIMIT
    assert sum(len(one["exchanges"]) for one in blocks(text).values()) == 10_000
    # Drawings that have no room in the page itself are packed.
    assert any(one["figures"] for one in blocks(text).values())
    assert '<svg role="img"' in text


def page_of_ten_thousand(body=0):
    return render(report_of(ten_thousand(list(RULES), body=body)))


def test_bodies_that_nothing_compresses_are_cut_and_the_page_says_so():
    text = page_of_ten_thousand(body=2_000)
    assert len(text.encode()) < LIMIT
    assert re.search(r"(Bodies are cut to \d+ characters|Only \d+ exchanges of a scenario)", text)


def test_the_first_and_the_worst_finding_are_drawn():
    shown = [exchange(n) for n in range(1, 5)]
    found = [finding(1, case="first"), finding(2, off="9.00", case="worst"), finding(3, case="third")]
    text = page(rule(exchanges=shown, findings=found))
    assert "Messages: first" in text
    assert "Messages: worst" in text
    assert "Messages: third" not in text
    assert "off by 9.00" in text
    both = page(rule(exchanges=shown, findings=[finding(1, 2, case="first"), finding(2, 3, off="9.00")]))
    assert both.count('class="diagram"') == 1
    assert both.count('class="verdict"') == 2


@pytest.mark.parametrize(
    "saved",
    [
        "no json",
        "[]",
        '{"version": 2}',
        '{"version": 1, "rules": [{"id": "RBK-04"}]}',
        '{"version": 1, "rules": "x"}',
        "[" * 100_000,
    ],
)
def test_what_is_no_report_is_refused_in_three_beats(tmp_path, saved):
    file = tmp_path / "report.json"
    file.write_text(saved)
    with pytest.raises(UsageProblem) as refusal:
        read_report(file)
    assert "is no report of pitboss" in refusal.value.came
    assert "run pitboss check once more" in refusal.value.next_step


def test_the_command_draws_the_page_beside_the_report_or_elsewhere(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text(json.dumps(document(rule())))
    for named in ("out", "out/report.json"):
        done = pitboss("report", named, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "The contract is broken" in (out / "report.html").read_text()
        (out / "report.html").unlink()
    assert pitboss("report", "out", "-o", "page.html", cwd=tmp_path).returncode == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert not (out / "report.html").exists()
    three_beats(pitboss("report", "none/report.json", cwd=tmp_path), 2)
    three_beats(pitboss("report", "out", "-o", "none/page.html", cwd=tmp_path), 2)
