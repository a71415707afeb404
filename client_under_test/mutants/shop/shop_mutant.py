"""What the mutants of part C share: how one is made, and tokens that say something else."""

from functools import partial
from typing import Any

from typing_extensions import override

from client_under_test.mutants.mutant import mutant
from client_under_test.shop.orders import Order
from client_under_test.shop.tokens import CheckoutTokenMinter

checkout_mutant = partial(mutant, provider="checkout")


class ChangedClaims(CheckoutTokenMinter):
    """Signs other claims."""

    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        return self.changed(super().claims(order, iat))

    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Return ``claims``, all of them or those of ``data``, as the faulty CLIENT has them."""
        return {**claims, "data": self.data(claims["data"])}

    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return ``data`` changed."""
        return {**data, "merchantPrice": self.price(data["merchantPrice"])}

    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        """Return ``data.merchantPrice`` changed."""
        return price


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    """Return ``claims`` but the one called ``name``."""
    return {other: value for other, value in claims.items() if other != name}
