"""What ``--report DIR`` receives, by name, and whether it can be written."""

from pathlib import Path

from scenarios.problems.errors import UsageProblem

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
            "name another folder, or fix the permissions of this one",
        ) from None
