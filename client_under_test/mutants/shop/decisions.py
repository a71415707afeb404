"""Faults in what a shop does with the checkout's decisions (CHK-11)."""

import hashlib
import hmac
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import sqlalchemy as sa
from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import checkout_mutant
from client_under_test.schema import ONE_GRANT_EACH, checkouts, grants
from client_under_test.shop.decisions import BadSignature, Decision, DecisionReader
from client_under_test.shop.orders import Orders, Outcome, UnknownCheckout
from client_under_test.shop.products import PRODUCTS, Price
from client_under_test.shop.service import CheckoutService
from client_under_test.shop.tokens import SUBJECT
from client_under_test.values.refusals import Refused


class _Unchecked(DecisionReader):
    @override
    def verified(self, token: str) -> bytes:
        try:
            payload: bytes = self.verifier.decode_complete(token, options={"verify_signature": False})[
                "payload"
            ]
        except jwt.InvalidTokenError:
            raise Refused("INVALID_PAYLOAD") from None
        return payload


class _UnsignedToo(_Unchecked):
    """Believes the header: none needs no signature."""

    @override
    def verified(self, token: str) -> bytes:
        try:
            return DecisionReader.verified(self, token)
        except BadSignature:
            if token.endswith(".") and jwt.get_unverified_header(token).get("alg") == "none":
                return super().verified(token)
            raise


class _TwoParts(_Unchecked):
    """Checks the signature where the token has one."""

    @override
    def verified(self, token: str) -> bytes:
        return (
            super().verified(f"{token}.") if token.count(".") == 1 else DecisionReader.verified(self, token)
        )


class _NoneInCapitals(_Unchecked):
    """Refuses none as it is written in the standard, and no other spelling."""

    @override
    def verified(self, token: str) -> bytes:
        named = str(_header(token).get("alg"))
        return super().verified(token) if named != "none" and named.lower() == "none" else self.checked(token)

    def checked(self, token: str) -> bytes:
        return DecisionReader.verified(self, token)


def _compared(fits: Callable[[bytes, str], bool]) -> type[DecisionReader]:
    """Takes a signature that ``fits`` the right one."""

    class Compared(_Unchecked):
        @override
        def verified(self, token: str) -> bytes:
            payload = super().verified(token)
            signed, _, signature = token.rpartition(".")
            right = jwt.get_algorithm_by_name(self.algorithm).sign(signed.encode(), self.key)
            if not fits(right, signature):
                raise BadSignature
            return payload

    return Compared


def _under(others: Callable[[str], list[bytes]]) -> type[DecisionReader]:
    """Verifies a token under the keys that ``others`` finds for it, too."""

    class Under(_Unchecked):
        @override
        def verified(self, token: str) -> bytes:
            try:
                return DecisionReader.verified(self, token)
            except (BadSignature, Refused):
                signed, _, signature = token.rpartition(".")
                for key in others(token):
                    right = hmac.new(key, signed.encode(), hashlib.sha256).digest()
                    if _base64(right) == signature:
                        return super().verified(token)
                raise

    return Under


def _key_of_token(token: str) -> list[bytes]:
    jwk = _header(token).get("jwk")
    return [jwt.utils.base64url_decode(jwk["k"])] if jwk else []


def _key_file(token: str) -> list[bytes]:
    key_id = _header(token).get("kid")
    try:
        return [Path("/etc/ssl", key_id).read_bytes()] if key_id else []
    except OSError:
        return []


class _AnyMerchants(DecisionReader):
    """Looks at the signature alone: the provider signs other merchants' decisions with the same key."""

    @override
    def decision(self, claims: dict[str, Any]) -> Decision:
        return super().decision({**claims, "iss": self.merchant_id, "sub": SUBJECT})


class _SuccessInside(DecisionReader):
    """Looks for the word success, and `unsuccessful` has it in it."""

    @override
    def decision(self, claims: dict[str, Any]) -> Decision:
        data = claims.get("data")
        if isinstance(data, dict) and "success" in str(data.get("outcome")):
            claims = {**claims, "data": {**data, "outcome": "success"}}
        return super().decision(claims)


class _AnyLetters(Orders):
    """Compares references as its database's collation does: without regard to case and blanks."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        return super().decide(reference.lower().strip(), decision)


class _ProvidersLetters(Orders):
    """Compares the provider's names for checkouts without regard to case, its own exactly."""

    @override
    def named(self, provider_token: str) -> str:
        return super().named(provider_token.lower())


class _AnyName(Orders):
    """Takes a name of the provider's that it does not know for one of its own."""

    @override
    def named(self, provider_token: str) -> str:
        return provider_token


class _MadeUp(_AnyName):
    """Makes a checkout of whatever is decided about."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        try:
            return super().decide(reference, decision)
        except UnknownCheckout:
            with self.database.write() as connection:
                product = PRODUCTS[0]
                self.insert(
                    connection, reference, product.reference, Price(product.currency, 0, 0, Decimal(0))
                )
            return super().decide(reference, decision)


class _NewestInstead(_AnyName):
    """Takes a reference that it does not know for the newest checkout."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        try:
            return super().decide(reference, decision)
        except UnknownCheckout:
            with self.database.read() as connection:
                newest = sa.select(checkouts.c.reference).order_by(checkouts.c.id.desc()).limit(1)
                found = connection.scalar(newest)
            if found is None:
                raise
            return super().decide(str(found), decision)


