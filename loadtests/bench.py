"""What a verdict costs: exchanges per second of the judge beside bare senders, and requests per rule.

Run with ``python -m loadtests.bench`` (``make bench``); the table goes to ``docs/benchmarks.md``. Everything is
measured in one run, in turns, so that a slow moment of the machine hits all alike: trust ratios, not figures.
"""

import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
import urllib3

from scenarios.contract import PLANNED, select
from scenarios.effort import NORMAL, QUICK, Effort
from scenarios.engine import Judged, check
from scenarios.players import Player
from scenarios.reference import reference_client
from scenarios.run import Settings
from scenarios.target import Target
from scenarios.verbs import Verbs
from simulators.history import History
from simulators.operator.delivery import Operator
from simulators.sending import Sender

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
ROUNDS = 5
WAGERS = 400
SEED = 7
_DOT = Decimal("0.01")


def senders(target: Target) -> dict[str, Callable[[], None]]:
    """Each way of sending WAGERS signed results of one cent to ``target``, one after the other."""
    operator, players = target.need_operator()
    channel = Operator(operator.callback_url, operator.security_hash.get_secret_value(), Sender(History()))
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

    return {"the judge's verbs": judge, "bare urllib3": bare_urllib3, "bare requests": bare_requests}


def rates(target: Target) -> dict[str, list[float]]:
    """Exchanges per second of every sender, ROUNDS times in turns after one round to warm up."""
    ways = senders(target)
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, send in ways.items():
            start = time.perf_counter()
            send()
            if turn:
                measured[name].append(WAGERS / (time.perf_counter() - start))
    return measured


def verdict(target: Target, effort: Effort) -> tuple[Judged, float]:
    """One whole verdict over part A, and how many seconds it took."""
    rules = tuple(rule.id for rule in select(provider="operator") if rule.id not in PLANNED)
    start = time.perf_counter()
    return check(Settings(target, rules, effort, SEED)), time.perf_counter() - start


def per_rule(judged: Judged) -> dict[str, float]:
    """Requests that each rule's scenarios sent, shared evenly among the rules of one scenario."""
    spent: Counter[str] = Counter()
    for result in judged.run.results:
        for rule in result.rules:
            spent[rule] += (result.last_exchange - result.first_exchange) / len(result.rules)  # type: ignore[assignment]
    return dict(spent)


def document(measured: dict[str, list[float]], verdicts: dict[str, tuple[Judged, float]]) -> str:
    """The results as Markdown."""
    own = measured["the judge's verbs"]
    lines = [
        "# Benchmarks",
        "",
        f"Made by `make bench` with Python {platform.python_version()} on {os.cpu_count()} cores, "
        "against the reference CLIENT on SQLite with `synchronous=FULL`. Measured in one run, in turns: trust ratios.",
        "",
        "## Exchanges one after the other",
        "",
        f"{ROUNDS} rounds of {WAGERS} signed results each. The judge also keeps the history and reads the answers.",
        "",
        "| sender | exchanges per second (median) | judge / sender, median of pairs |",
        "| --- | ---: | ---: |",
    ]
    for name, values in measured.items():
        ratio = statistics.median(mine / other for mine, other in zip(own, values, strict=True))
        lines.append(f"| {name} | {statistics.median(values):.0f} | {ratio:.2f} |")
    lines += [
        "",
        "## A whole verdict",
        "",
        "| effort | exchanges | seconds | exchanges per second | per rule (mean) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for effort, (judged, seconds) in verdicts.items():
        total = len(judged.run.history)
        lines.append(
            f"| {effort} | {total} | {seconds:.1f} | {total / seconds:.0f} | {total / len(judged.verdicts):.0f} |"
        )
    lines += ["", "## Requests per rule", ""]
    lines += [f"| rule | {' | '.join(verdicts)} |", "| --- |" + " ---: |" * len(verdicts)]
    columns = [per_rule(judged) for judged, _ in verdicts.values()]
    lines += [
        f"| {rule} | " + " | ".join(f"{column.get(rule, 0):.0f}" for column in columns) + " |"
        for rule in columns[0]
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print and write the table."""
    with TemporaryDirectory(prefix="pitboss-bench-") as folder, reference_client(Path(folder)) as target:
        measured = rates(target)
        verdicts = {effort.name: verdict(target, effort) for effort in (QUICK, NORMAL)}
    text = document(measured, verdicts)
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return max(int(judged.code) for judged, _ in verdicts.values())


if __name__ == "__main__":
    sys.exit(main())
