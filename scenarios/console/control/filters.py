"""The one language in which exchanges are asked for: by the feed, ``pitboss tail`` and the control API."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from scenarios.console.rows import about
from scenarios.problems.errors import UsageProblem
from simulators.exchanges.as_json import is_auth
from simulators.exchanges.history import Direction, Exchange, Status
from simulators.exchanges.redaction import Redactor
from simulators.providers import PROVIDERS

# How an exchange may have ended, or not yet.
OUTCOMES: Final = ("ok", "refused", "unknown", "waiting")
# What a filter may say, for people.
WORDS: Final = (
    f"status:200, provider:{'|'.join(PROVIDERS)}, client:to|from, outcome:{'|'.join(OUTCOMES)}, player:ID, "
    "race:N, >500ms, #N, from:N, or a text to look for"
)
# A body longer than this, in bytes, is not looked into.
SEARCHED_BODY: Final = 64 * 1024
_DIRECTIONS: Final = {"to": Direction.TO_CLIENT, "from": Direction.FROM_CLIENT}
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class _Seen:
    """An exchange as a filter looks at it: what is shown of it, never a secret."""

    exchange: Exchange
    redactor: Redactor

    @property
    def outcome(self) -> str:
        return "waiting" if self.exchange.status is Status.PENDING else str(self.exchange.effect)

    @cached_property
    def request_body(self) -> str:
        return self._body(self.exchange.request.body)

    @cached_property
    def text(self) -> str:
        """All that can be looked for, in small letters."""
        exchange, answer = self.exchange, self.exchange.answer
        why = exchange.error if exchange.error is not None else exchange.failure
        words = (
            f"#{exchange.number} {exchange.provider} {exchange.title} {exchange.request.method} "
            f"{exchange.request.url} {about(exchange)} {'' if answer is None else answer.status} {self.outcome}"
        )
        shown = self.redactor.text(f"{words} {why or ''}", auth=is_auth(exchange))
        return f"{shown} {self.request_body} {'' if answer is None else self._body(answer.body)}".lower()

    def _body(self, body: bytes) -> str:
        if len(body) > SEARCHED_BODY:
            return ""
        return self.redactor.data(body, auth=is_auth(self.exchange)).decode("utf-8", "backslashreplace")


_Fits = Callable[[_Seen], bool]
_Read = Callable[[str], _Fits | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """Words that must all fit an exchange; none fit all."""

    words: tuple[_Fits, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Filter":
        """Read words such as ``status:200 player:p-1 >500ms voided``. Raises UsageProblem."""
        return cls(tuple(_word(word) for word in text.split()))

    def fits(self, exchange: Exchange, redactor: Redactor) -> bool:
        """Whether ``exchange`` is meant; texts are looked for in what ``redactor`` leaves of it."""
        seen = _Seen(exchange, redactor)
        return all(word(seen) for word in self.words)


# Every exchange fits it.
ALL: Final = Filter()


def _number(fits: Callable[[Exchange, int], bool], unit: str = "") -> _Read:
    """How a word is read that has a whole number, perhaps of a ``unit``."""

    def read(value: str) -> _Fits | None:
        number = value.removesuffix(unit)
        return (lambda seen: fits(seen.exchange, int(number))) if _NUMBER.fullmatch(number) else None

    return read


def _choice(among: Collection[str], fits: Callable[[_Seen, str], bool]) -> _Read:
    """How a word is read that is one ``among`` several."""
    return lambda value: (lambda seen: fits(seen, value)) if value in among else None


def _player(value: str) -> _Fits | None:
    if not value:
        return None
    return lambda seen: (
        getattr(seen.exchange.message, "player", None) == value or f'"{value}"' in seen.request_body
    )


# How each kind of word begins, and what reads the rest: None where it cannot be read.
_READ: Final[Mapping[str, _Read]] = {
    "status:": _number(lambda one, number: one.answer is not None and one.answer.status == number),
    "race:": _number(lambda one, number: one.race == number),
    "#": _number(lambda one, number: one.number == number),
    "from:": _number(lambda one, number: one.number >= number),
    "provider:": _choice(PROVIDERS, lambda seen, name: seen.exchange.provider == name),
    "client:": _choice(_DIRECTIONS, lambda seen, way: seen.exchange.direction is _DIRECTIONS[way]),
    "outcome:": _choice(OUTCOMES, lambda seen, outcome: seen.outcome == outcome),
    "player:": _player,
    ">": _number(lambda one, limit: (one.seconds or 0.0) * 1000 > limit, "ms"),
}


def _word(text: str) -> _Fits:
    for begin, read in _READ.items():
        rest = text.removeprefix(begin)
        # A sign that no number follows is a text like any other.
        if text.startswith(begin) and (begin.endswith(":") or rest[:1].isdecimal()):
            fits = read(rest)
            if fits is None:
                raise UsageProblem(f"the filter {text[:80]!r} cannot be read", WORDS, "correct it")
            return fits
    wanted = text.lower()
    return lambda seen: wanted in seen.text
