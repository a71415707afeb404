"""What the terminal shows: progress while scenarios run, then the verdict. Plain where there is none."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from scenarios.contract import GROUPS
from scenarios.problems.plain_text import for_stream, printable, wrapped
from scenarios.report import accusation
from scenarios.report.files import HAR, HTML, JUNIT, REPORT
from scenarios.report.root_causes import to_fix
from scenarios.report.schema.report import ToFix
from scenarios.report.summary import (
    against_baseline,
    must_counts,
    named_by_reason,
    should_counts,
    verdict_in_words,
)
from scenarios.run.findings import RuleVerdict, ScenarioResult, Standing
from scenarios.run.judge import Judged
from scenarios.run.planning.estimate import spoken
from scenarios.run.run import Run

_STYLE = {
    Standing.PASSED: "green",
    Standing.FAILED: "bold red",
    Standing.WARNED: "yellow",
    Standing.SKIPPED: "dim",
    Standing.INFO: "cyan",
    Standing.UNDECIDED: "magenta",
}
_SIGN = {
    Standing.PASSED: "✓",
    Standing.FAILED: "✗",
    Standing.WARNED: "!",
    Standing.SKIPPED: "-",
    Standing.INFO: "i",
    Standing.UNDECIDED: "?",
}

# Seconds between two lines of progress where there is no terminal.
_EVERY = 10.0


class ReaderConsole(Console):
    """Standard output, whose reader may leave: the run goes on without it, since players are to be put back."""

    def on_broken_pipe(self) -> None:
        """Say nothing more."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Terminal:
    """Watches a run and concludes it on ``console`` (standard output by default)."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        # The stream as it is now: pytest captures what is printed later.
        self.console = console or ReaderConsole(file=sys.stdout, highlight=False)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._clock = clock
        self._began = self._reported = clock()
        self._scenarios = self._done = 0

    def planned(self, run: Run, scenarios: int) -> None:
        """Tell what is about to run, and start the progress line where there is a terminal."""
        settings = run.settings
        self._print(
            f"pitboss: {_several(scenarios, 'scenario')} for {_several(len(settings.rules), 'rule')} "
            f"against {run.reach.address}\n"
            f"effort {settings.effort.name}, seed {settings.seed}, balances read by {run.probe_name}"
        )
        self._scenarios, self._began = scenarios, self._clock()
        if run.round_trip is not None and run.about is not None:
            self._print(
                f"about {spoken(run.about)}, as an answer takes {run.round_trip * 1000:.0f} ms; "
                f"at most {spoken(run.guard.seconds)} (--time-limit)"
            )
        if self.console.is_terminal:
            self._progress = Progress(
                # Of all that stands on the line a scenario's name alone may be cut.
                TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
                BarColumn(10),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"),
                console=self.console,
                expand=True,
                transient=True,
                # pytest has both streams in its hands.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._progress.add_task("", total=scenarios, left="")
            self._progress.start()

    def finished(self, run: Run, result: ScenarioResult) -> None:
        """Move the progress line on; name what broke at once."""
        for rule in result.rules:
            standing = result.standing(rule)
            if standing in (Standing.FAILED, Standing.WARNED) and rule in run.settings.rules:
                self._print(f"  {_SIGN[standing]} {rule} broken ({result.id})", _STYLE[standing])
        self._done += 1
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, description=result.id, left=self._so_far(run))
        elif self._clock() - self._reported >= _EVERY:
            self._reported = self._clock()
            self._print(f"  {self._done} of {self._scenarios} scenarios, {self._so_far(run)}")

    def _so_far(self, run: Run) -> str:
        """Rules done, those broken among them, and about how long it still takes."""
        chosen = set(run.settings.rules)
        done = {rule for result in run.results for rule in result.rules if rule in chosen}
        broken = {found.rule for result in run.results for found in result.findings if found.rule in chosen}
        words = f"{_several(len(done), 'rule')}, {len(broken)} broken"
        if run.about is None or self._done == self._scenarios:
            return words
        # What was seen so far counts the more, the more was seen.
        share = self._done / max(1, self._scenarios)
        spent = self._clock() - self._began
        left = (1 - share) * ((1 - share) * run.about + spent)
        return f"{words}, about {spoken(min(left, run.guard.left))} left"

    def noticed(self, run: Run, text: str) -> None:
        """Tell at once what is to be known of the run itself."""
        self._say("note: ", run.redactor.text(text), "yellow")

    def conclude(self, judged: Judged, report: Path | None) -> None:
        """Print the table by group, each accusation with its evidence, and the verdict in one sentence."""
        if self._progress is not None:
            self._progress.stop()
        self.console.print(_table(judged.verdicts))
        listed = to_fix(judged.run, judged.verdicts)
        verdicts = {verdict.rule.id: verdict for verdict in judged.verdicts}
        for rule in dict.fromkeys(rule for one in listed for rule in one.rules):
            self._accuse(judged.run, verdicts[rule], report)
        self._tell_to_fix(listed)
        self._tell_open(judged.run, judged.verdicts)
        for warning in judged.run.warnings:
            self._say("note: ", judged.run.redactor.text(warning), "yellow")
        for text in against_baseline(judged):
            self._prose("", text)
        if report is not None:
            there = [name for name in (HTML, REPORT, JUNIT, HAR) if (report / name).is_file()]
            self._print(f"report: {report}/{', '.join(there)}" if there else "report: none could be written")
        words, figures, style = _sentence(judged)
        self._print(f"{words}.", style)
        self._say("", figures, style)

    def _print(self, text: str, style: str = "") -> None:
        """Print ``text`` as it is, whatever it holds; the terminal wraps it."""
        self.console.print(Text(printable(text), style=style), soft_wrap=True)

    def _say(self, start: str, text: str, style: str) -> None:
        """Print ``text`` behind ``start``: as ``_prose`` does on a terminal, else on one line, which programs read."""
        shown = for_stream(start, text, self.console.file)
        self.console.print(Text(shown, style=style), soft_wrap=True)

    def _accuse(self, run: Run, verdict: RuleVerdict, report: Path | None) -> None:
        self.console.print()
        sign = _SIGN[verdict.standing]
        self._prose("", f"{sign} {accusation.heading(run, verdict)}", _STYLE[verdict.standing])
        for line in accusation.lines(run, verdict, report):
            start = f"    {line.name:<9}"
            if line.verbatim:
                self._print(f"{start}{line.text}")
            else:
                self._prose(start, line.text)

    def _prose(self, start: str, text: str, style: str = "") -> None:
        """Print ``text`` behind ``start``, wrapped at the terminal's width with a hanging indent."""
        self.console.print(Text(wrapped(start, text, self.console.width), style=style), soft_wrap=True)

    def _tell_to_fix(self, listed: list[ToFix]) -> None:
        """Print what there is to fix, worst first: what happened, the rules that it breaks, and the money."""
        if len(listed) < 2 and all(len(one.rules) == 1 for one in listed):
            return
        self.console.print()
        self._prose("", "To fix, worst first; one fault seems to be behind each:", "bold")
        for place, one in enumerate(listed, 1):
            self._prose(f"{place:>3}. ", one.sentence)
            if one.others:
                self._prose("     ", one.others)

    def _tell_open(self, run: Run, verdicts: list[RuleVerdict]) -> None:
        for standing, word in ((Standing.UNDECIDED, "undecided"), (Standing.SKIPPED, "not judged")):
            for names, reason in named_by_reason(run, verdicts, standing):
                text = f"{word}: {names}: {reason}"
                if standing is Standing.UNDECIDED:
                    self._prose("", text, _STYLE[standing])
                else:
                    # Not wrapped: it ends in a line to copy.
                    self._print(text, _STYLE[standing])


