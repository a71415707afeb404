"""Runs the ``pitboss`` command as a user does, in a directory of its own."""

import io
import os
import signal
import subprocess
import sys
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from scenarios.cli.main import main

PITBOSS = str(Path(sys.executable).parent / "pitboss")
PYTEST = str(Path(sys.executable).parent / "pytest")
SECRET = "the secret of the tests"


def environment(**extra):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PITBOSS_"))}
    return kept | {"COLUMNS": "80"} | extra


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def pitboss(*arguments, cwd, **extra):
    """The ``pitboss`` command in this process, with its output as text."""
    written = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        chdir(cwd),
        patch.dict(os.environ, environment(**extra), clear=True),
        patch.object(sys, "stdin", io.StringIO()),
        redirect_stdout(written[0]),
        redirect_stderr(written[1]),
    ):
        try:
            main([*map(str, arguments)], prog_name="pitboss")
        except SystemExit as ended:
            code = ended.code
    for stream in written:
        stream.flush()
    return Done(code, *(stream.buffer.getvalue().decode() for stream in written))


def run_program(program, *arguments, cwd, **extra):
    """The finished process of ``program``, with its output as text."""
    return subprocess.run(
        [program, *map(str, arguments)],
        cwd=cwd,
        env=environment(**extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def started(*arguments, cwd, program=PITBOSS, **extra):
    """The process under way; killed at the end if it is still there."""
    process = subprocess.Popen(
        [program, *map(str, arguments)],
        cwd=cwd,
        env=environment(PYTHONUNBUFFERED="1", **extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@contextmanager
def serving(*options, cwd, **extra):
    """``pitboss serve`` once it serves: its process, and what it said until then."""
    with started("serve", *options, cwd=cwd, **extra) as process:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said += line
        yield process, said


def target_file(folder, url, *, players=("p-1", "p-2"), secret=SECRET, more="", name="pitboss.toml"):
    """Write a target file for the CLIENT at ``url`` into ``folder``."""
    ids = ", ".join(f'"{player}"' for player in players)
    path = Path(folder, name)
    path.write_text(
        f'[operator]\ncallback_url = "{url}"\nsecurity_hash = "{secret}"\n'
        f'username = "client"\npassword = "the password of the tests"\n{more}\n'
        f'[players]\nids = [{ids}]\ncurrency = "EUR"\n'
    )
    return path


def three_beats(done, code):
    """Hold that the process ended with ``code`` and an error in three beats, and return the error."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    # Notes may stand before it: that the first wager is waited for, on a busy machine.
    lines = [line for line in done.stderr.strip().splitlines() if not line.startswith("note: ")]
    assert lines[0].startswith("pitboss: "), done.stderr
    assert any(line.startswith("  expected: ") for line in lines), done.stderr
    assert any(line.startswith("  next step: ") for line in lines), done.stderr
    return done.stderr
