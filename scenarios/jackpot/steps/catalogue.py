"""What the CLIENT offers of the catalogue, as the driver's ``store`` reads it."""

from typing import Any

from scenarios.browsers.voucher_flow import Conversions
from scenarios.driver import offers


def offered(conversions: Conversions, store_id: str) -> dict[str, Any] | None:
    """The store's properties as the CLIENT has them; None where it is not offered."""
    return offers.offered(conversions.run.driver, store_id)


def appears(conversions: Conversions, store_id: str) -> bool:
    """Wait until the store is offered; say whether it is."""
    return conversions.until(lambda: offered(conversions, store_id) is not None)


def vanishes(conversions: Conversions, store_id: str) -> bool:
    """Wait until the store is not offered any more; say whether it is not."""
    return conversions.until(lambda: offered(conversions, store_id) is None)
