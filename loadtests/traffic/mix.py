"""How often what happens in the traffic: the sizes that a user sets, in one place, and checked."""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

from scenarios.problems.errors import UsageProblem
from simulators.transport.delivery import Fault
from simulators.transport.fault_parameters import FIRST_BYTE
from simulators.transport.faults.wire import AnswerLost


@dataclass(frozen=True, slots=True)
class Match:
    """A day of matches: everybody bets, a goal falls, then everything is settled, and so again.

    A match lasts ``seconds``, by the wall clock, so that the players of all machines hear the same whistle without
    a word between them. In the first half each player places ``bets`` bets, the first within ``crowd_seconds``; at
    half time the goal falls.
    """

    seconds: float = 20.0
    bets: int = 5
    crowd_seconds: float = 2.0
    clock: Callable[[], float] = time.time

    def until_bets(self) -> float:
        """Seconds until bets are taken: 0 in the first half."""
        gone = self.clock() % self.seconds
        return 0.0 if gone < self.seconds / 2 else self.seconds - gone

    def until_goal(self) -> float:
        """Seconds until the goal falls: 0 in the second half."""
        return max(0.0, self.seconds / 2 - self.clock() % self.seconds)


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares from 0 to 1, stakes in minor units, seconds.

    Of accepted bets ``wins``, ``voids`` and ``cash_outs`` end so, the rest is lost. Of all transactions ``copies`` are
    sent again when answered, ``races`` leave ``race_width`` times at once, and ``cuts`` meet one of ``faults``: by
    default their answer is lost, what follows (a copy, the rollback of a bet, the player's next bet) comes at once. Of
    voids ``races`` come as two rollbacks under different ids that arrive together. Of all rounds ``orphans`` hold a
    rollback of what was never sent, and ``forgeries`` a result with a wrong hash; of orphans ``late_bets`` come with
    the bet, half of them together, the others once the rollback was answered. Of bets ``late_results``
    are settled only once the player has placed the next one.
    ``pause`` is the mean seconds between two rounds of a player.
    """

    wins: float = 0.42
    voids: float = 0.05
    cash_outs: float = 0.10
    copies: float = 0.05
    races: float = 0.01
    orphans: float = 0.01
    late_bets: float = 0.5
    late_results: float = 0.02
    cuts: float = 0.01
    forgeries: float = 0.01
    race_width: int = 4
    least_stake: int = 100
    most_stake: int = 1000
    pause: float = 0.0
    match: Match | None = None
    # The connection ends after the last byte, or with the first byte of the answer.
    faults: tuple[Fault, ...] = (AnswerLost(cut="close"), AnswerLost(after=FIRST_BYTE, cut="close"))

    def __post_init__(self) -> None:
        """Raise WrongSize where the sizes cannot be."""
        for each in fields(self):
            if each.type is float and each.name != "pause":
                _check_share(each.name, getattr(self, each.name))
        if self.wins + self.voids + self.cash_outs > 1:
            raise WrongSize(
                "wins",
                f"{self.wins:g} beside {self.voids:g} voids and {self.cash_outs:g} cash-outs",
                "shares that are 1 together at most: each bet ends in one way",
            )
        if not 0 <= self.pause < float("inf"):
            raise WrongSize("pause", self.pause, "seconds, 0 or more")
        if not 2 <= self.race_width <= 64:
            raise WrongSize(
                "race_width", self.race_width, "a number of copies from 2 to 64, each on its own connection"
            )
        if not 1 <= self.least_stake <= self.most_stake:
            raise WrongSize(
                "least_stake",
                f"{self.least_stake}, and the highest stake is {self.most_stake}",
                "whole minor units, at least 1, the lowest not above the highest",
            )


# Conversions a second that can be asked for at most: one process plays Jackpot beside all else.
MOST_CONVERSIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Vouchers:
    """How often players convert into Jackpot vouchers: ``conversions`` begin each second, the rest are shares of them.

    ``cancels`` are canceled before the CLIENT hears of them, ``refunds`` of those that were ready are asked to be
    refunded (half are granted), and with ``store_changes`` comes news of a store.
    """

    conversions: float = 0.0
    cancels: float = 0.2
    refunds: float = 0.1
    store_changes: float = 0.1

    def __post_init__(self) -> None:
        """Raise WrongSize where the sizes cannot be."""
        if not 0 <= self.conversions <= MOST_CONVERSIONS:
            raise WrongSize(
                "conversions",
                f"{self.conversions:g}",
                f"conversions a second, from 0 to {MOST_CONVERSIONS}: one process plays Jackpot beside all else",
            )
        for each in fields(self)[1:]:
            _check_share(each.name, getattr(self, each.name))


def shares(rates: Rates) -> list[str]:
    """The names of the shares of ``rates`` that are above 0: kinds of traffic that were asked for."""
    # Late bets are a share of orphans.
    return [
        each.name
        for each in fields(rates)
        if each.type is float
        and each.name != "pause"
        and getattr(rates, each.name)
        and (each.name != "late_bets" or rates.orphans)
    ]


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise WrongSize(name, value, "a share from 0 to 1 (0.05 is one in twenty)")


class WrongSize(UsageProblem):
    """The size ``name`` of Rates cannot be what it is."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        option = "--" + name.replace("_", "-")
        super().__init__(f"{option} is {value}", expected, f"correct {option}")
        self.name = name
