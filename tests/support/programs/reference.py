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
from scenarios.hosting.ports import free_port
from tests.support.programs.commanding import target_file

HASH = "hash-secret-of-the-tests"
PASSWORD = "password-secret-of-the-tests"
JACKPOT = {key: f"{key} of the tests" for key in ("api_key", "api_signature", "client_secret")}


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

    def converting(self, listen):
        """The sections by which its players convert, at a Jackpot that listens at the port ``listen``."""
        session = (
            f'{{ post = "{self.url}/vouchers/session", '
            'json = { user_id = "{player}", amount = "{amount}" }, read = "token" }'
        )
        agreed = "\n".join(f'{key} = "{value}"' for key, value in JACKPOT.items())
        return (
            f'[jackpot]\nnotification_url = "{self.url}/jackpot/notifications"\n{agreed}\n'
            f'listen = "127.0.0.1:{listen}"\nready_after = 0.0\n[driver]\nvoucher_session = {session}\n'
            f'voucher = {{ get = "{self.url}/vouchers/{{notification_key}}", read = "state" }}\n'
            f'store = {{ get = "{self.url}/stores/{{store}}" }}\n'
        )


# Seconds for which a transaction waits for its turn at the database before it is refused. Under load on a busy machine
# the reference's own four are over before anything is wrong with it.
TURN = 120.0


@contextmanager
def reference(folder, mutant=None, **options):
    """Serve the reference, or a mutant of it."""
    options.setdefault("database", str(folder / "client.sqlite"))
    # Nobody takes the power away here. How long a transaction takes is left as it is where that shows a fault.
    options.setdefault("fsync", mutant is not None and not host.find(mutant).sequential)
    config = Config(security_hash=HASH, password=PASSWORD, **options)
    with patch.object(Database, "lock_timeout", TURN):
        yield from _served(mutant, config)


@contextmanager
def converting_reference(folder, mutant=None, **options):
    """Serve the reference, or a mutant of it, whose players convert; yield it with the port of its Jackpot."""
    agreed = {f"jackpot_{key}": value for key, value in JACKPOT.items()}
    port = free_port()
    with reference(folder, mutant, jackpot_url=f"http://127.0.0.1:{port}", **agreed, **options) as client:
        yield client, port


def _served(mutant, config):
    if mutant is not None:
        with host.serve(mutant, config) as url:
            yield Reference(url)
        return
    app = create_app(config)
    with threaded(app) as url:
        yield Reference(url)
    app.extensions["database"].close()
