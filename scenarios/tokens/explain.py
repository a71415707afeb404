"""A session or checkout JWT, explained claim by claim: what each is, whether it is right, what was expected. Pure.

Implements ``voucher-widget.txt``, *Build your token*, and ``product-widget.txt``; what counts as right is the
simulators' to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from simulators.checkout import claims as checkout_claims
from simulators.checkout.claims import Need
from simulators.checkout.wire import Agreement
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.credentials.session_jwt import SessionProblem
from simulators.providers import CHECKOUT, JACKPOT
from simulators.values import decimal_json, jws

# Claims that only the tokens of one provider have.
_TELLING: Final[dict[str, tuple[str, ...]]] = {
    CHECKOUT: ("iss", "sub", "data"),
    JACKPOT: ("amount", "notificationKey", "userId", "forceManualConfirm"),
}
_SHOWN: Final = 70
_LATEST: Final = 253_402_300_800  # the year 10000
_TOKEN: Final = "token"  # noqa: S105
_PROOF: Final = ("header.alg", "signature")


class ClaimStanding(StrEnum):
    """What is said of a claim."""

    RIGHT = "right"
    WRONG = "WRONG"
    ADVISED = "advised"
    ABSENT = "absent"
    IGNORED = "ignored"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One claim, explained: ``value`` as JSON shortened (None: it is not there), ``problem`` what is wrong."""

    path: str
    standing: ClaimStanding
    meaning: str
    value: str | None = None
    expected: str = ""
    problem: str = ""


# The claims of a session JWT: path, meaning, what is expected, whether it must be there.
_SESSION: Final = (
    ("amount", "the most that the player's session may spend", "a number over 0, EUR in whole cents", True),
    ("iat", "when it was minted", "an integer, seconds since the epoch, of just now", True),
    ("userId", "the player", "a non-empty text, the same for the same player", False),
    ("notificationKey", "ties webhooks to the session", "a non-empty text, never used before", False),
    ("forceManualConfirm", "whether the reservation waits to be confirmed", "true or false", False),
)


def guess(token: str) -> str | None:
    """Whose token it is by its claims; None where they do not say, or it is no JWT."""
    try:
        _, fields = jws.unverified(token)
    except jws.NoJwt:
        return None
    return next(
        (provider for provider, names in _TELLING.items() if any(name in fields for name in names)), None
    )


def checkout(token: str, agreement: Agreement, now: float, max_age: float) -> list[ClaimLine]:
    """Explain a checkout JWT; ``now`` is seconds since the epoch, ``max_age`` seconds."""
    verdict = checkout_claims.verify(token, agreement, now, max_age)
    faults = {fault.path: fault for fault in verdict.faults}
    if verdict.fields is None or _TOKEN in faults:
        return [_no_jwt()]
    lines = _proof(
        verdict.algorithm,
        agreement.algorithm,
        {path: f"{faults[path].code}: {faults[path].message}" for path in _PROOF if path in faults},
    )
    advised = {fault.path for fault in verdict.advice}
    left_out: set[str] = set()
    for claim in checkout_claims.CLAIMS:
        if claim.path.rpartition(".")[0] in left_out:
            continue  # nothing is asked of what would be in it
        there, value = checkout_claims.look_up(verdict.fields, claim.path)
        if claim.path in faults:
            standing = ClaimStanding.WRONG
        elif claim.path in advised:
            standing = ClaimStanding.ADVISED
        else:
            standing = ClaimStanding.RIGHT if there else ClaimStanding.ABSENT
        if standing is ClaimStanding.ABSENT and claim.need is Need.OPTIONAL:
            left_out.add(claim.path)
        if isinstance(value, dict) and standing is ClaimStanding.RIGHT:
            continue  # its parts follow
        fault = faults.get(claim.path)
        problem = f"{fault.code}: {fault.message}" if fault else ""
        lines.append(
            ClaimLine(
                claim.path, standing, claim.meaning, shown(claim.path, value, there), claim.expected, problem
            )
        )
    known = {claim.path for claim in checkout_claims.CLAIMS}
    return [*lines, *_unknown(verdict.fields, known)]


