"""The OpenAPI 3.1 document of the OPERATOR: what it answers, and as webhooks what the CLIENT must serve.

Generated from the models that parse and write the messages (``sportsbook.txt``).
"""

from typing import Any, Final

from pydantic import BaseModel

from simulators.operator import wire
from simulators.operator.dialect import HASH_HEADER, ROLLBACK_PATH, TRANSACTION_PATH
from simulators.server import openapi

_BEARER: Final = "token"
# What is served under this prefix is served without it, too.
_VERSIONED: Final = "/{version}"
_SCHEMES: Final = {_BEARER: {**openapi.BEARER, "description": "the token that /auth gave"}}
_VERSION_PARAMETER: Final = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "the API version agreed on; any, where none was",
    "schema": {
        "type": "string",
        "minLength": 1,
        "pattern": "^[A-Za-z0-9._-]*[A-Za-z0-9_-]$",
        "examples": ["v1"],
    },
}
_HASH: Final = {
    "name": HASH_HEADER,
    "in": "header",
    "required": True,
    "description": "HMAC-SHA256 of the raw body under SECURITY_HASH, in lower-case hex",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
_WEBHOOKS: Final[dict[str, tuple[type[BaseModel], str, str, str]]] = {
    TRANSACTION_PATH: (
        wire.Transaction,
        "A bet or a result",
        "bet or result",
        "A bet is sent once, a result again until it is answered.",
    ),
    ROLLBACK_PATH: (
        wire.Rollback,
        "A rollback of an earlier transaction, which may be unknown",
        "rollback or orphan",
        "Sent again until it is answered; of an unknown transaction, it is kept and moves nothing.",
    ),
}


def document() -> dict[str, Any]:
    """Return the document as JSON values."""
    return openapi.document(
        title="OPERATOR",
        version="2023-03-30",
        description="A fake sportsbook OPERATOR: tokens, players' sessions, and its callbacks to the CLIENT.",
        paths={
            f"{prefix}{path}": {"post": operation}
            for prefix in ("", _VERSIONED)
            for path, operation in _operations(versioned=bool(prefix)).items()
        },
        webhooks={path.strip("/"): {"post": _webhook(path)} for path in _WEBHOOKS},
        schemas=openapi.schemas(
            asked=[wire.AuthRequest, wire.StartSessionRequest],
            answered=[wire.AuthAnswer, wire.StartSessionAnswer, openapi.Problem],
            sent=[*(model for model, *_ in _WEBHOOKS.values()), wire.Accepted, wire.Refused],
        ),
        security_schemes=_SCHEMES,
    )


def _operations(*, versioned: bool) -> dict[str, Any]:
    return {
        "/auth": _operation(
            "auth",
            "Exchange username and password for a bearer token",
            wire.AuthRequest,
            wire.AuthAnswer,
            {400, 401, 403, 413},
            versioned=versioned,
        ),
        "/start-session": _operation(
            "start-session",
            "Start a player's session, and get the address for the iframe",
            wire.StartSessionRequest,
            wire.StartSessionAnswer,
            {400, 401, 403, 413, 422},
            versioned=versioned,
            secured=True,
        ),
    }


def _operation(
    name: str,
    summary: str,
    asked: type[BaseModel],
    answered: type[BaseModel],
    statuses: set[int],
    *,
    versioned: bool,
    secured: bool = False,
) -> dict[str, Any]:
    written: dict[str, Any] = {
        "operationId": f"{name}_versioned" if versioned else name,
        "summary": summary,
        "tags": [name],
        "security": [{_BEARER: []}] if secured else [],
        "requestBody": openapi.body(openapi.ref(asked)),
        "responses": {
            "200": openapi.done(openapi.ref(answered)),
            **openapi.problems(statuses | ({404} if versioned else set())),
        },
    }
    if versioned:
        written["description"] = f"The same as POST /{name}."
        written["parameters"] = [_VERSION_PARAMETER]
    return written


def _webhook(path: str) -> dict[str, Any]:
    model, summary, events, policy = _WEBHOOKS[path]
    return {
        "operationId": path.strip("/"),
        "summary": f"{summary}, posted to the CLIENT's callback URL with {path} appended",
        "description": f"{policy} A copy has no second effect and gets the answer of the first. Sent by hand with: "
        f"pitboss trigger {events}.",
        "security": [],
        "parameters": [_HASH],
        "requestBody": openapi.body(openapi.ref(model)),
        "responses": {
            "200": {
                "description": "Processed, or refused: the CLIENT's word",
                **openapi.content({"oneOf": [openapi.ref(wire.Accepted), openapi.ref(wire.Refused)]}),
            }
        },
    }
