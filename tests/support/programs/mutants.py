"""Serves mutants by processes forked from a warm one, which has imported the CLIENT under test once.

A process started from nothing spends two seconds on its imports, one forked from here a hundredth of that.
"""

import multiprocessing
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from client_under_test.app import REFERENCE, Parts, create_app
from client_under_test.config import AUTOMATIC, MANUAL, Config
from client_under_test.mutants.host import find
from client_under_test.server import serve
from scenarios.cli.reference_client import CheckoutAgreed, JackpotAgreed, new_secrets, target_at
from scenarios.hosting.ports import free_port
from scenarios.target.loading import Target
from simulators.dialects import DEFAULT

_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload([__name__])


@contextmanager
def serving(names: str = "", further: Sequence[str] = (), parts: Parts = REFERENCE) -> Iterator[Target]:
    """Serve one CLIENT with the faults of all mutants that ``names`` lists, of none: the reference.

    It has every driver entry: when killed, it is started again. ``further`` currencies are agreed on beside EUR.
    ``parts`` are those of a CLIENT that is no mutant, in classes that can be imported.
    """
    mutants = [find(name) for name in names.split()]
    needs = {need for mutant in mutants for need in mutant.needs}
    further = ("USD",) if "dollars" in needs else further
    dialect = "blueocean" if "balances" in needs else None
    signs, checks = new_secrets(dialect) if dialect else ("", "")
    with TemporaryDirectory(prefix="pitboss-mutant-") as folder:
        port, pid_file = free_port(), Path(folder, "client.pid")
        site = f"http://127.0.0.1:{port}"
        config = Config(
            database=f"{folder}/client.sqlite",
            operator_api_url=f"http://127.0.0.1:{free_port()}",
            jackpot_url=f"http://127.0.0.1:{free_port()}",
            jackpot_confirmation=AUTOMATIC if "automatic" in needs else MANUAL,
            checkout_url=f"http://127.0.0.1:{free_port()}",
            public_url=site,
            # Nobody takes the power away here. How long a transaction takes is left as it is where that shows a fault.
            fsync=not all(mutant.sequential for mutant in mutants),
            **({"dialect": dialect, "security_hash": checks} if dialect else {}),
        )
        with _KeptRunning(names, parts, config, port, pid_file):
            yield _target(config, site, f"kill -9 $(cat {pid_file})", further, signs)


def _target(config: Config, site: str, restart: str, further: Sequence[str], signs: str) -> Target:
    jackpot = JackpotAgreed(
        _port(config.jackpot_url),
        config.jackpot_api_key,
        config.jackpot_api_signature,
        config.jackpot_client_secret,
        "automatic" if config.jackpot_confirmation == AUTOMATIC else "manual",
    )
    checkout = CheckoutAgreed(_port(config.checkout_url), config.checkout_key, config.merchant_id)
    api_port = _port(config.operator_api_url)
    agreed = (signs or config.security_hash, config.password, restart, jackpot, checkout)
    return target_at(site, api_port, *agreed, further, config.dialect or DEFAULT)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


class _KeptRunning:
    """A process that serves a mutant, started again whenever it is killed, until the block is left."""

    def __init__(self, names: str, parts: Parts, config: Config, port: int, pid_file: Path) -> None:
        self._given, self._pid_file = (names, parts, config, port), pid_file
        self._lock, self._leaving = threading.Lock(), False
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> None:
        self._process = self._started()
        self._keeper.start()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._leaving = True
            self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        while True:
            self._process.join()
            with self._lock:
                if self._leaving:
                    return
                self._process = self._started()

    def _started(self) -> BaseProcess:
        listening, tell = _WARM.Pipe(duplex=False)
        process = _WARM.Process(target=_serve, args=(*self._given, tell), daemon=True)
        process.start()
        tell.close()
        self._pid_file.write_text(str(process.pid))
        with listening:
            listening.recv()  # EOFError where it ended before it listened
        return process


def _serve(names: str, parts: Parts, config: Config, port: int, listening: Connection) -> None:
    threading.Thread(target=_end_with_the_test, daemon=True).start()
    serve(config, port=port, build=_build(names.split(), parts), attached=False, say=listening.send)


def _build(names: Sequence[str], reference: Parts = REFERENCE) -> Callable[[Config], Flask]:
    """What builds a CLIENT with the faults of all mutants called ``names``; several replace classes of the reference.

    Where two replace the same one, theirs are put together. With no fault it is the ``reference``.
    """
    if not names:
        return partial(create_app, parts=reference)
    if len(names) == 1:
        return find(names[0]).build
    replaced: dict[str, list[type]] = defaultdict(list)
    for name in names:
        parts = find(name).build.keywords["parts"]
        for field in fields(parts):
            if (its := getattr(parts, field.name)) is not getattr(REFERENCE, field.name):
                replaced[field.name].append(its)
    return partial(
        create_app, parts=Parts(**{name: type(name, (*its,), {}) for name, its in replaced.items()})
    )


def _end_with_the_test() -> None:
    test = multiprocessing.parent_process()
    assert test is not None
    test.join()
    os._exit(1)
