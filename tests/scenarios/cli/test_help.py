"""Help and usage: examples that can be typed, the version, and twenty and more wrong command lines in three beats."""

import contextlib
import re
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from scenarios.cli.click_errors import problem_of
from scenarios.cli.main import COMMANDS, main
from scenarios.problems.errors import Exit, Problem, TargetProblem, UsageProblem
from tests.support.programs.commanding import pitboss, target_file, three_beats

EXAMPLE = re.compile(r"^ +(?:\S.* \| )?(pitboss .*)$")
# What stands in examples for what the reader fills in.
FILES = ("token.txt", "out/report.json", "out/failures/INV-01.json", "staging.toml")


def commands(group: click.Group, *path: str):
    """Every command below ``group``, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield [*path, name], command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


ALL = list(commands(main))


def helped(path):
    result = CliRunner().invoke(main, [*path, "--help"], prog_name="pitboss", terminal_width=200)
    assert result.exit_code == 0, result.output
    return result.output


def examples(text):
    """The command lines in a help text, each without what is said of it."""
    for line in text.splitlines():
        found = EXAMPLE.match(line)
        if found:
            typed = re.split(r"\s{2,}", found.group(1))[0]
            yield re.split(r"\s[|<>&](?:\s|$)", typed)[0].removesuffix('"').strip()


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_every_command_has_examples_that_can_be_typed(path, tmp_path, monkeypatch):
    found = [line for line in examples(helped(path)) if line.split()[1 : len(path) + 1] == path]
    assert found, f"pitboss {' '.join(path)} --help has no example of itself"
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.setenv("CHECKOUT_KEY", "a key of the tests")
    for line in examples(helped(path)):
        parsed(shlex.split(line)[1:])


def parsed(arguments):
    """Read a command line as the command does, without doing anything; raises Problem or a click error."""
    command, context, name = main, None, "pitboss"
    with contextlib.ExitStack() as stack:
        while True:
            context = command.make_context(name, list(arguments), parent=context)
            stack.callback(context.close)
            if not isinstance(command, click.Group):
                return
            arguments = [*context._protected_args, *context.args]
            name, command, arguments = command.resolve_command(context, arguments)


def test_an_example_with_a_mistyped_option_would_be_found():
    with pytest.raises(click.NoSuchOption):
        parsed(["check", "--onyl", "RBK"])


def test_every_command_is_listed_with_a_whole_sentence():
    text = " ".join(helped([]).split())
    for name, command in ((path[0], command) for path, command in ALL if len(path) == 1):
        assert f"{name} {' '.join(command.get_short_help_str(1000).split())}" in text
    assert "..." not in text.partition("Commands:")[2]
    assert set(COMMANDS) == {path[0] for path, _ in ALL if len(path) == 1}


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_by_either_name(tmp_path, flag):
    done = pitboss("check", flag, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pitboss check --only RBK" in done.stdout


def test_the_version(tmp_path):
    done = pitboss("--version", cwd=tmp_path)
    assert re.fullmatch(r"pitboss, version \d+\.\d+\.\d+\n", done.stdout)
    assert done.returncode == 0


# -- wrong command lines: what is typed, and what must be told

WRONG = [
    (["chekc"], "check?"),
    (["xyzzy"], "pitboss --help"),
    (["--versoin"], "--version?"),
    (["check", "--onyl", "RBK"], "--only?"),
    (["check", "--reprot=x"], "--report?"),
    (["check", "-z"], "pitboss check --help"),
    (["check", "--only", "RKB"], "RBK?"),
    (["check", "--only", "RBK-99"], "RBK-09?"),
    (["check", "--seed", "seven"], "'seven' is no whole number\n"),
    (["client", "--port", "web"], "'web' is no whole number\n"),
    (["check", "--seed"], "write --seed N"),
    (["check", "--strict=1"], "--strict was given a value"),
    (["check", "RBK"], "'RBK' was not expected"),
    (["demo", "--effort", "quik"], "quick?"),
    (["demo", "--currency", "usd"], "such as USD"),
    (["demo", "--currency", "EUR"], "other than EUR"),
    (["serve", "--operator-port", "99999"], "from 0 to 65535"),
    (["rules", "--format", "jsn"], "json?"),
    (["rules", "--skip", "BTE"], "BET?"),
    (["replay"], "FILE is missing"),
    (["replay", "report.json", "--rule", "RBK-99"], "RBK-09?"),
    (["trigger", "bett"], "bet?"),
    (["trigger", "coupon/redy"], "coupon/ready?"),
    (["trigger", "store/updaet"], "store/update?"),
    (["trigger", "bet"], "add --amount AMOUNT"),
    (["trigger", "bet", "--amount", "ten"], "an amount such as 10.50"),
    (["trigger", "bet", "--amuont", "10"], "--amount?"),
    (["trigger", "bet", "--amount", "1", "--copies", "-1"], "from 0"),
    (["trigger", "bet", "--amount", "1", "--fault", "answer-lots"], "answer-lost"),
    (["trigger", "decision", "--forged", "alg non"], "alg none?"),
    (["token", "sing"], "sign?"),
    (["token", "verify", "nowhere.txt"], "nowhere.txt"),
    (["token", "sign", "--amount", "4O"], "--amount"),
    (["init", "-o"], "-o was given no value"),
    (["doctor", "--confg", "x"], "--config?"),
    (["client", "--processes", "0"], "from 1"),
    (["client", "--port", "99999"], "65535"),
    (["client", "--balance", "much"], "100.00"),
    (["client", "--currency", "XXQ"], "--currency"),
    (["client", "--mutant", "rollback-orphan-deposit"], "did you mean rollback-orphan-deposits"),
    (["client", "--recompute"], "--database"),
    (["completion", "bsh"], "bash?"),
    (["completion"], "SHELL is missing"),
]


@pytest.mark.parametrize(("arguments", "reported"), WRONG, ids=[" ".join(each) for each, _ in WRONG])
def test_a_wrong_command_line(arguments, reported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A report to be replayed, so that what is wrong is the option alone.
    (tmp_path / "report.json").write_text('{"version": 1, "seed": 1, "effort": "quick", "rules": []}')
    target_file(tmp_path, "http://127.0.0.1:9")
    result = CliRunner().invoke(main, arguments, prog_name="pitboss")
    assert result.exit_code == 2, result.output
    assert reported in result.stderr
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["pitboss", "  expected", "  next step"], result.stderr
    assert all(line.partition(": ")[2].strip() for line in lines), result.stderr


@pytest.mark.parametrize("address", ["nosuch://host/name", "postgresql://127.0.0.1:1/none", "/dev/null/x"])
def test_a_database_that_does_not_open(address, tmp_path):
    error = three_beats(pitboss("client", "--port", "0", "--database", address, cwd=tmp_path), 3)
    assert "database" in error


def test_what_was_mistyped_and_may_be_a_secret_is_not_repeated(tmp_path):
    error = three_beats(pitboss("token", "sign", "--amount", "1", "--key", "s3cret", cwd=tmp_path), 2)
    assert "s3cret" not in error


# -- the beats themselves

ROOT = click.Context(click.Command("pitboss"), info_name="pitboss")


class InBeats(click.ClickException):
    """An error of somebody else's command line that has the beats as attributes."""

    came, expected, next_step = "A came.", "B. For C", "do D"


