"""In which order scenarios run: by their turns, and where not all can run, what matters most first."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from scenarios.contract import MONEY, RULES, Level
from scenarios.run.planning.estimate import spoken
from scenarios.run.run import Run
from scenarios.runner.needs import currency_of, judges_history, provider_of, rules_of
from simulators.providers import PROVIDERS

# The turn of scenarios that come once the others have shown what the CLIENT chose.
AFTER_CHOICES = 0.5
# The turn of scenarios that race or cut connections.
RACES = 1
# The turn of scenarios that may stop the CLIENT, or ban a player.
HARM = 2
# The run's duration is said again where it became so many times as long.
_MUCH_LONGER = 1.5


def turn(item: pytest.Item) -> float:
    """When ``item`` runs: 0 first, then what rests on the CLIENT's choices, risky scenarios later, those of the whole
    history at the very end.
    """
    if judges_history(item):
        return 99
    if item.get_closest_marker("after_choices") is not None:
        return AFTER_CHOICES
    last = item.get_closest_marker("last")
    return 0 if last is None else last.args[0] if last.args else RACES


def grows(item: pytest.Item) -> bool:
    """Whether ``item`` takes the longer the harder is tried: only these fixtures tell a scenario how hard that is."""
    return bool({"effort", "cases"} & set(getattr(item, "fixturenames", ())))


def by_worth(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """``items`` in the order of a run whose time is bounded, so that the bound leaves out what matters least.

    Of what is worth as much, groups of rules take turns.
    """
    before: Counter[tuple[object, ...]] = Counter()
    places = {}
    for item in items:
        alike = (_worth(item), *(RULES[rule].group for rule in rules_of(item)[:1]))
        places[item] = (_worth(item), before[alike])
        before[alike] += 1
    return sorted(places, key=places.__getitem__)


def _worth(item: pytest.Item) -> tuple[float, int, int, bool]:
    """How early ``item`` comes.

    By its turn, and within that, provider by provider, what a MUST says of money first, in the players' own currency,
    and of that, what takes little; what no MUST says comes after the races.
    """
    rules = [RULES[rule] for rule in rules_of(item)]
    musts = [rule for rule in rules if rule.level is Level.MUST]
    worth = 2 if not musts else 0 if any(rule.group in MONEY for rule in musts) else 1
    worth += 3 * bool(currency_of(item))
    provider = [*PROVIDERS].index(provider_of(item)) if rules else 0
    return turn(item) if musts else max(turn(item), 1.5), provider, worth, grows(item)


@dataclass
class Order:
    """A pytest plugin: sorts the scenarios of ``run``, once more where it turns out that not all can run.

    ``tell`` gets words on how long the run takes where the CLIENT takes few requests; ``said_about`` is how many
    seconds were said last.
    """

    run: Run
    tell: Callable[[str], None]
    said_about: float = 0.0

    def __post_init__(self) -> None:
        self._by_worth = self.run.time_limit is not None

    def sort(self, items: list[pytest.Item]) -> None:
        """Bring ``items`` into their order."""
        items[:] = by_worth(items) if self._by_worth else sorted(items, key=turn)

    def slowed(self) -> None:
        """Tell how long the run takes at the pace that was learned, whenever that became much longer."""
        pace, takes = self.run.pace.learned, self.run.about
        if pace is None or takes is None or takes <= _MUCH_LONGER * self.said_about:
            return
        self.said_about = takes
        most = spoken(self.run.guard.seconds)
        self.tell(
            f"at {pace:.2g} requests a second, all of this run takes about {spoken(takes)}; "
            + (
                f"it ends after {most} (--time-limit), and what loses money is judged first"
                if self.run.too_long
                else f"at most {most} (--time-limit)"
            )
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Sort what comes behind ``nextitem``, for which all is prepared."""
        if nextitem is None or self._by_worth or not self.run.too_long:
            return
        self._by_worth = True
        items = item.session.items
        rest = items.index(nextitem) + 1
        items[rest:] = by_worth(items[rest:])
