"""The contract as data: what a CLIENT must do, rule by rule, and how rules are chosen by name."""

from collections.abc import Iterable

from scenarios.contract.checkout import CHECKOUT
from scenarios.contract.groups import GROUPS, MONEY
from scenarios.contract.operator import OPERATOR
from scenarios.contract.rule import Level, Observed, Rule
from scenarios.contract.voucher_money import JACKPOT_VOUCHERS
from scenarios.contract.voucher_webhooks import JACKPOT_EVENTS
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from simulators.providers import PROVIDERS

RULES: dict[str, Rule] = {
    rule.id: rule for rule in (*OPERATOR, *JACKPOT_EVENTS, *JACKPOT_VOUCHERS, *CHECKOUT)
}


def select(only: str | None = None, skip: str | None = None, provider: str | None = None) -> list[Rule]:
    """Return the chosen rules in contract order.

    ``only`` and ``skip`` are ids and group names with commas between them ("RBK,IDM-02", in either case);
    None means all and none. Raises UsageProblem for a name that the contract does not have, and when
    nothing is left.
    """
    wanted = _named(only, "--only") if only is not None else set(RULES)
    unwanted = _named(skip, "--skip") if skip is not None else set()
    if provider is not None and provider not in PROVIDERS:
        raise UsageProblem(
            f"--provider {provider} is unknown",
            f"one of {', '.join(PROVIDERS)}",
            did_you_mean(provider, PROVIDERS, "choose one of these, or leave --provider out for all"),
        )
    chosen = [
        rule
        for rule in RULES.values()
        if rule.id in wanted - unwanted and (provider is None or rule.provider == provider)
    ]
    if not chosen:
        raise UsageProblem(
            "no rule is left to check",
            "at least one rule that --only and --provider name and --skip does not",
            "widen --only or narrow --skip; `pitboss rules` lists all rules",
        )
    return chosen


def _named(names: str, flag: str) -> set[str]:
    found: set[str] = set()
    for name in (part.strip() for part in names.split(",")):
        if name:
            found.update(_matching(name, flag))
    return found


def _matching(name: str, flag: str) -> Iterable[str]:
    upper = name.upper()
    if upper in RULES:
        return [upper]
    if upper in GROUPS:
        return [rule.id for rule in RULES.values() if rule.group == upper]
    raise UsageProblem(
        f"{flag} {name} names no rule",
        f"ids such as RBK-04 or groups: {', '.join(GROUPS)}",
        did_you_mean(upper, [*RULES, *GROUPS], "`pitboss rules` lists all rules"),
    )


__all__ = ["GROUPS", "MONEY", "RULES", "Level", "Observed", "Rule", "select"]
