"""What the CLIENT sent and was sent, as other programs ask for it: filtered, and awaited where it is not there yet."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.console import rows
from scenarios.console.feed import Feed
from scenarios.console.form_input import FormInput
from scenarios.console.providers import ServedProviders
from scenarios.oracles.acceptable import acceptable
from scenarios.problems.errors import TargetProblem, UsageProblem
from scenarios.wallet.player import Player
from scenarios.wallet.probes import DriverProbe, Probe, Unreadable, WagersProbe
from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Direction, Exchange, Status
from simulators.providers import OPERATOR, PROVIDERS
from simulators.values import money

# So many exchanges one answer holds, and so many seconds one request may wait.
MOST: Final = 500
LONGEST: Final = 30
_DIRECTIONS: Final = {"to": Direction.TO_CLIENT, "from": Direction.FROM_CLIENT}

Fits = Callable[[Exchange, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """Words that must all fit an exchange."""

    words: tuple[Fits, ...]

    @classmethod
    def read(cls, text: str) -> "Filter":
        """Read words such as ``status:200 player:p-1 >500ms voided``. Raises UsageProblem."""
        return cls(tuple(_word(word) for word in text.split()))

    def fits(self, exchange: Exchange, shown: Mapping[str, Any]) -> bool:
        """Whether ``exchange``, whose JSON is ``shown``, is meant."""
        return all(word(exchange, shown) for word in self.words)


def _word(text: str) -> Fits:
    name, colon, value = text.partition(":")
    limit = text.removeprefix(">").removesuffix("ms")
    if text.startswith(">") and limit.isdecimal():
        return lambda exchange, _: (exchange.seconds or 0.0) * 1000 > int(limit)
    if name == "status" and value.isdecimal():
        return lambda exchange, _: exchange.answer is not None and exchange.answer.status == int(value)
    if name == "provider" and value in PROVIDERS:
        return lambda exchange, _: exchange.provider == value
    if name == "client" and value in _DIRECTIONS:
        return lambda exchange, _: exchange.direction is _DIRECTIONS[value]
    if name == "player" and value:
        return lambda exchange, shown: (
            getattr(exchange.message, "player", None) == value or f'"{value}"' in shown["request"]["body"]
        )
    if colon and name in ("status", "provider", "client", "player"):
        raise UsageProblem(
            f"the filter {text!r} cannot be read",
            f"status:200, provider:{'|'.join(PROVIDERS)}, client:to|from, player:ID, >500ms, or words to look for",
            "correct it",
        )
    # Anything else is looked for in what is shown of the request, its answer and what it is called.
    return lambda _, shown: text.lower() in _all(shown)


def _all(shown: Mapping[str, Any]) -> str:
    request, answer = shown["request"], shown["answer"] or {"body": ""}
    return f"{shown['kind']} {request['method']} {request['url']} {request['body']} {answer['body']}".lower()


class Queries:
    """Answers questions about the history of ``providers``, of which ``feed`` hears every change."""

    def __init__(self, providers: ServedProviders, feed: Feed) -> None:
        self.providers, self.feed = providers, feed

    def exchanges(self, asked: FormInput) -> dict[str, Any]:
        """The exchanges that are over, from number ``since`` on, which fit ``filter``; waits up to ``wait`` seconds
        until there are ``count`` of them.

        ``next`` is where to ask on: everything before it is over. Raises UsageProblem.
        """
        since, count = asked.count("since", 0, 0, 10**9), asked.count("count", 0, 0, MOST)
        wait, wanted = asked.count("wait", 0, 0, LONGEST), Filter.read(asked.text("filter"))
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found[:] = self._found(since, wanted)
            return len(found) >= count

        self.feed.wait_until(enough, time.monotonic() + wait)
        history = self.providers.history
        open_now = [each.number for each in history.since(since) if each.status is Status.PENDING]
        following = [*open_now, max(since, len(history))]
        if len(found) == MOST:
            following.append(found[-1]["number"] + 1)
        return {"exchanges": found, "next": min(following)}

    def _found(self, since: int, wanted: Filter) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        redactor = self.providers.redactor
        for exchange in self.providers.history.since(since):
            if exchange.status is not Status.PENDING and len(found) < MOST:
                shown = as_json(exchange, redactor)
                if wanted.fits(exchange, shown):
                    found.append(shown | {"about": redactor.text(rows.about(exchange))})
        return found

    def audit(self, player: Player, since: int) -> dict[str, Any]:
        """Read a player's balance, and say whether it is what the OPERATOR's transactions since ``since`` allow.

        ``player.funded`` is what it was then. Raises UsageProblem, TargetProblem where no balance can be read.
        """
        sent = [each for each in self.providers.history.since(since) if each.provider == OPERATOR]
        allowed = acceptable(sent, player.id, player.funded, player.currency)
        try:
            seen = self._probe().read(player, next(iter(allowed.balances)), allowed.likely).amount
        except Unreadable as error:
            raise TargetProblem(
                f"the balance of {player} cannot be read: {error}",
                "a CLIENT that answers, and refuses what a balance does not cover",
                "see the feed for what it answered",
            ) from None
        return {
            "player": player.id,
            "balance": money.plain(seen),
            "right": seen in allowed,
            "expected": allowed.alternatives(),
            "said": "" if seen in allowed else allowed.explain(seen),
        }

    def _probe(self) -> Probe:
        providers = self.providers
        if providers.driver.has("balance"):
            return DriverProbe(providers.verbs, providers.driver, providers.driver.kind("balance"))
        return WagersProbe(providers.verbs)
