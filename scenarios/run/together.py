"""What a scenario does at once because its order means nothing: single requests, or the same for several players."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, TypeVar

from scenarios.run.findings import Found, ScenarioResult
from scenarios.run.planning.width import Result, side_by_side
from scenarios.run.run import Run
from scenarios.wallet.player import FreePlayers, Player
from scenarios.wallet.probes import WagersProbe

Case = TypeVar("Case")


@dataclass
class Together:
    """Sends at once, for the scenario of ``result``, as much as the CLIENT answers at once."""

    run: Run
    result: ScenarioResult
    # The numbers of the exchanges that were sent side by side.
    concurrent_exchanges: set[int] = field(default_factory=set)
    # Whether what is found will be looked at more closely: then nothing ends with the first of it.
    tentative: bool = False
    # Whether something was waited for in vain for less time than a CLIENT may take.
    wait_cut_short: bool = False
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
                self.concurrent_exchanges.update(
                    one.number for one in self.run.history.since(start) if one.race is None
                )

    def each(self, players: Sequence[Player], do: Callable[[Self, Player], Result]) -> list[Result]:
        """Do the same for each of ``players``, whose order means nothing; together, each with a judge of its own.

        Where balances are not read by wagers, and at the second look, it is one player after the other.
        """
        if not self._spreads or len(players) < 2:
            return [do(self, player) for player in players]

        def alone(judge: Self, player: Player) -> Result:
            judge.run = self.run.lane([player], self.run.verbs.guard)
            return do(judge, player)

        return self._apart([partial(alone, player=player) for player in players], len(players))

    def _apart(self, does: Sequence[Callable[[Self], Result]], number: int) -> list[Result]:
        """Call all of ``does``, about ``number`` at once, each with a judge of its own; findings keep the order."""
        own = [replace(self.result, **vars(Found())) for _ in does]
        sharing = self.sharing * min(number, self.run.width)
        judges = [replace(self, result=one, sharing=sharing) for one in own]
        try:
            return self.together([partial(do, judge) for do, judge in zip(does, judges, strict=True)])
        finally:
            for one in own:
                self.result.add(one)

    def spread(
        self,
        players: Sequence[Player],
        cases: Sequence[Case],
        do: Callable[[Self, Case], object],
        acting: int = 1,
    ) -> None:
        """Do so for each of ``cases``, by ``acting`` players, the first of the judge that ``do`` gets.

        As many at once as there are ``players`` for, and others that are free; what is found keeps their order.
        """
        own, free = [*players], self.run.free
        number = max(1, len(own) // acting)
        if not self._spreads or (free is None and number < 2):
            for case in cases:
                do(self, case)
            return
        free = free or FreePlayers()

        def lent(judge: Self, case: Case) -> None:
            with free.some(acting, own) as players:
                judge.run = self.run.lane(players, self.run.verbs.guard)
                do(judge, case)

        self._apart([partial(lent, case=case) for case in cases], number)

    @property
    def _spreads(self) -> bool:
        return not self.again and isinstance(self.run.probe, WagersProbe)
