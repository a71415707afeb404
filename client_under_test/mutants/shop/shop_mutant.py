"""What the mutants of part C share: how one is made, and tokens that say something else."""

from functools import partial

from typing_extensions import override

from client_under_test.mutants.changes import Change, Document
from client_under_test.mutants.mutant import mutant
from client_under_test.shop.orders import Order
from client_under_test.shop.tokens import CheckoutTokenMinter

checkout_mutant = partial(mutant, provider="checkout")


def saying(change: Change) -> type[CheckoutTokenMinter]:
    """A minter that signs the claims that ``change`` makes of the right ones."""

    class Saying(CheckoutTokenMinter):
        @override
        def claims(self, order: Order, iat: int) -> Document:
            return change(super().claims(order, iat))

    return Saying
