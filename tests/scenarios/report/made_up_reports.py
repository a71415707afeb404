"""Reports made by hand for tests of the page: small, whole, and as hostile or large as a test wants."""

import base64
import json
import random
import re
import zlib

SIGNATURE = "X-Security-Hash"
RACE = "race of 3, last bytes within 0.1 ms"


def exchange(number, label="bet", *, kind=None, at=None, seconds=0.002, amount="10.50", **more):
    """An exchange of the OPERATOR, ``at`` seconds after the history began, answered ok after ``seconds``."""
    message = {"transaction_id": f"t-{number}", "action": "bet", "user_id": "p-1", "currency": "EUR"}
    body = json.dumps(message)[:-1] + f', "amount": {amount}}}'
    begin = float(number) / 100 if at is None else at
    made = {
        "number": number,
        "provider": "operator",
        "kind": label if kind is None else kind,
        "label": label,
        "purpose": "scenario",
        "direction": "to CLIENT",
        "at": f"2026-01-02T03:04:{begin % 60:09.6f}+00:00",
        "seconds": seconds,
        "invoked": begin,
        "request": {
            "method": "POST",
            "url": "http://127.0.0.1:8710/operator/transaction",
            "headers": [["Content-Type", "application/json"], [SIGNATURE, "ab12"]],
            "body": body,
        },
        "answer": {
            "status": 200,
            "headers": [["Content-Type", "application/json"]],
            "body": json.dumps({"error": None, "transaction_id": f"c-{number}"}),
        },
        "outcome": "ok",
        "error": None,
        "status": "ok",
        "failure": None,
        "failure_kind": None,
        "copy_of": None,
        "race": None,
        "faults": [],
        "fault_names": [],
        "scenario": "made.scenario",
        "curl": f"curl -sS http://127.0.0.1:8710/operator/transaction --data-raw '{body}'",
    }
    return made | more


def raced(*numbers, race=1, at=1.0, **more):
    """Exchanges that left together, 0.1 ms apart."""
    reported = {"race": race, "faults": [RACE], "fault_names": ["race"]}
    return [exchange(n, at=at + n / 10_000, **reported, **more) for n in numbers]


def lost(number, failure="the answer was lost, as planned", kind="planned loss", **more):
    """An exchange without an answer."""
    return exchange(number, seconds=None, **more) | {
        "answer": None,
        "outcome": "unknown",
        "status": "unknown",
        "failure": failure,
        "failure_kind": kind,
    }


def refused(number, error="INSUFFICIENT_FUNDS", **more):
    """An exchange that the CLIENT refused."""
    made = exchange(number, **more) | {"outcome": "refused", "status": "refused", "error": error}
    made["answer"] = made["answer"] | {"body": json.dumps({"error": error})}
    return made


def finding(*numbers, **more):
    """A finding of 5.00 that ``numbers`` show."""
    made = {
        "level": "MUST",
        "case": "a case",
        "expected": "balance 12.50 EUR",
        "seen": "balance 17.50 EUR",
        "off": "5.00",
        "exchanges": list(numbers),
    }
    return made | more


def rule(name="RBK-04", outcome="failed", exchanges=(), findings=None, **more):
    """A rule with one scenario; broken ones have a finding over all ``exchanges``."""
    if findings is None:
        findings = [finding(*(one["number"] for one in exchanges))] if outcome == "failed" else []
    scenario = {
        "id": "made.scenario",
        "title": "An orphan moves no money.",
        "outcome": outcome,
        "message": "",
        "findings": findings,
        "story": [],
        "balance": None,
        "exchanges": list(exchanges),
    }
    made = {
        "id": name,
        "level": "MUST",
        "provider": "operator",
        "statement": f"the statement of {name}, with `code` in it",
        "source": "sportsbook.txt, Transactions",
        "why": "It costs money.",
        "causes": "A cause. Its fix.",
        "outcome": outcome,
        "reason": "",
        "replay": f"pitboss check --only {name} --seed 7 --effort quick",
        "scenarios": [scenario],
    }
    return made | more


def document(*rules, **more):
    """A report of ``rules``, tallied."""

    def tally(level):
        words = ("passed", "failed", "warned", "skipped", "undecided")
        return {
            word: sum(one["outcome"] == word and one["level"] == level for one in rules) for word in words
        }

    made = {
        "version": 1,
        "target": "http://127.0.0.1:8710/operator",
        "started": "2026-01-02T03:04:05+00:00",
        "strict": False,
        "seed": 7,
        "effort": "quick",
        "probe": "wagers",
        "duration_s": 1.5,
        "exchanges": 12,
        "summary": {"must": tally("MUST"), "should": tally("SHOULD")},
        "warnings": [],
        "rules": list(rules),
    }
    return made | more


def filled(value, text, kept=("outcome", "verdict", "version", "id")):
    """``value`` with every text in it replaced by ``text``, but for what the format itself fixes."""
    if isinstance(value, dict):
        return {key: one if key in kept else filled(one, text, kept) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, text, kept) for one in value]
    return text if isinstance(value, str) else value


def ten_thousand(names, *, body=0, seed=1):
    """A report of 10,000 exchanges over the rules ``names``, 60 a scenario, every id and hash another.

    ``body`` more characters of chance, which nothing compresses, stand in every answer.
    """
    chance = random.Random(seed)
    rules, number = [], 0
    for name in names:
        exchanges = []
        while len(exchanges) < 120 and number < 10_000:
            made = exchange(number, seconds=round(chance.random() / 100, 6), amount=chance.randrange(1, 9999))
            fresh = [f"{chance.getrandbits(128):032x}" for _ in range(2)]
            signature = f"{chance.getrandbits(256):064x}"
            reported = json.dumps(made).replace(f"t-{number}", fresh[0]).replace(f"c-{number}", fresh[1])
            made = json.loads(reported.replace("ab12", signature))
            made["curl"] += f" -H '{SIGNATURE}: {signature}'"
            if body:
                made["answer"]["body"] = chance.randbytes(body // 2).hex()
            exchanges.append(made)
            number += 1
        parts = [part for part in (exchanges[:60], exchanges[60:]) if part]
        one = rule(name, "failed" if parts else "passed")
        one["scenarios"] = [
            rule(name, exchanges=part)["scenarios"][0] | {"id": f"made.{place}"}
            for place, part in enumerate(parts)
        ]
        rules.append(one)
    assert number == 10_000
    return document(*rules, exchanges=number)


def blocks(text):
    """What the compressed blocks of a page hold, by rule."""
    found = re.findall(r'<script type="text/plain" id="data-([^"]+)">([^<]*)</script>', text)
    return {name: json.loads(zlib.decompress(base64.b64decode(packed))) for name, packed in found}
