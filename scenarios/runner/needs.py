"""What a scenario is about and what it needs, as its markers declare it."""

import pytest

from scenarios.contract import MONEY, RULES, Rule
from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from scenarios.target.loading import Target
from simulators.dialects import DEFAULT
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.wallet.dialect import LACKING

# The word in ``needs`` for players whose balances can be read; the others are driver entries.
PROBE = "probe"
# The fixture that a scenario about money has a value of for each currency in which it is judged once more.
CURRENCY = "judged_currency"
# The fixtures of scenarios that act for so many players.
_PLAYERS = {"player": 1, "players": 1, "another_player": 2}
# The fixture of what a provider's simulator is asked, by the provider: all of it is about the scenario that asks.
_SIMULATORS = {"simulator": OPERATOR}


def rules_of(item: pytest.Item) -> tuple[str, ...]:
    """The rules that a test proves; empty for a test that is no scenario. Raises UsageError."""
    marker = item.get_closest_marker("rules")
    ids = tuple(marker.args) if marker else ()
    for rule in ids:
        if rule not in RULES:
            raise pytest.UsageError(f"{item.nodeid} names rule {rule!r}, which the contract does not have")
    return ids


def served_for(item: pytest.Item) -> tuple[str, ...]:
    """The providers whose simulators must be served for ``item``."""
    rules = [RULES[rule] for rule in rules_of(item)]
    return tuple(dict.fromkeys(rule.provider for rule in rules if rule.served))


def provider_of(item: pytest.Item) -> str:
    """The provider that ``item`` is about."""
    named = {RULES[rule].provider for rule in rules_of(item)}
    return next(name for name in PROVIDERS if name in named)


def sayable(item: pytest.Item, run: Run) -> bool:
    """Whether the target's words can say what ``item`` is about; scenarios of other dialects are left out."""
    names = [name for marker in item.iter_markers("ability") for name in marker.args]
    if unknown := [name for name in names if name not in LACKING]:
        known = ", ".join(LACKING)
        raise pytest.UsageError(f"{item.nodeid} needs the ability {unknown[0]!r}; abilities are {known}")
    return all(getattr(run.settings.abilities, name) for name in names)


def currency_of(item: pytest.Item) -> str:
    """The currency in which ``item`` judges its rules once more; "" where it is the players' own."""
    called = getattr(item, "callspec", None)
    return str(called.params.get(CURRENCY) or "") if called else ""


def in_any_currency(item: pytest.Item) -> bool:
    """Whether ``item`` judges the OPERATOR's rules about money by wagers alone, so that it can in each currency."""
    marker = item.get_closest_marker("rules")
    rules = [RULES.get(rule) for rule in marker.args] if marker else []
    return bool(rules) and all(
        rule is not None and rule.provider == OPERATOR and rule.group in MONEY and not rule.needs
        for rule in rules
    )


def players_for(item: pytest.Item) -> tuple[int, int]:
    """How many test players ``item`` acts for at least, and at most where there are as many."""
    marker = item.get_closest_marker("players")
    least, *most = marker.args if marker else (1,)
    return least, max((least, *most))


def held_by(item: pytest.Item) -> int:
    """How many test players nobody else may act for beside ``item``: none where it moves none of their money."""
    marker = item.get_closest_marker("players")
    return players_for(item)[1] if marker is None or marker.kwargs.get("money", True) else 0


def alone_in(item: pytest.Item) -> str | None:
    """The provider whose simulator ``item`` has to itself; "" where no scenario runs at its side at all, else None."""
    marker = item.get_closest_marker("alone")
    return None if marker is None else marker.args[0] if marker.args else ""


def check_declared(item: pytest.Item) -> None:
    """Raise UsageError where ``item`` asks for more than it declares."""
    asked = set(getattr(item, "fixturenames", ()))
    for name in asked & _PLAYERS.keys():
        if _PLAYERS[name] > players_for(item)[0]:
            raise pytest.UsageError(
                f"{item.nodeid} asks for {name} and declares {players_for(item)[0]} as the players that it acts for; "
                f"add @pytest.mark.players({_PLAYERS[name]})"
            )
    for name in asked & _SIMULATORS.keys():
        if alone_in(item) not in {"", _SIMULATORS[name]}:
            raise pytest.UsageError(
                f"{item.nodeid} asks for {name}, which no two scenarios can have at once, and does not say so; "
                f'add @pytest.mark.alone("{_SIMULATORS[name]}")'
            )


def needs_probe(item: pytest.Item) -> bool:
    """Whether ``item`` proves nothing where balances cannot be read."""
    return PROBE in _declared(item)


def judges_history(item: pytest.Item) -> bool:
    """Whether ``item`` sends nothing and judges what the others sent."""
    return item.get_closest_marker("whole_history") is not None


def lacking(item: pytest.Item, run: Run) -> str | None:
    """What ``item`` needs and the target file does not have, with the line to add; None where nothing is missing."""
    target = run.settings.target
    rules = [RULES[rule] for rule in rules_of(item)]
    providers = {rule.provider for rule in rules}
    try:
        if JACKPOT in providers:
            target.need_jackpot()
        if CHECKOUT in providers:
            target.need_checkout()
        if OPERATOR in providers or needs_probe(item):
            target.need_operator()
    except UsageProblem as problem:
        return f"{problem.came}; {problem.next_step}"
    if CHECKOUT in served_for(item):
        from scenarios.hosting.checkout import undecidable

        if (mute := undecidable(target.need_checkout())) is not None:
            return mute
    if beside := next(filter(None, (beside_dialect(rule, target) for rule in rules)), None):
        return beside
    least = players_for(item)[0]
    if not currency_of(item) and least > max(1, len(run.players)):
        return 'needs a second player: add one to ids = ["..", ".."] in [players]'
    entries = [*(entry for rule in rules for entry in rule.needs), *_declared(item)]
    missing = [entry for entry in entries if entry != PROBE and not run.driver.has(entry)]
    return f"needs a driver entry: {run.driver.missing(missing[0])}" if missing else None


def beside_dialect(rule: Rule, target: Target) -> str | None:
    """Why ``rule`` does not apply to the dialect of ``target``, None where it does."""
    if target.operator is None:
        return None
    dialect = target.operator.dialect
    if dialect != DEFAULT and rule.about_bytes:
        return f"it is about the bytes of the dialect {DEFAULT}, and the target speaks {dialect}"
    if rule.ability and not getattr(target.operator.words.abilities, rule.ability):
        return f"it does not apply to the dialect {dialect}, in which {LACKING[rule.ability]}"
    return None


def _declared(item: pytest.Item) -> list[str]:
    return [word for marker in item.iter_markers("needs") for word in marker.args]
