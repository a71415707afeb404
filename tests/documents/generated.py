"""Pages, and parts of pages, that are made from the code. ``python -m tests.documents.generated`` writes them.

tests/documents/test_generated.py holds that what lies in docs/ is what would be written.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Unpack, get_args, get_origin

import pitboss_pytest
from client_under_test.mutants.table import ALL
from scenarios.contract import GROUPS, RULES, Level, Observed, Rule
from scenarios.driver.driver import Driver
from scenarios.embedded.simulators import (
    EmbeddedCheckout,
    EmbeddedJackpot,
    EmbeddedOperator,
    EmbeddedSimulator,
)
from scenarios.run.balances import Balances
from scenarios.run.judge import Judge
from scenarios.runner import fixtures
from scenarios.target.driver_entries import PLACEHOLDERS, DriverSection
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.checkout import lifecycle as checkouts
from simulators.jackpot import lifecycle as vouchers
from simulators.operator import lifecycle as slips
from simulators.transport.faults.table import FAULTS, parameters
from simulators.values.state_machine import Lifecycle
from simulators.wallet.dialect import LACKING
from tests.documents import target_schema
from tests.documents.scenarios_by_rule import Scenario, scenarios_by_rule
from tests.house.__main__ import ROOT

DOCS = ROOT / "docs"
COMMAND = "python -m tests.documents.generated"
_NOTE = f"<!-- Made by `{COMMAND}`; change the code that it is made from. -->"
_LEVELS = {Level.MUST: "broken, it fails", Level.SHOULD: "broken, it warns", Level.INFO: "recorded only"}
# What each page says of its group before the rules.
_PROVIDERS = {
    "operator": "the sportsbook OPERATOR; the section `[operator]` of the target file is enough",
    "jackpot": "Jackpot; they need the section `[jackpot]` ([how](../jackpot.md))",
    "checkout": "the checkout; they need the section `[checkout]` ([how](../checkout.md))",
}


def pages() -> dict[Path, str]:
    """Every page that is made as a whole, with its text."""
    proofs = scenarios_by_rule()
    made = {
        DOCS / "rules" / "README.md": _rules_index(),
        DOCS / "faults.md": _faults(),
        DOCS / "mutants.md": _mutants(),
        target_schema.FILE: target_schema.text(),
    }
    for group in GROUPS:
        made[DOCS / "rules" / f"{group.lower()}.md"] = _group_page(group, proofs)
    return made


def _mutants() -> str:
    lines = [
        "# Mutants: CLIENTs with one fault each, and the rules that catch them",
        "",
        _NOTE,
        "",
        "Each is the reference CLIENT with one realistic fault. `make matrix` judges every mutant by the rules that it",
        "is meant to break until one of them is found broken; none survives. `pitboss demo --mutant NAME` judges one",
        "by all rules.",
        "",
        "| mutant | fault | meant to break |",
        "| --- | --- | --- |",
        *(f"| {mutant.name} | {mutant.fault} | {', '.join(mutant.rules)} |" for mutant in ALL),
    ]
    return "\n".join(lines) + "\n"


def _rules_index() -> str:
    lines = [
        "# The rules",
        _NOTE,
        "",
        "What a CLIENT must and should do, by group. `pitboss rules` prints the same in a terminal,",
        "`pitboss rules --format json` for programs.",
        "",
        "| group | about | provider | MUST | SHOULD | INFO |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for group, title in GROUPS.items():
        mine = [rule for rule in RULES.values() if rule.group == group]
        counts = " | ".join(str(sum(rule.level is level for rule in mine)) for level in Level)
        lines.append(f"| [{group}]({group.lower()}.md) | {title} | {mine[0].provider} | {counts} |")
    lines += [
        "",
        f"{len(RULES)} rules. A broken MUST ends `pitboss check` with exit code 1. A broken SHOULD warns, and fails",
        "with `--strict`. An INFO rule records how the CLIENT behaves where the documents leave it open.",
        "",
    ]
    return "\n".join(lines)


def _group_page(group: str, proofs: dict[str, list[Scenario]]) -> str:
    mine = [rule for rule in RULES.values() if rule.group == group]
    lines = [
        f"# {group}: {GROUPS[group]}",
        _NOTE,
        "",
        f"Rules about {_PROVIDERS[mine[0].provider]}. To judge these alone: `pitboss check --only {group}`.",
        "[All groups](README.md).",
        "",
    ]
    for rule in mine:
        lines += _rule(rule, proofs[rule.id])
    return "\n".join(lines)


_SEEN = {
    Observed.MONEY: "the balance is wrong",
    Observed.REFUSED: "it is refused though it should succeed",
    Observed.OTHER: "it is answered otherwise than it should be",
}


def _rule(rule: Rule, proofs: list[Scenario]) -> Iterator[str]:
    yield f"## {rule.id}"
    yield ""
    yield f"**{rule.level}** ({_LEVELS[rule.level]}): {_sentence(rule.statement)}"
    yield ""
    for ability, statement in rule.otherwise.items():
        yield f"* In a [dialect](../dialects.md) in which {LACKING[ability]}: {_sentence(statement)}"
    if rule.ability:
        yield f"* Skipped in a [dialect](../dialects.md) in which {LACKING[rule.ability]}."
    yield f"* Why it matters: {rule.why}"
    yield f"* Usual causes, and their fixes: {rule.causes}"
    for observed, causes in rule.when.items():
        yield f"* Where {_SEEN[observed]}: {causes}"
    yield f"* Source: {rule.source}."
    for need in rule.needs:
        field = DriverSection.model_fields[need]
        yield f"* Needs in `[driver]`: `{need} = {(field.examples or ['..'])[0]}`"
    if rule.players > 1:
        yield f"* Needs {rule.players} test players in `[players]`."
    for scenario in proofs:
        left_out = f" Left out where {LACKING[scenario.ability]}." if scenario.ability else ""
        yield f"* Proved by [{scenario.name}](../../{scenario.path}): {scenario.title}{left_out}"
    # Only what one request after the other shows, and this rule alone: it is seen in any run.
    breaking = [
        mutant
        for mutant in ALL
        if mutant.rules == (rule.id,) and mutant.sequential and not {"automatic", "dollars"} & {*mutant.needs}
    ]
    if breaking:
        yield (
            f"* See it broken: `pitboss demo --mutant {breaking[0].name} --only {rule.id}`. {breaking[0].fault}"
        )
    yield ""


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _faults() -> str:
    lines = [
        "# Faults",
        _NOTE,
        "",
        "What can go wrong between a provider and a CLIENT, by name. `pitboss trigger` takes `--fault NAME` or",
        "`--fault NAME:parameter=value,parameter=value`, also several times; scenarios use the same faults through",
        "`operator.deliver`. Durations are written `5ms` or `0.2s`.",
        "",
        "A request whose answer was lost is *unknown*, never failed: the CLIENT may have done it, at most once.",
        "",
    ]
    for name, kind in FAULTS.items():
        lines += [
            f"## {name}",
            "",
            _sentence(kind.summary),
            "",
            "| parameter | is | meaning | default |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{key}` | {expected} | {meaning} | {f'`{default}`' if default else 'none'} |"
            for key, expected, meaning, default in parameters(kind)
        ]
        lines.append("")
    return "\n".join(lines)


def _fixture_table(module: ModuleType) -> str:
    lines = ["| fixture | gives | it is |", "| --- | --- | --- |"]
    for name in fixture_names(module):
        function = getattr(module, name)._get_wrapped_function()
        lines.append(f"| `{name}` | {_given(function)} | {_first(function)} |")
    return "\n".join(lines)


def fixture_names(module: ModuleType) -> list[str]:
    """The fixtures of ``module`` that tests may ask for: those of scenarios, or those of all tests."""
    return [name for name, value in vars(module).items() if isinstance(value, type(fixtures.run))]


def _given(function: Callable[..., Any]) -> str:
    text = inspect.formatannotation(inspect.signature(function).return_annotation)
    inner = re.sub(r"^(?:collections\.abc\.)?Iterator\[(.*)\]$", r"\1", text)
    return f"`{re.sub(r'[A-Za-z_.]+[.]', '', inner)}`"


def _first(thing: object) -> str:
    return (
        (inspect.getdoc(thing) or "")
        .split("\n\n")[0]
        .replace("\n", " ")
        .replace("``", "`")
        .replace("|", "\\|")
    )


def _methods(name: str, *kinds: type) -> str:
    lines = ["| | |", "| --- | --- |"]
    fields = {field for kind in kinds for field in inspect.get_annotations(kind)}
    members = {name: member for kind in kinds for name, member in vars(kind).items()}
    for method, member in members.items():
        if method.startswith("_") or method in fields:
            continue
        value = member.__func__ if isinstance(member, staticmethod) else member
        if inspect.isfunction(value):
            lines.append(f"| `{name}.{method}({_arguments(value)})` | {_first(value)} |")
        elif isinstance(value, property):
            lines.append(f"| `{name}.{method}` | {_first(value)} |")
    return "\n".join(lines)


def _arguments(function: Callable[..., Any]) -> str:
    """The parameters by name: ``*`` before those given by keyword, ``=..`` behind those that may be left out."""
    words, keyword = [], False
    for parameter in [
        each for each in inspect.signature(function).parameters.values() if each.name != "self"
    ]:
        named = parameter.kind is parameter.KEYWORD_ONLY or get_origin(parameter.annotation) is Unpack
        if (named or parameter.kind is parameter.VAR_POSITIONAL) and not keyword:
            words.append("*" + (parameter.name if parameter.kind is parameter.VAR_POSITIONAL else ""))
            keyword = True
        if get_origin(parameter.annotation) is Unpack:
            words += [f"{name}=.." for name in get_args(parameter.annotation)[0].__annotations__]
        elif parameter.kind is parameter.VAR_KEYWORD:
            words.append(f"**{parameter.name}")
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            words.append(parameter.name + ("" if parameter.default is parameter.empty else "=.."))
    return ", ".join(words)


def _entries() -> str:
    lines = ["| entry, or method of a Python driver | what it does |", "| --- | --- |"]
    for name, words in PLACEHOLDERS.items():
        field = DriverSection.model_fields[name]
        lines.append(f"| `{name}({', '.join(words)})` | {field.description} |")
    return "\n".join(lines)


class _Recorded:
    """Takes what the plugin registers, in place of pytest's parser and configuration."""

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> "_Recorded":
        return self

    def addoption(self, name: str, **more: Any) -> None:
        metavar = f" {more['metavar']}" if "metavar" in more else ""
        self.options.append((f"{name}{metavar}", more["help"]))


