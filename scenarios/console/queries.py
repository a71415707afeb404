"""What the CLIENT sent and was sent, as other programs ask for it: filtered, and awaited where it is not there yet."""

import time
from decimal import Decimal
from typing import Any, Final

from scenarios.console import rows
from scenarios.console.control.filters import Filter
from scenarios.console.feed import Feed
from scenarios.console.form_input import FormInput, read_as
from scenarios.console.providers import ServedProviders
from scenarios.oracles.acceptable import acceptable
from scenarios.problems.errors import TargetProblem
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Status
from simulators.providers import OPERATOR
from simulators.values import money

# So many exchanges one answer holds.
MOST: Final = 500


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
        wait = asked.wait()
        with read_as("filter"):
            wanted = Filter.read(asked.text("filter"))
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
            over = exchange.status is not Status.PENDING and len(found) < MOST
            if over and wanted.fits(exchange, redactor):
                found.append(as_json(exchange, redactor) | {"about": redactor.text(rows.about(exchange))})
        return found

    def audit(self, player: Player, opening: Decimal, since: int) -> dict[str, Any]:
        """Read a player's balance, and say whether it is what the OPERATOR's transactions since ``since`` allow.

        ``opening`` is what it was then. Raises UsageProblem, TargetProblem where no balance can be read.
        """
        sent = [each for each in self.providers.history.since(since) if each.provider == OPERATOR]
        allowed = acceptable(sent, player.id, opening, player.currency)
        try:
            seen = self.providers.probe().read(player, next(iter(allowed.balances)), allowed.likely).amount
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
