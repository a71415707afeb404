"""Shops with one fault each, and the rules that each fault breaks."""

import time
from decimal import ROUND_DOWN, Decimal

import jwt

from simulators.values import decimal_json, jws
from tests.simulators.checkout.shop import SECRET, Shop, base64_of


class Changed(Shop):
    """Signs other claims: ``change`` gets them all, ``data`` those of ``data``, ``figures`` the price."""

    def claims(self, variant, query):
        claims = super().claims(variant, query)
        self.figures(claims["data"]["merchantPrice"])
        self.data(claims["data"])
        self.change(claims)
        return claims

    def change(self, claims):
        pass

    def data(self, data):
        pass

    def figures(self, price):
        pass


def changing(name, change):
    """A shop that does ``change`` to claims."""
    return type(name, (Changed,), {"change": lambda _, claims: change(claims)})


def pricing(name, change):
    """A shop that does ``change`` to prices."""
    return type(name, (Changed,), {"figures": lambda _, price: change(price)})


class Unsigned(Shop):
    def sign(self, claims):
        head, payload, _ = super().sign(claims).split(".")
        head = jwt.utils.base64url_encode(b'{"alg": "none"}').decode()
        return f"{head}.{payload}."


class OtherKey(Shop):
    def sign(self, claims):
        return jws.sign(claims, "some other secret, of no use here", "HS256")


class CutSignature(Shop):
    def sign(self, claims):
        return super().sign(claims)[:-2]


class OtherAlgorithm(Shop):
    def sign(self, claims):
        return jwt.PyJWS().encode(decimal_json.dumps(claims), SECRET.ljust(64, "."), "HS512")


class EverythingWrong(Changed):
    """Breaks the rules of all claims at once, and signs wrongly."""

    def change(self, claims):
        claims |= {"iss": "somebody", "iat": str(claims["iat"])}
        claims["data"]["merchantReference"] = ""
        claims["data"]["currency"] = claims["data"]["currency"].lower()
        claims["data"]["variant"] = {}

    def figures(self, price):
        price["valueAfterTax"] += 1
        price |= {name: str(value) for name, value in price.items()}

    def sign(self, claims):
        return jws.sign(claims, "some other secret, of no use here", "HS256")


class SmallCurrency(Shop):
    def currency(self, code):
        return code.lower()


class RoundsDown(Shop):
    def after(self, before, percentage, unit):
        return (before * (1 + percentage / 100)).quantize(unit, ROUND_DOWN)


class ConstantReference(Shop):
    def reference(self):
        return "checkout-1"


class SharedReference(Changed):
    """Names each checkout of a variant alike."""

    def data(self, data):
        data["merchantReference"] = f"checkout of {data['variant']['reference']}"


class NoReference(Changed):
    def reference(self):
        return None

    def data(self, data):
        del data["merchantReference"]


class TitleAsVariant(Changed):
    def data(self, data):
        data["variant"]["reference"] = data["variant"]["reference"].title()


class FirstVariant(Changed):
    """Names the first product whatever was asked for, at the right price."""

    def data(self, data):
        data["variant"]["reference"] = next(iter(self.catalogue))


class SellsTheFirst(Shop):
    """Sells the first product whatever was asked for."""

    def claims(self, variant, query):
        return super().claims(next(iter(self.catalogue)), query)


class Kept(Shop):
    """Mints one token for each product, for good."""

    def token(self, variant, query):
        kept = self.__dict__.setdefault("kept", {})
        return kept[variant] if variant in kept else kept.setdefault(variant, super().token(variant, query))


class KeptIat(Changed):
    """Takes the time once."""

    def change(self, claims):
        claims["iat"] = self.__dict__.setdefault("began", claims["iat"])


class BrowserPrice(Shop):
    """Believes a price in the address."""

    asked = "price"

    def claims(self, variant, query):
        claims = super().claims(variant, query)
        if self.asked in query:
            price = Decimal(query[self.asked])
            claims["data"]["merchantPrice"] = self.price(price, price, Decimal(0))
        return claims


class BrowserAfterTax(BrowserPrice):
    asked = "valueAfterTax"


class BrowserCurrency(Shop):
    """Writes the browser's currency beside the same figures."""

    def claims(self, variant, query):
        claims = super().claims(variant, query)
        claims["data"]["currency"] = query.get("currency", claims["data"]["currency"])
        return claims