def jackpot(token: str, api_signature: str, now: float) -> list[ClaimLine]:
    """Explain a session JWT; ``now`` is seconds since the epoch."""
    try:
        header, fields = jws.unverified(token)
    except jws.NoJwt:
        return [_no_jwt()]
    fault = _session_fault(token, api_signature, now)
    if fault is SessionProblem.MALFORMED:
        return [_no_jwt()]
    where = {SessionProblem.ALGORITHM: "header.alg", SessionProblem.SIGNATURE: "signature"}
    proof = {where[fault]: f"{fault.code}: {fault.message}"} if fault in where else {}
    algorithm = header.get("alg")
    lines = _proof(algorithm if isinstance(algorithm, str) else None, session_jwt.ALGORITHM, proof)
    wrong = _session_problems(fields, now)
    for path, meaning, expected, required in _SESSION:
        there, value = path in fields, fields.get(path)
        if path in wrong:
            standing = ClaimStanding.WRONG
        elif there:
            standing = ClaimStanding.RIGHT
        else:
            # VTK-04 asks for the key, although a session opens without one.
            advised = required or path == "notificationKey"
            standing = ClaimStanding.ADVISED if advised else ClaimStanding.ABSENT
        lines.append(
            ClaimLine(path, standing, meaning, shown(path, value, there), expected, wrong.get(path, ""))
        )
    return [*lines, *_unknown(fields, {path for path, *_ in _SESSION})]


def _session_fault(token: str, api_signature: str, now: float) -> SessionProblem | None:
    try:
        session_jwt.verify(token, api_signature, now)
    except session_jwt.BadJwt as bad:
        return bad.fault
    return None


def _session_problems(fields: Mapping[str, Any], now: float) -> dict[str, str]:
    try:
        claims = session_jwt.Claims.model_validate(fields)
    except ValidationError as error:
        return {
            str(each["loc"][0]): f"{SessionProblem.CLAIMS.code}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_url=False, include_input=False)
        } | _of_time(fields.get("iat"), now)
    return _of_time(Decimal(claims.iat), now)


def _of_time(iat: Any, now: float) -> dict[str, str]:
    if not isinstance(iat, Decimal) or iat != iat.to_integral_value():
        return {}
    if iat > Decimal(now) + session_jwt.LEEWAY:
        return {"iat": f"{SessionProblem.FUTURE.code}: {SessionProblem.FUTURE.message}"}
    if Decimal(now) >= iat + session_jwt.LIFE:
        return {"iat": f"{SessionProblem.EXPIRED.code}: {SessionProblem.EXPIRED.message}"}
    return {}


def _no_jwt() -> ClaimLine:
    return ClaimLine(
        _TOKEN,
        ClaimStanding.WRONG,
        "the token",
        None,
        "a JWT: header.payload.signature, with a JSON object as payload",
        "malformed: the text is no JWT. Pass the token alone, without quotes and without Bearer before it.",
    )


def _proof(algorithm: str | None, agreed: str, faults: Mapping[str, str]) -> list[ClaimLine]:
    """The lines of algorithm and signature; without the right algorithm no signature is looked at."""
    alg, mark = _PROOF
    named = "null" if algorithm is None else f'"{algorithm}"'
    by_alg = ClaimStanding.WRONG if alg in faults else ClaimStanding.RIGHT
    by_mark = ClaimStanding.WRONG if mark in faults else ClaimStanding.RIGHT
    if alg in faults:
        by_mark = ClaimStanding.UNCHECKED
    return [
        ClaimLine(
            alg, by_alg, "the algorithm that signed it", shortened(named), f'"{agreed}"', faults.get(alg, "")
        ),
        ClaimLine(
            mark,
            by_mark,
            "proves who wrote the token",
            None,
            "one under the agreed key",
            faults.get(mark, ""),
        ),
    ]


def _unknown(fields: Mapping[str, Any], known: set[str], within: str = "") -> Iterator[ClaimLine]:
    for name, value in fields.items():
        path = f"{within}{name}"
        if path in known:
            if isinstance(value, dict):
                yield from _unknown(value, known, f"{path}.")
        else:
            meaning = "no document has it"
            yield ClaimLine(shortened(path), ClaimStanding.IGNORED, meaning, shown(path, value, there=True))


def shown(path: str, value: Any, there: bool) -> str | None:
    """``value`` as JSON, shortened, moments with their date; None where it is not there."""
    if not there:
        return None
    match value:
        case dict() | list():
            return "an object" if isinstance(value, dict) else "a list"
        case Decimal() if abs(value.adjusted()) > _SHOWN:
            return str(value)[:_SHOWN]  # in full it may have any number of digits
    text = shortened(decimal_json.dumps(value).decode())
    if path == "iat" and isinstance(value, Decimal) and 0 <= value < _LATEST:
        text += datetime.fromtimestamp(int(value), UTC).strftime(" (%d %b %Y, %H:%M:%S UTC)")
    return text


def shortened(text: str) -> str:
    """``text``, at most about a line of it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}.."
