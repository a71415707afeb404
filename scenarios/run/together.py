"""What a scenario does at once because its order means nothing: single requests, or the same for several players."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, TypeVar

from scenarios.run.findings import ScenarioResult
from scenarios.run.planning.width import Result, side_by_side
from scenarios.run.run import Run
from scenarios.wallet.player import Player
from scenarios.wallet.probes import WagersProbe

Case = TypeVar("Case")


@dataclass
class Together:
    """Sends at once, for the scenario of ``result``, as much as the CLIENT answers at once."""

    run: Run
    result: ScenarioResult
    # The numbers of the exchanges that were sent side by side.
    abreast: set[int] = field(default_factory=set)
    # Whether what is found will be looked at more closely: then nothing ends with the first of it.
    tentative: bool = False
    # Whether something was waited for in vain for less time than a CLIENT may take.
    hurried: bool = False
    # How many judges share what the CLIENT answers at once.
    sharing: int = 1

    @property
    def again(self) -> bool:
        """Whether this is the second look at what broke a rule."""
        return self.run.again

    def together(self, sends: Sequence[Callable[[], Result]]) -> list[Result]:
        """Call ``sends``, each of which sends requests, and return what they return; their order must mean nothing.

        Side by side, as many as the CLIENT answers at once; one after the other at the second look, so that what
        only a race breaks is left to the rules about races.
        """
        if self.again or len(sends) < 2:
            return [send() for send in sends]
        # Asked for first: it sends something itself.
        wide, start = max(1, self.run.width // self.sharing), len(self.run.history)
        try:
            return side_by_side(sends, wide)
        finally:
            if wide > 1:
                # While one races, the others send nothing.
                self.abreast.update(one.number for one in self.run.history.since(start) if one.race is None)

    def each(self, players: Sequence[Player], do: Callable[[Self, Player], Result]) -> list[Result]:
        """Do the same for each of ``players``, whose order means nothing; together, each with a judge of its own.

        Where balances are not read by wagers, and at the second look, it is one player after the other.
        """
        if not self._spreads or len(players) < 2:
            return [do(self, player) for player in players]
        lanes = [self.run.lane([player], self.run.verbs.guard) for player in players]
        own = [replace(self.result, findings=[], judged=set(), notes={}) for _ in players]
        sharing = self.sharing * min(len(players), self.run.width)
        judges = [
            replace(self, run=lane, result=one, sharing=sharing) for lane, one in zip(lanes, own, strict=True)
        ]
        try:
            return self.together([partial(do, one, who) for one, who in zip(judges, players, strict=True)])
        finally:
            for one in own:
                self.result.findings += one.findings
                self.result.judged |= one.judged
                for rule, notes in one.notes.items():
                    self.result.notes.setdefault(rule, []).extend(notes)

    def spread(
        self, players: Sequence[Player], cases: Sequence[Case], do: Callable[[Self, Player, Case], object]
    ) -> None:
        """Do so for each of ``cases``, as many at once as there are ``players``; what is found keeps their order."""
        number = min(len(players), len(cases)) if self._spreads else 1
        shares = [
            cases[place * len(cases) // number : (place + 1) * len(cases) // number]
            for place in range(number)
        ]
        own = dict(zip(players[:number], shares, strict=True))

        def all_of(judge: Self, player: Player) -> None:
            for case in own[player]:
                do(judge, player, case)

        self.each([*own], all_of)

    @property
    def _spreads(self) -> bool:
        return not self.again and isinstance(self.run.probe, WagersProbe)