def _options() -> str:
    recorded = _Recorded()
    pitboss_pytest.pytest_addoption(recorded)  # type: ignore[arg-type]
    lines = ["| option of pytest | meaning |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{name}` | {text} |" for name, text in recorded.options)])


def _drawn(lifecycle: Lifecycle[Any, Any]) -> str:
    return f"```mermaid\n{lifecycle.mermaid().rstrip()}\n```"


def _shown(name: str) -> str:
    text = (DOCS / "example" / "ci" / name).read_text(encoding="utf-8")
    return f"```yaml\n{text.rstrip()}\n```"


# Parts between ``<!-- NAME -->`` and ``<!-- end NAME -->``, by the page that has them.
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "pytest.md": {"options": _options},
    "pytest-reference.md": {
        "fixtures": lambda: _fixture_table(fixtures),
        "simulators": lambda: _fixture_table(pitboss_pytest),
        "each simulator": lambda: _methods("simulator", EmbeddedSimulator),
        "operator simulator": lambda: _methods("operator_simulator", EmbeddedOperator),
        "jackpot simulator": lambda: _methods("jackpot_simulator", EmbeddedJackpot),
        "checkout simulator": lambda: _methods("checkout_simulator", EmbeddedCheckout),
        "judge": lambda: _methods("judge", Judge, Balances),
        "operator": lambda: _methods("operator", Verbs),
        "player": lambda: _methods("player", Player),
        "driver": lambda: _methods("driver", Driver),
        "entries": _entries,
    },
    "design.md": {
        "bet slip": lambda: _drawn(slips.LIFECYCLE),
        "voucher": lambda: _drawn(vouchers.LIFECYCLE),
        "checkout": lambda: _drawn(checkouts.LIFECYCLE),
    },
    "ci.md": {
        "github": lambda: _shown("github-actions.yml"),
        "action": lambda: _shown("action.yml"),
        "gitlab": lambda: _shown("gitlab-ci.yml"),
    },
}


def filled(page: str) -> str:
    """The text of ``page`` (a name below docs/) with its parts made again. Raises LookupError for a lost mark."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, make in PARTS[page].items():
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise LookupError(f"docs/{page} has no part {name}: it stands between {begin!r} and {end!r}")
        head, _, rest = text.partition(begin)
        text = head + begin + make() + end + rest.partition(end)[2]
    return text


def main() -> None:
    """Write everything."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for page in PARTS:
        (DOCS / page).write_text(filled(page), encoding="utf-8")


if __name__ == "__main__":
    main()
