"""Locust for tests: imported without changing the modules of this process, and run as users run it."""

import os
import sys
from pathlib import Path

from scenarios.hosting.ports import free_port
from tests.support.programs.commanding import run_program

_SKIP = "LOCUST_SKIP_MONKEY_PATCH"


def unpatched():
    """Import Locust into this process, before our modules do.

    By itself it would replace sockets, threads and clocks for all other tests, too.
    """
    before = os.environ.get(_SKIP)
    os.environ[_SKIP] = "1"
    try:
        import locust
    finally:
        if before is None:
            del os.environ[_SKIP]
        else:
            os.environ[_SKIP] = before
    return locust


def run(*arguments, cwd, requests=0, **extra):
    """The finished ``locust``, headless, with our locustfile; it ends after so many ``requests``, if not by itself."""
    file = Path(__file__).parents[3] / "loadtests" / "locustfile.py"
    options = ["--requests", requests] if requests else []
    options += meeting() if "--processes" in arguments else []
    words = ["-f", file, "--headless", "--only-summary", *options, *arguments]
    return run_program(sys.executable, "-m", "locust", *words, cwd=cwd, **extra)


def meeting():
    """Where master and workers meet: at a port of their own, as other tests' workers look for a master, too."""
    port = str(free_port())
    return ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]


def row(done, name):
    """Requests and failures of one row of Locust's summary; 0 and 0 where there is none."""
    for line in done.stderr.splitlines():
        words = line[9:].split()
        if name.split() == words[: len(name.split())] and "(" in line:
            counts = words[len(name.split()) :]
            return int(counts[0]), int(counts[1].partition("(")[0])
    return 0, 0


def parsed(*arguments):
    """Our options, and Locust's, as Locust reads them."""
    locust = unpatched()
    from locust.argument_parser import get_parser

    from loadtests import register

    register.register(locust.events)
    return get_parser(default_config_files=[]).parse_args(list(map(str, arguments)))
