"""Finds mutants by name, builds them, and serves them by threads of this process."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from client_under_test.server import threaded
from client_under_test.values.misuse import Misuse


class UnknownMutant(Misuse):
    """There is no mutant of that name; the next step names the nearest."""


def find(name: str) -> Mutant:
    """Return the mutant called ``name``; raises UnknownMutant."""
    named = {mutant.name: mutant for mutant in ALL}
    if name in named:
        return named[name]
    near = difflib.get_close_matches(name, named, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "client_under_test/mutants/table.py lists them"
    raise UnknownMutant(f"there is no mutant {name!r}", f"one of the {len(named)} mutants' names", hint)


def create(name: str, config: Config) -> Flask:
    """Build the mutant called ``name`` over ``config``; raises UnknownMutant, DatabaseUnreachable."""
    return find(name).build(config)


@contextmanager
def serve(name: str, config: Config, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the mutant called ``name`` in this process and yield its address; ``port`` 0 takes a free one."""
    with threaded(create(name, config), host, port) as address:
        yield address
