"""``pitboss rules``: the contract, rule by rule, as a table, Markdown or JSON."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios.cli import shell_completion
from scenarios.cli.click_errors import examples
from scenarios.contract import GROUPS, Level, Rule, select
from simulators.providers import PROVIDERS

_STYLES = {Level.MUST: "bold", Level.SHOULD: "", Level.INFO: "dim"}


@click.command(
    "rules",
    epilog=examples(
        "pitboss rules",
        "pitboss rules --only RBK,IDM-02",
        "pitboss rules --provider jackpot --format markdown",
    ),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "json"]),
    default="table",
    show_default=True,
    help="How to write them.",
)
@click.option(
    "--only", metavar="IDS", shell_complete=shell_completion.rules, help="Rules or groups, e.g. RBK,IDM-02."
)
@click.option(
    "--skip", metavar="IDS", shell_complete=shell_completion.rules, help="Rules or groups to leave out."
)
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=shell_completion.provider,
    help=f"Rules of one provider: {', '.join(PROVIDERS)}.",
)
def command(form: str, only: str | None, skip: str | None, provider: str | None) -> None:
    """List what a CLIENT must do, rule by rule."""
    rules = select(only, skip, provider)
    match form:
        case "json":
            click.echo(as_json(rules))
        case "markdown":
            click.echo(as_markdown(rules))
        case _:
            _print_table(rules)


def as_json(rules: Iterable[Rule]) -> str:
    """``rules`` as a JSON list of objects."""
    return json.dumps([_record(rule) for rule in rules], indent=2, ensure_ascii=False)


def _record(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "level": str(rule.level),
        "provider": rule.provider,
        "group": rule.group,
        "statement": rule.statement,
        "source": rule.source,
        "why": rule.why,
        "causes": rule.causes,
        "needs": list(rule.needs),
        "players": rule.players,
    }


def as_markdown(rules: Iterable[Rule]) -> str:
    """``rules`` as Markdown: a heading, a source and a table for each group."""
    return "\n".join(_markdown_lines(rules))


def _markdown_lines(rules: Iterable[Rule]) -> Iterator[str]:
    yield "# The contract, rule by rule"
    for group, members in groupby(rules, key=lambda rule: rule.group):
        yield ""
        yield f"## {group} - {GROUPS[group]}"
        yield ""
        yield "| id | level | needs | rule | why it matters | source |"
        yield "|---|---|---|---|---|---|"
        for rule in members:
            cells = (rule.id, rule.level, _needs(rule), rule.statement, rule.why, rule.source)
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _needs(rule: Rule) -> str:
    needs = [*rule.needs, *([f"{rule.players} players"] if rule.players > 1 else [])]
    return ", ".join(needs)


def _print_table(rules: list[Rule]) -> None:
    table = Table(title="The contract", title_justify="left", show_lines=False)
    table.add_column("id", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("needs")
    table.add_column("rule", ratio=1)
    for group, members in groupby(rules, key=lambda rule: rule.group):
        table.add_section()
        table.add_row(group, "", "", Text(GROUPS[group], style="italic"))
        for rule in members:
            level = Text(rule.level, style=_STYLES[rule.level])
            table.add_row(rule.id, level, _needs(rule), Text(rule.statement))
    console = Console()
    if not console.is_terminal:
        # A pipe has no width of its own, and narrow columns would break ids and words.
        console = Console(width=120)
    console.print(table)
    console.print(f"{len(rules)} rules.")
