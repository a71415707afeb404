"""Schemathesis over one operation of a document: positive and negative requests, every answer judged."""

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 20


def fuzz(operation: Any, fix: Callable[[Any, int], None], examples: int = EXAMPLES) -> set[int]:
    """Send ``examples`` requests and return the statuses seen; every answer must be as documented.

    ``fix`` gets each generated case with its number, and puts in what only somebody who knows the provider can
    know: credentials, ids of things that exist, a body that is in order.
    """
    turns = itertools.count()
    seen: set[int] = set()

    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        fix(case, next(turns))
        answer = case.call()
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()
    return seen