class KeyInAnswer(Shop):
    def answer(self, token):
        return super().answer(token) | {"key": self.keys.client}


class KeyInClaims(Changed):
    def change(self, claims):
        claims["signedWith"] = self.keys.client


class KeyInHeader(Shop):
    def headers(self, path):
        return [("X-Signed-With", self.keys.client.encode().hex())]


class KeyInPage(Shop):
    def page(self, variant):
        return super().page(variant) + f"<script>sign('{base64_of(self.keys.client)}')</script>"


class KeyInScript(Shop):
    def script(self):
        return f'sign("{self.keys.client}")'


class UncheckedDecisions(Shop):
    def verified(self, payload):
        return jws.unverified(payload)[1]


class AlgorithmOfTheToken(Shop):
    """Verifies under whatever algorithm the token names, none included."""

    def verified(self, payload):
        header, claims = jws.unverified(payload)
        return claims if header["alg"] == "none" else super().verified(payload)


class NoneInCapitals(Shop):
    """Refuses none as it is written in the standard, and no other spelling."""

    def verified(self, payload):
        header, claims = jws.unverified(payload)
        spelled = str(header.get("alg"))
        return claims if spelled != "none" and spelled.lower() == "none" else super().verified(payload)


class KeyOfTheToken(Shop):
    """Takes the key that the token brings along."""

    def verified(self, payload):
        header, claims = jws.unverified(payload)
        if "jwk" not in header:
            return super().verified(payload)
        jws.verify(payload, jwt.utils.base64url_decode(header["jwk"]["k"]).decode(), "HS256")
        return claims


class HalfTheSignature(Shop):
    """Compares the first 16 bytes."""

    def verified(self, payload):
        try:
            return super().verified(payload)
        except jws.BadSignature:
            head, _, mark = payload.rpartition(".")
            right = jwt.get_algorithm_by_name("HS256").sign(head.encode(), SECRET.encode())
            if jwt.utils.base64url_decode(mark)[:16] != right[:16]:
                raise
            return jws.unverified(payload)[1]


class AnyLettersInNames(Shop):
    def decide(self, reference, outcome):
        return super().decide(reference and reference.lower().strip(), outcome)


class SuccessIsInside(Shop):
    def decide(self, reference, outcome):
        return super().decide(reference, "success" if "success" in str(outcome) else outcome)


class AnyMerchants(Shop):
    def ours(self, claims):
        return True


class RemembersFew(Shop):
    """Knows the last three decisions, and takes an older one for a new one."""

    def decide(self, reference, outcome):
        known = self.__dict__.setdefault("known", [])
        if reference in known or reference not in self.orders:
            return super().decide(reference, outcome)
        known.append(reference)
        del known[:-3]
        self.orders[reference][0] = outcome
        self.orders[reference][1] += outcome == "success"
        return "200 OK"


class DecidesUnknown(Shop):
    def decide(self, reference, outcome):
        self.orders.setdefault(reference, [None, 0])
        return super().decide(reference, outcome)


class DecidesTheLatest(Shop):
    """Takes a decision about nothing it knows for one about the newest checkout."""

    def decide(self, reference, outcome):
        return super().decide(reference if reference in self.orders else list(self.orders)[-1], outcome)


class GrantsEachTime(Shop):
    def decide(self, reference, outcome):
        order = self.orders.get(reference)
        if order is None:
            return "404 Not Found"
        order[1] += outcome == "success"
        return "200 OK"


class GrantsRaced(Shop):
    """Looks first, and then decides, with others between."""

    def hear(self, payload):
        try:
            data = self.verified(payload)["data"]
        except (jws.BadSignature, jws.NoJwt):
            return "401 Unauthorized"
        order = self.orders.get(data.get("merchantReference"))
        if order is None or order[0] is not None:
            return "200 OK"
        time.sleep(0.05)
        with self.lock:
            order[0] = data["outcome"]
            order[1] += data["outcome"] == "success"
        return "200 OK"


class DeclinesGrant(Shop):
    def decide(self, reference, outcome):
        return super().decide(reference, "success")


