"""Shops with one fault each, and the rules that each fault breaks."""

import jwt

from simulators.values import jws
from tests.simulators.checkout.shop import Shop


def changing(name, change):
    """A shop that signs other claims: ``change`` gets them all."""

    def claims(self, variant, query):
        claims = Shop.claims(self, variant, query)
        change(claims)
        return claims

    return type(name, (Shop,), {"claims": claims})


class Unsigned(Shop):
    def sign(self, claims):
        head, payload, _ = super().sign(claims).split(".")
        head = jwt.utils.base64url_encode(b'{"alg": "none"}').decode()
        return f"{head}.{payload}."


class OtherKey(Shop):
    def sign(self, claims):
        return jws.sign(claims, "some other secret, of no use here", "HS256")


class EverythingWrong(OtherKey):
    """Breaks the rules of all claims at once, and signs wrongly."""

    def claims(self, variant, query):
        claims = super().claims(variant, query)
        price = claims["data"]["merchantPrice"]
        price["valueAfterTax"] += 1
        claims |= {"iss": "somebody", "iat": str(claims["iat"])}
        claims["data"] |= {
            "merchantReference": "",
            "currency": claims["data"]["currency"].lower(),
            "variant": {},
            "merchantPrice": {name: str(value) for name, value in price.items()},
        }
        return claims


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


# The shop, and the rules that it breaks; SHOULDs are warned. What else can be wrong has mutants.
FAULTS = [
    (Unsigned, "CHK-01"),
    (OtherKey, "CHK-01"),
    (changing("TwoMinutesOld", lambda claims: claims.update(iat=claims["iat"] - 120)), "CHK-03"),
    (changing("NoSuchCurrency", lambda claims: claims["data"].update(currency="EUD")), "CHK-04"),
    (SellsTheFirst, "CHK-10"),
    (DeclinesGrant, "CHK-11"),
    (EverythingWrong, "CHK-01 CHK-02 CHK-03 CHK-04 CHK-05 CHK-06 CHK-07 CHK-08"),
]
