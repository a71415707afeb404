"""The test players, whom one thing at a time may use: autoplay, a check, or what reads a balance."""

import threading
from collections.abc import Callable
from typing import Any

from scenarios.console.checks import Checks
from scenarios.console.control.autoplay import Autoplay
from scenarios.console.form_input import FormInput
from scenarios.problems.errors import UsageProblem

Action = Callable[[FormInput], dict[str, Any]]


class PlayersInUse:
    """Lets ``autoplay`` (None: nobody can play) and ``checks`` use the players in turn."""

    def __init__(self, autoplay: Autoplay | None, checks: Checks) -> None:
        self._autoplay = autoplay
        self._checks = checks
        self._lock = threading.Lock()

    def play(self, asked: FormInput) -> dict[str, Any]:
        """Let the test players play by themselves. Raises UsageProblem, also while a check needs them."""
        with self._lock:
            if self._checks.running:
                raise UsageProblem(
                    "a check is under way", "players whom nobody else uses", "wait for it, or cancel it"
                )
            return self._need().start(asked)

    def stop(self) -> dict[str, Any]:
        """Let autoplay stop, which audits then. Raises UsageProblem."""
        return self._need().stop()

    def played(self, asked: FormInput) -> dict[str, Any]:
        """What autoplay did so far; waits for its end as long as it is ``asked`` to. Raises UsageProblem."""
        return self._need().shown(asked.wait())

    def alone(self, what: str, action: Action) -> Action:
        """``action``, which ``what`` names, and which raises UsageProblem while autoplay is on."""

        def done(asked: FormInput) -> dict[str, Any]:
            with self._lock:
                if self._autoplay is not None and self._autoplay.running:
                    raise UsageProblem(
                        f"{what} was asked for, and autoplay is on",
                        "players, and a secret, that nobody else uses meanwhile",
                        "stop autoplay first: it then audits every balance itself",
                    )
                return action(asked)

        return done

    def _need(self) -> Autoplay:
        if self._autoplay is None:
            raise UsageProblem(
                "there is nobody to play, or nothing to play at",
                "sections [operator] and [players] in the target file",
                "add both and start `pitboss serve` again",
            )
        return self._autoplay