# The shop, and the rules that it breaks; SHOULDs are warned.
FAULTS = [
    (Unsigned, "CHK-01"),
    (OtherKey, "CHK-01"),
    (CutSignature, "CHK-01"),
    (OtherAlgorithm, "CHK-01"),
    (changing("OtherMerchant", lambda claims: claims.update(iss="merchant-8")), "CHK-02"),
    (changing("SmallSubject", lambda claims: claims.update(sub="merchant")), "CHK-02"),
    (changing("NoSubject", lambda claims: claims.pop("sub")), "CHK-02"),
    (changing("QuotedIat", lambda claims: claims.update(iat=str(claims["iat"]))), "CHK-03"),
    (changing("Milliseconds", lambda claims: claims.update(iat=claims["iat"] * 1000)), "CHK-03"),
    (changing("LocalTime", lambda claims: claims.update(iat=claims["iat"] + 3600)), "CHK-03"),
    (changing("TwoMinutesOld", lambda claims: claims.update(iat=claims["iat"] - 120)), "CHK-03"),
    (
        changing("Fraction", lambda claims: claims.update(iat=Decimal(claims["iat"]) + Decimal("0.5"))),
        "CHK-03",
    ),
    (changing("NoIat", lambda claims: claims.pop("iat")), "CHK-03"),
    (SmallCurrency, "CHK-04"),
    (changing("Symbol", lambda claims: claims["data"].update(currency="£")), "CHK-04"),
    (changing("NoSuchCurrency", lambda claims: claims["data"].update(currency="EUD")), "CHK-04"),
    (pricing("Texts", lambda price: price.update({k: str(v) for k, v in price.items()})), "CHK-05"),
    (
        pricing("TextPercentage", lambda price: price.update(taxPercentage=str(price["taxPercentage"]))),
        "CHK-05",
    ),
    (pricing("NoPercentage", lambda price: price.pop("taxPercentage")), "CHK-05"),
    (
        pricing(
            "BelowZero", lambda price: price.update({k: -v for k, v in price.items() if k != "taxPercentage"})
        ),
        "CHK-05",
    ),
    (pricing("UnitMore", lambda price: price.update(valueAfterTax=price["valueAfterTax"] + 1)), "CHK-06"),
    (
        pricing("ShareAsPercentage", lambda price: price.update(taxPercentage=price["taxPercentage"] / 100)),
        "CHK-06",
    ),
    (pricing("PercentageAsTax", lambda price: price.update(taxValue=price["taxPercentage"] + 1)), "CHK-06"),
    (RoundsDown, "CHK-06"),
    (TitleAsVariant, "CHK-07"),
    (FirstVariant, "CHK-07"),
    (changing("NumberedVariant", lambda claims: claims["data"].update(variant={"reference": 7})), "CHK-07"),
    (changing("EmptyVariant", lambda claims: claims["data"].update(variant={"reference": " "})), "CHK-07"),
    (ConstantReference, "CHK-08"),
    (SharedReference, "CHK-08"),
    (NoReference, "CHK-08"),
    (KeyInAnswer, "CHK-09"),
    (KeyInClaims, "CHK-09"),
    (KeyInHeader, "CHK-09"),
    (KeyInPage, "CHK-09"),
    (KeyInScript, "CHK-09"),
    (BrowserPrice, "CHK-09"),
    (BrowserAfterTax, "CHK-09"),
    (BrowserCurrency, "CHK-09"),
    (Kept, "CHK-10"),
    (KeptIat, "CHK-10"),
    (SellsTheFirst, "CHK-10"),
    (UncheckedDecisions, "CHK-11"),
    (AlgorithmOfTheToken, "CHK-11"),
    (NoneInCapitals, "CHK-11"),
    (KeyOfTheToken, "CHK-11"),
    (HalfTheSignature, "CHK-11"),
    (AnyLettersInNames, "CHK-11"),
    (SuccessIsInside, "CHK-11"),
    (AnyMerchants, "CHK-11"),
    (RemembersFew, "CHK-11"),
    (DecidesUnknown, "CHK-11"),
    (DecidesTheLatest, "CHK-11"),
    (GrantsEachTime, "CHK-11"),
    (GrantsRaced, "CHK-11"),
    (DeclinesGrant, "CHK-11"),
    (EverythingWrong, "CHK-01 CHK-02 CHK-03 CHK-04 CHK-05 CHK-06 CHK-07 CHK-08"),
]
