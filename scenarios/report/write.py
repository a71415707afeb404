"""Writes what a report's folder receives. Loaded when there is something to write."""

import json
from pathlib import Path

from scenarios.report.document import document
from scenarios.report.files import FAILURES, HAR, HTML, REPORT
from scenarios.report.page.html import render
from scenarios.report.saved import report_of
from scenarios.report.schema import Report
from scenarios.run.findings import RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges.har import write_har


def write_reports(run: Run, verdicts: list[RuleVerdict], directory: Path) -> None:
    """Write ``report.json``, ``report.html`` and ``history.har`` into ``directory``; pytest writes ``junit.xml``.

    Generated histories that broke a rule are saved in ``failures/RULE.json``, for ``pitboss replay``.
    """
    write_report(document(run, verdicts), directory)
    for stale in (directory / FAILURES).glob("*.json"):
        stale.unlink()  # of an earlier run
    stories = {rule: story for result in run.results for rule, story in result.stories.items()}
    for rule, story in stories.items():
        (directory / FAILURES).mkdir(exist_ok=True)
        (directory / FAILURES / f"{rule}.json").write_text(story.dumps(), encoding="utf-8")
    write_har(run.history, directory / HAR, run.redactor)


def write_report(report: Report, directory: Path) -> None:
    """Write ``report`` as ``report.json`` and ``report.html`` into ``directory``."""
    plain = report.plain()
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    (directory / REPORT).write_text(text + "\n", encoding="utf-8")
    (directory / HTML).write_text(render(report_of(plain)), encoding="utf-8")
