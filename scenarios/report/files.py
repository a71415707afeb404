"""Writes what ``--report DIR`` receives."""

import json
from pathlib import Path

from scenarios.errors import UsageProblem
from scenarios.report.document import document
from scenarios.run import Run
from scenarios.verdict import RuleVerdict
from simulators import export

# The folder of saved stories, one file a rule.
FAILURES = "failures"
REPORT = "report.json"
JUNIT = "junit.xml"
HAR = "history.har"


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
            f"a folder, there or to be made, for {REPORT}, {JUNIT} and {HAR}",
            "name another folder, or mend the permissions of this one",
        ) from None


def write_reports(run: Run, verdicts: list[RuleVerdict], directory: Path) -> None:
    """Write ``report.json`` and ``history.har`` into ``directory``; pytest itself writes ``junit.xml``.

    Generated histories that broke a rule are saved in ``failures/RULE.json``, for ``pitboss replay``.
    """
    text = json.dumps(document(run, verdicts), indent=2, ensure_ascii=False)
    (directory / REPORT).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    stories = {rule: story for result in run.results for rule, story in result.stories.items()}
    for rule, story in stories.items():
        (directory / FAILURES).mkdir(exist_ok=True)
        (directory / FAILURES / f"{rule}.json").write_text(story.dumps(), encoding="utf-8")
    export.write_har(run.history, directory / HAR, run.redactor)
