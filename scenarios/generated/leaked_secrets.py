"""Secrets in what the CLIENT answered: everything in the history, and what the player's browser got by the driver.

Contract OUT-07, MSG-13, VTK-07, CHK-09. A secret that stands in the request as well is only given back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.contract import Level
from scenarios.driver.driver import Raw
from scenarios.generated.families import secrets
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from simulators.exchanges.history import Direction, Exchange, Purpose

# So many exchanges are shown for one finding.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: ``what`` it answers, its ``text``, headers among it, and whether the player's browser got it.

    ``exchange`` is None where the driver asked.
    """

    what: str
    text: str
    to_player: bool
    exchange: Exchange | None = None


def by_driver(run: Run, *entries: str) -> list[Shown]:
    """What the driver's ``entries`` were answered so far, where they stand for the player's browser."""
    return [
        Shown(f"the answer to {entry}", _text(raw), to_player=True)
        for entry, raw in [*run.driver.reported]
        if entry in entries
    ]


def by_history(run: Run) -> list[Shown]:
    """All answers of the CLIENT in the history so far, to whichever provider, and to a browser."""
    shown = []
    for exchange in run.history.since(0):
        answer = exchange.answer
        if exchange.direction is Direction.TO_CLIENT and answer is not None:
            text = _text(Raw(answer.status, answer.body, answer.headers))
            shown.append(Shown(exchange.title, text, exchange.purpose is Purpose.BROWSER, exchange))
    return shown


def judge_secrets(rule: str, judge: Judge, known: Mapping[str, str], shown: Sequence[Shown]) -> None:
    """Judge that none of the ``known`` secrets (values by name) is in what was ``shown``, however it is written.

    What the player got breaks the rule at its own level; for answers that only a provider gets it SHOULD not be.
    """
    judge.holds(rule, True, expected="", seen="")
    texts = [each.text for each in shown]
    found: dict[tuple[str, bool, str], list[Shown]] = defaultdict(list)
    for name, place, how in secrets.telling(known, texts):
        each = shown[place]
        if each.exchange is None or not _sent(known[name], each.exchange):
            found[f"{name} {how}", each.to_player, each.what].append(each)
    for (leak, to_player, what), answers in found.items():
        judge.holds(
            rule,
            False,
            expected="no secret in what the player gets" if to_player else "no secret in an answer",
            seen=f"{leak} in {what}",
            exchanges=[each.exchange for each in answers if each.exchange is not None][:_SHOWN],
            case=what,
            level=None if to_player else Level.SHOULD,
        )


def _sent(secret: str, exchange: Exchange) -> bool:
    request = exchange.request
    headers = "".join(f"\n{name}: {value}" for name, value in request.headers)
    text = f"{request.url}\n{request.body.decode('utf-8', 'replace')}{headers}"
    return secrets.written(secret, text) is not None


def _text(raw: Raw) -> str:
    return raw.body.decode("utf-8", "replace") + "".join(f"\n{name}: {value}" for name, value in raw.headers)
