"""The providers that are played here: one explicit table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from flask import Flask


class State(Protocol):
    """The state of one provider's simulator as JSON values: what a restart is to outlive."""

    def snapshot(self, simulator: Any, /) -> dict[str, Any]:
        """Return the state of ``simulator``; floats may be among the values."""

    def restore(self, simulator: Any, written: Mapping[str, Any], /) -> None:
        """Put back what ``snapshot`` returned, before ``simulator`` starts.

        Raises KeyError, TypeError, AttributeError or ValueError where it is no such state; then nothing changed.
        """


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. ``name`` is its section of the target file, its folders, and its word in the history.

    ``label`` is what texts call it, ``asked`` what the CLIENT asks its API for, ``port`` where `pitboss serve` puts
    it unless told otherwise; ``app`` makes the WSGI app of a simulator of it, ``files_app`` that of a host of its own
    for files, where it has one; ``state`` writes and reads what survives a restart.
    """

    name: str
    label: str
    asked: str
    port: int
    app: Callable[[Any], "Flask"]
    state: Callable[[], State]
    files_app: Callable[[Any], "Flask"] | None = None


# Apps and states are imported where they are needed: no command waits for a provider that it does not play.


def _operator(simulator: Any) -> "Flask":
    from simulators.operator.api import create_app

    return create_app(simulator)


def _jackpot(simulator: Any) -> "Flask":
    from simulators.jackpot.api import create_app

    return create_app(simulator)


def _jackpot_files(simulator: Any) -> "Flask":
    from simulators.jackpot.api import create_files_app

    return create_files_app(simulator)


def _checkout(simulator: Any) -> "Flask":
    from simulators.checkout.api import create_app

    return create_app(simulator)


def _operator_state() -> State:
    from simulators.operator import state

    return state


def _jackpot_state() -> State:
    from simulators.jackpot import state

    return state


def _checkout_state() -> State:
    from simulators.checkout import state

    return state


OPERATOR: Final = "operator"
JACKPOT: Final = "jackpot"
CHECKOUT: Final = "checkout"

PROVIDERS: Final[dict[str, Provider]] = {
    each.name: each
    for each in (
        Provider(OPERATOR, "OPERATOR", "sends /auth and /start-session", 8701, _operator, _operator_state),
        Provider(
            JACKPOT,
            "Jackpot",
            "asks for tokens and confirms vouchers",
            8702,
            _jackpot,
            _jackpot_state,
            _jackpot_files,
        ),
        Provider(CHECKOUT, "checkout", "creates its checkouts", 8703, _checkout, _checkout_state),
    )
}
