"""How fast ``serve`` plays by itself, and how often what happens: the sizes of load traffic, under the same names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from loadtests.options import FAULTS_HELP, RATES, STAKES, VOUCHERS, mix, vouchers
from loadtests.traffic.mix import Rates, Vouchers, WrongSize
from scenarios.console.control.autoplay import Size
from scenarios.console.form_input import FormInput, Misfilled, read_as
from scenarios.problems.errors import UsageProblem
from simulators.transport.faults.table import spell_fault

# Rounds a second of all players together: unless it is said, and at most.
PACE: Final = 1.0
FASTEST: Final = 50.0
_MIX: Final = Rates()
_VOUCHERS: Final = Vouchers()
# Conversions a second unless it is said, where players can convert.
CONVERSIONS: Final = 0.2

# Every size by the name of its option, with its default; a pace takes the place of a player's pause.
SIZES: Final[Mapping[str, Size]] = {
    "rate": Size("Rounds that begin each second, of all players together.", PACE),
    **{name: Size(words, getattr(_MIX, name)) for name, words in RATES.items() if name != "pause"},
    **{name: Size(words, getattr(_VOUCHERS, name)) for name, words in VOUCHERS.items()},
    "conversions": Size(VOUCHERS["conversions"], None),
    "faults": Size(FAULTS_HELP, " ".join(map(spell_fault, _MIX.faults))),
    **{name: Size(words, default) for name, (words, default) in STAKES.items()},
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What was chosen: ``pace`` in rounds a second, ``mix`` of what happens in them, ``vouchers`` beside them."""

    pace: float
    mix: Rates
    vouchers: Vouchers


def option(name: str) -> str:
    """The option of ``pitboss serve`` for a size."""
    return "--play-rate" if name == "rate" else "--" + name.replace("_", "-")


def chosen(given: Mapping[str, Any], currency: str) -> Sizes:
    """The sizes that are ``given``, all of SIZES; stakes in ``currency``. Raises Misfilled."""
    pace = given["rate"]
    with read_as("rate"):
        if not 0 < pace <= FASTEST:
            raise UsageProblem(
                f"{option('rate')} is {pace:g}",
                f"rounds a second, above 0 and at most {FASTEST:g}; for more there is pitboss load",
                f"correct {option('rate')}",
            )
    try:
        return Sizes(pace, mix(given, currency), vouchers(given))
    except WrongSize as wrong:
        raise Misfilled({wrong.name: wrong}) from None


def asked_for(asked: FormInput, otherwise: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes that a program or a page asks for; others are as ``otherwise``. Raises Misfilled."""
    found: dict[str, Any] = {}
    for name, size in SIZES.items():
        usual = otherwise[name]
        if isinstance(size.default, float | None):
            amount = asked.amount(name)
            found[name] = usual if amount is None else float(amount)
        elif isinstance(size.default, int):
            found[name] = asked.count(name, usual, 0, 10**6)
        else:
            found[name] = asked.text(name, usual)
    return found
