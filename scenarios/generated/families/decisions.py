"""Decisions that must do nothing: forged, about no checkout of the CLIENT's, no decisions at all, or repeated.

Contract CHK-11.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.generated.families import ids
from scenarios.generated.families.family import Case, Family, family
from simulators.checkout.forgeries import fitting
from simulators.checkout.wire import SUCCESS, Agreement

# Changes the fields of a genuine approval.
Change = Callable[[dict[str, Any]], dict[str, Any]]

# What hand-written checks and careless use of libraries let through most often.
_CORE = {
    "alg none",
    "alg none as None",
    "another key",
    "empty key",
    "changed claims",
    "cut signature",
    "no signature",
    "public key as secret",
    "key in the header",
    "key id of an empty file",
    "default key secret",
    "signature of zeros",
    "first half of the signature",
}


def forged(agreement: Agreement) -> Family[str]:
    """Names of the forgeries that can be tried under ``agreement``; none of them may have an effect."""
    return Family(tuple(Case(name, name, core=name in _CORE) for name in fitting(agreement)))


def other_references(reference: str, token: str) -> Family[tuple[str, str]]:
    """Names of no checkout, easily taken for ``reference``, which is the merchant's, and ``token``, the provider's."""
    tokens = {case.name: case.value for case in _other_names(token).members}
    members = _other_names(reference).members
    return Family(
        tuple(Case(one.name, (one.value, tokens.get(one.name, one.value)), one.core) for one in members)
    )


def _other_names(reference: str) -> Family[str]:
    spelled = ids.other_spellings(reference)
    wildcard = f"{reference[:-1]}%"
    more = [("cut by a letter", reference[:-1]), ("a letter more", f"{reference}0"), ("a wildcard", wildcard)]
    if "-" in reference:
        more += [("without dashes", reference.replace("-", "")), ("in braces", f"{{{reference}}}")]
    return Family((*spelled.members, *(Case(name, text) for name, text in more if text)))


def _outcome(value: Any) -> Change:
    return lambda fields: fields | {"data": fields["data"] | {"outcome": value}}


def _without(name: str) -> Change:
    def change(fields: dict[str, Any]) -> dict[str, Any]:
        data = {key: value for key, value in fields["data"].items() if key != name}
        return {key: value for key, value in fields.items() if key != name} | {"data": data}

    return change


def _put(name: str, value: Any) -> Change:
    return lambda fields: fields | {name: value}


def no_approvals() -> Family[Change]:
    """Outcomes that are none, which careless comparisons take for an approval; nothing may be granted for them."""
    return family(
        core=[("no outcome", _without("outcome")), ("unsuccessful", _outcome(f"un{SUCCESS}ful"))],
        others=[
            ("outcome null", _outcome(None)),
            ("outcome true", _outcome(True)),
            ("outcome 1", _outcome(1)),
            ("outcome empty", _outcome("")),
            ("outcome pending", _outcome("pending")),
            ("outcome a list", _outcome([SUCCESS])),
            ("outcome an object", _outcome({SUCCESS: False})),
            ("outcome cut", _outcome(SUCCESS[:-1])),
            ("outcome beside data", lambda fields: _without("outcome")(fields) | {"outcome": SUCCESS}),
        ],
    )


def for_others() -> Family[Change]:
    """Genuine signatures under decisions that are not for this merchant, or not about a merchant's checkout."""
    return family(
        core=[("another merchant's", _put("iss", "another-merchant")), ("no iss", _without("iss"))],
        others=[
            ("iss in a list", lambda fields: fields | {"iss": [fields["iss"]]}),
            ("iss with a suffix", lambda fields: fields | {"iss": f"{fields['iss']}.example"}),
            ("iss null", _put("iss", None)),
            ("another subject", _put("sub", "Customer")),
            ("no sub", _without("sub")),
        ],
    )


@dataclass(frozen=True, slots=True)
class Repeated:
    """One of several decisions about one checkout.

    ``copy_of`` is the place among them of the one that it is a copy of, byte for byte; None: it is signed again, under
    an ``iat`` of its own. ``times`` are claims of time that it has, in seconds from now.
    """

    approved: bool
    copy_of: int | None = None
    times: Mapping[str, int] = field(default_factory=dict)


_APPROVED, _DECLINED = Repeated(approved=True), Repeated(approved=False)
_HOUR, _DAY = 3600, 86400


def repeated() -> Family[tuple[Repeated, ...]]:
    """Decisions about one checkout in the order in which they are sent, of which some say again what was said.

    The documents say nothing of a decision that contradicts an earlier one, nor of a decision's times: what a CLIENT
    makes of those is its own affair. What it has heard already changes nothing in any of them.
    """
    approval, decline = Repeated(approved=True, copy_of=0), Repeated(approved=False, copy_of=0)
    members: list[tuple[str, tuple[Repeated, ...]]] = [
        ("approved, the same again", (_APPROVED, approval, approval)),
        ("approved, again under a new iat", (_APPROVED, _APPROVED)),
        ("approved, then declined", (_APPROVED, _DECLINED, approval, Repeated(approved=False, copy_of=1))),
        ("declined, then approved", (_DECLINED, _APPROVED, decline, Repeated(approved=True, copy_of=1))),
    ]
    others: list[tuple[str, tuple[Repeated, ...]]] = [
        ("declined, the same again", (_DECLINED, decline, decline)),
        ("declined, again under a new iat", (_DECLINED, _DECLINED)),
        (
            "approved, then declined twice",
            (_APPROVED, _DECLINED, Repeated(approved=False, copy_of=1), approval),
        ),
        (
            "declined, then approved twice",
            (_DECLINED, _APPROVED, Repeated(approved=True, copy_of=1), decline),
        ),
    ]
    for name, times in (
        ("over (exp)", {"exp": -_HOUR}),
        ("not yet valid (nbf)", {"nbf": _HOUR}),
        ("a day old (iat)", {"iat": -_DAY}),
    ):
        timed = Repeated(approved=True, times=times)
        others.append(
            (
                f"approved {name}, then plainly",
                (timed, _APPROVED, approval, Repeated(approved=True, copy_of=1)),
            )
        )
    return family(members, others)
