"""What an answer to a callback means: read once, here, for every transport.

Outcomes are those of ``simulators.operator.wire.read``, which tests hold it to; beside them stands what in the
answer breaks the contract (MSG-01 to MSG-04), as the message of a failure in Locust's statistics.
"""

import json
import re
from typing import Final, NamedTuple

from simulators.exchanges.history import Outcome

# So much of an unexpected answer is told: failures are grouped by their text, and kept for the whole run.
_SHOWN = 40


class Meaning(NamedTuple):
    """The outcome, the CLIENT's id where there is one ("" otherwise), and what breaks the contract, if anything.

    ``error`` is the refusal's reason.
    """

    outcome: Outcome
    client_id: str = ""
    problem: str | None = None
    error: str = ""


# The plainest success, as most answers are: it means what its JSON means, and is read in a quarter of the time.
_PLAIN: Final = re.compile(
    rb'\s*\{\s*"error"\s*:\s*null\s*,\s*"transaction_id"\s*:\s*"([ !#-\[\]-~]+)"\s*\}\s*'.replace(
        rb"\s", rb"[ \t\r\n]"
    )
)

NOTHING = Meaning(Outcome.UNKNOWN)
_NO_JSON = "the answer is no JSON object; every answer must be one (MSG-02)"
_NO_ERROR = "success without a field error that is null (MSG-03)"
_NO_ID = "success without a transaction_id of the CLIENT (MSG-03)"
_BAD_ERROR = "a refusal whose error is no text, or an empty one (MSG-04)"


def read(status: int, body: bytes) -> Meaning:
    """Say what an answer means; ``status`` 0 is the lack of one.

    Any non-null ``error`` is a refusal, and so is a 4xx without one; a 5xx or what is no JSON object leaves open
    what was done.
    """
    if status == 200:
        plain = _PLAIN.fullmatch(body)
        if plain is not None:
            return Meaning(Outcome.OK, plain[1].decode("ascii"))
    if status == 0:
        return NOTHING
    return by_json(status, body)


def by_json(status: int, body: bytes) -> Meaning:
    """What ``read`` says of an answer, by its JSON alone."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        outcome = Outcome.REFUSED if 400 <= status < 500 else Outcome.UNKNOWN
        return Meaning(outcome, problem=_status(status) or _NO_JSON)
    error = document.get("error")
    if error is not None:
        sound = isinstance(error, str) and error
        return Meaning(
            Outcome.REFUSED, problem=_status(status) or (None if sound else _BAD_ERROR), error=str(error)
        )
    given = document.get("transaction_id")
    # A number is only a warning to the contract.
    known = isinstance(given, str | int) and not isinstance(given, bool) and given != ""
    client_id = str(given) if known else ""
    if status == 200:
        if "error" not in document:
            return Meaning(Outcome.OK, client_id, _NO_ERROR)
        return Meaning(Outcome.OK, client_id, None if known else _NO_ID)
    if status < 400:
        return Meaning(Outcome.OK, client_id, _status(status))
    return Meaning(Outcome.REFUSED if status < 500 else Outcome.UNKNOWN, client_id, _status(status))


def _status(status: int) -> str | None:
    return None if status == 200 else f"HTTP {status}; the status of every answer must be 200 (MSG-01)"


def unexpected(what: str, meaning: Meaning) -> str:
    """Say that ``what``, which must be accepted, was refused."""
    reason = f" ({meaning.error[:_SHOWN]})" if meaning.error else ""
    return f"{what} was refused{reason}"
