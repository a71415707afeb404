"""Which vouchers a store proposes for an amount."""

import contextlib
from decimal import Decimal
from typing import Final

from simulators.jackpot import wire
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.requests import ProposedVoucher

# Continuous values are proposed at their ends and at multiples of this between (EUR).
_STEP: Final = 10
_MOST: Final = 50


def proposals(store: wire.Store, amount: Decimal | None, *, spend_all: bool = False) -> list[ProposedVoucher]:
    """The vouchers of ``store`` that cost at most ``amount`` (EUR; None: all), the cheapest first.

    ``spend_all`` adds, where values are continuous, the one that costs exactly ``amount``.
    """
    found = {value: pricing.price_of(store, value) for value in _values(store)}
    if spend_all and amount is not None and store.voucher_with_continuous_value:
        with contextlib.suppress(pricing.Unacceptable):
            found[pricing.value_of(store, amount)] = amount
    return [
        ProposedVoucher(
            store_id=store.id,
            offer_id=offer.id,
            value=value,
            price=price,
            discount_rate=offer.rate,
        )
        for value, price in sorted(found.items(), key=lambda pair: (pair[1], pair[0]))
        if amount is None or price <= amount
        for offer in (pricing.offer_of(store, value),)
    ]


def _values(store: wire.Store) -> list[Decimal]:
    if store.voucher_possible_discrete_values is not None:
        low, high = store.voucher_value_min, store.voucher_value_max
        return [value for value in store.voucher_possible_discrete_values if low <= value <= high]
    low, high = store.voucher_value_min, store.voucher_value_max
    first = int(low // _STEP + 1) * _STEP
    between = [Decimal(value) for value in range(first, int(high) + 1, _STEP)]
    return [low, *[value for value in between if low < value < high][:_MOST], high]
