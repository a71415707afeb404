"""What the APIs of all providers are alike in: limits, requests recorded and disturbed, errors, bodies, tokens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.exchanges.history import History
from simulators.server import responses
from simulators.server.openapi import JSON_TYPE
from simulators.server.pages import page
from simulators.server.response_faults import Disturbances
from simulators.server.responses import ApiError

# The longest request that is read, in bytes.
BODY_BYTES: Final = 1024 * 1024
TOO_LONG: Final = (
    f"The body is longer than {BODY_BYTES} bytes. Requests are small JSON objects. Send a shorter one."
)


class Shared(NamedTuple):
    """What scripts of any page may call: which paths, with which headers. They show a token, never a cookie."""

    path: Callable[[str], bool]
    headers: str


class HomeEntry(NamedTuple):
    """An address that the page at the root tells of; ``linked`` where a browser can open it."""

    address: str
    what: str
    linked: bool = False


def create(
    name: str,
    history: History,
    disturbances: Disturbances,
    record: Callable[[], None],
    *,
    messages: Mapping[int, str],
    error_page: Callable[[HTTPException], ResponseReturnValue | None],
    shared: Shared | None = None,
    places: Sequence[HomeEntry] = (),
) -> Flask:
    """Return a WSGI app without routes but the page at its root, which tells of ``places`` where there are any.

    ``name`` is the provider's, in messages. ``record`` writes the request into the history where it is the CLIENT's;
    ``messages`` say what to do, by status; ``error_page`` is the answer where it was a page that was asked for.
    """
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the documented order
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(record)
    app.before_request(lambda: responses.disturb(disturbances))
    # Flask runs these from the last to the first: what is recorded is what leaves, and a disturbed answer is
    # shared like any other.
    app.after_request(lambda response: _share(response, shared))
    app.after_request(lambda response: responses.complete(history, disturbances, response))
    app.after_request(lambda response: _share(response, shared))
    if places:
        app.add_url_rule("/", "home", lambda: _home(name, places))
    app.register_error_handler(ApiError, responses.api_error)
    app.register_error_handler(
        HTTPException, lambda error: error_page(error) or responses.http_error(error, messages)
    )
    app.register_error_handler(Exception, lambda error: responses.crash(app, name, error))
    return app


def _home(name: str, places: Sequence[HomeEntry]) -> Response:
    """The page at the root; the routes of ``api_docs`` lead to its template."""
    return page("home.html", name=name, places=places)


def _share(response: Response, shared: Shared | None) -> Response:
    if shared is not None and shared.path(request.path):
        response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = shared.headers
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    return response


def check_json(*others: str) -> None:
    """Raise ApiError unless the body says that it is JSON; ``others`` would have done as well."""
    if request.mimetype != JSON_TYPE:
        raise ApiError(
            400,
            "NOT_JSON",
            f"The Content-Type is {request.mimetype[:40]!r}. Parameters in any other form would be guessed at. "
            f"Send Content-Type: {' or '.join((JSON_TYPE, *others))}.",
        )


def json_body(*others: str) -> Any:
    """The body, numbers exact; raises ApiError where it is no JSON. ``others``: content types that do as well."""
    check_json(*others)
    return responses.parsed(request.get_data())
