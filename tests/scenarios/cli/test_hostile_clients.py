"""CLIENTs that mean harm: what is sent to them ends within its bound, with an exit code that says so, and in words."""

import time

import pytest
from click.testing import CliRunner

from scenarios.cli.main import main
from scenarios.problems.errors import Exit
from tests.support.servers.hostile import HOSTILE, answering

# Seconds for all of a command, on a machine that has much else to do: what has no end takes longer than any.
BOUND = 120
COMMANDS = {
    "trigger": ["trigger", "orphan", "--amount", "1"],
    "doctor": ["doctor"],
    "check": ["check", "--effort", "quick", "--only", "BET-01"],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_every_command_ends_in_time_and_in_words(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with answering(HOSTILE[what]) as url:
        path = tmp_path / "pitboss.toml"
        path.write_text(
            f'[operator]\ncallback_url = "{url}"\nsecurity_hash = "a hash of the tests"\ntimeout = 0.3\n'
            '[players]\nids = ["p-1"]\n'
        )
        for command in COMMANDS.values():
            began = time.monotonic()
            done = CliRunner().invoke(main, [*command, "-c", str(path)])
            took = time.monotonic() - began
            assert done.exception is None or isinstance(done.exception, SystemExit), (command, done.exception)
            assert done.exit_code in set(Exit) - {Exit.USAGE}, (command, done.output)
            assert "Traceback" not in done.output
            assert not any(sign in done.output for sign in "\x00\x07\x1b\u202e")
            assert len(done.output) < 20_000
            assert took < BOUND, command
