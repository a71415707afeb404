"""``pitboss init``."""

import pytest
from click.testing import CliRunner

from scenarios.cli.commands.init import command
from scenarios.target.loading import load


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_the_file_is_written_and_can_be_read(here):
    result = run()
    assert result.exit_code == 0
    assert "pitboss doctor" in result.output
    assert load(None, {"SECURITY_HASH": "x"}).need_operator()


def test_a_file_that_is_there_is_kept_unless_forced(here):
    (here / "mine.toml").write_text("mine")
    result = run("--output", "mine.toml")
    assert result.exit_code == 2
    assert "--force" in result.output
    assert (here / "mine.toml").read_text() == "mine"
    assert run("--output", "mine.toml", "--force").exit_code == 0
    assert "[operator]" in (here / "mine.toml").read_text()


def test_a_directory_that_is_not_there_is_told(here):
    result = run("--output", "no/where.toml")
    assert result.exit_code == 2
    assert "cannot be written" in result.output
    assert "Traceback" not in result.output