def test_the_beats_of_another_command_line_are_its_attributes():
    problem = problem_of(InBeats("A came. B was expected. Do C."), ROOT)
    assert (problem.came, problem.expected, problem.next_step) == ("A came.", "B. For C", "do D")


def test_a_message_without_beats_gets_them_and_is_not_taken_apart():
    problem = problem_of(click.UsageError("A came. B was expected. Do C."), ROOT)
    assert problem.came == "A came. B was expected. Do C"
    assert (problem.expected, problem.next_step) == (
        "a command line as in the examples",
        "see pitboss --help",
    )


@pytest.mark.parametrize(("code", "kind"), [(2, UsageProblem), (3, TargetProblem), (1, UsageProblem)])
def test_the_exit_code_is_kept(code, kind):
    error = click.ClickException("A. B. C.")
    error.exit_code = code
    problem = problem_of(error, ROOT)
    assert type(problem) is kind
    assert isinstance(problem, Problem)
    assert problem.exit_code in (Exit.USAGE, Exit.UNREACHABLE)


HEAVY = (
    "pytest pydantic rich flask jinja2 sqlalchemy hypothesis faker graphql jwt cryptography requests urllib3 h11 "
    "gevent locust simulators "
    "client_under_test loadtests scenarios.contract scenarios.run scenarios.runner scenarios.target"
)


def test_help_loads_nothing_heavy():
    reported = (
        "import sys\n"
        "from scenarios.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"sys.exit(' '.join(sorted(set({HEAVY!r}.split()) & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", reported], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Judge a CLIENT" in done.stdout
