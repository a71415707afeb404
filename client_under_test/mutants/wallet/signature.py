"""Faults in the check of X-Security-Hash (SIG)."""

import hashlib
import hmac
import json

from flask import Response
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.values.refusals import Refused
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.messages import Endpoint
from client_under_test.wallet.signature import SignatureCheck


class _Open(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        return


class _OnlyIfPresent(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if given is not None:
            super().check(body, given)


class _EmptyPasses(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if given != "":
            super().check(body, given)


class _Prefix(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if not given or not self.expected(body).startswith(given):
            raise Refused("INVALID_HASH")


class _First8(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if not given or self.expected(body)[:8] != given[:8]:
            raise Refused("INVALID_HASH")


class _Suffix(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if not given or self.expected(body) not in given:
            raise Refused("INVALID_HASH")


class _AlsoUnkeyed(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if given != hashlib.sha256(body).hexdigest():
            super().check(body, given)


class _AlsoSecret(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if (given or "").encode("utf-8", "replace") != self._key:
            super().check(body, given)


class _LengthOnly(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        if not given or len(given) != 64 or not set(given) <= set("0123456789abcdef"):
            raise Refused("INVALID_HASH")


class _Reserialised(SignatureCheck):
    @override
    def expected(self, body: bytes) -> str:
        try:
            body = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refused("INVALID_HASH") from None
        return super().expected(body)


class _WithoutBlanks(SignatureCheck):
    @override
    def expected(self, body: bytes) -> str:
        return super().expected(b"".join(body.split()))


class _Ascii(SignatureCheck):
    @override
    def expected(self, body: bytes) -> str:
        return super().expected(body.decode("ascii", "replace").encode())


class _Poisoned(CallbackHandler):
    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        refused: set[str] = self.__dict__.setdefault("refused", set())
        transaction = None
        try:
            self.signature.check(body, given)
            transaction = self.parser.read(endpoint, "application/json", body)
        except Refused as refusal:
            if refusal.code == "INVALID_HASH":
                refused.add(self.parser.read(endpoint, "application/json", body).id)
            raise
        if transaction.id in refused:
            raise Refused("ALREADY_REFUSED")
        return super().process(endpoint, body, given)


class _Unauthorised(Answers):
    @override
    def failure(self, code: str) -> Response:
        answer = super().failure(code)
        if code == "INVALID_HASH":
            answer.status_code = 401
        return answer


class _Silent(Answers):
    @override
    def failure(self, code: str) -> Response:
        return super().failure(code) if code != "INVALID_HASH" else Response(status=404)


class _RollbacksUnchecked(CallbackHandler):
    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        if endpoint is Endpoint.ROLLBACK:
            given = self.signature.expected(body)
        return super().process(endpoint, body, given)


class _TransactionsUnchecked(CallbackHandler):
    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        if endpoint is Endpoint.TRANSACTION:
            given = self.signature.expected(body)
        return super().process(endpoint, body, given)


class _AfterTheEffect(CallbackHandler):
    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        client_id = super().process(endpoint, body, self.signature.expected(body))
        if not hmac.compare_digest(
            (given or "").encode("utf-8", "replace"), self.signature.expected(body).encode()
        ):
            raise Refused("INVALID_HASH")
        return client_id


class _SeenBefore(SignatureCheck):
    seen: set[str]

    @override
    def check(self, body: bytes, given: str | None) -> None:
        seen = self.__dict__.setdefault("seen", set())
        if given in seen:
            return
        super().check(body, given)
        seen.add(given)


class _AsNumber(SignatureCheck):
    @override
    def check(self, body: bytes, given: str | None) -> None:
        number = int(self.expected(body), 16)
        shortest = number.to_bytes((number.bit_length() + 7) // 8, "big").hex()
        if not given or not hmac.compare_digest(shortest, given):
            raise Refused("INVALID_HASH")


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "sig-never-checked", "The hash was to be checked later and never was.", ("SIG-02",), signature=_Open
    ),
    mutant(
        "sig-only-if-present",
        "The hash is checked only where there is one.",
        ("SIG-03",),
        signature=_OnlyIfPresent,
    ),
    mutant(
        "sig-empty-passes", "An empty header counts as nothing to check.", ("SIG-02",), signature=_EmptyPasses
    ),
    mutant("sig-prefix", "Any beginning of the hash will do.", ("SIG-02",), signature=_Prefix),
    mutant("sig-first-8", "Only the first 8 characters are compared.", ("SIG-02",), signature=_First8),
    mutant("sig-contains", "The header need only contain the hash.", ("SIG-02",), signature=_Suffix),
    mutant(
        "sig-unkeyed", "A plain SHA-256 of the body is accepted too.", ("SIG-02",), signature=_AlsoUnkeyed
    ),
    mutant(
        "sig-secret-itself", "The secret in the header is accepted too.", ("SIG-02",), signature=_AlsoSecret
    ),
    mutant(
        "sig-seen-before",
        "A hash that was right once is right for any body.",
        ("SIG-02",),
        signature=_SeenBefore,
    ),
    mutant(
        "sig-as-number",
        "The hash is written as a number, without leading zeros.",
        ("SIG-01",),
        signature=_AsNumber,
    ),
    mutant("sig-length-only", "Whatever looks like a hash is one.", ("SIG-02",), signature=_LengthOnly),
    mutant(
        "sig-reserialised", "The hash is taken over JSON written anew.", ("SIG-04",), signature=_Reserialised
    ),
    mutant(
        "sig-without-blanks",
        "White space is taken out before hashing.",
        ("SIG-04",),
        signature=_WithoutBlanks,
    ),
    mutant("sig-ascii", "The body is read as ASCII before hashing.", ("SIG-04",), signature=_Ascii),
    mutant("sig-poisoned", "The id of a forgery is refused for ever.", ("SIG-05",), callbacks=_Poisoned),
    mutant("sig-401", "A forgery is answered with HTTP 401.", ("SIG-06",), answers=_Unauthorised),
    mutant("sig-404", "A forgery is answered with HTTP 404 and no body.", ("SIG-06",), answers=_Silent),
    mutant(
        "sig-rollback-open",
        "/transaction-rollback forgot the check.",
        ("SIG-08",),
        callbacks=_RollbacksUnchecked,
    ),
    mutant(
        "sig-transaction-open",
        "/transaction forgot the check.",
        ("SIG-08", "SIG-02"),
        callbacks=_TransactionsUnchecked,
    ),
    mutant(
        "sig-after-effect",
        "The hash is checked once money has moved.",
        ("SIG-02", "SIG-05"),
        callbacks=_AfterTheEffect,
    ),
)
