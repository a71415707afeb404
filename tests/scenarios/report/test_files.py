"""What ``--report DIR`` receives: its shape, whole, and without any secret."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scenarios.contract import RULES
from scenarios.report.terminal import Terminal
from tests.scenarios.report.made_up_reports import blocks
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import SECRET, Refused, Wallet, served
from tests.support.programs.commanding import pitboss, target_file

PASSWORD = "the password of the tests"
COUNTS = {
    "must": {"passed", "failed", "skipped", "undecided"},
    "should": {"passed", "warned", "skipped", "undecided"},
}
TOP = {
    "reference": type(None),
    "version": int,
    "target": str,
    "started": str,
    "strict": bool,
    "interrupted": bool,
    "target_gone": str,
    "seed": int,
    "effort": str,
    "probe": str,
    "currency": str,
    "duration_s": float,
    "exchanges": int,
    "summary": dict,
    "warnings": list,
    "to_fix": list,
    "rules": list,
    "cost": dict,
}
RULE = {
    "repro": str,
    "no_repro": str,
    "id": str,
    "level": str,
    "provider": str,
    "statement": str,
    "source": str,
    "why": str,
    "causes": str,
    "outcome": str,
    "reason": str,
    "replay": str,
    "answers": int,
    "scenarios": list,
}
SCENARIO = {
    "id": str,
    "title": str,
    "outcome": str,
    "message": str,
    "answers": int,
    "raced": int,
    "lost": int,
    "currency": str,
    "findings": list,
    "story": list,
    "exchanges": list,
}
FINDING = dict.fromkeys(
    ["level", "headline", "case", "expected", "seen", "off", "decided_by"], str
) | dict.fromkeys(["cases", "exchanges", "blamed"], list)
SEVEN = Path(__file__).parent / "made" / "pays_seven.py"
OUTCOMES = {"passed", "failed", "warned", "skipped", "info", "undecided"}


class Chatty(Wallet):
    """Tells its secrets in every way an answer can, and pays orphans."""

    def orphan(self, message):
        super().orphan(message)
        return message["amount"]

    def stranger(self, message):
        raise Refused(
            f"[bold]no such player[/bold], the hash is made with {SECRET}, the password is {PASSWORD}"
        )

    def __call__(self, environ, start_response):
        given = environ.get("HTTP_X_SECURITY_HASH", "")

        def with_headers(status, headers):
            # Cut in the middle of the secret where a text is cut at 80 characters.
            start_response(status, [*headers, ("X-Debug", SECRET), ("X-Given", given)])

        answer = super().__call__(environ, with_headers)
        if b"Internal Server Error" in answer[0]:
            return [b"<pre>" + b"x" * 55 + SECRET.encode() + b" \x1b[2J" + PASSWORD.encode()]
        return answer

    def authentic(self, body, given):
        if given == SECRET:
            raise ZeroDivisionError
        return super().authentic(body, given)


def types(document, shape):
    assert {key: type(value) for key, value in document.items()} == shape


@pytest.fixture(scope="module")
def chatty(tmp_path_factory):
    """The folder of a report of a talkative CLIENT, and the judgement."""
    out = tmp_path_factory.mktemp("report") / "new" / "out"
    result = judged(Chatty(), "SIG-02", "BET-06", "RBK-04", "RES-01", "RBK-11", "BET-08", report=out, seed=7)
    return out, result


def test_the_report_has_the_agreed_shape(chatty):
    out, result = chatty
    report = json.loads((out / "report.json").read_text())
    types(report, TOP)
    assert (report["version"], report["seed"], report["probe"], report["effort"]) == (1, 7, "wagers", "quick")
    assert {level: set(counts) for level, counts in report["summary"].items()} == COUNTS
    assert all(type(n) is int for counts in report["summary"].values() for n in counts.values())
    assert [rule["id"] for rule in report["rules"]] == [
        "SIG-02",
        "BET-06",
        "BET-08",
        "RES-01",
        "RBK-04",
        "RBK-11",
    ]
    for rule in report["rules"]:
        types(rule, RULE)
        assert rule["outcome"] in OUTCOMES
        for scenario in rule["scenarios"]:
            assert isinstance(scenario.pop("balance"), dict | None)
            types(scenario, SCENARIO)
            assert scenario["outcome"] in OUTCOMES
            for finding in scenario["findings"]:
                types(finding, FINDING)
            assert all("curl" in exchange and "request" in exchange for exchange in scenario["exchanges"])
    outcome = {rule["id"]: rule["outcome"] for rule in report["rules"]}
    assert outcome["RBK-04"] == "failed"
    assert outcome["BET-08"] == "skipped"
    assert report["exchanges"] == len(result.run.history)


def test_junit_has_one_case_a_scenario(chatty):
    out, result = chatty
    suite = ElementTree.parse(out / "junit.xml")
    assert "The contract is broken" in suite.find(".//property[@name='verdict']").get("value")
    assert suite.find(".//property[@name='to fix: RBK-04']").get("value").startswith("RBK-04: ")
    cases = suite.findall(".//testcase")
    ids = tuple(RULES)
    assert all(case.get("name").startswith(ids) for case in cases)
    assert len(cases) == len(result.run.results)
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    failed = [case for case in cases if case.find("failure") is not None]
    assert any("RBK-04" in case.find("failure").text for case in failed)


def test_the_history_is_an_http_archive(chatty):
    out, result = chatty
    log = json.loads((out / "history.har").read_text())["log"]
    assert log["version"] == "1.2"
    assert len(log["entries"]) == len(result.run.history)
    assert {"startedDateTime", "time", "request", "response", "timings", "cache"} <= set(log["entries"][0])


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """The folder of a check of a talkative CLIENT, and what became of its process."""
    folder = tmp_path_factory.mktemp("check")
    with served(Chatty()) as url:
        target_file(folder, url)
        only = "SIG,BET-06,RBK-04,MSG-04"
        return folder, pitboss("check", "--only", only, "--effort", "quick", "--report", "out", cwd=folder)


def test_no_secret_is_in_any_file_or_on_the_terminal(checked):
    folder, done = checked
    assert done.returncode == 1, done.stdout + done.stderr
    texts = {path.name: path.read_text() for path in (folder / "out").rglob("*") if path.is_file()}
    unpacked = json.dumps(blocks(texts["report.html"]))
    assert "operator.security_hash" in unpacked
    texts |= {"stdout": done.stdout, "stderr": done.stderr, "what report.html unpacks": unpacked}
    assert "the first genuine" not in done.stdout
    for name, text in texts.items():
        for secret in (SECRET, PASSWORD):
            # Nor the beginning of one, where a text was cut.
            assert secret[:15] not in text, name
    assert "<operator.security_hash>" in texts["report.json"]


def test_the_terminal_is_plain_narrow_and_harmless(checked):
    _, done = checked
    assert "\x1b" not in done.stdout
    head = done.stdout.partition("\n✗")[0]
    table = head[head.index(" group") :]
    assert all(len(line) <= 80 for line in table.splitlines()), table
    assert {line.split()[0] for line in table.splitlines() if line.split()} >= {"SIG", "MSG", "BET", "RBK"}
    assert "undecided" in table


def test_markup_in_answers_is_text(capsys):
    class Marked(Wallet):
        def result(self, message):
            if message["amount"] == 7:
                raise Refused("[bold]no[/bold] [link=http://x]:smile: \x1b[31mred")
            return super().result(message)

    terminal = Terminal()
    result = judged(Marked(), "RES-01", paths=[SEVEN], watchers=[terminal])
    terminal.conclude(result, None)
    shown = capsys.readouterr().out
    assert "[bold]no[/bold] [link=http://x]:smile: " in " ".join(shown.split()) + " "
    assert "\x1b" not in shown
