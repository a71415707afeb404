"""The JWT that opens one checkout, minted on the server. ``product-widget.txt``, *Product widget JWT structure*."""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

import jwt

from client_under_test.config import Config
from client_under_test.shop.orders import Order
from client_under_test.values import decimal_json, money
from client_under_test.values.misuse import Misuse

ALGORITHMS: Final = ("HS256", "RS256", "ES256")
SUBJECT: Final = "Merchant"


class KeyUnusable(Misuse):
    """A key does not fit the algorithm agreed."""


class CheckoutTokenMinter:
    """Mints checkout JWTs under the signing key, which never leaves the server. Raises KeyUnusable."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.key = usable(config.checkout_key, config.checkout_algorithm, "CHECKOUT_KEY", private=True)
        self.signer = jwt.PyJWS(algorithms=[config.checkout_algorithm])

    def mint(self, order: Order) -> str:
        """Return a JWT for ``order``, of this second."""
        return self.sign(self.claims(order, self.now()))

    def now(self) -> int:
        """The time, in seconds since the epoch."""
        return int(self.config.clock())

    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        """Return what the JWT says. Its amounts are exact numbers, in their plainest form."""
        price, urls = order.price, self.callback_urls(order)
        return {
            "iss": self.config.merchant_id,
            "sub": SUBJECT,
            "iat": iat,
            "data": {
                "merchantReference": order.reference,
                "currency": price.currency,
                **({} if urls is None else {"callbackUrls": urls}),
                "merchantPrice": {
                    "valueBeforeTax": units(price.before, price.currency),
                    "valueAfterTax": units(price.after, price.currency),
                    "taxValue": units(price.tax, price.currency),
                    "taxPercentage": plainest(price.percentage),
                },
                "variant": {"reference": order.variant},
            },
        }

    def callback_urls(self, order: Order) -> dict[str, str] | None:
        """Return where the player comes back to and decisions go; None where we do not know our own address."""
        if self.config.public_url is None:
            return None
        site = f"{self.config.public_url.rstrip('/')}/checkout"
        back = f"{site}/page?" + urlencode({"variant": order.variant, "order": order.reference})
        return {
            "successRedirect": f"{back}&from=success",
            "failureRedirect": f"{back}&from=failure",
            "serverToServer": f"{site}/decisions",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign ``claims``."""
        payload = decimal_json.dumps(claims).encode()
        return self.signer.encode(payload, self.key, self.config.checkout_algorithm, {"typ": "JWT"})


def units(minor: int, currency: str) -> int | Decimal:
    """Return minor units as a number of whole units."""
    return plainest(Decimal(minor).scaleb(-money.decimals(currency)))


def plainest(number: Decimal) -> int | Decimal:
    """Return ``number`` as it is written shortest: 15 rather than 15.00."""
    return int(number) if number == number.to_integral_value() else number.normalize()


def usable(key: str, algorithm: str, variable: str, *, private: bool) -> Any:
    """Return ``key`` as the signing library takes it; raises KeyUnusable, without a word of the key."""
    wanted = "a secret text" if algorithm == "HS256" else f"a {'private' if private else 'public'} key as PEM"
    try:
        prepared = jwt.get_algorithm_by_name(algorithm).prepare_key(key)
    except (jwt.InvalidKeyError, ValueError, TypeError, NotImplementedError):
        prepared = None
    if prepared is None or (algorithm != "HS256" and private and not hasattr(prepared, "private_bytes")):
        raise KeyUnusable(
            f"{variable} holds no key for {algorithm}",
            f"{wanted}, the one agreed with the provider, because other signatures are refused",
            f"set {variable}, or correct --checkout-algorithm",
        )
    return prepared