def _table(verdicts: list[RuleVerdict]) -> Table:
    table = Table(title=None, header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("group", no_wrap=True)
    table.add_column("about")
    for standing in Standing:
        table.add_column(str(standing), justify="right", no_wrap=True)
    for group, title in GROUPS.items():
        mine = [verdict for verdict in verdicts if verdict.rule.group == group]
        if mine:
            table.add_row(group, title, *(_count(mine, standing) for standing in Standing))
    return table


def _count(verdicts: Iterable[RuleVerdict], standing: Standing) -> Text:
    number = sum(1 for verdict in verdicts if verdict.standing is standing)
    return Text(str(number) if number else "", style=_STYLE[standing])


def _sentence(judged: Judged) -> tuple[str, str, str]:
    """The verdict, how many rules came out how, and the style of both."""
    must, should = must_counts(judged.verdicts), should_counts(judged.verdicts)
    standing, words = verdict_in_words(judged)
    counts = "; ".join(
        f"{level} {', '.join(f'{count} {word}' for word, count in tally.items())}"
        for level, tally in (("MUST", must), ("SHOULD", should))
    )
    figures = f"{counts}; {len(judged.run.history)} exchanges in {judged.run.history.now():.1f} s"
    return words, figures, f"bold {_STYLE[Standing(standing)].removeprefix('bold ')}"


def _several(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
