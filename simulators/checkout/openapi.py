"""The OpenAPI 3.1 document of the checkout: what it answers, and as a webhook what the CLIENT must serve.

Generated from the models that parse and write, the GraphQL schema, and the table of a token's claims.
"""

from typing import Any, Final

from pydantic import BaseModel

from simulators.checkout import requests, wire
from simulators.checkout.claims import ADDRESS, CLAIMS, Claim, Need
from simulators.checkout.graphql import SCHEMA
from simulators.server import openapi

_CURRENCY: Final = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["GBP"]}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_TEXT: Final = {"type": "string", "minLength": 1}
_ADDRESS: Final = {"type": "string", "pattern": ADDRESS, "examples": ["https://shop.example/back"]}
_OBJECT: Final = {"type": "object"}

# The JSON types of the merchant's claims, by path; what each is about is said by the table of claims.
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "iss": _TEXT,
    "sub": {"const": wire.SUBJECT},
    "iat": {"type": "integer"},
    "data": _OBJECT,
    "data.merchantReference": _TEXT,
    "data.currency": _CURRENCY,
    "data.callbackUrls": _OBJECT,
    "data.callbackUrls.successRedirect": _ADDRESS,
    "data.callbackUrls.failureRedirect": _ADDRESS,
    "data.callbackUrls.serverToServer": _ADDRESS,
    "data.merchantPrice": _OBJECT,
    "data.merchantPrice.valueBeforeTax": _AMOUNT,
    "data.merchantPrice.valueAfterTax": _AMOUNT,
    "data.merchantPrice.taxValue": _AMOUNT,
    "data.merchantPrice.taxPercentage": _AMOUNT,
    "data.variant": _OBJECT,
    "data.variant.reference": _TEXT,
}


def document() -> dict[str, Any]:
    """Return the document as JSON values."""
    return openapi.document(
        title="Checkout",
        version="1",
        description="A fake checkout: a merchant's token makes one, a person decides it on its hosted page, and the "
        "merchant is notified. Tokens are made by hand with: pitboss token sign --before 16.66 --tax 20 --reference "
        "mug-blue.",
        paths={
            "/graphql": {"post": _graphql()},
            "/widget/price": {
                "post": _of_widget(
                    "price",
                    "What the product page's widget shows for a merchant's token",
                    requests.PriceAnswer,
                    {400, 413, 422},
                )
            },
            "/widget/checkout": {
                "post": _of_widget(
                    "begin",
                    "The checkout that the product page's widget leads to, by a merchant's token",
                    requests.BegunAnswer,
                    {400, 413},
                )
            },
        },
        webhooks={"decision": {"post": _decision()}},
        schemas={
            **openapi.schemas(
                asked=[requests.GraphRequest, requests.WidgetRequest],
                answered=[
                    requests.GraphAnswer,
                    requests.GraphRefusal,
                    requests.PriceAnswer,
                    requests.BegunAnswer,
                    openapi.Problem,
                ],
                sent=[requests.DecisionBody],
            ),
            "MerchantClaims": {
                "description": "The claims of a merchant's token (payload of createMerchantCheckout, JWTToken).",
                **_claims(""),
            },
            "DecisionClaims": _decision_claims(),
        },
        security_schemes={"accessToken": {"type": "http", "scheme": "bearer"}},
    )


def _graphql() -> dict[str, Any]:
    responses = {
        "200": openapi.done(openapi.ref(requests.GraphAnswer)),
        **openapi.problems({400, 401, 413}),
    }
    responses["400"] = {
        "description": "No GraphQL request, or one that cannot be carried out",
        **openapi.content({"oneOf": [openapi.ref(openapi.Problem), openapi.ref(requests.GraphRefusal)]}),
    }
    return {
        "operationId": "graphql",
        "summary": "GraphQL: createMerchantCheckout makes a checkout of a merchant's signed payload",
        "description": "Under a Bearer token of authenticateClient, where one was agreed on. The payload is "
        f"a JWT with the MerchantClaims. The schema:\n\n{SCHEMA.strip()}",
        "tags": ["checkout"],
        "security": [{}, {"accessToken": []}],
        "requestBody": openapi.body(openapi.ref(requests.GraphRequest)),
        "responses": responses,
    }


def _of_widget(operation: str, summary: str, answer: type[BaseModel], failures: set[int]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "tags": ["widget"],
        "security": [],
        "requestBody": openapi.body(openapi.ref(requests.WidgetRequest)),
        "responses": {"200": openapi.done(openapi.ref(answer)), **openapi.problems(failures)},
    }


def _decision() -> dict[str, Any]:
    return {
        "operationId": "decision",
        "summary": "What became of a checkout, posted to serverToServer of its token, or to the CLIENT's decision URL",
        "description": "A decision counts once, and only under a good signature, for a checkout that is known. Sent by "
        "hand with: pitboss trigger decision.",
        "security": [],
        "requestBody": openapi.body(openapi.ref(requests.DecisionBody)),
        "responses": {
            "2XX": {"description": "Acknowledged"},
            "default": {"description": "Not acknowledged: sent again, with growing pauses, for 5 minutes"},
        },
    }


def _claims(holder: str) -> dict[str, Any]:
    """The schema of the object at the path ``holder`` ("": of all claims)."""
    inside = {
        claim.path.rpartition(".")[2]: claim for claim in CLAIMS if claim.path.rpartition(".")[0] == holder
    }
    return {
        "type": "object",
        "properties": {name: _claim(claim) for name, claim in inside.items()},
        "required": [name for name, claim in inside.items() if claim.need is Need.REQUIRED],
    }


def _claim(claim: Claim) -> dict[str, Any]:
    shape = _TYPES[claim.path]
    description = {"description": f"{claim.meaning}: {claim.sum or claim.expected}"}
    return {**(_claims(claim.path) if shape is _OBJECT else shape), **description}


def _decision_claims() -> dict[str, Any]:
    data = {
        "reference": {**_TEXT, "description": "the checkout's token"},
        "merchantReference": {**_TEXT, "description": "as in the merchant's token; absent where it had none"},
        "outcome": {"enum": [wire.SUCCESS, wire.FAILURE]},
        "outcomeDecidedAt": {"type": "string", "format": "date-time"},
    }
    return {
        "description": "The claims of a decision's JWT.",
        "type": "object",
        "properties": {
            "iss": {**_TEXT, "description": "the merchant id"},
            "sub": {"const": wire.SUBJECT},
            "iat": {"type": "integer", "description": "when it was signed, in seconds since the epoch"},
            "data": {
                "type": "object",
                "properties": data,
                "required": [name for name in data if name != "merchantReference"],
            },
        },
        "required": ["iss", "sub", "iat", "data"],
    }
