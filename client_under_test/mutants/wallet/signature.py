"""Faults in the check of X-Security-Hash (SIG)."""

import hashlib
import hmac
import json
from collections.abc import Callable

from flask import Response, jsonify, make_response, request
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import failing
from client_under_test.values.refusals import Refused
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.messages import Endpoint
from client_under_test.wallet.signature import SignatureCheck


def _also(passes: Callable[[bytes, str | None], bool]) -> type[SignatureCheck]:
    """A check that lets through what ``passes`` says of a body and its header, beside what is right."""

    class Also(SignatureCheck):
        @override
        def check(self, body: bytes, given: str | None) -> None:
            if not passes(body, given):
                super().check(body, given)

    return Also


def _instead(passes: Callable[[str, str], bool]) -> type[SignatureCheck]:
    """A check that lets through what ``passes`` says of the right hash and a header that is there."""

    class Instead(SignatureCheck):
        @override
        def check(self, body: bytes, given: str | None) -> None:
            if not given or not passes(self.expected(body), given):
                raise Refused("INVALID_HASH")

    return Instead


def _hashing(change: Callable[[bytes], bytes]) -> type[SignatureCheck]:
    """A check that hashes what ``change`` makes of the body."""

    class Hashing(SignatureCheck):
        @override
        def expected(self, body: bytes) -> str:
            return super().expected(change(body))

    return Hashing


def _written_anew(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("INVALID_HASH") from None


def _shortest(expected: str) -> str:
    number = int(expected, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big").hex()


class _AlsoSecret(SignatureCheck):
    """The secret in the header is accepted too."""

    @override
    def check(self, body: bytes, given: str | None) -> None:
        if (given or "").encode("utf-8", "replace") != self._key:
            super().check(body, given)


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


_unauthorised = failing(lambda code: make_response({"error": code}, 401 if code == "INVALID_HASH" else 200))
_silent = failing(lambda code: Response(status=404) if code == "INVALID_HASH" else jsonify({"error": code}))


def _unchecked(forgotten: Endpoint) -> type[CallbackHandler]:
    """Handles ``forgotten`` without the check."""

    class Unchecked(CallbackHandler):
        @override
        def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
            expected = self.signature.expected(body) if endpoint is forgotten else given
            return super().process(endpoint, body, expected)

    return Unchecked


class _AfterTheEffect(CallbackHandler):
    """The hash is checked once money has moved."""

    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        client_id = super().process(endpoint, body, self.signature.expected(body))
        if not hmac.compare_digest(
            (given or "").encode("utf-8", "replace"), self.signature.expected(body).encode()
        ):
            raise Refused("INVALID_HASH")
        return client_id


class _SeenBefore(SignatureCheck):
    """A hash that was right once is right for any body."""

    seen: set[str]

    @override
    def check(self, body: bytes, given: str | None) -> None:
        seen = self.__dict__.setdefault("seen", set())
        if given in seen:
            return
        super().check(body, given)
        seen.add(given)


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "sig-never-checked",
        ("SIG-02",),
        "The hash was to be checked later and never was.",
        signature=_also(lambda _body, _given: True),
    ),
    mutant(
        "sig-only-if-present",
        ("SIG-03",),
        "The hash is checked only where there is one.",
        signature=_also(lambda _, given: given is None),
    ),
    mutant(
        "sig-empty-passes",
        ("SIG-02",),
        "An empty header counts as nothing to check.",
        signature=_also(lambda _, given: given == ""),
    ),
    mutant(
        "sig-prefix", ("SIG-02",), "Any beginning of the hash will do.", signature=_instead(str.startswith)
    ),
    mutant(
        "sig-first-8",
        ("SIG-02",),
        "Only the first 8 characters are compared.",
        signature=_instead(lambda right, given: right[:8] == given[:8]),
    ),
    mutant(
        "sig-contains",
        ("SIG-02",),
        "The header need only contain the hash.",
        signature=_instead(lambda right, given: right in given),
    ),
    mutant(
        "sig-unkeyed",
        ("SIG-02",),
        "A plain SHA-256 of the body is accepted too.",
        signature=_also(lambda body, given: given == hashlib.sha256(body).hexdigest()),
    ),
    mutant(
        "sig-from-inside",
        ("SIG-02",),
        "Requests from the CLIENT's own network, as a header says, are not checked.",
        signature=_also(lambda _body, _given: request.headers.get("X-Real-IP") == "127.0.0.1"),
    ),
    mutant("sig-secret-itself", ("SIG-02",), signature=_AlsoSecret),
    mutant("sig-seen-before", ("SIG-02",), signature=_SeenBefore),
    mutant(
        "sig-as-number",
        ("SIG-01",),
        "The hash is written as a number, without leading zeros.",
        signature=_instead(lambda right, given: hmac.compare_digest(_shortest(right), given)),
    ),
    mutant(
        "sig-length-only",
        ("SIG-02",),
        "Whatever looks like a hash is one.",
        signature=_instead(lambda _, given: len(given) == 64 and set(given) <= set("0123456789abcdef")),
    ),
    mutant(
        "sig-reserialised",
        ("SIG-04",),
        "The hash is taken over JSON written again.",
        signature=_hashing(_written_anew),
    ),
    mutant(
        "sig-without-blanks",
        ("SIG-04",),
        "White space is taken out before hashing.",
        signature=_hashing(lambda body: b"".join(body.split())),
    ),
    mutant(
        "sig-ascii",
        ("SIG-04",),
        "The body is read as ASCII before hashing.",
        signature=_hashing(lambda body: body.decode("ascii", "replace").encode()),
    ),
    mutant("sig-poisoned", ("SIG-05",), "The id of a forgery is refused for ever.", callbacks=_Poisoned),
    mutant("sig-401", ("SIG-06",), "A forgery is answered with HTTP 401.", answers=_unauthorised),
    mutant(
        "sig-404", ("SIG-06", "MSG-02"), "A forgery is answered with HTTP 404 and no body.", answers=_silent
    ),
    mutant(
        "sig-rollback-open",
        ("SIG-08",),
        "/transaction-rollback forgot the check.",
        callbacks=_unchecked(Endpoint.ROLLBACK),
    ),
    mutant(
        "sig-transaction-open",
        ("SIG-08", "SIG-02"),
        "/transaction forgot the check.",
        callbacks=_unchecked(Endpoint.TRANSACTION),
    ),
    mutant("sig-after-effect", ("SIG-02", "SIG-05"), callbacks=_AfterTheEffect),
)
