"""The OpenAPI 3.1 document of the control API: what the console's page asks for, and other teams' tests may as well."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from scenarios.console import actions, agreement, queries
from scenarios.console.control import credentials, stores
from scenarios.console.control.autoplay import Size
from scenarios.console.control.events import EVENTS, SIGNATURES
from scenarios.console.control.filters import WORDS
from scenarios.console.form_input import LONGEST_WAIT
from scenarios.run.planning.effort import EFFORTS
from simulators.providers import PROVIDERS
from simulators.server import openapi
from simulators.server.access.gate import TOKEN_HEADER

BEARER: Final = "bearer"
TOKEN: Final = "token"  # noqa: S105 - the name of the credential
_OBJECT: Final = {"type": "object"}
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_PROVIDER: Final = {"enum": list(PROVIDERS)}
_FAULTS: Final = {
    "type": "array",
    "items": _TEXT,
    "description": "faults by name, as of pitboss trigger --fault",
    "examples": [["answer-lost"]],
}
_PLAYER: Final = {
    "player": _TEXT
    | {"description": "the player; the target's first where there is none", "examples": ["p-1"]},
    "currency": _TEXT | {"description": "ISO 4217; the players' where there is none"},
}
_EXACT: Final = {
    "exact": {"type": "boolean", "description": "take texts as they stand, blanks around them too"}
}
# What each action takes: its summary, its fields, and those that it cannot do without.
ACTIONS: Final[Mapping[str, tuple[str, Mapping[str, Any], tuple[str, ...]]]] = {
    "raise": (
        "Raise one event of a provider",
        {
            "event": {"enum": [event for group in EVENTS.values() for event in group]},
            **_PLAYER,
            "amount": _TEXT | {"description": "of a wager, as text", "examples": ["10.50"]},
            "id": _TEXT | {"description": "of the transaction or event; a new one where there is none"},
            "of": _TEXT | {"description": "what a rollback undoes"},
            "copies": _COUNT | {"description": "so many copies after it"},
            "together": _COUNT | {"description": "so many at once"},
            "faults": _FAULTS,
            "store": _TEXT,
            "changes": _TEXT | {"description": "of a store, NAME=JSON a line"},
            "voucher": _TEXT,
            "price": _TEXT,
            "value": _TEXT,
            "notification_key": _TEXT,
            "checkout_token": _TEXT,
            "merchant_reference": _TEXT,
            "forged": _TEXT | {"description": "sign a decision badly, in this way"},
            **_EXACT,
        },
        ("event",),
    ),
    "resend": (
        "Send what a report holds once more, byte for byte or as a new transaction",
        {
            "request": {
                "type": "object",
                "description": "the request of an entry in the report's history.har",
            },
            "number": _COUNT | {"description": "what it is called: its number there"},
            "fresh": {"type": "boolean", "description": "under a new id, signed again"},
            **_EXACT,
        },
        ("request",),
    ),
    "faults": (
        "Let faults act on all that a provider sends, in place of those before; none ends them",
        {"provider": _PROVIDER, "faults": _FAULTS},
        ("provider",),
    ),
    "disturb": (
        "Answer badly what the CLIENT asks of a provider",
        {
            "provider": _PROVIDER,
            "path": {"enum": sorted({path for paths in actions.ASKED_OF.values() for path in paths})},
            "how": {"enum": list(actions.BAD_ANSWERS)},
            "times": {"enum": list(actions.TIMES)},
        },
        ("provider", "path", "how"),
    ),
    "end_faults": ("End every fault and every bad answer", {}, ()),
    "reset": ("As end_faults; says as since where the history stands, to ask from there on", {}, ()),
    "audit": (
        "Read a player's balance, and say whether it is what was sent since then allows",
        {
            **_PLAYER,
            "opening": _TEXT | {"description": "what the player owned then", "examples": ["100.00"]},
            "since": _COUNT | {"description": "the exchange before which that was; 0 where there is none"},
        },
        ("opening",),
    ),
    "session": (
        "Open the sportsbook for a player",
        {**_PLAYER, "lang": _TEXT, "through_client": {"type": "boolean"}},
        (),
    ),
    "agree": (
        "Fill in the form: what CLIENT and OPERATOR agree on from now on",
        {
            name: _TEXT | {"description": f"{label}; [operator] {name}"}
            for name, label in agreement.FIELDS.items()
        },
        ("callback_url", "currencies", "languages"),
    ),
    "rotate": (
        "Let a provider share other credentials from now on; those that are not named stay",
        {
            "provider": _PROVIDER,
            **{
                key: _TEXT | {"description": f"[{provider}] {key}"}
                for provider, keys in credentials.KEYS.items()
                for key in keys
            },
        },
        ("provider",),
    ),
    "store": (
        "Add, change, offer, withdraw or remove a store of Jackpot, and notify the CLIENT",
        {
            "act": {"enum": list(stores.ACTS)},
            "store": _TEXT | {"description": "its id; a new one is given to a store that is added"},
            "changes": _TEXT
            | {"description": "its properties, NAME=JSON a line", "examples": ["voucherValueMax=100"]},
        },
        ("act",),
    ),
    "credentials": (
        "What a provider (the OPERATOR, if none is named) shares with the CLIENT, secrets too; on this machine, or "
        "where the token is asked for",
        {
            "provider": _PROVIDER,
            "way": {"enum": list(agreement.WAYS), "description": "how the OPERATOR's are written as a text"},
        },
        (),
    ),
    "deliver": ("Send a delivery that waits now", {"provider": _PROVIDER, "id": _COUNT}, ("provider", "id")),
    "autoplay": (
        "Let the test players play by themselves, with the sizes of pitboss load: rounds, and where they can convert, "
        "vouchers and changes of stores",
        {},
        (),
    ),
    "stop_autoplay": (
        "Begin no more rounds: what is open is settled, and every balance audited; GET /autoplay?wait=30 gives the "
        "verdict",
        {},
        (),
    ),
    "check": (
        "Start a check of the target",
        {
            "provider": _PROVIDER,
            "only": _TEXT | {"description": "rules and groups", "examples": ["RBK,IDM-01"]},
            "skip": _TEXT | {"description": "rules and groups that are left out"},
            "effort": {"enum": list(EFFORTS), "default": "quick"},
            "seed": _COUNT | {"description": "of the generated data; a new one where there is none"},
            "strict": {"type": "boolean", "description": "a SHOULD that is broken fails, too"},
        },
        (),
    ),
    "cancel": ("End the check that runs", {}, ()),
}
# What can be asked for of exchanges.
ASKED: Final[Mapping[str, Any]] = {
    "filter": _TEXT
    | {
        "description": f"words that must all fit: {WORDS}",
        "examples": ["provider:operator player:p-1"],
    },
    "since": _COUNT | {"description": "the first number"},
    "count": _COUNT | {"maximum": queries.MOST, "description": "wait until there are so many"},
    "wait": _COUNT | {"maximum": LONGEST_WAIT, "description": "seconds to wait at most"},
}

# What can be asked for of an exchange that is sent again.
ASKED_OF_AGAIN: Final[Mapping[str, Any]] = {
    "body": _TEXT | {"description": "another message in its place, whatever it is"},
    "signature": {
        "enum": list(SIGNATURES),
        "default": SIGNATURES[0],
        "description": "of the OPERATOR's: made anew for that body, or kept as it was",
    },
}
_FORM: Final = {"type": "object", "additionalProperties": False}

# What can be asked for of autoplay.
ASKED_OF_AUTOPLAY: Final = {"wait": ASKED["wait"]}


def fields(action: str, sizes: Mapping[str, Size] = MappingProxyType({})) -> dict[str, Any]:
    """What ``action`` takes, each with its schema; ``sizes`` are what can be chosen of autoplay."""
    more = {name: _size(size) for name, size in sizes.items()} if action == "autoplay" else {}
    return {**ACTIONS[action][1], **more}


def document(sizes: Mapping[str, Size] = MappingProxyType({})) -> dict[str, Any]:
    """The whole document, as JSON values; ``sizes`` are what can be chosen of autoplay."""
    number = {"name": "number", "in": "path", "required": True, "schema": _COUNT}
    fresh = {"name": "fresh", "in": "query", "schema": {"enum": ["on"]}, "description": "under a new id"}
    paths: dict[str, Any] = {
        "/exchanges": {
            "get": _operation(
                "The exchanges that are over, and fit; may wait for them", parameters=_in_query(ASKED)
            )
        },
        "/stores": {"get": _operation("The stores of Jackpot, and whether each is offered")},
        "/autoplay": {
            "get": _operation(
                "Whether autoplay is on, what it played, and the verdict of its audit",
                parameters=_in_query(ASKED_OF_AUTOPLAY),
            )
        },
        "/exchanges/{number}": {
            "get": _operation("One exchange, with its curl command", parameters=[number])
        },
        "/exchanges/{number}/again": {
            "post": _operation(
                "Send an exchange again: byte for byte, as a new transaction, or with another body",
                parameters=[number, fresh],
                body=openapi.content({**_FORM, "properties": ASKED_OF_AGAIN}),
                acts=True,
            )
        },
    }
    for name, (summary, _, needed) in ACTIONS.items():
        schema = {**_FORM, "properties": fields(name, sizes), "required": list(needed)}
        paths[f"/do/{name}"] = {"post": _operation(summary, body=openapi.body(schema), acts=True)}
    return openapi.document(
        title="Control API of pitboss serve",
        version="1",
        description="Raises events, switches faults, and answers what the CLIENT sent and was sent.",
        paths=paths,
        webhooks={},
        schemas={
            "Problem": {
                "type": "object",
                "properties": {"came": _TEXT, "expected": _TEXT, "next_step": _TEXT},
                "required": ["came", "expected", "next_step"],
            }
        },
        security_schemes={
            BEARER: {"type": "http", "scheme": "bearer"},
            TOKEN: {"type": "apiKey", "in": "header", "name": TOKEN_HEADER},
        },
    )


def _in_query(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()]


def _size(size: Size) -> dict[str, Any]:
    return _TEXT | {"description": size.words, "default": size.usual}


def _operation(summary: str, *, acts: bool = False, **more: Any) -> dict[str, Any]:
    problem = openapi.content(openapi.ref("Problem"))
    return {
        "summary": summary,
        **({"parameters": more["parameters"]} if "parameters" in more else {}),
        **({"requestBody": more["body"]} if "body" in more else {}),
        "responses": {
            "200": openapi.done(_OBJECT),
            "422": {"description": "It does not fit", **problem},
            "401": {"description": "No token, or a wrong one, where it is asked for", **problem},
            "429": {"description": "Too many wrong tokens came before", **problem},
            **({"403": {"description": "No token, or a wrong one", **problem}} if acts else {}),
        },
        **({"security": [{BEARER: []}, {TOKEN: []}]} if acts else {}),
    }
