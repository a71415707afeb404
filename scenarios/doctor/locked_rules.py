"""Rules that a target keeps from being judged, each with the line that unlocks them."""

import json
from collections.abc import Callable, Iterator

from scenarios.contract import PLANNED, RULES, Rule
from scenarios.doctor.steps import DoctorStep, StepOutcome
from scenarios.hosting.checkout import undecidable
from scenarios.target.loading import ENTRIES, Target


def locked(target: Target, has: Callable[[str], bool]) -> Iterator[DoctorStep]:
    """What keeps rules from being judged, each with the line that unlocks them."""
    judged = [rule for rule in RULES.values() if rule.id not in PLANNED and _section(target, rule)]
    for name in ENTRIES:
        rules = [rule for rule in judged if name in rule.needs]
        if rules and not has(name):
            yield DoctorStep(
                StepOutcome.LOCKED, _ids(rules), advice=f"add to [driver]: {target.missing(name)}"
            )
    operator = target.operator
    if operator and has("launch") and (operator.username is None or operator.password is None):
        rules = [rule for rule in judged if "launch" in rule.needs]
        line = 'username = "client" and password = "env:OPERATOR_PASSWORD"'
        yield DoctorStep(StepOutcome.LOCKED, _ids(rules), advice=f"add to [operator]: {line}")
    checkout = target.checkout
    if checkout and has("checkout_token"):
        if not checkout.variants:
            rules = [rule for rule in judged if "checkout_token" in rule.needs]
            line = 'variants = ["..", ".."]'
            yield DoctorStep(
                StepOutcome.LOCKED, _ids(rules), advice=f"add the products to ask for to [checkout]: {line}"
            )
        if has("order") and (deaf := undecidable(checkout)):
            rules = [rule for rule in judged if "order" in rule.needs]
            yield DoctorStep(StepOutcome.LOCKED, _ids(rules), advice=deaf)
    ids = target.players.ids if target.players else ()
    rules = [rule for rule in judged if rule.players > len(ids)]
    if rules and ids:
        line = json.dumps([*ids, "another-player"], ensure_ascii=False)
        yield DoctorStep(StepOutcome.LOCKED, _ids(rules), advice=f"set in [players]: ids = {line}")


def _section(target: Target, rule: Rule) -> bool:
    return getattr(target, rule.provider) is not None


def _ids(rules: list[Rule]) -> str:
    return ", ".join(rule.id for rule in rules)
