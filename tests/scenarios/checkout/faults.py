"""Shops with one fault each, for what is not about the fault itself: those have mutants."""

import jwt

from simulators.values import jws
from tests.simulators.checkout.shop import Shop


class Unsigned(Shop):
    def sign(self, claims):
        head, payload, _ = super().sign(claims).split(".")
        head = jwt.utils.base64url_encode(b'{"alg": "none"}').decode()
        return f"{head}.{payload}."


class OtherKey(Shop):
    def sign(self, claims):
        return jws.sign(claims, "some other secret, of no use here", "HS256")


class SellsTheFirst(Shop):
    """Sells the first product whatever was asked for."""

    def claims(self, variant, query):
        return super().claims(next(iter(self.catalogue)), query)


class Kept(Shop):
    """Mints one token for each product, for good."""

    def token(self, variant, query):
        kept = self.__dict__.setdefault("kept", {})
        return kept[variant] if variant in kept else kept.setdefault(variant, super().token(variant, query))


class KeyInClaims(Shop):
    def claims(self, variant, query):
        return super().claims(variant, query) | {"signedWith": self.keys.client}


class UncheckedDecisions(Shop):
    def verified(self, payload):
        return jws.unverified(payload)[1]


class DeclinesGrant(Shop):
    def decide(self, reference, outcome):
        return super().decide(reference, "success")
