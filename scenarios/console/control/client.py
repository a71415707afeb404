"""The control API of a running ``serve`` as other commands use it, and how they find it: by a file in its folder."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import urllib3

from scenarios.problems.errors import Problem, TargetProblem, UsageProblem
from scenarios.target.loading import Target

# The variable with the token that lets programs act through the console.
CONTROL_TOKEN: Final = "PITBOSS_CONTROL_TOKEN"  # noqa: S105
# Where a serve is found by the commands of its folder.
PLACE: Final = Path(".pitboss") / "serve.json"
# How long an answer may take, in seconds: one to a question, and one to an event with copies that are waited for.
_PATIENCE: Final = 60.0
_LONG: Final = 600.0
_SERVED: Final = (
    "a `pitboss serve` that runs, with its console",
    "start one: pitboss serve; or name its address with --console",
)


class ControlApi:
    """The control API at ``url``; ``token`` is needed to act."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def answers(self) -> bool:
        """Whether it is there and takes the token."""
        try:
            self.ask("/exchanges", {"since": 999_999_999})
        except Problem:
            return False
        return True

    def ask(self, path: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a question. Raises UsageProblem, and TargetProblem where there is none."""
        return self._reported("GET", path, _PATIENCE, fields=fields or {})

    def act(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do ``name`` as it is ``asked`` for; raises as ``ask``."""
        return self._reported("POST", f"/do/{name}", _LONG, json=asked)

    def raised(self, name: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Do what sends something; return the exchanges that it made, in full. Raises as ``ask``."""
        made = self.act(name, asked)
        return [self.ask(f"/exchanges/{number}") for number in made["exchanges"]]

    def _reported(self, method: str, path: str, patience: float, **sent: Any) -> dict[str, Any]:
        try:
            answer = urllib3.request(
                method, self.url + path, headers=self._headers, retries=False, timeout=patience, **sent
            )
            answered: dict[str, Any] = answer.json()
            if answer.status != 200:
                raise UsageProblem(answered["came"], answered["expected"], answered["next_step"])
        except urllib3.exceptions.NewConnectionError:
            raise TargetProblem(f"nothing listens at {self.url}", *_SERVED) from None
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
            raise TargetProblem(
                f"{self.url} does not answer as the console of serve: {error}", *_SERVED
            ) from None
        return answered


@contextmanager
def announced(url: str, token: str, target: Target) -> Iterator[None]:
    """Let other commands of this folder find the console at ``url`` meanwhile; a line tells where that cannot be."""
    written = json.dumps({"console": url, "token": token, "target": _named(target)})
    try:
        PLACE.parent.mkdir(exist_ok=True)
        # Nobody means to commit it.
        (PLACE.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        handle, beside = tempfile.mkstemp(dir=PLACE.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(written)
        Path(beside).replace(PLACE)
    except OSError as error:
        why = f"{PLACE} cannot be written: {error.strerror or error}"
        click.echo(f"pitboss: {why}; other commands will not find this serve", err=True)
    try:
        yield
    finally:
        try:
            # Another serve of this folder may have taken its place.
            if PLACE.read_text(encoding="utf-8") == written:
                PLACE.unlink()
        except (OSError, ValueError):
            pass


def running(target: Target) -> ControlApi | None:
    """The ``serve`` that runs in this folder for ``target``; None where there is none, or it does not answer."""
    answered = _read()
    if answered is None or answered.get("target") != _named(target):
        return None
    console = ControlApi(str(answered.get("console")), str(answered.get("token")))
    return console if console.answers() else None


def console(url: str | None, default: str) -> ControlApi:
    """The console at ``url``; without one that of the ``serve`` of this folder, else that at ``default``.

    The token is what that ``serve`` wrote down, else that of the environment.
    """
    answered = _read() or {}
    own = answered.get("console")
    if isinstance(own, str) and url in (None, own):
        return ControlApi(own, str(answered.get("token")))
    return ControlApi(url or default, os.environ.get(CONTROL_TOKEN) or None)


def _read() -> dict[str, Any] | None:
    try:
        answered = json.loads(PLACE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return answered if isinstance(answered, dict) else None


def _named(target: Target) -> str | None:
    return None if target.path is None else str(Path(target.path).resolve())
