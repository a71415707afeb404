"""The providers that are played here: one explicit table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flask import Flask

    from simulators.values.records import Form


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. ``name`` is its section of the target file, its folders, and its word in the history.

    ``label`` is what texts call it, ``asked`` what the CLIENT asks its API for, ``port`` where `pitboss serve` puts
    it unless set otherwise; ``app`` makes the WSGI app of a simulator of it, ``files_app`` that of a host of its own
    for files, where it has one; ``forms`` are those of the records that outlive a restart, by table.
    """

    name: str
    label: str
    asked: str
    port: int
    app: Callable[[Any], "Flask"]
    forms: Callable[[], "Mapping[str, Form]"]
    files_app: Callable[[Any], "Flask"] | None = None


# Apps and forms are imported where they are needed: no command waits for a provider that it does not play.


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


def _operator_forms() -> "Mapping[str, Form]":
    from simulators.operator.state import FORMS

    return FORMS


def _jackpot_forms() -> "Mapping[str, Form]":
    from simulators.jackpot.state import FORMS

    return FORMS


def _checkout_forms() -> "Mapping[str, Form]":
    from simulators.checkout.state import FORMS

    return FORMS


OPERATOR: Final = "operator"
JACKPOT: Final = "jackpot"
CHECKOUT: Final = "checkout"

PROVIDERS: Final[dict[str, Provider]] = {
    each.name: each
    for each in (
        Provider(OPERATOR, "OPERATOR", "sends /auth and /start-session", 8701, _operator, _operator_forms),
        Provider(
            JACKPOT,
            "Jackpot",
            "asks for tokens and confirms vouchers",
            8702,
            _jackpot,
            _jackpot_forms,
            _jackpot_files,
        ),
        Provider(CHECKOUT, "checkout", "creates its checkouts", 8703, _checkout, _checkout_forms),
    )
}
