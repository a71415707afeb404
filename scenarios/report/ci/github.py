"""Annotations and the summary for GitHub Actions: a broken rule appears on the run's page, not only in its log.

The runner obeys lines of the log that begin with ``::``; so what a CLIENT said is escaped here, and elsewhere in
the log is put where no line is obeyed.
"""

import html
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import click

from scenarios.contract import Level
from scenarios.problems.errors import Problem, note
from scenarios.problems.plain_text import printable
from scenarios.report.root_causes import to_fix
from scenarios.report.summary import against_baseline, named_by_reason, replay_command, verdict_in_words
from scenarios.run.findings import RuleVerdict, Standing
from scenarios.run.judge import Judged

VARIABLE: Final = "GITHUB_ACTIONS"
SUMMARY: Final = "GITHUB_STEP_SUMMARY"
# A message that is longer is cut: the page shows but the beginning, and the log has all.
_CHARACTERS: Final = 2000
_DATA: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: Final = {**_DATA, ":": "%3A", ",": "%2C"}

Command = Literal["error", "warning"]


def active() -> bool:
    """Whether this runs in GitHub Actions."""
    return os.environ.get(VARIABLE) == "true"


def annotation(command: Command, title: str, message: str) -> str:
    """One line that the runner obeys; whatever ``title`` and ``message`` hold, it is one annotation."""
    shown = "\n".join(printable(line) for line in message[:_CHARACTERS].splitlines())
    return f"::{command} title={_escaped(printable(title), _PROPERTY)}::{_escaped(shown, _DATA)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(sign, sign) for sign in text)


def of_verdicts(judged: Judged) -> list[str]:
    """An annotation for each rule that is broken or undecided, the gravest first: the page shows ten of a kind."""
    first = [one.rule for one in to_fix(judged.run, judged.verdicts)]
    commands = [(command, verdict) for verdict in judged.verdicts if (command := _command(judged, verdict))]

    def gravity(pair: tuple[Command, RuleVerdict]) -> tuple[bool, bool, int]:
        # Errors, MUSTs, and one rule for each thing to fix come before the others.
        command, rule = pair[0], pair[1].rule
        place = first.index(rule.id) if rule.id in first else len(first)
        return command != "error", rule.level is not Level.MUST, place

    commands.sort(key=gravity)
    return [annotation(command, _title(verdict), _message(judged, verdict)) for command, verdict in commands]


def of_problem(problem: Problem) -> str:
    """The annotation of a run that judged nothing."""
    return annotation("error", "pitboss", problem.format_message())


def _command(judged: Judged, verdict: RuleVerdict) -> Command | None:
    match verdict.standing:
        case Standing.FAILED:
            return "error"
        case Standing.WARNED:
            return "error" if judged.run.settings.strict else "warning"
        case Standing.UNDECIDED:
            return "warning"
    return None


def _title(verdict: RuleVerdict) -> str:
    return f"{verdict.rule.id} ({verdict.rule.level}) {verdict.standing}"


def _message(judged: Judged, verdict: RuleVerdict) -> str:
    rule, redactor = verdict.rule, judged.run.redactor
    lines = [
        verdict.reason,
        f"rule: {rule.statement}",
        f"why: {rule.why}",
        f"again: {replay_command(judged.run, rule.id)}",
    ]
    return redactor.text("\n".join(line for line in lines if line))


def write_summary(judged: Judged) -> None:
    """Append the verdict to the summary of the job's page, where the runner names a file for it."""
    file = os.environ.get(SUMMARY)
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as page:
            page.write(summary(judged))
    except OSError as error:
        note(f"the step summary {file} cannot be written: {error.strerror or error}")


def summary(judged: Judged) -> str:
    """The verdict as Markdown: the sentence, what there is to fix, worst first, and what is undecided and why."""
    if judged.problem is not None:
        return f"### pitboss: nothing was judged\n\n{_cell(judged.problem.format_message())}\n\n"
    _, words = verdict_in_words(judged)
    lines = [f"### pitboss: {_cell(words)}.", ""]
    listed = to_fix(judged.run, judged.verdicts)
    if listed:
        lines += ["To fix, worst first; one fault seems to be behind each:", ""]
    for one in listed:
        stake = f"<br>**{_cell(one.stake)}**" if one.stake else ""
        others = f"<br>{_cell(one.others)}" if one.others else ""
        lines.append(f"1. **{one.rule}** ({one.level}) {_cell(one.headline)}{stake}{others}")
    undecided = named_by_reason(judged.run, judged.verdicts, Standing.UNDECIDED)
    lines += ["", *(f"* undecided: {names}: {_cell(reason)}" for names, reason in undecided)]
    lines += ["", *(f"{_cell(text)}\n" for text in against_baseline(judged))]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """``text``, which may be a CLIENT's words, on one line of Markdown in which it is nothing but text."""
    shown = " ".join(printable(text[:_CHARACTERS]).split())
    return re.sub(r"([\\`*_\[\]|~#!@])", r"\\\1", html.escape(shown, quote=False))


@contextmanager
def unobeyed() -> Iterator[None]:
    """In GitHub Actions, let the runner obey no line of what is printed inside, which may be a CLIENT's words."""
    if not active():
        yield
        return
    # Nobody who writes into the log can know the word that makes the runner obey again.
    word = secrets.token_hex(16)
    click.echo(f"::stop-commands::{word}")
    try:
        yield
    finally:
        click.echo(f"::{word}::")
