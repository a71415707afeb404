"""Writes what ``--report DIR`` receives."""

import json
from pathlib import Path
from typing import Any

from scenarios.problems.errors import UsageProblem
from scenarios.report.document import document
from scenarios.report.page.html import write_html
from scenarios.run.findings import RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges import export

# The folder of saved stories, one file a rule.
FAILURES = "failures"
REPORT = "report.json"
JUNIT = "junit.xml"
HAR = "history.har"
HTML = "report.html"


def prepare_directory(directory: Path) -> None:
    """Make ``directory`` and try it, before an hour's work is lost. Raises UsageProblem."""
    trial = directory / ".pitboss-trial"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UsageProblem(
            f"--report {directory} cannot be written: {error.strerror or error}",
            f"a folder, there or to be made, for {REPORT}, {HTML}, {JUNIT} and {HAR}",
            "name another folder, or mend the permissions of this one",
        ) from None


def write_reports(run: Run, verdicts: list[RuleVerdict], directory: Path) -> None:
    """Write ``report.json``, ``report.html`` and ``history.har`` into ``directory``; pytest writes ``junit.xml``.

    Generated histories that broke a rule are saved in ``failures/RULE.json``, for ``pitboss replay``.
    """
    told = document(run, verdicts)
    write_json(told, directory)
    stories = {rule: story for result in run.results for rule, story in result.stories.items()}
    for rule, story in stories.items():
        (directory / FAILURES).mkdir(exist_ok=True)
        (directory / FAILURES / f"{rule}.json").write_text(story.dumps(), encoding="utf-8")
    export.write_har(run.history, directory / HAR, run.redactor)
    write_html(told, directory / HTML)


def write_document(told: dict[str, Any], directory: Path) -> None:
    """Write ``told``, a report without secrets, as ``report.json`` and ``report.html`` into ``directory``."""
    write_json(told, directory)
    write_html(told, directory / HTML)


def write_json(told: dict[str, Any], directory: Path) -> None:
    """Write ``told``, a report without secrets, as ``report.json`` into ``directory``."""
    text = json.dumps(told, indent=2, ensure_ascii=False)
    (directory / REPORT).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
