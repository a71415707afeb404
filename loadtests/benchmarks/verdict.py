"""What a verdict costs: exchanges per second of the judge beside bare senders, seconds of a check, requests per rule.

Run as ``python -m loadtests.benchmarks.run --only d``.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import requests
import urllib3

from loadtests.benchmarks.pairs import Rates, in_turns, machine, ratio, table
from loadtests.benchmarks.relay import delayed
from scenarios.cli.reference_client import reference_client
from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.judge import Judged
from scenarios.run.planning.cost import cost
from scenarios.run.planning.effort import NORMAL, QUICK, Effort
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.transport.route import Route

TITLE: Final = "A whole verdict"
ROUNDS: Final = 5
WAGERS: Final = 400
SEED: Final = 7
# Seconds to the CLIENT and back, and test players, of the verdicts on a far CLIENT.
ROUND_TRIPS: Final = (0.0, 0.05, 0.2)
PLAYERS: Final = (1, 8)
# Where each provider calls the CLIENT.
_ADDRESSES: Final = {OPERATOR: "callback_url", JACKPOT: "notification_url", CHECKOUT: "decision_url"}
_DOT: Final = Decimal("0.01")
_JUDGE: Final = "the judge's verbs"


def senders(target: Target) -> dict[str, Callable[[], None]]:
    """Each way of sending WAGERS signed results of one cent to ``target``, one after the other."""
    operator, players = target.need_operator()
    channel = Operator(operator.callback_url, operator.security_hash.get_secret_value(), Route(History()))
    verbs = Verbs(channel)
    player = Player(players.ids[-1], players.currency)
    pool, session = urllib3.PoolManager(), requests.Session()

    def bodies() -> list[tuple[str, dict[str, str], bytes]]:
        built = [channel.request(verbs.transaction("result", player, _DOT)) for _ in range(WAGERS)]
        return [(one.url, dict(one.headers), one.body) for one in built]

    def bare_urllib3() -> None:
        for url, headers, body in bodies():
            pool.request("POST", url, body=body, headers=headers)

    def bare_requests() -> None:
        for url, headers, body in bodies():
            session.post(url, data=body, headers=headers, timeout=10)

    def judge() -> None:
        for _ in range(WAGERS):
            verbs.result(player, _DOT)

    return {_JUDGE: judge, "bare urllib3": bare_urllib3, "bare requests": bare_requests}


def rates(target: Target) -> Rates:
    """Exchanges per second of every sender, in turns."""

    def timed(send: Callable[[], None]) -> Callable[[], float]:
        def measure() -> float:
            start = time.perf_counter()
            send()
            return WAGERS / (time.perf_counter() - start)

        return measure

    return in_turns({name: timed(send) for name, send in senders(target).items()}, ROUNDS)


def verdict(target: Target, effort: Effort, provider: str | None = OPERATOR) -> tuple[Judged, float]:
    """One whole verdict over the rules of ``provider`` (None: of all), and how many seconds it took.

    Raises RuntimeError where it is not "holds".
    """
    rules = tuple(rule.id for rule in select(provider=provider))
    start = time.perf_counter()
    judged = check(Settings(target, rules, effort, SEED))
    if judged.code is not Exit.HOLDS:
        raise RuntimeError(f"a check of the reference CLIENT at {effort.name} ended with {judged.code!r}")
    return judged, time.perf_counter() - start


def far(
    target: Target, players: int, round_trip: float, effort: Effort, provider: str | None = OPERATOR
) -> tuple[str, ...]:
    """The row of one verdict with ``players``, the CLIENT being ``round_trip`` seconds away from the providers."""
    operator, known = target.need_operator()
    ids = known.model_copy(update={"ids": tuple(f"p-{number}" for number in range(1, players + 1))})
    site = f"http://{urlsplit(operator.callback_url).netloc}"
    with delayed(site, round_trip) if round_trip else nullcontext(site) as relay:
        there = {"players": ids} | {
            name: getattr(target, name).model_copy(
                update={key: getattr(getattr(target, name), key).replace(site, relay)}
            )
            for name, key in _ADDRESSES.items()
        }
        judged, seconds = verdict(target.model_copy(update=there), effort, provider)
    spent = cost(list(judged.run.history), judged.run.results)
    return (
        effort.name,
        "the sportsbook" if provider == OPERATOR else "all",
        str(players),
        f"{round_trip * 1000:.0f}",
        f"{seconds:.0f}",
        str(spent.exchanges),
        str(spent.in_a_row),
    )


def per_rule(judged: Judged) -> dict[str, float]:
    """Requests that each rule's scenarios sent, shared evenly among the rules of one scenario."""
    spent: Counter[str] = Counter()
    for result in judged.run.results:
        for rule in result.rules:
            spent[rule] += len(judged.run.sent_in(result)) / len(result.rules)  # type: ignore[assignment]
    return dict(spent)


def section() -> list[str]:
    """The part of the document; raises RuntimeError where the reference CLIENT is judged to break a rule."""
    with TemporaryDirectory(prefix="pitboss-bench-") as folder, reference_client(Path(folder)) as target:
        measured = rates(target)
        verdicts = {effort.name: verdict(target, effort) for effort in (QUICK, NORMAL)}
        links = [
            far(target, players, round_trip, effort)
            for effort in (QUICK, NORMAL)
            for players in PLAYERS
            for round_trip in ROUND_TRIPS
        ]
        links.append(far(target, PLAYERS[-1], ROUND_TRIPS[1], QUICK, provider=None))
    return document(measured, verdicts, links)


def document(
    measured: Rates, verdicts: dict[str, tuple[Judged, float]], links: list[tuple[str, ...]]
) -> list[str]:
    """The results as Markdown."""
    columns = [per_rule(judged) for judged, _ in verdicts.values()]
    own = measured[_JUDGE]
    return [
        "Every rule of the sportsbook, against the reference CLIENT on SQLite with `synchronous=FULL`.",
        "",
        *table(
            ("effort", "exchanges", "seconds", "exchanges per second", "per rule (mean)"),
            [_costs(effort, judged, seconds) for effort, (judged, seconds) in verdicts.items()],
        ),
        "",
        "### Verdicts on a far CLIENT",
        "",
        "One run each; above 0 ms through a relay that delays what passes. "
        "*In a row* are exchanges of which each left after the one before was over.",
        "",
        *table(
            ("effort", "providers", "players", "round trip, ms", "seconds", "exchanges", "in a row"), links
        ),
        "",
        "### Exchanges one after the other",
        "",
        f"{ROUNDS} rounds of {WAGERS} signed results each. The judge also keeps the history and reads the answers.",
        "",
        *table(
            ("sender", "exchanges per second (median)", "judge / sender, median of pairs"),
            [
                (name, f"{statistics.median(values):.0f}", f"{ratio(own, values):.2f}")
                for name, values in measured.items()
            ],
        ),
        "",
        machine(),
        "",
        "### Requests per rule",
        "",
        *table(
            ("rule", *verdicts),
            [(rule, *(f"{column.get(rule, 0):.0f}" for column in columns)) for rule in columns[0]],
        ),
    ]


def _costs(effort: str, judged: Judged, seconds: float) -> tuple[str, ...]:
    total = len(judged.run.history)
    return (
        effort,
        str(total),
        f"{seconds:.1f}",
        f"{total / seconds:.0f}",
        f"{total / len(judged.verdicts):.0f}",
    )
