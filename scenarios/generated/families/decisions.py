"""Decisions about a checkout that must do nothing: forged, about no checkout of the CLIENT's, or no decisions.

Contract CHK-11. Copies of genuine ones are not here: what tells them apart is when they come.
"""

from collections.abc import Callable
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


def other_references(reference: str) -> Family[str]:
    """Names of no checkout, which are easily taken for ``reference``."""
    spelled = ids.other_spellings(reference)
    more = [("cut by a letter", reference[:-1]), ("a letter more", f"{reference}0"), ("a wildcard", "%")]
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
