"""The checkout's GraphQL: the schema, and a request carried out (contract, part C).

A payload that is refused is no failed request: it is answered in `errors` of the mutation, as documented.
"""

from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from pydantic import ValidationError

from simulators.checkout.claims import ClaimProblem
from simulators.checkout.requests import GraphRequest
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.world import Checkout
from simulators.server.responses import ApiError

# The longest query, in its smallest parts; an introspection has some hundreds.
_TOKENS: Final = 2000
_PROBLEMS: Final = 10
# How many queries are remembered.
_QUERIES: Final = 16

SCHEMA: Final = '''
"""What can be asked: only that the checkout is there. Checkouts themselves are made."""
type Query {
  "The merchant that this checkout is for."
  merchantId: ID!
}

type Mutation {
  "A Bearer token for createMerchantCheckout, valid for an hour; none for a clientId that was not agreed on."
  authenticateClient(clientId: String!): AuthenticateClientPayload!

  "Makes a checkout of a merchant's signed payload, a JWT."
  createMerchantCheckout(merchantId: ID!, payload: String!): CreateMerchantCheckoutPayload!
}

type AuthenticateClientPayload {
  accessToken: AccessToken
}

type AccessToken {
  value: String!
}

"Either a checkout, or every reason why there is none."
type CreateMerchantCheckoutPayload {
  checkout: MerchantCheckout
  errors: [MerchantCheckoutError!]
}

type MerchantCheckout {
  token: String!
}

type MerchantCheckoutError {
  "What is wrong, in capitals: MISSING, BAD_SIGNATURE, .."
  code: String!
  "Where: merchantId, token, header.alg, signature, or the path of a claim such as data.currency."
  field: String!
  "What came, what was expected, what to do."
  message: String!
}
'''


class Graph:
    """The schema of one simulator."""

    def __init__(self, simulator: CheckoutSimulator) -> None:
        self._simulator = simulator
        self.schema: GraphQLSchema = build_schema(SCHEMA)
        # A merchant sends the same query time and again, and looking it through costs more than all the rest.
        self._prepared = lru_cache(_QUERIES)(self._prepare)
        query, mutation = self.schema.query_type, self.schema.mutation_type
        if query is None or mutation is None:
            raise TypeError("the schema has no queries or no mutations")
        query.fields["merchantId"].resolve = lambda _root, _info: simulator.agreement.merchant_id
        mutation.fields["createMerchantCheckout"].resolve = self._create
        mutation.fields["authenticateClient"].resolve = self._authenticate

    def answer(self, document: Any, token: str | None) -> tuple[int, dict[str, Any]]:
        """Carry out a request under the Bearer ``token``, and return status and answer.

        Raises ApiError for what is no request, and for a token that does not hold where one is asked for.
        """
        request = _request(document)
        try:
            asked, problems = self._prepared(request.query)
        except GraphQLError as error:
            return 400, _refusal([error])
        except RecursionError:
            raise ApiError(
                400, "MALFORMED", "The query nests too deeply. Queries here are flat. Send a flat one."
            ) from None
        if problems:
            return 400, _refusal(problems)
        result = execute_sync(
            self.schema,
            asked,
            context_value=token,
            variable_values=request.variables,
            operation_name=request.operationName,
        )
        return _answered(result)

    def _prepare(self, query: str) -> tuple[DocumentNode, list[GraphQLError]]:
        asked = parse(query, max_tokens=_TOKENS)
        return asked, validate(self.schema, asked, max_errors=_PROBLEMS)

    def _authenticate(
        self,
        _root: Any,
        _info: GraphQLResolveInfo[Any],
        clientId: str,  # noqa: N803
    ) -> dict[str, Any]:
        token = self._simulator.authenticate(clientId)
        return {"accessToken": None if token is None else {"value": token}}

    def _create(
        self,
        _root: Any,
        info: GraphQLResolveInfo[Any],
        merchantId: str,  # noqa: N803
        payload: str,
    ) -> dict[str, Any]:
        self._simulator.check_token(info.context)
        if merchantId != self._simulator.agreement.merchant_id:
            message = (
                "merchantId is none of this checkout. A merchant is known by the id agreed ahead. "
                "Send that one, in the mutation and in iss."
            )
            return {"errors": [{"code": "UNKNOWN_MERCHANT", "field": "merchantId", "message": message}]}
        made = self._simulator.create(payload)
        if isinstance(made, Checkout):
            return {"checkout": {"token": made.token}}
        return {"errors": [_error(fault) for fault in made.faults]}


def _error(fault: ClaimProblem) -> dict[str, str]:
    return {"code": fault.code.name, "field": fault.path, "message": fault.message}


def _request(document: Any) -> GraphRequest:
    try:
        return GraphRequest.model_validate(document)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
    if wrong.isdisjoint({"variables", "operationName"}) or "query" in wrong:
        raise ApiError(
            400,
            "MALFORMED",
            "There is no query. A GraphQL request is a JSON object with query, and variables where it has "
            "some. Send these.",
        )
    raise ApiError(
        400,
        "MALFORMED",
        "variables or operationName is of the wrong type. They are an object and a text. Send them so.",
    )


def _answered(result: ExecutionResult) -> tuple[int, dict[str, Any]]:
    for error in result.errors or ():
        # A mistake of the server's own is no fault of the request.
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    if result.errors:
        return 400, _refusal(result.errors)
    return 200, {"data": result.data}


def _refusal(errors: list[GraphQLError]) -> dict[str, Any]:
    """Errors as GraphQL has them, in an object of the shape that every error has."""
    return {
        "error": "GRAPHQL_ERROR",
        "message": f"The query cannot be carried out: {errors[0].message} "
        "Expected is a query of the schema, with its variables. Correct it.",
        "errors": [_reported(error) for error in errors],
    }


def _reported(error: GraphQLError) -> dict[str, Any]:
    return {
        "message": error.message,
        "locations": [{"line": each.line, "column": each.column} for each in error.locations or ()],
    }
