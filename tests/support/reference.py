"""The reference CLIENT in threads of this process, and its target file, for tests of commands."""

from contextlib import contextmanager
from decimal import Decimal
from unittest.mock import patch

import requests

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.mutants import host
from client_under_test.server import threaded
from tests.support.commanding import target_file

HASH = "hash-secret-of-the-tests"
PASSWORD = "password-secret-of-the-tests"


class Reference:
    """A reference CLIENT at ``url``; ``balance`` is what its site says."""

    def __init__(self, url):
        self.url = url

    def balance(self, player="p-1"):
        return Decimal(requests.get(f"{self.url}/players/{player}/balance", timeout=60).json()["balance"])

    def target(self, folder, more="", **options):
        path = target_file(folder, f"{self.url}/operator", secret=HASH, more=more, **options)
        path.write_text(path.read_text().replace("the password of the tests", PASSWORD))
        return path


# Seconds for which a transaction waits for its turn at the database before it is refused. Under load on a busy machine
# the reference's own four are over before anything is wrong with it.
TURN = 120.0


@contextmanager
def reference(folder, mutant=None, **options):
    """Serve the reference, or a mutant of it."""
    options.setdefault("database", str(folder / "client.sqlite"))
    # Nobody takes the power away here. How long a mutant's transactions take is left as it is: some are found by it.
    options.setdefault("fsync", mutant is not None)
    config = Config(security_hash=HASH, password=PASSWORD, **options)
    with patch.object(Database, "lock_timeout", TURN):
        yield from _served(mutant, config)


def _served(mutant, config):
    if mutant is not None:
        with host.serve(mutant, config) as url:
            yield Reference(url)
        return
    app = create_app(config)
    with threaded(app) as url:
        yield Reference(url)
    app.extensions["database"].close()
