"""``pitboss diff``: what changed between two reports."""

from pathlib import Path
from typing import Final

import click

from scenarios.problems.errors import Exit
from scenarios.problems.plain_text import printable
from scenarios.report.files import LAST
from scenarios.report.saved import read_report
from scenarios.report.schema.report import Report, Rule
from scenarios.report.summary import named

# What is said of a rule, in this order.
_BROKE, _FIXED, _CHANGED, _NEW, _GONE = "broke", "fixed", "changed", "new", "no longer judged"
_BROKEN: Final = ("failed", "warned")
_HOLDS: Final = ("passed", "info")


@click.command("diff", epilog="Exit codes: 0 nothing broke, 1 a rule is broken that was not, 2 usage.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), default=LAST, metavar="[NEW]")
@click.option("--strict", is_flag=True, help="A SHOULD that broke counts, too.")
@click.pass_context
def command(context: click.Context, old: Path, new: Path, strict: bool) -> None:
    """Compare two reports, OLD and NEW (each a report.json or its folder): what broke, what was fixed.

    \b
    pitboss diff main-report                 held against the last report
    pitboss diff main-report branch-report   two folders of --report
    """
    before, after = read_report(old), read_report(new)
    changes = compare(before, after)
    leads = {rule: one.rule for one in after.to_fix for rule in one.rules[1:]}
    for change, rule, words in changes:
        if change == _GONE:
            continue
        same = f"; as it seems by the same fault as {leads[rule.id]}" if rule.id in leads else ""
        click.echo(printable(f"{change:<16}  {rule.id} ({rule.level})  {words}{same}"))
    if gone := [rule.id for change, rule, _ in changes if change == _GONE]:
        click.echo(f"{_GONE:<16}  {named(gone, [rule.id for rule in before.rules])}")
    broke = [rule for change, rule, _ in changes if _breaks(change, rule, strict=strict)]
    counts = ", ".join(
        f"{count} {word}"
        for word in (_BROKE, _FIXED, _CHANGED, _NEW, _GONE)
        if (count := sum(change == word for change, _, _ in changes))
    )
    click.echo(f"{counts or 'No rule came out otherwise'}.")
    context.exit(int(Exit.BROKEN if broke else Exit.HOLDS))


def _breaks(change: str, rule: Rule, *, strict: bool) -> bool:
    return change in (_BROKE, _NEW) and (rule.outcome == "failed" or (strict and rule.outcome == "warned"))


def compare(old: Report, new: Report) -> list[tuple[str, Rule, str]]:
    """What became of each rule that came out otherwise: the change, the rule as it is now, and how, in words."""
    before = {rule.id: rule for rule in old.rules}
    changed = [change for rule in new.rules if (change := _change(before.pop(rule.id, None), rule))]
    changed += [(_GONE, rule, "") for rule in before.values() if rule.outcome != "skipped"]
    order = (_BROKE, _FIXED, _CHANGED, _NEW, _GONE)
    return sorted(changed, key=lambda change: order.index(change[0]))


def _change(before: Rule | None, rule: Rule) -> tuple[str, Rule, str] | None:
    reason = f": {rule.reason}" if rule.reason and rule.outcome not in _HOLDS else ""
    if before is None:
        return (_NEW, rule, f"{rule.outcome}{reason}") if rule.outcome != "skipped" else None
    if before.outcome == rule.outcome or {before.outcome, rule.outcome} <= set(_HOLDS):
        return None
    words = f"{before.outcome} -> {rule.outcome}{reason}"
    if rule.outcome in _BROKEN and before.outcome != "failed":
        return _BROKE, rule, words
    if before.outcome in _BROKEN and rule.outcome in _HOLDS:
        return _FIXED, rule, words
    return _CHANGED, rule, words
