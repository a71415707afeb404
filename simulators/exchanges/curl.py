"""An exchange as a line for a POSIX shell, without secrets."""

import re
import shlex

from simulators.exchanges.as_json import is_auth
from simulators.exchanges.history import Exchange, header
from simulators.exchanges.redaction import Redactor

# The longest body that goes into a command line, in bytes.
CURL_LIMIT = 100_000


def shell_text(text: str, redactor: Redactor) -> str:
    """Quote ``text`` for a POSIX shell; a secret becomes a variable that the shell expands."""
    words = [
        shlex.quote(piece) if name is None else f'"${{{re.sub("[^A-Za-z0-9_]", "_", name)}}}"'
        for piece, name in redactor.split(text)
        if piece
    ]
    return "".join(words) or "''"


def shell_header(name: str, value: str, redactor: Redactor) -> str:
    """Quote a header for curl's ``-H``, as ``shell_text`` does."""
    if redactor.value(name, value).endswith("<TOKEN>"):
        scheme = value.partition(" ")[0] if " " in value else ""
        return shlex.quote(f"{name}: {scheme} ") + '"${TOKEN}"'
    # curl leaves a header without a value out unless it ends in a semicolon.
    return shell_text(f"{name}: {value}" if value else f"{name};", redactor)


def as_curl(exchange: Exchange, redactor: Redactor) -> str:
    """Return a POSIX shell line that sends the request of ``exchange`` again, byte for byte.

    The hash header is the one that was sent, since it signs exactly that body. Secrets stand as shell
    variables of their names (``$SECURITY_HASH``), to be set by the reader. A body with a NUL byte, which no
    argument can hold, or with bytes that are no UTF-8 goes through ``printf`` and a pipe. For a body over
    CURL_LIMIT the line is a comment that says so.
    """
    request = exchange.request
    if len(request.body) > CURL_LIMIT:
        return f"# {request.method} with a body of {len(request.body)} bytes: too long for a command line"
    line = ["curl -sS -i -g", "-X", shlex.quote(request.method), shell_text(request.url, redactor)]
    for name, value in request.headers:
        if name.lower() not in ("content-length", "host"):
            line += ["-H", shell_header(name, value, redactor)]
    if not request.body and request.method not in ("POST", "PUT"):
        return " ".join(line)
    if header(request.headers, "Content-Type") is None:
        line += ["-H", shlex.quote("Content-Type:")]  # or curl would send one of its own
    body = redactor.data(request.body, auth=True) if is_auth(exchange) else request.body
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        octets = "".join(f"\\{byte:03o}" for byte in redactor.data(body))
        return f"printf {shlex.quote(octets)} | {' '.join(line)} --data-binary @-"
    # --data-raw, unlike --data, reads no file where a body begins with "@".
    return " ".join([*line, "--data-raw", shell_text(text, redactor)])
