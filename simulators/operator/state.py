"""The OPERATOR's state as JSON values: tokens, sessions, bet slips, and what is owed to the CLIENT."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from simulators.operator.simulator import Kept, OperatorSimulator

_KEPT: Final = TypeAdapter(Kept)


def snapshot(simulator: OperatorSimulator) -> dict[str, Any]:
    """Return the state of ``simulator``, numbers and texts as JSON has them, floats among them."""
    written: dict[str, Any] = _KEPT.dump_python(simulator.kept())
    return written


def restore(simulator: OperatorSimulator, written: Mapping[str, Any]) -> None:
    """Put back what ``snapshot`` returned, before ``simulator`` starts.

    Raises ValueError where it is no such state; then nothing changed.
    """
    kept = _KEPT.validate_python(written)
    simulator.restore(kept)
