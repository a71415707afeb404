"""What the console knows of autoplay: who plays is handed to it, as the script that is followed is that of load."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scenarios.console.form_input import FormInput


@dataclass(frozen=True, slots=True)
class Size:
    """One size of autoplay that can be chosen: what it is, in words, and what it is unless it is said.

    None is a number that depends on the target.
    """

    words: str
    default: float | str | None

    @property
    def usual(self) -> str:
        """The default as a text."""
        if self.default is None:
            return ""
        return self.default if isinstance(self.default, str) else f"{self.default:g}"


class Autoplay(Protocol):
    """Plays by itself, and audits every balance when it stops. Safe to use from several threads."""

    @property
    def sizes(self) -> Mapping[str, Size]:
        """What can be chosen, by name, each with what it is where nothing is said."""

    @property
    def running(self) -> bool:
        """Whether it plays, or settles and audits what it played."""

    def start(self, asked: FormInput) -> dict[str, Any]:
        """Begin to play with the sizes ``asked`` for; what ``shown`` tells then. Raises UsageProblem."""

    def stop(self) -> dict[str, Any]:
        """Let rounds end, settle what is open, and audit; what ``shown`` tells now. Raises UsageProblem."""

    def shown(self, wait: float = 0.0) -> dict[str, Any]:
        """Whether it plays, what was played, and the verdict of the audit, as JSON.

        Where it runs it waits up to ``wait`` seconds for the verdict.
        """
