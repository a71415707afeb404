"""Annotations for GitHub Actions: escaped, redacted, gravest first, and no CLIENT's word that the runner obeys."""

import re
from decimal import Decimal

import pytest

from scenarios.contract import RULES, Level
from scenarios.hosting.ports import free_port
from scenarios.problems.errors import UsageProblem
from scenarios.report.ci import github
from scenarios.run.findings import Finding, ScenarioResult, Standing, judge_rule
from scenarios.run.judge import Judged
from scenarios.run.planning.settings import Settings
from scenarios.run.run import Run
from scenarios.target.loading import Target
from tests.support.in_memory.wallets import Refused, Wallet, served
from tests.support.programs.commanding import SECRET, pitboss, target_file

LINE = re.compile(r"::(error|warning) title=([^:,\r\n]*)::([^\r\n]*)")


def test_escapes_what_the_runner_would_take_for_its_own():
    reported = github.annotation(
        "error", "A: b, 100%\n::warning::x", "one, two: 5%\r\n::set-output name=a::b\x1b[2J"
    )
    assert reported == (
        "::error title=A%3A b%2C 100%25%0A%3A%3Awarning%3A%3Ax::one, two: 5%25%0A::set-output name=a::b\\x1b[2J"
    )
    assert LINE.fullmatch(reported)


def test_a_long_message_is_cut():
    assert len(github.annotation("warning", "t", "x" * 100_000)) < 3000


# -- of verdicts


@pytest.fixture
def run():
    operator = {"callback_url": "http://127.0.0.1:9", "security_hash": SECRET}
    target = Target.model_validate({"operator": operator, "players": {"ids": ["p-1"], "currency": "EUR"}})
    made = Run(Settings(target=target, rules=tuple(RULES), seed=7))
    yield made
    made.close()


def judged(run, *broken, strict=False):
    """Verdicts of the rules in ``broken``, each with the level of its breach and what was seen."""
    if strict:
        run.settings = Settings(target=run.settings.target, rules=tuple(RULES), seed=7, strict=True)
    verdicts = []
    for rule, level, seen in broken:
        result = ScenarioResult(f"s-{rule}", "a scenario", (rule,))
        result.judged.add(rule)
        if level is not None:
            result.findings.append(Finding(rule, level, "one thing", seen))
        verdicts.append(judge_rule(RULES[rule], [result]))
    return Judged(run, verdicts)


def reported(run, *broken, **more):
    found = [LINE.fullmatch(line) for line in github.of_verdicts(judged(run, *broken, **more))]
    assert all(found)
    return [match.groups() for match in found]


def test_must_before_should_and_nothing_of_what_holds(run):
    lines = reported(
        run,
        ("SIG-06", Level.SHOULD, "HTTP 400"),
        ("BET-01", Level.MUST, "9.99"),
        ("RES-01", None, ""),
        ("RBK-04", Level.MUST, "paid"),
    )
    assert [(command, title) for command, title, _ in lines] == [
        ("error", "BET-01 (MUST) failed"),
        ("error", "RBK-04 (MUST) failed"),
        ("warning", "SIG-06 (SHOULD) warned"),
    ]
    message = lines[0][2]
    assert message.startswith("expected one thing; seen 9.99")
    assert RULES["BET-01"].statement in message
    assert "9.99" in message
    assert "pitboss check --only BET-01 --seed 7" in message


def test_strict_makes_errors_of_warnings(run):
    assert [line[0] for line in reported(run, ("SIG-06", Level.SHOULD, "x"), strict=True)] == ["error"]


def test_what_was_not_decided_is_a_warning(run):
    result = ScenarioResult("s", "a scenario", ("BET-01",))
    result.ended, result.reason = Standing.UNDECIDED, "the check crashed"
    made = Judged(run, [judge_rule(RULES["BET-01"], [result])])
    (line,) = github.of_verdicts(made)
    assert line.startswith("::warning title=BET-01 (MUST) undecided::")
    assert "the check crashed" in line


def test_no_secret_and_no_second_command(run):
    seen = f"the answer {SECRET!r}\n::error title=spoofed::by the CLIENT"
    ((_, _, message),) = reported(run, ("BET-01", Level.MUST, f"{SECRET} {seen}"))
    assert SECRET not in message
    assert "%0A::error" in message


def test_a_problem_in_three_beats():
    line = github.of_problem(UsageProblem("a", "b", "c"))
    assert line == "::error title=pitboss::a%0A  expected: b%0A  next step: c"


# -- of the command


def commands_of(output):
    """The lines that the runner obeys, as it reads the log: none between stop-commands and its word."""
    word, found = None, []
    for line in output.splitlines():
        line = line.strip()
        if word is not None:
            word = None if line == f"::{word}::" else word
        elif line.startswith("::stop-commands::"):
            word = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            found.append(line)
    assert word is None, "the runner was never told to obey again"
    return found


class Spoofing(Wallet):
    """Refuses results of 0, in words that a runner would obey."""

    def handle(self, message):
        if message["action"] == "result" and Decimal(message["amount"]) == 0:
            raise Refused("no\n::error title=spoofed::by the CLIENT\n::add-mask::e")
        return super().handle(message)


QUICK = ("--effort", "quick", "--only", "RES-01,RES-02")


def test_a_run_that_holds_annotates_nothing(tmp_path):
    with served(Wallet()) as url:
        target_file(tmp_path, url)
        done = pitboss("check", *QUICK, cwd=tmp_path, GITHUB_ACTIONS="true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert commands_of(done.stdout) == []
    assert done.stdout.count("::stop-commands::") == 1


def test_outside_of_actions_nothing_is_added(tmp_path):
    with served(Wallet()) as url:
        target_file(tmp_path, url)
        done = pitboss("check", *QUICK, cwd=tmp_path, GITHUB_ACTIONS="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::" not in done.stdout


def test_a_target_that_is_down_is_annotated(tmp_path):
    target_file(tmp_path, f"http://127.0.0.1:{free_port()}")
    done = pitboss("check", *QUICK, cwd=tmp_path, GITHUB_ACTIONS="true")
    assert done.returncode == 3
    (line,) = commands_of(done.stdout)
    assert line.startswith("::error title=pitboss::POST ")
    assert "next step" in line


def test_a_client_cannot_annotate(tmp_path):
    with served(Spoofing()) as url:
        target_file(tmp_path, url)
        done = pitboss("check", *QUICK, cwd=tmp_path, GITHUB_ACTIONS="true")
    assert done.returncode == 1, done.stdout + done.stderr
    assert [line.partition(" (")[0] for line in commands_of(done.stdout)] == ["::error title=RES-02"]
    assert not [line for line in done.stderr.splitlines() if line.strip().startswith("::")]


# -- the summary of the job's page


def test_the_summary_tells_the_verdict_and_what_is_broken_and_a_client_cannot_write_in_it(
    run, tmp_path, monkeypatch
):
    said = "<script>x</script> | a | [link](http://x) `code` \n# heading"
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    github.write_summary(judged(run, ("RBK-04", Level.MUST, said)))
    text = page.read_text()
    assert text.startswith("before\n### pitboss: The contract is broken")
    row = next(line for line in text.splitlines() if line.startswith("1. **RBK-04** (MUST) "))
    assert "<script>" not in row
    assert "\\| a \\|" in row
    assert "\\[link\\]" in row
    assert not re.search(r"(?m)^# heading", text)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    github.write_summary(judged(run))
