"""Rules that a target keeps from being judged, each with the line that unlocks them."""

import json
from collections.abc import Callable, Iterator

from scenarios.contract import RULES, Rule
from scenarios.doctor.steps import DoctorStep, StepOutcome
from scenarios.hosting.checkout import undecidable
from scenarios.report.summary import named
from scenarios.run.planning.settings import Settings
from scenarios.runner.needs import beside_dialect
from scenarios.target.loading import ENTRIES, Target
from simulators.providers import PROVIDERS


def stated(target: Target) -> list[Rule]:
    """The rules that a verdict on ``target`` counts."""
    counted = Settings(target=target, rules=tuple(RULES)).applicable().rules
    return [RULES[rule] for rule in counted]


def locked(target: Target, has: Callable[[str], bool]) -> Iterator[DoctorStep]:
    """What keeps rules from being judged, each with the line that unlocks them."""
    written = stated(target)
    beside: dict[str, list[Rule]] = {}
    for rule in written:
        if why := beside_dialect(rule, target):
            beside.setdefault(why, []).append(rule)
    for why, rules in beside.items():
        yield _locked(rules, why)
    judged = [rule for rule in written if _section(target, rule) and not beside_dialect(rule, target)]
    for name in ENTRIES:
        rules = [rule for rule in judged if name in rule.needs]
        if rules and not has(name):
            yield _locked(rules, f"add to [driver]: {target.missing(name)}")
    operator = target.operator
    if operator and has("launch") and (operator.username is None or operator.password is None):
        rules = [rule for rule in judged if "launch" in rule.needs]
        line = 'username = "client" and password = "env:OPERATOR_PASSWORD"'
        # Another dialect has none.
        if rules:
            yield _locked(rules, f"add to [operator]: {line}")
    checkout = target.checkout
    if checkout and has("checkout_token"):
        if not checkout.variants:
            rules = [rule for rule in judged if "checkout_token" in rule.needs]
            line = 'variants = ["..", ".."]'
            yield _locked(rules, f"add the products to ask for to [checkout]: {line}")
        if has("order") and (deaf := undecidable(checkout)):
            rules = [rule for rule in judged if "order" in rule.needs]
            yield _locked(rules, deaf)
    ids = target.players.ids if target.players else ()
    rules = [rule for rule in judged if rule.players > len(ids)]
    if rules and ids:
        line = json.dumps([*ids, "another-player"], ensure_ascii=False)
        yield _locked(rules, f"set in [players]: ids = {line}")

    for name, provider in PROVIDERS.items():
        if getattr(target, name) is None:
            rules = [rule for rule in written if rule.provider == name]
            how = f"add a section [{name}], as `pitboss init -o example.toml` shows it"
            yield _locked(rules, f"{provider.label} is not configured: {how}")


def _locked(rules: list[Rule], advice: str) -> DoctorStep:
    ids = [rule.id for rule in rules]
    return DoctorStep(StepOutcome.LOCKED, named(ids, [*RULES]), advice=advice, rules=tuple(ids))


def _section(target: Target, rule: Rule) -> bool:
    return getattr(target, rule.provider) is not None
