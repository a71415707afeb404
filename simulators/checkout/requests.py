"""What the checkout's server is asked and answers over HTTP; parsed and documented from the same models.

What GraphQL carries inside is ``graph``'s, and what tokens carry ``wire``'s and ``claims``'.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_MUTATION = (
    "mutation($merchantId: ID!, $payload: String!) { createMerchantCheckout(merchantId: $merchantId, "
    "payload: $payload) { checkout { token } errors { code field message } } }"
)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class GraphRequest(_Form):
    """A GraphQL request."""

    query: str = Field(description="what to carry out", examples=[_MUTATION])
    variables: dict[str, Any] | None = Field(
        None, description="its variables", examples=[{"merchantId": "demo-merchant", "payload": ""}]
    )
    operationName: str | None = Field(None, description="which of several operations to carry out")  # noqa: N815


class GraphAnswer(_Form):
    """What came of a query that was carried out. A payload that is refused is answered here, in errors."""

    data: dict[str, Any]


class GraphPlace(_Form):
    """Where in a query: counted from 1."""

    line: int
    column: int


class GraphFault(_Form):
    """One mistake in a query."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})
    message: str
    locations: list[GraphPlace]


class GraphRefusal(_Form):
    """A query that cannot be carried out: the shape that every error has, and GraphQL's own."""

    error: str
    message: str
    errors: list[GraphFault] = Field(min_length=1)


class WidgetRequest(_Form):
    """What the widget asks with: the merchant's token, for its price or its checkout."""

    merchantId: str = Field(description="the id agreed ahead", examples=["demo-merchant"])  # noqa: N815
    JWTToken: str = Field(description="the merchant's signed token")


class PriceAnswer(_Form):
    """What the widget shows; amounts are texts with the currency's sign, such as "£9.50"."""

    initialAmount: str = Field(description="paid at once")  # noqa: N815
    recurringAmount: str = Field(description="paid each time after")  # noqa: N815
    payments: int = Field(description="how many times after")


class BegunAnswer(_Form):
    """Where the widget leads to."""

    token: str | None = Field(description="the new checkout's; null where the merchant's token makes none")


class DecisionBody(_Form):
    """A decision on its way to the merchant."""

    payload: str = Field(
        description="the decision as a JWT, signed as agreed",
        json_schema_extra={
            "contentMediaType": "application/jwt",
            "contentSchema": {"$ref": "#/components/schemas/DecisionClaims"},
        },
    )
