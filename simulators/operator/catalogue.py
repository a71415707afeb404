"""What can be bet on: sports, leagues, events, markets and odds, invented by Faker under a seed."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import Final

# Odds are decimal odds: what is paid for a stake of one, the stake included. They have two decimals.
ODDS_UNIT: Final = Decimal("0.01")
LOWEST_ODDS: Final = Decimal("1.01")
# The bookmaker's margin: the chances behind the odds of a market add up to this.
OVERROUND: Final = Decimal("1.06")


@dataclass(frozen=True, slots=True)
class Selection:
    """One outcome that can be bet on; ``odds`` is decimal, the stake included."""

    id: str
    event_id: str
    event: str
    market: str
    name: str
    odds: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """One question about an event, with its possible outcomes."""

    name: str
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class SportEvent:
    """One match; ``starts`` is an aware datetime."""

    id: str
    sport: str
    league: str
    home: str
    away: str
    starts: datetime
    markets: tuple[Market, ...]

    @property
    def name(self) -> str:
        """Both sides, as people say it."""
        return f"{self.home} - {self.away}"


@dataclass(frozen=True, slots=True)
class _Sport:
    name: str
    leagues: Sequence[str]
    people: bool  # single players instead of teams
    draw: bool
    total: str  # the line of the over/under market and what is counted


_SPORTS: Final = (
    _Sport(
        "Football", ("{city} Premier League", "{country} Cup"), people=False, draw=True, total="2.5 goals"
    ),
    _Sport("Basketball", ("{country} Basketball League",), people=False, draw=False, total="164.5 points"),
    _Sport("Ice hockey", ("{city} Hockey League",), people=False, draw=True, total="5.5 goals"),
    _Sport("Tennis", ("{city} Open",), people=True, draw=False, total="22.5 games"),
)
_TEAMS: Final = ("{city} United", "{city} Rovers", "FC {city}", "{city} Bears", "{city} City")


@dataclass(frozen=True)
class Catalogue:
    """All events, in the order of their start. Made by ``invent``."""

    events: tuple[SportEvent, ...]

    @cached_property
    def selections(self) -> dict[str, Selection]:
        """Every selection by its id."""
        return {
            selection.id: selection
            for event in self.events
            for market in event.markets
            for selection in market.selections
        }

    @property
    def by_sport(self) -> Iterator[tuple[str, list[SportEvent]]]:
        """The events of each sport."""
        ordered = sorted(self.events, key=lambda event: (event.sport, event.starts))
        for sport, events in itertools.groupby(ordered, key=lambda event: event.sport):
            yield sport, list(events)


def _odds(chances: Sequence[int]) -> list[Decimal]:
    """Odds for outcomes whose chances are as ``chances`` to their sum."""
    whole = sum(chances)
    fair = (Decimal(whole) / (chance * OVERROUND) for chance in chances)
    return [max(odds.quantize(ODDS_UNIT, ROUND_DOWN), LOWEST_ODDS) for odds in fair]


def _markets(sport: _Sport, event_id: str, home: str, away: str, rng: random.Random) -> tuple[Market, ...]:
    outcomes = {
        "Winner": [home, "Draw", away] if sport.draw else [home, away],
        f"Total {sport.total}": ["Over", "Under"],
    }
    name = f"{home} - {away}"
    markets = []
    for number, (market, names) in enumerate(outcomes.items(), 1):
        odds = _odds([rng.randint(15, 60) for _ in names])
        selections = tuple(
            Selection(f"{event_id}-{number}-{position}", event_id, name, market, outcome, price)
            for position, (outcome, price) in enumerate(zip(names, odds, strict=True), 1)
        )
        markets.append(Market(market, selections))
    return tuple(markets)


def invent(seed: int, opening: datetime, events_per_sport: int = 3) -> Catalogue:
    """Return the catalogue of ``seed``, always the same; events start within three days of ``opening``."""
    # Loaded when somebody looks at what can be bet on: it takes as long as a hundred wagers.
    from faker import Faker

    faker = Faker("en_GB")
    faker.seed_instance(seed)
    rng = random.Random(seed)

    def fill(pattern: str) -> str:
        return pattern.format(city=faker.city(), country=faker.country())

    events: list[SportEvent] = []
    for sport in _SPORTS:
        league = fill(rng.choice(sport.leagues))
        for _ in range(events_per_sport):
            home, away = (faker.name() if sport.people else fill(rng.choice(_TEAMS)) for _ in range(2))
            starts = opening + timedelta(minutes=5 * rng.randint(1, 3 * 24 * 12))
            event_id = f"e{len(events) + 1}"
            markets = _markets(sport, event_id, home, away, rng)
            events.append(SportEvent(event_id, sport.name, league, home, away, starts, markets))
    return Catalogue(tuple(sorted(events, key=lambda event: event.starts)))
