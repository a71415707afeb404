"""What a report's folder receives, by name, where it is, and whether it can be written."""

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

from scenarios.problems.errors import UsageProblem

# The folder of saved stories, one file a rule.
FAILURES = "failures"
# The folder of shell scripts that show a broken rule once more, one file a rule.
REPRO = "repro"
REPORT = "report.json"
JUNIT = "junit.xml"
HAR = "history.har"
HTML = "report.html"
# Where the report of the last run is; where --report named another place, a link to that.
LAST: Final = Path(".pitboss") / "last"


def script_of(directory: Path, rule: str) -> Path:
    """The script in ``directory`` that shows once more how ``rule`` was broken, where there is one."""
    return directory / REPRO / f"{rule}.sh"


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


def last_directory() -> Path:
    """Make the folder of the last report, or a temporary one where that cannot be; ``--report`` names another."""
    try:
        if LAST.is_symlink():
            LAST.unlink()  # what it leads to is another run's
        prepare_directory(LAST)
        _uncommitted()
    except (UsageProblem, OSError):
        return Path(tempfile.mkdtemp(prefix="pitboss-report-"))
    return LAST


def remember(directory: Path) -> None:
    """Have the commands that ask for the last report find that in ``directory``, where links can be made."""
    place = directory.resolve()
    with contextlib.suppress(OSError):
        if LAST.is_symlink():
            LAST.unlink()
        elif LAST.resolve() in (place, *place.parents):
            return
        elif LAST.exists():
            shutil.rmtree(LAST)
        LAST.parent.mkdir(exist_ok=True)
        LAST.symlink_to(place, target_is_directory=True)
        _uncommitted()


def _uncommitted() -> None:
    """Nobody means to commit what is there."""
    (LAST.parent / ".gitignore").write_text("*\n", encoding="utf-8")
