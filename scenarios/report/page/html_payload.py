"""The exchanges inside report.html: one compressed block a rule, unpacked by the page when someone looks.

A block is JSON, deflated and in base64. Where all blocks together would make the page heavy, bodies are shortened,
step by step, and at last exchanges are left out; the page says so, and report.json has them whole.
"""

import base64
import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from scenarios.report.schema.report import Exchange, Rule

# So many characters all blocks may have, and to so many those of a body, header or command are cut in turn.
BUDGET = 3_300_000
LENGTHS = (12_000, 2_500, 600, 160)
# At last, so many exchanges of one scenario are kept.
_FEW = 12


@dataclass(frozen=True, slots=True)
class Blocks:
    """The block of each rule's id, and what was done to keep them small, in words for the reader ("" for nothing)."""

    by_rule: Mapping[str, str]
    note: str = ""


def pack(rules: Iterable[Rule], figures: Mapping[str, Mapping[str, Markup]], budget: int = BUDGET) -> Blocks:
    """Pack the exchanges of ``rules`` and those ``figures`` (drawings by rule and key) that the page draws later."""
    kept = list(rules)
    for length in LENGTHS:
        blocks = _blocks(kept, figures, length, budget)
        if blocks is not None:
            note = "" if length == LENGTHS[0] else f"Bodies are cut to {length} characters here"
            return Blocks(blocks, f"{note}; report.json holds more." if note else "")
    few = [_few(rule) for rule in kept]
    note = f"Only {_FEW} exchanges of a scenario are kept here, cut short; report.json holds more."
    return Blocks(_blocks(few, figures, LENGTHS[-1]) or {}, note)


def _few(rule: Rule) -> Rule:
    scenarios = [one.model_copy(update={"exchanges": one.exchanges[:_FEW]}) for one in rule.scenarios]
    return rule.model_copy(update={"scenarios": scenarios})


def _blocks(
    rules: list[Rule],
    figures: Mapping[str, Mapping[str, Markup]],
    length: int,
    budget: float = math.inf,
) -> dict[str, str] | None:
    """The blocks with texts cut to ``length`` characters; None as soon as they are over the budget."""
    made: dict[str, str] = {}
    size = 0
    for rule in rules:
        exchanges = {one.number: one for scenario in rule.scenarios for one in scenario.exchanges}
        if not exchanges and not figures.get(rule.id):
            continue
        content = {
            "exchanges": {number: _record(one, length) for number, one in exchanges.items()},
            "figures": {key: str(figure) for key, figure in figures.get(rule.id, {}).items()},
        }
        packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)
        made[rule.id] = base64.b64encode(packed).decode("ascii")
        size += len(made[rule.id])
        if size > budget:
            return None
    return made


def _record(exchange: Exchange, length: int) -> dict[str, Any]:
    """What the page shows of one exchange."""

    def cut(text: str) -> str:
        return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters in all)"

    request, answer = exchange.request, exchange.answer
    curl = exchange.curl
    if len(curl) > 3 * length:
        curl = f"# {len(curl)} characters: too long for this page; report.json holds the command"
    return {
        "number": exchange.number,
        "provider": exchange.provider,
        "kind": exchange.kind,
        "direction": exchange.direction,
        "at": exchange.at,
        "seconds": exchange.seconds,
        "line": cut(f"{request.method} {request.url}"),
        "headers": [[cut(name), cut(value)] for name, value in request.headers],
        "body": cut(request.body),
        "status": None if answer is None else answer.status,
        "answerHeaders": []
        if answer is None
        else [[cut(name), cut(value)] for name, value in answer.headers],
        "answer": "" if answer is None else cut(answer.body),
        "outcome": exchange.outcome,
        "error": None if exchange.error is None else cut(exchange.error),
        "failure": exchange.failure,
        "copyOf": exchange.copy_of,
        "faults": exchange.faults,
        "curl": curl,
    }
