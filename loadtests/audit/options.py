"""The options of the audit, in Locust's own help and web form."""

from argparse import Namespace
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from loadtests.options import add_option
from scenarios.problems.errors import UsageProblem
from simulators.values import money

# Importing Locust changes the whole process: only whoever runs under it does.
if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser

# Where the opening balances come from, as ``--opening`` names it.
PROBE: Final = "probe"
FUND: Final = "fund:"

_OPENING_HELP = (
    "What each player owned before its first round. probe: each is read when it begins, which takes a few requests a "
    "player. AMOUNT (also zero): every player owns exactly that, e.g. 0 for new accounts: nothing is read. "
    "fund:AMOUNT: every player owns nothing and is paid that much by a first result."
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where opening balances come from; ``units`` are minor units of the players' currency."""

    way: Literal["probe", "given", "fund"] = "probe"
    units: int = 0


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What the user asked of the audit. ``sample`` 0 reads every player that played.

    ``drain`` and ``limit`` are seconds: for rounds to end after the gate is closed, and for all that follows.
    ``disk`` is how many bytes the journal of one process may take. ``report`` is the folder of report.json.
    ``patience`` is seconds without a word of a worker after which it is lost.
    """

    opening: Opening = Opening()
    sample: int = 0
    drain: float = 15.0
    limit: float = 600.0
    disk: int = 8 << 30
    patience: float = 30.0
    report: Path | None = None


def add_options(parser: "LocustArgumentParser", **_: Any) -> None:
    """Add the group of the audit to Locust's ``parser``."""
    group = parser.add_argument_group(
        "pitboss: the audit at the end",
        "Balances are read as [target] probe of the target file says: by wagers, http or sql.",
    )
    add_option(group, "--opening", PROBE, _OPENING_HELP, "WAY")
    for flag, default, metavar, words in (
        (
            "--audit-sample",
            0,
            "N",
            "Read the balances of so many players, drawn by chance, and say how sure that makes; 0: of all.",
        ),
        (
            "--drain-time",
            15.0,
            "SECONDS",
            "How long rounds may take to end before users are stopped in the middle.",
        ),
        (
            "--audit-time",
            600.0,
            "SECONDS",
            "How long the audit may take; what is not done then is undecided.",
        ),
        (
            "--audit-disk",
            8192,
            "MB",
            "How much of the disk the journal of settled transactions may take in each process.",
        ),
        (
            "--worker-patience",
            30.0,
            "SECONDS",
            "How long nothing may be heard of a worker before it is lost: busy machines stall for seconds.",
        ),
    ):
        add_option(group, flag, default, words, metavar)
    add_option(group, "--report", "", "Write report.json and report.html there.", "DIR", ui=False)


def read_options(parsed: Namespace, currency: str) -> AuditOptions:
    """What ``parsed`` options ask of the audit; amounts are in ``currency``. Raises UsageProblem."""
    for flag in ("audit_sample", "drain_time", "audit_time", "audit_disk", "worker_patience"):
        if getattr(parsed, flag) < 0:
            name = flag.replace("_", "-")
            raise UsageProblem(
                f"--{name} is {getattr(parsed, flag):g}", "a number that is not negative", f"correct --{name}"
            )
    return AuditOptions(
        opening=opening(parsed.opening, currency),
        sample=parsed.audit_sample,
        drain=parsed.drain_time,
        limit=parsed.audit_time,
        disk=parsed.audit_disk << 20,
        patience=parsed.worker_patience,
        report=Path(parsed.report) if parsed.report else None,
    )


def opening(text: str, currency: str) -> Opening:
    """Read ``--opening``; amounts are in ``currency``. Raises UsageProblem."""
    if text == PROBE:
        return Opening()
    way: Literal["given", "fund"] = "fund" if text.startswith(FUND) else "given"
    amount = text.removeprefix(FUND)
    try:
        units = 0 if amount == "zero" else money.to_minor(Decimal(money.parse(amount)), currency)
        if units < 0:
            raise ValueError(f"{amount} is negative")
    except ValueError as error:
        raise UsageProblem(
            f"--opening is {text!r}: {error}",
            f"probe, an amount of {currency} such as 0 or 100.00, or fund:100.00; without it no balance can be judged",
            "correct --opening, or leave it out to have balances read",
        ) from None
    return Opening(way, units)
