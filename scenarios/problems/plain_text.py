"""Texts that hold what a CLIENT said, made harmless for a terminal or a file."""

import re
import shutil
import unicodedata
from typing import IO, Any

# Control, format (right-to-left marks) and half characters, which a terminal obeys or cannot show.
_HARMFUL = ("Cc", "Cf", "Cs")
# What stays on one line: a word, or in JSON what goes up to a comma.
_WORD = re.compile(r'\S+?,(?=["{\[])|\S+\s*|\s+')


def printable(text: str) -> str:
    """``text`` with what a terminal would obey, line breaks excepted, written as escapes."""
    return "".join(
        repr(sign)[1:-1] if sign != "\n" and unicodedata.category(sign) in _HARMFUL else sign for sign in text
    )


def whole(text: str) -> str:
    """``text`` with half characters, which UTF-8 cannot hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def wrapped(start: str, text: str, width: int) -> str:
    """``text``, printable, behind ``start``, in lines of ``width`` characters with a hanging indent.

    A line may also end behind a comma of JSON, which stays the same JSON; an id never breaks.
    """
    width, hanging = max(width, 40), " " * (len(start) or 2)
    lines = [start]
    for word in _WORD.findall(printable(text)):
        if len(lines[-1]) + len(word.rstrip()) > width and lines[-1] not in (start, hanging):
            lines.append(hanging)
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def for_stream(start: str, text: str, stream: IO[Any]) -> str:
    """``text``, printable, behind ``start``: wrapped where ``stream`` is a terminal; programs read it as it is."""
    if not stream.isatty():
        return start + printable(text)
    return wrapped(start, text, shutil.get_terminal_size().columns)
