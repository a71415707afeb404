"""Do answers lose 40 ms each between two writes?

Nagle's algorithm and delayed acknowledgements wait for one another.
"""

from collections.abc import Iterator
from decimal import Decimal
from statistics import median

from scenarios.doctor.steps import DoctorStep, StepOutcome
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Purpose

# A new connection acknowledges at once for a while; only what comes later is measured.
_REQUESTS, _MEASURED = 24, 8
# Seconds between the head and the body of an answer by which the two are known to wait for one another.
_WAITED = 0.03


def pace(operator: Verbs, player: Player) -> Iterator[DoctorStep]:
    """Send results of 0 one after another; tell where the body of each answer comes about 40 ms after its head."""
    sent = [operator.result(player, Decimal(0), purpose=Purpose.DOCTOR) for _ in range(_REQUESTS)]
    gaps = [one.answer.body_after for one in sent[-_MEASURED:] if one.answer is not None]
    if len(gaps) == _MEASURED and (gap := median(gaps)) >= _WAITED:
        yield DoctorStep(
            StepOutcome.OK,
            "pace",
            f"the body of an answer comes {gap * 1000:.0f} ms after its head, every time",
            advice="send head and body in one write, or set TCP_NODELAY on the CLIENT's connections: "
            "written apart, the second waits for the acknowledgement of the first, about 40 ms",
        )
