"""The checkout's state as JSON values: tokens, checkouts, and decisions that are owed to the merchant."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from simulators.checkout.simulator import CheckoutSimulator, Kept

_KEPT: Final = TypeAdapter(Kept)


def snapshot(simulator: CheckoutSimulator) -> dict[str, Any]:
    """Return the state of ``simulator``, numbers and texts as JSON has them, floats among them."""
    written: dict[str, Any] = _KEPT.dump_python(simulator.kept())
    return written


def restore(simulator: CheckoutSimulator, written: Mapping[str, Any]) -> None:
    """Put back what ``snapshot`` returned, before ``simulator`` starts.

    Raises ValueError where it is no such state; then nothing changed.
    """
    kept = _KEPT.validate_python(written)
    if not set(kept.payloads.values()) <= {checkout.token for checkout in kept.checkouts}:
        raise ValueError("a merchant's token made a checkout that is not there")
    simulator.restore(kept)
