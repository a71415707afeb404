"""What is wrong where a genuine request got no answer that means anything: the address, or what serves it."""

from scenarios.problems.errors import TargetProblem
from simulators.exchanges.history import Answer, Exchange, FailureKind, header
from simulators.exchanges.redaction import Redactor
from simulators.values.web_addresses import resolved

_REDIRECTS = (301, 302, 303, 307, 308)
_START = "start the CLIENT, or correct {key}: host, port and http or https"
_NEXT: dict[FailureKind | None, str] = {
    FailureKind.NAME: "correct {key}: its host, or how this machine finds it (VPN, name server)",
    FailureKind.TLS: "correct {key}: http:// where no https is served; ca_file in [target] names your own authority",
    FailureKind.NOT_HTTP: "correct {key}: what listens at that port is no HTTP server, or wants https",
}
# So much of what a CLIENT says is shown, in characters.
SHOWN_ANSWER = 120


class NoChannel(TargetProblem):
    """Callbacks fail for a reason that is no player's: the address, or the secret."""


def body(exchange: Exchange, redactor: Redactor) -> str:
    """The beginning of an answer's body, on one line and without secrets."""
    given = exchange.answer.body if exchange.answer else b""
    return redactor.text(" ".join(given.decode("utf-8", "replace").split()))[:SHOWN_ANSWER]


def asked(exchange: Exchange) -> str:
    """Method and address of what was asked, without a query string, which may hold secrets."""
    return f"{exchange.request.method} {exchange.request.url.partition('?')[0]}"


def said(exchange: Exchange, redactor: Redactor) -> str:
    """What the CLIENT answered, in a few words and without secrets."""
    if exchange.answer is None:
        return str(exchange.failure or "no answer")
    if exchange.error is not None:
        return f"error {redactor.text(exchange.error)[:SHOWN_ANSWER]!r}"
    return f"HTTP {exchange.answer.status} {body(exchange, redactor)}"


def unanswered(
    exchange: Exchange, key: str, address: str, section: str, expected: str, redactor: Redactor
) -> NoChannel:
    """What is wrong where ``exchange``, which was genuine, got no answer that means anything.

    ``key`` of ``section`` is the ``address`` below which it was asked; ``expected`` says what answers there.
    """
    url = exchange.request.url
    if exchange.answer is None:
        return NoChannel(
            f"{asked(exchange)}: {exchange.failure}",
            "an answer from the CLIENT",
            _NEXT.get(exchange.failure.kind if exchange.failure else None, _START).format(
                key=f"{key} in [{section}]"
            ),
        )
    location = header(exchange.answer.headers, "Location")
    if location is not None and exchange.answer.status in _REDIRECTS:
        return _redirected(
            exchange, redactor.text(resolved(url, location) or location), key, address, section
        )
    kind = header(exchange.answer.headers, "Content-Type") or "no Content-Type"
    page = is_page(exchange.answer)
    what = "an HTML page" if page else f"{kind}: {body(exchange, redactor)}"
    if exchange.answer.status in (404, 405):
        next_step = f"correct {key} in [{section}]: nothing serves {asked(exchange)}"
    elif page and exchange.answer.status >= 500:
        next_step = (
            f"read the CLIENT's log: it failed on a genuine {exchange.label}, perhaps as it does not know the player; "
            f"where the log has nothing, correct the path in {key}"
        )
    elif page:
        next_step = f"correct the path in {key}: something else answers there, perhaps a proxy or the website"
    else:
        next_step = f"read the CLIENT's log: it failed on a genuine {exchange.label}"
    return NoChannel(f"{asked(exchange)}: HTTP {exchange.answer.status} with {what}", expected, next_step)


def is_page(answer: Answer) -> bool:
    """Whether ``answer`` is a page for people: a framework's, a proxy's, or the website's."""
    kind = header(answer.headers, "Content-Type") or ""
    return "html" in kind.lower() or answer.body.lstrip()[:1] == b"<"


def _redirected(exchange: Exchange, location: str, key: str, address: str, section: str) -> NoChannel:
    assert exchange.answer is not None
    url = exchange.request.url.partition("?")[0]
    path = url[len(address.rstrip("/")) :]
    bare = location.rstrip("/") if path else location
    if bare.endswith(path) and bare != url:
        next_step = f"write that as {key} in [{section}]: {bare[: len(bare) - len(path)]}"
    elif bare == url:
        next_step = f"let the CLIENT answer {asked(exchange)} itself: frameworks add the slash at the end by a redirect"
    else:
        method = exchange.request.method
        next_step = f"write as {key} in [{section}] what answers {method} {{{key}}}{path} without a redirect"
    return NoChannel(
        f"{asked(exchange)}: HTTP {exchange.answer.status}, Location: {location}",
        "an answer at that very address: providers follow no redirect",
        next_step,
    )
