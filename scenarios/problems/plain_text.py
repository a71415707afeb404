"""Texts that hold what a CLIENT said, made harmless for a terminal or a file."""

import unicodedata

# Control, format (right-to-left marks) and half characters, which a terminal obeys or cannot show.
_HARMFUL = ("Cc", "Cf", "Cs")


def printable(text: str) -> str:
    """``text`` with what a terminal would obey, line breaks excepted, written as escapes."""
    return "".join(
        repr(sign)[1:-1] if sign != "\n" and unicodedata.category(sign) in _HARMFUL else sign for sign in text
    )


def whole(text: str) -> str:
    """``text`` with half characters, which UTF-8 cannot hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