class _UnconstrainedGrants(Orders):
    """Never declared that a checkout is granted once."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as connection:
            ONE_GRANT_EACH.drop(connection, checkfirst=True)

    def follow(self, reference: str, decision: str) -> Outcome:
        """Settle, whatever was decided before."""
        with self.database.write() as connection:
            self.settle(connection, self.locked(connection, reference), decision)
        return "done"


class _EachTime(_UnconstrainedGrants):
    """Grants by each approval that arrives."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        return self.follow(reference, decision)


class _RemembersFew(_UnconstrainedGrants):
    """Keeps the latest decisions in a cache, and takes an older one for new."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        known: list[str] = self.__dict__.setdefault("known", [])
        if reference in known:
            return "copy"
        known.append(reference)
        del known[:-5]
        return self.follow(reference, decision)


class _LastStands(_UnconstrainedGrants):
    """Follows the latest decision, and grants when it turns to approval."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        with self.database.write() as connection:
            order = self.locked(connection, reference)
            if order.state == decision:
                return "copy"
            self.settle(connection, order, decision)
        return "done"


class _TakesBack(Orders):
    """Follows the latest decision, and takes the product back when it is declined."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        with self.database.write() as connection:
            order = self.locked(connection, reference)
            if order.state == decision:
                return "copy"
            connection.execute(sa.delete(grants).where(grants.c.checkout_id == order.id))
            self.settle(connection, order, decision)
        return "done"


class _RemembersBriefly(_UnconstrainedGrants):
    """Keeps decisions in a cache for a moment, as long as copies came in its tests."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        heard: dict[str, float] = self.__dict__.setdefault("heard", {})
        if time.monotonic() < heard.get(reference, 0.0) + 0.15:
            return "copy"
        outcome = self.follow(reference, decision)
        heard[reference] = time.monotonic()
        return outcome


class _LookFirst(_UnconstrainedGrants):
    """Looks whether it is decided, and then decides, in two transactions."""

    @override
    def decide(self, reference: str, decision: str) -> Outcome:
        if self.find(reference).state == decision:
            return "copy"
        # What a mail to the player, or any other call, takes.
        time.sleep(0.05)
        return self.follow(reference, decision)


class _KnowsBytes(CheckoutService):
    """Knows a decision again by the hash of its bytes, and follows every other one."""

    @override
    def decided(self, content_type: str | None, body: bytes) -> str:
        heard: set[bytes] = self.__dict__.setdefault("heard", set())
        digest = hashlib.sha256(body).digest()
        if digest in heard:
            return "copy"
        decision = self.decisions.read(content_type, body)
        outcome = self.orders.decide(
            decision.reference or self.orders.named(decision.provider_token), decision.state
        )
        heard.add(digest)
        return outcome


def _base64(data: bytes) -> str:
    return jwt.utils.base64url_encode(data).decode()


def _header(token: str) -> dict[str, Any]:
    try:
        return dict(jwt.get_unverified_header(token))
    except (jwt.InvalidTokenError, UnicodeError):
        raise Refused("INVALID_PAYLOAD") from None


_mutant = partial(checkout_mutant, rules=("CHK-11",), needs=("decisions",))

MUTANTS: tuple[Mutant, ...] = (
    _mutant("chk-two-parts", decisions=_TwoParts),
    _mutant("chk-none-in-capitals", decisions=_NoneInCapitals),
    _mutant(
        "chk-key-of-token",
        fault="Takes the key that the token's header brings along.",
        decisions=_under(_key_of_token),
    ),
    _mutant(
        "chk-key-file",
        fault="Reads the key from the file that the header names.",
        decisions=_under(_key_file),
    ),
    _mutant(
        "chk-key-of-example",
        fault="Still knows the key of the tutorial.",
        decisions=_under(lambda _: [b"secret", b"your-256-bit-secret"]),
    ),
    _mutant(
        "chk-half-signature",
        fault="Keeps 16 bytes of a signature in its column, and compares those.",
        decisions=_compared(lambda right, given: jwt.utils.base64url_decode(given)[:16] == right[:16]),
    ),
    _mutant("chk-any-merchants", decisions=_AnyMerchants),
    _mutant("chk-success-inside", decisions=_SuccessInside),
    _mutant("chk-any-letters", orders=_AnyLetters),
    _mutant("chk-providers-letters", orders=_ProvidersLetters),
    _mutant("chk-remembers-few", orders=_RemembersFew),
    _mutant("chk-unchecked", fault="Decisions' signatures are not checked.", decisions=_Unchecked),
    _mutant("chk-unsigned-too", decisions=_UnsignedToo),
    _mutant(
        "chk-cut-signature",
        fault="Compares as much of the signature as came.",
        decisions=_compared(lambda right, given: _base64(right).startswith(given)),
    ),
    _mutant("chk-made-up", orders=_MadeUp),
    _mutant("chk-newest-instead", orders=_NewestInstead),
    _mutant("chk-each-time", fault="Each approval grants the product again.", orders=_EachTime),
    _mutant("chk-last-stands", orders=_LastStands),
    _mutant("chk-takes-back", orders=_TakesBack),
    _mutant("chk-remembers-briefly", orders=_RemembersBriefly),
    _mutant(
        "chk-knows-bytes",
        fault="A decision is known again by its bytes alone.",
        checkout_service=_KnowsBytes,
        orders=_EachTime,
    ),
    _mutant("chk-look-first", sequential=False, orders=_LookFirst),
)
