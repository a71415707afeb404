"""Bodies that are no proper callback, and bodies that parsers read differently. Contract MSG-06.

``malformed`` ones are refused without effect. ``ambiguous`` ones a CLIENT may refuse or read, but what it
answers and what it moves must agree.
"""

from collections.abc import Callable

from scenarios.generated.families.family import Family, family

# Makes the body from that of a plain callback.
Body = Callable[[bytes], bytes]

# Deeper than parsers follow, and not so deep that a body becomes large.
_DEPTH = 20_000


def _whatever(body: bytes) -> Body:
    return lambda _plain: body


def no_objects() -> Family[Body]:
    """Bodies that are no JSON object, whatever fields were meant, or are none yet."""
    return family(
        core=[
            ("not JSON", _whatever(b"transaction_id=1&amount=10")),
            ("an empty body", _whatever(b"")),
            ("a JSON list", _whatever(b"[]")),
            ("a JSON string", _whatever(b'"bet"')),
            ("a JSON number", _whatever(b"10")),
            ("JSON null", _whatever(b"null")),
            ("truncated JSON, without its closing brace", lambda plain: plain[:-1]),
            ("truncated JSON, in the middle of the id", lambda plain: plain[:30]),
        ],
        others=[
            ("blanks", _whatever(b"   \n")),
            ("true", _whatever(b"true")),
            ("an empty object", _whatever(b"{}")),
            ("a list of the callback", lambda plain: b"[" + plain + b"]"),
            ("the callback as a JSON string", lambda plain: b'"' + plain.replace(b'"', b'\\"') + b'"'),
            ("the callback inside an object", lambda plain: b'{"data":' + plain + b"}"),
            ("lists in lists", _whatever(b"[" * _DEPTH)),
            ("lists in lists, all closed", _whatever(b"[" * _DEPTH + b"]" * _DEPTH)),
            ("objects in objects", _whatever(b'{"a":' * _DEPTH + b"1" + b"}" * _DEPTH)),
            ("XML", _whatever(b'<?xml version="1.0"?><bet amount="10"/>')),
            ("bytes that are no text", _whatever(bytes(range(128, 256)))),
        ],
    )


def content_types() -> Family[str]:
    """Declarations of a body that are not JSON's."""
    return family(
        core=[(kind, kind) for kind in ("text/plain", "application/x-www-form-urlencoded")],
        others=[(kind, kind) for kind in ("text/html", "application/xml", "application/octet-stream")],
    )


def queries() -> Family[str]:
    """Parameters behind the path, which a callback does not have: they must not count beside the signed body."""
    return family(
        core=[("another amount", "?amount=999"), ("another action", "?action=result")],
        others=[
            ("another id", "?transaction_id=1"),
            ("a method", "?_method=DELETE"),
            ("a field twice", "?amount=1&amount=2"),
            ("nothing behind the question mark", "?"),
        ],
    )


def ambiguous() -> Family[Body]:
    """Bodies that a strict reader refuses and a lenient one reads as the callback that they spell."""
    return family(
        core=[("a byte order mark", lambda plain: b"\xef\xbb\xbf" + plain)],
        others=[
            ("UTF-16", lambda plain: plain.decode().encode("utf-16")),
            ("UTF-16 without a mark", lambda plain: plain.decode().encode("utf-16-le")),
            ("UTF-32", lambda plain: plain.decode().encode("utf-32-le")),
            ("blanks and line feeds around", lambda plain: b"\r\n\t " + plain + b" \r\n"),
            ("a NUL behind the callback", lambda plain: plain + b"\0"),
            ("a second callback behind the first", lambda plain: plain + plain),
            ("text behind the callback", lambda plain: plain + b" and more"),
            ("a brace too many", lambda plain: plain + b"}"),
            ("a comma before the closing brace", lambda plain: plain[:-1] + b",}"),
            ("single quotes", lambda plain: plain.replace(b'"', b"'")),
            ("a comment", lambda plain: b"/* bet */" + plain),
            ("keys without quotes", lambda plain: plain.replace(b'"action"', b"action")),
            ("a vertical tab before the callback", lambda plain: b"\x0b" + plain),
        ],
    )
